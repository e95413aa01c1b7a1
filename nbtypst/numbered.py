"""Numbered tables, and the metadata "report" that number an output (README.md has them)."""

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence

from nbtypst.document import Document, Fragment, labelled, quote
from nbtypst.problems import Location

TABLE = "application/vnd.report.table+json"
SIDES = "left", "center", "right"


def metadata(output: dict) -> dict:
    """Return an output's metadata "report"; {} if another tool's stands there."""
    match output.get("metadata", {}).get("report"):
        case {"kind": "caption"} as report:
            return report
        case {"kind": "figure", "label": str(), "caption": str(), "alt": str()} as report:
            return report
        case {"kind": "table", "label": str(), "caption": str()} as report:
            return report if is_table(output.get("data", {}).get(TABLE)) else {}
    return {}


def is_table(content: object) -> bool:
    """Return whether all rows of a table are as long as its columns, and each knows its side."""
    match content:
        case {"columns": list(columns), "rows": list(rows), "align": list(align)}:
            width = len(columns)
            even = all(isinstance(row, list) and len(row) == width for row in rows)
            return even and len(align) == width and all(side in SIDES for side in align)
    return False


def table(content: dict, report: dict, location: Location, document: Document) -> list[Fragment]:
    """Return a numbered table."""
    label = document.define(report["label"], location)
    align = ", ".join(content["align"])
    mark = "," if document.language == "ru" else "."
    columns = zip(*content["rows"], strict=True)
    sided = zip(columns, content["align"], strict=False)  # there are no columns without rows
    missing = [missing_decimals(column, side, mark) for column, side in sided]
    missing_by_row = itertools.chain.from_iterable(zip(*missing, strict=True))
    return [
        Fragment(f"#numbered-table(({align},), (", location),
        *cells(content["columns"], location),
        Fragment("), (", location),
        *cells(itertools.chain.from_iterable(content["rows"]), location, missing_by_row),
        Fragment("))[", location),
        Fragment(report["caption"], location, "markdown"),
        Fragment(f"]{labelled(label)}", location),
    ]


def missing_decimals(column: Sequence, side: str, mark: str) -> list[str]:
    """Return what each cell of a table's column lacks to be as long as the longest decimals.

    Set but unseen, it brings the decimal marks of a column of numbers under each other; in English
    the comma of 1,002 is none.
    """
    if side != "right":
        return [""] * len(column)
    ends = [re.search(rf"\d([{mark}]\d+)?$", cell) for cell in map(str, column)]
    longest = max((end[1] or "" for end in ends if end), key=len, default="")
    return [longest[len(end[1] or "") :] if end else "" for end in ends]


def cells(
    texts: Iterable, location: Location, missing: Iterable[str] = itertools.repeat("")
) -> Iterator[Fragment]:
    """Yield the cells of a table; one with mathematics is Markdown, others are plain text."""
    for text, decimals in zip(map(str, texts), missing, strict=False):
        if "$" in text:
            yield Fragment("[", location)
            yield Fragment(text, location, "markdown")
            yield Fragment("], ", location)
        elif decimals:
            yield Fragment(f"[#{quote(text)}#unseen({quote(decimals)})], ", location)
        else:
            yield Fragment(f"{quote(text)}, ", location)
