"""Latent gradient ascent: walk a code towards a class and decode what changes on the way."""

import numpy as np
import tensorflow as tf
from sklearn import manifold, neighbors

from helpers.cardiac import anatomy

STOP = 0.99  # probability that ends a walk


def ascend(classifier, start, target=1, step=0.1, limit=1000, prior=0.0):
    """Follow μ_t = μ_{t−1} + λ ∂y/∂μ_{t−1} (Biffi et al., 2018), y the target's probability.

    Args:
        classifier: μ (b, d) → class probabilities (b, classes).
        start: code (d,).
        target: the class to climb to; 0 walks downhill from disease to health.
        step: λ, 0.1 in the paper.
        limit: most steps to take.
        prior: weight κ of a pull towards the prior's mean: the gradient of y − κ |μ|² / 2 is
            followed instead, which keeps the path near the data.

    Returns:
        (path (t + 1, d), probability of the target along it (t + 1,)).
    """

    @tf.function
    def gradient(mu):
        with tf.GradientTape() as tape:
            tape.watch(mu)
            y = classifier(mu[None])[0, target]
        return y, tape.gradient(y, mu) - prior * mu

    mu = tf.constant(start, tf.float32)
    path, probabilities = [mu.numpy()], []
    for _ in range(limit):
        y, slope = gradient(mu)
        probabilities.append(float(y))
        if probabilities[-1] > STOP:
            return np.array(path), np.array(probabilities)
        mu = mu + step * slope
        path.append(mu.numpy())
    return np.array(path), np.array([*probabilities, float(gradient(mu)[0])])


def straight(logistic, start):
    """Walk along the weights of scikit-learn's logistic regression from `start` (d,) to p = `STOP`.

    Its gradient never turns, so the walk of `ascend` is a straight line. Returns as `ascend`.
    """
    scaler, regression = logistic[0], logistic[-1]
    weights = regression.coef_[0] / scaler.scale_
    now = regression.decision_function(scaler.transform(start[None]))[0]
    length = (np.log(STOP / (1 - STOP)) - now) / (weights @ weights)
    path = start + np.linspace(0, length, 50)[:, None] * weights
    return path, logistic.predict_proba(path)[:, 1]


def milestones(path, count):
    """Return the indices of `count` steps that part the length of a path (t, d) evenly."""
    length = np.cumsum([0, *np.linalg.norm(np.diff(path, axis=0), axis=1)])
    return np.abs(length[:, None] - np.linspace(0, length[-1], count)).argmin(0)


def thickness_along(distances, spacing):
    """Return the thickness (steps, 17) in mm of end-diastolic distances (steps, s, s, s).

    A decoded shape that encloses no cavity has no thickness: NaN.
    """
    result = np.full((len(distances), 17), np.nan)
    for row, distance in zip(result, distances, strict=True):
        if (distance > 0).any() and anatomy.cavity(wall := anatomy.refine(distance)).any():
            row[:] = anatomy.segment_thickness(wall, spacing / 2)
    return result


def off_manifold(codes, training_codes):
    """Return each code's distance to its nearest training codes, relative to what is usual there.

    1 means as far from its five nearest training codes as a median training code is from its own.
    Args: codes (t, d), training_codes (n, d). Returns (t,).
    """
    nearest = neighbors.NearestNeighbors(n_neighbors=5).fit(training_codes)
    usual, _indices = nearest.kneighbors()  # a code is not its own neighbour
    distances, _indices = nearest.kneighbors(codes)
    return distances.mean(1) / np.median(usual.mean(1))


def eigenmaps(training_codes, path, seed):
    """Return codes (n, d) and then a path (t, d) in two dimensions (n + t, 2), by eigenmaps.

    They are Laplacian (Belkin and Niyogi, 2003).
    """
    neighbours = min(15, len(training_codes) - 1)
    embedding = manifold.SpectralEmbedding(2, n_neighbors=neighbours, random_state=seed)
    return embedding.fit_transform(np.concatenate([training_codes, path]))
