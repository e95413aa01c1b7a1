"""Results of runs as rows, means over seeds and curves."""

import math

import numpy as np
from matplotlib.ticker import MaxNLocator

from helpers.training import grid
from helpers.translation import translate as _


def train_groups(groups):
    """Train {name: [run of each seed]} and return {name: [`store.Result` of each seed]}."""
    finished = iter(grid.train_all([run for runs in groups.values() for run in runs]))
    return {name: [next(finished) for _run in runs] for name, runs in groups.items()}


def row(result, model):
    """Return a run as `reports/results` stores it; losses that diverged are None.

    `model` is a name such as "plain-56": family and depth.
    """
    family, _dash, depth = model.lower().partition("-")
    losses = [loss if math.isfinite(loss) else None for loss in result.series("train_loss")]
    return {
        "model": model,
        "family": family,
        "depth": int(depth),
        "seed": result.run.seed,
        "params": result.record["parameters"],
        "train_loss": losses,
        "train_error": result.series("train_error"),
        "test_error": result.series("test_error"),
        "seconds": result.record["seconds"],
        "images_per_second": result.images_per_second(),
        "cached": result.cached,
    }


def last(results, name, epochs=1):
    """Return mean and sample standard deviation over seeds of the mean of the last epochs.

    With a single seed the deviation is None.
    """
    values = [np.mean(result.series(name)[-epochs:]) for result in results]
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else None


def percent(results, name, digits=1):
    """Return a final error as text in per cent: "2.5", or "2.5 ± 0.3" over several seeds."""
    mean, deviation = last(results, name)
    text = f"{100 * mean:.{digits}f}"
    return text if deviation is None else f"{text} ± {100 * deviation:.{digits}f}"


def plot_errors(ax, results, name, **line):
    """Draw an error (%) per epoch: the mean over seeds, their range shaded; return `ax`.

    Args:
        ax: Matplotlib axes.
        results: a `store.Result` for each seed.
        name: "train_error" or "test_error".
        line: `color`, `label` and the like for `ax.plot`.
    """
    curves = 100 * np.array([result.series(name) for result in results])
    epochs = np.arange(1, curves.shape[1] + 1)
    (drawn,) = ax.plot(epochs, curves.mean(axis=0), **line)
    if len(curves) > 1:
        ax.fill_between(
            epochs, curves.min(0), curves.max(0), color=drawn.get_color(), alpha=0.2, linewidth=0
        )
    ax.set(xlabel=_("epoch"), ylim=(0, 100))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    return ax
