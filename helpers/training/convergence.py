"""How long training takes: iterations until the error is low, and their growth with depth.

He et al. conjecture that "deep plain nets may have exponentially low convergence rates"
(1512.03385, section 4.1): then the logarithm of the iterations is a straight line in depth.
"""

import math
from typing import Any

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from helpers import claims
from helpers.training.spec import moving_mean
from helpers.translation import text

LAYERS = 12  # the growth is told for so many layers: two units more in every stage
LEAST_SPREAD = 0.02  # of log iterations, which are whole numbers of some dozens at least
FIT = (  # what `fit_law` returns
    "intercept", "slope", "slope_interval", "factor_per_12_layers", "interval", "r_squared",
    "curvature", "curvature_p", "over_power",
)  # fmt: skip
FORMATS = {  # of the columns of `law_table`
    "error below (%)": "{:.0f}",
    "12 layers": "× {:.2f}",
    "R²": "{:.3f}",
    "p of a straight line": "{:.2g}",
}


def iterations_to(errors: np.ndarray, threshold: float, window: int) -> float | None:
    """Return the iterations until the error is below a threshold, None if it never is.

    Args:
        errors: training error of every iteration's batch, (iterations,).
        threshold: of the mean over `window` iterations; the middle of the first window below it
            is returned.
    """
    below = np.flatnonzero(moving_mean(errors, window) < threshold)
    return float(below[0] + (window + 1) / 2) if len(below) else None


def fit_law(depths: list, iterations: list, limits: list) -> dict[str, Any]:
    """Fit log iterations = intercept + slope depth / `LAYERS` + noise by maximum likelihood.

    A run that ended too early counts as longer than it was, as in a Tobit model (Tobin 1958). The
    interval is that of the profile likelihood, and curvature is judged by the ratio of likelihoods
    with and without it.

    Args:
        depths: of each run, (n,).
        iterations: that each run took, None where it ended before.
        limits: how many each run was given, (n,).

    Returns:
        {"intercept", "slope", "slope_interval" (95 %), "factor_per_12_layers" (e^slope), "interval"
        (of that factor), "r_squared" (of the runs that reached the threshold), "curvature" (of log
        iterations, per (depth / LAYERS)^2; above 0: faster growth), "curvature_p" (probability of
        as much curvature if the line were straight), "over_power" (twice the log likelihood over
        that of a power of the depth)}, all None where fewer than three runs of two depths reached
        the threshold.
    """
    depth = np.asarray(depths, "float64")
    reached = np.array([each is not None for each in iterations])
    if np.sum(reached) < 3 or len(set(depth[reached])) < 2:
        return dict.fromkeys(FIT)
    log_time = np.log([own or limit for own, limit in zip(iterations, limits, strict=True)])
    x = (depth - depth.mean()) / LAYERS

    def fit(*columns, offset=0.0):
        """Return minus twice the greatest log likelihood, bar 2π, and the columns' factors."""
        design = np.stack([np.ones_like(x), *columns], axis=1)

        def deviance(parameters):
            log_spread, *factors = parameters
            spread = LEAST_SPREAD + math.exp(min(log_spread, 20))
            z = (log_time - offset - design @ factors) / spread
            density = np.sum(z[reached] ** 2 + 2 * math.log(spread))
            return density - 2 * np.sum(special.log_ndtr(-z[~reached]))

        start = np.linalg.lstsq(design[reached], (log_time - offset)[reached])[0]
        best = optimize.minimize(deviance, [-1.0, *start], method="BFGS")
        return best.fun, best.x[1:]

    line, (level, slope) = fit(x)
    curved, (*_straight, curvature) = fit(x, x**2)
    power, _factors = fit(np.log(depth))

    def excess(trial):
        return fit(offset=trial * x)[0] - line - stats.chi2.ppf(0.95, 1)

    reach = 0.05
    while min(excess(slope - reach), excess(slope + reach)) < 0:
        reach *= 2
    ends = [optimize.brentq(excess, slope, slope + way, xtol=1e-4) for way in (-reach, reach)]
    residuals, scatter = (log_time - level - slope * x)[reached], np.var(log_time[reached])
    r_squared = float(1 - np.mean(residuals**2) / scatter) if scatter else None
    curvature_p = stats.chi2.sf(max(0.0, line - curved), 1)
    found = (
        level - slope * depth.mean() / LAYERS, slope, ends, math.exp(slope), list(np.exp(ends)),
        r_squared, curvature, curvature_p, power - line,
    )  # fmt: skip
    return dict(zip(FIT, found, strict=True))


