"""Cases of outputs, raw cells and code; see test_nbtypst_cases.py."""

from handmade import Make

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


OUTPUTS = {
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
    "raw cells": (
        [
            raw("#strong[set]", "text/vnd.typst"),
            raw("<b>raw HTML</b>", "text/html"),
            raw("*kept*", ""),
            raw("left", "text/latex"),
        ],
        {"shown": ["set", "raw HTML", "*kept*"], "warned": ["text/latex is left out"]},
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
    "macros of other cells": (
        [
            r"$\newcommand{\Set}{\mathbb{S}}$ $$\def\f#1{f(#1)} \f{x}$$",
            r"later $\Set^n$ `$\Set$`",
            latex(r"$\Set$"),
        ],
        {"typst": [r"f \( x \)", "attach(bb(S), t: n)", "$bb(S)$"], "shown": [r"$\Set$"]},
    ),
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
}
