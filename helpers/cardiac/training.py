"""Training of CardiacVAEs by Keras' own `fit`, each once, several side by side."""

import dataclasses
from collections.abc import Callable, Iterable

import keras

from helpers import runtime
from helpers.cardiac import vae
from helpers.training import grid, spec, store


@dataclasses.dataclass(frozen=True)
class Recipe:
    """How to train: AdamW, the rate one cycle over all steps, gradients clipped to norm 1."""

    epochs: int
    batch: int = 8
    learning_rate: float = 3e-3


@dataclasses.dataclass(frozen=True)
class Training:
    """One training of a CardiacVAE."""

    data: spec.Call  # → hearts.Hearts
    design: vae.Design
    recipe: Recipe
    seed: int = 0  # of initial weights, sampling and order
    device: str = dataclasses.field(default_factory=grid.device_kind)  # "cpu" or "gpu"

    def config(self) -> str:
        """Return the training and its code as JSON text, which names its folder in the store."""
        functions = "helpers.cardiac.training:train_vae", self.data.function
        return spec.config(dataclasses.asdict(self), *functions)

    def network(self) -> vae.CardiacVAE:
        """Return the untrained model."""
        return vae.CardiacVAE(self.data().mean(), self.design, self.seed)


def train_vaes(trainings: Iterable[Training]) -> list[dict[str, list[float]]]:
    """Train what the store lacks, side by side; return the history of each, in order.

    A history is {term: list per epoch}, with "val_" terms of the validation hearts.
    """
    missing = [each for each in trainings if store.finished(each.config()) is None]
    total = sum(each.recipe.epochs for each in missing)
    grid.spread(train_vae, [[(each,)] for each in missing], total, "training")
    return [store.finished(each.config())[1]["history"] for each in trainings]


def train_vae(report: Callable[[int], None], training: Training) -> None:
    """Train one model to the end, from its last finished epoch if there is one.

    A continued training draws other noise than an uninterrupted one, so it ends nearby.

    Args:
        report: is called with 1 after each epoch.
        training: Training.
    """
    keras.utils.set_random_seed(training.seed)
    hearts, recipe = training.data(), training.recipe
    shapes, labels = hearts.shapes[hearts.train], hearts.labels[hearts.train]
    model = training.network()
    compile_vae(model, recipe, recipe.epochs * -(-len(labels) // recipe.batch))
    state = [*model.variables, *model.optimizer.variables]
    history, config = {}, training.config()
    if stored := store.resume(config):
        store.assign(state, stored[0])
        history = stored[1]["history"]
    done = len(history.get("loss", []))
    report(done)

    def keep(epoch, logs):
        for name, value in logs.items():
            history.setdefault(name, []).append(float(value))
        store.checkpoint(config, state, history=history)
        report(1)

    model.fit(
        shapes, labels, recipe.batch, recipe.epochs, verbose=0, initial_epoch=done,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=keep)],
        validation_data=(hearts.shapes[hearts.validation], hearts.labels[hearts.validation]),
    )  # fmt: skip
    store.finish(config, model.variables, history=history)


def compile_vae(model: keras.Model, recipe: Recipe, steps: int) -> None:
    """Give a CardiacVAE its optimiser for so many steps."""
    rise = max(1, steps // 5)  # the rate rises for a fifth of the steps, then falls
    schedule = keras.optimizers.schedules.CosineDecay(
        0.05 * recipe.learning_rate, max(1, steps - rise), alpha=0.01,
        warmup_target=recipe.learning_rate, warmup_steps=rise,
    )  # fmt: skip
    optimizer = keras.optimizers.AdamW(schedule, weight_decay=1e-3, clipnorm=1.0)
    model.compile(optimizer, jit_compile=runtime.compiles())
    optimizer.build(model.trainable_variables)
