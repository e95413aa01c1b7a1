"""`make check-gpu`: what this machine's GPU makes of the project's networks, in a few minutes.

It compares the networks' outputs with the CPU's, measures speed with and without XLA, latency and
memory, and writes reports/check_gpu.json. `--rehearse` does the same with tiny sizes on the CPU.
Nothing here is TensorFlow's alone, so that `KERAS_BACKEND=jax` serves a machine without it.
"""

import argparse
import json
import os
import sys
import time

if os.environ.get("KERAS_BACKEND", "tensorflow") == "tensorflow":
    from helpers import runtime

    runtime.configure_tensorflow()

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import ops  # noqa: E402

from helpers import cost, files, paths  # noqa: E402
from helpers.cardiac import vae  # noqa: E402
from helpers.deeplab import network  # noqa: E402
from helpers.residual import cifar  # noqa: E402

FULL = {"depths": [20, 56], "images": 128, "side": 80, "hearts": 16, "photograph": 513, "steps": 20}
TINY = {"depths": [8], "images": 8, "side": 16, "hearts": 2, "photograph": 33, "steps": 2}
RANDOM = np.random.default_rng(0)


def residual_network(depth: int, images: int) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """Return a ResNet for CIFAR-10 with a batch of noise: images (b, 32, 32, 3), labels (b,)."""
    batch = RANDOM.normal(size=(images, 32, 32, 3)).astype(np.float32)
    return cifar.build_cifar("resnet", depth), batch, RANDOM.integers(0, 10, images)


def autoencoder(side: int, hearts: int) -> tuple[keras.Model, np.ndarray, np.ndarray]:
    """Return the VAE of 16 filters on a grid of `side` voxels with a batch of noise and labels."""
    shape = (side // 2, side // 2, side // 2, 16)
    batch = RANDOM.integers(-127, 128, (hearts, *shape)).astype(np.int8)
    mean = batch.mean(axis=0).astype(np.float32) / 127
    return vae.CardiacVAE(mean, vae.Design()), batch, RANDOM.integers(0, 2, hearts)


def photograph(size: int) -> np.ndarray:
    """Return one picture of noise (1, size, size, 3)."""
    return RANDOM.uniform(-1, 1, (1, size, size, 3)).astype(np.float32)


def outputs(model: keras.Model, inputs: np.ndarray, device: str) -> np.ndarray:
    """Return all that a network puts out for a batch on a device, as one flat array."""
    with keras.device(device):
        values = keras.tree.flatten(model(ops.convert_to_tensor(inputs), training=False))
    return np.concatenate([np.ravel(ops.convert_to_numpy(value)) for value in values])


def difference(model: keras.Model, inputs: np.ndarray, device: str) -> float:
    """Return the greatest difference of outputs between device and CPU over the greatest output.

    Raises:
        ArithmeticError: an output is not finite.
    """
    ours, reference = outputs(model, inputs, device), outputs(model, inputs, "cpu:0")
    if not np.isfinite(ours).all():
        raise ArithmeticError(f"{model.name} puts out values on {device} that are not finite")
    return float(np.abs(ours - reference).max() / np.abs(reference).max())


def allow_tf32(allowed: bool) -> None:
    """Switch TF32's 10-bit products on or off, where the backend has a switch."""
    if keras.config.backend() == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(allowed)
    elif keras.config.backend() == "jax":
        import jax

        jax.config.update("jax_default_matmul_precision", "tensorfloat32" if allowed else "float32")


def training_step(
    model: keras.Model, inputs: np.ndarray, labels: np.ndarray, xla: bool, repeats: int
) -> float:
    """Return the ms of a step of training on a batch that lies on the device.

    Raises:
        ArithmeticError: the loss is not finite.
    """
    loss = None
    if not isinstance(model, vae.CardiacVAE):  # which has its own
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.SGD(1e-3, 0.9), loss, jit_compile=xla)
    batch, classes = ops.convert_to_tensor(inputs), ops.convert_to_tensor(labels)
    milliseconds = cost.latency(model.train_on_batch, batch, classes, repeats=repeats)
    if not np.all(np.isfinite(model.train_on_batch(batch, classes))):
        raise ArithmeticError(f"the loss of {model.name} is not finite (XLA {xla})")
    return milliseconds


