"""The numbers of what an executed copy shows, those that the report gives them.

In the report Typst counts; here references are given the same numbers, which captions have already,
so that an executed notebook reads well in JupyterLab.
"""

import re

from nbformat import NotebookNode

from helpers import files, paths, profiles

LINK = re.compile(r"\[([^\]]*)\]\((?:[\w-]+\.ipynb)?#([\w.:-]+)\)")
EQUATION = re.compile(r"\\tag\{([^{}]*)\}\s*\\label\{([^{}]*)\}")
REFERENCE = re.compile(r"@\w+\{([^,\s]+),.*?(doi|url) = \{(.*?)\}", re.DOTALL)


def with_numbers(book: NotebookNode, name: str) -> NotebookNode:
    """Return the executed notebook `name` with numbers and addresses in its references to labels.

    Labels of other notebooks are looked up in their executed copies and, as far as these are
    missing, left without a number.
    """
    targets = bibliography()
    for section, notebook in enumerate(profiles.notebooks(), 1):
        if notebook.stem == name:
            targets |= labels(book.cells, "", section)
        else:
            copy = files.read_json(paths.EXECUTED / notebook.name)
            targets |= labels(copy.get("cells", []), notebook.name, section)

    def reference(link):
        words, label = link.groups()
        number, address = targets.get(label, ("", ""))
        return f"[{words}{number}]({address})" if address else link[0]

    for cell in book.cells:
        if cell.cell_type == "markdown":
            cell.source = LINK.sub(reference, cell.source)
        for output in cell.get("outputs", []):
            if output.get("metadata", {}).get("report", {}).get("kind") == "sentence":
                text = output.data["text/markdown"]
                output.data["text/markdown"] = LINK.sub(reference, text)
    return book


def labels(cells: list[dict], file: str, section: int) -> dict[str, tuple[str, str]]:
    """Return {label: (its number after a space, address)} of what a notebook's cells show.

    JupyterLab finds the cell of another notebook by its id, also where that is not open yet.
    """
    targets = {}
    parts = [section, 0, 0]  # of the last heading
    for cell in cells:
        address, source = f"{file}#cell-id={cell['id']}", "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            for tag, label in EQUATION.findall(source):
                targets[label] = f" ({tag})", address
            for marks in re.findall(r"^(#{2,3}) ", source, re.MULTILINE):
                level = len(marks) - 1
                parts[level] += 1
                parts[level + 1 :] = [0] * (2 - level)
            heading = ".".join(str(part) for part in parts if part)
            targets[f"sec-{cell['id']}"] = f" {heading}", address
        for output in cell.get("outputs", []):
            report = output.get("metadata", {}).get("report", {})
            if "label" in report:
                targets[report["label"]] = f" {report['number']}", address
    return targets


def bibliography() -> dict[str, tuple[str, str]]:
    """Return {label: ("", address)} of the references."""
    text = (paths.NOTEBOOKS / "references.bib").read_text(encoding="utf-8")
    return {
        f"ref-{key}": ("", f"https://doi.org/{address}" if field == "doi" else address)
        for key, field, address in REFERENCE.findall(text)
    }
