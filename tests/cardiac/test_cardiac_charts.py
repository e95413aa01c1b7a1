"""What the charts of the cardiac model show."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.cardiac import charts


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_training_is_a_line_and_validation_dashes():
    names = "dice_ed", "dice_es", "kl", "cross_entropy"
    history = {prefix + name: [1.0, 0.5, 0.4] for name in names for prefix in ("", "val_")}
    figure = charts.loss_terms(history)
    assert [ax.get_ylabel() for ax in figure.axes] == ["soft Dice", "KL (nats)", "cross-entropy"]
    assert [line.get_linestyle() for line in figure.axes[1].lines] == ["-", "--"]
    assert figure.axes[2].lines[0].get_xdata().tolist() == [1, 2, 3]


def test_a_classifier_is_shown_by_curve_and_counts():
    labels = np.array([0, 0, 0, 1, 1])
    figure = charts.classification(labels, {"a": labels * 1.0}, labels > 5, ("healthy", "HCM"))
    left, right = figure.axes
    assert left.lines[0].get_ydata().tolist()[-2:] == [1, 1]
    assert [text.get_text() for text in right.texts] == ["3", "0", "2", "0"]


def test_codes_and_walk_share_a_map():
    plane, labels = np.arange(14.0).reshape(7, 2), np.array([0, 1, 0, 1])
    figure = charts.landscape(plane, labels, ("healthy", "HCM"), {"up": [0.1, 0.5, 0.9]})
    left, right = figure.axes
    assert [len(points.get_offsets()) for points in left.collections] == [2, 2]
    assert left.lines[0].get_xdata().tolist() == [8, 10, 12]
    assert right.lines[0].get_xdata().tolist() == [0, 0.5, 1]
