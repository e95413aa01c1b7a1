"""The whole smoke report, built by make in a temporary copy whose path has a space."""

import html
import re

import fresh_copy
import nbformat
import pypdf
import pytest
import typography

from helpers import bundles, paths, profiles, translation
from helpers.report import languages


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the tracked files, as a fresh clone has them, and its smoke report."""
    root = tmp_path_factory.mktemp("a fresh clone") / "project"
    fresh_copy.copy_project(root)
    fresh_copy.make_report(root)
    return root


@pytest.fixture(scope="module", params=translation.languages())
def language(request):
    return request.param


@pytest.fixture(scope="module")
def pdf(copy, language):
    return pypdf.PdfReader(copy / "reports" / f"report.{language}.pdf")


@pytest.fixture(scope="module")
def pages(pdf):
    return [typography.read(page) for page in pdf.pages]


@pytest.fixture(scope="module")
def text(pages):
    return "\n".join(page.text for page in pages)


def headings(language, level=r"#{1,2}"):
    for path in profiles.notebooks():
        book, _missing = languages.translated(path, language)
        for cell in book["cells"]:
            if cell["cell_type"] == "markdown":
                yield from re.findall(rf"^{level} (.+)$", cell["source"], re.MULTILINE)


def squeeze(string):
    """Fold white space and apostrophes, and drop Markdown's marks."""
    return re.sub(r"\s+", "", re.sub(r"[*`$\\]", "", string)).replace("’", "'")


@pytest.mark.end_to_end
def test_every_heading_is_in_the_text_and_every_title_in_the_outline(pdf, text, language):
    folded = squeeze(text)
    for heading in headings(language):
        if "$" not in heading:
            assert squeeze(heading) in folded, heading
    outline = squeeze(" ".join(entry.title for entry in flatten(pdf.outline)))
    for title in headings(language, "#"):
        assert squeeze(title) in outline, title


def flatten(outline):
    for entry in outline:
        yield from flatten(entry) if isinstance(entry, list) else [entry]


@pytest.mark.end_to_end
def test_pages_are_full_figures_in_order_and_numbers_whole(pdf, pages):
    assert typography.pages_left_empty(pages, pdf) == []
    assert typography.out_of_order(pages) == []
    assert typography.torn_numbers(pages) == []


@pytest.mark.end_to_end
def test_every_font_is_embedded(pdf):
    fonts = {}
    for page in pdf.pages:
        for font in page["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            inner = font["/DescendantFonts"][0].get_object() if "/DescendantFonts" in font else font
            descriptor = inner["/FontDescriptor"]
            fonts[font["/BaseFont"]] = {"/FontFile", "/FontFile2", "/FontFile3"} & set(descriptor)
    assert fonts
    assert all(fonts.values()), fonts


@pytest.mark.end_to_end
def test_the_abstract_is_computed_and_stands_in_front(text, language):
    front = {"en": ("Abstract", "claims are reproduced", "Contents")}
    front["ru"] = ("Реферат", "из всех утверждений", "Содержание")
    places = [text.index(words) for words in front[language]]
    assert places == sorted(places)


@pytest.mark.end_to_end
def test_the_report_says_which_profile_made_it(text):
    assert "smoke" in text


@pytest.fixture(scope="module")
def page(copy, language):
    return (copy / "reports" / "html" / language / "index.html").read_text(encoding="utf-8")


@pytest.mark.end_to_end
def test_nothing_of_the_machine_leaks(copy, text, page):
    for leak in (copy, paths.ROOT, "Traceback", "Warning:", "<Figure size", "object at 0x"):
        assert str(leak) not in text
        assert str(leak) not in page and html.escape(str(leak)) not in page


@pytest.mark.end_to_end
def test_the_page_loads_nothing(page):
    elements = re.findall(r"<(?:img|script|link|iframe|source|video)\b[^>]*", page)
    sources = [found for each in elements for found in re.findall(r'(?:src|href)="(.{5})', each)]
    assert set(sources) == {"data:"}


@pytest.mark.end_to_end
def test_executed_notebooks_print_nothing(copy):
    for path in (copy / "reports" / "notebooks").glob("*.ipynb"):
        for cell in nbformat.read(path, as_version=4).cells:
            for output in cell.get("outputs", []):
                assert output.output_type == "display_data", f"{path.name}, {cell.id}: {output}"


def outputs(copy):
    """Yield the outputs of the report's six; a notebook beside them may be English for a while."""
    for path in sorted((copy / "reports" / "notebooks").glob("*.ipynb"))[:6]:
        for cell in nbformat.read(path, as_version=4).cells:
            yield from cell.get("outputs", [])


@pytest.mark.end_to_end
def test_every_text_is_translated(copy, language):
    texts = [text for output in outputs(copy) for text in bundles.texts(output)]
    assert len(texts) > 200
    assert [
        text for output in outputs(copy) for text in languages.untranslated(output, language)
    ] == []


@pytest.mark.end_to_end
def test_every_figure_is_drawn_in_every_language(copy, language):
    figures = [
        each for each in outputs(copy) if each.metadata.get("report", {}).get("kind") == "figure"
    ]
    assert len(figures) > 15
    for figure in figures:
        assert (set(figure.data[bundles.PICTURES]) | {"en"}) == set(translation.languages())


@pytest.mark.end_to_end
def test_a_second_make_has_nothing_to_do(copy):
    output = fresh_copy.make_report(copy)
    assert "done in" not in output
    assert output.splitlines() == [
        f"reports/report.{each}.pdf is up to date" for each in translation.languages()
    ]
