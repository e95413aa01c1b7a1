"""The compact networks side by side on scenes: scores and cost at each output stride and scale."""

import pandas as pd

from helpers import cost
from helpers.deeplab import compact, fold, scenes, segmenter

NAMES = {
    "mobilenetv2": "MobileNetV2",
    "xception": "Xception, decoder",
    "xception_no_decoder": "Xception, no decoder",
}
COLUMNS = {
    "model": "network",
    "output_stride": "output stride",
    "miou": "mIoU",
    "boundary_miou": "mIoU within 3 pixels of an edge",
    "gmacs": "10⁹ multiply-adds",
    "latency_ms": "ms a scene",
}


def strides(name, wanted):
    """Return the output strides to measure a network at: those it is trained for, and `wanted`.

    The ablation is measured only where it was adapted.
    """
    recipe = compact.RECIPES[name]
    others = () if "start" in recipe else wanted
    return sorted({recipe["output_stride"], recipe["train_stride"], *others})


def score_all(output_strides, images, labels):
    """Return (rows, {(network, output stride): predicted labels}) of every one at its `strides`.

    A row has the keys "model", "output_stride", "miou", "boundary_miou", "gmacs" and "latency_ms"
    (of one scene).
    """
    rows, predictions = [], {}
    for name in compact.RECIPES:
        for output_stride in strides(name, output_strides):
            model = compact.load(name, output_stride)
            forward = fold.compiled(model)
            scores, predictions[name, output_stride] = compact.score(forward, images, labels)
            row = {"model": name, "output_stride": output_stride, **scores}
            row["gmacs"] = cost.multiply_adds(model) / 1e9
            row["latency_ms"] = cost.latency(forward, compact.scaled(images[:1]), repeats=9)
            rows.append(row)
    return rows, predictions


def scores_table(rows):
    """Return the rows of `score_all` as a DataFrame to show."""
    return pd.DataFrame(rows)[list(COLUMNS)].replace({"model": NAMES}).rename(columns=COLUMNS)


def score_scales(name, scales, images, labels):
    """Return the scores of a compact network whose probabilities are averaged over scales."""
    several = segmenter.Segmenter(compact.load(name, size=None), scenes.CLASSES, scenes.SIZE)
    return compact.score(lambda batch: several.average(batch, scales), images, labels)[0]
