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
from handmade import Make

from nbtypst import compiler
from nbtypst.exporter import TypstPDFExporter
from nbtypst.terminal import terminal

PNG = f"data:image/png;base64,{Make.png}"


def html(markup, plain="df"):
    return Make.code("x", Make.shown(text__html=markup, text__plain=plain))


def latex(tex, **more):
    return Make.code("x", Make.shown(text__latex=tex, text__plain="t", **more))


def raw(source, mime):
    return {
        "cell_type": "raw", "id": "raw", "metadata": {"raw_mimetype": mime}, "source": source
    }  # fmt: skip


def frame(columns, rows):
    header = "".join(f"<th>{name}</th>" for name in ["", *columns])
    body = "".join(
        f"<tr><th>{n}</th><td>{'<td>'.join(row)}</td></tr>" for n, row in enumerate(rows)
    )
    return f"<table class='dataframe'><thead><tr>{header}</tr></thead>{body}</table>"


FORM = "#@title Settings { run: 'auto' }\nsize = 5 #@param {type:'slider'}\nhelper()"
WIDE = frame([f"column_{n}" for n in range(25)], [[f"{n}.{n:05d}" for n in range(25)]] * 2)
LONG = "$$p = " + " + ".join(rf"\frac{{\Delta t}}{{\Delta x_{{{n}}}^2}}" for n in range(40)) + "$$"
TRACE = {
    "output_type": "error", "ename": "ZeroDivisionError", "evalue": "division by zero",
    "traceback": ["\x1b[0;31mZeroDivisionError\x1b[0m: division by zero"],
}  # fmt: skip
STYLER = (
    "<style>#T_row0 {background-color: #ff0000; color: #ffffff}</style><table><caption>Heat"
    "</caption><tr><td id=T_row0>1</td></tr></table>"
)
MULTI = (
    "<table><thead><tr><th colspan=2>mean</th></tr><tr><th>a</th><th>b</th></tr></thead>"
    "<tr><td rowspan=2>1</td><td>2</td></tr><tr><td>3</td></tr></table>"
)
COLAB = (
    f"<div id=df-1><div>{frame(['age'], [['31']])}</div><button style='display:none'>B</button>"
    "<script>x</script></div>"
)
TABULAR = r"\begin{tabular}{lr}\toprule & a\\ \midrule 0 & 1\\ \bottomrule\end{tabular}"

