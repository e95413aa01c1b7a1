"""A notebook's cells to Typst."""

import json
from pathlib import Path

from nbtypst import markdown, outputs
from nbtypst.document import Fragment, quote
from nbtypst.problems import DocumentError, place

RAW = {
    "text/vnd.typst": "typst",
    "text/x-typst": "typst",
    "text/markdown": "markdown",
    "text/html": "html",
}


def read(path):
    """Return a notebook as nbformat's dictionary, sources joined.

    Raises:
        DocumentError: the file is missing or no notebook of format 4.
    """
    try:
        notebook = json.loads(Path(path).read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            cell["source"] = outputs.joined(cell["source"])
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}; run and save the notebook first") from error
    except (ValueError, KeyError, TypeError) as error:
        raise DocumentError(f"{path}: not a Jupyter notebook of format 4 ({error!r})") from error
    return notebook


def fragments(notebook, name, document, show_code):
    """Return the fragments of all cells, in order.

    Args:
        notebook: nbformat dictionary with joined sources.
        name: the notebook's stem, which messages and labels carry.
        document: the `Document` that the fragments belong to.
        show_code: function of a code cell, whether its source is shown.
    """
    language = notebook["metadata"].get("language_info", {}).get("name", "python")
    result = []
    for number, cell in enumerate(notebook["cells"], start=1):
        where = place(name, number, cell)
        kind = cell["cell_type"]
        pieces = []
        if kind == "markdown":
            pieces = [
                Fragment(cell["source"], where, "markdown", attachments=cell.get("attachments", {}))
            ]
        elif kind == "code":
            if show_code(cell) and cell["source"].strip():
                pieces = [Fragment(f"#code({quote(cell['source'])}, {quote(language)})", where)]
            for output in cell["outputs"]:
                pieces += [Fragment("\n\n", where), *outputs.fragments(output, where, document)]
        else:
            pieces = raw(cell, where, document)
        # The comment leads from an error in the Typst source back to the cell.
        result += [Fragment(f"\n\n// @ {where}\n", where), *pieces]
    return result


def raw(cell, where, document):
    """Return a raw cell: as it is for Typst, converted or verbatim; other formats are noted."""
    metadata = cell["metadata"]
    mime = metadata.get("raw_mimetype") or metadata.get("format") or ""
    if mime in RAW:
        return [Fragment(cell["source"], where, RAW[mime])]
    if not mime:
        return [Fragment(f"#raw({quote(cell['source'])}, block: true)", where)]
    document.notices.add(where, f"a raw cell for {mime} is left out")
    return []


def typeset(notebooks, document, show_code):
    """Return the Typst source of each of `notebooks` ({name: nbformat dictionary}), in one go."""
    parts = {name: fragments(book, name, document, show_code) for name, book in notebooks.items()}
    sources = iter(markdown.typeset([f for part in parts.values() for f in part], document))
    return {name: "".join(next(sources) for _ in part) for name, part in parts.items()}
