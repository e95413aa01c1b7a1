r"""The functions that make Typst of TeX commands: each takes the parser behind the command."""

from __future__ import annotations

import dataclasses
import re
import string
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING

from PIL import ImageColor

from nbtypst.document import quote

if TYPE_CHECKING:
    from nbtypst.tex import Parser

Command = Callable[["Parser"], str]
NOTHING = quote("")  # an empty argument
PLAIN = {"*": "∗", "-": "−", "`": "‘"}
DELIMITERS = {"\\{": "{", "\\}": "}", "\\|": "‖", "<": "⟨", ">": "⟩"}
# What these make of all before and behind them, or of all behind them, in a group.
INFIX = {
    "\\over": "frac({}, {})", "\\choose": "binom({}, {})", "\\atop": "mat(delim: #none, {}; {})",
}  # fmt: skip
SWITCHES = {
    "\\displaystyle": "display({})", "\\textstyle": "inline({})", "\\scriptstyle": "script({})",
    "\\scriptscriptstyle": "sscript({})", "\\rm": "upright({})", "\\bf": "bold(upright({}))",
    "\\it": "italic({})", "\\cal": "cal({})", "\\tt": "mono({})", "\\sf": "sans({})",
}  # fmt: skip
SIZES = "tiny scriptsize small normalsize large Large LARGE huge Huge".split()
SWITCHES |= {f"\\{size}": "{}" for size in SIZES}
EMS = {"em": 1, "mu": 1 / 18, "ex": 0.43, "pt": 0.1, "px": 0.075, "cm": 2.85, "mm": 0.285}
EMS["in"] = 7.2


class TexError(ValueError):
    """TeX that cannot be set; the message names the command."""


@dataclasses.dataclass
class Row:
    """A row of a formula or of an environment in it."""

    cells: list[str] = dataclasses.field(default_factory=lambda: [""])  # of Typst
    tag: str = ""  # TeX
    label: str = ""
    counted: bool = False  # numbered by the document's count
    silent: bool = False  # \nonumber
    ruled: bool = False  # \hline above it

    def typst(self) -> str:
        """Return its aligned mathematics; a wider space parts its equations."""
        parts = []
        for number, cell in enumerate(self.cells):
            if number:
                parts.append("&" if number % 2 else "& #h(2em)")
            parts.append(cell)
        return joined(parts)


def joined(pieces: list[str]) -> str:
    """Return pieces of Typst with spaces between them."""
    return " ".join(piece for piece in pieces if piece)


def escaped(text: str) -> str:
    """Return characters as Typst mathematics that means nothing but them."""
    text = "".join(PLAIN.get(character, character) for character in text)
    if len(text) > 1 and not text.isdigit():
        return text if re.fullmatch(r"\d+\.\d+", text) else quote(text)
    if text in ("|", "‖"):  # TeX sets it without space, as a letter
        return f'class("normal", \\{text})'
    bracket = len(text) == 1 and unicodedata.category(text) in ("Ps", "Pe")
    return f"\\{text}" if bracket or text in string.punctuation else text


def coloured(name: str, body: str) -> str:
    """Return `body` in a colour of CSS; black where there is no such colour."""
    return f"text(fill: #rgb({quote(hexadecimal(name) or '#000000')}), {body})"


def hexadecimal(colour: str) -> str:
    """Return a colour of CSS (a name, #f00, rgb(…)) as #rrggbb, "" where there is no such."""
    try:
        red, green, blue, *_ = ImageColor.getrgb(colour.strip())
    except ValueError:
        return ""
    return f"#{red:02x}{green:02x}{blue:02x}"


def template(typst: str) -> Command:
    """Return the command whose arguments take the place of #1 and #2 in `typst`, [that] of #0."""

    def command(parser: Parser) -> str:
        below = parser.optional() if "#0" in typst else None
        arguments = {"#0": parser.sub(below) if below else NOTHING}
        for name in ("#1", "#2"):
            if name in typst:
                arguments[name] = parser.argument()
        return re.sub("#[012]", lambda match: arguments[match[0]], typst)

    return command


def words(style: str = "{}") -> Command:
    r"""Return the command of text such as \text{…}, in which $…$ is mathematics."""

    def command(parser: Parser) -> str:
        pieces = []
        for number, part in enumerate(re.split(r"(?<!\\)\$|\\\(|\\\)", parser.raw())):
            if number % 2:
                pieces.append(parser.sub(part))
            elif part:
                part = re.sub(
                    r"\\(?:text\w*|rm|mathrm|hbox|mbox)(?![a-zA-Z])|[{}](?<!\\.)", "", part
                )
                part = re.sub(r"\\([\W_])", r"\1", part.replace("~", "\N{NO-BREAK SPACE}"))
                pieces.append(style.format(quote(part)))
        return " ".join(pieces)

    return command


def operator(parser: Parser) -> str:
    r"""Return \operatorname{…}, with limits below and above if starred."""
    limits = ", limits: #true" if parser.peek() == "*" and parser.next() else ""
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


def gap(size: float) -> str:
    """Return a horizontal space of `size` em."""
    return f"#h({max(-20, min(20, size)):.3f}em)"


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


def sized(size: float, kind: str = "") -> Command:
    r"""Return the command of a delimiter of fixed size, such as \bigl."""

    def command(parser: Parser) -> str:
        delimiter = parser.delimiter()
        opens, closes = delimiter[-1:] in tuple("([{⟨"), delimiter[-1:] in tuple(")]}⟩")
        side = kind or ("opening" if opens else "closing" if closes else "normal")
        return f'class("{side}", lr(size: #{size}em, {delimiter}))' if delimiter else ""

    return command


def colour(parser: Parser) -> str:
    r"""Return \textcolor{red}{…}."""
    name = parser.raw()
    return coloured(name, parser.argument())


def side_set(parser: Parser) -> str:
    r"""Return \sideset{_a^b}{_c^d}\sum."""
    left, right = (parser.sub("{}" + parser.raw()) for _ in range(2))
    return f"{left} {parser.argument()} {right}"


def ignored(arguments: int) -> Command:
    """Return the command that sets nothing of its arguments."""

    def command(parser: Parser) -> str:
        parser.optional()
        for _ in range(arguments):
            parser.raw()
        return ""

    return command


def tag(parser: Parser) -> str:
    r"""Keep the number of \tag{…} or \tag*{…} for the row."""
    starred = parser.peek() == "*"  # outside the braces: {*} is a number like any other
    if starred:
        parser.raw()
    parser.row.tag = parser.raw().strip()
    return ""


def label(parser: Parser) -> str:
    r"""Keep the name of \label{…} for the row."""
    parser.row.label = label_of(parser.raw().strip())
    return ""


def label_of(name: str) -> str:
    r"""Return the Typst label for TeX's \label{name}."""
    return re.sub(r"[^\w.-]+", "-", name)


def marked(mark: str, arguments: int = 0) -> Command:
    """Return the command that sets a mark of the row, such as \\hline."""

    def command(parser: Parser) -> str:
        setattr(parser.row, mark, True)
        for _ in range(arguments):
            parser.raw()
        return ""

    return command


def reference(parser: Parser) -> str:
    """Refuse a reference within a formula: it is only set alone."""
    raise TexError("\\ref stands within a formula")
