"""Measurements against direct evaluation."""

import keras
import numpy as np
import pytest
import toys
from keras import layers

from helpers.training import inspection

DATA = toys.load()


def test_responses_are_the_deviations_of_the_named_layers():
    keras.utils.set_random_seed(0)
    inputs = keras.Input((6, 6, 1))
    x = layers.BatchNormalization(name="a_bn1")(inputs)
    x = layers.Conv2D(2, 3, name="a_conv")(x)
    x = layers.BatchNormalization(name="a_bn2")(x)
    model = keras.Model(inputs, layers.Flatten()(x))
    model.get_layer("a_bn1").moving_variance.assign([4.0])
    found = inspection.responses(model, DATA)
    assert found["names"].tolist() == ["a_bn1", "a_bn2"]
    images = DATA.test_images
    assert found["deviations"][0] == pytest.approx(np.std(images) / np.sqrt(4 + 1e-3), rel=1e-5)
    assert found["deviations"][1] == pytest.approx(np.std(model(images)), rel=1e-5)


def test_filters_of_a_direction_have_the_kernels_norms():
    kernel = np.random.default_rng(0).normal(size=(3, 3, 2, 5)).astype("float32") * np.arange(1, 6)
    direction = inspection.filter_normalised(np.random.default_rng(1), kernel)
    for k in range(5):
        assert np.linalg.norm(direction[..., k]) == pytest.approx(np.linalg.norm(kernel[..., k]))
    assert abs(np.sum(direction * kernel)) < np.sum(kernel**2) / 2


def test_loss_surface_of_a_linear_network_is_computed_by_hand():
    """One dense layer: the loss at every point of the plane follows from a matrix product."""
    keras.utils.set_random_seed(2)
    model = keras.Sequential([keras.Input((6, 6, 1)), layers.Flatten(), layers.Dense(3)])
    kernel, bias = (v.numpy() for v in model.trainable_variables)
    found = inspection.loss_surface(model, DATA, steps=5)
    np.testing.assert_allclose(found["axis"], [-1, -0.5, 0, 0.5, 1])

    generator = np.random.default_rng(0)
    d, e = (inspection.filter_normalised(generator, kernel) for _ in range(2))
    x, labels = DATA.train_images.reshape(-1, 36), DATA.train_labels
    for i, a in enumerate(found["axis"]):
        for j, b in enumerate(found["axis"]):
            logits = x @ (kernel + a * d + b * e) + bias
            shifted = logits - logits.max(axis=1, keepdims=True)
            log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
            assert found["loss"][i, j] == pytest.approx(-log_p[range(70), labels].mean(), rel=1e-4)
    np.testing.assert_array_equal(model.trainable_variables[0], kernel)
