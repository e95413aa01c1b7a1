import base64
import importlib.machinery
import json
import sys
import types

import pytest

from nbtypst import numbered, vega
from nbtypst.terminal import terminal


def test_figure_and_table(read, make):
    text = read(
        make.code(
            "x",
            make.figure(caption="A caption with $x$."),
            make.table(
                ["name", "$\\Delta$, %"],
                [["a_b", "\N{MINUS SIGN}1.5"], ['q"uote', "\N{EN DASH}"]],
                ["left", "right"],
            ),
            make.shown({"kind": "caption"}, text__markdown="*A caption, again.*"),
        )
    )
    assert "Figure 1. A caption with 𝑥." in text
    assert 'name Δ, % a_b \N{MINUS SIGN}1.5 q"uote –' in text
    assert "again" not in text


def test_decimal_marks_of_a_column_stand_under_each_other(make, typeset):
    rows = [["1,5", "1.5"], ["–", "a"], ["12", "b"], ["0,125", "c"]]
    table = make.table(["n", "m"], rows, ["right", "left"])
    source, _ = typeset(make.code("x", table), language="ru")
    unseen = [("1,5", "25"), ("12", ",125")]
    for number, digits in unseen:
        assert f'[#"{number}"#unseen("{digits}")]' in source
    assert source.count("#unseen") == len(unseen)


def test_the_comma_of_thousands_is_no_decimal_mark():
    assert numbered.missing_decimals(["1,002", "916"], "right", ".") == ["", ""]
    assert numbered.missing_decimals(["1,5", "12"], "right", ",") == ["", ",5"]


def test_a_figure_without_alternative_text_names_its_cell(typeset, make):
    _, document = typeset(
        "prose", make.code("plot()", make.shown(image__png=make.png), cell_id="plot")
    )
    assert document.problems == [
        "01_test, cell 2 (plot), 'plot()': the figure has no alternative text; show it with alt=…"
    ]


def test_two_figures_of_one_label(typeset, make):
    _, document = typeset(make.code("x", make.figure(), make.figure()))
    assert "'fig-a' is used before by 01_test, cell 1" in document.problems[0]


def test_a_label_is_a_name(typeset, make):
    _, document = typeset(make.code("x", make.figure("fig-a b")))
    assert "label 'fig-a b' may hold letters" in document.problems[0]


def test_failed_cell(typeset, make):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": []}
    assert "the cell failed: ValueError: bad" in typeset(make.code("x", error))[1].problems[0]
    assert "ValueError: bad" in typeset(make.code("x", error), strict=False)[0]


def test_the_report_leaves_stderr_out_with_a_notice(typeset, make):
    source, document = typeset(make.code("x", make.stream("a warning", "stderr")))
    assert "a warning" not in source and "a warning" in document.notices[0]
    assert (
        "a warning" in typeset(make.code("x", make.stream("a warning", "stderr")), strict=False)[0]
    )


@pytest.mark.parametrize(
    ("text", "typst"),
    [
        ("a\rb\rc\nd", '("c\\nd", arguments())'),
        ("abcdef\rXY", '("XYcdef", arguments())'),
        ("a\r\nb", '("a\\nb", arguments())'),
        ("abc\b\bX", '("aXc", arguments())'),
        ("\r 50%\x1b[A\n\r100%\x1b[A\n\n", '("100%", arguments())'),
        (
            "see \x1b]8;id=1;https://a.b\x1b\\the link\x1b]8;;\x1b\\ end",
            '("see the link end", arguments())',
        ),
        (
            "\x1b[1;31mred\x1b[0m plain",
            '("red", arguments(fill: rgb("#b22b31"), weight: "bold")), (" plain", arguments())',
        ),
        ("\x1b[38;5;34mgreen", '("green", arguments(fill: rgb(0,175,0)))'),
        (
            "\x1b[38;2;1;2;3ma\x1b[39mb",
            '("a", arguments(fill: rgb(1,2,3))), ("b", arguments())',
        ),
        ("\x1b[4ma\x1b[24mb", '("a", arguments(line: true)), ("b", arguments())'),
        ("\x1b[38;5m\x1b[48;2;1ma", '("a", arguments())'),
    ],
)
def test_terminal(text, typst):
    assert terminal(text) == f"#terminal({typst})"


