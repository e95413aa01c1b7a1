"""Training over several devices of one machine: here two that share the CPU."""

import json
import os
import subprocess
import sys

import pytest

from helpers import paths

CODE = """
import json
from helpers import runtime
runtime.configure_tensorflow()
import numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from helpers.cardiac import training
shapes = np.random.default_rng(0).integers(-60, 60, (24, 16, 16, 16, 2)).astype("int8")
settings = training.Settings(d=4, width=4, epochs=2, batch=4, learning_rate=1e-3)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
with strategy.scope():
    model, history = training.fit(shapes, np.arange(24) % 2, range(16), [], settings)
print(json.dumps([strategy.num_replicas_in_sync, history["loss"]]))
"""


@pytest.mark.slow
def test_the_model_trains_under_a_mirrored_strategy(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=paths.ROOT, capture_output=True, text=True, timeout=300,
        env=os.environ | {"REPORT_DATA": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    replicas, loss = json.loads(done.stdout.splitlines()[-1])
    assert replicas == 2
    assert loss[1] < loss[0]
