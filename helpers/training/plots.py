"""Figures of trainings: curves of errors and losses, responses, gradients, loss surfaces.

A group is the list of `finished.Result`s of one network, a result for each seed.
"""

from collections.abc import Collection
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import LogFormatter, MaxNLocator

from helpers import figures
from helpers.training import convergence
from helpers.training.finished import Result
from helpers.training.seed_groups import Groups
from helpers.training.spec import moving_mean


def error_curves(groups: Groups) -> plt.Figure:
    """Return a figure of the training and test errors of {network: group}."""
    figure, axes = plt.subplots(1, 2, sharey=True)
    parts = {"train_error": "training", "test_error": "test"}
    for ax, (quantity, title) in zip(axes, parts.items(), strict=True):
        ax.set_title(title)
        for k, (network, group) in enumerate(groups.items()):
            plot_history(ax, group, quantity, label=network, **line(k, network))
    axes[0].set(ylabel="error (%)", ylim=(0, 100))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    return figure


def loss_curves(groups: Groups, dashed: Collection[str], window: int) -> plt.Figure:
    """Return a figure of the training losses of {name: group}, smoothed, some names dashed."""
    figure, ax = plt.subplots()
    for name, group in groups.items():
        losses = [moving_mean(each.per_iteration("losses"), window) for each in group]
        iterations = np.arange(len(losses[0])) + (window + 1) / 2
        style = "--" if name in dashed else "-"
        ax.semilogy(iterations, np.exp(np.mean(np.log(losses), axis=0)), style, label=name)
    ax.set(xlabel="iteration", ylabel="training loss (cross-entropy)")
    ax.set_ylim(top=min(100, ax.get_ylim()[1]))  # one that diverges would flatten the others
    figure.legend(loc="outside right upper", title="convolutions")
    return figure


def law_curves(laws: dict[str, dict]) -> plt.Figure:
    """Return a figure of iterations against depth, of {name: what `measure_law` found}.

    The first two are on the left; the first and the others on the right.
    """
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(figures.WIDTH, 3))
    first, second, *others = laws
    for ax, names in zip(axes, ([first, second], [first, *others]), strict=True):
        for name, colour in zip(names, figures.COLOURS, strict=False):
            draw_law(ax, laws[name], color=colour, label=name)
        ax.set(xlabel="layers", yscale="log")
        ax.yaxis.set_major_formatter(LogFormatter())  # 20 rather than 2 × 10¹
        ax.yaxis.set_minor_formatter(LogFormatter())
        ax.legend(fontsize=7.5)
    axes[0].set_ylabel("iterations until the error is low")
    return figure


def draw_law(ax: plt.Axes, measured: dict, color: str, label: str) -> None:
    """Draw a point for each run, a triangle where it ended too early, and the fitted line."""
    depths = np.repeat(measured["depths"], [len(each) for each in measured["iterations"]])
    times = np.array(sum(measured["iterations"], []), "float64")  # nan where censored
    limits, censored = np.concatenate(measured["limits"]), np.isnan(times)
    ax.plot(depths, times, "o", color=color, markersize=4, label=label)
    ax.plot(depths[censored], limits[censored], "^", color=color, mfc="none", markersize=4)
    if measured["slope"] is not None:
        ends = np.array([min(depths), max(depths)])
        logarithms = measured["intercept"] + measured["slope"] * ends / convergence.LAYERS
        ax.plot(ends, np.exp(logarithms), color=color)


def response_curves(responses: dict[str, list]) -> plt.Figure:
    """Return a figure of {network: [standard deviation of each layer, of each seed]}: the first."""
    figure, (ordered, by_size) = plt.subplots(1, 2, sharey=True)
    for k, (network, (deviations, *_others)) in enumerate(responses.items()):
        style = line(k, network)
        ordered.plot(np.arange(1, len(deviations) + 1), deviations, label=network, **style)
        by_size.plot(np.linspace(0, 1, len(deviations)), np.sort(deviations)[::-1], **style)
    ordered.set(xlabel="layer", ylabel="standard deviation of the response", yscale="log")
    by_size.set(xlabel="share of the layers, by size")
    figure.legend(loc="outside lower center", ncols=6)
    return figure


def gradient_curves(results: dict[str, Result]) -> plt.Figure:
    """Return a figure of the norm of every kernel's gradient, of two {network: `finished.Result`}.

    Each panel shows the first, the middle and the last epoch, at their start.
    """
    figure, axes = plt.subplots(1, 2, sharey=True)
    for ax, (network, result) in zip(axes, results.items(), strict=True):
        last = len(result.history)
        for epoch, colour in zip(sorted({1, (last + 1) // 2, last}), figures.COLOURS, strict=False):
            norms = result.history[epoch - 1]["gradient_norms"]
            ax.semilogy(np.arange(1, len(norms) + 1), norms, color=colour, label=str(epoch))
        ax.set(title=network, xlabel="layer")
    axes[0].set_ylabel("norm of the gradient")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside right upper", title="epoch")
    return figure


def surfaces(found: dict[str, list]) -> plt.Figure:
    """Return a figure of {network: [what `inspection.loss_surface` finds]} of two networks."""
    levels = np.geomspace(0.01, 100, 17)
    figure, axes = plt.subplots(1, 2, sharey=True, figsize=(figures.WIDTH, 3))
    for ax, (network, (surface, *_others)) in zip(axes, found.items(), strict=True):
        loss = np.clip(surface["loss"], levels[0], levels[-1])
        contours = ax.contourf(surface["axis"], surface["axis"], loss, levels=levels, norm="log")
        ax.plot(0, 0, "+", color="white")
        ax.set(title=network, xlabel="second direction", aspect="equal")
    axes[0].set_ylabel("first direction")
    figure.colorbar(contours, ax=axes, label="training loss", ticks=[0.01, 0.1, 1, 10, 100])
    return figure


def line(k: int, network: str) -> dict[str, str]:
    """Return the colour of the k-th network and its line, dashed if it is a plain one."""
    return {"color": f"C{k % 7}", "linestyle": "--" if network.startswith("plain") else "-"}


def plot_history(ax: plt.Axes, group: list[Result], quantity: str, **style: Any) -> None:
    """Draw a fraction of every epoch in per cent: the mean over seeds, their range shaded.

    A training that ended before another of its group counts with its last value.
    """
    series = [result.series(quantity) for result in group]
    epochs = np.arange(1, max(map(len, series)) + 1)
    curves = 100 * np.array([each + each[-1:] * (len(epochs) - len(each)) for each in series])
    ax.plot(epochs, curves.mean(axis=0), marker="." * (len(epochs) == 1), **style)
    if len(curves) > 1:
        ends, color = (curves.min(axis=0), curves.max(axis=0)), style["color"]
        ax.fill_between(epochs, *ends, color=color, alpha=0.2, linewidth=0)
    ax.set(xlabel="epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
