"""Cells to Typst, to the text of a PDF, and to a page."""

import io

import pypdf
import pytest
from handmade import Make

from nbtypst import compiler, notebook
from nbtypst.document import Document


@pytest.fixture
def make():
    return Make


@pytest.fixture
def typeset():
    """Return a function from cells (or Markdown) to (Typst source, the Document)."""

    def run(*cells, strict=True, **options):
        cells = [Make.markdown(cell) if isinstance(cell, str) else cell for cell in cells]
        document = Document(strict=strict, **options)
        books = {"01_test": Make.book(*cells)}
        source = notebook.typeset(books, document, show_code=lambda cell: True)["01_test"]
        return source, document

    return run


@pytest.fixture
def project(typeset):
    """Return a function from cells (or Markdown) to the files of their Typst project."""

    def write(*cells, **options):
        source, document = typeset(*cells, **options)
        document.problems.check()
        main = f'#import "style.typ": *\n#set document(title: "t")\n#show: style\n{source}'
        return {"main.typ": main.encode(), **document.files}

    return write


@pytest.fixture
def read(project):
    """Return a function from cells (or Markdown) to the text of their accessible PDF."""

    def run(*cells, **options):
        pdf = compiler.compile_pdf(project(*cells, **options), timestamp=0)
        pages = pypdf.PdfReader(io.BytesIO(pdf)).pages
        return " ".join(" ".join(page.extract_text() for page in pages).split())

    return run
