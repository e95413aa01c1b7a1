"""What a user gets from a picture, with networks whose right answer is known."""

import dataclasses
import logging

import keras
import matplotlib.pyplot as plt
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from keras import layers

from helpers import translation
from helpers.deeplab import comparison, image, network, overlays, segmenter

CLASSES = ("dark", "red", "green", "blue")


@pytest.fixture(scope="module")
def colour_segmenter():
    """A segmenter whose network labels each pixel by its brightest channel."""
    inputs = keras.Input((None, None, 3))
    classify = layers.Conv2D(4, 1, name="classify")
    model = keras.Model(inputs, classify(inputs))
    kernel = np.zeros((1, 1, 3, 4), np.float32)
    kernel[0, 0, :, 1:] = 9 * np.eye(3)
    classify.set_weights([kernel, np.zeros(4, np.float32)])
    return segmenter.Segmenter(model, CLASSES, size=33)


def flag(height, width):
    """Left half red, right half blue, and what their labels are."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[:, : width // 2, 0] = picture[:, width // 2 :, 2] = 255
    labels = np.where(np.arange(width) < width // 2, 1, 3)
    return picture, np.broadcast_to(labels, (height, width))


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 90), st.integers(2, 90))
def test_labels_have_the_picture_s_size(colour_segmenter, height, width):
    picture, expected = flag(height, width)
    found = colour_segmenter.predict(picture)
    assert found.labels.shape == (height, width)
    assert (found.labels == expected).mean() > 0.9 - 2 / width
    assert sum(found.shares.values()) == pytest.approx(1)


def test_shares(colour_segmenter):
    found = colour_segmenter.predict(flag(32, 32)[0])
    assert list(found.shares) == ["red", "blue"]
    assert found.shares["red"] == pytest.approx(0.5, abs=0.05)


def test_scales_and_mirroring_agree(colour_segmenter):
    for picture in (flag(20, 31)[0], flag(50, 40)[0]):
        found = colour_segmenter.predict(picture)
        averaged = colour_segmenter.predict(picture, scales=(0.5, 1.0, 1.5), flip=True)
        assert (averaged.labels == found.labels).mean() > 0.9


def test_mirroring_averages_the_mirrored_picture():
    model = network.deeplab_v3(8, 0.125, 4)
    picture = np.random.default_rng(5).integers(0, 256, (33, 33, 3), dtype=np.uint8)
    one = segmenter.Segmenter(model, CLASSES, size=33)
    square = image.to_input(picture, 33)[None]
    both = one.average(square, flip=True)
    np.testing.assert_allclose(
        both, one.average(square[:, :, ::-1], flip=True)[:, :, ::-1], atol=1e-5
    )
    expected = (one.average(square) + one.average(square[:, :, ::-1])[:, :, ::-1]) / 2
    np.testing.assert_allclose(both, expected, atol=1e-5)


def test_colours_are_pascal_voc_s():
    expected = {0: (0, 0, 0), 1: (128, 0, 0), 8: (64, 0, 0), 15: (192, 128, 128), 20: (0, 64, 128)}
    for label, colour in expected.items():
        assert tuple(overlays.palette()[label]) == colour
    assert len({tuple(colour) for colour in overlays.palette(256)}) == 256


def test_overlay_mixes_as_the_demo():
    picture = np.full((2, 2, 3), 100, np.uint8)
    found = segmenter.Segmentation(picture, np.array([[0, 1], [1, 0]]), segmenter.VOC)
    mixed = overlays.overlay(found)
    assert mixed[0, 0].tolist() == [30, 30, 30]
    assert mixed[0, 1].tolist() == [120, 30, 30]  # 0.3 · 100 + 0.7 · (128, 0, 0)


def test_class_names_are_texts_of_their_own():
    labels = np.array([[15, 15], [15, 0]], np.uint8)  # label 15 of PASCAL VOC is a person
    found = segmenter.Segmentation(None, labels, segmenter.VOC)
    shares = overlays.shares(found.shares)
    assert shares == ["person 75%", "background 25%"]
    assert set(translation.templates(list(map(translation.pack_value, shares)))) == {
        "person", "background",
    }  # fmt: skip
    seen = dataclasses.replace(found, picture=np.zeros((2, 2, 3), np.uint8))
    figure = comparison.draw_photographs({"network": {"picture": seen}})
    (legend,) = figure.legends
    assert [entry.get_text() for entry in legend.get_texts()] == ["background", "person"]
    plt.close(figure)


def test_pictures_stand_in_rows_under_their_titles():
    rows = np.arange(2 * 3 * 4 * 4).reshape(2, 3, 4, 4)
    figure, axes = overlays.grid(rows, 2, titles=["scene", "labels"], columns="abc")
    assert axes.shape == (2, 3)
    np.testing.assert_array_equal(axes[1, 2].images[0].get_array(), rows[1, 2])
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["scene", "labels"]
    assert [ax.get_title() for ax in axes.flat] == ["a", "b", "c", "", "", ""]
    plt.close(figure)


def test_a_network_is_traced_once_and_without_a_warning(caplog):
    traces = []

    class Traced(layers.Layer):
        def call(self, images):
            traces.append(images.shape)
            return images

    images = np.zeros((3, 8, 8, 3), np.float32)
    logger = logging.getLogger("tensorflow")
    logger.addHandler(caplog.handler)
    for _ in range(6):
        inputs = keras.Input((8, 8, 3))
        label = segmenter.Segmenter(keras.Model(inputs, Traced()(inputs))).label
        traces.clear()  # building the model called the layer too
        for count in (3, 1, 2):
            assert label(images[:count]).shape == (count, 8, 8)
        assert traces == []
    logger.removeHandler(caplog.handler)
    assert "retracing" not in caplog.text
