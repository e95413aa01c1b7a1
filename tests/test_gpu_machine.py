"""What a GPU machine does, forced on a CPU: XLA with one GPU, mirrored training with two."""

import json
import subprocess
import sys

import pytest

from helpers import paths

CODE = """
import json, sys
from pathlib import Path
from helpers import paths, runtime
runtime.configure_tensorflow()
import keras, numpy as np, tensorflow as tf
from helpers import images
from helpers.residual import algebra, cifar
from helpers.training import Protocol, Run, call, loop

devices = tf.config.list_physical_devices("CPU")
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(devices[0], two)
network = {"depth": 8, "input_shape": (8, 8, 1)}
found = {}

def start(gpus):
    tf.config.list_physical_devices = lambda kind="": ["GPU"] * gpus if kind == "GPU" else devices
    tf.config.experimental.get_device_details = lambda gpu: {}
    return runtime.start("09_test", "smoke", 0)

def losses(family):
    data = call(images.load_images, name="digits", train_subset=64)
    run = Run(call(cifar.build_cifar, family=family, **network), data, Protocol(2, batch=32))
    result = loop.train_run(run)
    return result.series("train_loss") + result.series("test_loss")

for gpus in (0, 1):
    start(gpus)
    paths.RUNS = Path(sys.argv[1]) / str(gpus)
    found[f"losses, {gpus} GPUs"] = losses("plain") + losses("resnet")

x_l = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
F = algebra.branches(5, 3)
x = algebra.propagate(x_l, F)
left, carried, through = algebra.gradient_split(x_l, F, lambda x_L: tf.reduce_sum(x_L * x_L) / 2)
found["equation 4"] = algebra.relative_error(algebra.unrolled(x, F), x[-1])
found["equation 5"] = algebra.relative_error(carried + through, left)

start(2)
with tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]).scope():
    model = cifar.build_cifar("resnet", **network)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(0.01), loss, jit_compile=runtime.compiles())
shapes = np.random.default_rng(0).normal(size=(8, 8, 8, 1)).astype("float32")
found["mirrored"] = model.fit(shapes, np.arange(8), batch_size=8, verbose=0).history["loss"]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    done = subprocess.run(
        [sys.executable, "-c", CODE, tmp_path_factory.mktemp("runs")],
        cwd=paths.ROOT, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.splitlines()[-1])


def test_xla_trains_what_the_plain_graph_trains(found):
    assert found["losses, 1 GPUs"] == pytest.approx(found["losses, 0 GPUs"], rel=1e-5)


def test_equations_hold_to_the_resolution_of_float32(found):
    """Equations (4) and (5) of 1603.05027."""
    assert found["equation 4"] < 1e-6 and found["equation 5"] < 1e-6


def test_two_gpus_train_mirrored(found):
    assert 0 < found["mirrored"][0] < 10
