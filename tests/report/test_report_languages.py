"""A notebook in a language: words change, and nothing else does."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import bundles, paths, translation
from helpers.report import languages
from tools import lab

RUSSIAN = {
    "01_a": {"Title": "Заголовок", "See $x$:": "См. $x$:", "second": "второе"},
    "figures": {
        "{n} runs of {name}": "запусков {name}: {n}",
        "two nets": "две сети",
        "epoch": "эпоха",
        "low": "мало",
        "A line.": "Линия.",
    },
}


@pytest.fixture
def store(make, tmp_path, monkeypatch):
    """Return a function that stores cells as notebooks/01_a.ipynb; RUSSIAN is the catalogue."""
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(
        translation,
        "catalogue",
        lambda language, domain="figures": RUSSIAN.get(domain, {}) if language == "ru" else {},
    )

    def write(*cells):
        path = paths.NOTEBOOKS / "01_a.ipynb"
        path.write_text(json.dumps(make.book(*cells)), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("# Title\nOne sentence.\nAnother.\n\nNext.", ["Title", "One sentence. Another.", "Next."]),
        ("- one\n- two\n  more\n1. three", ["one", "two more", "three"]),
        ("> quoted\n> further", ["quoted", "further"]),
        ("before\n\n$$\nx = y\n$$\n\nafter", ["before", "after"]),
        ("before\n$$x \\text{ is}$$\nafter", ["before", "after"]),
        ("$$\nm = \\begin{cases} 1 & x \\\\ 0 & \\text{else} \\end{cases}\n$$", ["else"]),
        ("$$1 \\text{ or } 5, \\quad \\text{mIoU}$$", ["or"]),
        ("```python\n# $$x \\text{else}$$\n```\ntext", ["text"]),
        ("| a | 1 |\n|---|---|\n| b | 2 |", ["| a | 1 |", "| b | 2 |"]),
        ("$x$\n\n12 %\n\n---", []),
        ("see $x$ and [it](#fig-a)", ["see $x$ and [it](#fig-a)"]),
    ],
)
def test_paragraphs_are_found(source, found):
    assert [languages.message(text) for text, wanted in languages.pieces(source) if wanted] == found


@given(st.text(alphabet="ab $`\n#>-*|1.{}\\"))
def test_pieces_join_to_the_source(source):
    assert "".join(text for text, _ in languages.pieces(source)) == source


def test_prose_keeps_everything_but_words(store):
    source = "# Title\n\nSee $x$:\n\n$$\ny\n$$\n\n- first\n- second"
    russian, missing = languages.prose("01_a", source, "ru")
    assert russian == "# Заголовок\n\nСм. $x$:\n\n$$\ny\n$$\n\n- first\n- второе"
    assert missing == ["first"]
    assert languages.prose("01_a", source, "en") == (source, [])


def test_prose_and_order_are_the_stored_ones_and_outputs_those_of_the_run(store, make):
    """A cell that the run did not have has no outputs, and one that is gone leaves none."""
    path = store(
        make.markdown("# Title\n\nNew words."),
        make.code("x = 2", cell_id="moved"),
        make.code("y = 1", cell_id="kept"),
        make.code("z = 3", cell_id="new"),
    )
    run = make.book(
        make.markdown("# Old title"),
        make.code("y = 1", make.stream("y"), cell_id="kept"),
        make.code("x = 2", make.stream("x"), cell_id="moved"),
        make.code("", make.stream("gone"), cell_id="gone"),
    )
    run["metadata"]["papermill"] = {"duration": 1.5}
    book, missing = languages.translated(path, "ru", run)
    cells = [(cell["id"], cell["source"], cell.get("outputs")) for cell in book["cells"]]
    assert cells == [
        ("prose", "# Заголовок\n\nNew words.", None),
        ("moved", "x = 2", [make.stream("x")]),
        ("kept", "y = 1", [make.stream("y")]),
        ("new", "z = 3", []),
    ]
    assert missing == ["New words."]
    assert book["metadata"] == run["metadata"]


def shown(make):
    """Return a sentence, a figure and a table as `helpers.say` leaves them in English."""
    name = {"template": "two nets", "values": {}}
    sentence = {"template": "{n} runs of {name}", "values": {"n": 1.5, "name": name}}
    table = {"columns": ["epoch", "loss"], "rows": [[1000, "low"], [2, None]]}
    table |= {"formats": ["{:,}", None], "label": "tab-a", "caption": "A table."}
    line = {"label": "fig-a", "texts": ["epoch", "rate"], "caption": "A line.", "alt": "A line."}
    figure = make.shown({"kind": "figure", **line}, image__svg_xml="<svg>epoch</svg>")
    figure["data"][bundles.PICTURES] = {"ru": {"image/svg+xml": "<svg>эпоха</svg>"}}
    return [
        make.shown({"kind": "sentence", "text": sentence}, text__markdown="1.5 runs of two nets"),
        figure,
        make.shown({"kind": "table", **table}),
        make.stream("a word printed"),
    ]


def test_outputs_are_put_into_words_from_templates_and_values(store, make):
    path, outputs = store(make.code("x")), shown(make)
    book, missing = languages.translated(path, "ru", make.book(make.code("x", *outputs)))
    sentence, figure, table, printed = book["cells"][0]["outputs"]
    assert sentence["data"]["text/markdown"] == "запусков две сети: 1,5"
    assert figure["data"] == {"image/svg+xml": "<svg>эпоха</svg>"}
    assert figure["metadata"]["report"]["caption"] == "Линия."
    assert table["data"][bundles.TABLE] == {
        "columns": ["эпоха", "loss"],
        "rows": [["1\u202f000", "мало"], ["2", "–"]],
        "align": ["right", "left"],
    }
    assert printed == outputs[3]
    assert missing == ["rate", "A table.", "loss"]


def test_english_lacks_nothing_and_keeps_its_picture(store, make):
    path, outputs = store(make.markdown("New words."), make.code("x")), shown(make)
    book, missing = languages.translated(path, "en", make.book(make.code("x", *outputs)))
    assert missing == []
    sentence, figure, _table, _printed = book["cells"][1]["outputs"]
    assert sentence["data"]["text/markdown"] == "1.5 runs of two nets"
    assert figure["data"] == {"image/svg+xml": "<svg>epoch</svg>"}


def test_copies_for_jupyterlab_stay_until_their_source_changes(store, make, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "REPORTS", tmp_path / "reports")
    path = store(make.markdown("# Title"), make.code('say("low")'))
    lab.write_copies("ru")
    copied = paths.REPORTS / "lab" / "ru" / "01_a.ipynb"
    cells = json.loads(copied.read_text(encoding="utf-8"))["cells"]
    assert [cell["source"] for cell in cells] == ["# Заголовок", 'say("low")']
    copied.write_text("an experiment")
    lab.write_copies("ru")
    assert copied.read_text() == "an experiment"
    future = copied.stat().st_mtime + 1
    os.utime(path, (future, future))
    lab.write_copies("ru")
    assert "# Заголовок" in copied.read_text(encoding="utf-8")


def test_jupyterlab_is_not_opened_in_a_language_that_there_is_not(monkeypatch):
    monkeypatch.setattr("sys.argv", ["languages", "../ru"])
    with pytest.raises(SystemExit, match=r"^make lab: REPORT_LANG must be one of en, ru$"):
        lab.main()
