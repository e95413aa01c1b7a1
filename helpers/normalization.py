"""Batch normalisation in one kernel, for every network that is trained here."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="helpers")
class FusedBatchNormalization(keras.layers.BatchNormalization):
    """Batch normalisation over (batch, height, width), under TensorFlow as one kernel.

    Keras composes it of some twenty operations a layer; one kernel traces in half the time
    and trains ResNet-20 about 1.4 times faster on a CPU. As in the papers' frameworks, the moving
    variance follows the unbiased batch variance.
    """

    def call(self, x: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        """Normalise (batch, height, width, channels); in training update the moving averages."""
        training = bool(training and self.trainable)
        normalise = one_kernel if keras.config.backend() == "tensorflow" else composed
        y, mean, variance = normalise(self, x, training)
        if training:
            self.moving_mean.assign(mean)
            self.moving_variance.assign(variance)
        return y


def one_kernel(layer: FusedBatchNormalization, x: keras.KerasTensor, training: bool) -> tuple:
    """Return (normalised x, new moving mean, new moving variance) from TensorFlow's kernel."""
    import tensorflow as tf  # here: another backend does without it

    return tf.raw_ops.FusedBatchNormV3(
        x=x,
        scale=layer.gamma,
        offset=layer.beta,
        mean=layer.moving_mean,
        variance=layer.moving_variance,
        epsilon=layer.epsilon,
        exponential_avg_factor=1 - layer.momentum if training else 1.0,
        is_training=training,
    )[:3]


def composed(layer: FusedBatchNormalization, x: keras.KerasTensor, training: bool) -> tuple:
    """Return what `one_kernel` does, in operations that every backend of Keras has."""
    mean, variance = layer.moving_mean.value, layer.moving_variance.value
    new_mean, new_variance = mean, variance
    if training:
        count = ops.cast(ops.size(x) // x.shape[-1], x.dtype)
        momentum = layer.momentum
        mean, variance = ops.moments(x, axes=(0, 1, 2))
        new_mean = momentum * layer.moving_mean + (1 - momentum) * mean
        unbiased = variance * (count / (count - 1))
        new_variance = momentum * layer.moving_variance + (1 - momentum) * unbiased
    y = (x - mean) * ops.rsqrt(variance + layer.epsilon) * layer.gamma + layer.beta
    return y, new_mean, new_variance