def test_a_line_that_is_erased_leaves_nothing():
    assert terminal("\x1b[38;5;34mgreen\x1b[0m\x1b[2K") == ""


def test_streams_are_joined_and_kept_in_order(typeset, make):
    parts = [("a", "stdout"), ("b\r", "stdout"), ("w", "stderr"), ("c", "stdout")]
    source, _ = typeset(make.code("x", *(make.stream(*part) for part in parts)), strict=False)
    assert [line for line in source.splitlines() if "#terminal" in line] == [
        f'#terminal(("{text}", arguments()))' for text in ("ab", "w", "c")
    ]


def test_a_long_output_is_named_and_cut_if_that_is_asked_for(typeset, make):
    cell = make.code("x", make.stream("a line\n" * 2500))
    source, document = typeset(cell, strict=False)
    assert source.count("a line") == 2500 and "an output has 2500 lines" in document.notices[0]
    source, _ = typeset(cell, strict=False, most_lines=10)
    assert source.count("a line") == 10 and "… 2490 lines more" in source


def test_outputs_of_other_notebooks(read, make):
    text = read(
        make.code(
            "a", make.shown(text__html="<table><tr><th>h</th></tr><tr><td>x_y</td></tr></table>")
        ),
        make.code(
            "b", make.shown(text__latex="$\\displaystyle \\frac{x}{2}$", image__png="sympy draws")
        ),
        make.code("c", make.shown(text__latex="\\begin{tabular}{l}one\\\\ two\\end{tabular}")),
        make.code("d", make.shown(text__markdown="*emphasis* and $y$")),
        make.code("e", make.shown(text__plain="plain <text>")),
        make.code("f", make.shown(text__html="<script>x</script>", text__plain="Chart(1)")),
        make.code("g", make.shown(image__svg_xml='<svg xmlns="http://www.w3.org/2000/svg"/>')),
        make.code("h", make.shown(**{"application__vnd.jupyter.widget-view_json": {}})),
        make.code(
            "i",
            make.shown(
                **{"application__vnd.jupyter.widget-view_json": {}}, text__plain="5%|█ | 1/20"
            ),
        ),
        strict=False,
    )
    for words in (
        "h x_y",
        "𝑥",
        "one two",
        "emphasis and 𝑦",
        "plain <text>",
        "Chart(1)",
        "interactive",
        "1/20",
    ):
        assert words in text


def test_an_output_that_cannot_be_set_is_named(typeset, make):
    _, document = typeset(make.code("x", make.shown(application__json={"a": 1})))
    assert "an output of type application/json cannot be set" in document.problems[0]


@pytest.mark.parametrize(
    "report",
    [
        "a string",
        ["a"],
        {"kind": ["a"]},
        {"kind": "figure"},
        {"v": 1},
        {"kind": "figure", "label": 1, "caption": "c", "alt": "a"},
        {"kind": "table", "label": "t"},
    ],
)
def test_another_tools_report_is_none_of_ours(typeset, make, report):
    png, plain = make.shown(image__png=make.png), make.shown(text__plain="as it is")
    expected, _ = typeset(make.code("x", png, plain), strict=False)
    for output in (png, plain):
        output["metadata"] = {"report": report}
    assert typeset(make.code("x", png, plain), strict=False)[0] == expected


