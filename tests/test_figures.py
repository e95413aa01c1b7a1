"""Figures and tables carry what a reader needs, and are refused without it."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from helpers import figures


@pytest.fixture
def shown(monkeypatch):
    """Catch what is displayed: a list of (bundle, metadata)."""
    caught = []
    monkeypatch.setattr(
        figures, "display", lambda item, metadata=None, raw=False: caught.append((item, metadata))
    )
    return caught


def drawing():
    figures.use_style()
    figure, ax = plt.subplots()
    ax.plot([0, 1], [0, 1])
    ax.set_xlabel("epoch")
    return figure


def test_a_figure_is_vector_closed_and_carries_its_texts(shown):
    figures.show(drawing(), "fig-line", caption="A line.", alt="A line from 0 to 1.")
    bundle, metadata = shown[0]
    assert bundle["image/svg+xml"].lstrip().startswith("<?xml")
    assert metadata["report"] == {
        "kind": "figure", "label": "fig-line", "caption": "A line.", "alt": "A line from 0 to 1.",
    }  # fmt: skip
    assert plt.get_fignums() == []
    assert shown[1][1]["report"]["kind"] == "caption"


def test_the_same_drawing_gives_the_same_bytes(shown):
    for _ in range(2):
        figures.show(drawing(), "fig-line", caption="A line.", alt="A line.")
    assert shown[0][0] == shown[2][0]


def test_a_raster_figure_is_a_png(shown):
    figures.show(drawing(), "fig-line", caption="A line.", alt="A line.", raster=True)
    assert shown[0][0]["image/png"].startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("label", "caption", "alt"),
    [("line", "c", "a"), ("fig-line", "", "a"), ("fig-line", "c", "")],
)
def test_a_figure_without_label_caption_or_alternative_is_refused(shown, label, caption, alt):
    with pytest.raises(ValueError, match=r"line"):
        figures.show(drawing(), label, caption=caption, alt=alt)
    plt.close("all")
    assert shown == []


def test_a_control_is_for_the_notebook_alone(shown):
    figures.show_control("slider")
    assert shown == [("slider", {"report": {"kind": "control"}})]


def test_a_table_is_formatted_and_aligned(shown):
    frame = pd.DataFrame(
        {"net": ["plain-20", "VGG"], "params": [269722, None], "error": [0.08754321, np.nan]}
    ).astype({"params": "Int64"})
    figures.show_table(frame, "tab-nets", caption="Nets.", formats={"error": "{:.2%}"})
    bundle, _ = shown[0]
    assert bundle[figures.TABLE] == {
        "columns": ["net", "params", "error"],
        "rows": [["plain-20", "269,722", "8.75\u202f%"], ["VGG", "–", "–"]],
        "align": ["left", "right", "right"],
    }
    assert "plain-20" in bundle["text/html"]


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
    assert figures.set_cell(value) == text


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
def test_columns_of_numbers_are_aligned_right(shown, monkeypatch, column, side):
    for language in ("en", "ru"):
        monkeypatch.setattr(figures.translation, "language", language)
        figures.show_table(pd.DataFrame({"a": column}), "tab-a", caption="A.")
    assert [item[0][figures.TABLE]["align"] for item in shown[::2]] == [[side]] * 2


def test_caption_and_alternative_text_have_the_languages_numbers(shown, monkeypatch):
    monkeypatch.setattr(figures.translation, "language", "ru")
    figures.show(drawing(), "fig-line", caption="At 0.5.", alt="At 0.5.")
    report = shown[0][1]["report"]
    assert (report["caption"], report["alt"]) == ("At 0,5.", "At 0,5.")
    figures.say("At 0.5.")
    assert shown[2][0].data == "At 0,5."
