"""The compact networks for scenes: built, loaded from data/weights, and scored at each stride."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd

from helpers import cost, files, inputs, paths, training
from helpers.deeplab import ablation, checkpoint, metrics, network, scenes, segmenter
from helpers.training import seed_groups

NETWORKS: dict[str, dict[str, Any]] = {
    "mobilenetv2": {"width": 0.35},
    "xception": {"width": 0.25, "middle_units": 4},
    "xception_no_decoder": {"width": 0.25, "middle_units": 4, "decoder": False},
}
TITLES = {
    "mobilenetv2": "MobileNetV2",
    "xception": "Xception, decoder",
    "xception_no_decoder": "Xception, no decoder",
}


def build(name: str, output_stride: int = 16, size: int | None = scenes.SIZE) -> keras.Model:
    """Return the untrained compact network `name`, a key of `NETWORKS`, for images of `size`."""
    builder = network.deeplab_v3_plus if "xception" in name else network.deeplab_v3
    return builder(output_stride, classes=len(scenes.CLASSES), size=size, **NETWORKS[name])


def load(name: str, output_stride: int = 16, size: int | None = scenes.SIZE) -> keras.Model:
    """Return the compact network with the weights that the project trained.

    Raises:
        ValueError: they are not there, not as they were stored, or do not fit the network; the
            message says how to get them.
    """
    path = inputs.used(paths.WEIGHTS / f"scenes_{name}.npz")
    if not path.exists() or path.name in files.damaged(paths.WEIGHTS):
        fault = f"{path} is missing, or not the file of {files.SEAL} beside it"
        raise ValueError(f"{fault}: restore data/weights from git, or make train-scenes")
    model = build(name, output_stride, size)
    with np.load(path) as stored:
        checkpoint.assign(checkpoint.named_variables(model), dict(stored), path)
    return model


def load_segmenter(name: str, output_stride: int) -> segmenter.Segmenter:
    """Return the compact network as a `Segmenter` of squares of any size; errors as `load`."""
    model = load(name, output_stride, size=None)
    return segmenter.Segmenter(model, scenes.CLASSES, scenes.SIZE)


def score(
    predict: Callable[[np.ndarray], np.ndarray], images: np.ndarray, labels: np.ndarray
) -> tuple[dict[str, float], np.ndarray]:
    """Return ({"miou", "boundary_miou"}, predicted labels) of a network on `scenes.scenes`.

    `predict` makes labels of images in [-1, 1], such as `Segmenter.label`.
    """
    batches = [scenes.to_inputs(images[start : start + 16]) for start in range(0, len(images), 16)]
    predictions = np.concatenate([predict(batch) for batch in batches])
    return metrics.scores(labels, predictions, len(scenes.CLASSES)), predictions


def score_all(
    images: np.ndarray, labels: np.ndarray
) -> tuple[list[dict], dict[tuple[str, int], np.ndarray]]:
    """Return (rows, {(network, output stride): predicted labels}) of every network, at 16 and 8.

    A row holds name, stride, scores, multiply-adds, and the latency of the network alone.
    """
    rows, predictions = [], {}
    for name in NETWORKS:
        for output_stride in (16, 8):
            model = load(name, output_stride)
            label = segmenter.Segmenter(model).label
            scores, predictions[name, output_stride] = score(label, images, labels)
            row = {"model": name, "output_stride": output_stride, **scores}
            row["gmacs"] = cost.multiply_adds(model) / 1e9
            row["latency_ms"] = cost.latency(label, scenes.to_inputs(images[:1]), repeats=9)
            rows.append(row)
    return rows, predictions


def score_scales(
    name: str, scales: Sequence[float], images: np.ndarray, labels: np.ndarray
) -> dict[str, float]:
    """Return the scores of a compact network at output stride 8, averaged over scales."""
    average = load_segmenter(name, 8).average
    return score(lambda batch: average(batch, scales).argmax(-1), images, labels)[0]


def train_and_score(groups: dict[str, list[training.Run]]) -> list[dict]:
    """Train {name: runs of one kind of network}; return a row a run: model, seed, scores.

    A kind at a time stays in this process: others beside it would take 0.9 GiB each.
    """
    rows = []
    for name, runs in groups.items():
        training.train_all({name: runs})
        for run in runs:
            (scores,) = training.measure_all([(run, training.call(ablation.score))])
            numbers = {key: float(value) for key, value in scores.items()}
            rows.append({"model": name, "seed": run.seed, **numbers})
    return rows


def live_table(rows: list[dict]) -> pd.DataFrame:
    """Return the rows of `train_and_score` as means ± deviations over seeds, to show."""
    groups = pd.DataFrame(rows).groupby("model", sort=False)
    scores = {"mIoU, %": "miou", "mIoU within 3 pixels of an edge, %": "boundary_miou"}
    table = pd.DataFrame({"network": list(groups.groups)})
    for title, score_name in scores.items():
        table[title] = [seed_groups.percent(list(group[score_name])) for _name, group in groups]
    return table
