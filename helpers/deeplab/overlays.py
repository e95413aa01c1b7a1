"""Segmentations as pictures: the classes' colours laid over the photograph, and their legend."""

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Patch

from helpers import figures
from helpers.deeplab.segmenter import Segmentation
from helpers.translation import text


def shares(found: dict[str, float]) -> list[str]:
    """Return texts "name share" of {class: share of the pixels}, in order."""
    return [text("{name} {share:.0%}", name=name, share=share) for name, share in found.items()]


def grid(
    rows: Sequence[Sequence[np.ndarray]],
    height: float,
    titles: Sequence[str] = (),
    columns: Sequence[str] = (),
) -> tuple[plt.Figure, np.ndarray]:
    """Return (figure, axes) of rows of equally many pictures, without frames.

    The figure's `height` is in inches; `titles` stand left of the rows, `columns` above them.
    """
    size = (figures.WIDTH, height)
    figure, axes = plt.subplots(len(rows), len(rows[0]), figsize=size, squeeze=False)
    pictures = [picture for row in rows for picture in row]
    for ax, picture in zip(axes.flat, pictures, strict=True):
        ax.imshow(picture)
        ax.set(xticks=[], yticks=[])
        ax.spines[:].set_visible(False)
    for ax, title in zip(axes[:, 0], titles, strict=False):
        ax.set_ylabel(title)
    for ax, title in zip(axes[0], columns, strict=False):
        ax.set_title(title, fontsize=7)
    return figure, axes


def palette(count: int = 21) -> np.ndarray:
    """Return PASCAL VOC's colours, uint8 (count, 3): bits 0, 1, 2 of a label, and every third
    bit from there on, are the bits of red, green and blue, most significant first."""
    labels, channels = np.arange(count)[:, None], np.arange(3)
    bits = [((labels >> (3 * bit + channels)) & 1) << (7 - bit) for bit in range(8)]
    return np.sum(bits, axis=0).astype(np.uint8)


def overlay(one: Segmentation) -> np.ndarray:
    """Return the labels' colours over the picture, uint8 (height, width, 3), as the demo does."""
    mixed = np.float32(0.3) * one.picture + np.float32(0.7) * palette(256)[one.labels]
    return np.round(mixed).astype(np.uint8)


def add_legend(figure: plt.Figure, segmentations: Sequence[Segmentation]) -> None:
    """Draw the colours and names of the classes that are found below a figure."""
    labels = np.unique(np.concatenate([one.labels.ravel() for one in segmentations]))
    classes = segmentations[0].classes
    colours = palette(len(classes)) / 255
    patches = [Patch(facecolor=colours[i], edgecolor="0.4", label=classes[i]) for i in labels]
    figure.legend(handles=patches, ncols=5, loc="outside lower center", handlelength=1.2)
