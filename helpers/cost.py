"""What one forward pass of a network costs, counted from the built layers."""

import contextlib
import math
import statistics
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
from keras import layers

WEIGHTED = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)
IN_PLACE = (layers.BatchNormalization, layers.ReLU, layers.Dropout, layers.Add)


def multiply_adds(model: keras.Model) -> int:
    """Return the multiply-adds of every convolution and dense layer of a built model for one image.

    The papers' "FLOPs" and "Mult-Adds" count these: each weight of a kernel works once at each
    output position. Biases, normalisation, activations, pooling and resizing are not counted.

    Raises:
        ValueError: an output size is not fixed, so the count would be undefined.
    """
    return sum(map(layer_multiply_adds, model.layers))


def layer_multiply_adds(layer: keras.Layer) -> int:
    """Return what `multiply_adds` counts of one layer."""
    if not isinstance(layer, WEIGHTED):
        return 0
    positions = layer.output.shape[1:-1]  # () for a dense layer
    if None in positions:
        raise ValueError(f"{layer.name} has no fixed output size: build the model with one")
    return math.prod(layer.kernel.shape) * math.prod(positions)


def trainable_parameters(model: keras.Layer) -> int:
    """Return the number of weights of a model, or of a layer, that training changes."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def feature_memory(model: keras.Model) -> float:
    """Return the MiB of float32 feature maps that one image needs at once, at most.

    A map lives from the layer that computes it to the last that reads it (arXiv 1801.04381,
    memory-efficient inference); layers run in the functional model's order. Normalisation, ReLU,
    dropout and addition work in place. Weights and a convolution's workspace are not counted.
    """
    maps_read = [[id(map_) for map_ in keras.tree.flatten(layer.input)] for layer in model.layers]
    last_reader = {map_: step for step, maps in enumerate(maps_read) for map_ in maps}
    sizes: dict[int, int] = {}  # of the maps in memory, in numbers
    most = 0
    for step, layer in enumerate(model.layers):
        finished = [map_ for map_ in maps_read[step] if last_reader[map_] == step]
        if isinstance(layer, IN_PLACE) and finished:
            del sizes[finished.pop()]
        sizes[id(layer.output)] = math.prod(layer.output.shape[1:])
        most = max(most, sum(sizes.values()))
        for map_ in finished:
            sizes.pop(map_, None)
    return most * 4 / 2**20


def latency(function: Callable, *arguments: Any, repeats: int = 3) -> float:
    """Return the median wall time of `function(*arguments)` in ms, after one unmeasured call.

    A GPU works on after the call: the time counts until all that it returns is with the processor.
    """
    times = []
    for _ in range(1 + repeats):
        started = time.perf_counter()
        for value in keras.tree.flatten(function(*arguments)):
            np.asarray(value)
        times.append(time.perf_counter() - started)
    return 1e3 * statistics.median(times[1:])


def without_weights() -> contextlib.AbstractContextManager:
    """Return a context whose networks have shapes, names and costs but no memory for weights.

    Keras knows a weight's shape by itself; TensorFlow's variable behind it is a single zero, so
    such a model cannot be run.
    """
    import tensorflow as tf  # here: the rest serves every backend of Keras

    def single_zero(create, **options):
        value = tf.zeros((), options["dtype"])
        return create(**options | {"initial_value": value, "shape": tf.TensorShape(None)})

    return tf.variable_creator_scope(single_zero)
