"""Residual units of both articles, step by step by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.normalization import FusedBatchNormalization
from helpers.residual import units


def test_strided_convolution_pads_every_side():
    """A 3x3 stride-2 convolution of a 4x4 image, window by window."""
    inputs = keras.Input((4, 4, 1))
    model = keras.Model(inputs, units.padded_convolution(inputs, 1, 3, 2, "conv"))
    x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    padded = np.pad(x[0, :, :, 0], 1)
    kernel = model.get_layer("conv").kernel.value.numpy()[:, :, 0, 0]
    expected = [[(padded[i : i + 3, j : j + 3] * kernel).sum() for j in (0, 2)] for i in (0, 2)]
    np.testing.assert_allclose(model(x)[0, :, :, 0], expected, rtol=1e-5)


def unit_model(channels=4, **options):
    inputs = keras.Input((6, 6, channels))
    outputs = units.residual_unit(inputs, 4, name="unit", **options)
    model = keras.Model(inputs, outputs)
    rng = np.random.default_rng(2)
    for weight in model.weights:  # so that no scale is one and no offset zero
        weight.assign(rng.uniform(0.2, 1.0, weight.shape) * rng.choice([-1, 1], weight.shape))
    for layer in model.layers:
        if isinstance(layer, FusedBatchNormalization):
            layer.moving_variance.assign(np.abs(layer.moving_variance))
    return model


def steps_by_hand(model, x, names):
    for name in names:
        layer = model.get_layer(name) if "relu" not in name else None
        if layer is None:
            x = tf.nn.relu(x)
        elif "conv" in name or "projection" == name.split("_")[-1]:
            x = tf.nn.conv2d(x, layer.kernel.value, 1, "SAME")
        else:
            centred = (x - layer.moving_mean.value) * tf.math.rsqrt(layer.moving_variance + 1e-5)
            x = layer.gamma.value * centred + layer.beta.value
    return x


@pytest.mark.parametrize(
    ("placement", "branch", "after"),
    [
        ("original", "conv1 bn1 relu1 conv2 bn2", "relu"),
        ("bn_after_addition", "conv1 bn1 relu1 conv2", "post_bn relu"),
        ("relu_before_addition", "conv1 bn1 relu1 conv2 bn2 relu2", ""),
        ("relu_only_preactivation", "relu conv1 bn1 relu1 conv2 bn2", ""),
        ("preactivation", "pre_bn relu conv1 bn1 relu1 conv2", ""),
    ],
)
def test_placements_of_table_2(placement, branch, after):
    model = unit_model(placement=placement)
    x = np.random.default_rng(3).normal(size=(2, 6, 6, 4)).astype("float32")
    F = steps_by_hand(model, x, [f"unit_{step}" for step in branch.split()])
    expected = steps_by_hand(model, x + F, [f"unit_{step}" for step in after.split()])
    np.testing.assert_allclose(model(x), expected, rtol=1e-4, atol=1e-4)


def gate_of(model, x):
    layer = model.get_layer("unit_gate")
    return tf.sigmoid(tf.nn.conv2d(x, layer.kernel.value, 1, "SAME") + layer.bias.value)


@pytest.mark.parametrize(
    ("options", "combine"),
    [
        ({"scaling": (0.5, 0.25)}, lambda model, x, F: 0.5 * x + 0.25 * F),
        (
            {"gating": "exclusive"},
            lambda model, x, F: (1 - gate_of(model, x)) * x + gate_of(model, x) * F,
        ),
        ({"gating": "shortcut_only"}, lambda model, x, F: (1 - gate_of(model, x)) * x + F),
        (
            {"shortcut": "C"},
            lambda model, x, F: (
                steps_by_hand(model, x, ["unit_projection", "unit_projection_bn"]) + F
            ),
        ),
        ({"dropout": 0.5}, lambda model, x, F: x + F),  # at inference
        ({"shortcut": None}, lambda model, x, F: F),
    ],
)
def test_shortcuts_of_table_1(options, combine):
    model = unit_model(**options)
    x = np.random.default_rng(4).normal(size=(2, 6, 6, 4)).astype("float32")
    F = steps_by_hand(model, x, [f"unit_{s}" for s in "conv1 bn1 relu1 conv2 bn2".split()])
    np.testing.assert_allclose(model(x), tf.nn.relu(combine(model, x, F)), rtol=1e-4, atol=1e-4)


def test_gates_start_at_the_bias_that_is_set():
    inputs = keras.Input((6, 6, 4))
    model = keras.Model(inputs, units.residual_unit(inputs, 4, name="unit", gating="exclusive"))
    units.set_gate_biases(model, -6.0)
    np.testing.assert_array_equal(model.get_layer("unit_gate").bias.value.numpy(), -6)


def test_dropout_acts_on_the_shortcut_only():
    model = keras.Model(
        inputs := keras.Input((6, 6, 4)), units.residual_unit(inputs, 4, name="unit", dropout=0.5)
    )
    assert model.get_layer("unit_add").input[0] is model.get_layer("unit_dropout").output
