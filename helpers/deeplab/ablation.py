"""What the decoder is worth, trained live: small networks that tell strokes from background.

The scenes have half their resolution, where a stroke is thinner than a cell of the features.
"""

import functools
import types

import keras
import numpy as np

from helpers.deeplab import metrics, network, scenes

WIDTH, MIDDLE_UNITS = 0.125, 1  # of Xception
MOMENTUM = 0.9  # of batch normalisation's running means: the trainings are short


def build_network(decoder: bool) -> keras.Model:
    """Return an untrained DeepLabv3+ with or without decoder, from scenes to two classes."""
    size = scenes.SIZE // 2 + 1
    model = network.deeplab_v3_plus(16, WIDTH, 2, size, MIDDLE_UNITS, decoder)
    for layer in model.layers:
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.momentum = MOMENTUM
    return model


@functools.lru_cache(maxsize=1)
def draw_scenes(train: int, test: int) -> types.SimpleNamespace:
    """Return so many scenes to train and to test on, as `training.Run` takes a data set.

    Images are float32 (count, 65, 65, 3) in [-1, 1], labels int32 (count, 65, 65), 1 on strokes.
    """
    drawn = {}
    for split, count in (("train", train), ("test", test)):
        images, labels = scenes.scenes(split, range(count))
        drawn[f"{split}_images"] = scenes.to_inputs(images[:, ::2, ::2])
        drawn[f"{split}_labels"] = (labels[:, ::2, ::2] > 0).astype(np.int32)
    return types.SimpleNamespace(**drawn)


def score(model: keras.Model, dataset: types.SimpleNamespace) -> dict[str, np.ndarray]:
    """Return {"miou", "boundary_miou"} of a trained network on a data set's test scenes."""
    predictions = np.argmax(model(dataset.test_images, training=False), axis=-1)
    scores = metrics.scores(dataset.test_labels, predictions, 2)
    return {name: np.array(value) for name, value in scores.items()}
