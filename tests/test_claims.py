"""Verdicts on samples whose noise is known."""

import math

import numpy as np
import pytest

from helpers import claims
from helpers.claims import NOT_DECIDED, NOT_REPRODUCED, REPRODUCED


def test_verdicts_are_three_strings():
    assert (REPRODUCED, NOT_REPRODUCED, NOT_DECIDED) == (
        "reproduced", "not reproduced", "not decided",
    )  # fmt: skip


def test_noise_is_scatter_or_sampling_whichever_is_larger():
    """Student's 97.5 % points for 1 and 2 degrees of freedom are those of printed tables."""
    assert claims.estimate([0.02, 0.02], 400) == pytest.approx((0.02, 0.02 * 0.98 / 400))
    two, three = (12.706 / 2) ** 2, (4.303 / 2) ** 2
    assert claims.estimate([0.0, 0.1], 10**6) == pytest.approx((0.05, two * 0.005 / 2), rel=1e-3)
    assert claims.estimate([1.0, 2.0, 3.0]) == pytest.approx((2, three / 3), rel=1e-3)


def test_two_seeds_decide_as_rarely_by_chance_as_many():
    """Of samples around zero, about one in twenty is told from zero, however few the seeds."""
    generator = np.random.default_rng(0)
    for seeds in (2, 3, 10):
        samples = generator.normal(size=(2000, seeds))
        decided = [claims.positive(claims.estimate(each)) != NOT_DECIDED for each in samples]
        assert 0.03 < np.mean(decided) < 0.07


@pytest.mark.parametrize(
    ("images", "verdict", "opposite"),
    [(400, REPRODUCED, NOT_REPRODUCED), (100, NOT_DECIDED, NOT_DECIDED)],
)
def test_a_difference_counts_beyond_twice_its_noise(images, verdict, opposite):
    # 2 sqrt((0.02 0.98 + 0.05 0.95) / images) is 0.026 for 400 images, 0.052 for 100
    low, high = (claims.estimate([error] * 2, images) for error in (0.02, 0.05))
    assert claims.smaller(low, high) == verdict and claims.smaller(high, low) == opposite
    assert claims.differ(low, high) == (verdict == REPRODUCED)


def test_scatter_over_seeds_can_hide_a_difference():
    scattered, low = claims.estimate([0.0, 0.1], 10**6), claims.estimate([0.02, 0.02], 10**6)
    assert claims.smaller(low, scattered) == NOT_DECIDED


def test_equal_values_decide_nothing():
    assert claims.smaller((0.0, 0.0), (0.0, 0.0)) == NOT_DECIDED


def test_an_untrained_network_or_fewer_than_two_values_decide_nothing():
    good = claims.estimate([0.01, 0.01], 1000)
    bad = claims.estimate([0.9, 0.9], 1000, trained=False)
    assert bad == (pytest.approx(0.9), math.inf)
    assert claims.smaller(good, bad) == claims.smaller(bad, good) == NOT_DECIDED
    assert claims.positive(claims.estimate([])) == NOT_DECIDED
    assert claims.smaller(claims.estimate([1.0]), claims.estimate([9.0])) == NOT_DECIDED


def test_best_of_a_table_only_if_better_than_every_other():
    table = {"a": (1.0, 0.01), "b": (2.0, 0.01), "c": (3.0, 0.01)}
    assert claims.smallest("a", table) == REPRODUCED
    assert claims.smallest("b", table) == NOT_REPRODUCED
    assert claims.smallest("a", table | {"close": (1.1, 0.01)}) == NOT_DECIDED
    assert claims.smallest("a", table | {"untrained": (9.0, math.inf)}) == NOT_DECIDED
    assert claims.smallest("a", {"a": (1.0, 0.01)}) == NOT_DECIDED  # nothing to beat
    assert claims.smallest("d", table) == NOT_DECIDED  # not measured
    assert claims.best(table) == "a" and claims.best(table | {"close": (1.1, 0.01)}) is None


@pytest.mark.parametrize(
    ("value", "variance", "verdict"),
    [(1.02, 0, REPRODUCED), (1.2, 0, NOT_REPRODUCED), (0.8, 1e-4, NOT_REPRODUCED),
     (1.09, 1e-4, NOT_DECIDED), (1.0, math.inf, NOT_DECIDED)],
)  # fmt: skip
def test_a_tolerance_is_met_beyond_noise(value, variance, verdict):
    assert claims.within((value, variance), 1, 0.1) == verdict
