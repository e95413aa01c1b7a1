"""Train the compact networks on scenes: `python -m helpers.deeplab.train_scenes --model NAME`.

The run is seeded and leaves a checkpoint every few minutes; the same command goes on from it.
"""

import argparse
import concurrent.futures
import time

import numpy as np

from helpers import files, paths, progress, runtime

runtime.configure_tensorflow()  # before Keras loads it: a third less time a step

import keras  # noqa: E402

from helpers.deeplab import checkpoint, compact, scenes  # noqa: E402
from helpers.training import grid, spec, store  # noqa: E402

BATCH = 16
PEAK = 2e-3  # learning rate
WARM_UP = 100  # steps
DECAY = 0.3  # share of the steps in which the learning rate falls to zero
SAVE_EVERY = 120  # seconds


def train(name, steps, seed=0, start=None):
    """Train compact network `name` for `steps` batches of fresh scenes; return it and its state.

    The state has "step", "stride", "seconds", "losses" of the steps, "start" and "start_sha256".
    `start` names the compact network whose stored weights it goes on from (default: the recipe's).

    Adam; the learning rate warms up, holds, and falls linearly to zero. Labels are balanced by
    weights frequency^-b, with b falling from 1/2 to 0 together with the learning rate. Where the
    recipe says so, the network is at output stride 16 until the fall begins and at 8 from then on:
    the weights do not depend on the stride.
    """
    recipe = compact.RECIPES[name]
    start = start or recipe.get("start")
    checksum = files.checksums(paths.WEIGHTS).get(f"scenes_{start}.npz")
    origin = {"start": start, "start_sha256": checksum}
    definition = {"network": name, "recipe": recipe, "steps": steps, "seed": seed, **origin}
    definition["device"] = grid.local_device_kind()
    config = spec.config(definition, "helpers.deeplab.train_scenes:train")
    network, state = resume(config, name, seed, origin)
    step = state["step"]
    frequency = label_frequency(seed)
    begun, saved = time.monotonic() - state["seconds"], time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(1) as pool, progress.bar(steps, name, "step") as bar:
        bar.update(step)
        coming = pool.submit(batch, step, seed)
        while step < steps:
            fall = min(1, (steps - step) / (DECAY * steps))
            if fall < 1 and state["stride"] != recipe["output_stride"]:
                state["stride"] = recipe["output_stride"]
                finer = prepare(compact.build(name, state["stride"]))
                finer.set_weights(network.get_weights())
                network = finer
            network.optimizer.learning_rate = PEAK * fall * min(1, (step + 1) / WARM_UP)
            images, labels = coming.result()
            coming = pool.submit(batch, step + 1, seed)
            weights = frequency ** (-fall / 2)
            weights = (weights / (weights * frequency).sum()).astype(np.float32)
            loss = network.train_on_batch(images, labels, sample_weight=weights[labels])
            state["losses"].append(round(float(loss), 4))
            step += 1
            bar.update()
            if step == steps or time.monotonic() - saved > SAVE_EVERY:
                saved = time.monotonic()
                state |= {"step": step, "seconds": round(saved - begun, 1)}
                store.checkpoint(config, variables(network), **state)
                print(name, step, np.mean(state["losses"][-100:]).round(3), flush=True)
    return network, state


def batch(step, seed):
    """Return (images in [-1, 1], labels) of a training step; no scene is ever seen twice."""
    images, labels = scenes.scenes("train", range(step * BATCH, (step + 1) * BATCH), seed)
    return compact.scaled(images), labels


def label_frequency(seed):
    """Return each label's share of the pixels of 200 scenes, (classes,)."""
    labels = scenes.scenes("train", range(200), seed)[1]
    return np.bincount(labels.ravel(), minlength=len(scenes.CLASSES)) / labels.size


def prepare(network):
    """Return the network compiled for training."""
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    network.compile(keras.optimizers.Adam(PEAK, clipnorm=1.0), loss, jit_compile=False)
    network.optimizer.build(network.trainable_variables)
    return network


def variables(network):
    """Return all that a step changes."""
    return [*network.variables, *network.optimizer.variables]


def resume(config, name, seed, origin):
    """Return (network, state) of the checkpoint, or of the start that `origin` names."""
    keras.utils.set_random_seed(seed)
    if stored := store.resume(config):
        arrays, state = stored
        network = prepare(compact.build(name, state["stride"]))
        store.assign(variables(network), arrays)
        return network, state
    stride = compact.RECIPES[name]["train_stride"]
    network = compact.build(name, stride)
    if origin["start"]:  # take over every weight that both networks have
        trained = checkpoint.named_variables(compact.load(origin["start"]))
        for key, variable in checkpoint.named_variables(network).items():
            variable.assign(trained[key])
    return prepare(network), {"step": 0, "stride": stride, "seconds": 0.0, "losses": [], **origin}


def main():
    """Train one compact network and store its weights with a model card."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", required=True, choices=compact.RECIPES)
    parser.add_argument("--steps", type=int, help="batches of 16 scenes (default: the recipe's)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--start", choices=compact.RECIPES, help="go on from its stored weights")
    options = parser.parse_args()
    steps = options.steps or compact.RECIPES[options.model]["steps"]
    network, state = train(options.model, steps, options.seed, options.start)
    print(compact.store(options.model, network, state, options.seed))


if __name__ == "__main__":
    main()
