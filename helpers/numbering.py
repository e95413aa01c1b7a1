"""The numbers of what an executed copy shows, those that the report gives them.

In the report Typst counts; here references are given the same numbers, which captions have already,
so that an executed notebook reads well in JupyterLab.
"""

import json
import re

from helpers import paths, profiles

LINK = re.compile(r"\[([^\]]*)\]\((?:([\w-]+)\.ipynb)?#([\w.:-]+)\)")
EQUATION = re.compile(r"\\tag\{([^{}]*)\}\s*\\label\{([^{}]*)\}")


def numbered(book, name):
    """Return an executed notebook with numbers in its references to labels.

    Args:
        book: nbformat node; name: its stem. Labels of other notebooks are looked up in their
            executed copies and, as far as these are missing, left without a number.
    """
    places, addresses = all_labels(name, book), bibliography()

    def with_numbers(source):
        return LINK.sub(lambda link: reference(link, name, places, addresses), source)

    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = with_numbers(cell.source)
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get("report", {}).get("kind") == "sentence":
                output.data["text/markdown"] = with_numbers(output.data["text/markdown"])
    return book


def all_labels(name, book):
    """Return {label: (notebook, number, cell id)} of this notebook and all executed before it."""
    found = {}
    for section, notebook in enumerate(profiles.notebooks(), 1):
        copy = paths.EXECUTED / notebook.name
        if notebook.stem == name:
            found |= labels(book, name, section)
        elif copy.exists():
            found |= labels(json.loads(copy.read_text(encoding="utf-8")), notebook.stem, section)
    return found


def labels(book, name, section):
    """Return {label: (notebook, number, cell id)} of what one executed notebook shows."""
    found = {}
    parts = [section, 0, 0]  # of the last heading
    for cell in book["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for tag, label in EQUATION.findall(source):
                found[label] = name, f"({tag})", cell["id"]
            for marks in re.findall(r"^(#{2,3}) ", source, re.MULTILINE):
                level = len(marks) - 1
                parts[level] += 1
                parts[level + 1 :] = [0] * (2 - level)
            heading = ".".join(str(part) for part in parts if part)
            found[f"sec-{cell['id']}"] = name, heading, cell["id"]
        for output in cell.get("outputs", []):
            report = output.get("metadata", {}).get("report", {})
            if "label" in report:
                found[report["label"]] = name, report["number"], cell["id"]
    return found


def reference(link, name, places, addresses):
    """Return a Markdown link with the number of what it refers to, and an address that works.

    JupyterLab finds the cell of another notebook by its id, also where that is not open yet.
    """
    words, _file, label = link.groups()
    if label.removeprefix("ref-") in addresses:
        return f"[{words}]({addresses[label.removeprefix('ref-')]})"
    if label not in places:
        return link[0]
    notebook, number, cell = places[label]
    file = "" if notebook == name else f"{notebook}.ipynb"
    return f"[{words} {number}]({file}#cell-id={cell})"


def bibliography():
    """Return {key: address} of the references."""
    text = (paths.NOTEBOOKS / "references.bib").read_text(encoding="utf-8")
    entries = re.findall(r"@\w+\{([^,\s]+),(.*?)\n\}", text, re.DOTALL)
    found = {key: re.search(r"(doi|url) = \{(.*)\}", fields) for key, fields in entries}
    return {
        key: ("https://doi.org/" if field[1] == "doi" else "") + field[2]
        for key, field in found.items()
        if field
    }
