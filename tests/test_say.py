"""Figures, tables and sentences carry what a reader of any language needs, or are refused."""

import base64

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import bundles, figures, say, translation


@pytest.fixture
def displayed(monkeypatch):
    """Catch what is displayed: a list of (item, metadata)."""
    caught = []
    monkeypatch.setattr(
        say, "display", lambda item, metadata=None, raw=False: caught.append((item, metadata))
    )
    monkeypatch.setattr(say, "numbered", {})
    monkeypatch.delenv("REPORT_NOTEBOOK", raising=False)
    return caught


@pytest.fixture
def shown(displayed, monkeypatch):
    """Catch what is displayed but for anchors and captions."""
    caught, record = [], say.display

    def display(item, metadata=None, raw=False):
        record(item, metadata, raw)
        if metadata is None or metadata["report"]["kind"] != "caption":
            caught.append((item, metadata))

    monkeypatch.setattr(say, "display", display)
    return caught


@pytest.fixture
def russian(monkeypatch):
    """Two languages, as `make report` draws them, with a small Russian catalogue."""
    words = {
        "epoch": "эпоха",
        "low": "мало",
        "{n} runs, {which}": "запуски: {n}, {which}",
        "{n} {n:plural:layer|layers}": "{n} {n:plural:слой|слоя|слоёв}",
    }
    monkeypatch.setattr(
        translation,
        "catalogue",
        lambda language, domain="figures": words if language == "ru" else {},
    )
    monkeypatch.setattr(translation, "languages", lambda: ["en", "ru"])
    monkeypatch.setenv("REPORT_RUN", "/dev/null")
    return words


def drawing(label="epoch", ticks=("low", "1.5")):
    figures.use_style()
    figure, axes = plt.subplots(1, 2)
    axes[0].plot([0, 1], [0, 0.25], label=label)
    axes[0].set_xlabel(label)
    axes[0].legend()
    axes[1].bar(list(ticks), [0.5, 2.5])
    return figure


def localised(output, language):
    """Return an output as `display` got it, in a language."""
    data, metadata = output
    return bundles.output_in({"data": data, "metadata": metadata}, language)


def test_a_figure_is_vector_closed_and_carries_its_texts(displayed):
    say.show(drawing(), "fig-line", caption="{n} lines.", alt="Up to {top:.1f}.", n=2, top=0.25)
    anchor, (bundle, metadata), caption = displayed
    assert bundle["image/svg+xml"].lstrip().startswith("<?xml")
    assert metadata["report"] == {
        "kind": "figure",
        "label": "fig-line",
        "number": "1.1",
        "texts": ["epoch", "low"],
        "caption": {"template": "{n} lines.", "values": {"n": 2, "top": 0.25}},
        "alt": {"template": "Up to {top:.1f}.", "values": {"n": 2, "top": 0.25}},
    }
    assert plt.get_fignums() == []
    assert anchor[0].data == '<a id="fig-line" data-jupyter-id="fig-line"></a>'
    assert caption[0].data == "**Figure 1.1.** *2 lines.*"
    assert anchor[1] == caption[1] == {"report": {"kind": "caption"}}


def test_figures_and_tables_are_numbered_in_their_section(shown, monkeypatch):
    monkeypatch.setenv("REPORT_NOTEBOOK", "03_cardiac_vae")
    for label in ("fig-a", "fig-b", "fig-a"):  # a cell that runs again keeps its number
        say.show(drawing(), label, caption="A line.", alt="A line.")
    say.show_table(pd.DataFrame({"a": [1]}), "tab-a", caption="A.")
    numbers = [output[1]["report"]["number"] for output in shown]
    assert numbers == ["4.1", "4.2", "4.1", "4.1"]


def test_the_same_drawing_gives_the_same_bytes(shown):
    for _ in range(2):
        say.show(drawing(), "fig-line", caption="A line.", alt="A line.")
    assert shown[0][0] == shown[1][0]


def test_a_figure_in_another_language_is_as_if_drawn_in_it(shown, russian, monkeypatch):
    """Labels, legends, categories and the decimal commas of ticks; the layout does not drift."""
    say.show(drawing(), "fig-line", caption="A line.", alt="A line.")
    bundle, _metadata = shown[0]
    monkeypatch.delenv("REPORT_RUN")
    monkeypatch.setattr(translation, "language", "ru")
    say.show(drawing("эпоха", ("мало", "1,5")), "fig-line", caption="A line.", alt="A line.")
    native, _metadata = shown[1]
    assert bundle[bundles.PICTURES]["ru"]["image/svg+xml"] == native["image/svg+xml"]
    assert bundle["image/svg+xml"] != native["image/svg+xml"]


