"""What `helpers.say` leaves in a notebook: MIME bundles whose texts can be set in any language."""

import numbers
import re

from helpers import translation

TABLE = "application/vnd.report.table+json"  # nbtypst/README.md has its contents
FRAMES = "application/vnd.report.frames+json"  # {"png": [base64]}, for a slider on a page
PICTURES = "application/vnd.report.pictures+json"  # {other language: {MIME type: picture}}
# A cell that makes its column one of numbers, unlike 00, 8×8 or the arXiv's 1512.03385.
NUMBER = re.compile(
    r"(?!\d{4}\.\d{5}$|0\d)[-−+]?\d[\d.,\u202f]*"
    r"(\u202f?%| ± [\d.,]+| \([\d.,]+ – [\d.,]+\))?|\$-?(\\text\{)?\d.*\$"
)


def output_in(output, language):
    """Return an output of `helpers.say` in a language; any other as it is."""
    report = dict(output.get("metadata", {}).get("report", {}))
    data = dict(output.get("data", {}))
    if report.get("kind") == "sentence":
        data["text/markdown"] = translation.shown(report["text"], language)
    elif report.get("kind") == "figure":
        data |= data.pop(PICTURES, {}).get(language, {})
        report["caption"] = translation.shown(report["caption"], language)
        report["alt"] = translation.shown(report["alt"], language, markdown=False)
    elif report.get("kind") == "table":
        data[TABLE] = set_table(report, language)
        report["caption"] = translation.shown(report["caption"], language)
    else:
        return output
    return {**output, "data": data, "metadata": {**output["metadata"], "report": report}}


def texts(output):
    """Return the templates and plain texts, in English, that an output of `helpers.say` shows."""
    report = output.get("metadata", {}).get("report", {})
    packed = [report.get(key) for key in ("text", "caption", "alt", "columns", "rows")]
    return [*translation.templates([each for each in packed if each]), *texts_drawn(output)]


def texts_drawn(output):
    """Return those of them that the picture of a figure shows."""
    return output.get("metadata", {}).get("report", {}).get("texts", [])


def set_table(report, language):
    """Return {"columns", "rows", "align"} of a table as `show_table` keeps it, in a language."""
    columns = [translation.shown(column, language) for column in report["columns"]]
    rows = [
        [
            translation.shown(set_cell(cell, pattern), language)
            for cell, pattern in zip(row, report["formats"], strict=True)
        ]
        for row in report["rows"]
    ]
    align = [
        "right" if any(map(NUMBER.fullmatch, column)) else "left"
        for column in zip(*rows, strict=True)
    ] or ["left"] * len(columns)
    return {"columns": columns, "rows": rows, "align": align}


def set_cell(value, pattern=None):
    """Return the packed text of one table cell."""
    if value is None:
        return "–"
    if isinstance(value, bool) or not isinstance(value, numbers.Number):
        return value if isinstance(value, str | dict) else str(value)
    if pattern:
        return pattern.format(value)
    if isinstance(value, numbers.Integral):
        return f"{value:,}"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{float(f'{value:.4g}'):,.0f}"
