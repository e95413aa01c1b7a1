"""What is told and drawn of several draws: their median and their range."""

import numpy as np
from matplotlib.figure import Figure

from helpers import translation
from helpers.residual import curves

DRAWS = np.array([[1, 10], [3, 40], [2, 1000]])


def test_spread_tells_median_and_range():
    shown = curves.range_of(DRAWS[:, 1])
    assert shown == "40 (10 to 1e+03)"
    assert translation.pack_value(shown)["values"] == {"median": 40, "low": 10, "high": 1000}


def test_a_band_runs_from_the_least_to_the_greatest_around_the_median():
    ax = Figure().add_subplot()
    curves.band(ax, [1, 2], DRAWS, "o-", "red", label="draws")
    (line,), (band,) = ax.lines, ax.collections
    np.testing.assert_array_equal(line.get_ydata(), [2, 40])
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices}
    assert corners == {(1, 1), (1, 3), (2, 10), (2, 1000)}
    assert ax.get_yscale() == "log" and line.get_label() == "draws"
