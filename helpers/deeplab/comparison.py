"""The official networks side by side: what they see, how they agree, what each setting changes."""

import gc
from collections.abc import Sequence

import keras
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import skimage.data

from helpers import cost, inputs, published
from helpers.deeplab import checkpoint, image, official, overlays, reference, segmenter
from helpers.deeplab.segmenter import Segmentation
from helpers.download import DownloadError
from helpers.translation import text

SIZE = 513  # pixels of the demo's squares
COLUMNS = {  # {key of a row of the results: (header, format)} of the tables that the notebook shows
    "name": ("network", ""),
    "model": ("network", ""),
    "output_stride": ("output stride", ""),
    "params": ("parameters", ""),
    "published_params": ("published, 10⁶", "{:.2f}"),
    "gmacs": ("10⁹ multiply-adds", "{:.3f}"),
    "published_gmacs": ("published, 10⁹", "{:.2f}"),
    "feature_memory_mib": ("feature maps, MiB", "{:.0f}"),
    "input_error": ("inputs, max |Δ|", "{:.2g}"),
    "logits_error": ("logits, max |Δ| / max", "{:.2g}"),
    "graph_error": ("the graph itself", "{:.2g}"),
    "agreement": ("equal labels, %", ""),
    "stride_16": ("kept at stride 16, %", ""),
    "multi_scale": ("kept with six scales, mirrored, %", ""),
    "miou": ("mIoU", "{:.3f}"),
    "boundary_miou": ("mIoU within 3 pixels of an edge", "{:.3f}"),
    "latency_ms": ("ms a picture", "{:.1f}"),
    "gmacs_per_second": ("10⁹ multiply-adds a second", "{:.0f}"),
}
FORMATS = dict(COLUMNS.values())
ROWS = 6  # photographs that a page holds


def table(rows: list[dict], *keys: str) -> pd.DataFrame:
    """Return the numbers `keys` of rows of the results as a DataFrame to show."""
    headers = {key: COLUMNS[key][0] for key in keys}
    return pd.DataFrame(rows, columns=list(keys)).rename(columns=headers)


def size_and_cost(name: str, model: keras.Model, output_stride: int, weights: str = "none") -> dict:
    """Return a network's row of the results: size and cost, None where no figure is published.

    The model is built for a fixed image size; `cost.without_weights` suffices. `weights` tells
    where its weights come from.
    """
    return {
        "name": name,
        "params": cost.trainable_parameters(model),
        "published_params": published.DEEPLAB_PARAMETERS.get(name),
        "gmacs": cost.multiply_adds(model) / 1e9,
        "published_gmacs": published.DEEPLAB_GMACS.get((name, output_stride)),
        "feature_memory_mib": cost.feature_memory(model),
        "output_stride": output_stride,
        "weights": weights,
    }


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
            gc.collect()  # networks and their graphs refer to each other
        except (ValueError, DownloadError) as error:
            faults.append(describe_fault(name, error))
    return rows, segmentations, faults


def compare(
    name: str, pictures: dict[str, np.ndarray], in_detail: bool = True
) -> tuple[dict, dict[str, Segmentation]]:
    """Return the row of the results of one official checkpoint, and what it finds in pictures.

    `pictures` is {name: RGB picture (height, width, 3), uint8}, the result (row, {picture name:
    Segmentation}). "latency_ms" is that of the network alone. `in_detail` the row holds
    `reference.parity` with the frozen graph too, which takes 3 GiB for Xception; "stride_16" and
    "multi_scale", the labels in % that output stride 16, and six scales with mirroring, keep.
    Errors as `checkpoint.load_official`.
    """
    ours = segmenter.Segmenter(checkpoint.load_official(name), size=SIZE)
    found = {each: ours.predict(picture) for each, picture in pictures.items()}
    square = image.to_input(image.shrink(next(iter(pictures.values())), SIZE), SIZE)[None]
    with cost.without_weights():
        row = size_and_cost(name, checkpoint.build_official(name, size=SIZE), 8, "official")
    row["latency_ms"] = cost.latency(ours.label, square, repeats=1)
    if in_detail:
        _prefix, path = official.files_in(official.fetch_checkpoint(name))
        row |= reference.parity(reference.load_graph(path), ours, list(pictures.values()))
        coarse = segmenter.Segmenter(checkpoint.load_official(name, 16), size=SIZE)
        strided = {each: coarse.predict(picture) for each, picture in pictures.items()}
        averaged = {
            each: ours.predict(picture, segmenter.SCALES, flip=True)
            for each, picture in pictures.items()
        }
        row |= {"stride_16": alike(strided, found), "multi_scale": alike(averaged, found)}
    return row, found


def alike(found: dict[str, Segmentation], other: dict[str, Segmentation]) -> float:
    """Return the share of pixels, in %, that two {picture name: Segmentation} label the same."""
    equal = [(found[name].labels == other[name].labels).ravel() for name in found]
    return 100 * float(np.mean(np.concatenate(equal)))


def draw_photographs(segmentations: dict[str, dict[str, Segmentation]]) -> plt.Figure:
    """Return a figure: a row for each photograph, a column for it and for each checkpoint.

    `segmentations` is {checkpoint: {photograph: Segmentation}}. As many are drawn as fit on a page.
    """
    by_photograph = list(zip(*(found.values() for found in segmentations.values()), strict=True))
    drawn = by_photograph[:ROWS]
    rows = [[found[0].picture, *map(overlays.overlay, found)] for found in drawn]
    names = ["", *(name.replace("_", "_\n", 1) for name in segmentations)]
    figure, _axes = overlays.grid(rows, 1.2 * len(rows) + 0.5, columns=names)
    overlays.add_legend(figure, [one for found in drawn for one in found])
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
    shown = []
    for row in rows:
        seen = {name: share for name, share in row["classes"].items() if share >= 0.01}
        classes = text("{classes}", classes=overlays.shares(seen))
        shown.append({"photograph": row["image"], "network": row["model"], "classes": classes})
    return pd.DataFrame(shown)


def agreement(segmentations: dict[str, dict[str, Segmentation]]) -> pd.DataFrame:
    """Return a DataFrame: the share of pixels, in %, that each pair of checkpoints labels alike.

    The columns are numbered as the rows: the names are long.
    """
    names = [f"{number}: {name}" for number, name in enumerate(segmentations, 1)]
    pairs = pd.DataFrame({"network": names})
    for number, found in enumerate(segmentations.values(), 1):
        pairs[f"{number}"] = [alike(found, other) for other in segmentations.values()]
    return pairs
