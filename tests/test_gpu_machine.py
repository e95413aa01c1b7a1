"""What a GPU machine does, forced on a CPU: XLA compiles what is trained."""

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
import numpy as np, tensorflow as tf
from helpers import images
from helpers.residual import algebra, cifar
from helpers.training import Protocol, Run, call, loop

network = {"depth": 8, "input_shape": (8, 8, 1)}
found = {}

def start(gpus):
    tf.config.get_visible_devices = lambda kind: ["GPU"] * gpus
    tf.config.experimental.get_device_details = lambda gpu: {}
    return runtime.start("09_test", "smoke", 0)

def losses():
    data = call(images.load_images, name="digits", train_subset=64)
    run = Run(call(cifar.build_cifar, family="resnet", **network), data, Protocol(2, batch=32))
    result = loop.train_run(run)
    return result.series("train_loss") + result.series("test_loss")

for gpus in (0, 1):
    start(gpus)
    paths.RUNS = Path(sys.argv[1]) / str(gpus)
    found[f"losses, {gpus} GPUs"] = losses()

x_l = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype("float32")
F = algebra.branches(5, 3)
x = algebra.propagate(x_l, F)
left, carried, through = algebra.gradient_split(x_l, F, lambda x_L: tf.reduce_sum(x_L * x_L) / 2)
found["equation 4"] = algebra.relative_error(algebra.unrolled(x, F), x[-1])
found["equation 5"] = algebra.relative_error(carried + through, left)

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
