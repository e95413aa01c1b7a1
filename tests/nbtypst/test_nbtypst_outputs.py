"""Outputs of other notebooks, raw cells, tags, and text that would do harm as code."""

import pytest


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
