import json
import re
import subprocess
import sys

import pypdf
import pytest

from helpers import paths, translation
from helpers.report import DocumentError, build, title
from nbtypst import markdown

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
BOOKS = {
    "01_first": [
        (
            "markdown",
            "# First section\nA sentence with [He et al., 2015](#ref-he2015).\n## Part\nMore.",
        ),
        ("figure", "fig-one"),
    ],
    "02_second": [("markdown", "# Second section\nSee [figure](#fig-one) and [section](#sec-c0).")],
}


@pytest.fixture
def arguments(project, make):
    def cell(kind, content, number):
        if kind == "markdown":
            return make.markdown(content, f"c{number}")
        tags = ("show-code",) if kind == "shown" else ()
        outputs = [make.figure(content)] if kind == "figure" else []
        return make.code(content, *outputs, cell_id=f"c{number}", tags=tags)

    def write(books=BOOKS, **options):
        return project(
            {
                name: [cell(*parts, number) for number, parts in enumerate(cells)]
                for name, cells in books.items()
            },
            **options,
        )

    return write


def text_of(path):
    return " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(path).pages).split())


def outline(entries):
    names = []
    for entry in entries:
        names += outline(entry) if isinstance(entry, list) else [entry.title]
    return names


def test_the_report(arguments):
    given = arguments()
    assert build(**given) == []
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
        "Where the numbers come from",
    ]
    last = reader.pages[-1].extract_text()
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
    build(**given, language="ru")
    assert "Блокнот notebooks/01_first.ipynb" in text_of(given["pdf"])
    words = (paths.ROOT / "helpers" / "report" / "templates" / "words.yml").read_text("utf-8")
    assert not re.search("записн", words, re.IGNORECASE)


def test_results_from_outside_git(arguments):
    given = arguments(commit="unknown", data=[], versions={})
    build(**given)
    assert "at commit unknown" in text_of(given["pdf"])


def test_the_report_is_accessible_and_archivable(arguments):
    given = arguments()
    build(**given)
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


def test_every_font_is_embedded(arguments):
    given = arguments(
        {"01_a": [("markdown", "# Тест\n$x_1$ `code` *курсив* **bold** $\\mathcal{F}$")]}
    )
    build(**given)
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
    build(**given)
    first = given["pdf"].read_bytes()
    given["pdf"].unlink()
    build(**given)
    assert given["pdf"].read_bytes() == first


@pytest.mark.parametrize("language", ["en", "ru"])
def test_text_can_be_searched_with_hyphenation_undone(arguments, language):
    given = arguments({"01_a": [("markdown", "# A\n" + PARAGRAPH[language])]})
    build(**given, language=language)
    text = "\n".join(page.extract_text() for page in pypdf.PdfReader(given["pdf"]).pages)
    assert PARAGRAPH[language] in " ".join(re.sub(r"[-\u00ad\u2010]\s*\n", "", text).split())


def test_the_russian_report(arguments):
    given = arguments()
    (notice,) = build(**given, language="ru")
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
    build(**given)
    text = text_of(given["pdf"])
    assert "1 New words" in text and "A sentence" not in text
    assert "Figure 1.1" in text


def test_code_is_hidden_unless_tagged_or_asked_for(arguments):
    given = arguments(
        {"01_a": [("markdown", "# A"), ("code", "hidden = 1"), ("shown", "visible = 2")]}
    )
    build(**given)
    assert "visible = 2" in text_of(given["pdf"]) and "hidden" not in text_of(given["pdf"])
    build(**given, code=True)
    text = text_of(given["pdf"])
    assert "hidden = 1" in text and text.count("visible = 2") == 2


@pytest.mark.parametrize(
    ("markdown", "fault"),
    [("[figure](#fig-none)", "the link to #fig-none finds"), ("日本", "no font")],
    ids=["on both", "on paper alone"],
)
def test_a_fault_leaves_the_old_report_alone(arguments, markdown, fault):
    given = arguments({"01_a": [("markdown", markdown)]})
    page = given["results"] / "index.html"
    for path in (given["pdf"], page):
        path.write_bytes(b"old")
    with pytest.raises(DocumentError, match=f"01_a, cell 1 .*{fault}"):
        build(**given, page=page)
    assert given["pdf"].read_bytes() == page.read_bytes() == b"old"
    assert not list(given["pdf"].parent.glob(".*"))


def test_pdf_and_page_share_the_conversion_of_cells(arguments, monkeypatch):
    given, calls, typeset = arguments(), [], markdown.typeset
    monkeypatch.setattr(markdown, "typeset", lambda *words: calls.append(words) or typeset(*words))
    build(**given, page=given["results"] / "index.html")
    assert len(calls) == 1


