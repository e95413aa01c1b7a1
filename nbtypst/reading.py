"""A foreign notebook, checked, and its title."""

import contextlib
import json
import re
from collections.abc import Iterator
from typing import TextIO

import nbformat
from nbformat.v4.rwbase import rejoin_lines

from nbtypst.problems import DocumentError, Problems

CELLS = {"markdown", "code", "raw"}
OUTPUTS = {"stream", "error", "display_data", "execute_result"}
FRONT = re.compile(r"\s*---[ ]*\n([\s\S]*?)\n---\s*")
NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")


def file_name(resources: dict | None) -> str:
    """Return the name of the notebook's file that nbconvert's resources hold."""
    name = (resources or {}).get("metadata", {}).get("name")
    return f"{name}.ipynb" if name else "the notebook"


def parsed(stream: TextIO, file: str) -> nbformat.NotebookNode:
    """Return the notebook in an open file, in format 4.

    Raises:
        DocumentError: there is none; the message names the file.
    """
    try:
        # Not nbformat.read: it prints the whole of its complaint, and validation comes later.
        return nbformat.convert(nbformat.reader.reads(stream.read()), 4)
    except nbformat.ValidationError as error:
        raise DocumentError(invalid(file, error.message)) from error
    # nbformat takes the JSON for a dictionary with metadata without a look.
    except (ValueError, AttributeError, KeyError, TypeError) as error:
        raise DocumentError(invalid(file, str(error))) from error


@contextlib.contextmanager
def validated(file: str) -> Iterator[None]:
    """Turn nbformat's error about a notebook into a `DocumentError` that names its file."""
    try:
        yield
    except nbformat.ValidationError as error:
        steps = getattr(error, "relative_path", None) or ()  # such as cells, 0, metadata
        location = ".".join(str(step) for step in steps)
        fault = f"{location}: {error.message}" if location else error.message
        raise DocumentError(invalid(file, fault)) from error


def invalid(file: str, fault: str) -> str:
    """Return the message on a file that is no valid notebook, on one line."""
    fault = " ".join(fault.split())
    if len(fault) > 200:
        fault = f"{fault[:140]} … {fault[-50:]}"
    return f"{file}: not a valid Jupyter notebook ({fault}); open it in JupyterLab and save it anew"


def known_parts(book: dict, name: str) -> tuple[dict, Problems]:
    """Return (a notebook as plain dictionaries, with texts for lists of lines; messages).

    Cells and outputs of a kind that only a later nbformat has are left out, and named; characters
    that nbtypst marks with are replaced.
    """
    text = json.dumps(rejoin_lines(nbformat.from_dict(book)), ensure_ascii=False)
    book = json.loads(NONCHARACTERS.sub("\ufffd", text))
    problems, cells = Problems(), []
    for number, cell in enumerate(book["cells"], start=1):
        if cell["cell_type"] not in CELLS:
            problems.add(f"{name}, cell {number}", "it is no cell of nbformat and is left out")
            continue
        outputs_of_cell = cell.get("outputs", [])
        cell["outputs"] = [output for output in outputs_of_cell if output["output_type"] in OUTPUTS]
        if len(cell["outputs"]) < len(outputs_of_cell):
            fault = "an output that is none of nbformat's is left out"
            problems.add(f"{name}, cell {number}", fault)
        cells.append(cell)
    return {**book, "cells": cells}, problems


def front_matter(book: dict, name: str) -> dict:
    """Return title, authors, date and language of a notebook; a cell of Quarto's is taken out."""
    fields = {
        key: book["metadata"].get(key) for key in ("title", "authors", "author", "date", "lang")
    }
    if book["cells"] and (match := FRONT.fullmatch(book["cells"][0]["source"])):
        quarto = dict(
            re.findall(r"(?m)^(title|author|date|lang):[ ]*[\"']?(.*?)[\"']?[ ]*$", match[1])
        )
        fields |= {key: value for key, value in quarto.items() if value and not fields.get(key)}
        del book["cells"][0]
    authors = fields["authors"] or fields["author"] or []
    authors = authors if isinstance(authors, list) else [authors]
    names = [author.get("name") if isinstance(author, dict) else author for author in authors]
    title = fields["title"] if isinstance(fields["title"], str) else ""
    return {
        "title": title or name,
        "has_title": bool(title),
        "authors": [author for author in names if isinstance(author, str) and author],
        "date": fields["date"] if isinstance(fields["date"], str) else "",
        "language": fields["lang"]
        if isinstance(fields["lang"], str) and re.fullmatch("[a-z]{2,3}", fields["lang"])
        else "en",
    }
