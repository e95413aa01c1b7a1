"""Join the executed notebooks into one report.

`DocumentError` is the only exception that bad input raises; its message is one fault a line, each
with notebook, cell (number, id and first line), fault and remedy. Importing this module is cheap:
Typst and pydantic are loaded when `write_report` runs.
"""

import json
from collections.abc import Sequence
from pathlib import Path

import yaml

from helpers import files, paths
from helpers.report import languages, provenance, title
from nbtypst import compiler, notebook
from nbtypst.document import Document, keys_of

TEMPLATES = Path(__file__).parent / "templates"


def write_report(
    executed: Sequence[Path],
    language: str = "en",
    pdf: Path | None = None,
    page: Path | None = None,
    results: Path | None = None,
    code: bool = False,
) -> list[str]:
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
        results: folder of the notebooks' results, by default `paths.RESULTS`.
        code: append every code cell.

    Returns:
        Notices: lines on what is left out knowingly, such as a warning that a cell printed, and on
        texts that are left in English.

    Raises:
        DocumentError: something cannot be set; the message names every fault with its cell.
    """
    project, notices, timestamp = assemble(executed, language, results or paths.RESULTS, code)
    contents = {}
    if page:
        project["main.typ"] = (TEMPLATES / "page.typ").read_bytes()
        contents[page] = compiler.compile_html(project).encode()
    if pdf:
        project["main.typ"] = (TEMPLATES / "report.typ").read_bytes()
        contents[pdf] = compiler.compile_pdf(project, timestamp)
    for path, content in contents.items():
        with files.replacing(path) as temporary:
            temporary.write_bytes(content)
    return notices


def assemble(
    executed: Sequence[Path], language: str, results: Path, code: bool
) -> tuple[dict[str, bytes], list[str], int]:
    """Return (the Typst project, notices, seconds since 1970 of the results).

    The project is {path: bytes}, of paper and page alike, without "main.typ".
    """
    front = title.read_title(paths.ROOT / "report.yml", language)
    books: dict[str, dict] = {}
    in_english: list[str] = []
    for path in executed:
        stored = paths.NOTEBOOKS / path.name
        source = stored if stored.exists() else path
        books[path.stem], missing = languages.translated(source, language, notebook.read(path))
        in_english += missing
    origin = provenance.gather(books, results, language)
    references = (paths.NOTEBOOKS / "references.bib").read_bytes()
    folders = [*(path.parent for path in executed), paths.NOTEBOOKS]
    document = Document(language=language, folders=tuple(folders), keys=keys_of(references))
    sections = notebook.typeset(books, document, show_code=is_shown)
    document.problems.check()
    words = yaml.safe_load((TEMPLATES / "words.yml").read_text(encoding="utf-8"))
    data = {
        "language": language,
        "title": front,
        "words": words[language],
        "sections": list(sections),
        "cited": document.cited,
        "provenance": origin,
        "code": {name: code_sources(book) for name, book in books.items()} if code else {},
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
    if texts := list(dict.fromkeys(in_english)):
        some = ", ".join(repr(text[:40]) for text in texts[:3]) + " …" * (len(texts) > 3)
        notices.append(f"{language}: texts in English: {len(texts)}, see `make messages`: {some}")
    return project, notices, origin["timestamp"]


def is_shown(cell: dict) -> bool:
    """Return whether a code cell's source belongs into the report's text."""
    return "show-code" in cell["metadata"].get("tags", [])


def code_sources(book: dict) -> list[str]:
    """Return the sources of a notebook's code cells."""
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    return [cell["source"] for cell in cells if cell["source"].strip()]
