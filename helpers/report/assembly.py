"""Join the executed notebooks into one report.

`DocumentError` is the only exception that bad input raises; its message is one fault a line, each
with notebook, cell (number, id and first line), fault and remedy. Importing this module is cheap:
Typst and pydantic are loaded when `write_report` runs.
"""

import itertools
import json
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import yaml

from helpers import files, paths
from helpers.report import languages, listings, provenance, title
from nbtypst import compiler, notebook
from nbtypst.document import Document, keys_of

TEMPLATES = Path(__file__).parent / "templates"
ALTERNATIVE = re.compile(r'#(formula|displayed)\("(?:[^"\\]|\\.)*"')  # the text of a formula


def write_report(
    executed: Sequence[Path],
    language: str = "en",
    pdf: Path | None = None,
    page: Path | None = None,
    results: Path | None = None,
    code: bool = False,
) -> list[str]:
    """Join executed notebooks into a PDF, an HTML page, or both; cells are converted once.

    They depend on these arguments, report.yml, helpers/**, nbtypst/**, docs/architecture.svg, the
    stored notebooks' prose, catalogues, notebooks/references.bib and the images that Markdown
    names; the same input, the same bytes.

    Args:
        executed: paths of the executed notebooks, in the report's order. Where notebooks/ has one
            of that name, its prose and order count; outputs are matched by cell id.
        language: "en" or "ru".
        pdf: where the PDF goes; replaced in one step, left alone on an error.
        page: likewise for the page, one file that needs no other.
        results: folder of the notebooks' results, by default `paths.RESULTS`.
        code: append every code cell, after the core of the source.

    Returns:
        Notices: lines on what is left out knowingly, such as a warning that a cell printed, and on
        texts that are left in English.

    Raises:
        DocumentError: something cannot be set; the message names every fault with its cell.
    """
    project, notices, timestamp = assemble(executed, language, results or paths.RESULTS, code)
    compile_report(project, timestamp, pdf, page)
    return notices


def compile_report(
    project: dict[str, bytes], timestamp: int, pdf: Path | None, page: Path | None
) -> None:
    """Write PDF, page, or both, of a project that `assemble` made, in one step each."""
    contents = {}
    if page:
        project["main.typ"] = (TEMPLATES / "page.typ").read_bytes()
        contents[page] = with_anchors(compiler.compile_html(project)).encode()
    if pdf:
        project["main.typ"] = (TEMPLATES / "report.typ").read_bytes()
        contents[pdf] = compiler.compile_pdf(project, timestamp)
    for path, content in contents.items():
        with files.replacing(path) as temporary:
            temporary.write_bytes(content)


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
    abstract = taken_out(books, "abstract")
    if front["theme"] == "gost":
        end_captions(books.values())
    origin = provenance.gather(books, results, language)
    references = (paths.NOTEBOOKS / "references.bib").read_bytes()
    folders = [*(path.parent for path in executed), paths.NOTEBOOKS]
    document = Document(language=language, folders=tuple(folders), keys=keys_of(references))
    sections = notebook.typeset(
        {"abstract": abstract} | books, document, lambda cell: has_tag(cell, "show-code")
    )
    document.problems.check()
    cited = re.findall(r"#cite\(label\((.*?)\)\)", "".join(sections.values()))
    words = yaml.safe_load((TEMPLATES / "words.yml").read_text(encoding="utf-8"))[language]
    data = {
        "language": language,
        "title": front,
        "words": words,
        "abstract": bool(abstract["cells"]),
        "sections": list(books),
        "cited": len(set(cited)),
        "provenance": origin,
        "core": listings.core_sources(),
        "code": {name: code_sources(book) for name, book in books.items()} if code else {},
    }
    project = {
        name: (TEMPLATES / name).read_bytes() for name in ("gost.csl", "gost.typ", "walk.js")
    }
    project |= {
        "report.json": json.dumps(data, ensure_ascii=False).encode(),
        "references.bib": references,
        "architecture.svg": (paths.ROOT / "docs" / "architecture.svg").read_bytes(),
        **document.files,
    }
    for name, text in sections.items():
        told = ALTERNATIVE.sub(lambda match: spoken(match[0], words["spoken"]), text)
        project[f"{name}.typ"] = f'#import "style.typ": *\n{told}'.encode()
    notices = list(document.notices)
    if texts := list(dict.fromkeys(in_english)):
        some = ", ".join(repr(text[:40]) for text in texts[:3]) + " …" * (len(texts) > 3)
        notices.append(f"{language}: texts in English: {len(texts)}, see `make messages`: {some}")
    return project, notices, origin["timestamp"]


def taken_out(books: dict[str, dict], tag: str) -> dict:
    """Return a notebook of the cells that have a tag, which are no longer in `books`."""
    taken = []
    for book in books.values():
        taken += [cell for cell in book["cells"] if has_tag(cell, tag)]
        book["cells"] = [cell for cell in book["cells"] if not has_tag(cell, tag)]
    return {"cells": taken, "metadata": {}}


def end_captions(books: Iterable[dict]) -> None:
    """Take the full stop from the end of every caption, as GOST 7.32 has it."""
    for book in books:
        for cell in book["cells"]:
            for output in cell.get("outputs", []):
                report = output.get("metadata", {}).get("report", {})
                if "caption" in report:
                    report["caption"] = report["caption"].strip().removesuffix(".")


def spoken(alternative: str, words: dict[str, str]) -> str:
    """Return a formula's alternative text with signs and words in place of TeX's names."""
    alternative = re.sub(r" tag\S* label\S*(?=\")", "", alternative)
    return re.sub(
        r"(?:text|hat)(?=\w)|[A-Za-z]+", lambda name: words.get(name[0], name[0]), alternative
    )


def with_anchors(page: str) -> str:
    """Return a page on which every heading, figure, table and formula has an anchor."""
    numbers = itertools.count(1)
    bare = re.compile(r'<(h[2-6]|figure|table|div class="(equation)")(?=>)')
    return bare.sub(lambda tag: f'{tag[0]} id="{tag[2] or tag[1]}-{next(numbers)}"', page)


def has_tag(cell: dict, tag: str) -> bool:
    """Return whether a cell has a tag."""
    return tag in cell["metadata"].get("tags", [])


def code_sources(book: dict) -> list[str]:
    """Return the sources of a notebook's code cells."""
    cells = [cell for cell in book["cells"] if cell["cell_type"] == "code"]
    return [cell["source"] for cell in cells if cell["source"].strip()]
