"""The theme for GOST 7.32, held against the text and the places of the PDF that it sets."""

import re

import pypdf
import pytest

from helpers.report import assembly, title, write_report

MILLIMETRE = 72 / 25.4


@pytest.fixture
def report(project, make, monkeypatch):
    """Return a function that sets two sections with the theme, and gives the PDF's pages."""
    read_title = title.read_title

    def write(language="ru", theme="gost", lists=True):
        def read(path, wanted):
            return read_title(path, wanted) | {"theme": theme, "lists": lists}

        monkeypatch.setattr(assembly.title, "read_title", read)
        words = "Слово за словом длиннее строки, чтобы абзац занял всю ширину полосы набора. " * 4
        abstract = make.code("x", make.shown(text__markdown="Кратко."), tags=("abstract",))
        formula = "$$a = b$$\n\nгде $a$ — первое. " + words
        table = make.table(["n"], [["1"]], ["right"], caption="Название таблицы.")
        figures = [make.figure("fig-one", "Название рисунка."), make.figure("fig-two", "Второй.")]
        given = project(
            {
                "01_a": [make.markdown(f"# Раздел\n[He, 2015](#ref-he2015) {words}\n\n{formula}")],
                "02_b": [
                    make.markdown("# Второй раздел\n[Biffi, 2018](#ref-biffi2018) " + words, "c1"),
                    make.code("y", *figures, table, cell_id="c2"),
                    abstract,
                ],
            }
        )
        write_report(**given, language=language)
        return pypdf.PdfReader(given["pdf"]).pages

    return write


def lines_of(page):
    """Return [(text, left edge, base line, size)] of a page in points, from top to bottom."""
    pieces: dict = {}

    def visit(text, matrix, _text_matrix, _font, size):
        if text.strip():
            row = pieces.setdefault(round(matrix[5], 1), [])
            row.append((matrix[4], " ".join(text.split()), size))

    page.extract_text(visitor_text=visit)
    rows = [(min(row)[0], y, max(size for *_, size in row), row) for y, row in pieces.items()]
    return [
        (" ".join(text for _x, text, _size in sorted(row)), x, y, size)
        for x, y, size, row in sorted(rows, key=lambda row: -row[1])
    ]


def test_margins_size_and_spacing(report):
    pages = report()
    (page,) = [each for each in pages if "— первое" in each.extract_text()]
    body = [line for line in lines_of(page) if abs(line[3] - 14) < 0.1]
    assert len(body) > 6
    left = min(x for _text, x, _y, _size in body)
    assert left == pytest.approx(30 * MILLIMETRE, abs=0.5)
    steps = [upper[2] - lower[2] for upper, lower in zip(body, body[1:], strict=False)]
    assert min(steps) == pytest.approx(1.5 * 1.15 * 14, abs=1)  # a line of Times is 1.15 em high
    where = next(x for text, x, _y, _size in body if text.startswith("где"))
    assert where == pytest.approx(left, abs=0.5)  # without an indent
    indented = {round((x - left) / MILLIMETRE, 1) for _text, x, _y, _size in body} - {0.0}
    assert 12.5 in indented


def test_captions_number_through_and_have_no_full_stop(report):
    lines = [text for page in report(lists=False) for text, *_place in lines_of(page)]
    text = "\n".join(lines)
    assert re.search(r"Рисунок 1 — Название рисунка$", text, re.MULTILINE)
    assert re.search(r"Рисунок 2 — Второй$", text, re.MULTILINE)
    assert re.search(r"Таблица 1 — Название таблицы$", text, re.MULTILINE)
    assert "Рис." not in text


def test_a_table_s_title_is_at_the_left(report):
    lines = [line for page in report(lists=False) for line in lines_of(page)]
    (left,) = [x for text, x, _y, _size in lines if text.startswith("Таблица")]
    assert left == pytest.approx(30 * MILLIMETRE, abs=0.5)


def test_front_matter_and_appendices(report):
    pages = report()
    first = pages[0].extract_text()
    for words in ("Выполнил(а): студент(ка) группы", "Проверил(а):", "(подпись)", "Оценка", "Дата"):
        assert words in first
    text = "\n".join(page.extract_text() for page in pages)
    folded = " ".join(text.split())
    assert f"{len(pages)} с., 3 рис., 1 табл., 2 источн." in folded
    order = ["РЕФЕРАТ", "СОДЕРЖАНИЕ", "СПИСОК РИСУНКОВ", "СПИСОК ТАБЛИЦ", "1 Раздел"]
    order += ["СПИСОК ИСПОЛЬЗОВАННЫХ ИСТОЧНИКОВ", "ПРИЛОЖЕНИЕ А", "ПРИЛОЖЕНИЕ Б", "ПРИЛОЖЕНИЕ В"]
    places = [folded.rindex(words) for words in order]
    assert places == sorted(places)
    assert "Biffi C., Oktay O., Tarroni G. et al." in folded and "и др." not in folded


def test_english_and_the_look_that_stays_the_default(report):
    text = " ".join(" ".join(page.extract_text() for page in report("en")).split())
    assert "Done by: student of group" in text and "Figure 1 — Название рисунка" in text
    text = " ".join(" ".join(page.extract_text() for page in report("ru", "standard")).split())
    assert "Рис. 2.1 — Название рисунка." in text and "Выполнил" not in text
    assert "Список рисунков" in text
