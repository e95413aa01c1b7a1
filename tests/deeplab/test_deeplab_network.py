"""The networks against published counts, and dilation against the strided network."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import ndimage

from helpers.cost import multiply_adds, trainable_parameters
from helpers.deeplab import fold, network, segmenter
from helpers.deeplab.backbones import mobilenet_v2, xception_65
from helpers.deeplab.blocks import AlignedResize, resize_aligned


def randomise(model, seed=0):
    """Give every weight, moving statistics too, a value that shows when it is misplaced."""
    rng = np.random.default_rng(seed)
    for variable in model.variables:
        if variable.name in ("gamma", "moving_variance"):
            variable.assign(rng.uniform(0.5, 1.5, variable.shape))
        elif variable.name in ("beta", "moving_mean", "bias"):
            variable.assign(rng.normal(0, 0.3, variable.shape))
    return model


@pytest.mark.parametrize(("output_stride", "count"), [(16, 2_740_709_056), (8, 8_825_853_632)])
def test_mobilenet_has_the_published_size_and_cost(output_stride, count):
    model = network.deeplab_v3(output_stride, size=513)
    assert trainable_parameters(model) == 2_113_557
    assert multiply_adds(model) == count
    assert model.get_layer(network.LOGITS).output.shape[1] == 512 // output_stride + 1
    assert model.output.shape == (None, 513, 513, 21)


def test_xception_has_the_published_size_and_cost():
    model = network.deeplab_v3_plus(16, size=513)
    assert trainable_parameters(model) == 41_055_413
    assert multiply_adds(model) == 54_035_303_024
    assert model.get_layer(network.LOGITS).output.shape[1] == 129  # decoder: stride 4


@pytest.mark.slow
def test_xception_at_stride_8_has_the_published_cost():
    assert multiply_adds(network.deeplab_v3_plus(8, size=513)) == 176_851_524_720


@pytest.mark.parametrize(("backbone", "size"), [(mobilenet_v2, 97), (xception_65, 65)])
def test_dilation_computes_the_strided_features_in_between(backbone, size):
    """Features at stride 8, every second one taken, are those at stride 16 (1706.05587, §3.1)."""
    image = np.random.default_rng(1).uniform(-1, 1, (1, size, size, 3)).astype("float32")
    features = {}
    for output_stride in (8, 16):
        keras.utils.set_random_seed(0)
        inputs = keras.Input((size, size, 3))
        options = {"middle_units": 1} if backbone is xception_65 else {}
        outputs = backbone(inputs, output_stride, width=0.25, **options)
        outputs = outputs[0] if isinstance(outputs, tuple) else outputs
        model = randomise(keras.Model(inputs, outputs))
        features[output_stride] = model.predict(image, verbose=0)
    assert features[16].std() > 0.01
    rounding = 2e-6 * np.abs(features[16]).max()
    np.testing.assert_allclose(features[8][:, ::2, ::2], features[16], atol=rounding)


def resize_in_one_kernel(features, size):
    return AlignedResize()(features, np.zeros((1, *size, 1), "float32"))


@pytest.mark.parametrize("resize", [resize_in_one_kernel, resize_aligned])
def test_resize_aligns_corners(resize):
    rng = np.random.default_rng(2)
    small = rng.normal(size=(2, 5, 7, 3)).astype("float32")
    resized = np.array(resize(small, (33, 25)))
    rows, columns = np.meshgrid(np.linspace(0, 4, 33), np.linspace(0, 6, 25), indexing="ij")
    for image in range(2):
        for channel in range(3):
            expected = ndimage.map_coordinates(
                small[image, :, :, channel], [rows, columns], order=1
            )
            np.testing.assert_allclose(resized[image, :, :, channel], expected, atol=1e-5)


@pytest.mark.parametrize("build", [network.deeplab_v3, network.deeplab_v3_plus])
def test_open_size_gives_the_same_logits_and_folding_keeps_them(build):
    options = {"middle_units": 1} if build is network.deeplab_v3_plus else {}
    model = randomise(build(8, width=0.125, classes=5, size=None, **options))
    image = np.random.default_rng(3).uniform(-1, 1, (1, 41, 57, 3)).astype("float32")
    logits = model.predict(image, verbose=0)
    assert logits.shape == (1, 41, 57, 5)
    folded = fold.fold_batch_norm(model)
    assert not any(isinstance(layer, keras.layers.BatchNormalization) for layer in folded.layers)
    error = np.abs(folded.predict(image, verbose=0) - logits).max()
    assert error < 2e-5 * np.abs(logits).max()  # float rounding
    again = fold.fold_batch_norm(folded)  # where nothing is left to fold
    for kept, weight in zip(again.get_weights(), folded.get_weights(), strict=True):
        np.testing.assert_array_equal(kept, weight)


@pytest.mark.parametrize(
    ("options", "message"), [({"size": 512}, "k·8"), ({"output_stride": 4}, "8 or 16")]
)
def test_impossible_networks_are_refused(options, message):
    with pytest.raises(ValueError, match=message):
        network.deeplab_v3(**options)


def test_cost_needs_a_size():
    with pytest.raises(ValueError, match="no fixed output size"):
        multiply_adds(network.deeplab_v3(width=0.125))


@pytest.mark.parametrize("few", [0, 10**9])
def test_only_few_weights_become_constants_and_the_logits_stay(few, monkeypatch):
    monkeypatch.setattr(segmenter, "FEW", few)
    model = fold.fold_batch_norm(randomise(network.deeplab_v3(16, 0.125, classes=3, size=33)))
    image = np.random.default_rng(1).uniform(-1, 1, (1, 33, 33, 3)).astype("float32")
    function = tf.function(segmenter.with_constants(model)).get_concrete_function(
        tf.constant(image)
    )
    captured = len(function.captured_inputs)
    assert captured == 0 if few else captured >= len(model.trainable_variables)
    logits = model(image, training=False).numpy()
    np.testing.assert_allclose(function(tf.constant(image)), logits, atol=1e-5 * abs(logits).max())
