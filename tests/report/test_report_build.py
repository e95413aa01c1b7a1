import json
import re
import subprocess
import sys

import pypdf
import pytest

from helpers import paths
from helpers.report import listings, title, write_report
from nbtypst import markdown

CORE = listings.CORE
PARAGRAPH = {
    "en": (
        "Convolutional autoencoders characterise hypertrophic cardiomyopathy by interpretable "
        "representations, whereas conventional classifiers communicate probabilities without "
        "anatomical justification and reproducibility."
    ),
    "ru": (
        "Вариационный автокодировщик восстанавливает трёхмерные сегментации миокарда левого "
        "желудочка, а градиентный подъём в скрытом пространстве показывает, какие "
        "анатомические различия соответствуют гипертрофической кардиомиопатии."
    ),
}


def text_of(path):
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(path).pages).split())


def outline(entries):
    names = []
    for entry in entries:
        names += outline(entry) if isinstance(entry, list) else [entry.title]
    return names


def test_the_report(arguments):
    given = arguments()
    assert write_report(**given) == []
    reader = pypdf.PdfReader(given["pdf"])
    front = title.read_title(paths.ROOT / "report.yml", "en")
    first = " ".join(reader.pages[0].extract_text().split())
    for words in (
        front["title"],
        front["student"],
        "Homework No. 1",
        "The quick profile runs small",
    ):
        assert words in first
    text = text_of(given["pdf"])
    assert "A sentence with [1]." in text
    assert "[1] K. He, X. Zhang, S. Ren, and J. Sun, “Deep Residual Learning" in text
    assert "See figure 1.1 and section 2." in text
    assert "Notebook notebooks/01_first.ipynb, at commit 0123456789" in text
    assert outline(reader.outline) == [
        "1 First section",
        "1.1 Part",
        "2 Second section",
        "References",
        "Appendix A. Where the numbers come from",
        "Appendix B. The code in outline",
        "Appendix C. The core of the source",
    ]
    texts = [page.extract_text() for page in reader.pages]
    (last,) = [text for text in texts if "Appendix A." in text and "Contents" not in text]
    for words in (
        "0123456789abcdef",
        "python 3.11.7",
        "ab" * 32,
        "a processor",
        "2026-01-02 03:04:05",
        "trainings found in the run store are not repeated",
    ):
        assert words in last
    assert reader.metadata.title == front["title"]
    assert reader.metadata.author == front["student"]
    assert reader.metadata["/CreationDate"].startswith("D:20260102030405")


def test_the_russian_frame_calls_a_notebook_what_the_glossary_does(arguments):
    given = arguments()
    write_report(**given, language="ru")
    assert "Блокнот notebooks/01_first.ipynb" in text_of(given["pdf"])
    words = (paths.ROOT / "helpers" / "report" / "templates" / "words.yml").read_text("utf-8")
    assert not re.search("записн", words, re.IGNORECASE)


def test_results_from_outside_git(arguments):
    given = arguments(commit="unknown", data=[], versions={})
    write_report(**given)
    assert "at commit unknown" in text_of(given["pdf"])


def test_the_report_is_accessible_and_archivable(arguments):
    given = arguments()
    write_report(**given)
    root = pypdf.PdfReader(given["pdf"]).trailer["/Root"]
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"]
    declared = root["/Metadata"].get_data().decode()
    assert "<pdfuaid:part>1<" in declared and "<pdfaid:part>2<" in declared
    assert "A grey square." in alternatives(root["/StructTreeRoot"])


def alternatives(element, found=None):
    """Return the alternative texts in a PDF's structure tree."""
    found = [] if found is None else found
    element = element.get_object() if hasattr(element, "get_object") else element
    if isinstance(element, dict):
        if "/Alt" in element:
            found.append(str(element["/Alt"]))
        children = element.get("/K", [])
        children = children.get_object() if hasattr(children, "get_object") else children
        for child in children if isinstance(children, list) else [children]:
            alternatives(child, found)
    return found


def test_a_formula_is_told_in_signs_and_in_the_reader_s_language(arguments):
    formula = "$$\\hat{s} = \\frac{\\partial E}{\\partial \\mu_{1}} \\cdot \\sum_i x_i"
    given = arguments({"01_a": [("markdown", f"# A\n{formula} \\tag{{1}}\\label{{eq-a}}$$")]})
    write_report(**given, language="ru")
    told = " ".join(alternatives(pypdf.PdfReader(given["pdf"]).trailer["/Root"]["/StructTreeRoot"]))
    for words in ("крышка", "∂ E", "∂ μ_", "·", "∑_i x_i"):
        assert words in told
    for words in ("hat", "partial", "cdot", "sum", "tag", "label"):
        assert words not in told


