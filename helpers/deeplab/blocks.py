"""The convolutions that both backbones and the heads are made of.

Every layer is named after its scope in the official checkpoints, with "." for "/" (Keras does
not allow "/" in a name), so that a variable's checkpoint name follows from the layer's.
"""

from keras import initializers, layers

from helpers.normalization import FusedBatchNormalization

BACKBONE_EPSILON = 1e-3  # of batch normalisation inside the backbones
HEAD_EPSILON = 1e-5  # in image pooling, ASPP, projection and decoder


def narrowed(channels, width):
    """Return a number of channels times the width, rounded, at least 8."""
    return max(8, int(channels * width + 0.5))


def normalise(x, name, epsilon):
    """Return `x` batch-normalised."""
    return FusedBatchNormalization(epsilon=epsilon, name=f"{name}.BatchNorm")(x)


def convolution(
    x, filters, name, kernel_size=1, stride=1, epsilon=BACKBONE_EPSILON, padding="same"
):
    """Return conv → BN of `x`, without activation."""
    x = layers.Conv2D(
        filters, kernel_size, stride, padding=padding, use_bias=False,
        kernel_initializer="he_normal", name=name,
    )(x)  # fmt: skip
    return normalise(x, name, epsilon)


def depthwise(x, name, stride=1, rate=1, epsilon=BACKBONE_EPSILON, padding="same"):
    """Return the 3×3 depthwise conv of `x` at dilation `rate`, then BN, without activation."""
    x = layers.DepthwiseConv2D(
        3, stride, padding=padding, dilation_rate=rate, use_bias=False,
        depthwise_initializer=initializers.RandomNormal(stddev=(2 / 9) ** 0.5), name=name,
    )(x)  # fmt: skip
    return normalise(x, name, epsilon)


def separable(x, filters, name, rate=1):
    """Return the head's separable conv: depthwise 3×3 and pointwise, each with BN and ReLU."""
    x = layers.ReLU()(depthwise(x, f"{name}_depthwise", rate=rate, epsilon=HEAD_EPSILON))
    return layers.ReLU()(convolution(x, filters, f"{name}_pointwise", epsilon=HEAD_EPSILON))
