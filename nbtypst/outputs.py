"""Outputs of code cells to fragments: numbered figures and tables, and whatever else there is.

README.md has the metadata "report" that make an output a numbered figure or table.
"""

import base64
import binascii
import re

from nbtypst.document import Fragment, quote, typst_label
from nbtypst.images import IMAGES
from nbtypst.markup import settable

TABLE = "application/vnd.report.table+json"
FRAMES = "application/vnd.report.frames+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
IMAGE_TYPES = [f"image/{kind}" for kind in "svg+xml png jpeg gif webp".split()]
ANSI = re.compile(r"\x1b\[([\d;]*)m|\x1b\[[\d;?]*[A-Za-ln-z]|\x1b\][^\x07]*\x07")
SIDES = "left", "center", "right"
COLOURS = ("#222222", "#b22b31", "#00713f", "#8a6d00", "#1f5fa8", "#8b3f8f", "#00757a", "#666666")


def fragments(output, place, document):
    """Return the fragments of one output (nbformat dictionary); faults are noted in `document`."""
    kind = output["output_type"]
    if kind == "stream":
        return stream(output, place, document)
    if kind == "error":
        trace = "\n".join(output.get("traceback") or [f"{output['ename']}: {output['evalue']}"])
        if document.strict:
            document.complain(place, f"the cell failed: {output['ename']}: {output['evalue']}")
        return [terminal(trace, place)]
    data = {mime: joined(content) for mime, content in output.get("data", {}).items()}
    report = ours(output)
    if report.get("kind") == "caption":
        return []  # for JupyterLab alone
    if report.get("kind") == "table":
        return table(data[TABLE], report, place, document)
    for mime in IMAGE_TYPES:
        if mime in data:
            return picture(data, mime, output.get("metadata", {}), report, place, document)
    if WIDGET in data:
        return [Fragment("#widget-note()", place)]
    if "text/markdown" in data:
        return [Fragment(data["text/markdown"], place, "markdown")]
    if "text/latex" in data:
        tabular = re.search(r"\\begin\{(tabular|table|longtable)", data["text/latex"])
        return [Fragment(data["text/latex"], place, "latex" if tabular else "markdown")]
    text = data.get("text/plain", "")
    telling = text and not re.match(r"<[\w.]+ object>|<IPython", text)
    if "text/html" in data and not (settable(data["text/html"])[1] and telling):
        return [Fragment(data["text/html"], place, "html")]
    if telling or not data:
        return [terminal(text, place)] if text else []
    document.complain(place, f"an output of type {', '.join(sorted(data))} cannot be set")
    return [Fragment(f"#unset({quote(text or ', '.join(sorted(data)))})", place)]


def joined(content):
    """Return text that nbformat may hold as a list of lines."""
    lines = isinstance(content, list) and all(isinstance(line, str) for line in content)
    return "".join(content) if lines else content


def ours(output):
    """Return an output's metadata "report"; {} if another tool's stands there."""
    match output.get("metadata", {}).get("report"):
        case {"kind": "caption"} as report:
            return report
        case {"kind": "figure", "label": str(), "caption": str(), "alt": str()} as report:
            return report
        case {"kind": "table", "label": str(), "caption": str()} as report:
            return report if is_table(output.get("data", {}).get(TABLE)) else {}
    return {}


def is_table(content):
    """Return whether all rows of a table are as long as its columns, and each knows its side."""
    match content:
        case {"columns": list(columns), "rows": list(rows), "align": list(align)}:
            width = len(columns)
            even = all(isinstance(row, list) and len(row) == width for row in rows)
            return even and len(align) == width and all(side in SIDES for side in align)
    return False


def picture(data, mime, metadata, report, place, document):
    """Return an image output; a numbered figure if `report` says so, moving where pages can."""
    try:
        content, extension = image(data, mime)
        moving = [image(data, "image/gif")] if "image/gif" in data else []
        moving += [
            (base64.b64decode(frame), "png") for frame in data.get(FRAMES, {}).get("png", [])
        ]
    except binascii.Error:
        document.complain(place, f"an output of type {mime} is no image")
        return [Fragment(f"#unset({quote(mime)})", place)]
    path = quote(document.add_file(content, extension))
    frames = "".join(f"{quote(document.add_file(*frame))}, " for frame in moving)
    movie = f", moving: ({frames})" if moving else ""
    alt = report.get("alt", "")
    if not alt:
        if document.strict:
            fault = "the figure has no alternative text; show it with alt=…"
            document.complain(place, fault)
        alt = f"Output of cell {place.number}: {place.first_line}"
    if not report.get("label"):
        sizes = metadata.get(mime)  # {"width": pixels}, as IPython's Image gives it
        width = sizes.get("width") if isinstance(sizes, dict) else None
        size = f", width: {float(width) * 0.75}pt" if isinstance(width, int | float) else ""
        return [Fragment(f"#align(center, picture({path}, alt: {quote(alt)}{size}{movie}))", place)]
    label = document.define(report["label"], place)
    height = re.match(rb"[\s\S]{0,2000}?<svg [^>]*?height=\"([\d.]+)pt", content)
    tall = ", tall: true" if height and float(height[1]) > 330 else ""  # points
    return [
        Fragment(f"#numbered-figure({path}, {quote(alt)}{tall}{movie})[", place),
        Fragment(report["caption"], place, "markdown"),
        Fragment(f"] #{typst_label(label)}", place),
    ]


