"""Mutated notebooks: whatever a file holds, a PDF comes out, soon and in little memory."""

import copy
import io
import logging
import resource
import time

import nbformat
import pypdf
import pytest
from handmade import Make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nbtypst.exporter import TypstPDFExporter

PIECES = [
    "$", "$$", "\\begin{align}", "\\end{align}", "\\\\", "&", "\\label{a}", "\\eqref{a}",
    "\\tag{1}",
    "\\frac", "\\left(", "{", "}", "`", "```\n", "<table>", "<td>", "<tr>",
    "<td rowspan=9 colspan=5>",
    "</table>", "<br>", "<!--", "<svg>", "<script>", "<a id=x>", "<b style='color:red'>", "[^1]",
    "[^1]: ",
    "[a](#x)", "[", "](", ")", "![a](", "attachment:a.png", "data:image/png;base64,", "\n\n",
    "\n- ",
    "\n# ", "\n#### ", "\n> ", "| a |\n|---|\n| b |\n", "#read(\"x\")", "\"", "\\", "//", "/*",
    "@a", "<a>",
    "\x1b[31m", "\x1b[A", "\r", "\b", "\x00", "\ufdd0", "\ue000", "\u200f", "日", "🎉", "й", "\n",
    "a b",
    "\\newcommand{\\x}{\\x}", "\\def\\y#1{#1}", "\\y", "---\ntitle: a\n---", "#| echo: false\n",
    "5", "&lt;",
]  # fmt: skip
TEXT = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
VALUES = st.one_of(
    TEXT, st.none(), st.integers(), st.floats(), st.lists(TEXT, max_size=2), st.just({})
)
MIMES = (
    "text/plain text/html text/latex text/markdown image/png image/svg+xml application/json".split()
)
LARGEST = 1 << 20  # kilobytes that the process may grow by
LONGEST = 20  # seconds of processor time


def base():
    """Return a notebook of all kinds of cells and outputs."""
    table = Make.table(["n", "m"], [["1.5", "$x$"], ["2", "b"]], ["right", "left"])
    attachments = {"a.png": {"image/png": Make.png}}
    return Make.book(
        Make.markdown(
            "# One\n$$x\\label{a}$$ ![a](attachment:a.png)", "a", attachments=attachments
        ),
        Make.code("x = 1", Make.stream("printed"), Make.figure(), table, cell_id="b"),
        Make.code(
            "y", Make.shown(text__html="<table><tr><td>1</table>", text__plain="t"), cell_id="c"
        ),
        Make.code("z", {"output_type": "error", "ename": "E", "evalue": "v", "traceback": ["t"]}),
        {"cell_type": "raw", "id": "d", "metadata": {}, "source": "raw"},
    )


@st.composite
def notebooks(draw):
    """Draw a notebook in which some texts, outputs and metadata are replaced."""
    book = base()
    for cell in book["cells"]:
        if draw(st.booleans()):
            cell["source"] = draw(TEXT)
        if draw(st.integers(0, 5)) == 0:
            cell["metadata"][draw(st.sampled_from(["report", "nbsphinx", "attachments"]))] = draw(
                VALUES
            )
            cell["metadata"]["format"] = draw(st.sampled_from(["", "text/html", "text/vnd.typst"]))
        for output in cell.get("outputs", []):
            mutate_output(output, draw)
    if draw(st.integers(0, 5)) == 0:
        book["metadata"] |= {"title": draw(TEXT), "authors": [draw(VALUES)], "date": draw(VALUES)}
        book["metadata"]["lang"] = draw(VALUES)
    if draw(st.integers(0, 3)) == 0:
        book["cells"].append(copy.deepcopy(draw(st.sampled_from(book["cells"]))))
    return book


def mutate_output(output, draw):
    """Replace some of an output."""
    if output["output_type"] == "stream":
        output["text"] = draw(TEXT)
    elif output["output_type"] == "error":
        output["traceback"] = [draw(TEXT)]
    else:
        for _ in range(draw(st.integers(0, 2))):
            output["data"][draw(st.sampled_from(MIMES))] = draw(TEXT)
        if draw(st.integers(0, 3)) == 0:
            output["metadata"]["report"] = draw(VALUES)
        elif "report" in output["metadata"] and draw(st.booleans()):
            output["metadata"]["report"][draw(st.sampled_from(["label", "alt", "caption"]))] = draw(
                TEXT
            )


def export(book):
    """Set a notebook; fail if it crashes, hangs or grows."""
    exporter = TypstPDFExporter()
    exporter.log = logging.getLogger("fuzz")
    exporter.log.setLevel(logging.CRITICAL)
    memory, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    pdf, _ = exporter.from_notebook_node(nbformat.from_dict(book))
    assert time.process_time() - start < LONGEST
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < LARGEST
    assert pypdf.PdfReader(io.BytesIO(pdf)).pages


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(notebooks())
def test_a_few_mutated_notebooks(book):
    export(book)


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(notebooks())
def test_two_thousand_mutated_notebooks(book):
    export(book)
