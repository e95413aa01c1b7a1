"""What a trained network looks like inside: layer responses, and the loss around its weights.

Each function takes (model, dataset) and returns named arrays, as `finished.measure` wants them.
"""

import re
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from helpers.training.loop import without_graph_optimizer


def responses(model: keras.Model, dataset: Any) -> dict[str, np.ndarray]:
    """Return the standard deviations of layer responses (1512.03385, Fig. 7).

    In the paper these are the outputs of the 3x3 layers after batch normalisation and before what
    follows, ReLU or addition. The first 128 test images are taken.

    Returns:
        {"deviations": (layers,), "names": (layers,)}, from input to output.
    """
    found = [layer for layer in model.layers if re.fullmatch(r".*bn\d*", layer.name)]
    outputs = keras.Model(model.input, [layer.output for layer in found])
    values = outputs(dataset.test_images[:128], training=False)
    return {
        "deviations": np.array([np.std(value) for value in values]),
        "names": np.array([layer.name for layer in found]),
    }


def loss_surface(model: keras.Model, dataset: Any, steps: int) -> dict[str, np.ndarray]:
    """Return the training loss over a plane through the trained weights (arXiv 1712.09913).

    Two random directions span the plane. In each, the part of every filter is scaled to the norm
    of that filter in the trained network; normalisation parameters and biases stay fixed. Batch
    normalisation works with its moving averages. The first 128 training images are taken.

    Args:
        model, dataset: a trained network from images to logits, and what it was trained on.
        steps: points along each axis, odd, so that the trained network is the middle one.

    Returns:
        {"axis": (steps,) from -1 to 1, "loss": (steps, steps), rows along the first direction}.
    """
    kernels = [weight.value for weight in model.trainable_variables if len(weight.shape) > 1]
    trained = [kernel.numpy() for kernel in kernels]
    generator = np.random.default_rng(0)
    first, second = ([filter_normalised(generator, w) for w in trained] for _ in range(2))
    inputs = tf.constant(dataset.train_images[:128])
    labels = tf.constant(dataset.train_labels[:128])

    def loss_at(position):
        for kernel, w, d, e in zip(kernels, trained, first, second, strict=True):
            kernel.assign(w + position[0] * d + position[1] * e)
        logits = model(inputs, training=False)
        return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))

    axis = np.linspace(-1, 1, steps).astype("float32")
    grid = tf.constant([(a, b) for a in axis for b in axis])
    with without_graph_optimizer():
        losses = tf.function(
            lambda: tf.map_fn(loss_at, grid, fn_output_signature=tf.float32, parallel_iterations=1),
            autograph=False,
        )()
    for kernel, w in zip(kernels, trained, strict=True):
        kernel.assign(w)
    return {"axis": axis, "loss": losses.numpy().reshape(steps, steps)}


def filter_normalised(generator: np.random.Generator, kernel: np.ndarray) -> np.ndarray:
    """Return a random direction whose every filter has the norm of the kernel's filter.

    The last axis of `kernel` counts the filters (1712.09913, section 4).
    """
    direction = generator.normal(size=kernel.shape).astype("float32")
    rest = tuple(range(kernel.ndim - 1))
    norms = np.sqrt(np.sum(kernel**2, axis=rest) / np.sum(direction**2, axis=rest))
    return direction * norms
