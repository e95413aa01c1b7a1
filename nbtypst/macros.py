r"""Commands that define others: \newcommand, \def, \let, \DeclareMathOperator."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbtypst.commands import TexError

if TYPE_CHECKING:
    from nbtypst.tex import Parser


def new_command(parser: Parser) -> str:
    r"""Read a \newcommand or \renewcommand."""
    name, _ = name_and_star(parser)
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


def operator(parser: Parser) -> str:
    r"""Read a \DeclareMathOperator."""
    name, star = name_and_star(parser)
    return define(parser, name, f"\\operatorname{star}{{{parser.raw()}}}")


def name_and_star(parser: Parser) -> tuple[str, str]:
    """Return (the name that is to be defined, the star before it)."""
    name = parser.raw().strip()
    return (parser.raw().strip(), name) if name == "*" else (name, "")


def define(parser: Parser, name: str, body: str, count: int = 0, default: str | None = None) -> str:
    """Keep a macro; it sets nothing."""
    if re.fullmatch(r"\\[a-zA-Z@]+|\\.", name) and name not in ("\\begin", "\\end"):
        if re.search(re.escape(name) + r"(?![a-zA-Z])", body):  # \renewcommand{\vec}{…\vec…}
            raise TexError(f"{name} is defined by itself")
        parser.macros[name] = count, default, body
    return ""
