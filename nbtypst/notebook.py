"""A notebook's cells to Typst."""

import re
from collections.abc import Callable
from pathlib import Path

from nbtypst import markdown, outputs, text
from nbtypst.diagnosis import MARK
from nbtypst.document import Context, Document, Fragment, Part
from nbtypst.problems import DocumentError, cell_location

RAW = {"text/vnd.typst": "typst", "text/x-typst": "typst"}
RAW |= {"text/markdown": "markdown", "text/html": "html"}
FORBIDDEN = re.compile(r"\b(?:import|include|eval|plugin|read)\b")
# Colab's forms: headings, and fields that set a variable.
TITLE = re.compile(r"(?m)^#[ ]?@(?:title|markdown)\b[ ]*(.*?)[ ]*(?:\{.*\})?$\n?")
FIELD = re.compile(r"(?m)[ ]*#[ ]?@param\b.*$")


def read(path: Path | str) -> dict:
    """Return a notebook as nbformat's dictionary, sources joined.

    Raises:
        DocumentError: the file is missing or no notebook.
    """
    from nbtypst import reading  # with nbformat, which takes its time

    try:
        with open(path, encoding="utf-8") as stream:
            return reading.plain(reading.parsed(stream, str(path)))
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}; run and save the notebook first") from error


def typeset(
    notebooks: dict[str, dict], document: Document, show_code: Callable[[dict], bool]
) -> dict[str, str]:
    """Return {name: Typst source} of notebooks, whose cells may refer to each other.

    Args:
        notebooks: {stem, which messages and labels carry: nbformat dictionary, sources joined}.
        document: what the cells share; faults are noted there.
        show_code: function of a code cell, whether its source is shown.
    """
    parts = {name: parts_of(book, name, document, show_code) for name, book in notebooks.items()}
    waiting = [part for book in parts.values() for part in book if isinstance(part, Fragment)]
    markdown.typeset(waiting)
    return {
        name: "".join(part if isinstance(part, str) else part.text for part in book)
        for name, book in parts.items()
    }


def parts_of(
    notebook: dict, name: str, document: Document, show_code: Callable[[dict], bool]
) -> list[Part]:
    """Return the parts of all cells of a notebook (see `typeset`), in order."""
    language = notebook["metadata"].get("language_info", {}).get("name", "python")
    result: list[Part] = []
    for number, cell in enumerate(notebook["cells"], start=1):
        if tagged(cell, "cell"):
            continue
        location = cell_location(name, number, cell)
        context = Context(document, location, cell.get("attachments", {}))
        result.append(f"\n\n{MARK}{location}\n")
        if cell["cell_type"] == "markdown":
            result.append(Fragment(cell["source"], context, "markdown"))
        elif cell["cell_type"] == "code":
            result += code(cell, context, language, show_code)
        elif cell["cell_type"] == "raw":
            result += raw(cell, context)
        else:
            context.complain("it is no cell of nbformat and is left out")
    return result


def code(
    cell: dict, context: Context, language: str, show_code: Callable[[dict], bool]
) -> list[Part]:
    """Return the parts of a code cell: its source and its outputs, where they are shown."""
    parts: list[Part] = []
    source = "\n".join(line for line in cell["source"].split("\n") if not line.startswith("#|"))
    titles = TITLE.findall(source)
    source = FIELD.sub("", TITLE.sub("", source))
    if show_code(cell) and not tagged(cell, "input"):
        for title in filter(None, titles):
            parts += ["\n\n", Fragment(f"**{title}**", context, "markdown")]
        if source.strip():
            parts.append(f"\n\n#code({text.raw(source)}, {text.quote(language)})")
    if tagged(cell, "output"):
        return parts
    for output in merged(cell["outputs"]):
        parts += ["\n\n", *outputs.fragments(output, context)]
    return parts


def tagged(cell: dict, part: str) -> bool:
    """Return whether a cell, its input or its output is hidden, in the words of any tool."""
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


def raw(cell: dict, context: Context) -> list[Part]:
    """Return a raw cell: as it is for Typst, converted or verbatim; other formats are noted.

    Typst that loads files or packages is shown, not run.
    """
    metadata, source = cell["metadata"], cell["source"]
    mime = str(metadata.get("raw_mimetype") or metadata.get("format") or "")
    kind = RAW.get(mime)
    if kind == "typst" and (match := FORBIDDEN.search(source)):
        context.complain(f"a raw cell of Typst may not {match[0]}; its source is shown")
        mime = ""
    elif kind:
        return [source if kind == "typst" else Fragment(source, context, kind)]
    if mime:
        context.notice(f"a raw cell for {mime} is left out")
        return []
    return [f"#raw({text.raw(source)}, block: true)"]
