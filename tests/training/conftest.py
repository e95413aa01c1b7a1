"""A run store of its own for every test."""

import pytest

from helpers import paths


@pytest.fixture(autouse=True)
def runs(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    return paths.RUNS
