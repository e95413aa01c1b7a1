r"""TeX mathematics in Markdown: found as JupyterLab finds it, made ready for pandoc's Typst writer.

The writer (texmath) drops or garbles what it does not know: `\tag`, `\label`, `\!`, `\;`,
`\operatorname*`, bare environments. All of them are dealt with here, before and after it.
"""

import dataclasses
import re

OPEN, CLOSE, LIMITS = "\ue000", "\ue001", "\ue002"  # private characters that no text contains
SPACE = 0xE300  # a space of n/18 em travels through pandoc as the character SPACE + n
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
ENVIRONMENTS = (
    "align|aligned|equation|gather|gathered|eqnarray|multline|split|cases|array|[pbvBV]?matrix"
)
FOUND = re.compile(
    r"""(?P<code>^[ ]{0,3}(?P<fence>`{3,}|~{3,})[\s\S]*?(?:^[ ]{0,3}(?P=fence)[`~]*[ ]*$|\Z)
      | (?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n)[\s\S])+?(?<!`)(?P=ticks)(?!`))
      | \\\\\[(?P<bracket>[\s\S]+?)\\\\\] | \\\\\((?P<paren>.+?)\\\\\)
      | (?P<reference>\\(?:eq)?ref\{[^{}]+\})
      | (?P<escape>\\[^a-zA-Z\s])
      | \$\$(?P<display>[\s\S]+?)\$\$
      | (?P<environment>\\begin\{(?P<name>(?:ENVIRONMENTS)\*?)\}[\s\S]*?\\end\{(?P=name)\})
      | \$(?P<inline>(?![\s$])(?:\\[\s\S]|(?!\n\s*\n)[^$\\])*?)(?<!\s)\$(?!\d)""".replace(
        "ENVIRONMENTS", ENVIRONMENTS
    ),
    re.VERBOSE | re.MULTILINE,
)
DEFINITION = re.compile(
    r"\\(?:(?:re)?newcommand\*?\s*\{?(\\[a-zA-Z]+)\}?\s*(\[\d\])?|def\s*(\\[a-zA-Z]+)()"
    r"|(DeclareMathOperator\*?)\s*\{?(\\[a-zA-Z]+)\}?)\s*(\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\})"
)
SPACES = {"!": -3, ";": 5, ">": 4, "enspace": 9, "negthinspace": -3, "thickspace": 5}
UNITS = {"em": 18, "mu": 1, "ex": 8, "pt": 1.6, "cm": 46, "mm": 4.6, "in": 116}
SPOKEN = [
    (r"(?<=[a-zA-Z])(?=\\(?:math|bold|bm|text|operatorname))", " "),
    (
        r"\\(?:left|right|middle|displaystyle|textstyle|limits|nolimits|bigg?[lrm]?|Bigg?[lrm]?)(?![a-zA-Z])",
        "",
    ),
    (
        r"\\(?:mathrm|mathbf|mathcal|mathbb|mathit|boldsymbol|bm|text\w*|operatorname\*?|mbox)\s*\{([^{}]*)\}",
        r"\1",
    ),
    (r"\\d?t?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)"),
    (r"\\(?:begin|end)\s*\{[^{}]*\}(?:\{[^{}]*\})?|\\[!;,:> ]|\\q?quad|&|~", " "),
    (r"\\\\", "; "),
    (r"([_^])\{(\w+)\}", r"\1\2"),
    (r"[{}]", lambda match: {"{": "(", "}": ")"}[match[0]]),
    (r"\\([a-zA-Z]+)", r" \1 "),
    (r"\\", ""),
]


@dataclasses.dataclass
class Formula:
    """One formula: its TeX without tag and label, and those."""

    source: str  # as it stands in the Markdown
    tex: str
    display: bool
    tag: str = ""
    label: str = ""


def take_out(text, formulas):
    """Return Markdown with each formula replaced by a mark, and appended to `formulas`."""

    def replace(match):
        if match["code"] or match["escape"]:
            return match[0]
        display = match["display"] or match["bracket"] or match["environment"]
        tex = display or match["inline"] or match["paren"] or match["reference"]
        formulas.append(parse(match[0], tex.strip(), bool(display)))
        return f"{OPEN}{len(formulas) - 1}{CLOSE}"

    return FOUND.sub(replace, text)


def put_back(text, formulas):
    """Return `text` with its marks replaced by the source of the formulas."""
    return MARK.sub(lambda match: formulas[int(match[1])].source, text)


def parse(source, tex, display):
    """Return the `Formula`; number and label leave the TeX."""
    tag = re.search(r"\\tag\*?\{([^{}]*)\}", tex)
    label = re.search(r"\\label\{([^{}]*)\}", tex)
    tex = re.sub(r"\\(?:tag\*?|label)\{[^{}]*\}|\\no(?:number|tag)(?![a-zA-Z])", "", tex).strip()
    tex = re.sub(r"^\\begin\{equation\*?\}|\\end\{equation\*?\}$", "", tex).strip()
    label = label_of(label[1]) if label else ""
    return Formula(source, tex, display, tag[1] if tag else "", label)


