"""Join the executed notebooks into one report.

`DocumentError` is the only exception that bad input raises; its message is one fault a line, each
with notebook, cell (number, id and first line), fault and remedy. Importing this module is cheap:
Typst and pydantic are loaded when `build` runs.
"""

import json
from pathlib import Path

from helpers import files, paths
from helpers.report import languages, provenance, title
from nbtypst import compiler, notebook
from nbtypst.document import Document, keys_of

TEMPLATES = Path(__file__).parent / "templates"


def build(executed, language="en", pdf=None, page=None, fields=None, results=None, code=False):
    """Join executed notebooks into a PDF, an HTML page, or both; cells are converted once.

    They depend on these arguments, helpers/report/**, nbtypst/**, the stored notebooks' prose,
    catalogues, notebooks/references.bib and the images that Markdown names; the same input, the
    same bytes.

    Args:
        executed: paths of the executed notebooks, in the report's order. Where notebooks/ has one
            of that name, its prose and order count; outputs are matched by cell id.
        language: "en" or "ru".
        pdf: where the PDF goes; replaced in one step, left alone on an error.
        page: likewise for the page, one file that needs no other.
        fields: path of the title page's fields, the project's report.yml by default.
        results: folder of the notebooks' results, by default `paths.RESULTS`.
        code: append every code cell.

    Returns:
        Notices: lines on what is left out knowingly, such as a warning that a cell printed, and on
        texts that are left in English.

    Raises:
        DocumentError: something cannot be set; the message names every fault with its cell.
    """
    project, notices, timestamp = assemble(executed, language, fields, results, code)
    contents = {}
    if page:
        contents[page] = compiler.compile_html(project | template("page.typ")).encode()
    if pdf:
        contents[pdf] = compiler.compile_pdf(project | template("report.typ"), timestamp)
    for path, content in contents.items():
        with files.replacing(path) as temporary:
            temporary.write_bytes(content)
    return notices


def template(name):
    """Return the file of a Typst project that sets report.json."""
    return {"main.typ": (TEMPLATES / name).read_bytes()}


def assemble(executed, language, fields, results, code):
    """Return (the Typst project, notices, seconds since 1970 of the results).

    The project is {path: bytes}, of paper and page alike, without "main.typ".
    """
    front = title.read(fields or paths.ROOT / "report.yml", language)
    books, left = {}, []
    for path in map(Path, executed):
        stored = paths.NOTEBOOKS / path.name
        source = stored if stored.exists() else path
        books[path.stem], missing = languages.translated(source, language, notebook.read(path))
        left += missing
    origin = provenance.gather(books, results or paths.RESULTS, language)
    references = (paths.NOTEBOOKS / "references.bib").read_bytes()
    document = Document(
        language=language,
        folders=(*(Path(path).parent for path in executed), paths.NOTEBOOKS),
        keys=keys_of(references),
    )
    sections = notebook.typeset(books, document, show_code=is_shown)
    document.problems.check()
    data = {
        "language": language,
        "title": front,
        "words": words(language),
        "sections": list(sections),
        "cited": document.cited,
        "provenance": origin,
        "code": {name: sources(book) for name, book in books.items()} if code else {},
    }
    project = {
        "gost.csl": (TEMPLATES / "gost.csl").read_bytes(),
        "report.json": json.dumps(data, ensure_ascii=False).encode(),
        "references.bib": references,
        **document.files,
    }
    for name, text in sections.items():
        project[f"{name}.typ"] = f'#import "style.typ": *\n{text}'.encode()
    notices = list(document.notices)
    if left := list(dict.fromkeys(left)):
        some = ", ".join(repr(text[:40]) for text in left[:3]) + " …" * (len(left) > 3)
        notices.append(f"{language}: texts in English: {len(left)}, see `make messages`: {some}")
    return project, notices, origin["timestamp"]


def is_shown(cell):
    """Return whether a code cell's source belongs into the report's text."""
    return "show-code" in cell["metadata"].get("tags", [])


def sources(book):
    """Return the sources of a notebook's code cells."""
    return [
        cell["source"]
        for cell in book["cells"]
        if cell["cell_type"] == "code" and cell["source"].strip()
    ]


def words(language):
    """Return the report's own words in `language`."""
    import yaml

    return yaml.safe_load((TEMPLATES / "words.yml").read_text(encoding="utf-8"))[language]
