"""Notebooks made by hand, so that no kernel runs here, and a reader of what was set."""

import base64
import io
import json
import struct
import zlib

import pypdf
import pytest

from helpers.report import compiler, notebook
from helpers.report.document import Document


def png(width=4, height=4):
    """Return the bytes of a grey PNG, written out by its specification."""

    def chunk(kind, data):
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + bytes([120] * width) for _ in range(height)))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


class Make:
    """Short forms of nbformat's dictionaries."""

    png = base64.b64encode(png()).decode()

    @staticmethod
    def markdown(source, cell_id="prose", **more):
        return {"cell_type": "markdown", "id": cell_id, "metadata": {}, "source": source, **more}

    @staticmethod
    def code(source="x", *outputs, cell_id="code", tags=()):
        return {
            "cell_type": "code",
            "id": cell_id,
            "metadata": {"tags": list(tags)},
            "execution_count": None,
            "source": source,
            "outputs": list(outputs),
        }

    @staticmethod
    def shown(report=None, **data):
        """Return a display output; keys such as image_png become MIME types."""
        data = {key.replace("__", "/", 1).replace("_", "+"): value for key, value in data.items()}
        metadata = {"report": report} if report else {}
        return {"output_type": "display_data", "data": data, "metadata": metadata}

    @staticmethod
    def stream(text, name="stdout"):
        return {"output_type": "stream", "name": name, "text": text}

    @staticmethod
    def figure(label="fig-a", caption="A caption.", alt="A grey square."):
        report = {"kind": "figure", "label": label, "caption": caption, "alt": alt}
        return Make.shown(report, image__png=Make.png)

    @staticmethod
    def table(columns, rows, align, label="tab-a", caption="A table."):
        content = {"columns": columns, "rows": rows}
        report = {"kind": "table", "label": label, "caption": caption, **content}
        output = Make.shown(report | {"formats": [None] * len(columns)})
        content["align"] = align
        output["data"] = {"application/vnd.report.table+json": content, "text/html": "<table/>"}
        return output

    @staticmethod
    def book(*cells):
        return {
            "cells": list(cells),
            "metadata": {"language_info": {"name": "python"}},
            "nbformat": 4,
            "nbformat_minor": 5,
        }


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
def read(typeset):
    """Return a function from cells (or Markdown) to the text of their accessible PDF."""

    def run(*cells, **options):
        source, document = typeset(*cells, **options)
        document.problems.check()
        style = (compiler.TEMPLATES / "typst" / "style.typ").read_text(encoding="utf-8")
        main = f'{style}\n#set document(title: "t")\n#show: style\n{source}'
        files = {"main.typ": main.encode(), **document.files}
        return text_of(compiler.compile_pdf(files, timestamp=0))

    return run


def text_of(pdf):
    """Return the text of a PDF's bytes, white space made single."""
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


@pytest.fixture
def project(tmp_path):
    """Return a function that writes executed notebooks and gives `build`'s arguments."""

    def write(books, profile="quick", **provenance):
        record = {
            "profile": profile,
            "seed": 0,
            "commit": "0123456789abcdef0123456789abcdef01234567",
            "dirty": False,
            "versions": {"python": "3.11.7", "keras": "3.15.0"},
            "device": "a processor, 2 cores",
            "precision": "float32",
            "started": "2026-01-02T03:04:05+00:00",
            "seconds": 7.0,
            "data": [{"name": "digits", "source": "scikit-learn", "sha256": "ab" * 32}],
            **provenance,
        }
        paths = []
        for name, cells in books.items():
            paths.append(tmp_path / f"{name}.ipynb")
            paths[-1].write_text(json.dumps(Make.book(*cells)), encoding="utf-8")
            results = tmp_path / f"{name}.json"
            results.write_text(json.dumps({"provenance": record}), encoding="utf-8")
        return {"executed": paths, "pdf": tmp_path / "report.pdf", "results": tmp_path}

    return write
