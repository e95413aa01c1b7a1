"""Figures of trainings made up by hand show every point of them."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from test_training_seed_groups import GROUP, result

from helpers.training import plots


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


def test_error_curves_are_means_in_per_cent_with_a_band_over_the_seeds():
    figure = plots.error_curves({"plain-8": GROUP, "resnet-8": GROUP[:1]})
    training, test = figure.axes
    plain, residual = test.lines
    assert plain.get_xydata().tolist() == [[1, pytest.approx(55)], [2, pytest.approx(15)]]
    assert residual.get_ydata().tolist() == [50, 10]
    assert plain.get_linestyle() == "--" and residual.get_linestyle() == "-"
    assert len(test.collections) == len(training.collections) == 1


def test_loss_curves_are_smoothed_geometric_means_over_the_seeds():
    two = [result([0.5, 0.4], losses=[1.0, 1.0]), result([0.5, 0.4], losses=[4.0, 4.0])]
    (ax,) = plots.loss_curves({"2": two, "3": two[:1]}, {"3"}, window=2).axes
    assert ax.lines[0].get_xydata().tolist() == [[k, pytest.approx(2)] for k in (1.5, 2.5, 3.5)]
    assert [line.get_linestyle() for line in ax.lines] == ["-", "--"]


def test_a_single_epoch_is_a_point():
    training, _test = plots.error_curves({"plain-8": [result([0.5])]}).axes
    assert training.lines[0].get_marker() == "."


def test_runs_that_ended_before_are_triangles_and_no_law_draws_no_line():
    some = {"depths": [8, 14], "iterations": [[5.0, 6.0], [None, 8.0]], "limits": [[9, 9], [9, 9]]}
    none, law = some | {"slope": None}, some | {"intercept": 0.0, "slope": 1.2}
    left, right = plots.law_curves({"plain": law, "resnet": none, "x": none}).axes
    points, triangles, line = left.lines[:3]
    assert triangles.get_xydata().tolist() == [[14, 9]] and triangles.get_marker() == "^"
    assert points.get_xdata().tolist() == [8, 8, 14, 14]
    assert line.get_ydata() == pytest.approx(np.exp([0.8, 1.4]))
    assert len(left.lines) == len(right.lines) == 5


def test_responses_of_the_first_seed_are_in_order_and_by_size():
    first, second = np.array([1.0, 3.0, 2.0]), np.array([9.0, 9.0, 9.0])
    ordered, by_size = plots.response_curves({"resnet-8": [first, second]}).axes
    assert ordered.lines[0].get_xydata().tolist() == [[1, 1], [2, 3], [3, 2]]
    assert by_size.lines[0].get_xydata().tolist() == [[0, 3], [0.5, 2], [1, 1]]


@pytest.mark.parametrize(("epochs", "labels"), [(1, "1"), (2, "12"), (5, "135")])
def test_gradient_norms_are_of_the_first_the_middle_and_the_last_epoch(epochs, labels):
    one = result([0.5] * epochs)
    one.history[-1]["gradient_norms"] = [5.0, 6.0, 7.0]
    plain, residual = plots.gradient_curves({"plain-8": one, "resnet-8": one}).axes
    assert [line.get_label() for line in plain.lines] == list(labels)
    assert residual.lines[-1].get_xydata().tolist() == [[1, 5], [2, 6], [3, 7]]


def test_surfaces_are_drawn_where_the_loss_is_infinite():
    axis = np.linspace(-1, 1, 3)
    lost = {"axis": axis, "loss": np.full((3, 3), np.inf)}
    bowl = {"axis": axis, "loss": 1 + axis[:, None] ** 2 + axis**2}
    figure = plots.surfaces({"plain-8": [lost], "resnet-8": [bowl]})
    figure.canvas.draw()
    assert [ax.get_title() for ax in figure.axes[:2]] == ["plain-8", "resnet-8"]
