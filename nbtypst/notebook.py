"""A notebook's cells to Typst."""

import json
import re
from collections.abc import Callable
from pathlib import Path

from nbtypst import markdown, outputs, text
from nbtypst.document import Document, Fragment, quote
from nbtypst.problems import DocumentError, Location, cell_location

RAW = {
    "text/vnd.typst": "typst",
    "text/x-typst": "typst",
    "text/markdown": "markdown",
    "text/html": "html",
}
FORBIDDEN = re.compile(r"\b(?:import|include|eval|plugin|read)\b")


def read(path: Path | str) -> dict:
    """Return a notebook as nbformat's dictionary, sources joined.

    Raises:
        DocumentError: the file is missing or no notebook of format 4.
    """
    import nbformat
    from nbformat.v4.rwbase import rejoin_lines

    try:
        notebook = nbformat.from_dict(json.loads(Path(path).read_text(encoding="utf-8")))
        return rejoin_lines(notebook)
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}; run and save the notebook first") from error
    except (ValueError, AttributeError, TypeError) as error:
        raise DocumentError(f"{path}: not a Jupyter notebook of format 4 ({error!r})") from error


def fragments(
    notebook: dict, name: str, document: Document, show_code: Callable[[dict], bool]
) -> list[Fragment]:
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
        if tagged(cell, "cell"):
            continue
        where = cell_location(name, number, cell)
        kind = cell["cell_type"]
        pieces = []
        if kind == "markdown":
            attachments = cell.get("attachments", {})
            pieces = [Fragment(cell["source"], where, "markdown", attachments=attachments)]
        elif kind == "code":
            pieces = code(cell, where, language, document, show_code)
        else:
            pieces = raw(cell, where, document)
        # The comment leads from an error in the Typst source back to the cell.
        result += [Fragment(f"\n\n// @ {where}\n", where), *pieces]
    return result


def code(
    cell: dict,
    where: Location,
    language: str,
    document: Document,
    show_code: Callable[[dict], bool],
) -> list[Fragment]:
    """Return the fragments of a code cell: its source and its outputs, where they are shown."""
    pieces = []
    source = "\n".join(line for line in cell["source"].split("\n") if not line.startswith("#|"))
    if show_code(cell) and source.strip() and not tagged(cell, "input"):
        pieces = [Fragment(f"#code({text.raw(source)}, {quote(language)})", where)]
    if tagged(cell, "output"):
        return pieces
    for output in merged(cell["outputs"]):
        pieces += [Fragment("\n\n", where), *outputs.fragments(output, where, document)]
    return pieces


def tagged(cell: dict, part: str) -> bool:
    """Return whether a cell, its input or its output is hidden.

    Jupyter Book, Quarto, nbsphinx and JupyterLab each have their way to say so.
    """
    metadata = cell["metadata"]
    tags = {str(tag).replace("_", "-") for tag in metadata.get("tags") or ()}
    if {f"remove-{part}", f"hide-{part}"} & tags:
        return True
    if cell["cell_type"] != "code":
        return False
    options = dict(re.findall(r"(?m)^#\|\s*([\w-]+):\s*(\S+)", cell["source"]))
    jupyter = metadata.get("jupyter")
    jupyter = jupyter if isinstance(jupyter, dict) else {}
    if part == "cell":
        return options.get("include") == "false" or metadata.get("nbsphinx") == "hidden"
    if part == "input":
        return options.get("echo") == "false" or jupyter.get("source_hidden") is True
    hidden = metadata.get("collapsed") is True or jupyter.get("outputs_hidden") is True
    return options.get("output") == "false" or hidden


def merged(outputs_of_cell: list[dict]) -> list[dict]:
    """Return a cell's outputs; what one stream prints in pieces is one, as JupyterLab has it."""
    result: list[dict] = []
    for output in outputs_of_cell:
        previous = result[-1] if result else {}
        if output["output_type"] == "stream" and previous.get("name") == output["name"]:
            previous["text"] += output["text"]
        else:
            result.append(dict(output))
    return result


def raw(cell: dict, where: Location, document: Document) -> list[Fragment]:
    """Return a raw cell: as it is for Typst, converted or verbatim; other formats are noted.

    Typst that loads files or packages is shown, not run.
    """
    metadata = cell["metadata"]
    mime = metadata.get("raw_mimetype") or metadata.get("format") or ""
    kind = RAW.get(mime) if isinstance(mime, str) else ""
    if kind == "typst" and (match := FORBIDDEN.search(cell["source"])):
        document.complain(where, f"a raw cell of Typst may not {match[0]}; its source is shown")
        kind, mime = "", ""
    if kind:
        return [Fragment(cell["source"], where, kind)]
    if not mime:
        return [Fragment(f"#raw({text.raw(cell['source'])}, block: true)", where)]
    document.notices.add(where, f"a raw cell for {mime} is left out")
    return []


def typeset(
    notebooks: dict[str, dict], document: Document, show_code: Callable[[dict], bool]
) -> dict[str, str]:
    """Return the Typst source of each of `notebooks` ({name: nbformat dictionary}), in one go."""
    parts = {name: fragments(book, name, document, show_code) for name, book in notebooks.items()}
    sources = iter(markdown.typeset([f for part in parts.values() for f in part], document))
    return {name: "".join(next(sources) for _ in part) for name, part in parts.items()}
