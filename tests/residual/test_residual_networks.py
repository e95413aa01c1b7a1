import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.cost import trainable_parameters, without_weights
from helpers.normalization import FusedBatchNormalization
from helpers.residual import cifar, imagenet, units, vgg


def unallocated(build, *args, **kwargs):
    with without_weights():
        return build(*args, **kwargs)


@pytest.mark.parametrize("family", ["plain", "resnet"])
@pytest.mark.parametrize(
    ("depth", "count"),
    [(20, 269_722), (32, 464_154), (44, 658_586), (56, 853_018), (110, 1_727_962)],
)
def test_parameters_of_cifar_networks(family, depth, count):
    assert trainable_parameters(unallocated(cifar.build_cifar, family, depth)) == count


@pytest.mark.slow
@pytest.mark.parametrize("family", ["plain", "resnet"])
def test_parameters_at_1202_layers(family):
    assert trainable_parameters(unallocated(cifar.build_cifar, family, 1202)) == 19_421_274


@pytest.mark.parametrize(
    ("family", "depth", "count"),
    [
        ("resnet", 50, 25_557_032),
        ("resnet", 152, 60_192_808),
        ("vgg", 16, 138_357_544),
        ("vgg", 19, 143_667_240),
    ],
)
def test_parameters_of_imagenet_networks(family, depth, count):
    """The counts of torchvision's networks of the same design."""
    assert trainable_parameters(unallocated(imagenet.build_imagenet, family, depth)) == count


@pytest.mark.parametrize("depth", [18, 34])
def test_option_a_adds_no_parameters(depth):
    plain = unallocated(imagenet.build_imagenet, "plain", depth)
    residual = unallocated(imagenet.build_imagenet, "resnet", depth)
    assert trainable_parameters(plain) == trainable_parameters(residual)


def test_fused_batch_normalization_follows_its_definition():
    x = np.random.default_rng(0).normal(2, 3, (8, 5, 4, 3)).astype("float32")
    layer = FusedBatchNormalization(momentum=0.9, epsilon=1e-5)
    layer.build(x.shape)
    gamma, beta = np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0, -1.0])
    layer.gamma.assign(gamma)
    layer.beta.assign(beta)

    mean, variance = x.mean((0, 1, 2)), x.var((0, 1, 2))
    expected = gamma * (x - mean) / np.sqrt(variance + 1e-5) + beta
    np.testing.assert_allclose(layer(x, training=True), expected, atol=1e-5)

    moving_variance = 0.9 + 0.1 * x.var((0, 1, 2), ddof=1)
    np.testing.assert_allclose(layer.moving_mean.value.numpy(), 0.1 * mean, rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.value.numpy(), moving_variance, rtol=1e-5)

    expected = gamma * (x - 0.1 * mean) / np.sqrt(moving_variance + 1e-5) + beta
    np.testing.assert_allclose(layer(x, training=False), expected, atol=1e-4)
    layer.trainable = False
    np.testing.assert_allclose(layer(x, training=True), expected, atol=1e-4)


@settings(max_examples=20, deadline=None)
@given(
    height=st.integers(1, 9),
    width=st.integers(1, 9),
    channels=st.integers(1, 4),
    extra=st.integers(0, 4),
    stride=st.sampled_from([1, 2, 4]),
)
def test_option_a_subsamples_and_appends_zeros(height, width, channels, extra, stride):
    x = np.random.default_rng(1).normal(size=(2, height, width, channels)).astype("float32")
    y = np.asarray(units.PaddedIdentity(channels + extra, stride)(x))
    np.testing.assert_array_equal(y[..., :channels], x[:, ::stride, ::stride])
    assert y.shape[-1] == channels + extra
    assert not y[..., channels:].any()


@pytest.mark.parametrize("crossing", [2, 3])
def test_crossing_shortcuts_add_an_earlier_input(crossing):
    model = cifar.build_cifar("resnet", 20, (8, 8, 1), crossing=crossing)
    names = [layer.name for layer in model.layers if layer.name.endswith("_add")]
    sources = [
        model.get_layer("stem_relu").output,
        *(model.get_layer(name.replace("add", "post_relu")).output for name in names),
    ]
    for l, name in enumerate(names):
        terms = model.get_layer(name).input
        assert len(terms) == (3 if l + 1 >= crossing else 2)
        if len(terms) == 3:
            layer = model.get_layer(name.replace("add", "crossing"))
            assert layer.input is sources[l + 1 - crossing]
    assert np.isfinite(model(np.ones((1, 8, 8, 1), "float32"))).all()


