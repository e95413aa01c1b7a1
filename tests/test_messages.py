"""`make messages`: the catalogues follow what is said and shown, and their faults are named."""

import json
import os
import re

import pytest

from helpers import inputs, paths, translation
from helpers.report import languages
from tools import messages


@pytest.mark.parametrize(
    ("english", "russian", "kinds"),
    [
        ("error of 3.57 % at $x$", "ошибка 3,57 % при $x$", []),
        ("a 3-D network of 143\u202f667 weights", "трёхмерная сеть из 143\u00a0667 весов", []),
        ("see [figure](#fig-a), `code`", "`code`: см. [рисунок](#fig-a)", []),
        ("50,000 images, (1, 234)", "50\u00a0000 изображений, (1, 234)", []),
        ("{n} {n:plural:layer|layers}", "{n} {n:plural:слой|слоя|слоёв}", []),
        ("3.57 %", "3,75 %", ["numbers"]),
        ("at $x$", "при $y$", ["formulas and code"]),
        ("[a](#fig-a)", "[а](#fig-b)", ["link targets"]),
        ("{x:.2f} mm", "{x:.1f} мм", ["placeholders"]),
    ],
)
def test_a_translation_that_changes_facts_is_found(english, russian, kinds):
    found = [
        line.split(":")[0].removeprefix("has other ")
        for line in messages.differences(english, russian)
    ]
    assert found == kinds


@pytest.fixture
def sources(make, tmp_path, monkeypatch):
    """A project of one notebook, its catalogues not yet made; returns a function to write it."""
    for name in ("NOTEBOOKS", "LOCALE", "REPORTS", "EXECUTED", "RESULTS", "INPUTS"):
        monkeypatch.setattr(paths, name, tmp_path / getattr(paths, name).relative_to(paths.ROOT))
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    inputs.known_digests.cache_clear()
    for folder in ("notebooks", "helpers", "reports/notebooks"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "helpers" / "plots.py").write_text('label = text("depth {d}, units", d=1)\n')

    def write(*cells, executed=()):
        path = paths.NOTEBOOKS / "01_a.ipynb"
        path.write_text(json.dumps(make.book(*cells)), encoding="utf-8")
        if executed:
            copy = make.book(make.code("", *executed))
            (paths.EXECUTED / "01_a.ipynb").write_text(json.dumps(copy), encoding="utf-8")
            inputs.record_run("01_a", inputs.RECORD, inputs.of_code("01_a", {}))

    write(make.markdown("# Title\n\nError of 5 %.", "intro"), make.code('say("{n} runs", n=1)'))
    yield write
    translation.catalogue.cache_clear()


def entries(domain):
    """Return {English: translation} of a Russian catalogue in its order."""
    return {each.id: each.string for each in messages.read_catalogue(domain, "ru") if each.id}


def translate(domain, words):
    """Fill entries of a catalogue as a translator would."""
    from babel.messages import pofile

    catalogue = messages.read_catalogue(domain, "ru")
    for english, russian in words.items():
        catalogue[english].string = russian
        catalogue[english].flags.discard("fuzzy")
    with open(messages.path_of(domain, "ru"), "wb") as file:
        pofile.write_po(file, catalogue)
    translation.catalogue.cache_clear()


def update():
    """Return the faults, with the line that each names checked and left out."""
    found = []
    for fault in messages.update("ru"):
        path, line, rest = fault.split(":", 2)
        text = (paths.ROOT / path).read_text(encoding="utf-8").splitlines()[int(line) - 1]
        (english,) = re.findall("^ '(.*)' (?:is|has) ", rest)
        assert text == f'msgid "{english}"'
        found.append(f"{path.removeprefix('locale/ru/LC_MESSAGES/')}:{rest}")
    return found


def test_catalogues_follow_the_notebooks(sources, make):
    assert sorted(update()) == [
        "01_a.po: 'Error of 5 %.' is not translated",
        "01_a.po: 'Title' is not translated",
        "figures.po: 'depth {d}, units' is not translated",
        "figures.po: '{n} runs' is not translated",
    ]
    text = messages.path_of("01_a", "ru").read_text(encoding="utf-8")
    assert "#. cell intro" in text and "#: notebooks/01_a.ipynb" in text
    translate("figures", {"{n} runs": "запусков: {n}", "depth {d}, units": "глубина {d}, блоки"})
    translate("01_a", {"Title": "Заголовок", "Error of 5 %.": "Ошибка 6 %."})
    assert update() == ["01_a.po: 'Error of 5 %.' has other numbers: 5, 6"]
    translate("01_a", {"Error of 5 %.": "Ошибка 5 %."})
    assert update() == []
    sources(make.markdown("# Title\n\nAn error of 5 %.", "intro"))
    assert "01_a.po: 'An error of 5 %.' is fuzzy" in update()
    book, missing = languages.translated(paths.NOTEBOOKS / "01_a.ipynb", "ru")
    assert book["cells"][0]["source"] == "# Заголовок\n\nAn error of 5 %."
    assert missing == ["An error of 5 %."]


