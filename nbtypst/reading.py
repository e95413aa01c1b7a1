"""A foreign notebook, checked, and its title."""

import json
import re
from typing import TextIO

import nbformat
from nbformat.v4.rwbase import rejoin_lines

from nbtypst.problems import DocumentError

FRONT = re.compile(r"\s*---[ ]*\n([\s\S]*?)\n---\s*")
FIELD = re.compile(r"(?m)^(title|author|date|lang):[ ]*[\"']?(.*?)[\"']?[ ]*$")
NONCHARACTERS = re.compile("[\ufdd0-\ufdef\ufffe\uffff]")  # `mathematics` marks with them


def parsed(stream: TextIO, file: str) -> nbformat.NotebookNode:
    """Return the notebook in an open file, in format 4.

    Raises:
        DocumentError: there is none; the message, on one line, names the file.
    """
    try:
        # Not nbformat.read: it prints the whole of its complaint.
        book = nbformat.convert(nbformat.reader.reads(stream.read()), 4)
        nbformat.validate(book, relax_add_props=True)
        return book
    # nbformat takes the JSON for a dictionary with metadata without a look.
    except (nbformat.ValidationError, ValueError, AttributeError, KeyError, TypeError) as error:
        steps = getattr(error, "relative_path", None) or ()  # such as cells, 0, metadata
        location = ".".join(str(step) for step in steps)
        fault = " ".join(str(getattr(error, "message", error)).split())
        fault = f"{location}: {fault}" if location else fault
        if len(fault) > 200:
            fault = f"{fault[:140]} … {fault[-50:]}"
        remedy = "open it in JupyterLab and save it anew"
        raise DocumentError(f"{file}: not a Jupyter notebook ({fault}); {remedy}") from error


def plain(book: dict) -> dict:
    """Return a notebook as plain dictionaries, with texts for lists of lines."""
    text = json.dumps(rejoin_lines(nbformat.from_dict(book)), ensure_ascii=False)
    return json.loads(NONCHARACTERS.sub("\ufffd", text))


def front_matter(book: dict, name: str) -> dict:
    """Return title, authors, date and language of a notebook; a cell of Quarto's is taken out."""
    fields = dict(book["metadata"])
    if book["cells"] and (match := FRONT.fullmatch(book["cells"][0]["source"])):
        del book["cells"][0]
        fields = dict(FIELD.findall(match[1])) | fields
    texts = {key: value for key, value in fields.items() if isinstance(value, str)}
    authors = fields.get("authors") or fields.get("author") or []
    authors = authors if isinstance(authors, list) else [authors]
    names = [author.get("name") if isinstance(author, dict) else author for author in authors]
    language = texts.get("lang", "")
    return {
        "title": texts.get("title") or name,
        "has_title": bool(texts.get("title")),
        "authors": [author for author in names if isinstance(author, str) and author],
        "date": texts.get("date", ""),
        "language": language if re.fullmatch("[a-z]{2,3}", language) else "en",
    }
