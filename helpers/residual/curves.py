"""Signals and gradients in stacks of units: curves over draws of the weights, and words on them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib import pyplot as plt

from helpers import figures
from helpers.translation import text

STACKS = {  # name, colour and line of a stack without shortcuts or with, without BN or with
    "plain": ("plain", figures.ORANGE, "--"),
    "residual": ("residual", figures.BLUE, "--"),
    "plain_bn": ("plain with BN", figures.ORANGE, "-"),
    "residual_bn": ("residual with BN", figures.BLUE, "-"),
}


def range_of(values: np.ndarray) -> str:
    """Return the median of `values`, with the least and the greatest, as a text."""
    low, median, high = np.quantile(values, (0, 0.5, 1))
    return text("{median:.2g} ({low:.2g} to {high:.2g})", median=median, low=low, high=high)


def band(ax: plt.Axes, x: np.ndarray, draws: Any, style: str, color: str, **options: Any) -> None:
    """Draw the median of curves (draws, points) on a logarithmic axis, over a band of their range.

    `style` is of the median's line and markers, such as "o-"; so are `options`.
    """
    low, median, high = np.quantile(draws, (0, 0.5, 1), axis=0)
    ax.semilogy(x, median, style, color=color, **options)
    ax.fill_between(x, low, high, color=color, alpha=0.15, linewidth=0)


def unrolling(lengths: np.ndarray, identity: list, relu: list) -> plt.Figure:
    """Return a figure of the misses of Eq. (4), with f = ReLU those (draws, lengths)."""
    figure, ax = plt.subplots(figsize=(4.2, 2.4))
    band(ax, lengths, relu, "o-", figures.RED, label="$f$ = ReLU")
    ax.plot(lengths, identity, "s-", color=figures.BLUE, label="$f$ = identity")
    ax.axhline(np.finfo("float32").eps, color="0.6", linestyle=":", label="float32 resolution")
    ax.set(xlabel="units unrolled, $L - l$", ylabel="difference of the sides of (4)")
    ax.set_xticks(lengths)
    ax.legend(loc="center right")
    return figure


def scaling(scalings: Sequence[float], norms: np.ndarray, slopes: np.ndarray) -> plt.Figure:
    """Return a figure of gradients through units with a factor on the shortcut.

    Norms (scalings, units + 1) are relative to that at the top, slopes (scalings,) of their
    logarithms per unit.
    """
    figure, (left, right) = plt.subplots(1, 2, width_ratios=[1.5, 1])
    units = np.arange(norms.shape[1])[::-1]
    shades = plt.cm.cividis(np.linspace(0, 0.85, len(scalings)))
    for factor, curve, shade in zip(scalings, norms, shades, strict=True):
        left.semilogy(units, curve, color=shade)
        left.annotate(f"λ = {factor:g}", (1.02 * units[0], curve[0]), fontsize=7, va="center")
    left.set(xlim=(0, 1.2 * units[0]), xlabel="units between $x_i$ and $x_L$")
    left.set(ylabel="gradient norm at $x_i$ / at $x_L$")
    logarithms = np.log(scalings)
    right.plot(logarithms, logarithms, color="0.6", linestyle=":", label=r"$\log\,\lambda$")
    right.plot(logarithms, slopes, "o", color=figures.BLUE, label="measured")
    right.set(xlabel=r"$\log\,\lambda$", ylabel="slope of log norm per unit")
    right.legend()
    return figure


def signals(stacks: dict[str, list]) -> plt.Figure:
    """Return a figure of {key of `STACKS`: (norms of the gradient, variances of x_i)}.

    Both are (draws, units + 1), at the start of training.
    """
    figure, (left, right) = plt.subplots(1, 2, sharex=True)
    for stack, (norms, variances) in stacks.items():
        name, colour, line = STACKS[stack]
        units = np.arange(norms.shape[1])
        band(left, units[1:], variances[:, 1:], line, colour, label=name)
        band(right, units, norms, line, colour)
    left.set(xlabel="unit $i$", ylabel="variance of $x_i$")
    right.set(xlabel="unit $i$", ylabel="gradient norm at $x_i$ / at $x_L$")
    left.legend(loc="upper left", fontsize=7.5)
    return figure


def change(stack: str, norms: np.ndarray, variances: np.ndarray) -> str:
    """Return a text on how variance and gradient change from end to end of one of `STACKS`."""
    return text(
        "{name}: variance × {variance}, gradient × {gradient}",
        name=STACKS[stack][0],
        variance=range_of(variances[:, -1] / variances[:, 1]),
        gradient=range_of(norms[:, 0]),
    )
