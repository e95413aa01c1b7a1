import pytest

from helpers import paths
from helpers.cardiac import synthetic_cohort


@pytest.fixture(autouse=True)
def run_store(tmp_path, monkeypatch):
    """An empty run store for every test."""
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """Twelve drawn hearts: (folder, table)."""
    folder = tmp_path_factory.mktemp("drawn")
    return folder, synthetic_cohort.write_cohort(folder, {"healthy": 6, "HCM": 6}, seed=3)
