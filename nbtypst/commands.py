r"""The functions that make Typst of TeX commands: each takes the parser behind the command."""

import re
import unicodedata

from nbtypst.atoms import NOTHING, TexError, coloured, escaped, gap, joined
from nbtypst.environments import table
from nbtypst.tex import Parser
from nbtypst.text import quote

EMS = {
    "em": 1, "mu": 1 / 18, "ex": 0.43, "pt": 0.1, "px": 0.075, "cm": 2.85, "mm": 0.285, "in": 7.2
}  # fmt: skip
ARROWS = {"<=>": "⇌", "<->": "↔", "->": "→", "<-": "←"}


def words(style: str, parser: Parser) -> str:
    r"""Return text such as \text{…}, in which $…$ is mathematics, in a Typst function's {}."""
    pieces = []
    for number, part in enumerate(re.split(r"(?<!\\)\$|\\\(|\\\)", parser.raw())):
        if number % 2:
            pieces.append(parser.sub(part))
        elif part:
            inner = r"\\(?:text\w*|rm|mathrm|hbox|mbox)(?![a-zA-Z])|[{}](?<!\\.)"
            part = re.sub(inner, "", part).replace("~", "\N{NO-BREAK SPACE}")
            pieces.append(style.format(quote(re.sub(r"\\([\W_])", r"\1", part))))
    return " ".join(pieces)


def operator(parser: Parser) -> str:
    r"""Return \operatorname{…}, with limits below and above if starred."""
    limits = ", limits: #true" if parser.follows("*") else ""
    body = re.sub(r"\\[,!:; ]|~", "\N{SIX-PER-EM SPACE}", parser.raw())
    name = re.sub(r"\\(?:rm|mathrm|text|mathit)(?![a-zA-Z])|[{}]", "", body).strip()
    typst = parser.sub(body) if "\\" in name else quote(name)
    return f"op({typst}{limits})"


def space(parser: Parser) -> str:
    r"""Return \hspace{…}, \hskip or \kern of any length that TeX writes."""
    text = parser.raw()
    if not text.strip("*"):
        text = parser.raw()
    while parser.tokens and not re.search("[a-z]{2}$", text) and len(text) < 12:
        text += parser.tokens.pop()
    length = re.match(rf"\s*(-?(?:\d+\.?\d*|\.\d+))\s*({'|'.join(EMS)})", text)
    return gap(float(length[1]) * EMS[length[2]]) if length else ""


def root(parser: Parser) -> str:
    r"""Return \sqrt[n]{x}."""
    degree = parser.optional()
    body = parser.argument()
    return f"root({parser.sub(degree)}, {body})" if degree else f"sqrt({body})"


def delimited(parser: Parser) -> str:
    r"""Return \left( … \middle| … \right)."""
    pieces = [parser.delimiter(), parser.sequence()]
    while parser.peek() == "\\middle":
        parser.next()
        pieces += [f"mid({parser.delimiter() or NOTHING})", parser.sequence()]
    if parser.peek() != "\\right":
        raise TexError("\\left has no \\right")
    parser.next()
    pieces.append(parser.delimiter())
    return f"lr({joined(pieces) or NOTHING})"


def sized(size: float, kind: str, parser: Parser) -> str:
    r"""Return a delimiter of fixed size, such as \bigl(; its side is `kind`, or its own."""
    delimiter = parser.delimiter()
    opens, closes = delimiter[-1:] in tuple("([{⟨"), delimiter[-1:] in tuple(")]}⟩")
    side = kind or ("opening" if opens else "closing" if closes else "normal")
    return f'class("{side}", lr(size: #{size}em, {delimiter}))' if delimiter else ""


def switch(style: str, parser: Parser) -> str:
    r"""Return all that is left of a group, such as behind \bf, in a Typst function's {}."""
    return style.format(parser.sequence() or NOTHING)


def colour(parser: Parser) -> str:
    r"""Return \textcolor{red}{…}."""
    name = parser.raw()
    return coloured(name, parser.argument())


def colour_switch(parser: Parser) -> str:
    r"""Return \color{red} of a group behind it, as MathJax has it, or of all the rest."""
    name = parser.raw()
    body = parser.argument() if parser.peek() == "{" else parser.sequence()
    return coloured(name, body or NOTHING)


def side_set(parser: Parser) -> str:
    r"""Return \sideset{_a^b}{_c^d}\sum."""
    left, right = (parser.sub("{}" + parser.raw()) for _ in range(2))
    return f"{left} {parser.argument()} {right}"


