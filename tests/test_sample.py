"""`make sample`: the sample's files, and README's table of results, from the last report."""

import io
import json
from pathlib import Path

import pypdf
import pytest
from handmade import Make
from PIL import Image

from helpers import paths, profiles
from helpers.report import listings
from tools import sample

MERITS = {
    "deep": 44, "shallow": 20, "more": 45.2, "images": "digits", "factors": [3.05, 1.05],
    "identity_best": "not decided", "accuracy": 0.947, "n": 176, "r_mean": [0.9, 0.97],
    "tally": [9, 1, 3], "all": 13, "profile": "`quick`",
}  # fmt: skip
COUNTS = [
    {"name": "ResNet-18", "paper": 1.8, "ours": 1.79},
    {"name": "MobileNetV2, output stride 16", "paper": 2.75, "ours": 2.7407},
]
PROVENANCE = {
    "profile": "quick", "seed": 0, "commit": "0" * 40, "dirty": False, "versions": {}, "data": [],
    "device": "a processor", "precision": "float32", "seconds": 7.0,
    "started": "2026-01-02T03:04:05+00:00",
}  # fmt: skip


@pytest.fixture
def reports(tmp_path, monkeypatch):
    """A report of one notebook, and a README, in a folder of their own."""
    figure = Make.figure("fig-walk")
    figure["metadata"]["report"]["number"] = "1.1"
    book = Make.book(Make.markdown("# One"), Make.code("x", figure))
    results = {"provenance": PROVENANCE, "merits": MERITS, "counts": COUNTS}
    (tmp_path / "05_conclusions.ipynb").write_text(json.dumps(book))
    (tmp_path / "05_conclusions.json").write_text(json.dumps(results))
    (tmp_path / "README.md").write_text(
        "Before.\n\n<!-- make sample: results -->\nold\n<!-- end of results -->\n\nAfter.\n"
    )
    monkeypatch.setattr(profiles, "notebooks", lambda: [Path("05_conclusions.ipynb")])
    for name in ("EXECUTED", "RESULTS"):
        monkeypatch.setattr(paths, name, tmp_path)
    monkeypatch.setattr(sample, "SAMPLE", tmp_path / "sample")
    monkeypatch.setattr(sample, "README", tmp_path / "README.md")
    monkeypatch.setattr(listings, "CORE", {"claims.py": ("positive",)})
    stored = tmp_path / "stored"
    stored.mkdir()
    (stored / "references.bib").touch()
    monkeypatch.setattr(paths, "NOTEBOOKS", stored)
    return tmp_path


def test_the_sample_has_both_languages_and_a_picture(reports):
    sample.main()
    for language in ("en", "ru"):
        assert pypdf.PdfReader(reports / "sample" / f"report.{language}.pdf").pages
        page = (reports / "sample" / "html" / language / "index.html").read_text("utf-8")
        assert '"../../../../notebooks/05_conclusions.ipynb"' in page
    with Image.open(reports / "sample" / "pages.png") as picture:
        assert picture.width > picture.height  # the title page and that of the figure


def test_the_table_of_results_is_renewed_and_the_rest_stays(reports):
    sample.main()
    before, table, after = (reports / "README.md").read_text("utf-8").split("\n\n", 2)
    assert before == "Before." and after.endswith("<!-- end of results -->\n\nAfter.\n")
    assert "old" not in table
    for row in (
        "| | papers | here, profile `quick` |",
        "points | above 0 on CIFAR-10 | +45.2 on digits |",
        "| 6.61 %, the next 6.91 % | not decided |",
        "| MobileNetV2, output stride 16, 10⁹ multiply-adds | 2.75 | 2.74 |",
    ):
        assert row in table, row
    assert "ResNet-18" not in table
    assert after.startswith("9 of 13 claims are reproduced, 1 not, 3 not decided.")


def test_a_file_that_is_too_large_is_named(reports, monkeypatch):
    monkeypatch.setattr(sample, "MOST", 1000)
    with pytest.raises(SystemExit, match=r"^make sample: above 1,000 bytes: .*report\.en\.pdf"):
        sample.main()


def test_without_a_report_it_says_what_to_do(reports):
    (reports / "05_conclusions.json").write_text(json.dumps({"provenance": PROVENANCE}))
    with pytest.raises(SystemExit, match="no figures of merit: run make report first"):
        sample.main()


def test_a_picture_keeps_its_size_in_fewer_colours():
    image = Image.effect_noise((64, 64), 90).convert("RGB")
    buffer = io.BytesIO()
    image.save(buffer, "png", dpi=(200, 200))
    light = sample.lighter("a.png", buffer.getvalue())
    assert len(light) < len(buffer.getvalue())
    opened = Image.open(io.BytesIO(light))
    assert opened.size == (64, 64) and round(opened.info["dpi"][0]) == 200
    assert sample.lighter("a.svg", b"<svg/>") == b"<svg/>"
