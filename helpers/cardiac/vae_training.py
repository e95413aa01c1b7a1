"""Training of CardiacVAEs by Keras' own `fit`, each once, several side by side."""

import dataclasses
import functools
import time
from collections.abc import Callable, Iterable

import keras
from keras import ops

from helpers import runtime
from helpers.cardiac import components, vae
from helpers.training import grid, spec, store

CHECKPOINT_SECONDS = 15  # between two, for each takes a tenth of a second or more


@dataclasses.dataclass(frozen=True)
class Training:
    """One training of a CardiacVAE: Adam, the rate one cycle over all steps."""

    data: spec.Call  # → hearts.Hearts
    design: vae.Design
    epochs: int
    batch: int = 8
    learning_rate: float = 3e-3  # the greatest of the cycle
    seed: int = 0  # of initial weights, sampling and order
    device: str = dataclasses.field(default_factory=grid.device_kind)  # "cpu" or "gpu"

    def config(self) -> str:
        """Return the training and its code as JSON text, which names its folder in the store."""
        functions = "helpers.cardiac.vae_training:train_vae", self.data.function
        return spec.config(dataclasses.asdict(self), *functions)

    def network(self) -> vae.CardiacVAE:
        """Return the untrained model."""
        hearts, design = self.data(), self.design
        linear = None
        if design.linear_path:
            linear = components.fit_components(hearts.shapes[hearts.train], design.d)
        return vae.CardiacVAE(hearts.mean(), design, self.seed, linear)


def train_vaes(trainings: Iterable[Training]) -> list[dict[str, list[float]]]:
    """Train what the store lacks, side by side; return the history of each, in order.

    A history is {term: list per epoch}, with "val_" terms of the validation hearts. Trainings that
    differ only in seed share a process and a compiled model.
    """
    trainings = list(trainings)
    groups: dict[Training, list[tuple[Training]]] = {}
    for each in dict.fromkeys(trainings):
        if store.finished(each.config()) is None:
            groups.setdefault(dataclasses.replace(each, seed=0), []).append((each,))
    total = sum(len(group) * each.epochs for each, group in groups.items())
    longest_first = sorted(groups.values(), key=len, reverse=True)
    grid.spread(train_vae, longest_first, total, "training")
    return [store.finished(each.config())[1]["history"] for each in trainings]


def train_vae(report: Callable[[int], None], training: Training) -> None:
    """Train one model to the end, from the last epoch that is stored if there is one.

    A continued training draws other noise than an uninterrupted one, so it ends nearby. `report` is
    called with the epochs that are done.
    """
    hearts, config = training.data(), training.config()
    shapes, labels = hearts.shapes[hearts.train], hearts.labels[hearts.train]
    steps = training.epochs * -(-len(labels) // training.batch)
    model = compiled_vae(dataclasses.replace(training, seed=0), steps)
    keras.utils.set_random_seed(training.seed)
    store.assign(model.variables, store.numbered(training.network().variables))
    for variable in model.optimizer.variables:
        variable.assign(ops.zeros_like(variable))
    state = [*model.variables, *model.optimizer.variables]
    history = {}
    if stored := store.resume(config):
        store.assign(state, stored[0])
        history = stored[1]["history"]
    done = len(history.get("loss", []))
    report(done)
    stored_at = time.monotonic()

    def keep(epoch, logs):
        nonlocal stored_at
        for name, value in logs.items():
            history.setdefault(name, []).append(float(value))
        if time.monotonic() - stored_at >= CHECKPOINT_SECONDS:
            store.checkpoint(config, state, history=history)
            stored_at = time.monotonic()
        report(1)

    model.fit(
        shapes, labels, training.batch, training.epochs, verbose=0, initial_epoch=done,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=keep)],
        validation_data=(hearts.shapes[hearts.validation], hearts.labels[hearts.validation]),
    )  # fmt: skip
    store.finish(config, model.variables, history=history)


@functools.lru_cache(maxsize=1)
def compiled_vae(training: Training, steps: int) -> vae.CardiacVAE:
    """Return a training's model, compiled: seeds share it, for tracing takes seconds."""
    model = training.network()
    compile_vae(model, training.learning_rate, steps)
    return model


def compile_vae(model: keras.Model, learning_rate: float, steps: int) -> None:
    """Give a CardiacVAE its optimiser for so many steps, with gradients clipped to norm 1."""
    rise = max(1, steps // 5)  # the rate rises for a fifth of the steps, then falls
    schedule = keras.optimizers.schedules.CosineDecay(
        0.05 * learning_rate, max(1, steps - rise), alpha=0.01,
        warmup_target=learning_rate, warmup_steps=rise,
    )  # fmt: skip
    optimizer = keras.optimizers.Adam(schedule, clipnorm=1.0)
    model.compile(optimizer, jit_compile=runtime.compiles())
    optimizer.build(model.trainable_variables)
