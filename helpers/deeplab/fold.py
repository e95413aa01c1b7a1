"""Batch normalisation folded into the convolutions before it, for inference.

TensorFlow's own `convert_variables_to_constants_v2` does not do the same: at 513×513 on two cores
(AMD EPYC, oneDNN), MobileNetV2 takes 212 ms folded, 278 ms frozen with its normalisation, and 216
when both are done, so that freezing adds nothing; Xception gains by it, but starts 15 s later.
"""

import functools
from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from keras import layers

CONVOLUTIONS = layers.Conv2D, layers.DepthwiseConv2D
FEW = 10_000_000  # weights that are worth being constants


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
        rates = [1, *self.dilation_rate, 1]
        kernel = tf.convert_to_tensor(self.kernel)
        x = tf.raw_ops.DepthwiseConv2dNative(
            input=inputs, filter=kernel, strides=[1] * 4, padding="SAME", dilations=rates
        )
        return tf.nn.bias_add(x, self.bias)


@functools.cache
def dilates() -> bool:
    """Return whether the depthwise operation takes dilation here (on a CPU only oneDNN's does)."""
    try:
        with tf.device("CPU"):
            x, w = tf.ones((1, 5, 5, 1)), tf.ones((3, 3, 1, 1))
            tf.raw_ops.DepthwiseConv2dNative(
                input=x, filter=w, strides=[1] * 4, padding="SAME", dilations=[1, 2, 2, 1]
            )
    except (tf.errors.InvalidArgumentError, tf.errors.UnimplementedError):
        return False
    return not tf.config.list_physical_devices("GPU")


def fold_batch_norm(model: keras.Model) -> keras.Model:
    """Return a copy of `model` for inference whose convolutions do the normalisation too.

    γ (Wx - μ) / √(σ² + ε) + β is one convolution with weights W γ / √(σ² + ε) and a bias. The
    same numbers come out to rounding, with a third of the layers gone.
    """
    folded = folded_structure(model)
    norms = {each.name: each for each in model.layers if is_norm(each)}
    for layer in model.layers:
        if not isinstance(layer, CONVOLUTIONS):
            continue
        kernel, bias = (*layer.get_weights(), 0.0)[:2]
        if norm := norms.get(f"{layer.name}.BatchNorm"):  # None in a folded network
            gamma, beta, mean, variance = norm.get_weights()
            scale = gamma / np.sqrt(variance + norm.epsilon)  # (filters,)
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            kernel = kernel * (scale[:, None] if depthwise else scale)
            bias = beta + (bias - mean) * scale
        folded.get_layer(layer.name).set_weights([kernel, bias])
    return folded


def is_norm(layer: layers.Layer) -> bool:
    """Return whether a layer normalises batches."""
    return isinstance(layer, layers.BatchNormalization)


def folded_structure(model: keras.Model) -> keras.Model:
    """Return a copy of `model` without normalisation and dropout, each convolution with a bias."""

    def clone(layer):
        if is_norm(layer) or isinstance(layer, layers.Dropout):
            return layers.Identity(name=layer.name)
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


def compiled(model: keras.Model) -> Callable[[np.ndarray], tf.Tensor]:
    """Return `model` folded and compiled for inference: a function of images in [-1, 1]."""
    # Traced here, once, for any number of images: a batch of another size needs no new trace.
    signature = tf.TensorSpec((None, *model.input_shape[1:]), tf.float32)
    forward = tf.function(with_constants(fold_batch_norm(model)))
    concrete = forward.get_concrete_function(signature)
    return lambda images: concrete(tf.convert_to_tensor(images, tf.float32))


def with_constants(model: keras.Model) -> Callable[[tf.Tensor], tf.Tensor]:
    """Return `model` as a function for `tf.function`, its weights, if few, as constants of a graph.

    TensorFlow and oneDNN make more of constants than of variables, which may change between calls:
    MobileNetV2 runs about twice as fast so. Xception gains nothing from it, and a graph with its
    160 MB of constants takes longer to start.
    """
    if model.count_params() > FEW:
        return functools.partial(model, training=False)
    kinds = model.trainable_variables, model.non_trainable_variables
    values = [[variable.numpy() for variable in kind] for kind in kinds]

    def forward(images):
        constants = [[tf.constant(value) for value in kind] for kind in values]
        return model.stateless_call(*constants, images, training=False)[0]

    return forward
