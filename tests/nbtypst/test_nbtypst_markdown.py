import re

import pytest

from nbtypst.problems import DocumentError


def test_jupyter_markdown(read):
    text = read(
        "# Title\nText right after.\n- an item without a blank line before\n\n---\n\n"
        '@word, #hash, $5 or __init__.py, "quoted" don\'t, `code $x$`, *f*(x) [l](https://a.b).c'
    )
    for words in (
        "1 Title",
        "Text right after.",
        "• an item",
        "@word, #hash, $5 or init.py,",
        "code $x$, f(x) l.c",
    ):
        assert words in text
    assert "“quoted” don’t" in text


def test_bare_environments_are_set(read):
    text = read("before\n\\begin{align}\na &= b \\\\\nc &= d \\tag{7}\n\\end{align}\nafter")
    assert re.search(r"before .*𝑎 = 𝑏.*𝑐 = 𝑑.* after", text)
    assert "(7)" in text


def test_numbered_equation_and_references(read, make):
    text = read(
        "# One\n$$\nx = y\n\\tag{5}\\label{eq-split}\n$$\n"
        "See [equation](#eq-split), [Figure](#fig-a), [table](#tab-a) and [section](#sec-last).",
        make.code("x", make.figure(), make.table(["n"], [["1"]], ["right"])),
        make.markdown("## The last\ntext", "last"),
    )
    assert "(5)" in text
    assert "See equation (5), Figure 1, table 1 and section 1.1." in text


def test_a_tag_stays_what_it_is_and_a_label_alone_counts(read):
    text = read(
        "# One\n$$\na\n\\tag{5}\n$$\n$$\nb\n\\tag{1}\\label{eq-b}\n$$\n$$\nc\n\\label{eq-c}\n$$\n"
        "See [equation](#eq-b) and [equation](#eq-c)."
    )
    assert "See equation (1) and equation (3)." in text


@pytest.mark.parametrize(
    ("markdown", "fault"),
    [
        ("see [figure](#fig-missing)", "#fig-missing"),
        ("see [section](#sec-missing)", "#sec-missing"),
        ("see [He, 2015](#ref-missing)", "ref-missing"),
        ("a $\\argmin_x$ b", "argmin"),
        ("a <video src='x.mp4'></video> b", "<video>"),
        ("![alt](https://example.org/a.png)", "example.org"),
        ("![alt](missing.png)", "missing.png is missing"),
        ("![alt](a.tiff)", "a.tiff is of no kind"),
        ("# One\n### Three", "a heading of level 3 follows 1"),
        ("see [it](02_other.ipynb)", "02_other.ipynb"),
        ("$$x\\label{eq-a}$$\n$$y\\label{eq-a}$$", "'eq-a' is used before"),
    ],
)
def test_faults_name_the_cell(typeset, make, markdown, fault):
    _, document = typeset("innocent", make.markdown(markdown, "culprit"), "innocent too")
    assert len(document.problems) == 1
    assert document.problems[0].startswith("01_test, cell 2 (culprit), ")
    assert fault in document.problems[0]
    with pytest.raises(DocumentError, match="culprit"):
        document.problems.check()


def test_other_notebooks_show_what_cannot_be_set(read):
    text = read("a $\\argmin_x$ b <video>c</video> [d](#fig-x)", strict=False)
    assert "\\argmin_x" in text and text.endswith("c d 1")


def test_html_in_markdown(read, make):
    text = read(
        "H<sub>2</sub>O, <b>bold</b>,<br>a new line <!-- a remark -->\n\n"
        "<table><tr><th>head $x$</th></tr><tr><td>body</td></tr></table>\n\n"
        "<details><summary>more</summary>\n\n**hidden** text\n\n</details>"
    )
    for words in ("H2O, bold, a new line", "head 𝑥", "body", "more", "hidden text"):
        assert words in text
    assert "remark" not in text


