"""Benchmarks let their sides take turns and say what went wrong; nothing is measured here."""

import os
import sys

import nbformat
import pytest

from benchmarks import __main__ as bench
from benchmarks import pipeline, render, side_by_side

COUNTING = """
import sys
for number, _ in enumerate(sys.stdin):
    print(number * float(sys.argv[2]), flush=True)
"""


def test_sides_take_turns_and_the_first_round_warms_up(tmp_path):
    script = tmp_path / "count.py"
    script.write_text(COUNTING)
    sides = {"ours": sys.executable, "peer": sys.executable}
    measured = side_by_side.alternate(str(script), sides, 10, rounds=2)
    assert measured == {"ours": [10, 20], "peer": [10, 20]}


def test_a_side_that_ends_is_told_with_the_command_that_shows_why(tmp_path):
    script = tmp_path / "ends.py"
    script.write_text("1 / 0")
    with pytest.raises(RuntimeError, match=rf"echo go .*{script} ours 7"):
        side_by_side.alternate(str(script), {"ours": sys.executable}, 7, rounds=1)


@pytest.mark.parametrize(("unit", "ratio"), [("s", 4.0), ("images/s", 0.25)])
def test_a_ratio_above_one_is_ours(unit, ratio):
    row = side_by_side.compare({"ours": [1, 2, 3], "torch": [4, 8, 12]}, "torch", unit)
    assert row["ratio"] == row["low"] == row["high"] == ratio
    assert (row["ours"], row["peer"]) == (2, 8)


def test_an_unknown_benchmark_ends_before_any_runs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["bench", "render", "rendr"])
    with pytest.raises(SystemExit):
        bench.main()
    assert "no benchmark rendr; there are deeplab, pipeline, render" in capsys.readouterr().err


def test_what_xelatex_needs_is_named(monkeypatch):
    monkeypatch.setenv("PATH", os.environ["PATH"])  # restored after what `rows` adds
    monkeypatch.setattr(render.shutil, "which", lambda program: None)
    (row,) = render.rows()
    assert row["skipped"] == "not on the PATH: xelatex, pandoc"


def test_the_changed_sentence_changes_prose_alone(tmp_path):
    book = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_markdown_cell("# A"), nbformat.v4.new_code_cell("1")]
    )
    nbformat.write(book, tmp_path / "a.ipynb")
    pipeline.add_sentence(tmp_path / "a.ipynb")
    changed = nbformat.read(tmp_path / "a.ipynb", as_version=4)
    assert [cell.id for cell in changed.cells] == [cell.id for cell in book.cells]
    assert [a.source == b.source for a, b in zip(book.cells, changed.cells, strict=True)] == [
        False,
        True,
    ]