# {case: (cells or Markdown, {what is looked for: texts})}. "shown" and "hidden" are looked for in
# the PDF's text without its spaces, "typst" in the Typst source, "pattern" is one of the text, and
# "warned" stands in a warning that names a cell of the case.
CASES = {
    "spaces inside dollars": (
        ["Sets $ x^2 + y^2 $ and $\n\\alpha\n$."],
        {"typst": ["attach(x, t: 2)", "$α$"], "hidden": ["$"]},
    ),
    "currency": (
        ["It costs $5 and later $10; \\$20. **35$** or 40$ here, and $x$."],
        {"shown": ["It costs $5 and later $10; $20. 35$ or 40$ here"], "typst": ["$x$"]},
    ),
    "commas of cases": (
        [r"$$\begin{cases} 1, & x>0,\\ 0, & \text{иначе},\end{cases}$$"],
        {"typst": [r'1 \,, x \> 0 \,; 0 \,, "иначе" \,']},
    ),
    "frames, strokes, arrows": (
        [r"$$\boxed{E}\quad\cancel{x}\quad\xrightarrow{n}\quad\overset{!}{=}\quad\dbinom nk$$"],
        {
            "typst": [
                "#boxed($ E $)",
                "cancel(x)",
                "stretch(→)",
                "limits(\\=), t: \\!",
                "binom(n, k)",
            ]
        },
    ),
    "references to rows": (
        [
            r"\begin{align}a &= b \label{eq:one}\\ c &= d \label{eq:two}\end{align}"
            "\n\n"
            r"See \eqref{eq:one} and $\eqref{eq:two}$; \eqref{nowhere}."
        ],
        {
            "pattern": r"See \((\d+)\) and \((\d+)\); \\eqref\{nowhere\}",
            "warned": [r"\eqref{nowhere}"],
        },
    ),
    "wide data frame": (
        [html(WIDE)],
        {"shown": [f"column_{n}" for n in range(25)] + ["24.00024"]},
    ),
    "styler": ([html(STYLER)], {"shown": ["Heat"], "typst": ['fill: rgb("#ff0000")']}),
    "spans of cells": (
        [html(MULTI)],
        {"typst": ["colspan: 2)[#strong[mean]]", "rowspan: 2)[1]", ", (cell(x: 0, y: 0"]},
    ),
    "progress bars": (
        [Make.code("x", Make.stream("\r  0%|  | 0/9\r 50%|# | 5/9\r100%|##| 9/9\nabcdef\rXY\n"))],
        {"shown": ["100%|##| 9/9", "XYcdef"], "hidden": ["50%"]},
    ),
    "figures of a browser": (
        [
            Make.code("x", Make.shown(application__vnd_plotly="x")),
            html("<div id=p data-root-id=p></div>"),
            html("<div><iframe srcdoc='leaflet'></div>"),
            html("<div id=altair></div><script>vega</script>", "alt.Chart(...)"),
        ],
        {"shown": ["interactive Bokeh", "interactive folium"], "warned": ["Bokeh", "folium"]},
    ),
    "long lines": (
        [Make.code("y" * 300, Make.stream("z" * 300))],
        {"shown": ["y" * 300, "z" * 300]},
    ),
    "HTML in Markdown": (
        [
            "<details><summary>Hint</summary>\n\nHidden **bold**\n\n</details>\n\n"
            "<center><font color=red>red</font></center>\n\n<div class=alert>Tip</div>\n\n- [x] a\n"
            "1. one\n   ```python\n   print(1)\n   ```"
        ],
        {
            "shown": ["Hint", "Hidden bold", "print(1)"],
            "typst": ['rgb("#ff0000")', "#callout[Tip]", "☑"],
        },
    ),
    "media": (
        [
            html("<video src='clip.mp4'></video>"),
            html(f"<img src='{PNG}'>"),
            html("<img src='https://example.org/a.png'>"),
            Make.code("x", Make.shown(application__json={"a": 1})),
        ],
        {
            "shown": ["<video> clip.mp4"],
            "typst": ["#picture(image("],
            "warned": ["clip.mp4", "not part of the notebook", "application/json cannot be set"],
        },
    ),
    "traceback": (
        [Make.code("1/0", TRACE)],
        {
            "shown": ["ZeroDivisionError: division by zero"],
            "hidden": ["[0;31m"],
            "typst": ["fill: rgb("],
        },
    ),
    "sympy": (
        [latex(r"$\displaystyle \frac{x^{2}}{2}$", image__png=Make.png)],
        {"typst": ["display(frac(attach(x, t: 2), 2))"]},
    ),
    "LaTeX tables": ([latex(TABULAR)], {"typst": ["#datatable(2", "align: right)[1]"]}),
    "scikit-learn": (
        [html("<pre>Model()</pre><b>In a Jupyter environment, please rerun this cell</b>")],
        {"shown": ["Model()"], "hidden": ["rerun"]},
    ),
    "hidden cells": (
        [
            Make.code("no_cell", tags=["remove-cell"]),
            Make.code("no_input", tags=["hide-input"]),
            Make.code("out", Make.stream("no_output"), tags=["remove_output"]),
            Make.code("#| a: b\nkept"),
        ],
        {"shown": ["kept", "out"], "hidden": ["no_cell", "no_input", "no_output", "#|"]},
    ),
    "no cells": ([""], {}),
    "long output": (
        [Make.code("x", Make.stream("".join(f"row {n} of it\n" for n in range(2001))))],
        {"shown": ["row 0 of it", "row 2000 of it"], "warned": ["2001 lines"]},
    ),
    "hostile text": (
        [
            '#read("/etc/passwd") #eval("1+1") `#read("/etc/passwd")`{=typst} $#read("/a")$\n\n'
            '```{=typst}\n#read("/etc/passwd")\n```',
            Make.code('#read("/etc/passwd")'),
            latex(r"\input{/etc/passwd}"),
        ],
        {"shown": ["#eval(", "#read("], "hidden": ["root:x"], "warned": ["LaTeX that cannot"]},
    ),
    "raw cell that reads": (
        [raw('#read("/etc/passwd")', "text/vnd.typst")],
        {"shown": ["#read("], "warned": ["may not read"]},
    ),
    "raw cell that reads above": (
        [raw('#read("../../a")', "text/vnd.typst")],
        {"shown": ["../../a"], "warned": ["may not read"]},
    ),
    "raw cell of the network": (
        [raw('#import "@preview/a:1.0.0"', "text/vnd.typst")],
        {"warned": ["may not import"]},
    ),
    "hostile attachment": (
        [
            Make.markdown(
                "![x](attachment:../../a.png)", attachments={"../../a.png": {"image/png": Make.png}}
            )
        ],
        {"typst": ['image("assets/']},
    ),
    "raw cells": (
        [
            raw("#strong[set]", "text/vnd.typst"),
            raw("<b>raw HTML</b>", "text/html"),
            raw("*kept*", ""),
            raw("left", "text/latex"),
        ],
        {"shown": ["set", "raw HTML", "*kept*"], "warned": ["text/latex is left out"]},
    ),
    "levels of headings": (
        ["### Three\n\n# One\n\n##### Five\n\n#NoSpace\n\n####### seven\n\n#"],
        {"shown": ["Three", "One", "Five", "#NoSpace", "####### seven"]},
    ),
    "symbols": (
        [r"$A \cap B \bigcap \sqcap \otimes \odot \ominus \bigotimes$"],
        {"typst": ["A ∩ B ⋂ ⊓ ⊗ ⊙ ⊖ ⨂"]},
    ),
    "determinants": (
        [r"$$\begin{vmatrix}a\end{vmatrix}\begin{Vmatrix}b\end{Vmatrix}$$"],
        {"typst": ['#("|", "|"), a', '#("‖", "‖"), b']},
    ),
    "link to nowhere": (["An [unfinished link]()."], {"shown": ["An unfinished link."]}),
    "footnote beside a tag": (
        ["Water is H<sub>2</sub>O[^1].\n\n[^1]: A note."],
        {"typst": ["H#sub[2]O#footnote[A note\\.]"]},
    ),
    "sizes of images": (
        [f"<img src='{PNG}' height=40><img src='{PNG}' style=width:50%> ![c]({PNG}){{width=30%}}"],
        {"typst": ["height: 30.00pt", "width: 50%", "width: 30%"], "hidden": ["{width"]},
    ),
    "colours and bars": (
        [r"$$\color{red}{x}\textcolor{green}{z}\begin{array}{c|c}1&2\\\hline 3&4\end{array}$$"],
        {"typst": ['#rgb("#ff0000"), x', '#rgb("#008000"), z', "vline: (1, ), hline: (1, )"]},
    ),
    "require and over": (
        [r"$\require{cancel}\cancel{x}$ ${a \over b}$ $\bra{\psi}$ $\Large y$"],
        {"typst": ["$cancel(x)$", "$frac(a, b)$", r"lr(\⟨ ψ \|)", "$y$"]},
    ),
    "links of a terminal": (
        [Make.code("x", Make.stream("see \x1b]8;;https://a.b\x1b\\the link\x1b]8;;\x1b\\ end"))],
        {"shown": ["see the link end"]},
    ),
    "table of Colab": ([html(COLAB)], {"shown": ["age", "31"], "typst": ["#datatable"]}),
    "forms of Colab": (
        [Make.code(FORM)],
        {"shown": ["Settings", "size = 5", "helper()"], "hidden": ["@param", "auto"]},
    ),
    "charts that say nothing": (
        [html("<div id=altair-viz></div><script>VEGA</script>", "<repr>")],
        {"warned": ["Altair"]},
    ),
    "anchors": (
        ["[to it](#my-results) [to id](#anch)\n\n## My Results\n\n<a id='anch'></a>"],
        {"typst": ["#jump(label("]},
    ),
    "images in lists and tables": (
        [f"1. one\n\n   ![x]({PNG})\n2. two\n\n| a |\n|---|\n| ![y]({PNG}) |"],
        {"typst": ["#enum(tight: false, start: 1, [one\n\n#align(center)[#picture("]},
    ),
    "injection": (
        [Make.code("x", Make.figure("a> #let z = 6 * 7; #strong[DONE #z] <b"))],
        {"hidden": ["DONE 42"], "warned": ["may hold letters, digits"]},
    ),
    "another tool's report": (
        [Make.code("x", {**Make.shown(image__png=Make.png), "metadata": {"report": "theirs"}})],
        {"typst": ["picture(image("]},
    ),
    "LaTeX that loads": (
        [latex(r"\input{chapter}")],
        {"shown": [r"\input{chapter}"], "warned": ["LaTeX that cannot"]},
    ),
    "order of streams": (
        [
            Make.code(
                "x", Make.stream("first"), Make.stream("second", "stderr"), Make.stream("third")
            )
        ],
        {"pattern": "first.*second.*third"},
    ),
    "letters without a font": (
        ["## Results \u0378"],
        {"shown": ["Results □"], "warned": ["\u0378"]},
    ),
    "images that are missing": (
        ["![a](with%20space.png) ![b](b.bmp)"],
        {
            "shown": ["image with%20space.png"],
            "warned": ["with space.png is missing", "b.bmp is of no kind"],
        },
    ),
    "breaks of lines": (
        ["one  \ntwo\\\nthree\nfour &copy; <http://a.b>\n\n    code by indent\n\n10. ten"],
        {"typst": ["one#linebreak()", "three four ©", '#link("http://a.b")', "start: 10"]},
    ),
    "macros of other cells": (
        [
            r"$\newcommand{\Set}{\mathbb{S}}$ $$\def\f#1{f(#1)} \f{x}$$",
            r"later $\Set^n$ `$\Set$`",
            latex(r"$\Set$"),
        ],
        {"typst": [r"f \( x \)", "attach(bb(S), t: n)", "$bb(S)$"], "shown": [r"$\Set$"]},
    ),
    "a lone break": (["text\n\n<br>\n\nmore"], {"shown": ["text", "more"]}),
    "a formula too wide": ([LONG], {}),
    "a picture too wide": (
        [
            Make.code(
                "x",
                {
                    **Make.shown(image__png=Make.png),
                    "metadata": {"image/png": {"width": 900, "height": 300}},
                },
            )
        ],
        {"typst": ["width: 675.00pt, height: 225.00pt"]},
    ),
    "an align that starts with a label": (
        [r"\begin{equation}\label{a b}\begin{split}a\\b\end{split}\end{equation} \eqref{a b}"],
        {"typst": ['(auto, "a-b")', 'reference(label("a-b"))']},
    ),
}


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