def test_characters_without_a_glyph_name_their_cell(arguments):
    given = arguments({"01_a": [("markdown", "fine"), ("markdown", "日本")]})
    with pytest.raises(DocumentError, match="01_a, cell 2 .*no font has the characters 日 本"):
        build(**given)


def test_an_image_that_cannot_be_read_names_its_cell(arguments, make):
    given = arguments()
    given["executed"][0].write_text(
        given["executed"][0].read_text().replace(make.png, "bm90IGEgcG5n")
    )
    with pytest.raises(DocumentError, match="01_first, cell 2 .*failed to decode image"):
        build(**given)


def test_no_path_of_this_machine_is_told(arguments):
    given = arguments()
    build(**given)
    assert str(given["results"]) not in text_of(given["pdf"])
    assert str(given["results"]).encode() not in given["pdf"].read_bytes()
    assert str(paths.ROOT).encode() not in given["pdf"].read_bytes()


def test_results_of_two_profiles_do_not_mix(arguments):
    given = arguments({"01_a": [("markdown", "# A")], "02_b": [("markdown", "# B")]})
    changed = given["results"] / "02_b.json"
    changed.write_text(changed.read_text().replace('"quick"', '"full"'))
    with pytest.raises(DocumentError, match=r"different profiles \(01_a quick, 02_b full\)"):
        build(**given)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("not json", "not a Jupyter notebook"),
        ('{"cells": 1}', "not a Jupyter notebook"),
        (None, "No such file"),
    ],
)
def test_a_bad_notebook_is_named(arguments, content, fault):
    given = arguments()
    if content is None:
        given["executed"][1].unlink()
    else:
        given["executed"][1].write_text(content)
    with pytest.raises(DocumentError, match=f"02_second.ipynb: {fault}"):
        build(**given)


def test_bad_results_are_named(arguments):
    given = arguments()
    (given["results"] / "01_first.json").write_text("{}")
    with pytest.raises(DocumentError, match="01_first.json: no results with provenance"):
        build(**given)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('student: "Student\'s name"', ""), "report.yml, line 3: en.student is missing: add it$"),
        (('city: "City"', 'town: "City"'), "line 14: en.town is unknown: remove it"),
        (("group:", "groups:"), "line 12: en.groups is unknown: remove it, or correct its name$"),
        (("work: 1", "work: first"), "line 9: en.work must be a valid integer, found 'first'$"),
        (("work: 1", "work: 0"), "en.work must be greater than or equal to 1, found 0$"),
        (('group: "Group"', "group: 5"), 'en.group must be text in quotes, group: "…"; found 5$'),
        (('group: "Group"', "group:"), 'group must be text in quotes, group: "…"; found nothing$'),
        (('city: "City"', 'city: " "'), "en.city must have at least 1 character"),
        (("ru:", "de:"), "report.yml, line 1: ru is missing"),
        (("en:", "en: 1\nit:"), "line 3: en must hold fields, one a line, indented, .* found 1"),
        (("Student's name", 'the "student"'), 'report.yml, line 11: not YAML, .* name: "text"'),
        (('name"\n  group', "name\n  group"), "report.yml, line 11: not YAML"),
        (('"Group"', '["Group"'), "report.yml, line 12: not YAML"),
    ],
)
def test_report_yml_is_validated(tmp_path, change, fault):
    text = (paths.ROOT / "report.yml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "report.yml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(DocumentError, match=fault):
        title.read_title(path, "en")


@pytest.mark.parametrize(
    ("language", "fault"),
    [
        ("de", "the report is written in en or ru, not in 'de': name one of them in REPORT_LANG"),
        ("ru", "locale/ru/LC_MESSAGES holds no strings: make messages REPORT_LANG=ru"),
    ],
)
def test_a_language_without_strings_is_named(tmp_path, monkeypatch, language, fault):
    """`make report` reads the title page before anything runs."""
    monkeypatch.setattr(paths, "LOCALE", tmp_path / "locale")
    (paths.LOCALE / language / "LC_MESSAGES").mkdir(parents=True)
    assert language in translation.languages()
    with pytest.raises(DocumentError, match=fault):
        title.read_title(paths.ROOT / "report.yml", language)


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
    build(**given, language=language)
    text = re.sub(r"\s+", "", text_of(given["pdf"]))
    for entry in bibliography.split("@")[1:]:
        title = re.search(r"title = \{(.*)\},", entry)[1]
        address = re.search(r"(?:doi|url) = \{(.*)\}", entry)[1]
        assert re.sub(r"[{}\s]", "", title) in text
        assert address in text
    assert "others" not in text
