"""Training the cardiac VAE: one call from a byte array to a fitted model."""

import dataclasses
import hashlib

import keras
import numpy as np

from helpers import progress
from helpers.cardiac import shape_model, vae
from helpers.training import grid, spec, store


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
    """Train a CardiacVAE, go on from its last finished epoch, or read it from the run store.

    A continued training draws other noise than an uninterrupted one, so it ends nearby.

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
    batches = vae.Batches(shapes, labels, train, settings.batch, seed)
    watched = (
        vae.Batches(shapes, labels, validation, settings.batch, seed) if len(validation) else None
    )
    model = build(shapes[train], settings, settings.epochs * len(batches), jit_compile)
    defined = definition(shapes, labels, train, validation, settings, seed)
    config = spec.config(defined, "helpers.cardiac.training:fit")
    if stored := store.finished(config):
        store.assign(variables(model), stored[0])
        return model, stored[1]["history"]
    state = [*variables(model), *model.optimizer.variables]
    history = {}
    if stored := store.resume(config):
        store.assign(state, stored[0])
        history = stored[1]["history"]
    done = len(history.get("loss", []))
    for _ in range(done):
        batches.on_epoch_end()  # the order of the next epoch
    with progress.bar(settings.epochs, "training") as bar:
        bar.update(done)

        def keep(epoch, logs):
            for name, value in logs.items():
                history.setdefault(name, []).append(float(np.asarray(value)))
            store.checkpoint(config, state, history=history)
            bar.update()

        model.fit(
            batches, epochs=settings.epochs, initial_epoch=done, validation_data=watched,
            callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=keep)], verbose=0,
            shuffle=False,  # `Batches` does, alike for any number of devices
        )  # fmt: skip
    store.finish(config, variables(model), history=history)
    return model, history


def build(shapes, settings, steps, jit_compile):
    """Return the untrained CardiacVAE of so many steps, compiled, its linear part of `shapes`."""
    linear = shape_model.fit(shapes, settings.d) if settings.linear else None
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
    return model


def definition(shapes, labels, train, validation, settings, seed):
    """Return what defines a training, as JSON can hold it; arrays by their shapes and digests."""
    arrays = [np.ascontiguousarray(array) for array in (shapes, labels, train, validation)]
    return {
        "network": "CardiacVAE",
        "data": [[array.shape, hashlib.sha256(array).hexdigest()] for array in arrays],
        "settings": dataclasses.asdict(settings),
        "seed": seed,
        "device": grid.local_device_kind(),
    }


def variables(model):
    """Return the variables of the model's three networks, those of dropout's seeds included."""
    return [*model.encoder.variables, *model.decoder.variables, *model.classifier.variables]
