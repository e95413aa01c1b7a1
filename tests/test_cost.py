import keras
import pytest
from keras import layers

from helpers import cost

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
