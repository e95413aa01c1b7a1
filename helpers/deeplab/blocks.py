"""The layers that both backbones and the heads are made of.

Every layer is named after its scope in the official checkpoints, with "." for "/" (Keras does
not allow "/" in a name), so that a variable's checkpoint name follows from the layer's.
"""

import keras
import numpy as np
from keras import KerasTensor, initializers, layers, ops

from helpers.normalization import FusedBatchNormalization

BACKBONE_EPSILON = 1e-3  # of batch normalisation inside the backbones
HEAD_EPSILON = 1e-5  # in image pooling, ASPP, projection and decoder


@keras.saving.register_keras_serializable("deeplab")
class AlignedResize(layers.Layer):
    """Resize a feature map bilinearly to the height and width of another one, corners aligned.

    Output position i of n samples the input at i (m - 1) / (n - 1), so that a map of size
    k·s + 1 keeps the corners it had at stride s. Keras' own `Resizing` and `UpSampling2D` place
    samples half a pixel differently, which shifts every label edge.
    """

    def call(self, features: KerasTensor, like: KerasTensor) -> KerasTensor:
        """Return `features` (batch, m, m', channels) at the height and width of `like`."""
        if keras.config.backend() != "tensorflow":
            return resize_aligned(features, like.shape[1:3])
        import tensorflow as tf  # here: another backend does without it

        size = tf.shape(like)[1:3]
        return tf.raw_ops.ResizeBilinear(images=features, size=size, align_corners=True)

    def compute_output_shape(self, features_shape: tuple, like_shape: tuple) -> tuple:
        """Return (batch, height and width of `like`, channels of `features`)."""
        return (features_shape[0], *like_shape[1:3], features_shape[-1])


def resize_aligned(features: KerasTensor, size: tuple[int, int]) -> KerasTensor:
    """Return what `AlignedResize` does, in operations that every backend of Keras has."""
    rows, columns = map(linear_weights, features.shape[1:3], size)
    features = ops.einsum("ij,bjkc->bikc", rows, features)
    return ops.einsum("ij,bkjc->bkic", columns, features)


def linear_weights(samples: int, length: int) -> np.ndarray:
    """Return (length, samples): the shares of the samples at each place from first to last."""
    positions = np.linspace(0, samples - 1, length)[:, None]
    return np.maximum(0, 1 - abs(positions - np.arange(samples))).astype("float32")


def scale_channels(channels: int, width: float) -> int:
    """Return a number of channels times the width, rounded, at least 8."""
    return max(8, int(channels * width + 0.5))


def convolution(
    x: KerasTensor, filters: int, name: str, kernel_size: int = 1, stride: int = 1,
    epsilon: float = BACKBONE_EPSILON, padding: str = "same",
) -> KerasTensor:  # fmt: skip
    """Return conv → BN of `x`, without activation."""
    x = layers.Conv2D(filters, kernel_size, stride, padding=padding, use_bias=False,
                      kernel_initializer="he_normal", name=name)(x)  # fmt: skip
    return FusedBatchNormalization(epsilon=epsilon, name=f"{name}.BatchNorm")(x)


def depthwise(
    x: KerasTensor, name: str, stride: int = 1, rate: int = 1, epsilon: float = BACKBONE_EPSILON,
    padding: str = "same",
) -> KerasTensor:  # fmt: skip
    """Return the 3×3 depthwise conv of `x` at dilation `rate`, then BN, without activation."""
    normal = initializers.RandomNormal(stddev=(2 / 9) ** 0.5)
    x = layers.DepthwiseConv2D(3, stride, padding=padding, dilation_rate=rate, use_bias=False,
                               depthwise_initializer=normal, name=name)(x)  # fmt: skip
    return FusedBatchNormalization(epsilon=epsilon, name=f"{name}.BatchNorm")(x)


def separable(
    x: KerasTensor, filters: int, name: str, rate: int = 1, epsilon: float = HEAD_EPSILON
) -> KerasTensor:
    """Return a separable conv: depthwise 3×3 and pointwise, each with BN and ReLU."""
    x = layers.ReLU()(depthwise(x, f"{name}_depthwise", rate=rate, epsilon=epsilon))
    return layers.ReLU()(convolution(x, filters, f"{name}_pointwise", epsilon=epsilon))
