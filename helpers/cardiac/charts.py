"""Charts of the cardiac model: terms of its loss, compactness, codes and walks among them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers import figures
from helpers.translation import text


def loss_terms(history: dict[str, list[float]]) -> Figure:
    """Return a figure of the terms of the loss: {name: value per epoch}, "val_" for validation."""
    panels = {
        "soft Dice": {"dice_ed": "ED", "dice_es": "ES"},
        "KL (nats)": {"kl": None},
        "cross-entropy": {"cross_entropy": None},
    }
    figure, axes = plt.subplots(1, 3, figsize=(figures.WIDTH, 1.9))
    for ax, (quantity, terms) in zip(axes, panels.items(), strict=True):
        for (name, label), colour in zip(terms.items(), figures.COLOURS, strict=False):
            epochs = range(1, len(history[name]) + 1)
            ax.plot(epochs, history[name], ".-", color=colour, label=label)
            ax.plot(epochs, history[f"val_{name}"], ".--", color=colour)
        ax.set(xlabel="epoch", ylabel=quantity)
    axes[0].legend(fontsize=7)
    return figure


def compactness(table: pd.DataFrame) -> Figure:
    """Return a figure of Dice against d: the rows of `findings.compactness`, a panel a phase.

    Upright hearts are filled marks and lines, posed ones hollow marks and dashes.
    """
    figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.6))
    for ax, column, phase in zip(axes, ("dice_ed", "dice_es"), ("ED", "ES"), strict=True):
        for (name, posed), rows in table.groupby(["model", "posed"], sort=False):
            rows = rows.sort_values("d")
            colour = dict(zip(table["model"].unique(), figures.COLOURS, strict=False))[name]
            label = text("{model}, turned and shifted", model=name) if posed else name
            ax.plot(
                rows["d"], rows[column], "o--" if posed else "o-", color=colour, label=label,
                markerfacecolor="white" if posed else colour, markersize=4,
            )  # fmt: skip
        ax.set_xscale("log", base=2)
        sizes = sorted(table["d"].unique())
        ax.set(xlabel="codes d", ylabel=text("Dice, {phase}", phase=phase))
        ax.set_xticks(sizes, [str(size) for size in sizes])
    legend = axes[0].get_legend_handles_labels()
    figure.legend(*legend, loc="outside lower center", ncols=3, fontsize=7)
    return figure


def landscape(
    plane: np.ndarray, labels: np.ndarray, names: list[str], probabilities: dict[str, np.ndarray]
) -> Figure:
    """Return a figure of codes with a walk among them, and of probabilities along walks.

    Args:
        plane: (n + t, 2), the codes, then the walk, in two dimensions.
        labels: (n,) of the codes, 0 or 1.
        names: of the classes.
        probabilities: {walk: that of disease at each step (t + 1,)}.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.6))
    codes, path = np.split(plane, [len(labels)])
    for value, colour in enumerate((figures.BLUE, figures.ORANGE)):
        cloud = codes[labels == value]
        left.scatter(*cloud.T, s=8, color=colour, label=names[value], alpha=0.7)
    left.plot(*path.T, ".-", color="black", markersize=3, label="walk")
    left.set(xlabel="first eigenmap", ylabel="second eigenmap", xticks=[], yticks=[])
    left.legend(fontsize=7)
    for name, p in probabilities.items():
        right.plot(np.arange(1, len(p) + 1), p, label=name)
    right.set(xscale="log", xlabel="step, counted from 1", ylabel="probability of HCM")
    right.legend(fontsize=7)
    return figure
