"""The official networks side by side: what they see, how they agree, what each setting changes."""

import time

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from helpers import cost, figures
from helpers.deeplab import network, official, overlays, reference, segmenter
from helpers.translation import text

TITLES = {  # of the columns of `parity_table`
    "name": "checkpoint",
    "input_error": "inputs, max |Δ|",
    "logits_error": "logits, max |Δ|",
    "agreement": "equal labels, %",
    "stride_16": "kept at stride 16, %",
    "multi_scale": "kept with six scales, mirrored, %",
    "latency_ms": "ms a photograph",
    "feature_memory_mib": "feature maps, MiB",
}


def size_and_cost(name, model, output_stride, weights="none"):
    """Return a network's row of the results: parameters, 10⁹ multiply-adds, MiB of features.

    Args:
        name: what the row calls it.
        model: built for a fixed image size; `cost.without_weights` suffices.
        output_stride: as it was built with.
        weights: where they come from.
    """
    return {
        "name": name,
        "params": cost.trainable_parameters(model),
        "gmacs": cost.multiply_adds(model) / 1e9,
        "feature_memory_mib": cost.feature_memory(model),
        "output_stride": output_stride,
        "weights": weights,
    }


def compare_all(names, pictures):
    """Return (rows, {checkpoint: {picture name: Segmentation}}) of `compare` for each name."""
    rows, segmentations = [], {}
    for name in names:
        row, segmentations[name] = compare(name, pictures)
        rows.append(row)
    return rows, segmentations


def compare(name, pictures):
    """Return the figures of one official checkpoint on `pictures` and what it finds in them.

    Args:
        name: key of `official.ARCHIVES`.
        pictures: {name: picture as `image.read_picture` takes it}.

    Returns:
        (row, {picture name: Segmentation}). The row describes the network as the results store it
        and holds "input_error" and "logits_error", the largest differences from the frozen graph;
        "agreement", the labels equal to the graph's in %; "stride_16" and "multi_scale", the labels
        in % that output stride 16, and six scales with mirroring, keep.
    """
    model = official.load_official(name)
    demo = segmenter.Segmenter(model)
    with cost.without_weights():
        shape = official.build_official(name, size=demo.size)
    coarse = segmenter.Segmenter(rebuilt(model, 16))
    graph = reference.FrozenGraph(official.graph_of(name))
    found, parity, seconds, kept, averaged = {}, [], [], [], []
    for picture_name, picture in pictures.items():
        demo.predict(picture)  # the first call traces
        started = time.perf_counter()
        found[picture_name] = one = demo.predict(picture)
        seconds.append(time.perf_counter() - started)
        parity.append(reference.parity(graph, model, picture))
        kept.append((coarse.predict(picture).labels == one.labels).mean())
        multi = demo.predict(picture, segmenter.SCALES, flip=True)
        averaged.append((multi.labels == one.labels).mean())
    return {
        **size_and_cost(name, shape, 8, "official"),
        "latency_ms": 1e3 * float(np.median(seconds)),
        "input_error": max(p["input"] for p in parity),
        "logits_error": max(p["logits"] for p in parity),
        "agreement": 100 * float(np.mean([p["labels"] for p in parity])),
        "stride_16": 100 * float(np.mean(kept)),
        "multi_scale": 100 * float(np.mean(averaged)),
    }, found


def rebuilt(model, output_stride):
    """Return the same network with the same weights at another output stride, size open."""
    build = network.deeplab_v3 if "mobilenet" in model.name else network.deeplab_v3_plus
    other = build(output_stride)
    other.set_weights(model.get_weights())
    return other


def draw_times(names, seconds):
    """Return a figure of one horizontal bar for each network, the first on top."""
    figure, ax = plt.subplots(figsize=(figures.WIDTH, 2.0))
    bars = ax.barh(names[::-1], seconds[::-1], color=figures.BLUE)
    ax.bar_label(bars, fmt="{:.2f}", padding=3)
    ax.set_xlabel("seconds a photograph")
    ax.margins(x=0.1)
    return figure


def draw_photographs(segmentations):
    """Return a figure: a row for each photograph, a column for it and for each checkpoint.

    `segmentations` is {checkpoint: {photograph: Segmentation}}.
    """
    first = next(iter(segmentations.values()))
    fig, axes = plt.subplots(
        len(first) + 1, len(segmentations) + 1, squeeze=False,
        figsize=(figures.WIDTH, 1.2 * len(first) + 0.5),
        height_ratios=[3] * len(first) + [1],
    )  # fmt: skip
    for row, photograph in zip(axes, first, strict=False):
        row[0].imshow(first[photograph].picture)
        row[0].set_axis_off()
        for ax, (name, found) in zip(row[1:], segmentations.items(), strict=True):
            overlays.show_overlay(ax, found[photograph])
            if ax.get_subplotspec().is_first_row():
                ax.set_title(name.replace("_", "_\n", 1), fontsize=7)
    for ax in axes[-1]:
        ax.remove()
    everything = [one for found in segmentations.values() for one in found.values()]
    labels = np.unique(np.concatenate([np.unique(one.labels) for one in everything]))
    legend = fig.add_subplot(axes[0, 0].get_gridspec()[-1, :])
    overlays.show_legend(legend, everything[0].classes, labels, columns=7)
    return fig


def describe_photographs(segmentations):
    """Return a text for each checkpoint and photograph: the largest classes that it sees there."""
    return [
        text(
            "{model} in {photo}: {classes}",
            model=name,
            photo=photograph,
            classes=overlays.shares(one)[:3],
        )
        for name, found in segmentations.items()
        for photograph, one in found.items()
    ]


def found_classes(segmentations):
    """Return the rows of the results that tell which classes cover which share of a photograph."""
    return [
        {"image": photograph, "model": name, "classes": one.shares}
        for name, found in segmentations.items()
        for photograph, one in found.items()
    ]


def parity_table(rows):
    """Return the rows of `compare` as a DataFrame to show, a line for each checkpoint."""
    return pd.DataFrame(rows)[list(TITLES)].rename(columns=TITLES)


def agreement(segmentations):
    """Return a DataFrame: the share of pixels, in %, that each pair of checkpoints labels alike."""
    labels = {
        name: np.concatenate([one.labels.ravel() for one in found.values()])
        for name, found in segmentations.items()
    }
    alike = {name: [100 * (a == b).mean() for b in labels.values()] for name, a in labels.items()}
    return pd.DataFrame({"checkpoint": list(labels), **alike})
