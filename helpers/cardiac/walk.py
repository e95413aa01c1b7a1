"""Latent gradient ascent: walk a code towards disease and see what changes on the way."""

from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from sklearn import decomposition, manifold

from helpers.cardiac import evaluation, vae
from helpers.cardiac.hearts import Hearts

STOP = 0.95  # probability that ends a walk
RULES = ("joint classifier", "perceptron on codes", "perceptron on whitened codes")


def train_perceptrons(
    codes: np.ndarray, labels: np.ndarray, seeds: list[int], epochs: int = 60
) -> list[keras.Model]:
    """Return a perceptron of the classifier's form for each seed, trained with N(0, 1) noise.

    They are heads of one model: Adam treats every weight by itself, so each becomes what it would
    become alone.

    Args:
        codes: (n, d); labels: (n,); seeds: of weights and noise.
        epochs: times that each code is seen, 32 codes at a time.
    """
    inputs = keras.Input((codes.shape[1],))
    networks, heads = [], []
    for seed in seeds:
        keras.utils.set_random_seed(seed)
        networks.append(vae.build_classifier(codes.shape[1], 0.0, f"perceptron_{seed}"))
        heads.append(networks[-1](layers.GaussianNoise(1.0, seed=seed)(inputs)))
    model = keras.Model(inputs, heads)
    loss = ["sparse_categorical_crossentropy"] * len(heads)
    model.compile(keras.optimizers.Adam(3e-3), loss, jit_compile=False, steps_per_execution=50)
    # Steps are so short that what Keras does at the end of an epoch would cost more.
    repeated = np.tile(codes, (epochs, 1)), [np.tile(labels, epochs)] * len(heads)
    model.fit(*repeated, 32, verbose=0)
    return networks


def ascend(
    classifier: Callable, starts: np.ndarray, step: float = 0.1, limit: int = 1000
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Follow μ_t = μ_{t−1} + λ ∂y₁/∂μ_{t−1} (Biffi et al., 2018) until y₁, p of disease, > `STOP`.

    All walks take their steps side by side, in one loop inside a TensorFlow graph.

    Args:
        classifier: μ (b, d) → class probabilities (b, 2).
        starts: codes (n, d).
        step: λ, 0.1 in the paper.
        limit: most steps to take.

    Returns:
        (path (t + 1, d), probability of disease along it (t + 1,)) of each start.
    """

    def probability_and_gradient(mu: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        with tf.GradientTape() as tape:
            tape.watch(mu)
            y = classifier(mu)[:, 1]
        return y, tape.gradient(y, mu)

    @tf.function
    def walk_all(mu: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        path, probabilities = (tf.TensorArray(tf.float32, 1, dynamic_size=True) for _ in range(2))
        y, gradient = probability_and_gradient(mu)
        path, probabilities, t = path.write(0, mu), probabilities.write(0, y), 0
        while tf.reduce_any(y <= STOP) and t < limit:
            mu = tf.where(y[:, None] <= STOP, mu + step * gradient, mu)
            y, gradient = probability_and_gradient(mu)
            t += 1
            path, probabilities = path.write(t, mu), probabilities.write(t, y)
        return path.stack(), probabilities.stack()

    path, p = (tensor.numpy() for tensor in walk_all(tf.constant(starts, tf.float32)))
    lengths = 1 + (p[:-1] <= STOP).sum(0)
    return [(path[:length, n], p[:length, n]) for n, length in enumerate(lengths)]


def ascend_whitened(
    perceptron: Callable, starts: np.ndarray, whitening: decomposition.PCA, **rule: Any
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return what `ascend` does from codes μ (n, d), walking in whitened codes u: paths of μ.

    The perceptron takes u (b, d); `whitening` is fitted to the training codes, so that the
    covariance of their u is the identity.
    """
    walks = ascend(perceptron, whitening.transform(starts), **rule)
    return [(whitening.inverse_transform(path), p) for path, p in walks]


def measure_walks(
    model: keras.Model, hearts: Hearts, spacing: float, seeds: list[int], starts: int, **rule: Any
) -> dict[str, np.ndarray]:
    """Return the walks of a CardiacVAE, and what they do to the wall.

    Those by each of `RULES` start at the mean healthy training code. By the first perceptron on
    whitened codes, others start at healthy test hearts.

    Args:
        model: CardiacVAE.
        hearts: those it saw.
        spacing: mm.
        seeds: of the perceptrons.
        starts: number of healthy test hearts.
        rule: step and limit, as for `ascend`.

    Returns:
        rule (w,), index into `RULES`; steps, p_start, p_end (w,); change (w, 17), mm;
        change_from_hearts (starts, 17), mm; path_whitened (t, d), the first such walk's, its
        p_whitened (t,) and p_joint, the first walk's; codes (n, d) of all hearts.
    """
    codes, _p = evaluation.encode(model, hearts.shapes)
    known, labels = codes[hearts.train], hearts.labels[hearts.train]
    start = known[labels == 0].mean(0, keepdims=True)
    whitening = decomposition.PCA(whiten=True).fit(known)
    plain = train_perceptrons(known, labels, seeds)
    whitened = train_perceptrons(whitening.transform(known), labels, seeds)
    healthy = codes[hearts.test[hearts.labels[hearts.test] == 0][:starts]]

    by_rule = [ascend(model.classifier, start, **rule)]
    by_rule.append([ascend(each, start, **rule)[0] for each in plain])
    by_rule.append([ascend_whitened(each, start, whitening, **rule)[0] for each in whitened])
    from_hearts = ascend_whitened(whitened[0], healthy, whitening, **rule)

    walks = [each for walks in by_rule for each in walks]
    ends = np.concatenate([path[[0, -1]] for path, _p in [*walks, *from_hearts]])
    thickness = evaluation.thickness_of(evaluation.decode_hearts(model, ends)[..., 0], spacing)
    change = thickness[1::2] - thickness[::2]
    path_whitened, p_whitened = by_rule[2][0]
    return {
        "rule": np.repeat(np.arange(len(RULES)), [len(walks) for walks in by_rule]),
        "steps": np.array([len(path) - 1 for path, _p in walks]),
        "p_start": np.array([p[0] for _path, p in walks]),
        "p_end": np.array([p[-1] for _path, p in walks]),
        "change": change[: len(walks)],
        "change_from_hearts": change[len(walks) :],
        "path_whitened": path_whitened,
        "p_whitened": p_whitened,
        "p_joint": by_rule[0][0][1],
        "codes": codes,
    }


def milestones(path: np.ndarray, count: int) -> np.ndarray:
    """Return the indices of `count` steps that part the length of a path (t, d) evenly."""
    length = np.cumsum([0, *np.linalg.norm(np.diff(path, axis=0), axis=1)])
    return np.abs(length[:, None] - np.linspace(0, length[-1], count)).argmin(0)


def eigenmaps(training_codes: np.ndarray, path: np.ndarray, seed: int) -> np.ndarray:
    """Return codes (n, d), then a path (t, d), in the plane: (n + t, 2), by Laplacian eigenmaps.

    Belkin and Niyogi, 2003.
    """
    neighbours = min(15, len(training_codes) - 1)
    embedding = manifold.SpectralEmbedding(2, n_neighbors=neighbours, random_state=seed)
    return embedding.fit_transform(np.concatenate([training_codes, path]))
