"""How long training takes: iterations until the error is low, and their growth with depth.

He et al. conjecture that "deep plain nets may have exponentially low convergence rates"
(1512.03385, section 4.1): then the logarithm of the iterations is a straight line in depth.
"""

import dataclasses
import math

import numpy as np
import pandas as pd
from scipy import optimize, special, stats

from helpers import claims
from helpers.training.spec import moving_mean
from helpers.translation import text

LAYERS = 12  # the growth is told for so many layers: two units more in every stage
LEAST_SPREAD = 0.02  # of log iterations, which are whole numbers of some dozens at least
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


@dataclasses.dataclass(frozen=True)
class Law:
    """log iterations = intercept + slope depth / LAYERS + noise, fitted to runs of many depths."""

    intercept: float
    slope: float
    interval: tuple[float, float]  # of the slope, 95 %
    r_squared: float | None  # of the runs that reached the threshold
    curvature: float  # of log iterations, per (depth / LAYERS) ** 2; above 0: faster growth
    curvature_p: float  # probability of as much curvature if the line were straight
    over_power: float  # twice the log likelihood over that of a power of the depth

    def iterations(self, depth: np.ndarray) -> np.ndarray:
        """Return the iterations that the law foretells."""
        return np.exp(self.intercept + self.slope * np.asarray(depth) / LAYERS)

    def factor(self) -> float:
        """Return the factor by which `LAYERS` layers more prolong the training."""
        return math.exp(self.slope)

    def factor_interval(self) -> list[float]:
        """Return the 95 % interval of that factor."""
        return [math.exp(end) for end in self.interval]


def fit_law(depths: list, iterations: list, limits: list) -> Law | None:
    """Fit the law by maximum likelihood; a run that ended too early counts as longer than it was.

    Such censored runs are those of a Tobit model (Tobin 1958). The interval is that of the profile
    likelihood, and curvature is judged by the ratio of likelihoods with and without it.

    Args:
        depths: of each run, (n,).
        iterations: that each run took, None where it ended before.
        limits: how many each run was given, (n,).

    Returns:
        A `Law`, or None where fewer than three runs of two depths reached the threshold.
    """
    depth = np.asarray(depths, "float64")
    reached = np.array([each is not None for each in iterations])
    if np.sum(reached) < 3 or len(set(depth[reached])) < 2:
        return None
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
    low, high = (optimize.brentq(excess, slope, slope + way, xtol=1e-4) for way in (-reach, reach))
    residuals, scatter = (log_time - level - slope * x)[reached], np.var(log_time[reached])
    return Law(
        intercept=float(level - slope * depth.mean() / LAYERS),
        slope=float(slope),
        interval=(low, high),
        r_squared=float(1 - np.mean(residuals**2) / scatter) if scatter else None,
        curvature=float(curvature),
        curvature_p=float(stats.chi2.sf(max(0.0, line - curved), 1)),
        over_power=float(power - line),
    )


def measure_law(groups: dict, threshold: float) -> dict:
    """Return how the training of networks of one kind takes longer with depth.

    Args:
        groups: {depth: [`finished.Result` of each seed]}, all with one window.
        threshold: as for `iterations_to`.

    Returns:
        {"threshold", "depths", "iterations" (a list for each depth, None where censored),
        "limits" (likewise, what each run was given), "law" (a `Law` or None)}.
    """
    window = next(iter(groups.values()))[0].run.protocol.window
    errors = {d: [each.per_iteration("errors") for each in groups[d]] for d in sorted(groups)}
    times = [[iterations_to(e, threshold, window) for e in each] for each in errors.values()]
    limits = [[len(e) - (window - 1) / 2 for e in each] for each in errors.values()]
    depths = [depth for depth, each in errors.items() for _run in each]
    law = fit_law(depths, sum(times, []), sum(limits, []))
    measured = {"threshold": threshold, "depths": list(errors)}
    return measured | {"iterations": times, "limits": limits, "law": law}


def slope_estimate(measured: dict) -> claims.Estimate:
    """Return the slope of what `measure_law` found as `helpers.claims` takes it."""
    if not (law := measured["law"]):
        return math.nan, math.inf
    low, high = law.interval
    return law.slope, ((high - low) / (2 * stats.norm.ppf(0.975))) ** 2


def growth(measured: dict) -> str:
    """Return a verdict on the growth with depth: is it exponential, or faster, or slower?"""
    law = measured["law"]
    if not law or claims.positive(slope_estimate(measured)) != claims.REPRODUCED:
        return claims.NOT_DECIDED
    if law.curvature_p < 0.05:
        return "faster than exponential" if law.curvature > 0 else "slower than exponential"
    return "exponential" if law.over_power > 4 else claims.NOT_DECIDED


def verdict(measured: dict) -> str:
    """Return the verdict on the conjecture that iterations grow at least exponentially."""
    kind = growth(measured)
    others = {"slower than exponential": claims.NOT_REPRODUCED, claims.NOT_DECIDED: kind}
    return others.get(kind, claims.REPRODUCED)


def stored_law(measured: dict) -> dict:
    """Return what `measure_law` found as `reports/results` stores it."""
    law = measured["law"]
    return {name: measured[name] for name in ("threshold", "depths", "iterations")} | {
        "factor_per_12_layers": law and law.factor(),
        "interval": law and law.factor_interval(),
        "r_squared": law and law.r_squared,
        "curvature_p": law and law.curvature_p,
        "growth": growth(measured),
    }


def told_factors(laws: dict) -> list[str]:
    """Return the factor for `LAYERS` layers of each of {name: what `measure_law` found}."""
    factors = {name: each["law"].factor() for name, each in laws.items() if each["law"]}
    template = "{name}: {factor:.2f}"
    return [text(template, name=name, factor=factors[name]) for name in factors] or ["none"]


def law_table(laws: dict) -> pd.DataFrame:
    """Return the table of {name: what `measure_law` found}."""
    rows = []
    for name, measured in laws.items():
        stored, times = stored_law(measured), sum(measured["iterations"], [])
        low, high = stored["interval"] or (None, None)
        rows.append({
            "networks": name,
            "error below (%)": 100 * measured["threshold"],
            "runs": len(times),
            "not reached": times.count(None),
            "12 layers": stored["factor_per_12_layers"],
            "95 % interval": low and text("{low:.2f} to {high:.2f}", low=low, high=high),
            "R²": stored["r_squared"],
            "p of a straight line": stored["curvature_p"],
            "growth": stored["growth"],
        })  # fmt: skip
    return pd.DataFrame(rows)
