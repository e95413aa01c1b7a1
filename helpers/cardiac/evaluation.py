"""Figures on held-out hearts, with intervals, for the network and for what it must beat."""

import numpy as np
from scipy import stats
from sklearn import linear_model, pipeline, preprocessing

from helpers.cardiac import anatomy, vae


def encode(model, shapes, batch=32):
    """Return (mean codes (n, d), probability of disease (n,)) of int8 shapes (n, s, s, s, 2)."""
    codes, probabilities = [], []
    for start in range(0, len(shapes), batch):
        mu, _log_variance = model.encode(vae.scaled(vae.fold(shapes[start : start + batch])))
        codes.append(mu.numpy())
        probabilities.append(model.classifier(mu).numpy()[:, 1])
    return np.concatenate(codes), np.concatenate(probabilities)


def decode(model, codes, batch=32):
    """Return decoded distances (n, s, s, s, 2) in units of the clip, as float16."""
    parts = [
        model.decode(codes[start : start + batch].astype(np.float32)).numpy().astype(np.float16)
        for start in range(0, len(codes), batch)
    ]
    return vae.unfold(np.concatenate(parts))


def dice(predicted, mask):
    """Return the Sørensen-Dice coefficient of each subject and phase: (n, 2), of boolean arrays."""
    axes = (1, 2, 3)
    return 2 * (predicted & mask).sum(axes) / (predicted.sum(axes) + mask.sum(axes))


def model_dice(model, codes, shapes):
    """Return the Dice (n, 2) of what a model decodes from codes (n, d) with int8 shapes."""
    return dice(decode(model, codes) > 0, shapes > 0)


def linear_dice(model, shapes, threshold=0.0):
    """Return the Dice (n, 2) of a linear shape model on shapes (n, s, s, s, 2)."""
    codes, scores = model.encode(shapes), []
    for start in range(0, len(shapes), 32):
        part = shapes[start : start + 32]
        decoded = model.decode(codes[start : start + 32]).reshape(part.shape)
        scores.append(dice(decoded > threshold, part > threshold))
    return np.concatenate(scores)


def measures(shapes, spacing):
    """Return what a cardiologist would measure first in int8 shapes at end-diastole: {name: (n,)}.

    Of walls the thickest segment in mm and the mass in g; cavities, which enclose nothing, have
    only a volume in ml.
    """
    rows = []
    for shape in shapes:
        mask = anatomy.refine(shape[..., 0])
        hollow = anatomy.cavity(mask).any()
        thickness = anatomy.segment_thickness(mask, spacing / 2) if hollow else np.zeros(17)
        rows.append((np.nanmax(thickness), anatomy.volume(mask, spacing / 2)))
    wall, volume = np.array(rows).T
    if not wall.any():
        return {"volume": volume}
    return {"thickest segment": wall, "mass": anatomy.DENSITY * volume}


def logistic(features, labels):
    """Return scikit-learn's logistic regression on standardised features (n, k), fitted."""
    model = pipeline.make_pipeline(
        preprocessing.StandardScaler(), linear_model.LogisticRegression(C=0.01, max_iter=2000)
    )
    return model.fit(features, labels)


def accuracy(labels, probabilities):
    """Return the share of subjects (last axis) on the right side of one half."""
    return np.mean((probabilities > 0.5) == labels, -1)


def auc(labels, scores):
    """Return the area under the ROC curve over subjects (last axis), from ranks."""
    ill = labels.sum(-1)
    ranks = np.where(labels, stats.rankdata(scores, axis=-1), 0).sum(-1)
    return (ranks - ill * (ill + 1) / 2) / (ill * (labels.shape[-1] - ill))


def interval(metric, labels, scores, seed=0, level=0.95, draws=2000):
    """Return the percentile bootstrap interval (low, high) of metric(labels, scores) over subjects.

    Subjects are drawn anew within each group, so that every draw holds both.
    """
    generator = np.random.default_rng(seed)
    groups = [np.flatnonzero(labels == value) for value in (0, 1)]
    index = np.concatenate([generator.choice(group, (draws, len(group))) for group in groups], 1)
    values = metric(labels[index], scores[index])
    return tuple(np.quantile(values, [(1 - level) / 2, (1 + level) / 2]))


def correlation(a, b):
    """Return Pearson's correlation of two 17-vectors over the segments present in both."""
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 3:
        return float("nan")
    return float(stats.pearsonr(a[known], b[known]).statistic)
