"""Augmentation of small images by Keras layers."""

import keras
from keras import layers


def crops_and_flips(seed: int, padding: int, size: int) -> keras.Sequential:
    """Return a layer that takes a random crop of each padded image and mirrors half of them.

    "4 pixels are padded on each side, and a 32x32 crop is randomly sampled from the padded image
    or its horizontal flip" (1512.03385, section 4.2). Such a crop is a shift by whole pixels, each
    from -padding to padding as likely as the others.

    Args:
        seed: of the draws, whose generators are variables of the layer.
        padding: pixels of zeros on each side, zero being the mean of every pixel.
        size: height and width of the images, (batch, size, size, channels).
    """
    shift = (padding + 0.5) / size  # rounded to a pixel by the nearest neighbour
    move = layers.RandomTranslation(
        shift, shift, fill_mode="constant", interpolation="nearest", seed=seed
    )
    return keras.Sequential([move, layers.RandomFlip("horizontal", seed=seed + 1)])
