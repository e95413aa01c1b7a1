"""Augmentation on the device, inside the compiled training step."""

import tensorflow as tf


def pad_crop_flip(images, seed, padding):
    """Take a random crop of each padded image, and mirror half of them.

    "4 pixels are padded on each side, and a 32x32 crop is randomly sampled from the padded image
    or its horizontal flip" (1512.03385, section 4.2).

    Args:
        images: (batch, height, width, channels), zero being the mean of every pixel.
        seed: two integers (tensor or not); on one kind of device the same seed
            gives the same crops.
        padding: pixels of zeros on each side.

    Returns:
        Tensor of the same shape.
    """
    batch, height, width, _ = images.shape
    seeds = tf.random.split(seed, 3)

    def draw(k, below):
        return tf.random.stateless_uniform([batch, 1], seeds[k], 0, below, tf.int32)

    top, left = draw(0, 2 * padding + 1), draw(1, 2 * padding + 1)
    across = tf.range(width)
    across = tf.where(draw(2, 2) == 1, across[::-1], across)
    rows = top + tf.range(height)  # (batch, height)
    columns = left + across  # (batch, width)
    padded = tf.pad(images, [[0, 0], [padding, padding], [padding, padding], [0, 0]])
    padded = tf.gather(padded, rows, batch_dims=1)
    return tf.gather(padded, columns, batch_dims=1, axis=2)
