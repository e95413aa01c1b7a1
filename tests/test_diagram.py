"""A model becomes its stages and their arrows; boxes do not overlap, arrows cross none."""

import itertools
import types

import keras
import numpy as np
import pytest
from keras import layers
from matplotlib.colors import to_rgba

from helpers import diagram, translation
from helpers.cardiac import vae, vae_diagram
from helpers.cost import trainable_parameters, without_weights
from helpers.deeplab import deeplab_diagram, network
from helpers.residual import resnet_diagram
from helpers.residual.units import PLACEMENTS

STAGES = {
    "image": ("image", diagram.WHITE),
    "first": ("convolution", diagram.BLUE),
    "branch": ("branch", diagram.GREEN),
    "join": ("join", diagram.YELLOW),
}


@pytest.fixture(scope="module")
def model():
    """A convolution, a branch of two layers, and a join whose concatenation has no name."""
    image = keras.Input((8, 8, 3), name="image")
    first = layers.Conv2D(4, 3, padding="same", name="first")(layers.ZeroPadding2D()(image))
    branch = layers.ReLU()(layers.Conv2D(2, 1, name="branch")(first))
    x = layers.Conv2D(5, 1, name="join")(layers.Concatenate()([first, branch]))
    return keras.Model(image, layers.BatchNormalization()(x))


@pytest.fixture(scope="module")
def deeplab():
    with without_weights():
        return network.deeplab_v3_plus(8, width=0.1, size=65, middle_units=3)


def test_stages_and_edges_of_a_small_model(model):
    blocks, edges = diagram.condense(model, STAGES)
    assert list(blocks) == list(STAGES)
    assert set(edges) == {
        ("image", "first"), ("first", "branch"), ("first", "join"), ("branch", "join"),
    }  # fmt: skip
    assert len(edges) == 4
    assert [block.shape for block in blocks.values()] == [
        (8, 8, 3), (10, 10, 4), (10, 10, 2), (10, 10, 5),
    ]  # fmt: skip


def test_parameters_are_those_that_train(model):
    blocks, _edges = diagram.condense(model, STAGES)
    assert blocks["first"].params == 3 * 9 * 4 + 4
    statistics = 2 * 5  # moving mean and variance
    assert sum(block.params for block in blocks.values()) == model.count_params() - statistics


def test_a_second_argument_feeds_nothing(deeplab):
    """The image gives the logits' size only."""
    _blocks, edges = deeplab_diagram.deeplab_blocks(deeplab)
    assert [end for start, end in edges if start == "image$"] == [r"xception_65\.entry_flow\.conv"]


def test_an_input_of_no_stage_is_named(model):
    with pytest.raises(ValueError, match="image"):
        diagram.condense(model, {"first": STAGES["first"]})


def graphs(deeplab):
    return [*map(resnet_diagram.unit_graph, PLACEMENTS), deeplab_diagram.deeplab_graph(deeplab)]


def test_boxes_keep_apart_and_arrows_cross_none(deeplab, heart, convolutional):
    hearts = map(vae_diagram.vae_graph, (heart, convolutional))
    for boxes, edges in [*graphs(deeplab), *hearts]:
        for a, b in itertools.combinations(boxes.values(), 2):
            assert not a.outline.padded(-1).overlaps(b.outline.padded(-1))
        for start, end in edges:
            way = diagram.route(boxes, start, end)
            assert not [key for key, box in boxes.items() if diagram.crosses(way, box)]


def test_an_arrow_goes_round_what_is_between():
    blocks = {key: diagram.Block(key) for key in "abc"}
    edges = {("a", "b"): {}, ("b", "c"): {}, ("a", "c"): {}}
    boxes = diagram.layout(blocks, diagram.rows_from(blocks, edges))
    a, b, c = (boxes[key].outline for key in "abc")
    assert a.y1 < b.y0 < b.y1 < c.y0
    assert len(diagram.route(boxes, "a", "b")) == 2
    way = diagram.route(boxes, "a", "c")
    assert max(x for x, _y in way) > b.x1
    assert way[-1] == (c.x1, (c.y0 + c.y1) / 2)


def test_the_figure_has_every_box_and_arrow(deeplab):
    drawn = graphs(deeplab)
    figure = diagram.side_by_side(drawn, [*PLACEMENTS, "DeepLab"])
    for ax, (boxes, edges) in zip(figure.axes, drawn, strict=True):
        arrows = [patch for patch in ax.patches if to_rgba(patch.get_edgecolor()) == to_rgba("0.2")]
        assert len(arrows) == len(edges)
        assert len(ax.patches) - len(arrows) == len(boxes)
        assert min(text.get_fontsize() for text in ax.texts) >= 6.5
    written = {text.get_text() for ax in figure.axes for text in ax.texts}
    assert {"preactivation", "+", "$x_l$"} <= written


