"""Outputs of code cells to fragments: numbered figures and tables, and whatever else there is.

README.md has the metadata "report" that make an output a numbered figure or table.
"""

import re

from nbtypst import images, latex, mathematics, numbered, tree
from nbtypst.document import Document, Fragment, labelled, quote
from nbtypst.problems import Location
from nbtypst.terminal import terminal
from nbtypst.text import unset

FRAMES = "application/vnd.report.frames+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
IMAGE_TYPES = [f"image/{kind}" for kind in "svg+xml png jpeg gif webp".split()]
IMAGE_TYPES.append("application/pdf")
LONG = 2000  # lines of an output that are worth a notice
# What draws in a browser: {name: (what betrays it, what leaves a picture)}.
INTERACTIVE = {
    "Plotly": ("plotly", 'fig.show("png")'),
    "Altair": ("vega|altair", 'alt.renderers.enable("png")'),
    "HoloViews": ("holoviews", 'hv.save(figure, "figure.png")'),
    "Bokeh": ("bokeh|data-root-id", "bokeh.io.export_png"),
    "folium": ("folium|leaflet|Make this Notebook Trusted", "a screenshot"),
    "": ("", "a static picture"),
}
LOADERS = re.compile("_(?:load|exec)\\.v0\\+json$")  # these only start what draws elsewhere


def fragments(output: dict, location: Location, document: Document) -> list[Fragment]:
    """Return the fragments of one output (nbformat dictionary); faults are noted in `document`."""
    kind = output["output_type"]
    if kind == "stream":
        if document.strict and output["name"] == "stderr":
            document.notices.add(location, f"stderr is left out: {output['text'].strip()[:80]!r}")
            return []
        return [printed(output["text"], location, document)]
    if kind == "error":
        name = f"{output.get('ename', '')}: {output.get('evalue', '')}"
        trace = "\n".join(output.get("traceback") or [name])
        if document.strict:
            document.complain(location, f"the cell failed: {name}")
        return [printed(trace, location, document)]
    data = output.get("data", {})
    report: dict = numbered.metadata(output)
    if report.get("kind") == "caption":
        return []  # for JupyterLab alone
    if report.get("kind") == "table":
        return numbered.table(data[numbered.TABLE], report, location, document)
    return media(data, output.get("metadata", {}), report, location, document)


def media(
    data: dict, metadata: dict, report: dict, location: Location, document: Document
) -> list[Fragment]:
    """Return the best of what an output holds: formula, picture, table, text."""
    texts = {mime: content for mime, content in data.items() if isinstance(content, str)}
    tex, html = texts.get("text/latex", ""), texts.get("text/html", "")
    plain = texts.get("text/plain", "")
    telling = plain and not re.match(r"<[\w.]+( object)?( at 0x\w*)?>|<IPython", plain)
    if tex and mathematics.FORMULA.search(tex) and not latex.tables(tex):
        return [Fragment(tex, location, "markdown")]
    for mime in IMAGE_TYPES:
        if mime in texts:
            return picture(data, mime, metadata, report, location, document)
    if WIDGET in data:
        progress = telling and not re.match(r"[\w.]+\(", plain)
        return [
            printed(plain, location, document) if progress else Fragment("#widget-note()", location)
        ]
    if "text/markdown" in texts:
        return [Fragment(texts["text/markdown"], location, "markdown")]
    if html and (fragments_of_page := page(html, plain, location, document)):
        return fragments_of_page
    if tex:
        return latex_output(tex, location, document)
    if telling and not drawn_elsewhere(data):
        return [printed(plain, location, document)]
    if drawn_elsewhere(data) or html:
        loader = any(LOADERS.search(mime) for mime in data)
        return [] if loader or html else [interactive(" ".join(data), location, document)]
    if not data or plain:
        return [printed(plain, location, document)] if plain else []
    if not all(LOADERS.search(mime) or mime == "application/javascript" for mime in data):
        document.complain(location, f"an output of type {', '.join(sorted(data))} cannot be set")
        return [Fragment(unset(", ".join(sorted(data))), location)]
    return []


def drawn_elsewhere(data: dict) -> bool:
    """Return whether an output holds a figure for a browser's library."""
    return any(re.search("plotly|vega|bokeh|holoviews", mime) for mime in data)


