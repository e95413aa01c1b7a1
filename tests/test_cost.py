"""Costs of networks, against counts made by hand and against networks with weights."""

import re

import keras
import numpy as np
import pytest
from keras import layers

from helpers import cost, paths

MIB = 4 / 2**20  # of one float32


def test_feature_memory_of_a_chain_is_its_widest_pair():
    inputs = keras.Input((8, 8, 1))
    x = layers.Conv2D(16, 3, padding="same")(inputs)
    x = layers.ReLU()(layers.BatchNormalization()(x))  # in place
    x = layers.Conv2D(4, 3, padding="same")(x)
    model = keras.Model(inputs, layers.GlobalAveragePooling2D()(x))
    assert cost.feature_memory(model) == pytest.approx(64 * (16 + 4) * MIB)


def test_feature_memory_keeps_what_a_shortcut_still_reads():
    inputs = keras.Input((8, 8, 4))
    x = layers.Conv2D(6, 1)(inputs)
    x = layers.Conv2D(6, 1)(x)
    x = layers.Conv2D(4, 1)(x)
    model = keras.Model(inputs, layers.Add()([inputs, x]))
    assert cost.feature_memory(model) == pytest.approx(64 * (4 + 6 + 6) * MIB)


def test_a_network_without_weights_costs_what_one_with_weights_does():
    def build():
        inputs = keras.Input((9, 9, 2))
        x = layers.Conv2D(4, 3, strides=2, name="convolution")(inputs)
        x = layers.BatchNormalization()(layers.DepthwiseConv2D(3, padding="same")(x))
        return keras.Model(inputs, layers.Dense(5)(layers.Flatten()(x)))

    with cost.without_weights():
        counted = build()
    built = build()
    assert counted.output_shape == built.output_shape == (None, 5)
    assert cost.multiply_adds(counted) == cost.multiply_adds(built) == 16 * (72 + 36) + 64 * 5
    assert cost.trainable_parameters(counted) == cost.trainable_parameters(built)
    assert cost.feature_memory(counted) == cost.feature_memory(built)
    stored = [int(weight.value.numpy().size) for weight in counted.weights]
    assert stored == [1] * len(built.weights)


def test_no_private_keras_is_used():
    private = re.compile(r"keras\.src|_inbound_nodes|_keras_history")
    folders = ("helpers", "nbtypst", "benchmarks", "tools", "notebooks")
    below = (path for folder in folders for path in (paths.ROOT / folder).rglob("*"))
    sources = [path for path in below if path.suffix in (".py", ".ipynb")]
    assert len(sources) > 100
    assert not [path for path in sources if private.search(path.read_text(encoding="utf-8"))]


def test_latency_waits_for_what_a_device_is_still_computing():
    class OnDevice:
        fetched = 0

        def __array__(self, dtype=None, copy=None):
            OnDevice.fetched += 1
            return np.zeros(1)

    assert cost.latency(lambda: {"logits": OnDevice()}, repeats=3) >= 0
    assert OnDevice.fetched == 4
