"""What one forward pass of a network costs, counted from the built layers."""

import contextlib
import math
import statistics
import time

import keras
from keras import layers
from keras.src.backend.common import global_state

WEIGHTED = (layers.Conv2D, layers.DepthwiseConv2D, layers.Dense)
IN_PLACE = (layers.BatchNormalization, layers.ReLU, layers.Dropout, layers.Add)


def multiply_adds(model):
    """Return the multiply-adds of every convolution and dense layer for one image.

    The papers' "FLOPs" and "Mult-Adds" count these: each weight of a kernel works once at each
    output position. Biases, normalisation, activations, pooling and resizing are not counted.

    Args:
        model: built Keras model with a fixed input size.

    Raises:
        ValueError: an output size is not fixed, so the count would be undefined.
    """
    return sum(map(layer_multiply_adds, model.layers))


def layer_multiply_adds(layer):
    """Return the multiply-adds of one layer for one image, 0 for a layer without a kernel.

    Raises:
        ValueError: the layer's output size is not fixed.
    """
    if not isinstance(layer, WEIGHTED):
        return 0
    positions = layer.output.shape[1:-1]  # () for a dense layer
    if None in positions:
        raise ValueError(f"{layer.name} has no fixed output size: build the model with one")
    return math.prod(layer.kernel.shape) * math.prod(positions)


def trainable_parameters(model):
    """Return the number of weights of a model, or of a layer, that training changes."""
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def feature_memory(model):
    """Return the MiB of float32 feature maps that one image needs at once, at most.

    A map lives from the layer that computes it to the last that reads it (arXiv 1801.04381,
    memory-efficient inference). Normalisation, ReLU, dropout and addition work in place. Weights
    and a convolution's own workspace are not counted.

    Args:
        model: built functional model with a fixed input size; the layers run in their order.
    """
    inputs = [keras.tree.flatten(layer.input) for layer in model.layers]
    last = {id(each): step for step, read in enumerate(inputs) for each in read}
    alive, most = {}, 0
    for step, (layer, read) in enumerate(zip(model.layers, inputs, strict=True)):
        done = [id(each) for each in read if last[id(each)] == step]
        if isinstance(layer, IN_PLACE) and done:
            del alive[done.pop()]
        alive[id(layer.output)] = math.prod(layer.output.shape[1:])
        most = max(most, sum(alive.values()))
        for each in set(done) & set(alive):
            del alive[each]
    return most * 4 / 2**20


def latency(function, *arguments, repeats=3):
    """Return the median wall time of `function(*arguments)` in ms, after one unmeasured call."""
    function(*arguments)
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - started)
    return 1e3 * statistics.median(times)


@contextlib.contextmanager
def without_weights():
    """Give the networks built inside shapes, names and costs but no memory for weights.

    ResNet-152 then takes half a second. Such a model cannot be run.
    """
    pending = list(global_state.get_global_attribute("uninitialized_variables", []))
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:  # else Keras allocates them when the next scope ends
        global_state.set_global_attribute("uninitialized_variables", pending)
