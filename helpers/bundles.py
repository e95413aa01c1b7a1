"""What `helpers.say` leaves in a notebook: MIME bundles whose texts can be set in any language."""

import re
from typing import Any

from helpers import translation

TABLE = "application/vnd.report.table+json"  # nbtypst/README.md has its contents
FRAMES = "application/vnd.report.frames+json"  # {"png": [base64]}, for a slider on a page
PICTURES = "application/vnd.report.pictures+json"  # {other language: {MIME type: picture}}
# A cell that makes its column one of numbers, unlike 00, 8×8 or the arXiv's 1512.03385.
NUMBER = re.compile(
    r"(?!\d{4}\.\d{5}$|0\d)[-−+]?\d[\d.,\u202f]*"
    r"(\u202f?%| ± [\d.,]+| \([\d.,]+ – [\d.,]+\))?|\$-?(\\text\{)?\d.*\$"
)


def output_in(output: dict, language: str) -> dict:
    """Return an output of `helpers.say` in a language; any other as it is."""
    report = dict(output.get("metadata", {}).get("report", {}))
    data = dict(output.get("data", {}))
    if report.get("kind") not in ("sentence", "figure", "table"):
        return output
    if report["kind"] == "sentence":
        data["text/markdown"] = translation.wording(report["text"], language)
    else:
        report["caption"] = translation.wording(report["caption"], language)
    if report["kind"] == "figure":
        data |= data.pop(PICTURES, {}).get(language, {})
        report["alt"] = translation.wording(report["alt"], language, markdown=False)
    if report["kind"] == "table":
        data[TABLE] = table_in(report, language)
    return {**output, "data": data, "metadata": {**output["metadata"], "report": report}}


def texts(output: dict) -> list[str]:
    """Return the templates and plain texts, in English, that an output of `helpers.say` shows."""
    report = output.get("metadata", {}).get("report", {})
    packed = [report.get(key) for key in ("text", "caption", "alt", "columns", "rows")]
    return [*translation.templates(packed), *texts_drawn(output)]


def texts_drawn(output: dict) -> list[str]:
    """Return those of them that the picture of a figure shows."""
    return output.get("metadata", {}).get("report", {}).get("texts", [])


def table_in(report: dict, language: str) -> dict[str, list]:
    """Return {"columns", "rows", "align"} of a table as `show_table` keeps it, in a language."""
    rows, align = [], ["left"] * len(report["columns"])
    for values in report["rows"]:
        cells = map(cell_text, values, report["formats"])
        rows.append([translation.wording(cell, language) for cell in cells])
        for column, cell in enumerate(rows[-1]):
            if NUMBER.fullmatch(cell):
                align[column] = "right"
    columns = [translation.wording(column, language) for column in report["columns"]]
    return {"columns": columns, "rows": rows, "align": align}


def cell_text(value: Any, pattern: str | None = None) -> Any:
    """Return the packed text of one table cell."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str | dict) else str(value)
    if pattern:
        return pattern.format(value)
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{float(f'{value:.4g}'):,.0f}"
