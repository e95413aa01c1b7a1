"""Bilinear resizing as DeepLab does it: corner pixels of input and output coincide."""

import keras
import tensorflow as tf
from keras import layers


@keras.saving.register_keras_serializable("deeplab")
class AlignedResize(layers.Layer):
    """Resize a feature map to the height and width of another one.

    Output position i of n samples the input at i (m - 1) / (n - 1), so that a map of size
    k·s + 1 keeps the corners it had at stride s. Keras' own `Resizing` and `UpSampling2D` place
    samples half a pixel differently, which shifts every label edge.
    """

    def call(self, features, like):
        """Return `features` (batch, m, m', channels) at the height and width of `like`."""
        size = tf.shape(like)[1:3]
        return tf.raw_ops.ResizeBilinear(images=features, size=size, align_corners=True)

    def compute_output_shape(self, features_shape, like_shape):
        """Return (batch, height and width of `like`, channels of `features`)."""
        return (features_shape[0], *like_shape[1:3], features_shape[-1])