def image(data, mime):
    """Return (bytes, extension) of a picture in an output's data.

    Raises:
        binascii.Error: it is no base64.
    """
    extension = IMAGES[mime.split("/")[1]]
    content = data[mime].encode() if extension == "svg" else base64.b64decode(data[mime])
    return content, extension


def table(content, report, place, document):
    """Return a numbered table."""
    label = document.define(report["label"], place)
    align = ", ".join(content["align"])
    columns = zip(content["align"], zip(*content["rows"], strict=True), strict=False)
    mark = "," if document.language == "ru" else "."
    missing = [missing_decimals(column, side, mark) for side, column in columns]
    return [
        Fragment(f"#numbered-table(({align},), (", place),
        *cells(content["columns"], place),
        Fragment("), (", place),
        *cells(sum(content["rows"], []), place, sum(zip(*missing, strict=True), ())),
        Fragment("))[", place),
        Fragment(report["caption"], place, "markdown"),
        Fragment(f"] #{typst_label(label)}", place),
    ]


def missing_decimals(column, side, mark):
    """Return what each cell of a table's column lacks to be as long as the longest decimals.

    Set but unseen, it brings the decimal marks of a column of numbers under each other; in English
    the comma of 1,002 is none.
    """
    if side != "right":
        return [""] * len(column)
    ends = [re.search(rf"\d([{mark}]\d+)?$", cell) for cell in map(str, column)]
    longest = max((end[1] or "" for end in ends if end), key=len, default="")
    return [longest[len(end[1] or "") :] if end else "" for end in ends]


def cells(texts, place, missing=None):
    """Yield the cells of a table; one with mathematics is Markdown, others are plain text."""
    for text, unseen in zip(map(str, texts), missing or [""] * len(texts), strict=True):
        if "$" in text:
            yield Fragment("[", place)
            yield Fragment(text, place, "markdown")
            yield Fragment("], ", place)
        elif unseen:
            yield Fragment(f"[#{quote(text)}#unseen({quote(unseen)})], ", place)
        else:
            yield Fragment(f"{quote(text)}, ", place)


def stream(output, place, document):
    """Return what a cell printed; a strict document leaves stderr out, with a notice."""
    text = joined(output["text"])
    if document.strict and output["name"] == "stderr":
        document.notices.add(place, f"stderr is left out: {text.strip()[:80]!r}")
        return []
    return [terminal(text, place)]


def terminal(text, place):
    """Return text as a terminal shows it: colours, overwritten lines."""
    text = re.sub(r"(?m)^.*\r(?!\n|$)", "", text.replace("\r\n", "\n")).replace("\r", "").rstrip()
    spans, style, position = [], {}, 0
    for match in (*ANSI.finditer(text), None):
        end = match.start() if match else len(text)
        if end > position:
            options = "".join(f", {key}: {value}" for key, value in sorted(style.items()))
            spans.append(f"({quote(text[position:end])}, arguments({options.removeprefix(', ')}))")
        if match:
            position = match.end()
            style = restyled(style, match[1]) if match[1] is not None else style
    return Fragment(f"#terminal({', '.join(spans)})", place)


def restyled(style, codes):
    """Return the text style after an ANSI colour sequence such as '1;31'."""
    style = dict(style)
    numbers = [int(code or 0) for code in codes.split(";")]
    if numbers[0] in (38, 48):  # 256 colours: left as they are
        return style
    for number in numbers:
        if number == 0:
            style = {}
        elif number == 1:
            style["weight"] = '"bold"'
        elif number in range(30, 38) or number in range(90, 98):
            style["fill"] = f'rgb("{COLOURS[number % 10]}")'
        elif number == 39:
            style.pop("fill", None)
    return style