def label_of(name):
    r"""Return the Typst label for TeX's \label{name}."""
    return re.sub(r"[^\w.-]+", "-", name)


def definitions(formulas):
    """Take macro definitions out of the formulas; return {macro: its \\newcommand}."""
    macros = {}

    def collect(match):
        name = match[1] or match[3] or match[6]
        body = match[7]
        if match[5]:
            body = "{\\operatorname" + match[5].removeprefix("DeclareMathOperator") + body + "}"
        macros[name] = f"\\newcommand{{{name}}}{match[2] or ''}{body}"
        return ""

    for formula in formulas:
        formula.tex = DEFINITION.sub(collect, formula.tex).strip()
    return macros


def for_pandoc(tex, macros):
    """Return TeX that texmath reads without loss; `after_pandoc` turns its marks into Typst."""
    used = {name for name in macros if re.search(re.escape(name) + r"(?![a-zA-Z])", tex)}
    while more := {
        name
        for name in macros.keys() - used
        if any(re.search(re.escape(name) + r"(?![a-zA-Z])", macros[other]) for other in used)
    }:
        used |= more
    tex = "".join(macros[name] for name in macros if name in used) + tex
    tex = re.sub(r"\\operatorname\*\s*\{", r"\\operatorname{" + LIMITS, tex)
    tex = re.sub(r"(\\underset\s*\{[^{}]*\}\s*\{\s*\\operatorname\s*\{)", r"\1" + LIMITS, tex)
    tex = re.sub(r"\{\s*\\(rm|bf|it|cal|tt|sf)(?![a-zA-Z])\s*", r"\\math\1{", tex)
    tex = re.sub(r"\\textcolor\s*\{[^{}]*\}", "", tex)
    tex = re.sub(r"\\begin\{smallmatrix\}", r"\\begin{matrix}", tex).replace(
        "\\end{smallmatrix}", "\\end{matrix}"
    )
    tex = re.sub(
        r"\\(?:hspace\*?|mspace|hskip|m?kern)\s*\{?\s*(-?[\d.]+)\s*(em|mu|ex|pt|cm|mm|in)\s*\}?",
        lambda match: chr(SPACE + max(-255, min(255, round(float(match[1]) * UNITS[match[2]])))),
        tex,
    )
    tex = re.sub(
        r"(?<!\\)\\([!;>]|(?:enspace|negthinspace|thickspace)(?![a-zA-Z]))",
        lambda match: chr(SPACE + SPACES[match[1]]),
        tex,
    )
    tex = balanced(tex)
    if "\\\\" in tex and "\\begin" not in tex:  # MathJax breaks lines anywhere
        tex = f"\\begin{{aligned}}{tex}\\end{{aligned}}"
    return tex


def balanced(tex):
    r"""Return TeX with \bigl( … \bigr) and |…| as \left … \right, which Typst sizes and spaces.

    Bars that do not pair, as in p(x|y), stay relations; other sizes are left out.
    """
    sized = r"\\[bB]igg?"
    halves = re.findall(sized + "([lr])(?![a-zA-Z])", tex)
    if halves.count("l") == halves.count("r") and not re.search(r"&|\\\\", tex):
        tex = re.sub(sized + "l(?![a-zA-Z])", r"\\left", tex)
        tex = re.sub(sized + "r(?![a-zA-Z])", r"\\right", tex)
    tex = re.sub(sized + "[lrm]?(?![a-zA-Z])", "", tex)
    tex = re.sub(r"\\([lr])vert(?![a-zA-Z])", "|", tex)
    # Double bars grow in texmath's Typst only as \lVert … \rVert.
    tex = re.sub(r"\\(?:left|right)\\([lr])Vert(?![a-zA-Z])", r"\\\1Vert", tex)
    tex = tex.replace("\\left\\|", "\\lVert ").replace("\\right\\|", "\\rVert ")
    inside = r"((?:(?!\\(?:left|right|mid))[^|&()\[\]{}]|\([^|&()]*\)|\{[^|&{}]*\})+?)"
    before = r"(?<!left)(?<!right)(?<!middle)(?<!\\)"
    tex = re.sub(rf"\\\|{inside}\\\|", r"\\lVert \1\\rVert ", tex)
    return re.sub(rf"{before}\|{inside}{before}\|", r"\\left|\1\\right|", tex)


def after_pandoc(typst):
    """Return Typst with the marks of `for_pandoc` set: spaces, operators with limits."""
    typst = re.sub(f'"{LIMITS}([^"]*)"', r'op("\1", limits: #true)', typst)
    return re.sub(
        f"[{chr(SPACE - 255)}-{chr(SPACE + 255)}]",
        lambda match: f" #h({(ord(match[0]) - SPACE) / 18:.3f}em) ",
        typst,
    )


def spoken(tex):
    """Return a line of plain text for a reader who hears the formula: x_(l+1) = x_l + F(x_l)."""
    for _ in range(2):  # twice, for braces in braces
        for pattern, replacement in SPOKEN[:4]:
            tex = re.sub(pattern, replacement, tex)
    for pattern, replacement in SPOKEN[4:]:
        tex = re.sub(pattern, replacement, tex)
    return " ".join(tex.split()) or "formula"
