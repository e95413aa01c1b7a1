"""Cases of Markdown and formulas; see test_nbtypst_cases.py."""

from handmade import Make

PNG = f"data:image/png;base64,{Make.png}"
LONG = "$$p = " + " + ".join(rf"\frac{{\Delta t}}{{\Delta x_{{{n}}}^2}}" for n in range(40)) + "$$"


MARKDOWN = {
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
    "no cells": ([""], {}),
    "hostile attachment": (
        [
            Make.markdown(
                "![x](attachment:../../a.png)", attachments={"../../a.png": {"image/png": Make.png}}
            )
        ],
        {"typst": ['image("assets/']},
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
    "anchors": (
        ["[to it](#my-results) [to id](#anch)\n\n## My Results\n\n<a id='anch'></a>"],
        {"typst": ["#jump(label("]},
    ),
    "images in lists and tables": (
        [f"1. one\n\n   ![x]({PNG})\n2. two\n\n| a |\n|---|\n| ![y]({PNG}) |"],
        {"typst": ["#enum(tight: false, start: 1, [one\n\n#align(center)[#picture("]},
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
    "a lone break": (["text\n\n<br>\n\nmore"], {"shown": ["text", "more"]}),
    "a formula too wide": ([LONG], {}),
    "an align that starts with a label": (
        [r"\begin{equation}\label{a b}\begin{split}a\\b\end{split}\end{equation} \eqref{a b}"],
        {"typst": ['(auto, "a-b")', 'reference(label("a-b"))']},
    ),
}
