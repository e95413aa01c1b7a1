"""Networks trained from several seeds: rows and tables of results, and what noise lets them say.

A group is the list of `finished.Result`s of one network, a result for each seed.
"""

import math

import numpy as np
import pandas as pd

from helpers import claims
from helpers.training import grid
from helpers.translation import text


def train_groups(groups):
    """Train {name: [run of each seed]} and return {name: [`finished.Result` of each seed]}."""
    finished = iter(grid.train_all([run for runs in groups.values() for run in runs]))
    return {name: [next(finished) for _run in runs] for name, runs in groups.items()}


def measure_groups(groups, measurement):
    """Make a measurement in {name: [finished run of each seed]}; return {name: [what it finds]}."""
    pairs = [(run, measurement) for runs in groups.values() for run in runs]
    found = iter(grid.measure_all(pairs))
    return {name: [next(found) for _run in runs] for name, runs in groups.items()}


def rows(groups, kinds):
    """Return every run of {name: group} as `reports/results` stores it; lost losses are None.

    `kinds` has each name's (family, depth).
    """
    return [
        {
            "model": name,
            "family": kinds[name][0],
            "depth": kinds[name][1],
            "seed": result.run.seed,
            "params": result.record["parameters"],
            "train_loss": [x if math.isfinite(x) else None for x in result.series("train_loss")],
            "train_error": result.series("train_error"),
            "test_error": result.series("test_error"),
            "seconds": result.record["seconds"],
            "images_per_second": result.images_per_second(),
            "cached": result.cached,
        }
        for name, group in groups.items()
        for result in group
    ]


def finals(group, name):
    """Return each seed's value of the last epoch."""
    return [result.series(name)[-1] for result in group]


def last(group, name):
    """Return mean and sample standard deviation over the seeds of the last epoch's value.

    With a single seed the deviation is None.
    """
    values = finals(group, name)
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def percent(group, name):
    """Return the last epoch's error in per cent: "2.5", or "2.5 ± 0.3" over several seeds."""
    mean, deviation = last(group, name)
    if deviation is None:
        return text("{mean:.1f}", mean=100 * mean)
    return text("{mean:.1f} ± {deviation:.1f}", mean=100 * mean, deviation=100 * deviation)


def means(groups, name):
    """Return {network: mean over the seeds of the last epoch's value} of {network: group}."""
    return {network: last(group, name)[0] for network, group in groups.items()}


def told(values, template):
    """Return {name: value} as a list of texts, from a template of `{name}` and `{value}`."""
    return [text(template, name=name, value=value) for name, value in values.items()]


def untrained(groups, chance):
    """Return the names of {name: group} whose training error is not much below guessing.

    `chance` is the error of guessing the commonest class; 80 % of it still counts as guessing.
    """
    return [name for name, error in means(groups, "train_error").items() if error > 0.8 * chance]


def estimates(groups, images, idle):
    """Return {name: `claims.estimate` of the test error on so many images} of groups.

    `idle` are the names of networks that have not trained.
    """
    return {
        name: claims.estimate(finals(group, "test_error"), images, trained=name not in idle)
        for name, group in groups.items()
    }


def errors(groups):
    """Return the table of the last epoch's errors: network, parameters, training and test."""
    return pd.DataFrame(
        {
            "network": list(groups),
            "parameters": [group[0].record["parameters"] for group in groups.values()],
            "training error (%)": [percent(group, "train_error") for group in groups.values()],
            "test error (%)": [percent(group, "test_error") for group in groups.values()],
        }
    )


def speeds(groups):
    """Return how many images a second each of {name: group} trained on, as whole numbers."""
    return [
        round(np.mean([result.images_per_second() for result in group]))
        for group in groups.values()
    ]


def response_order(responses, depths, idle):
    """Judge by the responses of every training what 1512.03385 says of them (section 4.2, Fig. 7).

    Args:
        responses: {"plain-20": [standard deviation of each layer, of each seed]} and the like.
        depths: of the plain and residual networks.
        idle: names of networks that have not trained.

    Returns:
        ({name: median over the layers, mean over the seeds}, {depth: verdict that residual
        responses are below plain ones}, verdict that they fall from the least depth to the
        greatest).
    """
    medians = {name: np.median(each, axis=1) for name, each in responses.items()}
    typical = {n: claims.estimate(each, trained=n not in idle) for n, each in medians.items()}
    below = {d: claims.smaller(typical[f"resnet-{d}"], typical[f"plain-{d}"]) for d in depths}
    falling = claims.smaller(typical[f"resnet-{max(depths)}"], typical[f"resnet-{min(depths)}"])
    return {name: float(each.mean()) for name, each in medians.items()}, below, falling


def gradient_ratios(result):
    """Return the gradient's norm in the second convolution / last one, in first and last epoch."""
    norms = [result.history[epoch]["gradient_norms"] for epoch in (0, -1)]
    return [each[1] / each[-2] for each in norms]  # the last kernel is the classifier's


def epoch_time(groups):
    """Fit a line through epoch times against depth.

    Args:
        groups: {depth: group}, at least two depths.

    Returns:
        (seconds a layer, seconds at depth zero, {depth: median seconds of an epoch}).
    """
    seconds = {
        depth: float(np.median([result.epoch_seconds() for result in group]))
        for depth, group in groups.items()
    }
    slope, intercept = np.polyfit(list(seconds), list(seconds.values()), 1)
    return float(slope), float(intercept), seconds
