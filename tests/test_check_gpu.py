"""The check of a GPU, rehearsed on a CPU."""

import json
import math
import sys

import numpy as np
import pytest

from helpers import paths
from tools import check_gpu


def test_without_a_gpu_the_check_ends_in_one_line(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["check_gpu"])
    with pytest.raises(SystemExit, match="this machine shows no GPU"):
        check_gpu.main()


@pytest.mark.slow
def test_a_rehearsal_measures_every_row(monkeypatch, tmp_path):
    monkeypatch.setattr(sys, "argv", ["check_gpu", "--rehearse"])
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    check_gpu.main()
    record = json.loads((tmp_path / "check_gpu.json").read_text())
    rows = {row["id"]: row["value"] for row in record["rows"]}
    assert record["rehearsal"] and {"deeplab_xception, a photograph", "vae16, XLA"} <= set(rows)
    assert all(value == 0 for name, value in rows.items() if name.endswith("against CPU"))
    assert all(math.isfinite(value) and value > 0 for name, value in rows.items() if "step" in name)


def test_values_that_are_not_finite_are_named():
    model, images, _labels = check_gpu.residual_network(8, 2)
    with pytest.raises(ArithmeticError, match="not finite"):
        check_gpu.difference(model, np.full_like(images, np.nan), "cpu:0")
