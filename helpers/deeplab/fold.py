"""Batch normalisation folded into the convolutions before it, for inference."""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

CONVOLUTIONS = layers.Conv2D, layers.DepthwiseConv2D
SUFFIX = ".BatchNorm"


class Sum(layers.Add):
    """A sum that TensorFlow's graph rewriting leaves alone.

    The rewriting merges convolution, bias and sum into one node, and fails with an error message
    where the sum has two readers, as in Xception's middle flow.
    """

    def call(self, inputs):
        """Return the sum behind a node that nothing is merged across."""
        total = super().call(inputs)
        return tf.raw_ops.PlaceholderWithDefault(input=total, shape=total.shape)


def fold_batch_norm(model):
    """Return a copy of `model` for inference whose convolutions do the normalisation too.

    γ (Wx - μ) / √(σ² + ε) + β is one convolution with weights W γ / √(σ² + ε) and a bias. The
    same numbers come out to rounding, with a third of the layers gone.
    """
    folded = folded_structure(model)
    for layer in model.layers:
        if not isinstance(layer, CONVOLUTIONS):
            continue
        kernel, bias = (*layer.get_weights(), 0.0)[:2]
        if norm := norm_of(model, layer):
            gamma, beta, mean, variance = norm.get_weights()
            scale = gamma / np.sqrt(variance + norm.epsilon)  # (filters,)
            depthwise = isinstance(layer, layers.DepthwiseConv2D)
            kernel = kernel * (scale[:, None] if depthwise else scale)
            bias = beta + (bias - mean) * scale
        folded.get_layer(layer.name).set_weights([kernel, bias])
    return folded


def compiled(model):
    """Return `model` folded and compiled for inference: a function of images in [-1, 1]."""
    folded = fold_batch_norm(model)
    return tf.function(lambda images: folded(images, training=False), reduce_retracing=True)


def folded_structure(model):
    """Return a copy of `model` without normalisation and dropout, each convolution with a bias."""

    def clone(layer):
        if isinstance(layer, layers.BatchNormalization | layers.Dropout):
            return layers.Identity(name=layer.name)
        configuration = layer.get_config()
        if isinstance(layer, layers.Add):
            return Sum.from_config(configuration)
        if isinstance(layer, CONVOLUTIONS):
            configuration["use_bias"] = True
        return type(layer).from_config(configuration)

    def call(layer, *inputs, **_):  # what normalisation and dropout were called with has no use
        return layer(*inputs)

    return keras.models.clone_model(model, clone_function=clone, call_function=call)


def norm_of(model, convolution):
    """Return the batch normalisation that follows a convolution, or None."""
    name = convolution.name + SUFFIX
    return next((layer for layer in model.layers if layer.name == name), None)
