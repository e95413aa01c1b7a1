r"""What stands between \begin and \end in mathematics."""

import re

from nbtypst.atoms import NOTHING, Row, TexError
from nbtypst.tex import Parser
from nbtypst.text import quote

FENCES = {"p": ("(", ")"), "b": ("[", "]"), "B": ("{", "}"), "v": ("|", "|"), "V": ("‖", "‖")}
NUMBERED = {"equation", "align", "gather", "multline", "eqnarray", "alignat", "flalign"}
ROWS = NUMBERED - {"equation", "multline"}  # each row has its number
DISPLAYED = NUMBERED | {
    "aligned", "split", "alignedat", "eqalign", "gathered", "multlined", "subequations",
}  # fmt: skip


def environment(parser: Parser) -> str:
    r"""Return the environment that follows \begin."""
    name = parser.raw().strip()
    kind = name.removesuffix("*")
    if matrix := re.fullmatch(r"(small)?([pbBvV]?)matrix", kind):
        if name.endswith("*"):
            parser.optional()  # the columns' alignment
        return table(parser.rows(name), *FENCES.get(matrix[2], ("", "")))
    if kind in ("cases", "dcases", "rcases", "drcases"):
        rows = parser.rows(name)
        if kind.startswith("d"):
            rows = [in_display(row) for row in rows]
        fences = ("", "}") if "r" in kind else ("{", "")
        return table(rows, *fences, "align: #left, column-gap: #1em, ")
    if kind == "array":
        return array(parser, name)
    if kind in DISPLAYED:
        lines = [in_display(row).typst() for row in displayed_rows(parser, name)]
        return table([Row([line]) for line in lines], options="row-gap: #0.6em, ")
    raise TexError(f"\\begin{{{name}}} is not known")


def in_display(row: Row) -> Row:
    """Return a row whose cells are as large as those of a displayed formula."""
    return Row([f"display({cell})" if cell else "" for cell in row.cells])


def displayed_rows(parser: Parser, name: str) -> list[Row]:
    r"""Return the rows of an environment of `DISPLAYED`, whose \begin is read."""
    if name.removesuffix("*").endswith("at"):
        parser.raw()  # the number of columns
    return parser.rows(name)


def table(rows: list[Row], left: str = "", right: str = "", options: str = "") -> str:
    """Return a matrix with its fences."""
    width = max((len(row.cells) for row in rows), default=1)
    lines = []
    for row in rows:
        filled = [cell or NOTHING for cell in row.cells] + [NOTHING] * (width - len(row.cells))
        lines.append(", ".join(filled))
    fences = ", ".join(quote(fence) if fence else "none" for fence in (left, right))
    return f"mat(delim: #({fences}), {options}{'; '.join(lines) or NOTHING})"


def array(parser: Parser, name: str) -> str:
    r"""Return an array: columns to the left, right or in the middle, bars and \hline."""
    parser.optional()
    columns = re.sub(r"[@!>pmb]\{[^{}]*\}|\s", "", parser.raw())
    before = [len(re.sub("[|:]", "", part)) for part in re.split("[|:]", columns)]
    bars = [sum(before[: number + 1]) for number in range(len(before) - 1)]
    sides = re.sub("[|:]", "", columns)
    rows = parser.rows(name)
    rules = [number for number, row in enumerate(rows) if row.ruled]
    if rows[-1].ruled and not "".join(rows[-1].cells):
        del rows[-1]
    width = max((len(row.cells) for row in rows), default=1)
    for row in rows:
        for number, cell in enumerate(row.cells):
            side = sides[number : number + 1]
            row.cells[number] = {"r": f"{cell} &", "l": f"& {cell}"}.get(side, cell)
    options = f"augment: #(vline: {inside(bars, width)}, hline: {inside(rules, len(rows))}), "
    fences = ("|" if 0 in bars else "", "|" if width in bars else "")
    typst = table(rows, *fences, options)
    if 0 in rules:
        typst = f"overline({typst})"
    return f"underline({typst})" if len(rows) in rules else typst


def inside(positions: list[int], count: int) -> str:
    """Return the Typst array of the positions between the first and the last of `count` tracks."""
    between = sorted(position for position in set(positions) if 0 < position < count)
    return "(" + "".join(f"{position}, " for position in between) + ")"