def test_an_unclosed_fence_stays_in_its_cell(read):
    text = read("```\ncode", "# Heading")
    assert "code 1 Heading" in text


def test_same_heading_in_two_cells(read):
    assert "1 Same" in read("# Same", "# Same")


def test_tables_without_captions_take_no_number(read, make):
    text = read("| a |\n|---|\n| 1 |", make.code("x", make.table(["n"], [["1"]], ["right"])))
    assert "Table 1." in text


def test_pipe_tables_hold_formulas_with_bars(read):
    assert "|𝑥|" in read("| a | b |\n|---|---|\n| $|x|$ | 2 |").replace(" ", "")


@pytest.mark.parametrize(
    ("html", "typst"),
    [
        ("<b>x</b> < y <!-- <video> -->", r"#strong[x] \< y"),
        ('<img alt="a>b" src="x.tiff">', '#unset("image x.tiff")'),
        ("<style>a<b {}</style><script>if (a<b) {}</script>y", "y"),
        ("<canvas>x</canvas>", '#unset("<canvas>") x'),
        ("<my-tag>x</my-tag>", '#unset("<my-tag>")x'),
        ("<p hidden>x</p><i style='display: none'>y</i>z", "z"),
        ("<span style='color: red'>a</span>", '#text(fill: rgb("#ff0000"))[a]'),
        ("<font color=blue>a</font>", '#text(fill: rgb("#0000ff"))[a]'),
        ("<ul><li>a<li>b</ul>", "#list(tight: true, [a], [b], )"),
        ("<input type=checkbox checked> a", "☑  a"),
        ("<br>", "#linebreak()"),
        ("[text]()", "text"),
        ("- [x] done", "#list(tight: true, [☑ done], )"),
        ("> [!NOTE]\n> a", "#callout[#strong[Note] a]"),
        ('<div class="alert alert-info">a</div>', "#callout[a]"),
        ("H<sub>2</sub>O[^1].\n\n[^1]: A *note*.", r"H#sub[2]O#footnote[A #emph[note]\.]\."),
        ("[^a]\n\n```\n[^a]: x\n```", '\\[\\^a\\]\n\n#code("[^a]: x", "")'),
        ("see https://a.b/c.", r'see #link("https://a.b/c")[https\:\/\/a\.b\/c]\.'),
        ("<a href=' javascript:x'>a</a> [b](data:x) [c](file:///d)", "a b c"),
        ("= a + b // c /* d", r"\= a \+ b \/\/ c \/\* d"),
    ],
)
def test_html_in_markdown_becomes_typst(typeset, html, typst):
    source, _ = typeset(html, strict=False)
    assert source.split("\n", 3)[3] == typst


def test_a_skipped_heading_level_keeps_the_standards(read):
    text = read("### Three\n# One\n#### Four\n#### Again\n## Two\n# ", strict=False)
    assert "1 Three" in text and "2.1 Four 2.2 Again 2.3 Two" in text


def test_each_row_of_aligned_formulas_is_found(read):
    text = read(
        "# One\n\\begin{align}a &= b \\label{eq:one}\\\\ c &= d \\label{eq:two}\\end{align}\n"
        "See \\eqref{eq:two}, $\\eqref{eq:one}$, (\\ref{eq:two}); \\eqref{nowhere}.",
        strict=False,
    )
    assert "See (2), (1), (2); \\eqref{nowhere}." in text
    assert "(1)" in text.split("See")[0] and "(2)" in text.split("See")[0]


def test_an_equation_number_is_used_once_in_a_report(typeset, make):
    cells = ["$$a\\tag{1}$$", make.markdown("$$b\\tag{1}$$", "again")]
    _, document = typeset(*cells)
    assert document.problems == [
        "01_test, cell 2 (again), '$$b\\\\tag{1}$$': "
        "\\tag{1} is used before by 01_test, cell 1 (prose), '$$a\\\\tag{1}$$'; "
        "a label alone counts on"
    ]
    assert typeset(*cells, strict=False)[1].notices == []
