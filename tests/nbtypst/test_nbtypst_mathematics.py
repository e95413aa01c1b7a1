import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nbtypst import compiler, mathematics
from nbtypst.commands import TexError
from nbtypst.vocabulary import COMMANDS, SYMBOLS


def taken(text):
    formulas = []
    mathematics.take_out(text, formulas, {})
    return [(formula.tex, formula.display) for formula in formulas]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a $x$ b", [("x", False)]),
        ("$$\nx\n= y\n- z\n$$", [("x\n= y\n- z", True)]),
        (r"\begin{align}a &= b\end{align}", [(r"\begin{align}a &= b\end{align}", True)]),
        (r"\begin{dcases}a\end{dcases}", [(r"\begin{dcases}a\end{dcases}", True)]),
        (r"\\(x\\) and \\[y\\]", [("x", False), ("y", True)]),
        ("`$x$` and ``a ` $y$``", []),
        ("```\n$x$\n```\n$y$", [("y", False)]),
        ("```python\n'$x$'", []),  # the fence is never closed
        ("it costs $5, or $6", []),
        ("from $5-$10 and 35$ or 40$, and $x$", [("x", False)]),
        ("3$\\times$3 and $ x^2 $ and $\ny\n$", [("\\times", False), ("x^2", False), ("y", False)]),
        (r"\$x\$", []),
        ("$a\n\nb$", []),  # no formula spans paragraphs
        (r"$a\$b$", [(r"a\$b", False)]),
        (
            r"\begin{a}\begin{a}x\end{a}y\end{a}z",
            [(r"\begin{a}\begin{a}x\end{a}y\end{a}", True)],
        ),
    ],
)
def test_formulas_are_found_as_jupyterlab_finds_them(text, found):
    assert taken(text) == found


@given(st.text(alphabet="ab $`\\\n{}[]()*_~5"))
def test_taking_out_loses_nothing(text):
    formulas = []
    marked = mathematics.take_out(text, formulas, {})
    assert mathematics.put_back(marked, formulas) == text


def rows(tex):
    return [
        (row.typst(), mathematics.number_of(row))
        for row in mathematics.parse("", tex, True, {}).rows
    ]


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"x \tag{5a}\label{eq:split}", [("x", '("(" + "5a" + ")", "eq-split")')]),
        (r"x \tag{$\ast$}", [("x", '("(" + $∗$ + ")", none)')]),
        (r"x \tag{*}", [("x", '("(" + "*" + ")", none)')]),
        (r"x \tag*{A$x$}", [("x", '("A" + $x$, none)')]),
        (r"x \tag{a {b} c}", [("x", '("(" + "a {b} c" + ")", none)')]),
        (
            r"\begin{align}a &= b \label{one}\\ c &= d \nonumber\\ e\end{align}",
            [(r"a & \= b", '(auto, "one")'), (r"c & \= d", "none"), ("e", "(auto, none)")],
        ),
        (r"\begin{align*}a\\b\end{align*}", [("a", "none"), ("b", "none")]),
        (r"\begin{equation}\label{q}a\end{equation}", [("a", '(auto, "q")')]),
        (
            r"\begin{equation}\begin{split}a\\b\end{split}\end{equation}",
            [("a", "none"), ("b", "(auto, none)")],
        ),
        (r"a \\ b", [("a", "none"), ("b", "none")]),
        (r"\newcommand{\R}{x}", []),
    ],
)
def test_each_row_has_its_number_and_label(tex, expected):
    assert rows(tex) == expected


@pytest.mark.parametrize(
    ("source", "typst"),
    [
        (r"\mathbf{x}_{l+1}'", r"attach(bold(upright(x)), t: ′, b: l \+ 1)"),
        (r"\dfrac12", "display(frac(1, 2))"),
        (r"{a \over b}", "frac(a, b)"),
        (r"\sqrt[3]{x}", "root(3, x)"),
        (r"\not\equiv \not\in", "≢ ∉"),
        (r"\hskip 1.5em x \hskip 1.5.2em y", "#h(1.500em) x y"),
        (r"\lVert x\rVert |y|", r'class("opening", \‖) x class("closing", \‖) '
            r'class("normal", \|) y class("normal", \|)'),
        (r"\operatorname*{arg\,min}_x",
        'attach(op("arg\N{SIX-PER-EM SPACE}min", limits: #true), b: x)'),
        (r"{\color{red}x} \textcolor{#00f}{y}",
        'text(fill: #rgb("#ff0000"), x) text(fill: #rgb("#0000ff"), y)'),
        (r"\text{если $x$}", '"если " x'),
        (r"\require{cancel}\cancel{x}", "cancel(x)"),
        (r"\begin{vmatrix}a&b\\c&d\end{vmatrix}", 'mat(delim: #("|", "|"), a, b; c, d)'),
        (r"\begin{cases}a, & b,\\c\end{cases}",
            'mat(delim: #("{", none), align: #left, column-gap: #1em, a \\,, b \\,; c, "")'),
        (r"\left(\begin{array}{c|c}1&2\\\hline 3&4\end{array}\right.",
            "lr(\\( mat(delim: #(none, none), augment: #(vline: (1, ), hline: (1, )), "
            "1, 2; 3, 4))"),
        (r"\begin{array}{|c}\hline [1]\\ \cline{1-1} 2\\ \hline\end{array}",
            'underline(overline(mat(delim: #("|", none), augment: #(vline: (), hline: (1, )), '
            "\\[ 1 \\]; 2)))"),
        (r"\begin{dcases}a\\b\end{dcases}",
            'mat(delim: #("{", none), align: #left, column-gap: #1em, display(a); display(b))'),
        (r"\sideset{}{'}\sum", r'"" ∑ attach("", t: ′)'),
        (r"\ce{2H2O -> OH}",
            "upright(2 attach(H, b: 2) O → O H)"),
        (r"\xrightarrow[a]{b}", "attach(limits(stretch(→)), t: b, b: a)"),
        (r"1.5, 20", r"1.5 \, 20"),
    ],
)  # fmt: skip
def test_tex_becomes_typst(source, typst):
    assert mathematics.inline(source, {}).typst() == typst


