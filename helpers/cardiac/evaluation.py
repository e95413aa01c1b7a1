"""Figures on held-out hearts, with intervals, for the network and for what it must beat."""

import numpy as np
from scipy import stats
from sklearn import linear_model, pipeline, preprocessing

from helpers.cardiac import anatomy, ascent, training, vae


def encode(model, shapes):
    """Return (mean codes (n, d), probability of disease (n,)) of int8 shapes (n, s, s, s, 2)."""
    codes, probabilities = [], []
    for part in batches(shapes):
        mu, _log_variance = model.encode(vae.as_distances(vae.fold(part)))
        codes.append(mu.numpy())
        probabilities.append(model.classifier(mu).numpy()[:, 1])
    return np.concatenate(codes), np.concatenate(probabilities)


def decode(model, codes):
    """Return decoded distances (n, s, s, s, 2) in units of the clip, as float16."""
    parts = [model.decode(part.astype(np.float32)).numpy() for part in batches(codes)]
    return vae.unfold(np.concatenate([part.astype(np.float16) for part in parts]))


def batches(array):
    """Return an array in parts that a model can take at once."""
    return np.split(array, range(32, len(array), 32))


def dice(predicted, mask):
    """Return the Sørensen-Dice coefficient of each subject and phase: (n, 2), of boolean arrays."""
    axes = (1, 2, 3)
    return 2 * (predicted & mask).sum(axes) / (predicted.sum(axes) + mask.sum(axes))


def model_dice(model, codes, shapes):
    """Return the Dice (n, 2) of what a model decodes from codes (n, d) with int8 shapes."""
    return dice(decode(model, codes) > 0, shapes > 0)


def linear_dice(model, shapes, threshold=0.0):
    """Return the Dice (n, 2) of a linear shape model on shapes (n, s, s, s, 2)."""
    scores = []
    for part in batches(shapes):
        decoded = model.decode(model.encode(part)).reshape(part.shape)
        scores.append(dice(decoded > threshold, part > threshold))
    return np.concatenate(scores)


def clinical_measures(shapes, spacing):
    """Return what a cardiologist would measure first in int8 shapes at end-diastole: {name: (n,)}.

    Of walls the thickest segment in mm and the mass in g; cavities, which enclose nothing, have
    only a volume in ml.
    """
    rows = []
    for shape in shapes:
        wall = anatomy.refine(shape[..., 0])
        thickness = np.nan_to_num(anatomy.segment_thickness(wall, spacing / 2))
        rows.append((thickness.max(), anatomy.volume(wall, spacing / 2)))
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
    """Return the area under the ROC curve over subjects (last axis): Mann and Whitney's statistic.

    Every row holds as many ill subjects. scikit-learn takes one row at a time, and hundreds of
    times as long for the draws of `interval`.
    """
    healthy, ill = (scores[labels == value].reshape(*labels.shape[:-1], -1) for value in (0, 1))
    statistic = stats.mannwhitneyu(ill, healthy, axis=-1, method="asymptotic").statistic
    return statistic / (ill.shape[-1] * healthy.shape[-1])


def interval(metric, labels, scores):
    """Return the 95 % bootstrap interval (low, high) of metric(labels, scores) over subjects.

    Subjects are drawn anew, 2,000 times, within each group, so that every draw holds both.
    """
    generator = np.random.default_rng(0)
    groups = [np.flatnonzero(labels == value) for value in (0, 1)]
    index = np.concatenate([generator.choice(group, (2000, len(group))) for group in groups], 1)
    return tuple(np.quantile(metric(labels[index], scores[index]), [0.025, 0.975]))


def correlation(a, b):
    """Return Pearson's correlation of two 17-vectors over the segments present in both."""
    known = np.isfinite(a) & np.isfinite(b)
    if known.sum() < 3:
        return float("nan")
    return float(stats.pearsonr(a[known], b[known]).statistic)


def trial(shapes, labels, parts, settings, seed, spacing, truth, walk, jit_compile):
    """Train one model; return its test Dice ED and ES, accuracy, AUC, and what its walk changes.

    That is the thickness in mm of septum and lateral wall, and its correlation r with the truth:
    {column: value}.

    Args:
        shapes, labels, parts: the prepared cohort and its split.
        settings, seed, jit_compile: as for `training.fit`.
        spacing: mm; truth: (17,) or None; walk: arguments of `ascent.ascend`.
    """
    train, test = parts["train"], parts["test"]
    model, _history = training.fit(shapes, labels, train, [], settings, seed, jit_compile)
    codes, p = encode(model, shapes)
    dice = model_dice(model, codes[test], shapes[test]).mean(0)
    start = codes[train][labels[train] == 0].mean(0)
    path, _p = ascent.ascend(model.classifier, start, **walk)
    ends = ascent.thickness_along(decode(model, path[[0, -1]])[..., 0], spacing)
    change = ends[1] - ends[0]
    septum, lateral = anatomy.septum_and_lateral(change)
    return {
        "Dice ED": dice[0],
        "Dice ES": dice[1],
        "accuracy": accuracy(labels[test], p[test]),
        "AUC": auc(labels[test], p[test]),
        "septum (mm)": septum,
        "lateral (mm)": lateral,
        "r": np.nan if truth is None else correlation(change, truth),
    }
