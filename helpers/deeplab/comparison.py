"""The official networks side by side: what they see, how they agree, what each setting changes."""

from collections.abc import Sequence

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import skimage.data

from helpers import cost, figures, inputs, published
from helpers.deeplab import checkpoint, image, official, overlays, reference, segmenter
from helpers.deeplab.segmenter import Segmentation
from helpers.download import DownloadError
from helpers.translation import text

NETWORKS = {  # titles of the columns of `networks_table`
    "name": "network",
    "output_stride": "output stride",
    "params": "parameters",
    "published_params": "published, 10⁶",
    "gmacs": "10⁹ multiply-adds at 513²",
    "published_gmacs": "published, 10⁹",
    "feature_memory_mib": "feature maps, MiB",
}
PARITY = {  # of `parity_table`
    "name": "checkpoint",
    "input_error": "inputs, max |Δ|",
    "logits_error": "logits, max |Δ| / max",
    "graph_error": "the graph itself",
    "agreement": "equal labels, %",
}
SETTINGS = {  # and of `settings_table`
    "name": "checkpoint",
    "stride_16": "kept at stride 16, %",
    "multi_scale": "kept with six scales, mirrored, %",
    "latency_ms": "ms a photograph",
    "feature_memory_mib": "feature maps, MiB",
}
ROWS = 6  # photographs that a page holds
FORMATS = (
    {"feature maps, MiB": "{:.0f}", "ms a photograph": "{:.0f}"}
    | dict.fromkeys(
        (PARITY["input_error"], PARITY["logits_error"], PARITY["graph_error"]), "{:.1e}"
    )
    | dict.fromkeys((NETWORKS["published_params"], NETWORKS["gmacs"]), "{:.2f}")
    | {NETWORKS["published_gmacs"]: "{:.2f}"}
)


def size_and_cost(name: str, model: keras.Model, output_stride: int, weights: str = "none") -> dict:
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


def networks_table(rows: list[dict]) -> pd.DataFrame:
    """Return rows of `size_and_cost` beside the published figures, as a DataFrame to show."""
    beside = []
    for row in rows:
        gmacs = published.DEEPLAB_GMACS.get((row["name"], row["output_stride"]))
        parameters = published.DEEPLAB_PARAMETERS.get(row["name"])
        beside.append(row | {"published_gmacs": gmacs, "published_params": parameters})
    return pd.DataFrame(beside)[list(NETWORKS)].rename(columns=NETWORKS)


def demo_pictures(others: Sequence[str]) -> tuple[dict[str, np.ndarray], list[str]]:
    """Return ({name: RGB picture}, faults) of the demo's photographs on this machine.

    Where none is, the pictures are `others` of scikit-image.
    """
    pictures, faults = {}, []
    for name, path in official.photographs().items():
        try:
            pictures[name] = image.read_picture(path)
        except ValueError as error:
            faults.append(describe_fault(name, error))
    return pictures or {name: getattr(skimage.data, name)() for name in others}, faults


def describe_fault(name: str, error: Exception) -> str:
    """Return a text that tells what is wrong with a file, without the folder of this machine."""
    fault = str(error).replace(f"{official.FOLDER}", inputs.relative_name(official.FOLDER))
    return text("{name} is left out ({fault})", name=name, fault=fault)


def compare_all(
    names: Sequence[str], pictures: dict[str, np.ndarray], in_detail: Sequence[str]
) -> tuple[list[dict], dict[str, dict[str, Segmentation]], list[str]]:
    """Return (rows, {checkpoint: {picture name: Segmentation}}, faults) of `compare` for each name.

    A checkpoint that cannot be used costs no other: `faults` tells what is wrong with it.
    """
    rows, segmentations, faults = [], {}, []
    for name in names:
        try:
            row, segmentations[name] = compare(name, pictures, name in in_detail)
            rows.append(row)
        except (ValueError, DownloadError) as error:
            faults.append(describe_fault(name, error))
    return rows, segmentations, faults


