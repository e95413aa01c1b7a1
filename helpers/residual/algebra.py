"""Equations (1)-(9) of arXiv 1603.05027 on Keras layers, in the paper's letters.

Throughout, `x_l` is (batch, height, width, channels), `F` is a list of branches such that
`F[i](x_i)` is F(x_i, W_i), and E is a function of x_L that returns the loss.
"""

import re
from collections.abc import Callable, Sequence
from typing import TypeAlias

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from helpers.normalization import FusedBatchNormalization

Tensor: TypeAlias = tf.Tensor
Branches = list[keras.Sequential]

identity = keras.activations.linear  # the h and f of an identity mapping


def branches(
    count: int, channels: int, *, normalised: bool = False, gain: float = 1.0, seed: int = 0
) -> Branches:
    """Return `count` residual branches F(., W_l): convolution, ReLU, convolution (3x3).

    Args:
        normalised: batch normalisation after each convolution, as in 1512.03385.
        gain: factor on the He-initialised weights of the second convolution.
        seed: of the weights; the branches differ from each other.
    """

    def convolution(factor):
        he = keras.initializers.VarianceScaling(2 * factor**2, "fan_in", "untruncated_normal")
        yield layers.Conv2D(channels, 3, padding="same", use_bias=False, kernel_initializer=he)
        if normalised:
            yield FusedBatchNormalization(epsilon=1e-5)

    F = []
    for _l in range(count):
        steps = (*convolution(1.0), layers.ReLU(), *convolution(gain))
        F.append(keras.Sequential([keras.Input((None, None, channels)), *steps]))
    redraw(F, seed)
    return F


def redraw(F: Branches, seed: int) -> None:
    """Draw the weights of `branches` anew, each convolution's from a seed of its own."""
    convolutions = [each for F_i in F for each in F_i.layers if isinstance(each, layers.Conv2D)]
    for index, layer in enumerate(convolutions):
        drawn = layer.kernel_initializer.get_config() | {"seed": index + seed * len(convolutions)}
        initializer = keras.initializers.VarianceScaling.from_config(drawn)
        layer.kernel.assign(initializer(layer.kernel.shape))


def propagate(x_l: Tensor, F: Branches, f: Callable = identity, lambda_l: float = 1.0) -> list:
    """Return [x_l, x_{l+1}, ..., x_L] by Eqs. (1), (2) and, with a factor on the shortcut, (6):

    y_l = lambda_l x_l + F(x_l, W_l), x_{l+1} = f(y_l). With lambda_l = 0 the stack is plain.
    """
    x = [x_l]
    for F_i in F:
        x.append(f(lambda_l * x[-1] + F_i(x[-1], training=True)))
    return x


def unrolled(x: list[Tensor], F: Branches, lambda_l: float = 1.0) -> Tensor:
    """Return the right side of Eq. (7), for lambda_l = 1 that of Eq. (4).

    (prod lambda_i) x_l + sum F^(x_i, W_i), where F^ has absorbed the factors of later units.
    """
    L = len(F)
    terms = [lambda_l ** (L - 1 - i) * F_i(x[i], training=True) for i, F_i in enumerate(F)]
    return lambda_l**L * x[0] + tf.add_n(terms)


def unrolling_errors(
    x_l: Tensor, F: Branches, lengths: Sequence[int], f: Callable = identity
) -> list[float]:
    """Return the relative difference of the sides of Eq. (4) after each of `lengths` units.

    A unit receives the output f(y) of the one before it, so the stack is fed f(x_l).
    """
    x = propagate(f(x_l), F, f)
    return [relative_error(unrolled(x[: L + 1], F[:L]), x[L]) for L in lengths]


