"""Numbers as a reader of each language expects them."""

import pytest

from helpers.numerals import set_numbers

VERBATIM = "[He](#ref-a1.5) `0.5 1,797` arXiv 1512.03385, Keras 3.15.0, ResNet-20, 8x8"


@pytest.mark.parametrize(
    ("text", "english", "russian"),
    [
        (VERBATIM, VERBATIM, VERBATIM),
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
def test_numbers_of_a_computed_text(text, english, russian):
    assert set_numbers(text, "en") == english
    assert set_numbers(text, "ru") == russian


def test_a_power_of_ten_in_plain_text():
    assert set_numbers("-1.2e-05", "ru", markdown=False) == "−1,2\u00a0·\u00a010⁻⁵"
