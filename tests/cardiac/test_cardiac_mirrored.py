"""Training over several devices of one machine: here two that share the CPU."""

import json
import os
import subprocess
import sys

import numpy as np

from helpers import paths

# Without noise, which would differ between devices, and without Adam, which hides the gradient's
# scale and enlarges rounding errors. Of 17 hearts in batches of 8 the last batch holds one, and one
# heart is there to validate: fewer than there are devices.
CODE = """
import contextlib, json, sys
from pathlib import Path
from helpers import runtime
runtime.configure_tensorflow()
import keras, numpy as np, tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
two = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(cpu, two)
from helpers import paths
from helpers.cardiac import evaluation, training
tf.random.normal = lambda shape: tf.zeros(shape)
keras.layers.Dropout.call = lambda self, inputs, training=False: inputs
keras.optimizers.AdamW = lambda schedule, weight_decay: keras.optimizers.SGD(schedule)
shapes = np.random.default_rng(0).integers(-60, 60, (18, 16, 16, 16, 2)).astype("int8")
settings = training.Settings(d=4, width=2, epochs=2, batch=8, beta=0.5, learning_rate=0.05)
strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
for name, scope in {"one": contextlib.nullcontext(), "two": strategy.scope()}.items():
    paths.RUNS = Path(sys.argv[1]) / name
    with scope:
        model, history = training.fit(shapes, np.arange(18) % 2, range(17), [17], settings)
    codes, p = evaluation.encode(model, shapes)
    print(json.dumps([strategy.num_replicas_in_sync, history, codes.tolist(), p.tolist()]))
"""


def test_two_devices_train_the_model_that_one_trains(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CODE, tmp_path], cwd=paths.ROOT, capture_output=True, text=True,
        env=os.environ | {"CUDA_VISIBLE_DEVICES": "-1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    one, two = (json.loads(line) for line in done.stdout.splitlines()[-2:])
    assert two[0] == 2
    for name, values in one[1].items():
        np.testing.assert_allclose(two[1][name], values, rtol=1e-4, err_msg=name)
    for ours, theirs in zip(one[2:], two[2:], strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-4)