@pytest.mark.parametrize(
    "change",
    [
        {"align": ["left), panic(1), (left"]},
        {"align": []},
        {"align": "left"},
        {"rows": [["a", "b"]]},
        {"rows": "a"},
        {"columns": None},
    ],
)
def test_a_damaged_table_is_shown_as_html(read, make, change):
    table = make.table(["n"], [["a"]], ["left"])
    table["data"]["application/vnd.report.table+json"] |= change
    table["data"]["text/html"] = "<table><tr><td>its HTML</td></tr></table>"
    assert "its HTML" in read(make.code("x", table), strict=False)


HOSTILE = '"a>) #panic("ran") <b'


@pytest.mark.parametrize(
    "outputs",
    [
        lambda make: {"cell_id": 'a\n#panic("ran")\n'},
        lambda make: {"figure": make.figure(HOSTILE, alt=HOSTILE)},
        lambda make: {"table": make.table([HOSTILE], [[HOSTILE]], ["left"], HOSTILE)},
        lambda make: {"html": make.shown(text__html=f"<b style='color: {HOSTILE}'>a</b>")},
        lambda make: {"text": make.stream(HOSTILE + "\\")},
        lambda make: {"latex": make.shown(text__latex=f"${HOSTILE}$")},
    ],
    ids=["cell", "figure", "table", "style", "stream", "latex"],
)
def test_nothing_of_a_foreign_notebook_runs(read, make, outputs):
    """Each text would be Typst code if it were pasted; set as text, it does no harm."""
    outputs = outputs(make)
    cell_id = outputs.pop("cell_id", "code")
    assert "end" in read(make.code("x", *outputs.values(), cell_id=cell_id), "end", strict=False)


def test_a_citation_is_quoted(typeset):
    source, _ = typeset("[2000](#ref-x>#panic(1)<)", keys={"x>#panic(1)<"})
    assert source.rstrip().endswith('#cite(label("x>#panic(1)<"))')


def test_raw_cells(typeset, make):
    def raw(mime):
        return {"cell_type": "raw", "id": "r", "metadata": {"raw_mimetype": mime}, "source": "*a*"}

    assert "#strong[a]" not in typeset(raw(""))[0] and '#raw("*a*"' in typeset(raw(""))[0]
    assert "#emph[a]" in typeset(raw("text/markdown"))[0]
    assert typeset(raw("text/vnd.typst"))[0].endswith("*a*")
    assert "a raw cell for text/latex is left out" in typeset(raw("text/latex"))[1].notices[0]


def test_long_words_are_broken_into_lines(read, make):
    text = read(make.code("y" * 300)).replace("\u200b", "")
    assert "y" * 60 in text and "y" * 300 not in text


@pytest.mark.parametrize(
    ("data", "name"),
    [
        ({"application__vnd.plotly.v1_json": {"data": []}}, "Plotly"),
        (
            {
                "application__vnd.plotly.v1_json": {"data": []},
                "text__html": "<script>draw()</script>",
            },
            "Plotly",
        ),
        ({"text__html": "<div id='a'></div><script>Plotly.newPlot('a')</script>"}, "Plotly"),
        (
            {
                "text__html": "<div id=altair-viz-1></div><script>VEGA</script>",
                "text__plain": "alt.C()",
            },
            "Altair",
        ),
        (
            {"text__html": "<div>Make this Notebook Trusted<iframe srcdoc=x></iframe></div>"},
            "folium",
        ),
        ({"text__html": "<div id=p1 data-root-id=p1></div>"}, "Bokeh"),
    ],
)
def test_a_figure_that_a_browser_draws_leaves_a_note(typeset, make, data, name):
    source, document = typeset(make.code("x", make.shown(**data)), strict=False)
    assert f'#interactive-note("{name}"' in source
    assert f"01_test, cell 1 (code), 'x': an interactive {name} figure" in document.notices[0]


def test_what_only_loads_scripts_leaves_nothing(typeset, make):
    loads = make.shown(application__javascript="x")
    loads["data"]["application/vnd.bokehjs_load.v0+json"] = ""
    source, document = typeset(make.code("", loads, make.shown(text__html="<style>a{}</style>")))
    assert source.strip().startswith("// @") and source.strip().count("\n") == 0
    assert not document.problems


