"""What one forward pass of a network costs, counted from the built layers."""

import math
import statistics
import time

import keras
from keras import layers


def multiply_adds(model):
    """Return the multiply-adds of every convolution and dense layer for one image.

    The papers' "FLOPs" and "Mult-Adds" count these: each weight of a kernel works once at each
    output position. Biases, normalisation, activations, pooling and resizing are not counted.

    Args:
        model: built Keras model with a fixed input size.

    Raises:
        ValueError: an output size is not fixed, so the count would be undefined.
    """
    total = 0
    for layer in model.layers:
        if not isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.Dense):
            continue
        positions = layer.output.shape[1:-1]
        if None in positions:
            raise ValueError(f"{layer.name} has no fixed output size: build the model with one")
        total += math.prod(layer.kernel.shape) * math.prod(positions)
    return total


def latency(function, *arguments, repeats=3):
    """Return the median wall time of `function(*arguments)` in ms, after one unmeasured call."""
    function(*arguments)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - started)
    return 1e3 * statistics.median(times)


def without_weights():
    """Return the context in which networks have shapes and costs but no memory for weights."""
    return keras.StatelessScope(initialize_variables=False)
