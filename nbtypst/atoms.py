"""Pieces of Typst's mathematics."""

import dataclasses
import re
import string
import unicodedata

from nbtypst.text import hexadecimal, quote

NOTHING = quote("")  # an empty argument
PROSE = "[^\\W\\d_\0-\x7fͰ-Ͽ℀-\U0010ffff]"  # letters of words, such as Cyrillic
PLAIN = {"*": "∗", "-": "−", "`": "‘"}


class TexError(ValueError):
    """TeX that cannot be set; the message names the command."""


@dataclasses.dataclass
class Row:
    """A row of a formula or of an environment in it."""

    cells: list[str] = dataclasses.field(default_factory=lambda: [""])  # of Typst
    tag: str = ""  # TeX
    starred: bool = False  # \tag*: set without parentheses
    label: str = ""
    counted: bool = False  # numbered by the document's count
    silent: bool = False  # \nonumber
    ruled: bool = False  # \hline above it

    def typst(self) -> str:
        """Return its aligned mathematics; a wider space parts its equations."""
        parts = self.cells[:1]
        for number, cell in enumerate(self.cells[1:], start=1):
            parts += ["&" if number % 2 else "& #h(2em)", cell]
        return joined(parts)

    def take_name(self, row: "Row") -> None:
        """Take tag and label of a row that belongs to this one, where it has none of its own."""
        if not self.tag:
            self.tag, self.starred = row.tag, row.starred
        self.label = self.label or row.label


def joined(pieces: list[str]) -> str:
    """Return pieces of Typst with spaces between them."""
    return " ".join(piece for piece in pieces if piece)


def escaped(text: str) -> str:
    """Return characters as Typst mathematics that means nothing but them."""
    text = "".join(PLAIN.get(character, character) for character in text)
    if re.match(PROSE, text) or (len(text) > 1 and not re.fullmatch(r"\d+(\.\d+)?", text)):
        return quote(text)
    if text in ("|", "‖"):  # TeX sets it without space, as a letter
        return f'class("normal", \\{text})'
    bracket = len(text) == 1 and unicodedata.category(text) in ("Ps", "Pe")
    return f"\\{text}" if bracket or text in string.punctuation else text


def gap(size: float) -> str:
    """Return a horizontal space of `size` em."""
    return f"#h({max(-20, min(20, size)):.3f}em)"


def coloured(name: str, body: str) -> str:
    """Return `body` in a colour of CSS; black where there is no such colour."""
    return f"text(fill: #rgb({quote(hexadecimal(name) or '#000000')}), {body})"
