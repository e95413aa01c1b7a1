"""Charts of the cardiac model: terms of its loss, classification, codes and walks among them."""

import matplotlib.pyplot as plt
import numpy as np
from sklearn import metrics

from helpers import figures


def loss_terms(history):
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


def classification(labels, scores, predicted, names):
    """Return a figure of ROC curves and of a confusion matrix.

    Args:
        labels: (n,), 1 for disease.
        scores: {classifier: score (n,)}.
        predicted: labels (n,) of the classifier on the right.
        names: of the classes.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.6), width_ratios=(1.3, 1))
    for name, values in scores.items():
        false_positive, true_positive, _thresholds = metrics.roc_curve(labels, values)
        left.plot(false_positive, true_positive, label=name)
    left.set(aspect="equal", xlabel="false positive rate", ylabel="true positive rate")
    left.legend(fontsize=7, loc="lower right")
    matrix = metrics.confusion_matrix(labels, predicted, labels=(0, 1))
    right.imshow(matrix, cmap="Blues", vmax=2 * matrix.max())
    for (row, column), count in np.ndenumerate(matrix):
        right.text(column, row, count, ha="center", va="center")
    right.set(xticks=(0, 1), yticks=(0, 1), xticklabels=names, yticklabels=names)
    right.set(xlabel="predicted", ylabel="true")
    return figure


def landscape(plane, labels, names, curves):
    """Return a figure of codes with a walk among them, and of probabilities along walks.

    Args:
        plane: (n + t, 2), the codes, then the walk, in two dimensions.
        labels: (n,) of the codes, 0 or 1.
        names: of the classes.
        curves: {walk: probability of its target (t,)}.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(figures.WIDTH, 2.6))
    codes, walk = np.split(plane, [len(labels)])
    for value, colour in enumerate((figures.BLUE, figures.ORANGE)):
        cloud = codes[labels == value]
        left.scatter(*cloud.T, s=8, color=colour, label=names[value], alpha=0.7)
    left.plot(*walk.T, ".-", color="black", markersize=3, label="walk")
    left.set(xlabel="first eigenmap", ylabel="second eigenmap", xticks=[], yticks=[])
    left.legend(fontsize=7)
    for name, p in curves.items():
        right.plot(np.linspace(0, 1, len(p)), p, label=name)
    right.set(xlabel="share of the walk", ylabel="probability of the target")
    legend = right.get_legend_handles_labels()
    figure.legend(*legend, loc="outside lower center", ncols=4, fontsize=7)
    return figure
