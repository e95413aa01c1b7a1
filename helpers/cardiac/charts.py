"""Charts of the cardiac model: terms of its loss, compactness, codes and walks among them."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from helpers import figures
from helpers.translation import text


def loss_terms(history: dict[str, list[float]]) -> Figure:
    """Return a figure of the terms of the loss: {name: value per epoch}, "val_" for validation."""
    panels: dict[str, dict[str, str | None]] = {
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


def dice_curves(table: pd.DataFrame) -> Figure:
    """Return a figure of Dice against d: the rows of `findings.compactness`, a panel a pose.

    End-diastole has filled marks and lines, end-systole hollow marks and dashes.
    """
    figure, axes = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.6))
    models = dict(zip(table["model"].unique(), figures.COLOURS, strict=False))
    titles = "upright hearts", "hearts turned and shifted"
    for ax, (_posed, rows), title in zip(axes, table.groupby("posed"), titles, strict=True):
        for name, colour in models.items():
            of_model = rows[rows["model"] == name].sort_values("d")
            for column, style, fill in (("dice_ed", "o-", colour), ("dice_es", "o--", "white")):
                label = text("{model}, {phase}", model=name, phase=column[-2:].upper())
                ax.plot(
                    of_model["d"], of_model[column], style, color=colour, label=label,
                    markerfacecolor=fill, markersize=4,
                )  # fmt: skip
        sizes = sorted(rows["d"].unique())
        ax.set(xscale="log", xlabel="codes d", ylabel="Dice", title=title)
        ax.set_xticks(sizes, [str(size) for size in sizes])
        ax.minorticks_off()
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3)
    return figure


def landscape(
    plane: np.ndarray, labels: np.ndarray, names: list[str], probabilities: dict[str, np.ndarray]
) -> Figure:
    """Return a figure of codes with a walk among them, and of probabilities along walks.

    Args:
        plane: (n + t, 2), the codes, then the walk, in two dimensions.
        labels: (n,) of the codes, 0 or 1, which `names` gives names.
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
    right.set(xscale="log", xlabel="step, counted from 1", ylabel="probability of disease")
    right.legend(fontsize=7)
    return figure
