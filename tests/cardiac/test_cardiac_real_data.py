"""Real segmentations, where a reader has them: REPORT_REAL_DATA names the folder that holds
`cardiac/sunnybrook` (21 cavities with participants.tsv, groups N and HYP)."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from helpers.cardiac import cohort, preparation

ROOT = os.environ.get("REPORT_REAL_DATA")
pytestmark = pytest.mark.skipif(not ROOT, reason="REPORT_REAL_DATA is not set")


def test_every_sunnybrook_subject_loads_with_its_volume(tmp_path):
    folder = Path(ROOT) / "cardiac" / "sunnybrook"
    table = pd.read_csv(folder / "participants.tsv", sep="\t")
    table["group"] = table["group"].map({"N": "healthy", "HYP": "HCM"})
    for phase in ("ed", "es"):
        table[phase] = [folder / name for name in table[phase]]
    table.to_csv(tmp_path / "participants.tsv", sep="\t", index=False)
    subjects = cohort.from_folder(tmp_path, label=1)
    assert [subject.group for subject in subjects].count("HCM") == 12
    assert len(subjects) == 21
    grid = preparation.Grid(32, 4.2)
    shapes = preparation.prepare_all(subjects, grid)
    for subject, shape in zip(subjects, shapes, strict=True):
        for phase, file in enumerate((subject.ed, subject.es)):
            labels, affine = cohort.load_labels(file, 1)
            native = (labels == 1).sum() * abs(np.linalg.det(affine[:3, :3]))
            prepared = (shape[..., phase] > 0).sum() * grid.spacing**3
            assert prepared == pytest.approx(native, rel=0.03)
        assert (shape[..., 1] > 0).sum() < (shape[..., 0] > 0).sum()  # it ejects
