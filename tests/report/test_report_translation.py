import json
import os
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import paths
from helpers.report import translation


def texts(source):
    return [translation.message(text) for text, wanted in translation.pieces(source) if wanted]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("# Title\nOne sentence.\nAnother.\n\nNext.", ["Title", "One sentence. Another.", "Next."]),
        ("- one\n- two\n  more\n1. three", ["one", "two more", "three"]),
        ("> quoted\n> further", ["quoted", "further"]),
        ("before\n\n$$\nx = y\n$$\n\nafter", ["before", "after"]),
        ("before\n$$x \\text{ is}$$\nafter", ["before", "after"]),
        ("```python\nx = 1\n```\ntext", ["text"]),
        ("| a | 1 |\n|---|---|\n| b | 2 |", ["| a | 1 |", "| b | 2 |"]),
        ("$x$\n\n12 %\n\n---", []),
        ("see $x$ and [it](#fig-a)", ["see $x$ and [it](#fig-a)"]),
    ],
)
def test_paragraphs_are_found(source, found):
    assert texts(source) == found


@given(st.text(alphabet="ab $`\n#>-*|1.{}\\"))
def test_pieces_join_to_the_source(source):
    assert "".join(text for text, _ in translation.pieces(source)) == source


def test_a_translated_copy_keeps_everything_but_words(make):
    book = make.book(
        make.markdown("# Title\n\nSee $x$:\n\n$$\ny\n$$\n\n- first\n- second"), make.code("say(1)")
    )
    copy, missing = translation.translated(
        book, {"Title": "Заголовок", "See $x$:": "См. $x$:", "second": "второе"}
    )
    assert copy["cells"][0]["source"] == "# Заголовок\n\nСм. $x$:\n\n$$\ny\n$$\n\n- first\n- второе"
    assert copy["cells"][1] == book["cells"][1]
    assert missing == ["first"]
    assert book["cells"][0]["source"].startswith("# Title")  # the original is untouched


@pytest.mark.parametrize(
    ("english", "russian", "kinds"),
    [
        ("error of 3.57 % at $x$", "ошибка 3,57 % при $x$", []),
        ("a 3-D network of 143\u202f667 weights", "трёхмерная сеть из 143\u00a0667 весов", []),
        ("see [figure](#fig-a), `code`", "`code`: см. [рисунок](#fig-a)", []),
        ("50,000 images, (1, 234)", "50\u00a0000 изображений, (1, 234)", []),
        ("3.57 %", "3,75 %", ["numbers"]),
        ("at $x$", "при $y$", ["formulas and code"]),
        ("[a](#fig-a)", "[а](#fig-b)", ["link targets"]),
        ("{x:.2f} mm", "{x:.1f} мм", ["placeholders"]),
    ],
)
def test_a_translation_that_changes_facts_is_found(english, russian, kinds):
    found = [
        line.split(":")[0].removeprefix("has other ")
        for line in translation.differences(english, russian)
    ]
    assert found == kinds