def ignored(arguments: int, parser: Parser) -> str:
    """Step over the arguments of a command that sets nothing."""
    parser.optional()
    for _ in range(arguments):
        parser.raw()
    return ""


def tag(parser: Parser) -> str:
    r"""Keep the number of \tag{…}, or of \tag*{…}, which has no parentheses, for the row."""
    parser.row.starred = parser.follows("*")
    parser.row.tag = parser.raw().strip()
    return ""


def label(parser: Parser) -> str:
    r"""Keep the name of \label{…} for the row."""
    parser.row.label = label_of(parser.raw().strip())
    return ""


def label_of(name: str) -> str:
    r"""Return the Typst label for TeX's \label{name}."""
    return re.sub(r"[^\w.-]+", "-", name)


def marked(mark: str, arguments: int, parser: Parser) -> str:
    r"""Set a mark of the row, such as \hline, and step over the command's arguments."""
    setattr(parser.row, mark, True)
    for _ in range(arguments):
        parser.raw()
    return ""


def reference(parser: Parser) -> str:
    """Refuse a reference within a formula: it is only set alone."""
    raise TexError("\\ref stands within a formula")


def negated(parser: Parser) -> str:
    r"""Return \not before a relation, as one character where Unicode has it."""
    relation = parser.atom()
    one = unicodedata.normalize("NFC", relation.removeprefix("\\") + "\u0338")
    return one if len(one) == 1 else f"cancel({relation})"


def lines(parser: Parser) -> str:
    r"""Return \substack{…}: lines below each other."""
    parser.push(parser.raw() + "\\end{substack}")
    return table(parser.rows("substack"), options="row-gap: #0.3em, ")


def continued_fraction(parser: Parser) -> str:
    r"""Return \cfrac[l]{a}{b}."""
    parser.optional()
    return parser.filled("display(frac(#1, #2))")


def chemistry(parser: Parser) -> str:
    r"""Return \ce{…} of plain formulas and arrows, such as \ce{2H2 + O2 -> 2H2O}."""
    tex = parser.raw()
    for arrow, sign in ARROWS.items():
        tex = tex.replace(arrow, sign)
    tex = re.sub(r"(?<=[A-Za-z)\]])\d+", r"_{\g<0>}", tex)
    tex = re.sub(r"(?<=\^)[0-9+-]+", r"{\g<0>}", tex)
    return f"upright({parser.sub(tex)})"


def character(parser: Parser) -> str:
    r"""Return \unicode{x263a}."""
    text = parser.raw().strip()
    code = int(text[1:], 16) if re.fullmatch("[xX][0-9a-fA-F]{1,5}", text) else 0xFFFD
    return escaped(chr(code if 31 < code < 0xD800 or 0xE000 <= code else 0xFFFD))


def new_command(parser: Parser) -> str:
    r"""Read a \newcommand or \renewcommand."""
    parser.follows("*")
    name = parser.raw().strip()
    count = parser.optional() or "0"
    default = parser.optional()
    known = count.strip() in set("123456789")
    return define(parser, name, parser.raw(), int(count) if known else 0, default)


def primitive(parser: Parser) -> str:
    r"""Read a \def with plain parameters."""
    name, count = parser.raw(), 0
    while parser.tokens and parser.tokens[-1] != "{":
        count += parser.tokens.pop() == "#"
    return define(parser, name, parser.raw(), count)


def synonym(parser: Parser) -> str:
    r"""Read a \let."""
    name, body = parser.raw(), parser.raw()
    return define(parser, name, parser.raw() if body == "=" else body)


def new_operator(parser: Parser) -> str:
    r"""Read a \DeclareMathOperator."""
    star = "*" if parser.follows("*") else ""
    return define(parser, parser.raw().strip(), f"\\operatorname{star}{{{parser.raw()}}}")


def define(parser: Parser, name: str, body: str, count: int = 0, default: str | None = None) -> str:
    """Keep a macro; it sets nothing."""
    if re.fullmatch(r"\\[a-zA-Z@]+|\\.", name) and name not in ("\\begin", "\\end"):
        if re.search(re.escape(name) + r"(?![a-zA-Z])", body):  # \renewcommand{\vec}{…\vec…}
            raise TexError(f"{name} is defined by itself")
        parser.macros[name] = count, default, body
    return ""
