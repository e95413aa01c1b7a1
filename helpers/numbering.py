"""The numbers of what an executed copy shows, those that the report gives them.

In the report Typst counts; here captions and references are given the same numbers, so that an
executed notebook reads well in JupyterLab.
"""

import json
import re

from helpers import paths, profiles

LINK = re.compile(r"\[([^\]]*)\]\((?:([\w-]+)\.ipynb)?#([\w.:-]+)\)")
EQUATION = re.compile(r"\\tag\{([^{}]*)\}\s*\\label\{([^{}]*)\}")


def numbered(book, name):
    """Return an executed notebook with numbers in its captions and in its references to labels.

    Args:
        book: nbformat node; name: its stem. Labels of other notebooks are looked up in their
            executed copies and, as far as these are missing, left without a number.
    """
    places = all_labels(name, book)
    addresses = bibliography()
    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(lambda link: reference(link, places, addresses), cell.source)
            continue
        caption = ""
        for output in cell.get("outputs", []):
            report = output.get("metadata", {}).get("report", {})
            if "label" in report:
                caption = f"*{report['kind'].capitalize()} {places[report['label']][1]}.* "
            elif report.get("kind") == "caption":
                output.data["text/markdown"] = caption + output.data["text/markdown"]
            elif report.get("kind") == "sentence":
                words = output.data["text/markdown"]
                words = LINK.sub(lambda link: reference(link, places, addresses), words)
                output.data["text/markdown"] = words
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
    found, counts = {}, {"figure": 0, "table": 0}
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
                counts[report["kind"]] += 1
                found[report["label"]] = name, f"{section}.{counts[report['kind']]}", cell["id"]
    return found


def reference(link, places, addresses):
    """Return a Markdown link with the number of what it refers to, and an address that works."""
    words, _file, label = link.groups()
    if label.removeprefix("ref-") in addresses:
        return f"[{words}]({addresses[label.removeprefix('ref-')]})"
    if label not in places:
        return link[0]
    notebook, number, cell = places[label]
    return f"[{words} {number}]({notebook}.ipynb#cell-id={cell})"


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