@pytest.fixture
def sources(make, tmp_path, monkeypatch):
    """A project of one notebook, its catalogues not yet made."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "notebooks")
    monkeypatch.setattr(paths, "LOCALE", tmp_path / "locale")
    paths.NOTEBOOKS.mkdir()
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "plots.py").write_text('label = _("depth, units")\n')

    def write(*cells):
        path = paths.NOTEBOOKS / "01_a.ipynb"
        path.write_text(json.dumps(make.book(*cells)), encoding="utf-8")
        return path

    write(
        make.markdown("# Title\n\nError of 5 %.", "intro"),
        make.code('say(_("{n} runs").format(n=1))'),
    )
    return write


def translate(domain, entries):
    """Fill entries of a catalogue as a translator would."""
    from babel.messages import pofile

    catalogue = translation.read(domain, "ru")
    for english, russian in entries.items():
        catalogue[english].string = russian
        catalogue[english].flags.discard("fuzzy")
    with open(translation.path_of(domain, "ru"), "wb") as file:
        pofile.write_po(file, catalogue)


def update():
    """Return the faults, with the line that each names checked and left out."""
    found = []
    for fault in translation.update("ru"):
        path, line, rest = fault.split(":", 2)
        text = (paths.ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        (english,) = re.findall("^ '(.*)' (?:is|has) ", rest)
        assert text == f'msgid "{english}"'
        found.append(f"{path.removeprefix('locale/ru/LC_MESSAGES/')}:{rest}")
    return found


def test_catalogues_follow_the_notebooks(sources, make):
    assert update() == [
        "figures.po: '{n} runs' is not translated",
        "figures.po: 'depth, units' is not translated",
        "01_a.po: 'Title' is not translated",
        "01_a.po: 'Error of 5 %.' is not translated",
    ]
    text = translation.path_of("01_a", "ru").read_text(encoding="utf-8")
    assert "#. cell intro" in text and "#: notebooks/01_a.ipynb" in text
    translate("figures", {"{n} runs": "запусков: {n}", "depth, units": "глубина, блоки"})
    translate("01_a", {"Title": "Заголовок", "Error of 5 %.": "Ошибка 6 %."})
    assert update() == ["01_a.po: 'Error of 5 %.' has other numbers: 5, 6"]
    translate("01_a", {"Error of 5 %.": "Ошибка 5 %."})
    assert update() == []
    path = translation.path_of("01_a", "ru")
    before = re.sub(
        "POT-Creation-Date: [^+]*", "POT-Creation-Date: 2020-01-01 00:00", path.read_text()
    )
    path.write_text(before)
    catalogues = [translation.path_of(domain, "ru") for domain in translation.domains()]
    for each in catalogues:
        os.utime(each, (0, 0))
    translation.update("ru")
    assert path.read_text() == before  # nothing changed, no difference for git
    assert [each.stat().st_mtime for each in catalogues] == [0, 0]  # nor for make report

    path = sources(make.markdown("# Title\n\nAn error of 5 %.", "intro"))
    assert "01_a.po: 'An error of 5 %.' is fuzzy" in update()
    book, missing = translation.copy(path, "ru")
    assert book["cells"][0]["source"] == "# Заголовок\n\nAn error of 5 %."
    assert missing == ["An error of 5 %."]


def test_russian_prose_has_russian_numbers(sources, make):
    sources(make.markdown("1,797 of 0.5 $0.5$ [2.5](#a3.5), arXiv 1512.03385"))
    (english,) = [entry.id for entry in translation.template("01_a") if entry.id]
    translation.update("ru")
    translate("figures", {"depth, units": "0.5 меняется само"})
    translate("01_a", {english: "1,797 из 0.5 $0.5$ [2,5](#a3.5), arXiv 1512.03385"})
    faults = [line for line in translation.faults("ru") if "numbers as in English" in line]
    assert [line.split("English")[1] for line in faults] == [": 1,797, 0.5"]
    translate("01_a", {english: "1\u00a0797 из 0,5 $0.5$ [2,5](#a3.5), arXiv 1512.03385"})
    assert not any("01_a" in line for line in translation.faults("ru"))


def test_copies_for_jupyterlab_stay_until_their_source_changes(sources, make, monkeypatch):
    monkeypatch.setattr(paths, "REPORTS", paths.ROOT / "reports")
    path = sources(make.markdown("# Title"))
    translation.update("ru")
    translate("01_a", {"Title": "Заголовок"})
    translation.write_copies("ru")
    copied = paths.REPORTS / "lab" / "ru" / "01_a.ipynb"
    assert "# Заголовок" in copied.read_text(encoding="utf-8")
    copied.write_text("an experiment")
    translation.write_copies("ru")
    assert copied.read_text() == "an experiment"
    future = copied.stat().st_mtime + 1
    os.utime(path, (future, future))
    translation.write_copies("ru")
    assert "# Заголовок" in copied.read_text(encoding="utf-8")


@pytest.mark.parametrize("arguments", [["de"], ["--lab", "../ru"], ["ru", "ru;"]])
def test_a_language_that_there_is_not_is_named_and_nothing_written(sources, arguments, monkeypatch):
    monkeypatch.setattr("sys.argv", ["messages", *arguments])
    with pytest.raises(SystemExit, match=f"^make messages: .* en or ru, not in '{arguments[-1]}'"):
        translation.main()
    assert not paths.LOCALE.exists()


def test_english_needs_no_catalogue(sources, make):
    path = sources(make.markdown("# Title"))
    assert translation.copy(path, "en")[1] == []
