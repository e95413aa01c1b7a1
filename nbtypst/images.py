"""Images that Markdown names: attached, embedded or beside the notebook."""

import base64
import binascii
import re
import urllib.parse
from pathlib import Path

from nbtypst.document import Context

# What Typst reads: {image type or file ending: the ending it goes by}.
IMAGES = {kind: kind for kind in ("png", "jpg", "gif", "svg", "webp", "pdf")}
IMAGES |= {"jpeg": "jpg", "svg+xml": "svg"}
POINTS = {"px": 0.75, "": 0.75, "pt": 1, "em": 11, "rem": 11, "cm": 28.35, "mm": 2.835, "in": 72}
STARTS = {
    b"\x89PNG": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"%PDF": "pdf", b"RIFF": "webp",
}  # fmt: skip
DATA = re.compile(r"data:image/([\w+.-]+)[^,]*?(;base64)?,")


def load(source: str, context: Context) -> tuple[bytes, str]:
    """Return (bytes, extension) of the image at an address in a cell's Markdown.

    Raises:
        ValueError: it is remote, missing, outside, or of a kind that Typst does not read.
    """
    if source.startswith("attachment:"):
        name = urllib.parse.unquote(source.removeprefix("attachment:"))
        for mime, content in context.attachments.get(name, {}).items():
            if (kind := mime.removeprefix("image/")) in IMAGES and isinstance(content, str):
                return decoded(content, kind)
        raise ValueError(f"the cell has no attachment {name!r} of a kind that can be set")
    if match := DATA.match(source):
        content = source[match.end() :]
        if match[1] not in IMAGES:
            raise ValueError(f"the data: image of type {match[1]} cannot be read")
        return decoded(content if match[2] else urllib.parse.unquote(content), match[1])
    if re.match(r"[a-zA-Z][\w+.-]+:|//", source):
        fault = f"the image {source[:80]} is not part of the notebook"
        raise ValueError(f"{fault}; save it beside the notebook")
    name = urllib.parse.unquote(source.partition("?")[0])
    extension = Path(name).suffix.lower().removeprefix(".")
    if extension not in IMAGES:
        raise ValueError(f"the image {source} is of no kind that can be set ({', '.join(IMAGES)})")
    try:
        folders = [Path(folder).resolve() for folder in context.document.folders]
        paths = [(folder / name).resolve() for folder in folders]
        path = next((path for path in paths if path.is_file()), None)
        if not path:
            raise ValueError(f"the image file {name} is missing")
        within = any(path.is_relative_to(folder) for folder in folders)
        if not within and not context.document.outside:
            raise ValueError(f"the image {name} lies outside the notebook's folder")
        return path.read_bytes(), IMAGES[extension]
    except OSError as error:
        raise ValueError(f"the image file {name[:80]} cannot be read") from error


def decoded(content: str, kind: str) -> tuple[bytes, str]:
    """Return (bytes, extension) of base64; the bytes tell the kind better than its name.

    Raises:
        ValueError: it is no base64.
    """
    if IMAGES[kind] == "svg" and content.lstrip().startswith("<"):
        return content.encode(), "svg"
    try:
        data = base64.b64decode(content)
    except binascii.Error as error:
        raise ValueError(f"the image of type {kind} cannot be read") from error
    return data, next((STARTS[start] for start in STARTS if data.startswith(start)), IMAGES[kind])


def size(text: object) -> str:
    """Return the Typst length of a size in HTML or CSS, such as 50%, 300 or 20em."""
    match = re.fullmatch(r"\s*(\d{1,5}(?:\.\d*)?|\.\d+)\s*(%|px|pt|r?em|cm|mm|in|)\s*", str(text))
    if not match or float(match[1]) == 0:
        return "auto"
    return f"{match[1]}%" if match[2] == "%" else f"{float(match[1]) * POINTS[match[2]]:.2f}pt"
