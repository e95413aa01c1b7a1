"""Executed notebooks made by hand, with their results."""

import json

import pytest
from handmade import Make

from helpers.report import listings


@pytest.fixture(autouse=True)
def little_source(monkeypatch):
    """Only a function is printed in an appendix: to set the whole core takes a second."""
    monkeypatch.setattr(listings, "CORE", {"claims.py": ("positive",)})


@pytest.fixture
def project(tmp_path):
    """Return a function that writes executed notebooks and gives `write_report`'s arguments."""

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


BOOKS = {
    "01_first": [
        (
            "markdown",
            "# First section\nA sentence with [He et al., 2015](#ref-he2015).\n## Part\nMore.",
        ),
        ("figure", "fig-one"),
    ],
    "02_second": [("markdown", "# Second section\nSee [figure](#fig-one) and [section](#sec-c0).")],
}


@pytest.fixture
def arguments(project, make):
    def cell(kind, content, number):
        if kind == "markdown":
            return make.markdown(content, f"c{number}")
        tags = ("show-code",) if kind == "shown" else ()
        outputs = [make.figure(content)] if kind == "figure" else []
        return make.code(content, *outputs, cell_id=f"c{number}", tags=tags)

    def write(books=BOOKS, **options):
        return project(
            {
                name: [cell(*parts, number) for number, parts in enumerate(cells)]
                for name, cells in books.items()
            },
            **options,
        )

    return write
