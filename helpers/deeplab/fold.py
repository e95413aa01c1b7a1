"""Batch normalisation folded into the convolutions before it, for inference.

TensorFlow's own `convert_variables_to_constants_v2` does not do the same: at 513×513 on two cores
(AMD EPYC, oneDNN), MobileNetV2 takes 212 ms folded, 278 ms frozen with its normalisation, and 216
when both are done, so that freezing adds nothing; Xception gains by it, but starts 15 s later.
"""

import functools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

CONVOLUTIONS = layers.Conv2D, layers.DepthwiseConv2D


class Sum(layers.Add):
    """A sum that TensorFlow's graph rewriting leaves alone.

    The rewriting merges convolution, bias and sum into one node, and fails with an error message
    where the sum has two readers, as in Xception's middle flow.
    """

    def call(self, inputs: tf.Tensor | list) -> tf.Tensor:
        """Return the sum behind a node that nothing is merged across."""
        total = super().call(inputs)
        return tf.raw_ops.PlaceholderWithDefault(input=total, shape=total.shape)


class DilatedDepthwise(layers.DepthwiseConv2D):
    """A depthwise convolution dilated by one operation, where this machine's TensorFlow can.

    Keras' own takes the map apart, convolves, and puts it together again, at almost twice the time.
    Beyond rate 4 oneDNN falls back to a kernel that is 20 times slower, and Keras' own is better.
    """

    def call(self, inputs: tf.Tensor | list) -> tf.Tensor:
        """Return the dilated convolution with its bias."""
        if max(self.dilation_rate) > 4 or not dilates():
            return super().call(inputs)
        return tf.nn.bias_add(dilated(inputs, self.kernel, self.dilation_rate), self.bias)


def dilated(x: tf.Tensor, kernel: tf.Tensor, rates: tuple[int, int]) -> tf.Tensor:
    """Return the depthwise convolution of `x` as TensorFlow's one operation."""
    return tf.raw_ops.DepthwiseConv2dNative(
        input=x, filter=kernel, strides=[1] * 4, padding="SAME", dilations=[1, *rates, 1]
    )


@functools.cache
def dilates() -> bool:
    """Return whether the depthwise operation takes dilation here (on a CPU only oneDNN's does)."""
    try:
        with tf.device("CPU"):
            dilated(tf.ones((1, 5, 5, 1)), tf.ones((3, 3, 1, 1)), (2, 2))
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        return False
    return not tf.config.list_physical_devices("GPU")


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """Return a copy of `model` for inference whose convolutions do the normalisation too.

    γ (Wx - μ) / √(σ² + ε) + β is one convolution with weights W γ / √(σ² + ε) and a bias. The
    same numbers come out to rounding, with a third of the layers gone.
    """
    folded = folded_structure(model)
    by_name = {layer.name: layer for layer in model.layers}
    for layer in model.layers:
        if not isinstance(layer, CONVOLUTIONS):
            continue
        kernel, bias = (*layer.get_weights(), 0.0)[:2]
        if norm := by_name.get(f"{layer.name}.BatchNorm"):
            gamma, beta, mean, variance = norm.get_weights()
            scale = gamma / np.sqrt(variance + norm.epsilon)  # (filters,)
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            kernel = kernel * (scale[:, None] if depthwise else scale)
            bias = beta + (bias - mean) * scale
        folded.get_layer(layer.name).set_weights([kernel, bias])
    return folded


def folded_structure(model: keras.Model) -> keras.Model:
    """Return a copy of `model` without normalisation and dropout, each convolution with a bias."""

    def clone(layer):
        if isinstance(layer, layers.BatchNormalization | layers.Dropout):
            return layers.Identity()
        configuration = layer.get_config()
        if isinstance(layer, layers.Add):
            return Sum.from_config(configuration)
        if isinstance(layer, CONVOLUTIONS):
            configuration["use_bias"] = True
            # The weights come later; random ones would take a second for Xception.
            kernel = "depthwise" if isinstance(layer, layers.DepthwiseConv2D) else "kernel"
            configuration[f"{kernel}_initializer"] = "zeros"
        if isinstance(layer, layers.DepthwiseConv2D) and max(layer.dilation_rate) > 1:
            return DilatedDepthwise.from_config(configuration)
        return type(layer).from_config(configuration)

    def call(layer, *inputs, **_):  # what normalisation and dropout were called with has no use
        return layer(*inputs)

    return keras.models.clone_model(model, clone_function=clone, call_function=call)
