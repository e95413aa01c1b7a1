"""Tables of HTML: where each cell stands, and whether all of them stand on the page."""

import io
import itertools
import re

import pypdf
import pytest
from handmade import Make
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtypst import compiler, notebook, tables
from nbtypst.document import Document
from nbtypst.tree import Reader


def html(rows, columns, words=lambda row, column: f"{row}.{column}"):
    """Return a table such as pandas writes, with an index."""
    header = "".join(f"<th>feature_{column}</th>" for column in range(columns))
    body = "".join(
        f"<tr><th>{row}</th>{''.join(f'<td>{words(row, c)}</td>' for c in range(columns))}</tr>"
        for row in range(rows)
    )
    return f"<table class='dataframe'><thead><tr><th></th>{header}</tr></thead>{body}</table>"


def output(make, markup):
    return make.code("x", make.shown(text__html=markup))


def test_spans_header_and_missing_end_tags(typeset, make):
    markup = (
        "<table><thead><tr><th colspan=2>a<th rowspan=2>b<tr><th>c<th>d</thead>"
        "<tbody><tr><th rowspan=2>e<td>f<td>g<tr><td>h<td align=right>i</table>"
    )
    source, _ = typeset(output(make, markup))
    header, body = source[source.index("#datatable") :].split("), (")
    assert re.findall(r"x: (\d), y: (\d)", header) == [
        ("0", "0"),
        ("2", "0"),
        ("0", "1"),
        ("1", "1"),
    ]
    assert "colspan: 2)[#strong[a]]" in header and "rowspan: 2)[#strong[b]]" in header
    assert re.findall(r"x: (\d), y: (\d)", body) == [
        ("0", "2"), ("1", "2"), ("2", "2"), ("1", "3"), ("2", "3")
    ]  # fmt: skip
    assert "align: right)[i]" in body


def test_what_stands_outside_of_rows_and_cells_stays(typeset, make):
    source, _ = typeset(output(make, "<table>a<td>b</td><tr>c<td>d</table>"))
    assert [word for word in "abcd" if f"[{word}]" in source] == list("abcd")


def test_colours_and_caption_of_a_styler(typeset, make):
    markup = (
        "<style>#T_a_row0_col0, #other {background-color: #ff0000; color: white}</style>"
        "<table><caption>My caption</caption><tr><td id=T_a_row0_col0>1</td>"
        "<td style='background-color: rgb(0, 128, 0)'>2</td></tr></table>"
    )
    source, _ = typeset(output(make, markup))
    assert "#align(center)[My caption]" in source
    assert 'fill: rgb("#ff0000"))[#text(fill: rgb("#ffffff"))[1]]' in source
    assert 'fill: rgb("#008000"))[2]' in source


def test_a_table_of_colab_is_a_table(typeset, make):
    markup = (
        f"<div id=df><div>{html(1, 1)}</div><div class=buttons><button style='display:none;'>"
        "<svg><path/></svg></button><script>x</script></div></div>"
    )
    source, document = typeset(output(make, markup))
    assert "#datatable" in source and "svg" not in source and not document.problems


def words_of_page(markup, make, project):
    pdf = compiler.compile_pdf(project(output(make, markup)), timestamp=0)
    boxes = []

    def visit(text, matrix, position, font, size):
        if text.strip():
            boxes.append((position[4], position[5], text.strip(), size * position[0]))

    for page in pypdf.PdfReader(io.BytesIO(pdf)).pages:
        page.extract_text(visitor_text=visit)
    return boxes


@pytest.mark.parametrize("columns", [8, 14, 30])
def test_a_wide_table_loses_nothing_and_stays_readable(make, project, columns):
    """No cell starts right of the margin; none is set smaller than 7 points."""
    words = words_of_page(html(2, columns, lambda r, c: f"{r}.{c:06d}"), make, project)
    text = " ".join(word for _, _, word, _ in words)
    for row, column in itertools.product(range(2), range(columns)):
        assert f"{row}.{column:06d}" in text
        assert f"feature_{column}" in text
    assert max(x for x, _, _, _ in words) < 590 - 15 * 2.83
    assert min(abs(size) for _, _, word, size in words if "feature" in word) >= 7


def test_columns_of_text_wrap(typeset, make):
    source, _ = typeset(output(make, html(2, 2, lambda r, c: "word " * 60)))
    assert source.count("#datatable((") == 1 and "fr, " in source


def test_parts_of_a_split_table_repeat_the_index(typeset, make):
    source, _ = typeset(output(make, html(2, 40, lambda r, c: f"{r}.{c:08d}")))
    parts = source.split("#datatable(")[1:]
    assert len(parts) > 2 and all(
        "[#strong[0]]" in part and "[#strong[1]]" in part for part in parts
    )
    assert sum(part.count("[#strong[feature\\_") for part in parts) == 40


CELLS = st.builds(
    "<{0} colspan={1} rowspan={2}>{3}".format,
    st.sampled_from(["td", "th"]), st.sampled_from("0123x"), st.sampled_from("01239"),
    st.sampled_from("ab "),
)  # fmt: skip
TABLES = st.lists(st.lists(CELLS, max_size=4).map("".join), max_size=4).map(
    lambda rows: "<table>" + "".join(f"<tr>{row}" for row in rows) + "</table>"
)


@given(TABLES)
def test_cells_never_share_a_place(markup):
    rows = [row for row, _ in tables.rows_of(Reader(markup).root.children[0])]
    places = [
        (cell.x + i, cell.y + j)
        for cell in tables.placed(rows)
        for i in range(cell.across)
        for j in range(cell.down)
    ]
    assert len(places) == len(set(places))
    assert all(y < len(rows) for _, y in places)


@settings(deadline=None, max_examples=10)
@given(st.lists(TABLES, min_size=8, max_size=8))
def test_typst_takes_every_table(markups):
    cells = [output(Make, markup) for markup in markups]
    book = {"a": Make.book(*cells)}
    source = notebook.typeset(book, Document(strict=False), show_code=lambda cell: True)["a"]
    compiler.run({"main.typ": f"{compiler.IMPORT}{source}".encode()}, "pdf")


def test_a_long_wide_table_turns_the_page(make, project):
    """A short one is split; so is one in a list, where the page cannot turn."""
    wide = html(20, 14, lambda r, c: f"{r}.{c:06d}")
    files = project("before", output(make, f"<div>{wide}</div>"), "after")
    assert files["main.typ"].decode().count("turned: true") == 1
    pages = pypdf.PdfReader(io.BytesIO(compiler.compile_pdf(files, timestamp=0))).pages
    turned = [page.mediabox.width > page.mediabox.height for page in pages]
    assert turned == [False, True, False] and "19.000013" in pages[1].extract_text()
    short = html(4, 14, lambda r, c: f"{r}.{c:06d}")
    for markup in (short, f"<ul><li>{wide}</li></ul>"):
        source = project(output(make, markup))["main.typ"].decode()
        assert "turned" not in source and source.count("#datatable(") == 2