def gradient_split(
    x_l: Tensor, F: Branches, E: Callable, lambda_l: float = 1.0
) -> tuple[Tensor, Tensor, Tensor]:
    """Return (dE/dx_l, carried, through): both sides of Eq. (8), for lambda_l = 1 of Eq. (5).

    The left side is E differentiated through the stack; the right side's terms are
    dE/dx_L (prod lambda_i), which passes no weight, and dE/dx_L d/dx_l sum F^(x_i, W_i).
    """
    x_l = tf.convert_to_tensor(x_l)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x_l)
        x = propagate(x_l, F, lambda_l=lambda_l)
        total = unrolled(x, F, lambda_l) - lambda_l ** len(F) * x_l  # sum F^(x_i, W_i)
        error = E(x[-1])
    left = tape.gradient(error, x_l)
    upstream = tape.gradient(error, x[-1])  # dE/dx_L
    through = tape.gradient(total, x_l, output_gradients=upstream)
    return left, lambda_l ** len(F) * upstream, through


def gradient_norms(
    x_l: Tensor, F: Branches, E: Callable, f: Callable = identity, lambda_l: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Return (norms of dE/dx_i, standard deviations of x_i) for i = l, ..., L."""
    x_l = tf.convert_to_tensor(x_l)
    with tf.GradientTape() as tape:
        tape.watch(x_l)
        x = propagate(x_l, F, f, lambda_l)
        error = E(x[-1])
    gradients = tape.gradient(error, x)
    norms = [tf.norm(tf.cast(gradient, "float64")) for gradient in gradients]
    return tf.stack(norms), tf.stack([tf.math.reduce_std(x_i) for x_i in x])


def gradient_draws(
    x_l: Tensor, F: Branches, E: Callable, seeds: Sequence[int],
    f: Callable = identity, factors: Sequence[float] = (1.0,),
) -> tuple[np.ndarray, np.ndarray]:  # fmt: skip
    """Follow the gradient through `branches` for several draws of their weights.

    Args:
        seeds: of the draws; F keeps the weights of the last one.
        f: of the units; the stack is fed f(x_l).
        factors: values of lambda_l, the same in every unit.

    Returns:
        (norms of dE/dx_i relative to that of dE/dx_L, variances of x_i), each of shape
        (seeds, factors, units + 1).

    Raises:
        ValueError: a gradient leaves the range of float32 on its way.
    """
    start = f(tf.convert_to_tensor(x_l))

    @tf.function(autograph=False)  # traced once: most of the time would go into calls of layers
    def follow(lambda_l):
        return gradient_norms(start, F, E, f, lambda_l)

    norms, variances = [], []
    for seed in seeds:
        redraw(F, seed)
        for factor in factors:
            found, deviations = follow(tf.constant(factor, start.dtype))
            norms.append(found / found[-1])
            variances.append(deviations**2)
    if not np.isfinite(np.log(norms)).all():
        where = f"within {len(F)} units a gradient vanishes or leaves the range of float32"
        remedy = f"take fewer units, or factors on the shortcut nearer to one than {list(factors)}"
        raise ValueError(f"{where}: {remedy}")
    shape = (len(seeds), len(factors), -1)
    return np.reshape(norms, shape), np.reshape(variances, shape)


def stage_terms(model: keras.Model, images: np.ndarray) -> tuple[Tensor, list[Tensor], Tensor]:
    """Return (x_l, [F(x_i, W_i) for i = l, ..., L - 1], x_L) inside a network of `build_cifar`.

    x_l enters the first addition of the first stage, which has identity shortcuts throughout, x_L
    the last one. Images (batch, height, width, channels) are run in training mode.
    """
    additions = [layer for layer in model.operations if re.fullmatch(r"stage1_.+_add", layer.name)]
    h = [addition.input[0] for addition in additions]
    F = [addition.input[1] for addition in additions[:-1]]
    x_l, x_L, *F = keras.Model(model.input, [h[0], h[-1], *F])(images, training=True)
    return x_l, F, x_L


def relative_error(value: Tensor, reference: Tensor) -> float:
    """Return ||value - reference|| / ||reference||."""
    return float(tf.norm(value - reference) / tf.norm(reference))


def slope_per_unit(norms: np.ndarray) -> np.ndarray:
    """Return the least-squares slope of log ||dE/dx_i|| against the units between x_i and x_L.

    `norms` are (..., units + 1), the slopes (...).
    """
    norms = np.asarray(norms)
    distance = np.arange(norms.shape[-1])[::-1]
    centred = distance - distance.mean()
    return np.log(norms) @ centred / (centred @ centred)
