"""Figures of trainings: curves of errors and losses, responses, gradients, loss surfaces.

A group is the list of `finished.Result`s of one network, a result for each seed.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator

from helpers import figures


def error_curves(groups):
    """Return a figure of the training and test errors of {network: group}."""
    figure, axes = plt.subplots(1, 2, sharey=True)
    parts = {"train_error": "training", "test_error": "test"}
    for ax, (quantity, title) in zip(axes, parts.items(), strict=True):
        ax.set_title(title)
        for k, (network, group) in enumerate(groups.items()):
            plot_history(ax, group, quantity, 100, label=network, **line(k, network))
    axes[0].set(ylabel="error (%)", ylim=(0, 100))
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6)
    return figure


def loss_curves(groups, dashed, ceiling):
    """Return a figure of the training losses of {name: group} up to `ceiling`, some dashed."""
    figure, ax = plt.subplots()
    for name, group in groups.items():
        style = "--" if name in dashed else "-"
        plot_history(ax, group, "train_loss", label=name, linestyle=style)
    ax.set(ylabel="training loss (cross-entropy)", yscale="log")
    ax.set_ylim(top=min(ax.get_ylim()[1], ceiling))
    figure.legend(loc="outside right upper", title="convolutions")
    return figure


def response_curves(responses):
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


def gradient_curves(results):
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


def surfaces(found):
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


def line(k, network):
    """Return the colour of the k-th network and its line, dashed if it is a plain one."""
    return {"color": f"C{k % 7}", "linestyle": "--" if network.startswith("plain") else "-"}


def plot_history(ax, group, quantity, factor=1.0, **style):
    """Draw a quantity of every epoch, times `factor`: the mean over seeds, their range shaded."""
    curves = factor * np.array([result.series(quantity) for result in group])
    epochs = np.arange(1, curves.shape[1] + 1)
    (drawn,) = ax.plot(epochs, curves.mean(axis=0), marker="." * (len(epochs) == 1), **style)
    if len(curves) > 1:
        ax.fill_between(
            epochs, curves.min(0), curves.max(0), color=drawn.get_color(), alpha=0.2, linewidth=0
        )
    ax.set(xlabel="epoch")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
