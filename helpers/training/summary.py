"""Results of runs as rows, tables, curves, and what noise allows to say about them.

A group is the list of `store.Result`s of one network, a result for each seed.
"""

import math

import numpy as np
import pandas as pd
from matplotlib.ticker import MaxNLocator

from helpers import claims
from helpers.training import grid
from helpers.translation import translate as _


def train_groups(groups):
    """Train {name: [run of each seed]} and return {name: [`store.Result` of each seed]}."""
    finished = iter(grid.train_all([run for runs in groups.values() for run in runs]))
    return {name: [next(finished) for _run in runs] for name, runs in groups.items()}


def row(result, model, family, depth):
    """Return a run as `reports/results` stores it; losses that diverged are None."""
    return {
        "model": model,
        "family": family,
        "depth": depth,
        "seed": result.run.seed,
        "params": result.record["parameters"],
        "train_loss": [x if math.isfinite(x) else None for x in result.series("train_loss")],
        "train_error": result.series("train_error"),
        "test_error": result.series("test_error"),
        "seconds": result.record["seconds"],
        "images_per_second": result.images_per_second(),
        "cached": result.cached,
    }


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
    text = f"{100 * mean:.1f}"
    return text if deviation is None else f"{text} ± {100 * deviation:.1f}"


def untrained(groups, chance):
    """Return the names of {name: group} whose training error is not much below guessing.

    `chance` is the error of guessing the commonest class; 80 % of it still counts as guessing.
    """
    return [n for n, group in groups.items() if last(group, "train_error")[0] > 0.8 * chance]


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
            _("network"): list(groups),
            _("parameters"): [group[0].record["parameters"] for group in groups.values()],
            _("training error (%)"): [percent(group, "train_error") for group in groups.values()],
            _("test error (%)"): [percent(group, "test_error") for group in groups.values()],
        }
    )


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


def plot_history(ax, group, name, factor=1.0, **line):
    """Draw a quantity of every epoch: the mean over seeds, their range shaded; return `ax`.

    Args:
        ax: Matplotlib axes.
        group: a `store.Result` for each seed.
        name: of the quantity, such as "train_error".
        factor: on the values, such as 100 for per cent.
        line: `color`, `label` and the like for `ax.plot`.
    """
    curves = factor * np.array([result.series(name) for result in group])
    epochs = np.arange(1, curves.shape[1] + 1)
    marker = "." if len(epochs) == 1 else ""
    (drawn,) = ax.plot(epochs, curves.mean(axis=0), marker=marker, **line)
    if len(curves) > 1:
        ax.fill_between(
            epochs, curves.min(0), curves.max(0), color=drawn.get_color(), alpha=0.2, linewidth=0
        )
    ax.set(xlabel=_("epoch"))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax


def plot_gradient_norms(ax, result, epochs, colours):
    """Draw the norm of every kernel's gradient at the start of some epochs; return `ax`.

    Args:
        ax: Matplotlib axes.
        result: a `store.Result`.
        epochs: numbers of epochs, from 1.
        colours: one for each.
    """
    for epoch, colour in zip(epochs, colours, strict=True):
        norms = result.history[epoch - 1]["gradient_norms"]
        ax.semilogy(np.arange(1, len(norms) + 1), norms, color=colour, label=str(epoch))
    ax.set(xlabel=_("layer"))
    return ax


def plot_surface(ax, surface, levels):
    """Draw contours of the loss over a plane through the trained weights; return the contours."""
    axis = surface["axis"]
    loss = np.clip(surface["loss"], levels[0], levels[-1])
    contours = ax.contourf(axis, axis, loss, levels=levels, norm="log")
    ax.plot(0, 0, "+", color="white")
    ax.set(xlabel=_("second direction"), aspect="equal")
    return contours