@pytest.mark.parametrize("size", [5, 7, 9])
def test_shortcuts_cross_maps_of_odd_size(size):
    model = cifar.build_cifar("resnet", 14, (size, size, 1), crossing=2)
    assert np.isfinite(model(np.ones((1, size, size, 1), "float32"))).all()


def test_a_network_is_checked_without_building_it(monkeypatch):
    monkeypatch.setattr(keras, "Model", lambda *_: pytest.fail("built"))
    assert cifar.units_of_stage("resnet", 38, (8, 8, 1), convolutions=4) == 3
    with pytest.raises(ValueError, match="depth 40 does not fit"):
        cifar.units_of_stage("plain", 40)


@pytest.mark.parametrize("convolutions", [1, 2, 3, 4])
def test_depth_and_parameters_do_not_depend_on_convolutions_per_shortcut(convolutions):
    model = unallocated(cifar.build_cifar, "resnet", 38, (8, 8, 1), convolutions=convolutions)
    assert sum(layer.name.endswith("_add") for layer in model.layers) == 36 // convolutions
    assert trainable_parameters(model) == trainable_parameters(
        unallocated(cifar.build_cifar, "plain", 38, (8, 8, 1))
    )


def test_weights_survive_saving(tmp_path):
    model = cifar.build_cifar("resnet", 8, (8, 8, 1))
    x = np.random.default_rng(5).normal(size=(2, 8, 8, 1)).astype("float32")
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_allclose(loaded(x), model(x), rtol=1e-6)


def test_layers_are_named():
    model = unallocated(cifar.build_cifar, "resnet", 20, gating="exclusive", shortcut="C")
    for layer in model.layers:
        assert layer.name.split("_")[0] in {"image", "stem", "head"} or "_unit" in layer.name


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"family": "resnext"}, "family must be one of plain, resnet"),
        ({"depth": 21}, r"must be 6n \+ 2, such as 20"),
        ({"depth": 20, "convolutions": 4}, r"must be 12n \+ 2"),
        ({"shortcut": "D"}, "shortcut must be one of"),
        ({"placement": "late"}, "placement must be one of"),
        ({"gating": "open"}, "gating must be one of"),
        ({"family": "plain", "dropout": 0.5}, "plain network has no shortcuts"),
        ({"crossing": 0}, "spans 2 units or more; received crossing=0"),
        ({"crossing": 1}, "spans 2 units or more; received crossing=1"),
        ({"input_shape": (3, 3, 1)}, r"3 stages do not fit images of \(3, 3\) pixels"),
    ],
)
def test_bad_choices_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        cifar.build_cifar(**arguments)


def test_bad_imagenet_depth_is_named():
    with pytest.raises(ValueError, match="depth of plain must be one of 18, 34; received 50"):
        imagenet.build_imagenet("plain", 50)


def test_vgg_refuses_images_too_small_for_its_poolings():
    with pytest.raises(ValueError, match="4 poolings do not fit"):
        vgg.build_vgg((8, 8, 1), widths=(4, 4, 4, 4), convolutions=(1, 1, 1, 1))
    with pytest.raises(ValueError, match=r"as many convolutions=\[1\] as widths=\[4, 8\]"):
        vgg.build_vgg((8, 8, 1), widths=[4, 8], convolutions=[1])


def test_vgg_for_digits_by_hand():
    """Convolutions without bias, two normalisation weights a filter, dense layers with bias."""
    model = vgg.build_vgg((8, 8, 1), widths=(2, 3, 4), convolutions=(1, 2, 1), dense=(5,))
    convolutions = 9 * (1 * 2 + 2 * 3 + 3 * 3 + 3 * 4)
    normalisation = 2 * (2 + 3 + 3 + 4)
    assert trainable_parameters(model) == convolutions + normalisation + (4 + 1) * 5 + (5 + 1) * 10
    assert model.name == "vgg_6"
    assert model(np.zeros((2, 8, 8, 1), "float32")).shape == (2, 10)
