r"""What stands between \begin and \end in mathematics."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nbtypst.commands import NOTHING, TexError
from nbtypst.document import quote
from nbtypst.macros import DEFINING

if TYPE_CHECKING:
    from nbtypst.tex import Parser

FENCES = {"p": ("(", ")"), "b": ("[", "]"), "B": ("{", "}"), "v": ("|", "|"), "V": ("‖", "‖")}
ALIGNED = {"aligned", "align", "split", "alignedat", "alignat", "flalign", "eqnarray", "eqalign"}
CENTRED = {"gathered", "gather", "multline", "multlined", "equation", "subequations", "smallmatrix"}


def environment(parser: Parser) -> str:
    r"""Return the environment that follows \begin."""
    name = parser.raw().strip()
    kind = name.removesuffix("*")
    if matrix := re.fullmatch(r"(small)?([pbBvV]?)matrix", kind):
        if name.endswith("*"):
            parser.optional()  # the columns' alignment
        left, right = FENCES.get(matrix[2], ("", ""))
        return table(rows(parser, name), left, right)
    if kind in ("cases", "dcases", "rcases", "drcases"):
        style = "display({})" if kind.startswith("d") else "{}"
        fences = ("", "}") if "r" in kind else ("{", "")
        return table(rows(parser, name, style), *fences, "align: #left, column-gap: #1em, ")
    if kind == "array":
        return array(parser, name)
    if kind in ALIGNED:
        if kind.endswith("at"):
            parser.raw()  # the number of columns
        lines = [aligned(row) for row in rows(parser, name, "display({})")]
        return table([[line] for line in lines], options="row-gap: #0.6em, ")
    if kind in CENTRED:
        return table(rows(parser, name, "display({})"), options="row-gap: #0.6em, ")
    raise TexError(f"\\begin{{{name}}} is not known")


def rows(parser: Parser, name: str, style: str = "{}") -> list[list[str]]:
    """Return the rows, lists of cells of Typst."""
    result = []
    for row in cells_of(parser, name):
        cells = [parser.sub(tex) for tex in row]
        result.append([style.format(cell) if cell else "" for cell in cells])
    return result


def cells_of(parser: Parser, name: str) -> list[list[str]]:
    r"""Return the rows, lists of cells of TeX, up to \end{name}, whose \begin is read."""
    parts, level, begun = [], 0, 1
    rows = [[]]

    def close_cell() -> None:
        rows[-1].append("".join(parts))
        parts.clear()

    while parser.tokens:
        token = parser.tokens.pop()
        level += (token == "{") - (token == "}")
        if token in DEFINING:  # the name behind it is not to be expanded
            parts.append(token)
            while parser.tokens and (parser.tokens[-1].isspace() or parser.tokens[-1] == "*"):
                parts.append(parser.tokens.pop())
            if parser.tokens and parser.tokens[-1] != "{":
                parts.append(parser.tokens.pop())
        elif token in parser.macros and not level and begun == 1:
            parser.expand(token)
        elif token in ("\\begin", "\\end"):
            environment = parser.raw()
            begun += 1 if token == "\\begin" else -1
            if not begun:
                if environment != name:
                    raise TexError(f"\\begin{{{name}}} ends with \\end{{{environment}}}")
                close_cell()
                return [row for row in rows if "".join(row).strip() or row is not rows[-1]]
            parts.append(f"{token}{{{environment}}}")
        elif token in ("\\\\", "\\cr", "&") and not level and begun == 1:
            close_cell()
            if token != "&":
                rows.append([])
                if parser.tokens and parser.tokens[-1] == "[":  # \\[2pt]: room below the row
                    parser.optional()
        else:
            parts.append(token)
    raise TexError(f"\\end{{{name}}} is missing")


def aligned(cells: list) -> str:
    """Return a row of aligned mathematics; a wider space parts its equations."""
    parts = []
    for number, cell in enumerate(cells):
        if number:
            parts.append("&" if number % 2 else "& #h(2em)")
        parts.append(cell)
    return " ".join(part for part in parts if part)


def table(cells: list, left: str = "", right: str = "", options: str = "") -> str:
    """Return a matrix with its fences."""
    width = max((len(row) for row in cells), default=1)
    lines = []
    for row in cells:
        filled = [cell or NOTHING for cell in row] + [NOTHING] * (width - len(row))
        lines.append(", ".join(filled))
    fences = ", ".join(quote(fence) if fence else "none" for fence in (left, right))
    return f"mat(delim: #({fences}), {options}{'; '.join(lines) or NOTHING})"


def array(parser: Parser, name: str) -> str:
    r"""Return an array: columns to the left, right or in the middle, bars and \hline."""
    if parser.peek() == "[":
        parser.optional()
    columns = re.sub(r"[@!>pmb]\{[^{}]*\}|\s", "", parser.raw())
    bars = [
        len(re.sub(r"[|:]", "", columns[: bar.start()])) for bar in re.finditer("[|:]", columns)
    ]
    sides = re.sub("[|:]", "", columns)
    lines, hlines = [], []
    for row in cells_of(parser, name):
        first = re.match(
            r"\s*((?:\\hline|\\hdashline|\\cline\{[^{}]*\}|\\(?:top|mid|bottom)rule)\s*)*", row[0]
        )
        if first[0].strip():
            hlines.append(len(lines))
        row[0] = row[0][first.end() :]
        if "".join(row).strip() or not first[0].strip():
            lines.append([parser.sub(tex) for tex in row])
    width = max((len(row) for row in lines), default=1)
    for row in lines:
        for number, cell in enumerate(row):
            side = sides[number : number + 1]
            row[number] = f"{cell} &" if side == "r" else f"& {cell}" if side == "l" else cell
    options = f"augment: #(vline: {inside(bars, width)}, hline: {inside(hlines, len(lines))}), "
    fences = ("|" if 0 in bars else "", "|" if width in bars else "")
    typst = table(lines, *fences, options)
    if 0 in hlines:
        typst = f"overline({typst})"
    return f"underline({typst})" if len(lines) in hlines else typst


def inside(positions: list[int], count: int) -> str:
    """Return the Typst array of the positions between the first and the last of `count` tracks."""
    between = sorted(position for position in set(positions) if 0 < position < count)
    return "(" + "".join(f"{position}, " for position in between) + ")"
