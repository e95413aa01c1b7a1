"""The contract of every notebook in notebooks/: what a reader and the pipeline rely on."""

import ast
import re

import nbformat
import pytest

from helpers import inputs, profiles

NOTEBOOKS = profiles.notebooks()
LINES = 30
SCRATCH = {"fig", "figure", "ax", "axes", "left", "right", "frame", "table", "rows"}
BUDGET = 1250  # lines of code in the report's six notebooks; more of it belongs into helpers


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "markdown"]


def test_the_six_of_the_report_are_there():
    names = [path.stem for path in NOTEBOOKS]
    assert names[:6] == [
        "00_task", "01_residual_math", "02_resnet_vgg_plain", "03_cardiac_vae", "04_deeplab",
        "05_conclusions",
    ]  # fmt: skip


def test_the_code_of_the_six_stays_small():
    books = [nbformat.read(path, as_version=4) for path in NOTEBOOKS[:6]]
    lines = [
        line for book in books for cell in code_cells(book) for line in cell.source.split("\n")
    ]
    assert len(lines) <= BUDGET


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
    for cell in code_cells(notebook):
        assert len(cell.source.splitlines()) <= LINES, cell.id


def test_words_are_left_to_the_verbs(notebook):
    """Translated by what shows them: no marks, and no sentence formatted before it is shown."""
    for cell in code_cells(notebook):
        assert not re.search(r"\b_\(|translate|\.format\(\*\*", cell.source), cell.id


def test_presentation_is_collapsed_and_science_is_not(notebook):
    for cell in code_cells(notebook):
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden", False)
        assert not (hidden and "show-code" in cell.metadata.get("tags", [])), cell.id
        if re.search(r"^(show|say|show_table)\(", cell.source, re.MULTILINE):
            assert hidden or "show-code" in cell.metadata.get("tags", []), cell.id


def test_every_parameter_tells_its_meaning(notebook):
    parameters = notebook.cells[1].source.splitlines()
    for line in parameters:
        assert re.match(r"\w+ = .*  # \w+", line), line


def assigned(cell):
    """Return the names that a cell assigns at its own level, but for those of drawing."""
    statements = ast.parse(inputs.python_of(cell.source)).body
    targets = [
        target
        for node in statements
        if isinstance(node, ast.Assign | ast.AugAssign)
        for target in getattr(node, "targets", None) or [node.target]
    ]
    names = [
        name.id
        for target in targets  # what a comprehension binds stays inside it
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    ]
    functions = [node.name for node in statements if isinstance(node, ast.FunctionDef)]
    return set(names + functions) - SCRATCH


def test_no_name_is_bound_in_two_cells(notebook):
    """Or a cell that runs again would read what a later one left."""
    seen = {}
    for cell in code_cells(notebook)[1:]:
        for name in assigned(cell):
            assert name not in seen, f"{name} in {seen[name]} and {cell.id}"
            seen[name] = cell.id


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
    assert re.search(r"results\.dump\(\s*session,", code)


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


def test_an_equation_has_one_tag_before_its_label(notebook):
    """MathJax refuses a second tag, and references of executed copies look for this order."""
    for cell in prose(notebook):
        for formula in re.findall(r"\$\$.*?\$\$", cell.source, re.DOTALL):
            labelled = re.findall(r"\\tag\{[^{}]*\}\s*\\label\{", formula)
            assert len(labelled) == formula.count("\\tag{") == formula.count("\\label{"), cell.id
