"""Rows, means, noise and fits of results made up by hand."""

import numpy as np
import pytest

from helpers import translation
from helpers.claims import NOT_DECIDED, NOT_REPRODUCED, REPRODUCED
from helpers.training import Protocol, Run, call, finished, grid, seed_groups


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
    return finished.Result(run, history, {"parameters": 7, "seconds": 30.0})


GROUP = [result([0.5, 0.1]), result([0.6, 0.2], seed=1)]


def test_last_errors_with_their_deviation():
    assert seed_groups.last(GROUP, "test_error") == pytest.approx((0.15, np.sqrt(0.005)))
    assert seed_groups.last(GROUP[:1], "test_error") == (pytest.approx(0.1), None)
    assert seed_groups.percent(GROUP, "train_error") == "7.5 ± 3.5"
    assert seed_groups.percent(GROUP[:1], "test_error") == "10.0"
    frame = seed_groups.errors({"plain-8": GROUP})
    assert frame.iloc[0].tolist() == ["plain-8", 7, "7.5 ± 3.5", "15.0 ± 7.1"]
    assert seed_groups.means({"a": GROUP}, "test_error") == {"a": pytest.approx(0.15)}


def test_numbers_of_a_table_and_of_a_list_follow_the_language():
    packed = translation.pack(seed_groups.percent(GROUP, "train_error"))
    assert translation.wording(packed, "ru") == "7,5 ± 3,5"
    told = seed_groups.told({"plain-8": 0.25, "VGG": 1.0}, "{name}: {value:.1f}")
    assert told == ["plain-8: 0.2", "VGG: 1.0"]
    assert translation.wording(translation.pack(told[1]), "ru") == "VGG: 1,0"


def test_a_row_holds_what_results_need_and_no_infinity():
    groups = {"plain-8": [result([0.9, 0.8], 5, losses=[2.0, float("nan")])], "VGG": GROUP}
    row, *others = seed_groups.rows(groups, {"plain-8": ("plain", 8), "VGG": ("vgg", 6)})
    assert [(each["model"], each["depth"], each["seed"]) for each in others] == [
        ("VGG", 6, 0), ("VGG", 6, 1),
    ]  # fmt: skip
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
    assert seed_groups.untrained(groups, chance=0.9) == ["guesses"]


def test_estimates_of_test_errors_leave_out_what_has_not_trained():
    found = seed_groups.estimates({"a": GROUP, "b": GROUP[:1]}, images=90, idle=["a"])
    assert found["a"] == (pytest.approx(0.15), float("inf"))
    assert found["b"] == pytest.approx((0.1, 0.1 * 0.9 / 90))


def test_epoch_time_is_a_line_in_depth():
    groups = {depth: [result([0.5] * 3, seconds=0.25 + 0.01 * depth)] for depth in (20, 56, 110)}
    slope, start, seconds = seed_groups.epoch_time(groups)
    assert (slope, start) == pytest.approx((0.01, 0.25)) and seconds[56] == pytest.approx(0.81)


def test_measurements_come_back_by_network_and_seed(monkeypatch):
    monkeypatch.setattr(grid, "measure_all", lambda pairs: [f"{run}!{what}" for run, what in pairs])
    found = seed_groups.measure_groups({"a": ["run 1", "run 2"], "b": ["run 3"]}, "norm")
    assert found == {"a": ["run 1!norm", "run 2!norm"], "b": ["run 3!norm"]}


def test_speeds_are_whole_means_over_the_seeds():
    assert seed_groups.speeds({"a": [result([0.5] * 3), result([0.5] * 3, seconds=0.5)]}) == [120]


def test_order_of_responses_is_judged_by_medians_over_layers():
    def seeds(*medians):
        return [np.array([0.0, median, 9.0]) for median in medians]

    responses = {"plain-8": seeds(1.0, 1.01), "resnet-8": seeds(0.5, 0.51)}
    responses |= {"plain-14": seeds(1.0, 1.01), "resnet-14": seeds(0.7, 0.71)}
    medians, below, falling = seed_groups.response_order(responses, [8, 14], idle=["plain-14"])
    assert medians["plain-8"] == pytest.approx(1.005)
    assert below == {8: REPRODUCED, 14: NOT_DECIDED} and falling == NOT_REPRODUCED


def test_gradients_of_first_and_last_convolution_are_compared_at_both_ends():
    one = result([0.5, 0.4])
    one.history[0]["gradient_norms"] = [1.0, 8.0, 5.0, 4.0, 7.0]  # the last is of the classifier
    one.history[1]["gradient_norms"] = [1.0, 3.0, 5.0, 6.0, 7.0]
    assert seed_groups.gradient_ratios(one) == [2.0, 0.5]
