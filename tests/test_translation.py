"""Numbers as a reader of each language expects them."""

import warnings

import matplotlib.pyplot as plt
import pytest
from matplotlib.text import Text

from helpers import figures, translation

KEPT = "[He](#ref-a1.5) `0.5 1,797` arXiv 1512.03385, Keras 3.15.0, ResNet-20, 8x8"


@pytest.mark.parametrize(
    ("text", "english", "russian"),
    [
        (KEPT, KEPT, KEPT),
        ("0.25 and 12345.5", "0.25 and 12345.5", "0,25 and 12345,5"),
        ("1,797, or 1,234.5", "1,797, or 1,234.5", "1\u202f797, or 1\u202f234,5"),
        ("-0.5 in [-1, 1], 5-6", "−0.5 in [−1, 1], 5-6", "−0,5 in [−1, 1], 5-6"),
        ("44% of 0.5 %", "44\u202f% of 0.5 %", "44\u202f% of 0,5 %"),
        ("$1.5x$", "$1.5x$", r"$\text{1,5}x$"),
        ("1.2e-05", r"$1.2 \cdot 10^{-5}$", r"$\text{1,2} \cdot 10^{-5}$"),
        ("1e−6", r"$1 \cdot 10^{-6}$", r"$1 \cdot 10^{-6}$"),  # of an axis
        ("-1e+04", r"$-1 \cdot 10^{4}$", r"$-1 \cdot 10^{4}$"),
    ],
)  # fmt: skip
def test_numbers_of_a_computed_text(monkeypatch, text, english, russian):
    for language, expected in (("en", english), ("ru", russian)):
        monkeypatch.setattr(translation, "language", language)
        assert translation.set_numbers(text) == expected


def test_a_power_of_ten_in_plain_text(monkeypatch):
    monkeypatch.setattr(translation, "language", "ru")
    assert translation.set_numbers("-1.2e-05", markdown=False) == "−1,2\u00a0·\u00a010⁻⁵"


def test_tick_labels_of_a_russian_figure_have_decimal_commas(monkeypatch):
    monkeypatch.setattr(translation, "language", "ru")
    monkeypatch.setattr(Text, "set_text", Text.set_text)  # put back afterwards
    figures.use_style()
    figure, ax = plt.subplots()
    ax.plot([-0.5, 0.5])
    ax.set_title("at 1,797.5 and 2.5e-07")
    with warnings.catch_warnings(action="error"):  # that a glyph is missing
        figure.draw_without_rendering()
    labels = [label.get_text() for label in ax.get_yticklabels()]
    plt.close(figure)
    assert "−0,2" in labels and "0,4" in labels
    assert ax.get_title() == "at 1\u00a0797,5 and $\\text{2,5} \\cdot 10^{-7}$"
