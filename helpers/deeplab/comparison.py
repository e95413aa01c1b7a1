"""The official networks side by side: what they see, how they agree, what each setting changes."""

import time

import matplotlib.pyplot as plt
import numpy as np

from helpers import cost, figures
from helpers.deeplab import drawing, network, official, reference, segmenter
from helpers.translation import translate as _


def measure(name, pictures):
    """Return the figures of one official checkpoint on `pictures` and what it finds in them.

    Args:
        name: key of `official.ARCHIVES`.
        pictures: {name: picture as `image.read` takes it}.

    Returns:
        (row, {picture name: Segmentation}). The row describes the network as the results store it
        and holds "input_error" and "logits_error", the largest differences from the frozen graph;
        "agreement", the labels equal to the graph's in %; "stride_16" and "multi_scale", the labels
        in % that output stride 16, and six scales with mirroring, keep.
    """
    model = official.load(name)
    demo = segmenter.Segmenter(model)
    with cost.without_weights():
        shape = official.build(name, size=demo.size)
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
        "name": name,
        "params": sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
        "gmacs": cost.multiply_adds(shape) / 1e9,
        "feature_memory_mib": cost.feature_memory(shape),
        "output_stride": 8,
        "weights": "official",
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


def draw(segmentations):
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
            drawing.show_overlay(ax, found[photograph])
            if ax.get_subplotspec().is_first_row():
                ax.set_title(name.replace("_", "\n"), fontsize=7)
    for ax in axes[-1]:
        ax.remove()
    everything = [one for found in segmentations.values() for one in found.values()]
    labels = np.unique(np.concatenate([np.unique(one.labels) for one in everything]))
    legend = fig.add_subplot(axes[0, 0].get_gridspec()[-1, :])
    drawing.show_legend(legend, everything[0].classes, labels, columns=7)
    return fig


def describe(segmentations):
    """Return the largest classes that each checkpoint sees in each photograph, as a sentence."""
    return "; ".join(
        _("{model} in {photo}: {classes}").format(
            model=name,
            photo=photograph,
            classes=", ".join(drawing.shares(one)[:3]),
        )
        for name, found in segmentations.items()
        for photograph, one in found.items()
    )


def agreement(segmentations):
    """Return the share of pixels, in %, that each pair of checkpoints labels alike, (n, n)."""
    labels = [
        np.concatenate([one.labels.ravel() for one in found.values()])
        for found in segmentations.values()
    ]
    return np.array([[100 * (a == b).mean() for b in labels] for a in labels])
