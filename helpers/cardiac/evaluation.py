"""Figures on held-out hearts, with intervals, for the network and for what it must beat.

The `measure_…` functions are kept with a training in the run store: they take its model and the
Hearts it saw, and return {name: array}.
"""

from collections.abc import Callable, Iterable

import keras
import numpy as np
import pandas as pd
from scipy import stats
from sklearn import linear_model, pipeline, preprocessing

from helpers.cardiac import anatomy, components, folding
from helpers.cardiac.hearts import Hearts


def encode(model: keras.Model, shapes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (mean codes (n, d), probability of disease (n,)) of folded int8 shapes."""
    codes = np.concatenate([model.encoder(part)[0].numpy() for part in split_batches(shapes)])
    return codes, model.classifier(codes).numpy()[:, 1]


def decode_hearts(model: keras.Model, codes: np.ndarray) -> np.ndarray:
    """Return decoded distances (n, s, s, s, 2) in units of the clip, as float16."""
    parts = [model.decoder(part.astype(np.float32)).numpy() for part in split_batches(codes)]
    return folding.unfold(np.concatenate([part.astype(np.float16) for part in parts]))


def split_batches(array: np.ndarray) -> list[np.ndarray]:
    """Return an array in parts that a model can take at once."""
    return np.split(array, range(32, len(array), 32))


def dice(predicted: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Return Sørensen-Dice of boolean folded masks (n, h, h, h, 16), a heart and phase: (n, 2)."""
    overlap, one, other = (
        voxels.sum((1, 2, 3)).reshape(-1, 8, 2).sum(1)
        for voxels in (predicted & mask, predicted, mask)
    )
    return 2 * overlap / (one + other)


def measure_hearts(model: keras.Model, hearts: Hearts) -> dict[str, np.ndarray]:
    """Return `dice` (test hearts, 2) at the mean code and `p` of disease (test hearts,)."""
    scores, probabilities = [], []
    for part in split_batches(hearts.test):
        shapes = hearts.shapes[part]
        codes, p = encode(model, shapes)
        scores.append(dice(model.decoder(codes).numpy() > 0, shapes > 0))
        probabilities.append(p)
    return {"dice": np.concatenate(scores), "p": np.concatenate(probabilities)}


def measure_components(_model: object, hearts: Hearts, sizes: list[int]) -> dict[str, np.ndarray]:
    """Return what principal components of the training hearts do; no network takes part.

    `distances` and `masks` (sizes, test hearts, 2) are the Dice of so many components of the signed
    distances and of the masks; `p` (test hearts,) is the probability of disease by a logistic
    regression on those of the masks.
    """
    result = {}
    known, test = hearts.shapes[hearts.train], hearts.shapes[hearts.test]
    for name, threshold in {"distances": 0.0, "masks": 0.5}.items():
        if name == "masks":
            known, test = known > 0, test > 0
        fitted = components.fit_components(known, max(sizes))
        codes = fitted.encode(test)
        scores = []
        for size in sizes:
            decoded = [fitted.decode(part[:, :size]) > threshold for part in split_batches(codes)]
            scores.append(dice(np.concatenate(decoded).reshape(test.shape), test > 0))
        result[name] = np.array(scores)
    regression = logistic(fitted.encode(known), hearts.labels[hearts.train])
    return result | {"p": regression.predict_proba(codes)[:, 1]}


def measure_walls(_model: object, hearts: Hearts, spacing: float) -> dict[str, np.ndarray]:
    """Return `thickness` (n, 17) in mm and `volume` (n,) in ml of the structures at end-diastole.

    Of the validation hearts, then of the test hearts; `spacing` is in mm.
    """
    watched = np.concatenate([hearts.validation, hearts.test])
    shapes = [folding.unfold(hearts.shapes[index][None])[0, ..., 0] for index in watched]
    volume = np.array([anatomy.volume(shape, spacing) for shape in shapes])
    return {"thickness": thickness_of(shapes, spacing), "volume": volume}


def classify_by_walls(walls: dict[str, np.ndarray], hearts: Hearts) -> dict[str, np.ndarray]:
    """Return what a cardiologist would try first, as the probability of disease (test hearts,).

    Each is a logistic regression, fitted to the validation hearts, on one of what `measure_walls`
    returned: `thickest segment` and `mass` of walls; `volume` of cavities, which enclose nothing.
    A wall whose cavity is nearly obliterated has no thickness and counts as the thickest.
    """
    thickest = np.fmax.reduce(walls["thickness"], axis=1)  # NaN without a thickness
    measures = {"volume": walls["volume"]}
    if np.isfinite(thickest).any():
        thickest = np.where(np.isfinite(thickest), thickest, np.nanmax(thickest))
        measures = {"thickest segment": thickest, "mass": walls["volume"]}
    labels, result = hearts.labels[hearts.validation], {}
    for name, values in measures.items():
        regression = logistic(values[: len(labels), None], labels)
        result[name] = regression.predict_proba(values[len(labels) :, None])[:, 1]
    return result


def thickness_of(distances: Iterable[np.ndarray], spacing: float) -> np.ndarray:
    """Return the thickness (n, 17) in mm of n walls, signed distances (s, s, s).

    NaN where a segment is empty, and in all segments around a nearly obliterated cavity.
    """
    walls = map(anatomy.refine, distances)
    return np.array([anatomy.segment_thickness(wall, spacing / 2) for wall in walls])


def logistic(features: np.ndarray, labels: np.ndarray) -> pipeline.Pipeline:
    """Return scikit-learn's logistic regression on standardised features (n, k), fitted."""
    model = pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(C=0.01, max_iter=2000)
    )
    return model.fit(features, labels)


def accuracy(labels: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the share of subjects (last axis) on the right side of one half."""
    return np.mean((probabilities > 0.5) == labels, -1)


def auc(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Return the area under the ROC curve over subjects (last axis): Mann and Whitney's statistic.

    Every row holds as many ill subjects. scikit-learn's takes one row at a time.
    """
    healthy, ill = (scores[labels == value].reshape(*labels.shape[:-1], -1) for value in (0, 1))
    statistic = stats.mannwhitneyu(ill, healthy, axis=-1, method="asymptotic").statistic
    return statistic / (ill.shape[-1] * healthy.shape[-1])


def interval(metric: Callable, labels: np.ndarray, scores: np.ndarray) -> tuple[float, float]:
    """Return the 95 % bootstrap interval (low, high) of metric(labels, scores) over subjects.

    Subjects are drawn anew, 2,000 times, within each group, so that every draw holds both.
    """
    generator = np.random.default_rng(0)
    groups = [np.flatnonzero(labels == value) for value in (0, 1)]
    index = np.concatenate([generator.choice(group, (2000, len(group))) for group in groups], 1)
    return tuple(np.quantile(metric(labels[index], scores[index]), [0.025, 0.975]))


def correlation(a: np.ndarray, b: np.ndarray) -> float:
    """Return Pearson's correlation of two 17-vectors over the segments present in both."""
    return float(pd.Series(a).corr(pd.Series(b), min_periods=3))
