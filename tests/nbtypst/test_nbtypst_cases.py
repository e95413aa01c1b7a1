r"""One small case for each kind of trouble that notebooks of others made; see `CASES`.

They are set as one document, because its PDF takes longer than all of the conversion.
"""

import io
import logging
import re
import sys

import nbformat
import pypdf
import pytest
from cases_of_markdown import MARKDOWN
from cases_of_outputs import OUTPUTS, raw
from handmade import Make

from nbtypst import compiler
from nbtypst.exporter import TypstPDFExporter
from nbtypst.terminal import terminal

# {case: (cells or Markdown, {what is looked for: texts})}. "shown" and "hidden" are looked for in
# the PDF's text without its spaces, "typst" in the Typst source, "pattern" is one of the text, and
# "warned" stands in a warning that names a cell of the case.
CASES = MARKDOWN | OUTPUTS


@pytest.fixture(scope="module")
def exported():
    """Return (text before and of each case, its Typst, all warnings, the PDF's reader, edges).

    An edge is how far a text or a picture reaches beyond the right margin of 15 mm, in points.
    """
    front = "---\ntitle: Raw title\nformat: typst\n---"
    cells = [raw(front, "")]
    for number, (parts, _) in enumerate(CASES.values()):
        cells.append(Make.markdown(f"# Case{number}"))
        for part in parts:
            cell = Make.markdown(part) if isinstance(part, str) else dict(part)
            cells.append(cell | {"id": f"case{number}"})
    for number, cell in enumerate(cells):
        cell["id"] += f"-{number}"  # nbformat wants ids of their own
    metadata = {"title": "My Homework", "authors": [{"name": "Ann"}], "date": "1 May"}
    book = Make.book(*cells)
    book["metadata"] |= metadata
    records = []
    exporter = TypstPDFExporter()
    exporter.log = logging.getLogger("test_cases")
    exporter.log.addFilter(lambda record: records.append(record.getMessage()))
    source, _, document = exporter.typeset(nbformat.from_dict(book))
    pdf, messages = compiler.compile_mended(
        {**document.files, "main.typ": source.encode()}, document.fallbacks
    )
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    edges, margin = [], (210 - 15) / 25.4 * 72

    def place(text, matrix, position, font, size):
        if text.strip():
            edges.append(matrix[4] + position[4] * matrix[0] - margin)

    def draw(operator, arguments, matrix, position):
        if operator == b"Do":
            edges.append(matrix[4] + abs(matrix[0]) - margin)

    visitors = {"visitor_text": place, "visitor_operand_before": draw}
    text = " ".join(page.extract_text(**visitors) for page in reader.pages)
    texts = re.split(r"Case\s*\d+\b", text)
    sources = re.split(r"\[Case\d+\]", source)
    assert len(texts) == len(sources) == len(CASES) + 1
    warnings = records + messages
    return texts, sources, warnings, reader, edges


@pytest.mark.parametrize("case", CASES)
def test_case(exported, case):
    texts, sources, warnings, *_ = exported
    number, expected = list(CASES).index(case), CASES[case][1]
    text, source = texts[number + 1], sources[number + 1]
    bare = re.sub(r"[\s\u200b]", "", text)
    for words in expected.get("shown", ()):
        assert re.sub(r"\s", "", words) in bare
    for words in expected.get("hidden", ()):
        assert re.sub(r"\s", "", words) not in bare
    for words in expected.get("typst", ()):
        assert words in source
    assert re.search(expected.get("pattern", ""), " ".join(text.split()))
    own = [line for line in warnings if re.match(rf"\w+, cell \d+ \(case{number}-", line)]
    for words in expected.get("warned", ()):
        assert any(words in line for line in own), own
    if not {"warned", "hidden"} & set(expected):
        assert not own


def test_the_rows_of_an_align_count_on(exported):
    text = " ".join(exported[0][list(CASES).index("references to rows") + 1].split())
    first, second = re.search(r"See \((\d+)\) and \((\d+)\)", text).groups()
    assert int(second) == int(first) + 1


def test_front_matter_and_standards_of_the_cases(exported):
    """One heading that skips a level, or one letter without a font, cost all their standards."""
    texts, _, _, reader, _ = exported
    assert " ".join(texts[0].split()).startswith("My Homework Ann 1 May")
    assert "Raw title" not in texts[0]
    declared = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1<" in declared and "<pdfaid:part>2<" in declared


def test_nothing_leaves_the_paper(exported):
    """Text, formulas and pictures stand within the margins."""
    assert max(exported[4]) < 1


@pytest.mark.parametrize(
    ("book", "words"),
    [
        (Make.book(), ""),
        ({**Make.book(Make.markdown("no kernel")), "metadata": {}}, "no kernel"),
    ],
    ids=["empty", "without metadata"],
)
def test_notebooks_without_something(book, words):
    pdf, _ = TypstPDFExporter().from_notebook_node(nbformat.from_dict(book))
    assert words in pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


def test_a_notebook_of_format_3(tmp_path):
    worksheet = """{"cells": [{"cell_type": "heading", "level": 1, "source": ["Old heading"]},
        {"cell_type": "code", "collapsed": false, "input": ["print(1)"], "language": "python",
         "outputs": [{"output_type": "pyout", "prompt_number": 1, "text": ["old out"]}]}]}"""
    path = tmp_path / "old.ipynb"
    path.write_text(
        f'{{"metadata": {{"name": "old"}}, "nbformat": 3, "nbformat_minor": 0,'
        f'"worksheets": [{worksheet}]}}'
    )
    pdf, _ = TypstPDFExporter().from_filename(str(path))
    text = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert "Old heading" in text and "print(1)" in text and "old out" in text


def test_the_work_on_a_log_grows_with_its_lines():
    def calls(lines):
        count = 0

        def counted(frame, event, argument):
            nonlocal count
            count += 1

        text = "".join(f"  inflating: data/{n}.bmp  \n\x1b[32mok\x1b[0m\r" for n in range(lines))
        sys.setprofile(counted)
        terminal(text)
        sys.setprofile(None)
        return count

    assert calls(4000) < 2.2 * calls(2000)
