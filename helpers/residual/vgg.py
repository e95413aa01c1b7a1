"""VGG networks (arXiv 1409.1556), for ImageNet and, with batch normalisation, for small images."""

from collections.abc import Sequence

import keras
from keras import layers

from helpers.residual import units

# 3x3 convolutions of each stage: configurations A, B, D, E of 1409.1556, Table 1.
CONVOLUTIONS = {11: (1, 1, 2, 2, 2), 13: (2, 2, 2, 2, 2), 16: (2, 2, 3, 3, 3), 19: (2, 2, 4, 4, 4)}


@units.building()
def build_vgg(
    input_shape: tuple = (32, 32, 3),
    classes: int = 10,
    *,
    convolutions: Sequence[int] = (2, 2, 3),
    widths: Sequence[int] = (64, 128, 256),
    dense: Sequence[int] = (256,),
    batch_normalization: bool = True,
    dropout: float = 0.0,
) -> keras.Model:
    """Build a VGG: stages of 3x3 convolutions, each ended by 2x2 max pooling, then dense layers.

    Args:
        input_shape: (height, width, channels), height and width at least 2 ** len(widths).
        convolutions: convolutions of each stage.
        widths: filters of each stage.
        dense: units of the hidden dense layers.
        batch_normalization: after every convolution (the original had none).
        dropout: rate after each hidden dense layer (the original: 0.5).

    Returns:
        keras.Model, (batch, height, width, channels) to logits (batch, classes).

    Raises:
        ValueError: the image is too small for the poolings, or the lists differ in length.
    """
    if len(convolutions) != len(widths):
        raise ValueError(f"a VGG's stages have as many {convolutions=} as {widths=}")
    if min(input_shape[:2]) < 2 ** len(widths):
        raise ValueError(f"{len(widths)} poolings do not fit images of {input_shape[:2]} pixels")
    x = inputs = keras.Input(input_shape, name="image")  # (batch, height, width, channels)
    for stage, (filters, count) in enumerate(zip(widths, convolutions, strict=True), start=1):
        for k in range(1, count + 1):
            x = layers.Conv2D(
                filters, 3, padding="same", use_bias=not batch_normalization,
                kernel_initializer="he_normal", name=f"stage{stage}_conv{k}",
            )(x)  # fmt: skip
            steps = "bn relu" if batch_normalization else "relu"
            x = units.activate(x, steps, f"stage{stage}", k)
        x = layers.MaxPooling2D(2, name=f"stage{stage}_pool")(x)
    x = layers.Flatten(name="head_flatten")(x)
    for k, width in enumerate(dense, start=1):
        x = layers.Dense(width, kernel_initializer="he_normal", name=f"head_dense{k}")(x)
        x = layers.ReLU(name=f"head_relu{k}")(x)
        if dropout:
            x = layers.Dropout(dropout, name=f"head_dropout{k}")(x)
    x = layers.Dense(classes, kernel_initializer="he_normal", name="head_dense")(x)
    depth = sum(convolutions) + len(dense) + 1
    return keras.Model(inputs, x, name=f"vgg_{depth}")
