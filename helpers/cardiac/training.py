"""Training the cardiac VAE: one call from a byte array to a fitted model."""

import dataclasses
import hashlib
import json
import warnings
import zipfile
from pathlib import Path

import keras
import numpy as np

from helpers import files, paths, progress
from helpers.cardiac import shape_model, vae


@dataclasses.dataclass(frozen=True)
class Settings:
    """What a run is made of; weights and sizes are our choices, `d` is the paper's."""

    d: int = 64
    width: int = 16
    epochs: int = 12
    batch: int = 8
    learning_rate: float = 1e-3
    alpha: float = 1e-4  # weight of the KL divergence
    beta: float = 0.02  # weight of the cross-entropy
    gamma: float = 1.0  # weight of the distance error
    warm_up: float = 0.3  # share of the steps over which the KL weight grows
    linear: bool = True  # with the linear shape model as a shortcut


def fit(shapes, labels, train, validation, settings, seed=0, jit_compile=False):
    """Train a CardiacVAE, or read it from the run store if the same training was done before.

    Args:
        shapes: int8 (n, s, s, s, 2); labels: (n,) integers.
        train: indices to learn from; validation: indices to watch, may be empty.
        settings: Settings.
        seed: of initial weights, sampling and batch order.
        jit_compile: XLA, from the session.

    Returns:
        (model, history {term: list per epoch, "val_" terms where there is validation}).
    """
    keras.utils.set_random_seed(seed)
    linear = shape_model.fit(shapes[train], settings.d) if settings.linear else None
    batches = vae.Batches(shapes, labels, train, settings.batch, seed)
    steps = settings.epochs * len(batches)
    model = vae.CardiacVAE(
        shapes.shape[1], settings.d, settings.width, linear,
        settings.alpha, settings.beta, settings.gamma, max(1.0, settings.warm_up * steps),
    )  # fmt: skip
    rise = max(1, steps // 5)  # one cycle: the rate rises for a fifth of the steps, then falls
    schedule = keras.optimizers.schedules.CosineDecay(
        0.05 * settings.learning_rate, max(1, steps - rise), alpha=0.01,
        warmup_target=settings.learning_rate, warmup_steps=rise,
    )  # fmt: skip
    model.compile(keras.optimizers.AdamW(schedule, weight_decay=1e-3), jit_compile=jit_compile)
    model.optimizer.build(model.trainable_variables)  # else Keras traces the step twice
    watched = (
        vae.Batches(shapes, labels, validation, settings.batch, seed) if len(validation) else None
    )
    path = store_path(shapes, labels, train, validation, settings, seed)
    if history := load(path, model):
        return model, history
    with progress.bar(settings.epochs, "training") as bar:
        tick = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: bar.update())
        found = model.fit(
            batches, epochs=settings.epochs, validation_data=watched, verbose=0, callbacks=[tick],
            shuffle=False,  # `Batches` does, alike for any number of devices
        )  # fmt: skip
    history = {name: [float(np.asarray(v)) for v in row] for name, row in found.history.items()}
    with files.replacing(path) as temporary, open(temporary, "wb") as file:
        np.savez(file, *weights(model), history=json.dumps(history))
    return model, history


def store_path(shapes, labels, train, validation, settings, seed):
    """Return where a training is stored: named by a hash of its data, settings, seed and code."""
    digest = hashlib.sha256(repr((settings, seed, shapes.shape, keras.__version__)).encode())
    for array in (shapes, labels, train, validation):
        digest.update(np.ascontiguousarray(array))
    for module in (shape_model.__file__, vae.__file__, __file__):
        digest.update(Path(module).read_bytes())
    return paths.RUNS / "cardiac" / f"{digest.hexdigest()[:16]}.npz"


def load(path, model):
    """Read the weights at `path` into `model`; return the history, None if it is not stored.

    A damaged file is deleted with a warning, and the training done again.
    """
    if not path.exists():
        return None
    try:
        with np.load(path) as stored:
            arrays = [stored[f"arr_{k}"] for k in range(len(weights(model)))]
            history = json.loads(str(stored["history"]))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        warnings.warn(f"{path} is damaged ({error}); training again", stacklevel=3)
        path.unlink()
        return None
    for weight, array in zip(weights(model), arrays, strict=True):
        weight.assign(array)
    return history


def weights(model):
    """Return the variables of the model's three networks."""
    return [*model.encoder.weights, *model.decoder.weights, *model.classifier.weights]
