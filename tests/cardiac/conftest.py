import pytest

from helpers import paths


@pytest.fixture(autouse=True)
def run_store(tmp_path, monkeypatch):
    """An empty run store for every test."""
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
