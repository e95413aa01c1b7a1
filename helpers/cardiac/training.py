"""Training the cardiac VAE: one call from a byte array to a fitted model."""

import dataclasses

import keras
import numpy as np

from helpers import progress
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
    """Train a CardiacVAE.

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
    with progress.bar(settings.epochs, "training") as bar:
        tick = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: bar.update())
        history = model.fit(
            batches, epochs=settings.epochs, validation_data=watched, verbose=0, callbacks=[tick]
        )
    return model, {
        name: [float(np.asarray(v)) for v in values] for name, values in history.history.items()
    }
