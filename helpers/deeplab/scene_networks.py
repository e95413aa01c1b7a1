"""The compact networks for scenes: built, loaded from data/weights, and scored at each stride."""

from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np
import pandas as pd

from helpers import cost, files, inputs, paths, training
from helpers.deeplab import (
    ablation,
    checkpoint,
    comparison,
    fold,
    metrics,
    network,
    scenes,
    segmenter,
)
from helpers.training import seed_groups

REMEDY = "restore data/weights from git, or make train-scenes"
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
HEADERS = {  # {key of a row of `score_all`: header}
    "model": "network",
    "output_stride": "output stride",
    "miou": "mIoU",
    "boundary_miou": "mIoU within 3 pixels of an edge",
    "gmacs": "10⁹ multiply-adds",
    "latency_ms": "ms a scene",
}
FORMATS = dict.fromkeys(("mIoU", HEADERS["boundary_miou"], HEADERS["gmacs"]), "{:.3f}")
FORMATS["ms a scene"] = "{:.1f}"


def build(name: str, output_stride: int = 16, size: int | None = scenes.SIZE) -> keras.Model:
    """Return the untrained compact network `name` as a Keras model.

    Args:
        name: key of `NETWORKS`.
        output_stride: 8 or 16.
        size: of the images in pixels, None for any.

    Raises:
        ValueError: no network has that name.
    """
    if name not in NETWORKS:
        raise ValueError(f"no compact network {name!r}; there are {', '.join(NETWORKS)}")
    builder = network.deeplab_v3_plus if "xception" in name else network.deeplab_v3
    return builder(output_stride, classes=len(scenes.CLASSES), size=size, **NETWORKS[name])


def load(name: str, output_stride: int = 16, size: int | None = scenes.SIZE) -> keras.Model:
    """Return the compact network with the weights that the project trained.

    Raises:
        FileNotFoundError: they are not there; the message says how to train them.
        ValueError: they are not as they were stored, or do not fit the network.
    """
    path = inputs.used(paths.WEIGHTS / f"scenes_{name}.npz")
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: {REMEDY}")
    if path.name in files.damaged(paths.WEIGHTS):
        raise ValueError(f"{path} is not the file of {files.SEAL} beside it: {REMEDY}")
    model = build(name, output_stride, size)
    with np.load(path) as stored:
        checkpoint.assign(checkpoint.named_variables(model), dict(stored), path)
    return model


def score(
    forward: Callable[[np.ndarray], np.ndarray], images: np.ndarray, labels: np.ndarray
) -> tuple[dict[str, float], np.ndarray]:
    """Return ({"miou", "boundary_miou"}, predicted labels) of a network on scenes.

    Args:
        forward: a network, or a compiled call of one: images in [-1, 1] → logits.
        images, labels: from `scenes.scenes`.
    """
    batches = [scenes.to_inputs(images[start : start + 16]) for start in range(0, len(images), 16)]
    predictions = np.concatenate([np.argmax(forward(batch), axis=-1) for batch in batches])
    return metrics.scores(labels, predictions, len(scenes.CLASSES)), predictions


def score_all(
    images: np.ndarray, labels: np.ndarray
) -> tuple[list[dict], dict[tuple[str, int], np.ndarray]]:
    """Return (rows, {(network, output stride): predicted labels}) of every network, at 16 and 8.

    A row has the keys of `HEADERS`; the latency is the network's alone.
    """
    rows, predictions = [], {}
    for name in NETWORKS:
        for output_stride in (16, 8):
            model = load(name, output_stride)
            forward = fold.compiled(model)
            scores, predictions[name, output_stride] = score(forward, images, labels)
            row = {"model": name, "output_stride": output_stride, **scores}
            row["gmacs"] = cost.multiply_adds(model) / 1e9
            row["latency_ms"] = cost.latency(forward, scenes.to_inputs(images[:1]), repeats=9)
            rows.append(row)
    return rows, predictions


def scores_table(rows: list[dict]) -> pd.DataFrame:
    """Return the rows of `score_all` as a DataFrame to show."""
    return comparison.table(rows, HEADERS).replace({"network": TITLES})


def train_and_score(name: str, runs: list[training.Run]) -> list[dict]:
    """Train the runs of one kind of network and return a row for each: model, seed, scores.

    A kind at a time stays in this process: others beside it would take 0.7 GiB each.
    """
    training.train_all({name: runs})
    rows = []
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


def score_scales(
    name: str, scales: Sequence[float], images: np.ndarray, labels: np.ndarray
) -> dict[str, float]:
    """Return the scores of a compact network at output stride 8, averaged over scales."""
    several = segmenter.Segmenter(load(name, 8, size=None), scenes.CLASSES, scenes.SIZE)
    return score(lambda batch: several.average(batch, scales), images, labels)[0]
