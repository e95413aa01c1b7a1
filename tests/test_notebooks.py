"""The contract of every notebook in notebooks/: what a reader and the pipeline rely on."""

import re

import nbformat
import pytest

from helpers import profiles

NOTEBOOKS = profiles.notebooks()
CELLS, LINES = 20, 25


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def test_there_are_six_numbered_from_zero():
    assert [path.stem[:2] for path in NOTEBOOKS] == ["00", "01", "02", "03", "04", "05"]


def test_is_valid_and_every_cell_has_its_own_id(notebook):
    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]
    assert len(ids) == len(set(ids))


def test_is_stored_without_outputs(notebook):
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_metadata_names_the_kernel_and_nothing_of_a_machine(notebook):
    assert set(notebook.metadata) <= {"kernelspec", "language_info"}
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata.get("language_info", {})) <= {"name"}


def test_opens_with_title_contents_and_papers(notebook):
    header = notebook.cells[0]
    assert header.cell_type == "markdown"
    assert re.match(r"# \S.*\n", header.source)
    assert "**Shows.** " in header.source
    assert "**Papers.** " in header.source
    assert (
        sum(line.startswith("# ") for cell in prose(notebook) for line in cell.source.splitlines())
        == 1
    )


def test_second_cell_holds_the_parameters(notebook):
    assert notebook.cells[1].metadata.tags == ["parameters"]


def test_ends_with_what_was_shown(notebook):
    headings = [
        line
        for cell in prose(notebook)
        for line in cell.source.splitlines()
        if re.match("#+ ", line)
    ]
    assert headings[-1].startswith("## What this showed")


def test_cells_are_short(notebook):
    cells = code_cells(notebook)
    assert len(cells) <= CELLS
    for cell in cells:
        assert len(cell.source.splitlines()) <= LINES, cell.id


def test_a_code_cell_is_introduced_by_prose(notebook):
    """At most four code cells in a row: compute, draw, say, store."""
    row = 0
    for cell in notebook.cells:
        row = row + 1 if cell.cell_type == "code" else 0
        assert row <= 4, cell.id


@pytest.mark.parametrize(
    ("pattern", "remedy"),
    [
        (r"^\s*\\begin\{(align|equation)", "put \\begin{aligned} between $$"),
        (r"\\[!;]", "leave the spacing to the typesetter"),
        (r"<img", "use a Markdown image, or a figure of a code cell"),
    ],
)
def test_prose_avoids_what_typesetting_drops(notebook, pattern, remedy):
    for cell in prose(notebook):
        assert not re.search(pattern, cell.source, re.MULTILINE), f"{cell.id}: {remedy}"


def test_is_seeded_from_the_parameters(notebook):
    code = "\n".join(cell.source for cell in code_cells(notebook))
    assert re.search(r"runtime\.start\(\"\w+\", profile, seed", code)
    assert re.search(r"results\.write\(\s*session,", code)


def test_no_label_is_used_twice():
    """All notebooks become one document."""
    labels = [
        label
        for path in NOTEBOOKS
        for cell in nbformat.read(path, as_version=4).cells
        for label in re.findall(r'label="([a-z0-9-]+)"|\\label\{([^}]+)\}', cell.source)
    ]
    twice = {label for label in labels if labels.count(label) > 1}
    assert twice == set()