def test_tick_labels_of_a_russian_figure_have_decimal_commas():
    figures.use_style()
    figure, ax = plt.subplots()
    ax.plot([-0.5, 0.5])
    with translation.drawing("ru"):
        ax.set_title("at 1,797.5 and 2.5e-07")
        figure.draw_without_rendering()
        labels = [label.get_text() for label in ax.get_yticklabels()]
    assert "−0,2" in labels and "0,4" in labels
    assert ax.get_title() == "at 1\u00a0797,5 and $\\text{2,5} \\cdot 10^{-7}$"


def test_a_function_draws_once_for_each_language(shown, russian):
    widths = []

    def draw():
        widths.append(len(translation.localised("epoch")))
        return drawing()

    say.show(draw, "fig-line", caption="A line.", alt="A line.", frames=lambda: [b"PNG"])
    assert widths == [5, 5] and translation.language == "en"
    assert localised(shown[0], "ru")["data"][bundles.FRAMES] == {
        "png": [base64.b64encode(b"PNG").decode()]
    }


def test_a_raster_figure_is_a_png(shown):
    say.show(drawing(), "fig-line", caption="A line.", alt="A line.", raster=True)
    assert base64.b64decode(shown[0][0]["image/png"]).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("label", "caption", "alt"),
    [("line", "c", "a"), ("fig-line", "", "a"), ("fig-line", "c", "")],
)
def test_a_figure_without_label_caption_or_alternative_is_refused(shown, label, caption, alt):
    with pytest.raises(ValueError, match=r"line"):
        say.show(drawing(), label, caption=caption, alt=alt)
    assert shown == []


def test_a_control_is_for_a_notebook_that_runs_by_hand(shown, monkeypatch):
    monkeypatch.delenv("REPORT_RUN", raising=False)
    say.show_control(lambda: "slider")
    monkeypatch.setenv("REPORT_RUN", "/dev/null")
    say.show_control(lambda: "slider")
    assert shown == [("slider", None)]


def test_a_source_is_shown_as_it_stands(shown):
    say.show_source(drawing)
    assert shown[0][0]["text/markdown"].startswith('```python\ndef drawing(label="epoch"')


def test_a_table_is_formatted_aligned_and_set_in_any_language(shown, russian):
    frame = pd.DataFrame(
        {
            "epoch": ["low", "VGG"],
            say.text("{n} {n:plural:layer|layers}", n=3): [269722, None],
            "error": [0.08754321, np.nan],
        }
    ).astype({"3 layers": "Int64"})
    say.show_table(frame, "tab-nets", caption="{n} nets.", formats={"error": "{:.2%}"}, n=2)
    assert shown[0][0][bundles.TABLE] == {
        "columns": ["epoch", "3 layers", "error"],
        "rows": [["low", "269,722", "8.75\u202f%"], ["VGG", "–", "–"]],
        "align": ["left", "right", "right"],
    }
    assert "low" in shown[0][0]["text/html"]
    assert localised(shown[0], "ru")["data"][bundles.TABLE] == {
        "columns": ["эпоха", "3 слоя", "error"],
        "rows": [["мало", "269\u202f722", "8,75\u202f%"], ["VGG", "–", "–"]],
        "align": ["left", "right", "right"],
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3.14159265, "3.142"),
        (12345.6, "12,350"),
        (1234567, "1,234,567"),
        ("a", "a"),
        (True, "True"),
        (None, "–"),
    ],
)
def test_cells_have_at_most_five_significant_figures(value, text):
    assert bundles.cell_text(value) == text


@pytest.mark.parametrize(
    ("column", "side"),
    [
        ([1, None], "right"),
        (["fail", "12.35"], "right"),
        (["1.5 ± 0.2", "–"], "right"),
        (["0.833 (0.500 – 1.000)"], "right"),
        (["1.5e-05"], "right"),
        (["00", "01, 02"], "left"),
        (["1512.03385"], "left"),
        (["8×8×1"], "left"),
        ([], "left"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ru"])
def test_columns_of_numbers_are_aligned_right(shown, column, side, language):
    say.show_table(pd.DataFrame({"a": column}), "tab-a", caption="A.")
    assert localised(shown[0], language)["data"][bundles.TABLE]["align"] == [side]


def test_a_sentence_is_kept_as_template_and_values(shown, russian):
    which = [say.text("{n} {n:plural:layer|layers}", n=np.int64(21)), "low"]
    say.say("{n} runs, {which}", n=np.float32(0.5), which=which)
    assert shown[0][0]["text/markdown"] == "0.5 runs, 21 layers, low"
    output = localised(shown[0], "ru")
    assert output["data"]["text/markdown"] == "запуски: 0,5, 21 слой, мало"


def test_what_a_catalogue_lacks_is_named(shown, russian):
    say.say("{n} runs, {which}", n=1, which=["ResNet-20", "data/a.npz", "other words"])
    output = {"data": shown[0][0], "metadata": shown[0][1]}
    assert bundles.texts(output) == ["{n} runs, {which}", "other words"]
