"""The networks give on a second Keras backend what they give on TensorFlow."""

import os
import subprocess
import sys

import numpy as np
import pytest

from helpers import paths

CODE = """
import sys
import keras, numpy as np
from helpers.cardiac import vae
from helpers.deeplab import network
from helpers.residual import cifar

generator = np.random.default_rng(0)
draw = lambda *shape: generator.normal(size=shape).astype("float32")
photographs, shapes = draw(2, 33, 33, 3), draw(4, 8, 8, 3)
hearts = generator.integers(-128, 127, (3, 8, 8, 8, 16)).astype("int8")
networks = {
    "resnet": (cifar.build_cifar("resnet", 8, (8, 8, 3)), shapes),
    "vae": (vae.CardiacVAE(draw(8, 8, 8, 16) / 10, vae.Design(d=4, width=4)), hearts),
    "deeplab": (
        network.deeplab_v3_plus(16, classes=5, size=33, width=0.125, middle_units=1), photographs,
    ),
}
found = {}
for name, (model, inputs) in networks.items():
    for variable in model.variables:
        if "seed" in variable.path:
            continue
        size = np.sqrt(2 / max(1, np.prod(variable.shape[:-1])))
        scale = 1.0 if len(variable.shape) == 1 else size
        values = scale * draw(*variable.shape)
        variable.assign(np.abs(values) + 0.5 if "variance" in variable.path else values)
    outputs = model.predict_on_batch(inputs)
    for output, value in (outputs if isinstance(outputs, dict) else {"logits": outputs}).items():
        found[f"{name} {output}"] = value
resnet = networks["resnet"][0]
found["resnet, training"] = resnet(shapes, training=True)
for variable in resnet.non_trainable_variables:
    found[variable.path] = variable
autoencoder = networks["vae"][0]
outputs = {name[4:]: value for name, value in found.items() if name.startswith("vae ")}
found["loss"] = autoencoder.compute_loss(hearts, np.array([0, 1, 1]), outputs, training=False)
found = {name: keras.ops.convert_to_numpy(value) for name, value in found.items()}
np.savez(sys.argv[1], backend=keras.config.backend(), **found)
"""


def outputs(backend, folder):
    """Return {name: array} of every network on a backend."""
    path = folder / f"{backend}.npz"
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "2"}
    done = subprocess.run(
        [sys.executable, "-c", CODE, path],
        cwd=paths.ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    with np.load(path) as found:
        assert found["backend"] == backend
        return {name: found[name] for name in found.files if name != "backend"}


@pytest.mark.slow
def test_jax_computes_what_tensorflow_does(tmp_path):
    """To 1e-4 of the largest value: outputs, the loss, what normalisation learns in a step."""
    pytest.importorskip("jax", reason="pip install -e '.[bench]' brings JAX")
    ours, theirs = outputs("tensorflow", tmp_path), outputs("jax", tmp_path)
    assert set(ours) == set(theirs) and len(ours) > 20
    differences = {
        name: float(np.abs(ours[name] - theirs[name]).max() / (1e-12 + np.abs(ours[name]).max()))
        for name in ours
    }
    assert {name: value for name, value in differences.items() if not value < 1e-4} == {}
