import importlib.metadata
import json
import logging
import re
import subprocess
import sys

import nbformat
import pypdf
import pytest
import typst
from nbconvert.writers import FilesWriter

from nbtypst import compiler
from nbtypst.exporter import TypstExporter, TypstPDFExporter


@pytest.fixture
def notebook_file(make, tmp_path):
    book = make.book(
        make.markdown("# Чужая тетрадь\nText with $x^2$ and $\\unknown$."),
        make.code("1 + 1", make.shown(text__plain="two"), make.shown(image__png=make.png)),
    )
    path = tmp_path / "somebody's notebook.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    nbformat.validate(nbformat.read(path, as_version=4))
    return path


def test_entry_points_name_the_exporters():
    found = {
        point.name: point for point in importlib.metadata.entry_points(group="nbconvert.exporters")
    }
    assert found["typst"].load() is TypstExporter
    assert found["typst-pdf"].load() is TypstPDFExporter


def test_pdf_of_any_notebook(notebook_file, tmp_path, caplog):
    pdf, resources = TypstPDFExporter().from_filename(str(notebook_file))
    assert resources["output_extension"] == ".pdf" and "outputs" not in resources
    (tmp_path / "out.pdf").write_bytes(pdf)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "out.pdf").pages)
    for words in ("Чужая тетрадь", "\\unknown", "1 + 1", "two"):
        assert words in text


def test_typst_and_its_images_compile(notebook_file, tmp_path):
    source, resources = TypstExporter().from_filename(
        str(notebook_file), resources={"output_files_dir": "files"}
    )
    assert len(resources["outputs"]) == 1
    FilesWriter(build_directory=str(tmp_path)).write(source, resources, notebook_name="out")
    assert typst.compile(str(tmp_path / "out.typ"), font_paths=compiler.fonts()).startswith(b"%PDF")


def test_nbconvert_options_work(notebook_file):
    exporter = TypstExporter(exclude_input=True, language="ru")
    source, _ = exporter.from_filename(str(notebook_file))
    assert "#code(" not in source and "two" in source and 'lang: "ru"' in source


def test_the_language_decides_the_decimal_mark(make, tmp_path):
    table = make.code("x", make.table(["n"], [["1,5"], ["12"]], ["right"]))
    path = tmp_path / "t.ipynb"
    path.write_text(json.dumps(make.book(table)))
    source, _ = TypstExporter(language="ru").from_filename(str(path))
    assert '[#"12"#unseen(",5")]' in source


def test_listing_exporters_loads_nothing_heavy():
    code = (
        "import sys; from nbtypst.exporter import TypstPDFExporter; TypstPDFExporter();"
        "print(sorted({'typst', 'pypandoc', 'pydantic', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_oddities_of_other_notebooks(make, tmp_path, caplog):
    """A first heading of level 2, broken images, missing characters, links to files."""
    book = make.book(
        make.markdown("## Second level\nsee [other](beside.ipynb) and [it](#Second-level)"),
        make.code("x", make.shown(image__png="bm90IGEgcG5n"), make.shown(image__png="abcde")),
        make.markdown("\u0378 and the rest", "rest"),
    )
    path = tmp_path / "somebody's.ipynb"
    path.write_text(json.dumps(book), encoding="utf-8")
    exporter = TypstPDFExporter()
    exporter.log = logging.getLogger("test_exporter")
    pdf, _ = exporter.from_filename(str(path))
    (tmp_path / "out.pdf").write_bytes(pdf)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "out.pdf").pages)
    for words in ("somebody's", "Second level", "see other and it", "and the rest"):
        assert words in text.replace("’", "'")
    said = " ".join(record.getMessage() for record in caplog.records)
    assert "cell 2 (code), 'x': failed to decode image" in said
    assert "cell 2 (code), 'x': an output of type image/png is no image" in said
    # U+0378 is an unused code point: no font has it.
    assert re.search(r"cell 3 .*: no font has the characters \u0378", said)


def test_citations_of_a_bibliography_beside_the_notebook(make, tmp_path):
    (tmp_path / "references.bib").write_text(
        "@book{who2000, title={What}, author={Who}, year={2000}}"
    )
    path = tmp_path / "a.ipynb"
    path.write_text(json.dumps(make.book(make.markdown("# A\nby [Who, 2000](#ref-who2000)"))))
    pdf, _ = TypstPDFExporter().from_filename(str(path))
    (tmp_path / "out.pdf").write_bytes(pdf)
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(tmp_path / "out.pdf").pages)
    assert "by [1]" in text and "Who, What" in text