def peak_memory(device: str) -> float | None:
    """Return the most MiB that the process held on the GPU so far, None where nobody counts."""
    if keras.config.backend() == "tensorflow" and device.startswith("gpu"):
        import tensorflow as tf

        return tf.config.experimental.get_memory_info(device.upper())["peak"] / 2**20
    if keras.config.backend() == "jax":
        import jax

        statistics_of_memory = jax.devices()[0].memory_stats() or {}
        return statistics_of_memory.get("peak_bytes_in_use", 0) / 2**20
    return None


def device_name() -> tuple[str, str]:
    """Return (Keras' name, the maker's name) of the GPU, or those of the CPU."""
    if keras.config.backend() == "jax":
        import jax

        first = jax.devices()[0]
        return f"{first.platform}:0", first.device_kind
    return ("gpu:0" if runtime.gpus() else "cpu:0"), runtime.device()


def rows(sizes: dict, device: str) -> list[dict]:
    """Return what is measured: a list of {"id", "value", "unit"}."""
    results: list[dict] = []

    def add(name: str, value: float | None, unit: str) -> None:
        results.append({"id": name, "value": value, "unit": unit})
        print(f"{name}: {value} {unit}", file=sys.stderr, flush=True)

    trained = {f"resnet{d}": residual_network(d, sizes["images"]) for d in sizes["depths"]}
    trained[f"vae{sizes['side']}"] = autoencoder(sizes["side"], sizes["hearts"])
    picture = photograph(sizes["photograph"])
    segmenting = {
        "deeplab_mobilenetv2": network.deeplab_v3(16, size=sizes["photograph"]),
        "deeplab_xception": network.deeplab_v3_plus(16, size=sizes["photograph"]),
    }
    compared = {name: (model, batch) for name, (model, batch, _labels) in trained.items()}
    compared |= {name: (model, picture) for name, model in segmenting.items()}
    for allowed in (False, True):
        allow_tf32(allowed)
        for name, (model, batch) in compared.items():
            arithmetic = "TF32" if allowed else "float32"
            add(f"{name}, {arithmetic} against CPU", difference(model, batch, device), "")
    allow_tf32(False)
    for name, model in segmenting.items():
        latency = cost.latency(model.predict_on_batch, picture, repeats=sizes["steps"])
        add(f"{name}, a photograph", latency, "ms")
    for name, (model, batch, labels) in trained.items():
        for xla in (False, True):
            step = training_step(model, batch, labels, xla, sizes["steps"])
            add(f"{name}, {'XLA' if xla else 'no XLA'}, a step", step, "ms")
            add(f"{name}, {'XLA' if xla else 'no XLA'}", 1e3 * len(batch) / step, "samples/s")
    add("peak memory", peak_memory(device), "MiB")
    return results


def main() -> None:
    """Check the GPU and write reports/check_gpu.json.

    Raises:
        SystemExit: there is no GPU and nobody asked for a rehearsal.
    """
    parser = argparse.ArgumentParser(prog="make check-gpu", description=__doc__.splitlines()[0])
    parser.add_argument("--rehearse", action="store_true", help="tiny sizes, on the CPU")
    rehearse = parser.parse_args().rehearse
    device, name = device_name()
    if device.startswith("cpu") and not rehearse:
        raise SystemExit(
            "make check-gpu: this machine shows no GPU (nvidia-smi; make check-gpu GPU=1)"
        )
    started = time.perf_counter()
    measured = rows(TINY if rehearse else FULL, device)
    record = {
        "device": name,
        "backend": f"{keras.config.backend()}, Keras {keras.__version__}",
        "rehearsal": rehearse,
        "seconds": round(time.perf_counter() - started),
        "rows": measured,
    }
    path = paths.REPORTS / "check_gpu.json"
    files.write_text(path, json.dumps(record, indent=1) + "\n")
    print(json.dumps(record, indent=1))


if __name__ == "__main__":
    main()
