"""Segmentations as pictures: the classes' colours laid over the photograph, and their legend."""

import numpy as np
from matplotlib.patches import Patch

from helpers.translation import translate


def names(classes):
    """Return the class names in the report's language, as a list."""
    return translate(", ".join(classes)).split(", ")


def shares(segmentation):
    """Return "name share" of the classes found, largest first, in the report's language."""
    shown = dict(zip(segmentation.classes, names(segmentation.classes), strict=True))
    return [f"{shown[name]} {share:.0%}" for name, share in segmentation.shares.items()]


def palette(count=21):
    """Return PASCAL VOC's colours, uint8 (count, 3): bits 0, 1, 2 of a label, and every third
    bit from there on, are the bits of red, green and blue, most significant first."""
    labels = np.arange(count)
    colours = np.zeros((count, 3), np.uint8)
    for bit in range(8):
        for channel in range(3):
            colours[:, channel] |= ((labels >> (3 * bit + channel) & 1) << (7 - bit)).astype(
                np.uint8
            )
    return colours


def overlay(picture, labels, opacity=0.7):
    """Return the labels' colours over the picture, uint8 (height, width, 3), as the demo does."""
    mixed = (1 - opacity) * picture + opacity * palette(256)[labels]
    return np.round(mixed).astype(np.uint8)


def show_overlay(ax, segmentation, opacity=0.7):
    """Draw a segmentation over its picture, without axes; return `ax`."""
    ax.imshow(overlay(segmentation.picture, segmentation.labels, opacity))
    ax.set_axis_off()
    return ax


def show_legend(ax, classes, found, columns=1):
    """Draw the colours and names of the classes `found` (labels) on an empty `ax`; return it."""
    colours = palette(len(classes)) / 255
    shown = names(classes)
    patches = [Patch(facecolor=colours[i], edgecolor="0.4", label=shown[i]) for i in found]
    ax.legend(handles=patches, ncols=columns, loc="center", handlelength=1.2)
    ax.set_axis_off()
    return ax
