"""Outputs of code cells to fragments: numbered figures and tables, and whatever else there is."""

import re

from nbtypst import images, latex, mathematics, numbered, tree, vega
from nbtypst.document import Context, Fragment, Part, labelled
from nbtypst.terminal import terminal
from nbtypst.text import quote, unset

FRAMES = "application/vnd.report.frames+json"
WIDGET = "application/vnd.jupyter.widget-view+json"
IMAGE_TYPES = [f"image/{kind}" for kind in "svg+xml png jpeg gif webp".split()]
IMAGE_TYPES.append("application/pdf")
LONG = 2000  # lines of an output that are worth a notice
# What draws in a browser: {name: (what betrays it, what leaves a picture)}.
INTERACTIVE = {
    "Plotly": ("plotly", 'fig.show("png")'),
    "Altair": ("vega|altair", "pip install vl-convert-python"),
    "HoloViews": ("holoviews", 'hv.save(figure, "figure.png")'),
    "Bokeh": ("bokeh|data-root-id", "bokeh.io.export_png"),
    "folium": ("folium|leaflet|Make this Notebook Trusted", "a screenshot"),
    "": ("", "a static picture"),
}
BROWSERS = re.compile("plotly|vega|bokeh|holoviews")
LOADERS = re.compile(r"_(?:load|exec)\.v0\+json$|^application/javascript$")  # draw nothing
SEEN = {"img", "table", "iframe", "video", "audio", "input", "hr"}


def fragments(output: dict, context: Context) -> list[Part]:
    """Return the parts of one output (nbformat dictionary); faults are noted."""
    kind, strict = output["output_type"], context.document.strict
    if kind == "stream" and output["name"] == "stderr" and strict:
        context.notice(f"stderr is left out: {output['text'].strip()[:80]!r}")
        return []
    if kind == "stream":
        return [printed(output["text"], context)]
    if kind == "error":
        name = f"{output.get('ename', '')}: {output.get('evalue', '')}"
        if strict:
            context.complain(f"the cell failed: {name}")
        return [printed("\n".join(output.get("traceback") or [name]), context)]
    if "data" not in output:
        context.complain("an output that is none of nbformat's is left out")
        return []
    report = numbered.metadata(output)
    if report.get("kind") == "caption":
        return []  # for JupyterLab alone
    if report.get("kind") == "table":
        return numbered.table(output["data"][numbered.TABLE], report, context)
    return media(vega.with_picture(output["data"]), output.get("metadata", {}), report, context)


def media(data: dict, metadata: dict, report: dict, context: Context) -> list[Part]:
    """Return the best of what an output holds: formula, picture, table, text."""
    texts = {mime: content for mime, content in data.items() if isinstance(content, str)}
    tex, html = texts.get("text/latex", ""), texts.get("text/html", "")
    plain = texts.get("text/plain", "")
    telling = plain and not re.match(r"<[\w.]+( object)?( at 0x\w*)?>|<IPython", plain)
    if tex and mathematics.FORMULA.search(tex) and not latex.TABULAR.search(tex):
        return [Fragment(tex, context, "markdown")]
    for mime in IMAGE_TYPES:
        if mime in texts:
            return picture(data, mime, metadata, report, context)
    if WIDGET in data:
        progress = telling and not re.match(r"[\w.]+\(", plain)
        return [printed(plain, context) if progress else "#widget-note()"]
    if "text/markdown" in texts:
        return [Fragment(texts["text/markdown"], context, "markdown")]
    if html and (page_parts := page(html, plain, context)):
        return page_parts
    if latex.TABULAR.search(tex) and not re.search(r"\\(?:input|include|usepackage)\b", tex):
        return [Fragment(tex, context, "latex")]
    if tex:
        context.complain(f"LaTeX that cannot be set: {tex.strip()[:60]!r}")
        return [unset(tex)]
    drawn = [mime for mime in data if BROWSERS.search(mime)]
    if plain and (telling or not (drawn or html)):
        return [printed(plain, context)]
    if (html and not drawn) or all(LOADERS.search(mime) for mime in drawn or data):
        return []
    if drawn:
        return [interactive(" ".join(drawn), context)]
    context.complain(f"an output of type {', '.join(sorted(data))} cannot be set")
    return [unset(", ".join(sorted(data)))]


def page(html: str, plain: str, context: Context) -> list[Part]:
    """Return an output of HTML; a note where all of it is drawn by a script, [] if it is empty."""
    reader = tree.Reader(html)
    parts = list(reader.root.walk())[1:]
    frames = any(part.tag == "iframe" and "srcdoc" in part.attributes for part in parts)
    visible = reader.root.text().strip() or any(part.tag in SEEN for part in parts)
    roots = any("data-root-id" in part.attributes or part.tag == "canvas" for part in parts)
    if frames or (not visible and (reader.scripts or roots)):
        named = any(part.attributes.get("id") for part in parts)
        return [interactive(html + plain, context)] if frames or named else []
    return [Fragment(html, context, "html")] if visible else []


def interactive(source: str, context: Context) -> str:
    """Return the note of a figure that only a browser draws; it is named."""
    name, (_, remedy) = next(
        (name, kind) for name, kind in INTERACTIVE.items() if re.search(kind[0], source, re.I)
    )
    kind = f"interactive {name}".strip()
    context.complain(f"an {kind} figure is not drawn; {remedy} leaves a picture")
    return f"#interactive-note({quote(name)}, {quote(remedy)})"


def printed(text: str, context: Context) -> str:
    """Return text as a terminal shows it; of a long one the first lines, if that is wanted."""
    count, most = text.count("\n"), context.document.most_lines
    if count > LONG and not context.document.strict:
        context.notice(f"an output has {count} lines; most_lines limits them")
    if 0 < most < count:
        text = "\n".join(text.splitlines()[:most]) + f"\n… {count - most} lines more"
    return terminal(text)


def picture(data: dict, mime: str, metadata: dict, report: dict, context: Context) -> list[Part]:
    """Return an image output; a numbered figure if `report` says so, moving where pages can."""
    document, location = context.document, context.location
    gif, frames = data.get("image/gif"), data.get(FRAMES)
    frames = (frames.get("png") or ()) if isinstance(frames, dict) else ()
    try:
        content, extension = images.decoded(data[mime], mime.split("/")[1])
        moving = [images.decoded(gif, "gif")] if isinstance(gif, str) else []
        moving += [images.decoded(str(frame), "png") for frame in frames]
    except ValueError:
        context.complain(f"an output of type {mime} is no image")
        return [unset(mime)]
    alt = report.get("alt") or f"Output of cell {location.number}: {location.first_line}"
    if document.strict and not report.get("alt"):
        context.complain("the figure has no alternative text; show it with alt=…")
    still = document.add_image(content, extension, alt)
    stills = "".join(f"{document.add_image(*frame, alt)}, " for frame in moving)
    options = f", moving: ({stills})" if moving else ""
    if not report.get("label"):
        sizes = metadata.get(mime)  # {"width": pixels}, as IPython's Image gives it
        for name in ("width", "height") if isinstance(sizes, dict) else ():
            options += f", {name}: {images.size(sizes.get(name))}"
        return [f"#align(center, picture({still}{options}))"]
    return [
        f"#numbered-figure({still}{options})[",
        Fragment(report["caption"], context, "markdown"),
        f"]{labelled(context.define(report['label']))}",
    ]
