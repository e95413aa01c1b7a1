"""Networks trained from several seeds: rows and tables of results, and what noise lets them say.

A group is the list of `finished.Result`s of one network, a result for each seed.
"""

import math

import numpy as np
import pandas as pd
from scipy import stats

from helpers import claims
from helpers.training import convergence, finished
from helpers.training.finished import Result
from helpers.training.spec import Call
from helpers.translation import text

Groups = dict[str, list[Result]]


def measure_groups(groups: Groups, measurement: Call) -> dict[str, list[dict]]:
    """Make a measurement in the networks of {name: group}; return {name: [what it finds]}."""
    pairs = [(result.run, measurement) for group in groups.values() for result in group]
    values = dict(zip(pairs, finished.measure_all(pairs), strict=True))
    return {name: [values[each.run, measurement] for each in groups[name]] for name in groups}


def result_rows(groups: Groups) -> list[dict]:
    """Return every run of {name: group} as `reports/results` stores it; lost losses are None."""
    rows = []
    for name, group in groups.items():
        for result in group:
            arguments = dict(result.run.network.arguments)
            losses = result.series("train_loss")
            rows.append({
                "model": name,
                "family": arguments.get("family", "vgg"),
                "depth": arguments.get("depth", len(result.history[0]["gradient_norms"])),
                "seed": result.run.seed,
                "params": result.record["parameters"],
                "train_loss": [loss if math.isfinite(loss) else None for loss in losses],
                "train_error": result.series("train_error"),
                "test_error": result.series("test_error"),
                "seconds": result.record["seconds"],
                "images_per_second": result.images_per_second(),
                "cached": result.cached,
            })  # fmt: skip
    return rows


def last_values(group: list[Result], name: str) -> list[float]:
    """Return each seed's value of the last epoch."""
    return [result.series(name)[-1] for result in group]


def percent(fractions: list[float]) -> str:
    """Return fractions in per cent: "2.5", or "2.5 ± 0.3" with their standard deviation."""
    mean = 100 * float(np.mean(fractions))
    if len(fractions) == 1:
        return text("{mean:.1f}", mean=mean)
    deviation = 100 * float(np.std(fractions, ddof=1))
    return text("{mean:.1f} ± {deviation:.1f}", mean=mean, deviation=deviation)


def means(groups: Groups, name: str) -> dict[str, float]:
    """Return {network: mean over the seeds of the last epoch's value} of {network: group}."""
    return {network: float(np.mean(last_values(group, name))) for network, group in groups.items()}


def told(values: dict, template: str) -> list[str]:
    """Return {name: value} as a list of texts, from a template of `{name}` and `{value}`."""
    return [text(template, name=name, value=value) for name, value in values.items()]


def untrained(groups: Groups, chance: float) -> list[str]:
    """Return the names of {name: group} that err more than 2/3 of `chance`, the guesses' error."""
    return [name for name, error in means(groups, "train_error").items() if error > chance * 2 / 3]


def error_table(groups: Groups) -> pd.DataFrame:
    """Return the table of the last epoch's errors: network, parameters, training, test, speed."""
    rows = []
    for name, group in groups.items():
        rows.append({
            "network": name,
            "parameters": group[0].record["parameters"],
            "training error (%)": percent(last_values(group, "train_error")),
            "test error (%)": percent(last_values(group, "test_error")),
            "images a second": round(np.mean([each.images_per_second() for each in group])),
        })  # fmt: skip
    return pd.DataFrame(rows)


def window_losses(group: list[Result], window: int) -> list[float]:
    """Return each seed's mean training loss over the last `window` iterations; inf if lost."""
    losses = [np.mean(result.per_iteration("losses")[-window:]) for result in group]
    return [float(loss) if math.isfinite(loss) else math.inf for loss in losses]


def loss_table(groups: Groups, window: int, threshold: float) -> pd.DataFrame:
    """Return the table of short trainings: loss at the end, iterations to a training error."""
    rows = []
    for name, group in groups.items():
        errors = [result.per_iteration("errors") for result in group]
        times = [convergence.iterations_to(each, threshold, window) for each in errors]
        losses = window_losses(group, window)
        rows.append({
            "network": name,
            "parameters": group[0].record["parameters"],
            "training loss": float(np.exp(np.mean(np.log(losses)))),
            "of the seeds": text(
                "{least:.2g} to {greatest:.2g}", least=min(losses), greatest=max(losses)
            ),
            "iterations": None if None in times else round(np.mean(times)),
        })  # fmt: skip
    return pd.DataFrame(rows).replace(math.inf, None)


def loss_estimates(groups: Groups, window: int) -> dict[str, claims.Estimate]:
    """Return {name: `claims.estimate` of the log training loss}; a lost one decides nothing."""
    estimates = {}
    for name, group in groups.items():
        losses = window_losses(group, window)
        known = losses if max(losses) < math.inf else []
        estimates[name] = claims.estimate([math.log(loss) for loss in known])
    return estimates


def rank_correlation(groups: Groups, window: int, paper: dict) -> list[float] | None:
    """Return Spearman's correlation of our losses with a paper's errors, and its p-value.

    `paper` has {name: error in %, or "fail"}; what fails ranks last. The p-value is that of a
    permutation test, for the networks are few. None where all losses or errors are equal.
    """
    ours = [np.mean(window_losses(group, window)) for group in groups.values()]
    theirs = [math.inf if paper[name] == "fail" else paper[name] for name in groups]
    if len(set(ours)) < 2 or len(set(theirs)) < 2:
        return None
    ranks = stats.rankdata(theirs)
    found = stats.permutation_test(
        [stats.rankdata(ours)], lambda order: np.corrcoef(order, ranks)[0, 1],
        permutation_type="pairings", n_resamples=1999, vectorized=False, rng=0,
    )  # fmt: skip
    return [float(found.statistic), float(found.pvalue)]


def variant_rows(groups: Groups, window: int, table: int, paper: dict) -> list[dict]:
    """Return {name: group} of a paper's table as `reports/results` stores it; lost loss is None."""
    rows = []
    for name, group in groups.items():
        loss = float(np.mean(window_losses(group, window)))
        row = {"name": name, "table": table, "paper": paper[name], "seeds": len(group)}
        rows.append(row | {"loss": loss if math.isfinite(loss) else None})
    return rows


def response_order(responses: dict, depths: list[int]) -> tuple[dict, dict, str]:
    """Judge by the responses of every training what 1512.03385 says of them (section 4.2, Fig. 7).

    Args:
        responses: {"plain-20": [standard deviation of each layer, of each seed]} and the like.
        depths: of plain and residual networks that have trained.

    Returns:
        ({name: median over the layers, mean over the seeds}, {depth: verdict that residual ones
        are below plain ones}, verdict that they fall from the least depth to the greatest).
    """
    medians = {name: np.median(each, axis=1) for name, each in responses.items()}
    typical = {name: claims.estimate(each) for name, each in medians.items()}
    below = {d: claims.smaller(typical[f"resnet-{d}"], typical[f"plain-{d}"]) for d in depths}
    falling = claims.NOT_DECIDED
    if len(depths) > 1:
        first, last = typical[f"resnet-{min(depths)}"], typical[f"resnet-{max(depths)}"]
        falling = claims.smaller(last, first)
    return {name: float(each.mean()) for name, each in medians.items()}, below, falling


def gradient_ratios(result: Result) -> list[float]:
    """Return the gradient's norm in the second convolution / last one, in first and last epoch."""
    norms = [result.history[epoch]["gradient_norms"] for epoch in (0, -1)]
    return [each[1] / each[-2] for each in norms]  # the last kernel is the classifier's