def test_every_font_is_embedded(arguments):
    given = arguments(
        {"01_a": [("markdown", "# Тест\n$x_1$ `code` *курсив* **bold** $\\mathcal{F}$")]}
    )
    write_report(**given)
    fonts = {}
    for page in pypdf.PdfReader(given["pdf"]).pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = font["/FontDescriptor"]
            fonts[font["/BaseFont"]] = {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
    assert all(fonts.values())
    names = " ".join(fonts)
    assert "STIXGeneral" in names and "NewCMMath" in names and "DejaVuSansMono" in names


def test_two_builds_are_byte_identical(arguments):
    given = arguments()
    write_report(**given)
    first = given["pdf"].read_bytes()
    given["pdf"].unlink()
    write_report(**given)
    assert given["pdf"].read_bytes() == first


@pytest.mark.parametrize("language", ["en", "ru"])
def test_text_can_be_searched_with_hyphenation_undone(arguments, language):
    given = arguments({"01_a": [("markdown", "# A\n" + PARAGRAPH[language])]})
    write_report(**given, language=language)
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(given["pdf"]).pages)
    assert PARAGRAPH[language] in " ".join(re.sub(r"[-\u00ad\u2010]\s*\n", "", text).split())


def test_the_russian_report(arguments):
    given = arguments()
    (notice,) = write_report(**given, language="ru")
    assert re.match(r"ru: texts in English: \d, see `make messages`: 'First section', ", notice)
    text = text_of(given["pdf"])
    for words in (
        "Домашнее задание № 1",
        "Содержание",
        "Список литературы",
        "Рис. 1.1 — A caption.",
    ):
        assert words in text
    assert pypdf.PdfReader(given["pdf"]).trailer["/Root"]["/Lang"] == "ru"


def test_prose_is_that_of_the_stored_notebook(arguments, make, tmp_path, monkeypatch):
    """A changed sentence needs no run: outputs are found in the executed copy by cell id."""
    given = arguments()
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "stored")
    paths.NOTEBOOKS.mkdir()
    (paths.NOTEBOOKS / "references.bib").touch()
    stored = make.book(make.markdown("# New words", "c0"), make.code("fig-one", cell_id="c1"))
    (paths.NOTEBOOKS / "01_first.ipynb").write_text(json.dumps(stored), encoding="utf-8")
    write_report(**given)
    text = text_of(given["pdf"])
    assert "1 New words" in text and "A sentence" not in text
    assert "Figure 1.1" in text


def test_code_is_hidden_unless_tagged_or_asked_for(arguments):
    given = arguments(
        {"01_a": [("markdown", "# A"), ("code", "hidden = 1"), ("shown", "visible = 2")]}
    )
    write_report(**given)
    assert "visible = 2" in text_of(given["pdf"]) and "hidden = 1" not in text_of(given["pdf"])
    write_report(**given, code=True)
    text = text_of(given["pdf"])
    assert "hidden = 1" in text and text.count("visible = 2") == 2
    assert "Appendix D. The code of the notebooks" in text


def test_an_appendix_has_the_core_of_the_source(arguments, monkeypatch):
    monkeypatch.setattr(listings, "CORE", CORE)
    given = arguments()
    write_report(**given)
    text = text_of(given["pdf"])
    for names in CORE.values():
        for name in names:
            assert re.search(rf"(def|class) {name}\(", text), name


def test_the_abstract_stands_before_the_contents_and_not_in_its_notebook(project, make):
    cell = make.code("x", make.shown(text__markdown="Summed up."), tags=("abstract",))
    given = project({"01_a": [make.markdown("# A\nText."), cell], "02_b": [make.markdown("# B")]})
    write_report(**given)
    text = text_of(given["pdf"])
    assert text.count("Summed up.") == 1
    assert text.index("Abstract") < text.index("Summed up.") < text.index("Contents")


def test_pdf_and_page_share_the_conversion_of_cells(arguments, monkeypatch):
    given, calls, typeset = arguments(), [], markdown.typeset
    monkeypatch.setattr(markdown, "typeset", lambda *words: calls.append(words) or typeset(*words))
    write_report(**given, page=given["results"] / "index.html")
    assert len(calls) == 1


def test_no_path_of_this_machine_is_told(arguments):
    given = arguments()
    write_report(**given)
    assert str(given["results"]) not in text_of(given["pdf"])
    assert str(given["results"]).encode() not in given["pdf"].read_bytes()
    assert str(paths.ROOT).encode() not in given["pdf"].read_bytes()


def test_importing_the_report_is_cheap():
    heavy = {"typst", "nbconvert", "nbformat", "pydantic", "matplotlib", "tensorflow", "pandas"}
    code = f"import helpers.report, sys; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("language", ["en", "ru"])
def test_every_reference_is_set_with_its_address(arguments, language):
    bibliography = (paths.NOTEBOOKS / "references.bib").read_text(encoding="utf-8")
    keys = re.findall(r"@\w+\{([^,\s]+)", bibliography)
    given = arguments(
        {"01_a": [("markdown", "# A\n" + " ".join(f"[2000](#ref-{k})" for k in keys))]}
    )
    write_report(**given, language=language)
    text = re.sub(r"\s+", "", text_of(given["pdf"]))
    for entry in bibliography.split("@")[1:]:
        title = re.search(r"title = \{(.*)\},", entry)[1]
        address = re.search(r"(?:doi|url) = \{(.*)\}", entry)[1]
        assert re.sub(r"[{}\s]", "", title) in text
        assert address in text
    assert "others" not in text