def compare(
    name: str, pictures: dict[str, np.ndarray], in_detail: bool = True
) -> tuple[dict, dict[str, Segmentation]]:
    """Return the figures of one official checkpoint on `pictures` and what it finds in them.

    Args:
        name: key of `official.CHECKPOINTS`.
        pictures: {name: picture as `image.read_picture` takes it}.
        in_detail: whether to compare all pictures, not only the first, with the frozen graph, and
            to try the other settings.

    Returns:
        (row, {picture name: Segmentation}). The row describes the network as the results store it
        and holds the figures of `reference.parity`; "latency_ms", the network alone; "stride_16"
        and "multi_scale", the labels in % that output stride 16, and six scales with mirroring,
        keep, or None.

    Raises:
        ValueError, DownloadError: as `checkpoint.load_official`.
    """
    model = checkpoint.load_official(name)
    demo, size = segmenter.Segmenter(model), 513
    with cost.without_weights():
        shape = checkpoint.build_official(name, size=size)
    found = {picture_name: demo.predict(picture) for picture_name, picture in pictures.items()}
    compared = list(pictures) if in_detail else list(pictures)[:1]
    graph = reference.FrozenGraph(official.graph_of(official.fetch_checkpoint(name)))
    errors = pd.DataFrame([reference.parity(graph, model, pictures[each]) for each in compared])
    square = image.to_input(image.shrink(found[compared[0]].picture, size), size)[None]
    row = size_and_cost(name, shape, 8, "official") | errors.max().to_dict()
    row |= {
        "agreement": errors["agreement"].mean(),
        "latency_ms": cost.latency(demo.label, square),
        "stride_16": None,
        "multi_scale": None,
    }
    if in_detail:
        strided = checkpoint.build_official(name, 16)
        strided.set_weights(model.get_weights())
        strided = segmenter.Segmenter(strided)
        coarse = [strided.predict(picture).labels for picture in pictures.values()]
        averaged = [demo.predict(each, segmenter.SCALES, True).labels for each in pictures.values()]
        labels = [one.labels for one in found.values()]
        row |= {"stride_16": alike(coarse, labels), "multi_scale": alike(averaged, labels)}
    return row, found


def alike(labels: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    """Return the share of pixels, in %, that are labelled the same in two lists of label maps."""
    pairs = zip(labels, others, strict=True)
    return 100 * float(np.mean(np.concatenate([(a == b).ravel() for a, b in pairs])))


def draw_times(names: Sequence[str], seconds: Sequence[float]) -> plt.Figure:
    """Return a figure of one horizontal bar for each network, the first on top."""
    figure, ax = plt.subplots(figsize=(figures.WIDTH, 2.0))
    bars = ax.barh(names[::-1], seconds[::-1], color=figures.BLUE)
    ax.bar_label(bars, fmt="{:.2f}", padding=3)
    ax.set_xlabel("seconds a photograph")
    ax.margins(x=0.1)
    return figure


def draw_photographs(segmentations: dict[str, dict[str, Segmentation]]) -> plt.Figure:
    """Return a figure: a row for each photograph, a column for it and for each checkpoint.

    `segmentations` is {checkpoint: {photograph: Segmentation}}. As many are drawn as fit on a page.
    """
    drawn = list(next(iter(segmentations.values())))[:ROWS]
    figure, axes = plt.subplots(
        len(drawn) + 1, len(segmentations) + 1, squeeze=False,
        figsize=(figures.WIDTH, 1.2 * len(drawn) + 0.5),
        height_ratios=[3] * len(drawn) + [1],
    )  # fmt: skip
    labels = set()
    for column, (name, found) in enumerate(segmentations.items(), 1):
        axes[0, column].set_title(name.replace("_", "_\n", 1), fontsize=7)
        for row, photograph in enumerate(drawn):
            axes[row, 0].imshow(found[photograph].picture)
            axes[row, 0].set_axis_off()
            overlays.show_overlay(axes[row, column], found[photograph])
            labels |= set(np.unique(found[photograph].labels))
    for ax in axes[-1]:
        ax.remove()
    legend = figure.add_subplot(axes[0, 0].get_gridspec()[-1, :])
    overlays.show_legend(legend, segmenter.VOC, sorted(labels), columns=7)
    return figure


def found_classes(segmentations: dict[str, dict[str, Segmentation]]) -> list[dict]:
    """Return the rows of the results that tell which classes cover which share of a photograph."""
    return [
        {"image": photograph, "model": name, "classes": one.shares}
        for name, found in segmentations.items()
        for photograph, one in found.items()
    ]


def shares_table(rows: list[dict]) -> pd.DataFrame:
    """Return the rows of `found_classes` as a DataFrame to show, from a share of 1 % on."""
    columns = {"photograph": [], "checkpoint": [], "classes": []}
    for row in rows:
        seen = {name: share for name, share in row["classes"].items() if share >= 0.01}
        columns["photograph"].append(row["image"])
        columns["checkpoint"].append(row["model"])
        columns["classes"].append(text("{classes}", classes=overlays.shares(seen)))
    return pd.DataFrame(columns)


def parity_table(rows: list[dict]) -> pd.DataFrame:
    """Return how far the rows of `compare` are from the frozen graphs, as a DataFrame to show."""
    return pd.DataFrame(rows)[list(PARITY)].rename(columns=PARITY)


def settings_table(rows: list[dict]) -> pd.DataFrame:
    """Return what the rows of `compare` tell of other settings and cost, as a DataFrame to show."""
    return pd.DataFrame(rows)[list(SETTINGS)].rename(columns=SETTINGS)


def agreement(segmentations: dict[str, dict[str, Segmentation]]) -> pd.DataFrame:
    """Return a DataFrame: the share of pixels, in %, that each pair of checkpoints labels alike."""
    labels = {name: [one.labels for one in found.values()] for name, found in segmentations.items()}
    columns = {
        name: [alike(ours, each) for each in labels.values()] for name, ours in labels.items()
    }
    return pd.DataFrame({"checkpoint": list(labels), **columns})
