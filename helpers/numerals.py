"""Numbers in a computed text as a reader of each language expects them."""

import re
from collections.abc import Callable

VERBATIM = re.compile(r"(\$[^$]*\$|`[^`]*`|\]\([^)]*\))")  # formulas, code, link targets
POWER = re.compile(r"(?<![\w.])(-?)(\d+(?:\.\d+)?)e(?:\+|([−-]))0*(\d+)(?!\w)")
SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def set_numbers(text: str, language: str, markdown: bool = True) -> str:
    """Return a text that Python has formatted with its numbers as a reader expects them.

    1e-05 becomes a power of ten, in `markdown` a formula; a hyphen a minus; and 5% gets its space.
    Russian has decimal commas, and spaces between thousands. Code, link targets, versions and
    arXiv numbers stay.
    """

    def power(match):
        sign, digits, minus, exponent = match.groups()
        exponent = "-" * bool(minus) + exponent
        if markdown:
            return rf"${sign}{digits} \cdot 10^{{{exponent}}}$"
        return f"{sign}{digits}\u00a0·\u00a010{exponent.translate(SUPERSCRIPTS)}"

    text = outside_formulas(lambda part: POWER.sub(power, part), text)
    text = outside_formulas(set_signs, text)
    if language != "ru":
        return text
    text = outside_formulas(decimal_commas, text)
    return re.sub(
        r"\$[^$]*\$", lambda formula: re.sub(r"(\d+)\.(\d+)", r"\\text{\1,\2}", formula[0]), text
    )


def outside_formulas(change: Callable[[str], str], text: str) -> str:
    """Return Markdown with `change` applied to what is no formula, code or link target."""
    parts = VERBATIM.split(text)
    parts[::2] = map(change, parts[::2])
    return "".join(parts)


def set_signs(text: str) -> str:
    """Return text without formulas with minus signs, and spaces before per cent."""
    text = re.sub(r"(?<![\w.,)\]–-])-(?=\d)", "−", text)
    return re.sub(r"(?<=\d)%", "\u202f%", text)


def decimal_commas(text: str) -> str:
    """Return text with the marks of Russian in its English numbers."""
    thousands = r"(?<![\d.,])[1-9]\d{0,2}(?:,\d{3})+(?!,?\d)"
    text = re.sub(thousands, lambda number: number[0].replace(",", "\u202f"), text)
    decimal = r"(?<![\d.])(?!\d{4}\.\d{4,5}(?!\d))(\d+)\.(\d+)(?!\.?\d)"
    return re.sub(decimal, r"\1,\2", text)