def test_what_is_literal_and_what_copies_show_is_found(sources, make):
    """Names such as VGG-19 are no words, and cells that the notebook has no more show nothing."""
    code = (
        'label = "loss"\n'
        'say("{n} runs", n=1)\n'
        'show(figure, "fig-a", caption="A line.", alt="Up to {top}.", top=1)\n'
        'show_table(frame, "tab-a", caption=caption, formats={"error": "{:.1f}"})\n'
        'ax.set_title(text("{name}, stride {s}", name="VGG-19", s=2))\n'
        'print("debugging")\n'
        "%matplotlib inline"
    )
    frame = {"columns": ["network", "1 − r"], "rows": [["VGG-19", 2.5]]}
    caption = {"template": "Nets of {data}", "values": {"data": "digits"}}
    executed = [
        make.shown({"kind": "figure", "texts": ["epoch", "low"]}),
        make.shown({"kind": "table", "caption": caption, **frame}),
        make.stream("printed"),
    ]
    said = {"{n} runs", "A line.", "Up to {top}.", "{name}, stride {s}", "depth {d}, units"}
    sources(make.code(code), executed=executed)
    update()
    shown = {"epoch", "low", "Nets of {data}", "digits", "network"}
    assert set(entries("figures")) == said | shown
    sources(make.code(code, cell_id="another"), executed=executed)
    update()
    assert set(entries("figures")) == said


def test_an_entry_stays_while_the_code_or_a_copy_has_it(sources, make):
    """A string of another profile's branch is not shown by this run, and yet not lost."""
    shown = make.shown({"kind": "sentence", "text": "only in a copy"})
    drawn = make.shown({"kind": "figure", "texts": ["loss", "gone"]})
    sources(make.code('label = "loss"'), executed=[shown, drawn])
    update()
    assert set(entries("figures")) == {"depth {d}, units", "only in a copy", "loss", "gone"}
    translate("figures", {"loss": "потери"})
    sources(make.code('label = "loss"'), executed=[shown])
    update()
    assert set(entries("figures")) == {"depth {d}, units", "only in a copy", "loss"}
    assert entries("figures")["loss"] == "потери"
    (paths.EXECUTED / "01_a.ipynb").unlink()
    update()
    assert set(entries("figures")) == {"depth {d}, units", "loss"}


def test_a_copy_whose_code_has_changed_adds_nothing_and_drops_nothing(sources, make):
    """A text that is gone from the code would else come back, and a new one's come too early."""
    shown = make.shown({"kind": "figure", "texts": ["old words", "older words"]})
    sources(make.code('label = "a"'), executed=[shown])
    update()
    (paths.ROOT / "helpers" / "plots.py").write_text("")
    translate("figures", {"old words": "старые слова"})
    catalogue = messages.path_of("figures", "ru")
    catalogue.write_text(catalogue.read_text().replace('msgid "older words"', 'msgid "other"'))
    sources(make.code('label = "b"'))
    update()
    assert entries("figures") == {"old words": "старые слова"}


def test_catalogues_that_are_up_to_date_are_not_written(sources):
    messages.update("ru")
    catalogues = sorted(paths.LOCALE.rglob("*.po"))
    assert len(catalogues) == 2
    path = catalogues[0]
    text = re.sub("(?<=POT-Creation-Date: )[^+]*", "2020-01-01 00:00", path.read_text())
    path.write_text(text)
    for each in catalogues:
        os.utime(each, (0, 0))
    messages.update("ru")
    assert path.read_text() == text
    assert [each.stat().st_mtime for each in catalogues] == [0, 0]


def test_russian_prose_has_russian_numbers(sources, make):
    sources(make.markdown("1,797 of 0.5 $0.5$ [2.5](#a3.5), arXiv 1512.03385"))
    messages.update("ru")
    (english,) = entries("01_a")
    translate("figures", {"depth {d}, units": "{d} 0.5 меняется само"})
    translate("01_a", {english: "1,797 из 0.5 $0.5$ [2,5](#a3.5), arXiv 1512.03385"})
    faults = [line for line in messages.catalogue_faults("ru") if "numbers as in English" in line]
    assert [line.split("English")[1] for line in faults] == [": 1,797, 0.5"]
    translate("01_a", {english: "1\u00a0797 из 0,5 $0.5$ [2,5](#a3.5), arXiv 1512.03385"})
    assert not any("01_a" in line for line in messages.catalogue_faults("ru"))


@pytest.mark.parametrize("language", ["de", "../ru", "ru;"])
def test_a_language_that_there_is_not_is_named_and_nothing_written(sources, language, monkeypatch):
    monkeypatch.setattr("sys.argv", ["messages", language])
    with pytest.raises(SystemExit, match=f"^make messages: .* en or ru, not in '{language}'"):
        messages.main()
    assert not paths.LOCALE.exists()


def test_what_is_left_to_do_is_counted(sources, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["messages"])
    messages.main()
    assert capsys.readouterr().out.endswith("ru: 4 not translated, 0 fuzzy, 0 to correct\n")
