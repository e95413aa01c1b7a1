import math

import keras
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
