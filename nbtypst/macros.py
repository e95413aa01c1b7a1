r"""Commands that define others: \newcommand, \def, \let, \DeclareMathOperator."""

import re

from nbtypst.commands import TexError

DEFINING = {"\\newcommand", "\\renewcommand", "\\providecommand", "\\def", "\\gdef", "\\let"}


def definition(parser):
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


def primitive(parser):
    r"""Read a \def with plain parameters."""
    name, count = parser.raw(), 0
    while parser.tokens and parser.tokens[-1] != "{":
        count += parser.tokens.pop() == "#"
    return defined(parser, name, count, None, parser.raw())


def synonym(parser):
    r"""Read a \let."""
    name, body = parser.raw(), parser.raw()
    return defined(parser, name, 0, None, parser.raw() if body == "=" else body)


def operator_definition(parser):
    r"""Read a \DeclareMathOperator."""
    name, star = parser.raw().strip(), ""
    if name == "*":
        name, star = parser.raw().strip(), "*"
    return defined(parser, name, 0, None, f"\\operatorname{star}{{{parser.raw()}}}")


def defined(parser, name, count, default, body):
    """Keep a macro; it sets nothing."""
    if re.fullmatch(r"\\[a-zA-Z@]+|\\.", name) and name not in ("\\begin", "\\end"):
        if re.search(re.escape(name) + r"(?![a-zA-Z])", body):  # \renewcommand{\vec}{…\vec…}
            raise TexError(f"{name} is defined by itself")
        parser.macros[name] = count, default, body
    return ""
