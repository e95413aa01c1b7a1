"""What the charts of the cardiac model show."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
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


def test_upright_and_posed_hearts_have_a_panel_each_and_phases_a_mark():
    columns = ["model", "d", "posed", "dice_ed", "dice_es", "seeds"]
    rows = [("VAE", 16, False, 0.93, 0.95, 3), ("VAE", 8, False, 0.9, 0.93, 1)]
    rows += [("VAE", 16, True, 0.88, 0.9, 1), ("PCA of masks", 16, False, 0.91, 0.94, 1)]
    upright, posed = charts.dice_curves(pd.DataFrame(rows, columns=columns)).axes
    ed, es, other, _ = upright.lines
    assert ed.get_xdata().tolist() == [8, 16] and ed.get_ydata().tolist() == [0.9, 0.93]
    assert es.get_ydata().tolist() == [0.93, 0.95] and es.get_markerfacecolor() == "white"
    assert ed.get_color() == es.get_color() != other.get_color()
    assert posed.lines[0].get_ydata().tolist() == [0.88]


def test_codes_and_walk_share_a_map_and_walks_of_any_length_a_scale_of_steps():
    plane, labels = np.arange(14.0).reshape(7, 2), np.array([0, 1, 0, 1])
    walks = {"long": [0.1, 0.5, 0.9, 0.95], "short": [0.1, 0.9]}
    left, right = charts.landscape(plane, labels, ("healthy", "HCM"), walks).axes
    assert [len(points.get_offsets()) for points in left.collections] == [2, 2]
    assert left.lines[0].get_xdata().tolist() == [8, 10, 12]
    assert [line.get_xdata().tolist() for line in right.lines] == [[1, 2, 3, 4], [1, 2]]
