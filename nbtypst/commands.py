r"""What each TeX command becomes in Typst: text to insert, or a function of the parser."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import ImageColor

from nbtypst.document import quote

if TYPE_CHECKING:
    from nbtypst.tex import Parser

Command = Callable[["Parser"], str]
NOTHING = quote("")  # an empty argument
LINES = (Path(__file__).parent / "symbols.txt").read_text(encoding="utf-8").split()
SYMBOLS = dict(zip(LINES[::2], LINES[1::2], strict=True))
SPECIAL = set(string.punctuation)
PLAIN = {"*": "∗", "-": "−", "`": "‘"}
DELIMITERS = {"\\{": "{", "\\}": "}", "\\|": "‖", "<": "⟨", ">": "⟩"}
INFIX = {
    "\\over": "frac({}, {})",
    "\\choose": "binom({}, {})",
    "\\atop": "mat(delim: #none, {}; {})",
}
SWITCHES = {
    "\\displaystyle": "display({})",
    "\\textstyle": "inline({})",
    "\\scriptstyle": "script({})",
    "\\scriptscriptstyle": "sscript({})",
    "\\rm": "upright({})",
    "\\bf": "bold(upright({}))",
    "\\it": "italic({})",
    "\\cal": "cal({})",
    "\\tt": "mono({})",
    "\\sf": "sans({})",
}
SWITCHES |= dict.fromkeys(
    "\\tiny \\scriptsize \\small \\normalsize \\large \\Large \\LARGE \\huge \\Huge".split(), "{}"
)
UNITS = {
    "em": 1,
    "mu": 1 / 18,
    "ex": 0.43,
    "pt": 0.1,
    "px": 0.075,
    "cm": 2.85,
    "mm": 0.285,
    "in": 7.2,
}


class TexError(ValueError):
    """TeX that cannot be set; the message names the command."""


def is_word(token: str) -> bool:
    """Return whether a character is a letter of prose, such as Cyrillic, not of mathematics."""
    return token.isalpha() and not token.isascii() and not "Ͱ" <= token <= "Ͽ" and token < "℀"


def escaped(text: str) -> str:
    """Return characters as Typst mathematics that means nothing but them."""
    text = "".join(PLAIN.get(character, character) for character in text)
    if len(text) > 1 and not text.isdigit():
        return text if re.fullmatch(r"\d+\.\d+", text) else quote(text)
    if text in ("|", "‖"):  # TeX sets it without space, as a letter
        return f'class("normal", \\{text})'
    if text in SPECIAL or (len(text) == 1 and unicodedata.category(text) in ("Ps", "Pe")):
        return "\\" + text
    return text


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
    """Return the command whose arguments take the place of #1 and #2 in `typst`."""

    def command(parser: Parser) -> str:
        count = 2 if "#2" in typst else 1
        arguments = [parser.argument() or NOTHING for _ in range(count)]
        return re.sub("#([12])", lambda match: arguments[int(match[1]) - 1], typst)

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
    return f"op({typst or NOTHING}{limits})"


def space(parser: Parser) -> str:
    r"""Return \hspace{…}, \hskip or \kern of any length that TeX writes."""
    text = parser.raw()
    if not text.strip("*"):
        text = parser.raw()
    while parser.tokens and not re.search("[a-z]{2}$", text) and len(text) < 12:
        text += parser.tokens.pop()
    length = re.match(r"\s*(-?(?:\d+\.?\d*|\.\d+))\s*(em|mu|ex|pt|px|cm|mm|in)", text)
    return gap(float(length[1]) * UNITS[length[2]]) if length else ""


def gap(size: float) -> str:
    """Return a horizontal space of `size` em."""
    return f"#h({max(-20, min(20, size)):.3f}em)"


def root(parser: Parser) -> str:
    r"""Return \sqrt[n]{x}."""
    degree = parser.optional()
    body = parser.argument() or NOTHING
    return f"root({parser.sub(degree) or NOTHING}, {body})" if degree else f"sqrt({body})"


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
    return f"lr({' '.join(piece for piece in pieces if piece) or NOTHING})"


def sized(size: float, kind: str = "") -> Command:
    r"""Return the command of a delimiter of fixed size, such as \bigl."""

    def command(parser: Parser) -> str:
        delimiter = parser.delimiter()
        if not delimiter:
            return ""
        side = kind or {"(": "opening", "[": "opening", "{": "opening", "⟨": "opening"}.get(
            delimiter[-1], "closing" if delimiter[-1] in ")]}⟩" else "normal"
        )
        return f'class("{side}", lr(size: #{size}em, {delimiter}))'

    return command


def arrow(character: str) -> Command:
    r"""Return \xrightarrow[below]{above}."""

    def command(parser: Parser) -> str:
        below = parser.optional()
        options = f", b: {parser.sub(below) or NOTHING}" if below else ""
        return f"attach(limits(stretch({character})), t: {parser.argument() or NOTHING}{options})"

    return command


def colour(parser: Parser) -> str:
    r"""Return \textcolor{red}{…}."""
    name = parser.raw()
    return coloured(name, parser.argument() or NOTHING)


def side_set(parser: Parser) -> str:
    r"""Return \sideset{_a^b}{_c^d}\sum."""
    left, right = parser.raw(), parser.raw()
    options = []
    for script, corner in zip((left, right), "lr", strict=True):
        for mark, side in (("^", "t"), ("_", "b")):
            if match := re.search(rf"\{mark}(\{{[^{{}}]*\}}|\\?\w+)", script):
                options.append(f"{side}{corner}: {parser.sub(match[1]) or NOTHING}")
        if "'" in script:
            options.append(f"t{corner}: ′")
    return f"attach({parser.argument() or NOTHING}{''.join(f', {option}' for option in options)})"


def ignored(arguments: int) -> Command:
    """Return the command that sets nothing of its arguments."""

    def command(parser: Parser) -> str:
        parser.optional()
        for _ in range(arguments):
            parser.raw()
        return ""

    return command


def reference(parser: Parser) -> str:
    """Refuse a reference within a formula: it is only set alone."""
    raise TexError("\\ref stands within a formula")
