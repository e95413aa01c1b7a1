"""Training on scenes: `make train-scenes` trains the networks of data/weights, all in the same way.

A run that is stopped goes on from its last checkpoint.
"""

import argparse
import time
from collections.abc import Iterator

import numpy as np

from helpers import files, paths, runtime

runtime.configure_tensorflow()  # before Keras loads it: a third less time a step

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import ops  # noqa: E402

from helpers.deeplab import checkpoint, scene_networks, scenes, segmenter  # noqa: E402
from helpers.training import grid, spec, store  # noqa: E402

STEPS = 6_000
BATCH = 16
PEAK = 2e-3  # learning rate
WARM_UP = 0.02  # share of the steps in which the learning rate rises from zero
DECAY = 0.3  # share of the steps in which it falls to zero
SAVE_EVERY = 500  # steps
TEST_SCENES = 300  # that a model card's figures are of


def learning_rate(step: int | keras.Variable, steps: int) -> tf.Tensor:
    """Return the rate of a step, from 0: it rises from zero, holds, and falls to zero, linearly."""
    step = ops.cast(step, "float32")
    rise = (step + 1) / max(1, WARM_UP * steps)
    fall = (steps - step) / max(1, DECAY * steps)
    return PEAK * ops.clip(ops.minimum(rise, fall), 0, 1)


def batches(chosen: range, steps: int, seed: int) -> Iterator[tuple]:
    """Yield (images in [-1, 1], labels, weights of the pixels) of the `chosen` among `steps`.

    Each scene is seen once. Labels are balanced by weights frequency^-b; b falls from 1/2 to 0 with
    the learning rate.
    """
    _images, labels = scenes.scenes("train", range(200), seed)
    frequency = np.bincount(labels.ravel(), minlength=len(scenes.CLASSES)) / labels.size
    for step in chosen:
        numbers = range(step * BATCH, (step + 1) * BATCH)
        images, labels = scenes.scenes("train", numbers, seed)
        fall = min(1, (steps - step) / (DECAY * steps))
        weights = frequency ** (-fall / 2)
        weights = (weights / (weights * frequency).sum()).astype(np.float32)
        yield scenes.to_inputs(images), labels, weights[labels]


def prepare(model: keras.Model, steps: int) -> keras.Model:
    """Return the model compiled to be trained for `steps`: Adam, cross-entropy of the pixels."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer: keras.Optimizer = keras.optimizers.Adam(
        lambda: learning_rate(optimizer.iterations, steps), clipnorm=1.0
    )
    model.compile(optimizer, loss, jit_compile=runtime.compiles())
    optimizer.build(model.trainable_variables)
    return model


def train(name: str, steps: int = STEPS, seed: int = 0) -> tuple[keras.Model, dict]:
    """Train compact network `name` from random weights; return it and {"step", "seconds"}.

    It learns at output stride 16, as in the papers: the weights do not depend on the stride.
    """
    definition = {"network": name, **scene_networks.NETWORKS[name], "steps": steps, "seed": seed}
    definition["device"] = grid.local_device_kind()
    config = spec.config(definition, "tools.train_scenes:train")
    keras.utils.set_random_seed(seed)
    model = prepare(scene_networks.build(name), steps)
    state: dict = {"step": 0, "seconds": 0.0}
    changing = [*model.variables, *model.optimizer.variables]
    if stored := store.resume(config):
        arrays, state = stored
        store.assign(changing, arrays)
    while state["step"] < steps:
        begun, end = time.monotonic(), min(state["step"] + SAVE_EVERY, steps)
        chosen = range(state["step"], end)
        history = model.fit(
            batches(chosen, steps, seed), steps_per_epoch=len(chosen), shuffle=False, verbose=0
        ).history
        state = {"step": end, "seconds": state["seconds"] + time.monotonic() - begun}
        store.checkpoint(config, changing, **state)
        print(f"{name}, step {end}, loss {history['loss'][0]:.3f}", flush=True)
    return model, state


def keep(name: str, model: keras.Model, state: dict, seed: int) -> dict[int, dict[str, float]]:
    """Write the weights (half precision) and the model card; return the card's figures."""
    arrays = {
        key: variable.numpy().astype(np.float16)
        for key, variable in checkpoint.named_variables(model).items()
    }
    with files.replacing(paths.WEIGHTS / f"scenes_{name}.npz") as temporary:
        np.savez_compressed(temporary, **arrays)
    files.seal(paths.WEIGHTS)
    test = scenes.scenes("test", range(TEST_SCENES))
    figures = {}
    for stride in (16, 8):
        label = segmenter.Segmenter(scene_networks.load(name, stride)).label
        figures[stride] = scene_networks.score(label, *test)[0]
    reached = "; ".join(
        f"{scores['miou']:.3f} at output stride {stride}, {scores['boundary_miou']:.3f} within 3 "
        "pixels of an edge"
        for stride, scores in figures.items()
    )
    options = ", ".join(f"{key} {value}" for key, value in scene_networks.NETWORKS[name].items())
    card = f"""# scenes_{name}.npz

Weights of the compact network `{name}` ({model.count_params():,} values, half precision).

- Task: segment handwritten digits on photographs, 129 x 129 pixels, 11 classes
  (`helpers/deeplab/scenes.py`).
- Data: {state["step"] * BATCH:,} training scenes, each seen once, made of scikit-learn's digits
  0 to 1346 (Alpaydin and Kaynak 1998) and of photographs that scikit-learn and scikit-image ship.
  Test scenes use other digits and other photographs.
- Training: {options}; from random weights, {state["step"]:,} steps of {BATCH} scenes at output
  stride 16, seed {seed}, in {state["seconds"] / 60:.0f} minutes on {runtime.device()}.
  The last weights are kept.
- Again: `make train-scenes`, which trains all networks in the same way.
- mIoU on {TEST_SCENES} test scenes: {reached}.
- Licence: as the project. Use: to show how the networks behave, not to read digits.
"""
    files.write_text(paths.WEIGHTS / f"scenes_{name}.md", card)
    return figures


def main() -> None:
    """Train every compact network and keep its weights with a model card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=STEPS, help="of 16 scenes each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    for name in scene_networks.NETWORKS:
        print(name, keep(name, *train(name, options.steps, options.seed), options.seed))


if __name__ == "__main__":
    main()
