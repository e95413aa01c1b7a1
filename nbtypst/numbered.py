"""Numbered tables, and the metadata "report" that number an output (README.md has them)."""

import re
from collections.abc import Sequence

from nbtypst import tables
from nbtypst.document import Context, Fragment, Part, labelled
from nbtypst.text import glued, quote

TABLE = "application/vnd.report.table+json"
SIDES = "left", "center", "right"
LONG = 24  # rows; a table of more would fill a page
ROOM = 45.0  # em of a table's text that a line holds, whose text is 12 points high


def metadata(output: dict) -> dict:
    """Return an output's metadata "report"; {} if another tool's stands there."""
    match output.get("metadata", {}).get("report"):
        case {"kind": "caption"} as report:
            return report
        case {"kind": "figure", "label": str(), "caption": str(), "alt": str()} as report:
            return report
        case {"kind": "table", "label": str(), "caption": str()} as report:
            return report if is_table(output["data"].get(TABLE)) else {}
    return {}


def is_table(content: object) -> bool:
    """Return whether all rows of a table are as long as its columns, and each knows its side."""
    match content:
        case {"columns": list(columns), "rows": list(rows), "align": list(align)}:
            width = len(columns)
            even = all(isinstance(row, list) and len(row) == width for row in rows)
            return even and len(align) == width and all(side in SIDES for side in align)
    return False


def table(content: dict, report: dict, context: Context) -> list[Part]:
    """Return a numbered table."""
    rows = [[str(text) for text in row] for row in content["rows"]]
    mark = "," if context.document.language == "ru" else "."
    missing = [
        missing_decimals([row[number] for row in rows], side, mark)
        for number, side in enumerate(content["align"])
    ]
    cells = []
    for y, row in enumerate(rows):
        for x, text in enumerate(row):
            cells += cell(text, missing[x][y], context)
    header = [part for text in content["columns"] for part in cell(str(text), "", context)]
    label = labelled(context.define(report["label"]))
    caption = Fragment(report["caption"], context, "markdown")
    floats = "true" if len(rows) <= LONG else "false"
    start = "" if len(rows) <= LONG else "#barrier()\n\n"
    widths = layout(list(zip(content["columns"], *rows, strict=True)))
    start += f"#numbered-table({widths}, {floats}, ({', '.join(content['align'])},), ("
    return [start, *header, "), (", *cells, "))[", caption, f"]{label}"]


def layout(columns: Sequence[Sequence[object]]) -> str:
    """Return widths and size of a table's columns: as large as their longest words allow."""
    minimum, natural = [], []  # em
    for column in columns:
        texts = [str(text).replace("\\cdot", "·").replace("{-", "−") for text in column]
        texts = [glued(re.sub(r"\\[a-z]+|[${}^_]", "", text)) for text in texts]
        words = [word for text in texts for word in re.split("[ -]", text)]
        minimum.append(max(map(tables.length, words)))
        natural.append(max(map(tables.length, texts)))
    if sum(natural) + tables.INSET * len(columns) <= ROOM:
        return f"{len(columns)}, 1.0em"
    for size in (1.0, 0.9, tables.SMALLEST):
        if widths := tables.shares(minimum, natural, ROOM / size):
            return f"{widths}, {size}em"
    return f"{len(columns)}, {tables.SMALLEST}em"


def missing_decimals(column: Sequence[str], side: str, mark: str) -> list[str]:
    """Return what each cell of a table's column lacks to be as long as the longest decimals.

    Set but unseen, it brings the decimal marks of a column of numbers under each other; in English
    the comma of 1,002 is none.
    """
    if side != "right":
        return [""] * len(column)
    ends = [re.search(rf"\d([{mark}]\d+)?$", cell) for cell in column]
    longest = max((end[1] or "" for end in ends if end), key=len, default="")
    return [longest[len(end[1] or "") :] if end else "" for end in ends]


def cell(text: str, missing: str, context: Context) -> list[Part]:
    """Return a cell of a table; one with mathematics is Markdown, others are plain text."""
    if "$" in text:
        return ["[", Fragment(text, context, "markdown"), "], "]
    text = quote(glued(text))
    return [f"[#{text}#unseen({quote(missing)})], " if missing else f"{text}, "]
