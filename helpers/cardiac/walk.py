"""Latent gradient ascent: walk a code towards disease and see what changes on the way."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn import manifold

from helpers.cardiac import anatomy, evaluation, vae

STOP = 0.95  # probability that ends a walk
RULES = ("joint classifier", "perceptron on codes", "perceptron on whitened codes")


@dataclasses.dataclass(frozen=True)
class Whitening:
    """u = C^(−1/2) (μ − m), with mean m (d,) and covariance C of training codes: cov u = 1."""

    mean: np.ndarray
    root: np.ndarray  # C^(1/2), (d, d), symmetric
    inverse: np.ndarray  # C^(−1/2)

    def whiten(self, codes):
        """Return u (n, d) of codes μ (n, d)."""
        return (codes - self.mean) @ self.inverse

    def restore(self, whitened):
        """Return codes μ (n, d) of u (n, d)."""
        return whitened @ self.root + self.mean


def fit_whitening(codes):
    """Return the Whitening of codes (n, d), n > d; directions without variance stay as they are."""
    values, vectors = np.linalg.eigh(np.cov(codes.T))
    deviation = np.sqrt(np.where(values > 1e-6 * values[-1], values, 1.0))
    root, inverse = ((vectors * scale) @ vectors.T for scale in (deviation, 1 / deviation))
    return Whitening(codes.mean(0), root, inverse)


def train_perceptrons(codes, labels, seeds, epochs=60):
    """Return a perceptron of the classifier's form for each seed, trained with N(0, 1) noise.

    They are heads of one model, for that is trained in one go: Adam treats every weight by itself,
    so each head becomes what it would become alone.

    Args:
        codes: (n, d); labels: (n,); seeds: of weights and noise.
        epochs: through all codes, 32 at a time.
    """
    inputs = keras.Input((codes.shape[1],))
    networks, heads = [], []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        networks.append(vae.build_classifier(codes.shape[1], 0.0, f"perceptron_{seed}"))
        heads.append(networks[-1](layers.GaussianNoise(1.0, seed=seed)(inputs)))
    model = keras.Model(inputs, heads)
    loss = ["sparse_categorical_crossentropy"] * len(heads)
    model.compile(keras.optimizers.Adam(3e-3), loss, jit_compile=False)
    model.fit(codes, [labels] * len(heads), 32, epochs, verbose=0)
    return networks


def ascend(classifier, start, step=0.1, limit=1000):
    """Follow μ_t = μ_{t−1} + λ ∂y₁/∂μ_{t−1} (Biffi et al., 2018) until y₁, p of disease, > `STOP`.

    Args:
        classifier: μ (b, d) → class probabilities (b, 2).
        start: code (d,).
        step: λ, 0.1 in the paper.
        limit: most steps to take.

    Returns:
        (path (t + 1, d), probability of disease along it (t + 1,)).
    """

    @tf.function
    def gradient(mu):
        with tf.GradientTape() as tape:
            tape.watch(mu)
            y = classifier(mu[None])[0, 1]
        return y, tape.gradient(y, mu)

    mu = tf.constant(start, tf.float32)
    y, slope = gradient(mu)
    path, probabilities = [mu.numpy()], [float(y)]
    while probabilities[-1] <= STOP and len(path) <= limit:
        mu = mu + step * slope
        y, slope = gradient(mu)
        path.append(mu.numpy())
        probabilities.append(float(y))
    return np.array(path), np.array(probabilities)


def measure_walks(model, hearts, spacing, step, limit, seeds, starts):
    """Return the walks of a trained model, and what they do to the wall, {name: array}.

    All start at the mean healthy training code: by the joint classifier, by perceptrons on the
    codes, by perceptrons on whitened codes, in the order of `RULES`. By the first of the last, as
    many walks start at healthy test hearts.

    Args:
        model: CardiacVAE; hearts: Hearts.
        spacing: mm; step, limit: as for `ascend`; seeds: of the perceptrons.
        starts: number of healthy hearts to start from.

    Returns:
        rule (w,), index into `RULES`; steps, p_start, p_end (w,); change (w, 17), mm;
        change_from_hearts (starts, 17), mm; path_joint, path_whitened (t, d) and p_joint,
        p_whitened (t,) of the first walk by either; codes (n, d) of all hearts.
    """
    codes, _p = evaluation.encode(model, hearts.shapes)
    known, labels = codes[hearts.train], hearts.labels[hearts.train]
    start = known[labels == 0].mean(0)
    whitening = fit_whitening(known)
    whitened = whitening.whiten(known)
    free = train_perceptrons(known, labels, seeds)
    cured = train_perceptrons(whitened, labels, seeds)

    def walk_whitened(perceptron, code):
        path, p = ascend(perceptron, whitening.whiten(code), step, limit)
        return whitening.restore(path), p

    walks = [(0, *ascend(model.classifier, start, step, limit))]
    walks += [(1, *ascend(perceptron, start, step, limit)) for perceptron in free]
    walks += [(2, *walk_whitened(perceptron, start)) for perceptron in cured]
    healthy = hearts.test[hearts.labels[hearts.test] == 0][:starts]
    more = [walk_whitened(cured[0], codes[index])[0] for index in healthy]
    ends = np.concatenate([path[[0, -1]] for path in [*(path for _r, path, _p in walks), *more]])
    thickness = thickness_of(evaluation.decode(model, ends)[..., 0], spacing)
    change = np.diff(thickness.reshape(-1, 2, 17), axis=1)[:, 0]
    first = walks[1 + len(seeds)]
    p = np.array([[p[0], p[-1]] for _rule, _path, p in walks])
    return {
        "rule": np.array([rule for rule, _path, _p in walks]),
        "steps": np.array([len(path) - 1 for _rule, path, _p in walks]),
        "p_start": p[:, 0], "p_end": p[:, 1],
        "change": change[: len(walks)], "change_from_hearts": change[len(walks) :],
        "path_joint": walks[0][1], "p_joint": walks[0][2],
        "path_whitened": first[1], "p_whitened": first[2], "codes": codes,
    }  # fmt: skip


def milestones(path, count):
    """Return the indices of `count` steps that part the length of a path (t, d) evenly."""
    length = np.cumsum([0, *np.linalg.norm(np.diff(path, axis=0), axis=1)])
    return np.abs(length[:, None] - np.linspace(0, length[-1], count)).argmin(0)


def thickness_of(distances, spacing):
    """Return the thickness (n, 17) in mm of distances (n, s, s, s), NaN without a cavity."""
    walls = map(anatomy.refine, distances)
    return np.array([anatomy.segment_thickness(wall, spacing / 2) for wall in walls])


def eigenmaps(training_codes, path, seed):
    """Return codes (n, d) and then a path (t, d) in two dimensions (n + t, 2), by eigenmaps.

    They are Laplacian (Belkin and Niyogi, 2003).
    """
    neighbours = min(15, len(training_codes) - 1)
    embedding = manifold.SpectralEmbedding(2, n_neighbors=neighbours, random_state=seed)
    return embedding.fit_transform(np.concatenate([training_codes, path]))
