"""The convergence law on made-up trainings whose law is known, and against other estimators."""

import json

import numpy as np
import pytest
from scipy import stats

from helpers.claims import NOT_DECIDED, NOT_REPRODUCED, REPRODUCED
from helpers.training import Protocol, Run, call, convergence, finished, spec

DEPTHS = np.repeat([8, 14, 20, 26, 32, 38, 44, 56], 3)
LIMIT = 440


def draw(seed, factor=2.4, curvature=0.0, spread=0.3):
    x = DEPTHS / 12
    noise = np.random.default_rng(seed).normal(0, spread, len(DEPTHS))
    return np.exp(2.5 + np.log(factor) * x + curvature * (x - x.mean()) ** 2 + noise)


def censor(times, limit=LIMIT):
    return [time if time < limit else None for time in times]


def fit(times, limit=LIMIT):
    return convergence.fit_law(DEPTHS, censor(times, limit), [limit] * len(times))


def test_iterations_are_told_at_the_middle_of_the_first_window_below():
    errors = np.array([0.9, 0.9, 0.5, 0.1, 0.0, 0.0, 0.9])
    assert convergence.iterations_to(errors, 0.25, 3) == 4  # the mean of 0.5, 0.1 and 0 is 0.2
    assert convergence.iterations_to(errors, 0.01, 3) is None
    assert spec.moving_mean(errors, 3)[2] == pytest.approx(0.2)


def test_without_censoring_it_is_least_squares():
    times = draw(0)
    law, line = fit(times, 1e9), stats.linregress(DEPTHS, np.log(times))
    assert law["slope"] == pytest.approx(12 * line.slope, rel=1e-3)
    assert law["intercept"] == pytest.approx(line.intercept, abs=1e-3)
    assert law["r_squared"] == pytest.approx(line.rvalue**2, abs=1e-4)
    half = stats.norm.ppf(0.975) * line.stderr
    ends = [12 * (line.slope - half), 12 * (line.slope + half)]
    assert law["slope_interval"] == pytest.approx(ends, rel=0.05)


def test_censored_runs_count_as_longer_and_not_as_ended():
    times = draw(1)
    law = fit(times, 150)
    assert sum(time is None for time in censor(times, 150)) >= 6
    naive = stats.linregress(DEPTHS, np.log(np.minimum(times, 150)))
    whole = stats.linregress(DEPTHS, np.log(times))
    assert abs(law["slope"] / 12 - whole.slope) < abs(naive.slope - whole.slope) / 2
    assert law["interval"][0] < 2.4 < law["interval"][1]


@pytest.mark.parametrize(
    ("curvature", "kind", "verdict"),
    [
        (0.25, "faster than exponential", REPRODUCED),
        (-0.25, "slower than exponential", NOT_REPRODUCED),
        (0.0, "exponential", REPRODUCED),
    ],
)
def test_the_data_decide_the_kind_of_growth(curvature, kind, verdict):
    times = draw(2, curvature=curvature, spread=0.15)
    law = fit(times, 1e9)
    assert convergence.growth(law) == kind
    assert convergence.verdict(law) == verdict


def test_no_growth_decides_nothing():
    law = fit(draw(3, factor=1.0))
    assert convergence.growth(law) == convergence.verdict(law) == NOT_DECIDED


def test_too_few_runs_give_no_law():
    law = convergence.fit_law([8, 8, 8, 14], [20.0, 21.0, 22.0, None], [100] * 4)
    assert set(law.values()) == {None}
    assert convergence.growth(law) == NOT_DECIDED
    assert convergence.slope_estimate(law)[1] == np.inf


def result(errors):
    run = Run(call("a:b"), call("c:d"), Protocol(len(errors), window=1))
    return finished.Result(run, [{"errors": errors}], {})


def test_groups_give_times_limits_rows_and_what_is_stored():
    fast, slow = result([0.9] * 4 + [0.0] * 6), result([0.9] * 7 + [0.0] * 3)
    never = result([0.9] * 10)
    groups = {14: [slow, never], 8: [fast, fast]}
    measured = convergence.measure_law(groups, 0.2)
    assert measured["depths"] == [8, 14] and measured["limits"] == [[10, 10], [10, 10]]
    assert measured["iterations"] == [[5, 5], [8, None]]
    factor = measured["factor_per_12_layers"]
    assert factor > (8 / 5) ** 2  # the one that never gets there counts too
    assert json.loads(json.dumps(measured)) == measured
    row = convergence.law_table({"plain": measured}).iloc[0]
    assert row["not reached"] == 1 and row["runs"] == 4
    assert convergence.told_factors({"plain": measured}) == [f"plain: {factor:.2f}"]
