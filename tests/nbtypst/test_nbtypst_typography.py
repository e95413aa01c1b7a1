"""Pages without a blemish, and the functions that find one."""

import io

import pypdf
import pytest
import typography

from nbtypst import compiler
from nbtypst.text import glued

WORDS = "A sentence of a dozen words that fills about a line of this page. " * 8
HEAD = '#import "style.typ": *\n#set document(title: "t")\n#show: style\n'


@pytest.fixture
def pages(project):
    """Return a function from cells (or Typst) to (lines of each page, the PDF's reader)."""

    def run(*cells, typst=""):
        files = {"main.typ": (HEAD + typst).encode()} if typst else project(*cells)
        reader = pypdf.PdfReader(io.BytesIO(compiler.compile_pdf(files, timestamp=0)))
        return [typography.read(page) for page in reader.pages], reader

    return run


def picture(make, height, number):
    report = {
        "kind": "figure", "label": f"fig-{number}", "caption": f"No {number}.", "alt": "drawing"
    }  # fmt: skip
    svg = f'<svg width="99pt" height="{height}pt" xmlns="http://www.w3.org/2000/svg"/>'
    return make.code("x", make.shown(report, image__svg_xml=svg))


def test_text_flows_around_figures_and_tables_that_keep_their_order(pages, make):
    """A figure after one that waits for the next page does not overtake it."""
    table = make.code("x", make.table(["n"], [[str(n)] for n in range(24)], ["right"]))
    cells = [WORDS * 3]
    for number, height in enumerate((500, 80, 600, 90, 300), start=1):
        cells += [picture(make, height, number), WORDS * 3]
    found, reader = pages("# One", *cells[:6], table, *cells[6:])
    assert len(found) > 4
    assert typography.out_of_order(found) == []
    assert typography.pages_left_empty(found, reader) == []


def test_a_table_longer_than_a_page_waits_for_the_figures_before_it(pages, make):
    rows = [[str(number)] for number in range(90)]
    table = make.code("x", make.table(["n"], rows, ["right"]))
    found, _ = pages("# One", WORDS * 5, picture(make, 550, 1), table)
    text = " ".join(" ".join(page.text for page in found).split())
    assert text.index("No 1.") < text.index("Table 1") and len(found) > 3


def test_an_empty_page_is_found(pages):
    found, reader = pages(
        typst="= One\nwords\n#pagebreak()\n#v(20em)\nmore words\n#pagebreak()\n= Two\nlast words"
    )
    assert typography.pages_left_empty(found, reader) == [1]
    assert typography.pages_left_empty(found[:2], reader, 0.01) == []


def test_figures_out_of_order_are_found(pages):
    found, _ = pages(typst="Figure 1.2. A.\n\nTable 1.1. B.\n\nFigure 1.10. C.\n\nFigure 1.9. D.")
    assert typography.out_of_order(found) == ["Figure 1.9. "]


@pytest.mark.parametrize(
    "torn", ["a 7.5 \\ mm of it", "a 1.6 · \\ 10", "12 \\ %, that is", "a 1 \\ ± 2"]
)
def test_torn_numbers_are_found(pages, torn):
    assert len(typography.torn_numbers(pages(typst=f"Some words \\ and {torn}")[0])) == 1
    assert not typography.torn_numbers(pages(typst="Some 5 \\ metres, 3 \\ multiples")[0])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("5 mm, 7 % and 1 ± 0,1", "5~mm, 7~% and 1~±~0,1"),
        ("1.6 · 10⁻⁴ s\nor 10⁻⁴\ns", "1.6~·~10⁻⁴~s or 10⁻⁴~s"),
        ("(4 to 9) % of 12 ГБ", "(4 to 9)~% of 12~ГБ"),
        ("5 metres, 12 multiples, 3 × a", "5 metres, 12 multiples, 3~× a"),
        ("\ufdd00\ufdd1 mm", "\ufdd00\ufdd1~mm"),
    ],
)
def test_numbers_hold_their_units(text, expected):
    assert glued(text).replace("\N{NO-BREAK SPACE}", "~") == expected


def test_a_number_stays_in_one_line_wherever_it_stands(pages):
    """Of many lines of these, some would break inside, were nothing glued."""
    for number in ("1.6 · 10⁻⁴ %", "$1.6 \\cdot 10^{-4}$ %", "10 ± 0.1 mm"):
        found, _ = pages(f"{'word ' * 3}{number} {'a longer word '}" * 40)
        assert typography.torn_numbers(found) == []


def test_a_number_stays_whole_in_a_narrow_column(pages):
    found, _ = pages(typst='#box(width: 3em, number("x", $1.6 dot 10^(-4)$))')
    assert any("1.6" in line.text and "10" in line.text for line in found[0].lines)


def test_a_formula_in_a_line_is_boxed_only_if_it_is_a_number(typeset):
    source, _ = typeset(r"$1.6 \cdot 10^{-4}$ and $a = 1.6$")
    assert source.count("#number(") == source.count("#formula(") == 1


@pytest.mark.parametrize("separator", ["\n", "\n\n"])
def test_a_formula_stays_with_the_sentence_that_introduces_it(pages, typeset, separator):
    for lines in range(33, 40):
        found, _ = pages("line\\\n" * lines + f"end\n\nThe law is{separator}$$\\frac{{a}}{{b}}$$")
        (sentence,) = [number for number, page in enumerate(found) if "The law" in page.text]
        (formula,) = [number for number, page in enumerate(found) if "𝑎" in page.text]
        assert sentence == formula
    source, _ = typeset(f"a **b\n$$c$$\nd**\n\n- e{separator}$$f$$", strict=False)
    assert "#lead[a #strong" not in source and source.count("#displayed(") == 2


@pytest.mark.parametrize("size", [8, 30])
def test_code_is_not_torn_near_its_ends(pages, make, size):
    code = make.code("\n".join(f"line_{number}()" for number in range(size)))
    for lines in range(20, 40, 2):
        found, _ = pages("word\\\n" * lines + "end", code)
        counts = [page.text.count("line_") for page in found if "line_" in page.text]
        assert sum(counts) == size and min(counts) >= min(size, 6)


def test_code_of_a_hundred_columns_does_not_wrap(pages, make):
    found, _ = pages(make.code("a = " + "x" * 55 + "\nb = " + "y" * 95))
    code = [line for line in found[0].lines if "x" in line.text or "y" in line.text]
    assert len(code) == 2


@pytest.mark.parametrize(
    ("columns", "word", "size"),
    [
        (4, "words", "4, 1.0em"),
        (4, "some words of a text that is long", "fr,), 1.0em"),
        (8, "parameters", "fr,), 0.9em"),
        (7, "multiplications", "fr,), 0.8em"),
    ],
)
def test_tables_are_as_large_as_their_words_allow(typeset, make, columns, word, size):
    cells = [word] * columns
    table = make.code("x", make.table(cells, [cells], ["left"] * columns))
    arguments = typeset(table)[0].split("#numbered-table(")[1].split(", true")[0]
    assert arguments.endswith(size)
