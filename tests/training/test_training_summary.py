"""Rows, means, noise and fits of results made up by hand."""

import matplotlib.pyplot as plt
import numpy as np
import pytest

from helpers.training import Protocol, Run, call, store, summary


def result(test_errors, seed=0, seconds=1.0, losses=None):
    epochs = len(test_errors)
    losses = losses or [1.0] * epochs
    history = [
        {
            "iterations": 10 if k < epochs - 1 else 4,
            "seconds": seconds if k else 20.0,
            "train_loss": losses[k],
            "train_error": error / 2,
            "test_error": error,
            "gradient_norms": [3.0, 2.0, 1.0],
        }
        for k, error in enumerate(test_errors)
    ]
    run = Run(call("a:b"), call("c:d"), Protocol(10 * epochs - 6, batch=8), seed)
    return store.Result(run, history, {"parameters": 7, "seconds": 30.0})


GROUP = [result([0.5, 0.1]), result([0.6, 0.2], seed=1)]


def test_last_errors_with_their_deviation():
    assert summary.last(GROUP, "test_error") == pytest.approx((0.15, np.sqrt(0.005)))
    assert summary.last(GROUP[:1], "test_error") == (pytest.approx(0.1), None)
    assert summary.percent(GROUP, "train_error") == "7.5 ± 3.5"
    assert summary.percent(GROUP[:1], "test_error") == "10.0"
    frame = summary.errors({"plain-8": GROUP})
    assert frame.iloc[0].tolist() == ["plain-8", 7, "7.5 ± 3.5", "15.0 ± 7.1"]


def test_a_row_holds_what_results_need_and_no_infinity():
    row = summary.row(result([0.9, 0.8], 5, losses=[2.0, float("nan")]), "plain-8", "plain", 8)
    assert row["train_loss"] == [2.0, None] and row["test_error"] == [0.9, 0.8]
    assert (row["seed"], row["params"], row["seconds"], row["cached"]) == (5, 7, 30.0, True)
    assert {"model", "family", "depth", "train_error", "images_per_second"} <= row.keys()


def test_speed_leaves_out_the_first_epoch_and_a_short_last_one():
    one = result([0.5] * 4, seconds=0.5)
    one.history[-1]["seconds"] = 0.01
    assert one.epoch_seconds() == 0.5 and one.images_per_second() == 160
    assert result([0.5]).epoch_seconds() == 20  # there is no other


def test_untrained_networks_err_as_guessing_does():
    groups = {"guesses": [result([1.5]), result([1.7])], "learns": GROUP}  # half of it in training
    assert summary.untrained(groups, chance=0.9) == ["guesses"]


def test_estimates_of_test_errors_leave_out_what_has_not_trained():
    found = summary.estimates({"a": GROUP, "b": GROUP[:1]}, images=90, idle=["a"])
    assert found["a"] == (pytest.approx(0.15), float("inf"))
    assert found["b"] == pytest.approx((0.1, 0.1 * 0.9 / 90))


def test_epoch_time_is_a_line_in_depth():
    groups = {depth: [result([0.5] * 3, seconds=0.25 + 0.01 * depth)] for depth in (20, 56, 110)}
    slope, start, seconds = summary.epoch_time(groups)
    assert (slope, start) == pytest.approx((0.01, 0.25)) and seconds[56] == pytest.approx(0.81)


def test_plots_draw_every_point():
    fig, axes = plt.subplots(1, 3)
    summary.plot_history(axes[0], GROUP, "test_error", 100, color="C0")
    (line,) = axes[0].lines
    assert line.get_xydata().tolist() == [[1, pytest.approx(55)], [2, pytest.approx(15)]]
    assert len(axes[0].collections) == 1  # the band over the seeds
    summary.plot_gradient_norms(axes[1], GROUP[0], [1, 2], ["C0", "C1"])
    assert [line.get_label() for line in axes[1].lines] == ["1", "2"]
    surface = {"axis": np.linspace(-1, 1, 3), "loss": np.full((3, 3), np.inf)}
    summary.plot_surface(axes[2], surface, np.geomspace(0.01, 100, 5))
    fig.canvas.draw()
    plt.close(fig)
