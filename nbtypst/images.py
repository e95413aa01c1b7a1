"""Image files that Markdown names: attached, embedded or beside the notebook."""

import base64
import binascii
import re
import urllib.parse
from pathlib import Path

# What Typst reads: {image type or file ending: the ending it goes by}.
IMAGES = {kind: kind for kind in ("png", "jpg", "gif", "svg", "webp", "pdf")}
IMAGES |= {"jpeg": "jpg", "svg+xml": "svg"}


def load(source, attachments, folders):
    """Return (bytes, extension) of an image named in Markdown.

    Raises:
        ValueError: it is remote, missing, or of a kind that Typst does not read.
    """
    if source.startswith("attachment:"):
        name = urllib.parse.unquote(source.removeprefix("attachment:"))
        for kind, content in attachments.get(name, {}).items():
            if kind.removeprefix("image/") in IMAGES:
                return base64.b64decode(content), IMAGES[kind.removeprefix("image/")]
        raise ValueError(f"the cell has no attachment {name!r} of a kind that can be set")
    if match := re.match(r"data:image/([\w+]+);base64,", source):
        try:
            return base64.b64decode(source[match.end() :]), IMAGES[match[1]]
        except (KeyError, binascii.Error) as error:
            raise ValueError(f"the data: image of type {match[1]} cannot be read") from error
    if re.match(r"\w+:|//", source):
        raise ValueError(
            f"the image {source[:80]} is not part of the notebook; save it beside the notebook"
        )
    extension = Path(source).suffix.lower().removeprefix(".")
    if extension not in IMAGES:
        raise ValueError(f"the image {source} is of no kind that can be set ({', '.join(IMAGES)})")
    for folder in folders:
        if (path := Path(folder) / urllib.parse.unquote(source)).is_file():
            return path.read_bytes(), IMAGES[extension]
    raise ValueError(f"the image file {source} is missing")
