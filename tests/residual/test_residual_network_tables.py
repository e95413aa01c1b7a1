import keras
import numpy as np
import pytest
from keras import layers

from helpers import published
from helpers.cost import without_weights
from helpers.residual import cifar, imagenet, network_tables, resnet_diagram


@pytest.fixture(scope="module")
def networks():
    with without_weights():
        return {
            (family, depth): imagenet.build_imagenet(family, depth)
            for family, depth in [("vgg", 19), ("plain", 34), ("resnet", 34), ("resnet", 152)]
        }


def test_multiply_adds_of_a_small_network_by_hand():
    inputs = keras.Input((6, 6, 2))
    x = layers.Conv2D(4, 3, padding="same", name="a")(inputs)
    x = layers.BatchNormalization()(x)
    x = layers.Conv2D(5, 1, strides=2, use_bias=False, name="b")(x)
    outputs = layers.Dense(7, name="c")(layers.GlobalAveragePooling2D()(x))
    counted = network_tables.row(keras.Model(inputs, outputs, name="small"))
    first, second, dense = 36 * 9 * 2 * 4, 9 * 4 * 5, 5 * 7
    assert counted == {
        "name": "small",
        "layers": 3,
        "params": (9 * 2 * 4 + 4) + 2 * 4 + 4 * 5 + (5 * 7 + 7),
        "gmacs": pytest.approx((first + second + dense) / 1e9),
        "sizes": [6, 3],
    }


def test_table_of_networks():
    with without_weights():
        frame = network_tables.cost_table([cifar.build_cifar("resnet", 8, (8, 8, 1))])
    row = frame.iloc[0]
    assert row[["network", "input", "layers"]].tolist() == ["resnet-8", "8×8×1", 8]
    positions, widths = (64, 16, 4), (16, 32, 64)
    inner = sum(n * 9 * w * w for n, w in zip(positions, widths, strict=True))  # second ones
    first = sum(n * 9 * w * v for n, w, v in zip(positions, widths, (16, 16, 32), strict=True))
    millions = (64 * 9 * 16 + inner + first + 64 * 10) / 1e6
    assert row["multiply-adds (millions)"] == pytest.approx(millions)


def test_depth_is_the_longest_path():
    inputs = keras.Input((4, 4, 2))
    x = inputs
    for _ in range(3):
        x = layers.Conv2D(2, 1)(x)
    shorter = layers.Conv2D(2, 1)(layers.Conv2D(2, 1)(inputs))
    assert network_tables.depth(keras.Model(inputs, layers.Add()([shorter, x]))) == 3


@pytest.mark.parametrize("family", ["plain", "resnet"])
@pytest.mark.parametrize("depth", [20, 56])
def test_depth_of_cifar_networks_is_their_name(family, depth):
    with without_weights():
        assert network_tables.depth(cifar.build_cifar(family, depth)) == depth


@pytest.mark.parametrize(("options", "gmacs"), [({"depth": 20}, 0.0406), ({"depth": 56}, 0.1255)])
def test_multiply_adds_of_cifar_networks(options, gmacs):
    """Against a count by hand: 3x3 convolutions of 2n layers at 32, 16 and 8 pixels."""
    n = (options["depth"] - 2) // 6
    expected = 9 * 3 * 16 * 32**2 + 64 * 10
    for size, width in ((32, 16), (16, 32), (8, 64)):
        first = 9 * width * (16 if width == 16 else width // 2) * size**2
        expected += first + (2 * n - 1) * 9 * width**2 * size**2
    with without_weights():
        counted = network_tables.row(cifar.build_cifar("resnet", **options))
    assert counted["gmacs"] == pytest.approx(expected / 1e9)
    assert counted["gmacs"] == pytest.approx(gmacs, abs=5e-5)


@pytest.mark.parametrize(
    ("key", "name"),
    [(("vgg", 19), "VGG-19"), (("plain", 34), "plain-34"), (("resnet", 152), "ResNet-152")],
)
def test_multiply_adds_agree_with_the_paper(networks, key, name):
    counted = network_tables.row(networks[key])
    assert counted["gmacs"] == pytest.approx(published.IMAGENET_GMACS[name], rel=0.02)
    assert counted["layers"] == key[1]
    assert counted["sizes"] == [224, 112, 56, 28, 14, 7]


def test_152_layers_are_a_stem_150_convolutions_and_a_classifier(networks):
    stages = network_tables.stage_units(networks["resnet", 152])
    assert [count for count, _kernels, _filters in stages] == [3, 8, 36, 3]
    assert stages[-1] == (3, (1, 3, 1), (512, 512, 2048))
    assert 1 + sum(count * len(filters) for count, _kernels, filters in stages) + 1 == 152


def test_a_line_on_a_network_tells_its_units(networks):
    stages = ["3 × (64, 64)", "4 × (128, 128)", "6 × (256, 256)", "3 × (512, 512)"]
    assert network_tables.unit_row(networks["resnet", 34]) == [34, "3×3 3×3", *stages, "1 + 32 + 1"]


def test_a_later_stride_costs_three_more_quarters_of_the_first_convolutions(networks):
    """At 56, 28 and 14 pixels in the place of half, from 4w to 2w channels."""
    more = sum(3 * 4 * w * 2 * w * (56 * 64 // w // 2) ** 2 for w in (64, 128, 256))
    network = networks["resnet", 152]
    moved = network_tables.row(network)["gmacs"] + more / 1e9
    assert network_tables.gmacs_with_later_stride(network) == pytest.approx(moved)


def test_weights_are_not_allocated_then_or_later():
    with without_weights():
        model = cifar.build_cifar("resnet", 8, (8, 8, 1))
    after = cifar.build_cifar("resnet", 8, (8, 8, 1))
    assert {weight.numpy().shape for weight in model.weights} == {()}
    assert after(np.zeros((1, 8, 8, 1), "float32")).shape == (1, 10)


def test_drawn_boxes_are_the_weighted_layers_and_poolings(networks):
    path = resnet_diagram.main_path(networks["resnet", 34])
    titles = [title for title, _height in path.values()]
    assert sum("conv" in title or "fc" in title for title in titles) == 34
    assert titles[:3] == ["7×7 conv, 64, /2", "max pool, /2", "3×3 conv, 64"]
    assert titles[-1] == "fc 1000"
    assert path == resnet_diagram.main_path(networks["plain", 34])


def test_drawn_shortcuts_span_a_unit_each(networks):
    names = list(resnet_diagram.main_path(networks["resnet", 34]))
    arcs = resnet_diagram.shortcuts(networks["resnet", 34])
    assert len(arcs) == 16
    assert all(names.index(end) - names.index(start) == 2 for start, end, _changes in arcs)
    changing = [end for _start, end, changes in arcs if changes]
    assert changing == [f"stage{stage}_unit1_conv2" for stage in (2, 3, 4)]
    assert resnet_diagram.shortcuts(networks["plain", 34]) == []


def test_networks_are_drawn_side_by_side(networks):
    pairs = [("vgg", 19), ("plain", 34), ("resnet", 34)]
    models = [networks[pair] for pair in pairs]
    (ax,) = resnet_diagram.draw_networks(models, ["a", "b", "c"]).axes
    texts = [text.get_text() for text in ax.texts]
    assert texts.count("3×3 conv, 512") == 8 + 5 + 5
    assert {"a", "b", "c", "224×224", "1×1"} <= set(texts)
    assert sum(patch.get_linestyle() in (":", "dotted") for patch in ax.patches) == 3
