"""What a GPU machine does, forced on a CPU: XLA compiles what is trained."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from helpers import images, paths, runtime
from helpers.normalization import FusedBatchNormalization
from helpers.residual import algebra
from helpers.training import Protocol, Run, call, loop


@pytest.fixture
def start(monkeypatch):
    """Return a function that starts a session with so many GPUs."""

    def start(gpus):
        monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["GPU"] * gpus)
        monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: {})
        return runtime.start("09_test", "smoke", 0)

    yield start
    loop.compiled_network.cache_clear()  # what XLA has compiled


def small_network():
    """Return a network of the layers that all are made of; XLA takes long for each."""
    x = inputs = keras.Input((8, 8, 1))
    x = layers.ReLU()(FusedBatchNormalization()(layers.Conv2D(4, 3, 2)(x)))
    return keras.Model(inputs, layers.Dense(10)(layers.GlobalAveragePooling2D()(x)))


def test_xla_trains_what_the_plain_graph_trains(start, tmp_path, monkeypatch):
    data = call(images.load_images, name="digits", train_subset=64)
    run = Run(call(small_network), data, Protocol(2, batch=32))
    losses = []
    for gpus in (0, 1):
        session = start(gpus)
        assert ("cores" in session.provenance) == (gpus == 0)
        loop.compiled_network.cache_clear()
        step = loop.compiled_network(*run.compilation()).step.get_concrete_function()
        assert step.function_def.attr["_XlaMustCompile"].b == bool(gpus)
        monkeypatch.setattr(paths, "RUNS", tmp_path / str(gpus))
        result = loop.train_run(run)
        losses.append(result.series("train_loss") + result.series("test_loss"))
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)


def test_equations_hold_to_the_resolution_of_float32(start):
    """Equations (4) and (5) of 1603.05027."""
    start(1)
    x_l = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
    F = algebra.branches(5, 3)
    x = algebra.propagate(x_l, F)
    left, carried, through = algebra.gradient_split(
        x_l, F, lambda x_L: tf.reduce_sum(x_L * x_L) / 2
    )
    assert algebra.relative_error(algebra.unrolled(x, F), x[-1]) < 1e-6
    assert algebra.relative_error(carried + through, left) < 1e-6
