"""Verdicts on the papers' claims: what our samples decide, and what their noise leaves open.

An estimate is a pair (value, variance). A difference counts beyond twice its standard deviation.
"""

import math
from collections.abc import Collection, Sequence

import numpy as np
from scipy import stats

REPRODUCED = "reproduced"
NOT_REPRODUCED = "not reproduced"
NOT_DECIDED = "not decided"

Estimate = tuple[float, float]


def estimate(sample: Sequence[float], images: int | None = None, trained: bool = True) -> Estimate:
    """Return the estimate of a mean, its variance infinite where the sample decides nothing.

    The noise is the larger of the scatter over trainings, widened by Student's factor because they
    are few, and the sampling of the images. A single value has no known scatter.

    Args:
        sample: a value for each training, or none; with `images`, error rates in [0, 1].
        images: number of images behind each error rate, the same for every training.
        trained: False if a network behind the sample has not learned: it decides nothing.
    """
    if not len(sample):
        return math.nan, math.inf
    mean, scatter = float(np.mean(sample)), None
    if len(sample) > 1:
        student = stats.t.ppf(0.975, len(sample) - 1)  # in place of the 2 of many trainings
        scatter = float(np.var(sample, ddof=1) / len(sample) * (student / 2) ** 2)
    if not trained or (scatter is None and images is None):
        return mean, math.inf
    return mean, max(scatter or 0.0, mean * (1 - mean) / images if images else 0.0)


def minus(one: Estimate, other: Estimate) -> Estimate:
    """Return the estimate of the difference of two independent estimates."""
    return one[0] - other[0], one[1] + other[1]


def positive(estimated: Estimate) -> str:
    """Return the verdict on the claim that a quantity is above zero."""
    value, variance = estimated
    if not abs(value) > 2 * math.sqrt(variance):
        return NOT_DECIDED
    return REPRODUCED if value > 0 else NOT_REPRODUCED


def smaller(one: Estimate, other: Estimate) -> str:
    """Return the verdict on the claim that the first of two estimates is the smaller."""
    return positive(minus(other, one))


def differ(one: Estimate, other: Estimate) -> bool:
    """Return whether two estimates differ beyond their noise."""
    return smaller(one, other) != NOT_DECIDED


def within(estimated: Estimate, expected: float, tolerance: float) -> str:
    """Return the verdict on the claim that a quantity is within `tolerance` of `expected`."""
    value, variance = estimated
    return positive((tolerance - abs(value - expected), variance))


def all_of(verdicts: Collection[str]) -> str:
    """Return the verdict on a claim with several parts; one part that fails is enough."""
    if NOT_REPRODUCED in verdicts:
        return NOT_REPRODUCED
    return REPRODUCED if verdicts and set(verdicts) == {REPRODUCED} else NOT_DECIDED


def smallest(name: str, estimates: dict[str, Estimate]) -> str:
    """Return the verdict on the claim that `name` has the smallest of {name: estimate}."""
    if name not in estimates:
        return NOT_DECIDED
    others = [each for key, each in estimates.items() if key != name]
    return all_of([smaller(estimates[name], other) for other in others])


def best(estimates: dict[str, Estimate]) -> str | None:
    """Return the name that has the smallest of {name: estimate} beyond the noise, or None."""
    return next((name for name in estimates if smallest(name, estimates) == REPRODUCED), None)