def test_latex_tables_and_what_is_none(typeset, make):
    table = (
        r"\begin{tabular}{lr}\toprule & $x$ \\ \midrule \multicolumn{2}{c}{A \& B} \\ "
        r"\textbf{c} & 50\% \\ \bottomrule\end{tabular}"
    )
    source, document = typeset(
        make.code("x", make.shown(text__latex=table), make.shown(text__latex="\\input{chapter}")),
        strict=False,
    )
    assert "cell(x: 0, y: 1, colspan: 2, align: left)[A \\& B]" in source
    assert "[#strong[c]]" in source and "[50\\%]" in source and '#formula("x"' in source
    assert '#unset("\\\\input{chapter}")' in source
    assert document.notices == [
        "01_test, cell 1 (code), 'x': LaTeX that cannot be set: '\\\\input{chapter}'"
    ]


def test_tags_and_options_hide_what_they_name(typeset, make):
    def cell(name, tag="", **metadata):
        code = make.code(name, make.stream(f"out-{name}"), tags=[tag] if tag else [])
        code["metadata"] |= metadata
        return code

    cells = [
        cell("shown"),
        cell("cell", "remove-cell"), cell("input", "hide-input"), cell("output", "remove_output"),
        cell("#| echo: false\necho"), cell("#| include: false\ninclude"),
        cell("#| output: false\n#| fig-cap: a\noption"), cell("lab",
        jupyter={"source_hidden": True}),
        cell("labout", jupyter={"outputs_hidden": True}), cell("sphinx", nbsphinx="hidden"),
    ]  # fmt: skip
    source, _ = typeset(*cells, strict=False)
    shown = [line for line in source.splitlines() if line.startswith(("#code", "#terminal"))]
    words = [line.split('"')[1] for line in shown]
    assert words == [
        "shown", "out-shown", "out-input", "output", "out-#| echo: false\\necho", "option",
        "out-lab",
        "labout",
    ]  # fmt: skip


def test_raw_typst_loads_nothing(typeset):
    for source in ('#import "@preview/a:0.1.0": *', '#read("/etc/passwd")', '#eval("1")'):
        cell = {"cell_type": "raw", "id": "r", "metadata": {"raw_mimetype": "text/vnd.typst"}}
        typst, document = typeset({**cell, "source": source}, strict=False)
        assert "#raw(" in typst and "its source is shown" in document.notices[0]


SPEC = {"mark": "bar", "data": {"values": [{"a": 1}]}}
ALTAIR = '<div id="v"></div><script>(function(s, o){})(%s, {"mode": "vega-lite"});</script>'


@pytest.mark.parametrize(
    ("data", "drawn"),
    [
        ({"application/vnd.vegalite.v5+json": SPEC}, True),
        ({"application/vnd.vega.v5+json": SPEC}, True),
        ({"text/html": ALTAIR % json.dumps(SPEC)}, True),
        ({"application/vnd.vegalite.v5+json": {"data": {"url": "file:///etc/passwd"}}}, False),
        ({"application/vnd.vegalite.v5+json": {"mark": "nonsense"}}, False),
        ({"text/html": ALTAIR % '{"mark": }'}, False),
        ({"text/plain": "x"}, False),
    ],
)
def test_charts_are_drawn_where_that_asks_for_nothing(data, drawn, monkeypatch, make):
    def draw(spec, **options):
        assert spec == SPEC or not drawn
        if spec["mark"] == "nonsense":
            raise ValueError("no such mark")
        return base64.b64decode(make.png)

    library = types.ModuleType("vl_convert")
    library.__spec__ = importlib.machinery.ModuleSpec("vl_convert", None)
    library.vegalite_to_png = library.vega_to_png = draw
    monkeypatch.setitem(sys.modules, "vl_convert", library)
    assert vega.with_picture(data) == (data | {"image/png": make.png} if drawn else data)
