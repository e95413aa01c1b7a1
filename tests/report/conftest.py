"""Executed notebooks made by hand, with their results."""

import json

import pytest
from handmade import Make


@pytest.fixture
def make():
    return Make


@pytest.fixture
def project(tmp_path):
    """Return a function that writes executed notebooks and gives `build`'s arguments."""

    def write(books, profile="quick", **provenance):
        record = {
            "profile": profile,
            "seed": 0,
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "dirty": False,
            "versions": {"python": "3.11.7", "keras": "3.15.0"},
            "device": "a processor, 2 cores",
            "precision": "float32",
            "started": "2026-01-02T03:04:05+00:00",
            "seconds": 7.0,
            "data": [{"name": "digits", "source": "scikit-learn", "sha256": "ab" * 32}],
            **provenance,
        }
        paths = []
        for name, cells in books.items():
            paths.append(tmp_path / f"{name}.ipynb")
            paths[-1].write_text(json.dumps(Make.book(*cells)), encoding="utf-8")
            results = tmp_path / f"{name}.json"
            results.write_text(json.dumps({"provenance": record}), encoding="utf-8")
        return {"executed": paths, "pdf": tmp_path / "report.pdf", "results": tmp_path}

    return write
