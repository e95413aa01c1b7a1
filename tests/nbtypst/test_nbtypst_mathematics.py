import pytest
from hypothesis import given
from hypothesis import strategies as st

from nbtypst import mathematics, pandoc


def taken(text):
    formulas = []
    mathematics.take_out(text, formulas)
    return [(formula.tex, formula.display) for formula in formulas]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a $x$ b", [("x", False)]),
        ("$$\nx\n= y\n- z\n$$", [("x\n= y\n- z", True)]),
        (r"\begin{align}a &= b\end{align}", [(r"\begin{align}a &= b\end{align}", True)]),
        (r"\begin{equation}a\end{equation}", [("a", True)]),
        (r"\\(x\\) and \\[y\\]", [("x", False), ("y", True)]),
        ("`$x$` and ``a ` $y$``", []),
        ("```\n$x$\n```\n$y$", [("y", False)]),
        ("```python\n'$x$'", []),  # the fence is never closed
        ("it costs $5, or $6", []),
        (r"\$x\$", []),
        ("$a\n\nb$", []),  # no formula spans paragraphs
        (r"$a\$b$", [(r"a\$b", False)]),
    ],
)
def test_formulas_are_found_as_jupyterlab_finds_them(text, found):
    assert taken(text) == found


@given(st.text(alphabet="ab $`\\\n{}[]()*_~5"))
def test_taking_out_loses_nothing(text):
    formulas = []
    marked = mathematics.take_out(text, formulas)
    assert mathematics.put_back(marked, formulas) == text


def test_tag_and_label_leave_the_formula():
    formula = mathematics.parse("", r"x = y \tag{5a}\label{eq:split}", True)
    assert (formula.tex, formula.tag, formula.label) == ("x = y", "5a", "eq-split")


def converted(tex, macros=()):
    element = {"t": "Math", "c": [{"t": "InlineMath"}, mathematics.for_pandoc(tex, dict(macros))]}
    return mathematics.after_pandoc(pandoc.write([[{"t": "Para", "c": [element]}]])[0])


@pytest.mark.parametrize(
    ("tex", "typst"),
    [
        (r"a\!b", "#h(-0.167em)"),  # texmath alone: -1em, the letters overlap
        (r"a\;b", "#h(0.278em)"),  # texmath alone: 0em
        (r"a\hspace{2em}b", "#h(2.000em)"),
        (r"a\mkern-3mu b", "#h(-0.167em)"),
        (r"\operatorname*{arg\,min}_x", 'op("arg\u2006min", limits: #true)_x'),
        (r"\bigl(\frac{a}{b}\bigr)", "$(a / b)$"),
        (r"{\rm d}x", "upright(d)"),
        (r"a \\ b", "a\\\nb"),
        (r"|x| + \lVert y\rVert", "lr(|x|)"),
        (r"\lvert x\rvert^2", "lr(|x|)^2"),
        (r"\lVert x \rVert_1", "lr(bar.v.double x bar.v.double)_1"),
        (r"\left\| x \right\|_1", "lr(bar.v.double x bar.v.double)_1"),
        (r"\|x\|_1", "lr(bar.v.double x bar.v.double)_1"),
        (r"q(z|x)\,\|\,p(z)", "thin parallel thin"),
        (r"p(x|y)\,p(y|z)", "\\|"),
    ],
)
def test_what_texmath_garbles_is_set(tex, typst):
    assert typst in converted(tex)


def test_macros_of_the_notebook_are_expanded():
    formulas = [
        mathematics.parse("", tex, False)
        for tex in (
            r"\newcommand{\R}{\mathbb{R}}",
            r"\def\Rn{\R^n}",
            r"\DeclareMathOperator{\tr}{tr}",
        )
    ]
    macros = mathematics.definitions(formulas)
    assert [formula.tex for formula in formulas] == ["", "", ""]
    assert converted(r"\Rn", macros.items()) == "$bb(R)^n$"
    assert '"tr"' in converted(r"\tr A", macros.items())


def test_an_unknown_macro_is_an_error():
    with pytest.raises(pandoc.PandocError, match="argmin"):
        converted(r"\argmin_x f")


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
