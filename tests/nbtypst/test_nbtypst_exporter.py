import importlib.metadata
import io
import json
import logging
import re
import subprocess
import sys

import nbformat
import pypdf
import pytest
import typst
from nbconvert.nbconvertapp import NbConvertApp
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
        "print(sorted({'typst', 'markdown_it', 'PIL', 'matplotlib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture
def export(make, tmp_path, caplog):
    """Return a function from cells and metadata to (text of the PDF, its reader, warnings)."""

    def run(*cells, metadata=None, name="somebody's", **options):
        cells = [make.markdown(cell) if isinstance(cell, str) else cell for cell in cells]
        book = make.book(*cells)
        book["metadata"] |= metadata or {}
        path = tmp_path / f"{name}.ipynb"
        path.write_text(json.dumps(book), encoding="utf-8")
        exporter = TypstPDFExporter(**options)
        exporter.log = logging.getLogger("test_exporter")
        pdf, _ = exporter.from_filename(str(path))
        reader = pypdf.PdfReader(io.BytesIO(pdf))
        text = " ".join(" ".join(page.extract_text() for page in reader.pages).split())
        return text, reader, " ".join(record.getMessage() for record in caplog.records)

    return run


def archivable(reader):
    declared = reader.trailer["/Root"]["/Metadata"].get_data().decode()
    return "<pdfuaid:part>1<" in declared and "<pdfaid:part>2<" in declared


def test_oddities_of_other_notebooks(export, make):
    """Broken images, missing characters, links to files: the PDF stays accessible."""
    text, reader, warnings = export(
        "### Third level\nsee [other](beside.ipynb) and [it](#third-level)\n\n##### Fifth\n\n#",
        make.code("x", make.shown(image__png="bm90IGEgcG5n"), make.shown(image__png="abcde")),
        make.code("y", make.shown(application__pdf="JVBERi0xLjQgYnJva2Vu")),
        make.markdown("\u0378 and the rest \ue000 \ufdd0 [text]() <br>\n\n<br>", "rest"),
        "`\u0378/" + "long/" * 20 + "`",
    )
    for words in ("Third level", "see other and it", "□ and the rest □", "text", "□/long/long/"):
        assert words in text.replace("\u200b", "").replace(" /", "/")
    assert archivable(reader) and "#align" not in text
    assert "cell 2 (code), 'x': failed to decode image" in warnings
    assert "cell 2 (code), 'x': an output of type image/png is no image" in warnings
    assert re.search(r"cell 3 \(\w+\), 'y': failed to", warnings)
    # U+0378 is an unused code point: no font has it.
    assert re.search(r"cell 4 .*: no font has the characters \u0378", warnings)


def test_title_authors_and_date_of_the_metadata(export):
    metadata = {"title": "My Homework", "authors": [{"name": "Ann"}], "date": "1 May", "lang": "ru"}
    text, reader, _ = export("## Section", metadata=metadata)
    assert text.startswith("My Homework Ann 1 May Section")
    assert reader.metadata.title == "My Homework" and reader.metadata.author == "Ann"
    assert reader.trailer["/Root"]["/Lang"] == "ru"


def test_front_matter_of_quarto_is_not_printed(export):
    text, reader, _ = export('---\ntitle: "A title"\nauthor: Bob\nformat: typst\n---', "# One")
    assert text.startswith("A title Bob One") and "format" not in text


def test_the_output_is_named_as_asked_for(notebook_file, tmp_path):
    app = NbConvertApp()
    app.initialize(["--to", "typst-pdf", "--output", "report.pdf", str(notebook_file)])
    app.start()
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF")
    assert not (tmp_path / "report.pdf.pdf").exists()


def test_a_cell_that_typst_rejects_is_shown_as_its_source(export):
    raw = {"cell_type": "raw", "id": "r", "metadata": {"raw_mimetype": "text/vnd.typst"}}
    text, _, warnings = export("# One", {**raw, "source": "#nonsense(1)"}, "last $x$")
    assert "One #nonsense(1) last" in text
    assert "cell 2 (r), '#nonsense(1)': unknown variable: nonsense" in warnings


def test_a_formula_that_typst_rejects_is_shown_as_its_tex():
    bad = '#formula("x", $nonsense(x)$)'
    main = (
        '#import "style.typ": *\n#set document(title: "t")\n\n'
        f'// @ a, cell 1\nbefore {bad} after #formula("y", $y$)'
    )
    fallbacks = {bad: '#unset("$\\\\nonsense x$")', '#formula("y", $y$)': '#unset("$y$")'}
    pdf, messages = compiler.compile_mended({"main.typ": main.encode()}, fallbacks)
    text = pypdf.PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert "before $\\nonsense x$ after 𝑦" in text
    assert messages == ["a, cell 1: unknown variable: nonsense"]


def test_fonts_of_installed_packages_are_used(tmp_path, monkeypatch):
    (tmp_path / "some_fonts").mkdir()
    (tmp_path / "some_fonts" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    folders = compiler.package_folders("some_fonts", "no_such_fonts")
    assert folders == [str(tmp_path / "some_fonts")]


def test_cells_of_a_later_nbformat_are_named(typeset, make):
    later = {"cell_type": "chart", "metadata": {}}
    code = make.code("x", {"output_type": "new"}, make.stream("kept"))
    source, document = typeset(later, code, strict=False)
    assert "kept" in source
    assert document.notices == [
        "01_test, cell 1, '': it is no cell of nbformat and is left out",
        "01_test, cell 2 (code), 'x': an output that is none of nbformat's is left out",
    ]


NO_SOURCE = '{"cells": [{"cell_type": "markdown", "metadata": {}}], "metadata": {}, "nbformat": 4'


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"hello", "does not appear to be JSON"),
        (b"\xff\xfe", "can't decode byte"),
        (b"[]", "'list' object"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": [], "cells": []}', "pop expected"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}', "missing an expected key: cells"),
        (NO_SOURCE.encode() + b', "nbformat_minor": 4}', "cells.0: 'source' is a required"),
        (b'{"cells": [], "metadata": {}, "nbformat": 9, "nbformat_minor": 5}', "version 9"),
        (b'{"nbformat": 3, "nbformat_minor": 0, "metadata": {}}', "key: worksheets"),
    ],
)
def test_an_invalid_notebook_ends_in_one_line(tmp_path, content, fault):
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content)
    app = NbConvertApp()
    app.initialize(["--to", "typst-pdf", str(path)])
    with pytest.raises(SystemExit) as caught:  # Python prints its code, without a traceback
        app.start()
    message = caught.value.code
    assert message.startswith("broken.ipynb: not a Jupyter notebook (")
    assert fault in message and message.endswith("open it in JupyterLab and save it anew")
    assert "\n" not in message and len(message) < 350
    assert list(tmp_path.iterdir()) == [path]


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
