r"""Commands that define others: \newcommand, \def, \let, \DeclareMathOperator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbtypst.commands import TexError

if TYPE_CHECKING:
    from nbtypst.tex import Parser

DEFINING = {"\\newcommand", "\\renewcommand", "\\providecommand", "\\def", "\\gdef", "\\let"}


def definition(parser: Parser) -> str:
    r"""Read a \newcommand or \renewcommand."""
    name = parser.raw().strip()
    if name == "*":
        name = parser.raw().strip()
    count = parser.optional() or "0"
    default = parser.optional()
    body = parser.raw()
    return defined(
        parser, name, int(count) if count.strip() in set("123456789") else 0, default, body
    )


def primitive(parser: Parser) -> str:
    r"""Read a \def with plain parameters."""
    name, count = parser.raw(), 0
    while parser.tokens and parser.tokens[-1] != "{":
        count += parser.tokens.pop() == "#"
    return defined(parser, name, count, None, parser.raw())


def synonym(parser: Parser) -> str:
    r"""Read a \let."""
    name, body = parser.raw(), parser.raw()
    return defined(parser, name, 0, None, parser.raw() if body == "=" else body)


def operator_definition(parser: Parser) -> str:
    r"""Read a \DeclareMathOperator."""
    name, star = parser.raw().strip(), ""
    if name == "*":
        name, star = parser.raw().strip(), "*"
    return defined(parser, name, 0, None, f"\\operatorname{star}{{{parser.raw()}}}")


def defined(parser: Parser, name: str, count: int, default: str | None, body: str) -> str:
    """Keep a macro; it sets nothing."""
    if re.fullmatch(r"\\[a-zA-Z@]+|\\.", name) and name not in ("\\begin", "\\end"):
        if re.search(re.escape(name) + r"(?![a-zA-Z])", body):  # \renewcommand{\vec}{…\vec…}
            raise TexError(f"{name} is defined by itself")
        parser.macros[name] = count, default, body
    return ""