def measure_law(groups: dict, threshold: float) -> dict[str, Any]:
    """Return how the training of networks of one kind takes longer with depth.

    Args:
        groups: {depth: [`finished.Result` of each seed]}, all with one window.
        threshold: as for `iterations_to`.

    Returns:
        {"threshold", "depths", "iterations" (a list for each depth, None where censored),
        "limits" (likewise, what each run was given), "growth"} and what `fit_law` returns.
    """
    window = next(iter(groups.values()))[0].run.protocol.window
    errors = {d: [each.per_iteration("errors") for each in groups[d]] for d in sorted(groups)}
    times = [[iterations_to(e, threshold, window) for e in each] for each in errors.values()]
    limits = [[len(e) - (window - 1) / 2 for e in each] for each in errors.values()]
    depths = [depth for depth, each in errors.items() for _run in each]
    fit = fit_law(depths, sum(times, []), sum(limits, []))
    measured = {"threshold": threshold, "depths": list(errors), "iterations": times}
    return measured | {"limits": limits, "growth": growth(fit)} | fit


def slope_estimate(fit: dict) -> claims.Estimate:
    """Return the slope that `fit_law` found as `helpers.claims` takes it."""
    if fit["slope"] is None:
        return math.nan, math.inf
    low, high = fit["slope_interval"]
    return fit["slope"], ((high - low) / (2 * stats.norm.ppf(0.975))) ** 2


def growth(fit: dict) -> str:
    """Return a verdict on the growth with depth: is it exponential, or faster, or slower?"""
    if claims.positive(slope_estimate(fit)) != claims.REPRODUCED:
        return claims.NOT_DECIDED
    if fit["curvature_p"] < 0.05:
        return "faster than exponential" if fit["curvature"] > 0 else "slower than exponential"
    return "exponential" if fit["over_power"] > 4 else claims.NOT_DECIDED


def verdict(fit: dict) -> str:
    """Return the verdict on the conjecture that iterations grow at least exponentially."""
    kind = growth(fit)
    others = {"slower than exponential": claims.NOT_REPRODUCED, claims.NOT_DECIDED: kind}
    return others.get(kind, claims.REPRODUCED)


def told_factors(laws: dict) -> list[str]:
    """Return the factor for `LAYERS` layers of each of {name: what `measure_law` found}."""
    factors = {name: each["factor_per_12_layers"] for name, each in laws.items()}
    template = "{name}: {factor:.2f}"
    return [text(template, name=n, factor=f) for n, f in factors.items() if f] or ["none"]


def law_table(laws: dict) -> pd.DataFrame:
    """Return the table of {name: what `measure_law` found}."""
    rows = []
    for name, measured in laws.items():
        times = sum(measured["iterations"], [])
        low, high = measured["interval"] or (None, None)
        rows.append({
            "networks": name,
            "error below (%)": 100 * measured["threshold"],
            "runs": len(times),
            "not reached": times.count(None),
            "12 layers": measured["factor_per_12_layers"],
            "95 % interval": low and text("{low:.2f} to {high:.2f}", low=low, high=high),
            "R²": measured["r_squared"],
            "p of a straight line": measured["curvature_p"],
            "growth": measured["growth"],
        })  # fmt: skip
    return pd.DataFrame(rows)