def page(html: str, plain: str, location: Location, document: Document) -> list[Fragment]:
    """Return an output of HTML; a note where all of it is drawn by a script, [] if it is empty."""
    root, _, scripts = tree.read(html)
    parts = [part for part in root.walk() if part.tag != "root"]
    frames = any(part.tag == "iframe" and "srcdoc" in part.attributes for part in parts)
    visible = root.text().strip() or any(
        part.tag in ("img", "table", "iframe", "video", "audio", "input", "hr") for part in parts
    )
    roots = any("data-root-id" in part.attributes or part.tag == "canvas" for part in parts)
    if frames or (not visible and (scripts or roots)):
        if not frames and not any(part.attributes.get("id") for part in parts):
            return []  # a script that draws nothing
        return [interactive(html + plain, location, document)]
    return [Fragment(html, location, "html")] if visible else []


def interactive(source: str, location: Location, document: Document) -> Fragment:
    """Return the note of a figure that only a browser draws; it is named."""
    name, (_, remedy) = next(
        (name, kind) for name, kind in INTERACTIVE.items() if re.search(kind[0], source, re.I)
    )
    fault = f"an interactive {name} figure is not drawn; {remedy} leaves a picture"
    document.complain(location, fault.replace("  ", " "))
    return Fragment(f"#interactive-note({quote(name)}, {quote(remedy)})", location)


def latex_output(tex: str, location: Location, document: Document) -> list[Fragment]:
    """Return LaTeX that is a table; anything else as its source, named."""
    if latex.tables(tex) and not re.search(r"\\(?:input|include|usepackage)\b", tex):
        return [Fragment(tex, location, "latex")]
    document.complain(location, f"LaTeX that cannot be set: {tex.strip()[:60]!r}")
    return [Fragment(unset(tex), location)]


def printed(text: str, location: Location, document: Document) -> Fragment:
    """Return text as a terminal shows it; of a long one the first lines, if that is wanted."""
    count = text.count("\n")
    if count > LONG and not document.strict:
        document.notices.add(location, f"an output has {count} lines; most_lines limits them")
    if 0 < document.most_lines < count:
        rest = count - document.most_lines
        text = "\n".join(text.splitlines()[: document.most_lines]) + f"\n… {rest} lines more"
    return Fragment(terminal(text), location)


def picture(
    data: dict, mime: str, metadata: dict, report: dict, location: Location, document: Document
) -> list[Fragment]:
    """Return an image output; a numbered figure if `report` says so, moving where pages can."""
    try:
        content, extension = images.decoded(data[mime], mime.split("/")[1])
        gif = data.get("image/gif")
        moving = [images.decoded(gif, "gif")] if isinstance(gif, str) else []
        frames = data.get(FRAMES)
        if isinstance(frames, dict):
            moving += [images.decoded(str(frame), "png") for frame in frames.get("png") or ()]
    except ValueError:
        document.complain(location, f"an output of type {mime} is no image")
        return [Fragment(unset(mime), location)]
    path = quote(document.add_file(content, extension))
    frames = "".join(f"{quote(document.add_file(*frame))}, " for frame in moving)
    movie = f", moving: ({frames})" if moving else ""
    alt = report.get("alt", "")
    if not alt:
        if document.strict:
            fault = "the figure has no alternative text; show it with alt=…"
            document.complain(location, fault)
        alt = f"Output of cell {location.number}: {location.first_line}"
    if not report.get("label"):
        sizes = metadata.get(mime)  # {"width": pixels}, as IPython's Image gives it
        sizes = sizes if isinstance(sizes, dict) else {}
        given = [(name, images.size(sizes.get(name))) for name in ("width", "height")]
        options = "".join(f", {name}: {size}" for name, size in given if size != "auto")
        text = f"#align(center, picture({path}, alt: {quote(alt)}{options}{movie}))"
        return [Fragment(text, location)]
    label = document.define(report["label"], location)
    height = re.match(rb"[\s\S]{0,2000}?<svg [^>]*?height=\"([\d.]+)pt", content)
    tall = ", tall: true" if height and float(height[1]) > 330 else ""  # points
    return [
        Fragment(f"#numbered-figure({path}, {quote(alt)}{tall}{movie})[", location),
        Fragment(report["caption"], location, "markdown"),
        Fragment(f"]{labelled(label)}", location),
    ]