def test_boxes_and_titles_are_as_wide_as_their_words_in_each_language(monkeypatch):
    russian = {"image": "изображение на входе", "a\nb": "раз\nдва", "two words": "два слова " * 40}
    monkeypatch.setattr(translation, "catalogue", lambda language, domain="": russian)
    blocks = {key: diagram.Block(key, shape=(8, 8, 3)) for key in ("image", "a\nb")}
    with translation.drawing("ru") as drawn:
        boxes = diagram.layout(blocks, [["image"], ["a\nb"]])
        figure = diagram.side_by_side([(boxes, {})], ["two words"])
    title, *words = [each.get_text() for each in figure.axes[0].texts]
    assert words == ["изображение на входе\n8×8×3", "раз два\n8×8×3"]
    assert boxes["image"].outline.width > diagram.text_width(words[0])
    assert title.split() == ["два", "слова"] * 40 and "\n" in title
    assert list(filter(None, drawn)) == ["image", "a\nb", "two words"]  # each once, in English


def test_a_unit_adds_what_it_got():
    for placement, (_before, _last, after) in PLACEMENTS.items():
        boxes, edges = resnet_diagram.unit_graph(placement)
        addition = next(key for key, box in boxes.items() if box.text == "+")
        first = next(key for key, box in boxes.items() if box.text == "$x_l$")
        assert (first, addition) in edges
        bottom = boxes[addition].outline.y1
        below = [box for box in boxes.values() if box.outline.y0 > bottom]
        assert len(below) == len(after.split()) + 1


def test_deeplab_counts_every_weight_and_joins_low_level_features(deeplab):
    blocks, edges = deeplab_diagram.deeplab_blocks(deeplab)
    assert sum(block.params for block in blocks.values()) == trainable_parameters(deeplab)
    assert (r"xception_65\.entry_flow\.block2", r"decoder\.feature_projection") in edges
    joined = [start for start, end in edges if end == "concat_projection"]
    assert len(joined) == 5
    titles = [block.title for block in blocks.values()]
    assert "3 middle units,\nrate 2" in titles
    assert "3×3 conv,\nrate 36" in titles


@pytest.fixture(scope="module")
def heart():
    return vae.CardiacVAE(np.zeros((8, 8, 8, 16), np.float32), vae.Design(d=3, width=2))


@pytest.fixture(scope="module")
def convolutional():
    """Encoder of two convolutions, decoder of a dense layer and three."""
    s, z, mean = (keras.Input(shape, name=name) for name, shape in CONVOLUTIONAL_INPUTS.items())
    x = layers.Conv3D(2, 2, 2, name="half")(layers.Rescaling(0.1)(s))
    x = layers.Flatten()(layers.Conv3D(3, 3, 2, padding="same", name="quarter")(x))
    codes = [layers.Dense(5, name=name)(x) for name in ("mean", "spread")]
    x = layers.Reshape((2, 2, 2, 3))(layers.Dense(24, activation="relu", name="seed")(z))
    x = layers.Conv3DTranspose(3, 3, 2, "same", name="twice")(x)
    x = layers.Conv3DTranspose(2, 3, 2, "same", name="full")(x)
    decoded = layers.Rescaling(2.0)(layers.Conv3D(4, 1, name="heart")(x))
    disease = layers.Dense(2, activation="softmax", name="disease")(layers.Dropout(0.5)(mean))
    return types.SimpleNamespace(
        encoder=keras.Model(s, codes), decoder=keras.Model(z, decoded),
        classifier=keras.Model(mean, disease),
    )  # fmt: skip


CONVOLUTIONAL_INPUTS = {"s": (8, 8, 8, 4), "z": (5,), "code": (5,)}


@pytest.mark.parametrize("name", ["heart", "convolutional"])
def test_the_vae_counts_every_weight_and_joins_its_networks(name, request):
    model = request.getfixturevalue(name)
    blocks, rows, edges = vae_diagram.vae_blocks(model)
    networks = model.encoder, model.decoder, model.classifier
    counted = sum(block.params for block in blocks.values())
    assert counted == sum(map(trainable_parameters, networks))
    drawn = [key for row in rows for key in row if key is not None]
    assert sorted(drawn) == sorted(blocks)
    assert len(set(blocks) - {end for _start, end in edges}) == 1  # nothing feeds the input


def test_a_stage_has_the_shape_before_it_is_pooled(heart):
    blocks, _rows, _edges = vae_diagram.vae_blocks(heart)
    assert blocks["encoder_conv_2$"].shape == (2, 2, 2, 2)


def test_the_convolutional_vae_goes_down_to_the_codes_and_up_again(convolutional):
    blocks, rows, edges = vae_diagram.vae_blocks(convolutional)
    assert rows == [
        ["s$", None, "heart$"],
        ["half$", None, "full$"],
        ["quarter$", None, "twice$"],
        ["mean$", "spread$", "seed$"],
        ["disease$", "z$", None],
    ]
    assert {start for start, end in edges if end == "z$"} == {"mean$", "spread$"}
    assert {end for start, end in edges if start == "mean$"} == {"disease$", "z$"}
    assert [blocks[key].title for key in ("half$", "twice$", "heart$", "mean$")] == [
        "2³ conv, /2", "3³ transposed\nconv, ×2", "1³ conv,\n$\\hat{s}$", "dense,\n$\\mu$",
    ]  # fmt: skip
    assert blocks["heart$"].shape == (8, 8, 8, 4)
