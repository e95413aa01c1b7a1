import math

import keras
import numpy as np
import pytest

from helpers.residual import cifar, imagenet, units, vgg


def trainable(model):
    return sum(math.prod(weight.shape) for weight in model.trainable_weights)


def unallocated(build, *args, **kwargs):
    """Build a model whose weights have shapes but no memory."""
    with keras.StatelessScope(initialize_variables=False):
        return build(*args, **kwargs)


@pytest.mark.parametrize("family", ["plain", "resnet"])
@pytest.mark.parametrize(
    ("depth", "count"),
    [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)],
)
def test_parameters_of_cifar_networks(family, depth, count):
    assert trainable(unallocated(cifar.build_cifar, family, depth)) == count


def test_fused_batch_normalization_follows_its_definition():
    x = np.random.default_rng(0).normal(2, 3, (8, 5, 4, 3)).astype("float32")
    layer = units.FusedBatchNormalization(momentum=0.9, epsilon=1e-5)
    layer.build(x.shape)
    layer.gamma.assign([1.0, 2.0, 3.0])
    layer.beta.assign([0.0, 1.0, -1.0])

    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    expected = np.array([1, 2, 3]) * (x - mean) / np.sqrt(variance + 1e-5) + np.array([0, 1, -1])
    np.testing.assert_allclose(layer(x, training=True), expected, atol=1e-5)

    unbiased = x.var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * unbiased, rtol=1e-5)

    stored = x - 0.1 * mean
    expected = np.array([1, 2, 3]) * stored / np.sqrt(0.9 + 0.1 * unbiased + 1e-5) + np.array(
        [0, 1, -1]
    )
    np.testing.assert_allclose(layer(x, training=False), expected, atol=1e-4)
