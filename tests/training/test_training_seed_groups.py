"""Rows, means, noise and fits of results made up by hand."""

import numpy as np
import pytest

from helpers import translation
from helpers.claims import NOT_DECIDED, NOT_REPRODUCED, REPRODUCED
from helpers.training import Protocol, Run, call, finished, seed_groups


def result(test_errors, seed=0, seconds=1.0, losses=None, network=None):
    """Return a result of epochs of two iterations, whose training error is half the test error."""
    losses = losses or [1.0] * len(test_errors)
    history = [
        {
            "iterations": 2,
            "images": 16,
            "seconds": seconds if k else 20.0,
            "train_loss": losses[k],
            "train_error": error / 2,
            "test_error": error,
            "losses": [losses[k]] * 2,
            "errors": [error / 2] * 2,
            "gradient_norms": [3.0, 2.0, 1.0],
        }
        for k, error in enumerate(test_errors)
    ]
    run = Run(network or call("a:b"), call("c:d"), Protocol(2 * len(test_errors), batch=8), seed)
    return finished.Result(run, history, {"parameters": 7, "seconds": 30.0})


GROUP = [result([0.5, 0.1]), result([0.6, 0.2], seed=1)]


def test_last_errors_with_their_deviation():
    assert seed_groups.percent([0.05, 0.1]) == "7.5 ± 3.5"
    assert seed_groups.percent([0.1]) == "10.0"
    row = seed_groups.error_table({"plain-8": GROUP}).iloc[0].tolist()
    assert row == ["plain-8", 7, "7.5 ± 3.5", "15.0 ± 7.1", 16]
    assert seed_groups.means({"a": GROUP}, "test_error") == {"a": pytest.approx(0.15)}


def test_numbers_of_a_table_and_of_a_list_follow_the_language():
    packed = translation.pack_value(seed_groups.percent([0.05, 0.1]))
    assert translation.wording(packed, "ru") == "7,5 ± 3,5"
    told = seed_groups.told({"plain-8": 0.25, "VGG": 1.0}, "{name}: {value:.1f}")
    assert told == ["plain-8: 0.2", "VGG: 1.0"]
    assert translation.wording(translation.pack_value(told[1]), "ru") == "VGG: 1,0"


def test_a_row_holds_what_results_need_and_no_infinity():
    network = call("a:b", family="plain", depth=8)
    lost = result([0.9, 0.8], 5, losses=[2.0, float("nan")], network=network)
    row, *others = seed_groups.result_rows({"plain-8": [lost], "VGG": GROUP})
    assert [(each["model"], each["family"], each["seed"]) for each in others] == [
        ("VGG", "vgg", 0), ("VGG", "vgg", 1),
    ]  # fmt: skip
    assert (row["family"], row["depth"]) == ("plain", 8)
    assert others[0]["depth"] == 3  # a norm for each kernel
    assert row["train_loss"] == [2.0, None] and row["test_error"] == [0.9, 0.8]
    assert (row["seed"], row["params"], row["seconds"], row["cached"]) == (5, 7, 30.0, True)
    assert row["images_per_second"] == 16


def test_speed_leaves_out_the_first_epoch_and_a_short_last_one():
    one = result([0.5] * 4, seconds=0.5)
    one.history[-1] |= {"iterations": 1, "images": 8, "seconds": 0.01}
    assert one.images_per_second() == 32
    assert result([0.5]).images_per_second() == 16 / 20  # there is no other


def test_untrained_networks_err_as_guessing_does():
    groups = {"guesses": [result([1.5]), result([1.7])], "learns": GROUP}  # half of it in training
    assert seed_groups.untrained(groups, chance=0.9) == ["guesses"]


SHORT = {
    "original": [result([1.0, 0.2], losses=[9.0, 0.1]), result([1.0, 0.2], losses=[9.0, 0.4])],
    "lost": [result([1.0, 1.8], losses=[9.0, float("nan")])] * 2,
    "slow": [result([1.0, 0.8], losses=[9.0, 2.0]), result([1.0, 0.2], losses=[9.0, 2.0])],
}


def test_short_trainings_are_told_by_loss_and_iterations():
    frame = seed_groups.loss_table(SHORT, window=2, threshold=0.25)
    assert frame["training loss"][0] == pytest.approx(0.2)  # the geometric mean of 0.1 and 0.4
    assert frame["of the seeds"][0] == "0.1 to 0.4"
    assert frame["iterations"].tolist()[0] == 4 and frame.isna()["iterations"].tolist()[1:] == [
        1,
        1,
    ]
    assert frame.isna()["training loss"].tolist() == [False, True, False]


def test_a_lost_loss_decides_nothing_and_ranks_last():
    estimates = seed_groups.loss_estimates(SHORT, 2)
    assert estimates["lost"][1] == np.inf
    assert estimates["original"][0] == pytest.approx(np.log(0.2))
    paper = {"original": 6.61, "slow": 8.0, "lost": "fail"}
    assert seed_groups.rank_correlation(SHORT, 2, paper) == pytest.approx(
        [1, 2 / 6]
    )  # of 3! orders
    other = {"original": "fail", "slow": 8.0, "lost": 6.61}
    assert seed_groups.rank_correlation(SHORT, 2, other)[0] == pytest.approx(-1)
    assert seed_groups.rank_correlation({"original": SHORT["original"]}, 2, paper) is None
    rows = seed_groups.variant_rows(SHORT, 2, 1, paper)
    assert [row["loss"] for row in rows] == [pytest.approx(0.25), None, 2.0]
    assert rows[1] == {"name": "lost", "table": 1, "paper": "fail", "seeds": 2, "loss": None}


def test_measurements_come_back_by_network_and_seed(monkeypatch):
    monkeypatch.setattr(
        finished, "measure_all", lambda pairs: [f"{run.seed} {name}" for run, name in pairs]
    )
    one, other = (result([0.5], seed=seed) for seed in (1, 2))
    found = seed_groups.measure_groups({"a": [one, other], "b": [one]}, "norm")
    assert found == {"a": ["1 norm", "2 norm"], "b": ["1 norm"]}


def test_order_of_responses_is_judged_by_medians_over_layers():
    def seeds(*medians):
        return [np.array([0.0, median, 9.0]) for median in medians]

    responses = {"plain-8": seeds(1.0, 1.01), "resnet-8": seeds(0.5, 0.51)}
    responses |= {"plain-14": seeds(1.0, 1.01), "resnet-14": seeds(0.7, 0.71)}
    medians, below, falling = seed_groups.response_order(responses, [8, 14])
    assert medians["plain-8"] == pytest.approx(1.005)
    assert below == {8: REPRODUCED, 14: REPRODUCED} and falling == NOT_REPRODUCED
    assert seed_groups.response_order(responses, [8])[2] == NOT_DECIDED  # one depth is no order


def test_gradients_of_first_and_last_convolution_are_compared_at_both_ends():
    one = result([0.5, 0.4])
    one.history[0]["gradient_norms"] = [1.0, 8.0, 5.0, 4.0, 7.0]  # the last is of the classifier
    one.history[1]["gradient_norms"] = [1.0, 3.0, 5.0, 6.0, 7.0]
    assert seed_groups.gradient_ratios(one) == [2.0, 0.5]