def test_macros_work_from_their_definition_on():
    macros = {}
    for source in (
        r"\newcommand{\R}{\mathbb{R}}",
        r"\newcommand{\R}{\mathbb{R}}",  # again: the name is not expanded
        r"\def\pair#1#2{(#1, #2)}",
        r"\DeclareMathOperator*{\argmin}{arg\,min}",
        r"\newcommand{\power}[2][2]{#2^#1}",
    ):
        assert mathematics.inline(source, macros).typst() == ""
    typst = mathematics.inline(r"\R \pair{a}b \power x \power[3]x", macros).typst()
    assert typst == r"bb(R) \( a \, b \) attach(x, t: 2) attach(x, t: 3)"
    assert "limits: #true" in mathematics.inline(r"\argmin_x", macros).typst()


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (r"\argmin_x f", r"\argmin is not known"),
        (r"\begin{tikzpicture}x\end{tikzpicture}", "tikzpicture"),
        ("{a", "a } is missing"),
        ("a}", "} stands alone"),
        (r"\left( a", "has no"),
        (r"\frac{a}", "ends too early"),
        ("{" * 1000 + "}" * 1000, "nested too deeply"),
        (r"\def\a{\b}\def\b{\a\a}\a", "never ends"),
        (r"\def\a{\a}", "defined by itself"),
    ],
)
def test_what_cannot_be_set_is_named(source, fault):
    with pytest.raises(TexError, match=fault.replace("\\", "\\\\")):
        mathematics.inline(source, {})
    assert fault in mathematics.parse(source, source, False, {}).fault


def test_typst_takes_every_symbol_and_command():
    """The names that no longer exist in Typst were the most frequent failure."""
    arguments = {"\\begin": "{matrix}a\\end{matrix}", "\\left": "(a\\right)", "\\sideset": "{}{'}x"}
    sources = [f"\\{name} x" for name in SYMBOLS]
    skipped = {"\\newcommand", "\\renewcommand", "\\providecommand", "\\def", "\\gdef", "\\let",
               "\\DeclareMathOperator", "\\ref", "\\eqref"}  # fmt: skip
    for name in COMMANDS.keys() - skipped:
        big = name[1:].rstrip("lrm").lower() in ("big", "bigg")
        sources.append(name + ("(x" if big else arguments.get(name, "{a}{b}{c}")))
    formulas = "\n".join(f"$ {mathematics.inline(source, {}).typst()} $" for source in sources)
    compiler.run({"main.typ": f"{compiler.IMPORT}{formulas}\n".encode()}, "pdf")


TOKENS = list(r"ab12{}[]()^_&|$#\"'.,:/<>=%~") + [
    "\\\\", r"\frac", r"\left", r"\right", r"\begin{cases}", r"\end{cases}", r"\begin{array}{l|r}",
    r"\end{array}", r"\text", r"\sqrt", r"\color", r"\over", r"\big", r"\hspace", r"\tag", "\n",
    "й",
    r"\def", r"\x", r"\not", r"\ce", r"\overset", r"\middle", r"\limits", r"\operatorname",
]  # fmt: skip


@settings(deadline=None, max_examples=15)
@given(
    st.lists(st.lists(st.sampled_from(TOKENS), max_size=9).map("".join), min_size=20, max_size=20)
)
def test_typst_takes_whatever_comes_out(sources):
    """Whatever the TeX, a formula is set or named, and none of it is Typst code."""
    formulas = [
        mathematics.parse(source, source, bool(n % 2), {}) for n, source in enumerate(sources)
    ]
    pieces = "\n".join(formula.typst() for formula in formulas if formula.rows)
    compiler.run({"main.typ": f"{compiler.IMPORT}{pieces}\n".encode()}, "pdf")


@pytest.mark.parametrize(
    ("tex", "words"),
    [
        (r"\mathbf{x}_{l+1} = \mathbf{x}_l + \mathcal{F}(x)", "x_(l+1) = x_l + F(x)"),
        (r"\frac{\partial E}{\partial x}", "( partial E)/( partial x)"),
        (r"x\in\mathbb{R}", "x in R"),
        ("", "formula"),
    ],
)
def test_formulas_can_be_spoken(tex, words):
    assert mathematics.spoken(tex) == words
