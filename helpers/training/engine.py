"""The training loop: an epoch and its test as one compiled function, data on the device.

`Model.fit` traces training and testing apart and rebuilds its functions for every model, which
costs more than several epochs of a 56-layer network on small images.
"""

import contextlib
import functools
import time

import keras
import numpy as np
import tensorflow as tf

from helpers import runtime
from helpers.training import finished, store

PARTS = ("images", "labels")
TEST_BATCH = 512  # images at most


def train(run, report=lambda iterations: None):
    """Train a run to its end, or from the last finished epoch on, and return its `finished.Result`.

    A finished run is read from the store. `report(iterations)` is called after every epoch.
    """
    if result := finished.load(run):
        report(run.protocol.iterations)
        return result
    started = time.perf_counter()
    data = device_data(run.data)
    model = build(run)
    velocities = [tf.Variable(tf.zeros_like(v.value)) for v in model.trainable_variables]
    variables = [v.value for v in model.variables] + velocities
    history = []
    if stored := store.resume(run.config()):
        store.assign(variables, stored[0])
        history = stored[1]["history"]
    epoch = compile_epoch(model, velocities, data, run.protocol)
    batches = max(1, len(data["train_labels"]) // run.protocol.batch)
    done = sum(row["iterations"] for row in history)
    report(done)
    while done < run.protocol.iterations:
        count = min(batches, run.protocol.iterations - done)
        row = run_epoch(run, epoch, history, done, count, len(data["train_labels"]))
        row["seconds"], started = time.perf_counter() - started, time.perf_counter()
        history.append(row)
        store.checkpoint(run.config(), variables, history=history)
        done += count
        report(count)
    return finished.finish(run, history, model)


def build(run):
    """Build the run's network with the initial weights that follow from its seed.

    Keras draws the seeds of initialisers from Python's global generator, which the threads of a
    Dask worker use too; so the kernels and the dropout are seeded again, each on its own.
    """
    keras.utils.set_random_seed(run.seed)
    model = run.network()
    generator = np.random.default_rng(run.seed)
    for layer in model.layers:
        seed = int(generator.integers(2**31))
        initializer = getattr(layer, "kernel_initializer", None)
        if initializer is not None and "seed" in initializer.get_config():
            config = {**initializer.get_config(), "seed": seed}
            layer.kernel.assign(type(initializer).from_config(config)(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed_generator.state.assign([seed, 0])
    return model


def run_epoch(run, epoch, history, done, count, images):
    """Train `count` iterations, test, and return the epoch's row of the history.

    Order and augmentation follow from the seed and the epoch's number alone, so that a resumed
    run repeats what an uninterrupted one does.
    """
    generator = np.random.default_rng([run.seed, len(history)])
    batch = min(run.protocol.batch, images)
    order = generator.permutation(images)[: count * batch].reshape(count, batch)
    seeds = generator.integers(2**31, size=(count, 2))
    errors = [row["train_error"] for row in history]
    rates = [run.protocol.rate(done + k, errors) for k in range(count)]
    with plain_graphs():
        found = epoch(
            tf.constant(order, tf.int32),
            tf.constant(rates, tf.float32),
            tf.constant(seeds, tf.int32),
        )
    found = {name: value.numpy() for name, value in found.items()}
    norms = found.pop("gradient_norms").tolist()
    return {
        "iterations": count,
        "learning_rate": rates[-1],
        **{name: float(value) for name, value in found.items()},
        "gradient_norms": norms,
    }


def compile_epoch(model, velocities, data, protocol):
    """Return a function (order, rates, seeds) that trains through `order` and then tests.

    Args:
        model: keras.Model from images to logits.
        velocities: momentum of every trainable variable.
        data: what `device_data` returns.
        protocol: a `Protocol`.

    Returns:
        Function of order (iterations, batch), rates (iterations,) and seeds (iterations, 2).
        It returns "train_loss" and "train_error", means over the batches as they were trained on,
        "test_loss", "test_error", and "gradient_norms": the norm of the loss gradient in every
        kernel at the first iteration.
    """
    variables = model.trainable_variables
    kernels = [k for k, variable in enumerate(variables) if len(variable.shape) > 1]
    shape = model.input_shape[1:]

    def step(indices, rate, seed):
        images, labels = (tf.gather(data[f"train_{part}"], indices) for part in PARTS)
        images = tf.ensure_shape(images, (indices.shape[0], *shape))
        if protocol.augment:
            images = protocol.augment(images, seed)
        loss, logits, gradients = descend(model, velocities, images, labels, rate, protocol)
        norms = tf.stack([tf.norm(gradients[k]) for k in kernels])
        return loss, tf.reduce_mean(mistakes(logits, labels)), norms

    def test():
        count = len(data["test_labels"])
        batch = min(TEST_BATCH, count)
        batches = -(-count // batch)
        order = tf.reshape(tf.range(batches * batch) % count, (batches, batch))

        def score(indices):
            images, labels = (tf.gather(data[f"test_{part}"], indices) for part in PARTS)
            logits = model(tf.ensure_shape(images, (batch, *shape)), training=False)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            return losses, mistakes(logits, labels)

        scores = tf.map_fn(score, order, fn_output_signature=(tf.float32, tf.float32))
        return [tf.reduce_mean(tf.reshape(each, [-1])[:count]) for each in scores]

    def epoch(order, rates, seeds):
        iterations = tf.shape(order)[0]

        def body(k, loss, error, first):
            step_loss, step_error, norms = step(order[k], rates[k], seeds[k])
            return k + 1, loss + step_loss, error + step_error, tf.where(k == 0, norms, first)

        _, loss, error, first = tf.while_loop(
            lambda k, *_: k < iterations, body, (0, 0.0, 0.0, tf.zeros(len(kernels)))
        )
        test_loss, test_error = test()
        count = tf.cast(iterations, tf.float32)
        return {
            "train_loss": loss / count,
            "train_error": error / count,
            "test_loss": test_loss,
            "test_error": test_error,
            "gradient_norms": first,
        }

    signature = (
        tf.TensorSpec((None, min(protocol.batch, len(data["train_labels"]))), tf.int32),
        tf.TensorSpec((None,), tf.float32),
        tf.TensorSpec((None, 2), tf.int32),
    )
    compiled = tf.function(epoch, signature, autograph=False, jit_compile=runtime.compiles())
    return compiled.get_concrete_function()  # traced once, here


def descend(model, velocities, images, labels, rate, protocol):
    """Take a step of stochastic gradient descent; return loss, logits and the loss's gradients.

    v <- momentum v + gradient + decay w;  w <- w - rate v
    """
    weights = [variable.value for variable in model.trainable_variables]
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(weights)
        logits = model(images, training=True)
        losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
        loss = tf.reduce_mean(losses)
    gradients = tape.gradient(loss, weights)
    for weight, velocity, gradient in zip(weights, velocities, gradients, strict=True):
        tf.raw_ops.ResourceApplyMomentum(
            var=weight.handle,
            accum=velocity.handle,
            lr=rate,
            grad=gradient + protocol.weight_decay * weight,
            momentum=protocol.momentum,
        )
    return loss, logits, gradients


@contextlib.contextmanager
def plain_graphs():
    """Run functions without TensorFlow's graph optimiser.

    It takes seconds for a deep network and, measured on a CPU, makes no step faster; XLA, which
    a GPU uses, has its own.
    """
    options = tf.config.optimizer.get_experimental_options()
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        before = options.get("disable_meta_optimizer", False)
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})


def mistakes(logits, labels):
    """Return 1.0 for every image whose largest logit is not its label's, else 0.0."""
    return tf.cast(tf.argmax(logits, axis=-1, output_type=labels.dtype) != labels, tf.float32)


@functools.lru_cache(maxsize=1)
def device_data(data):
    """Return the data set that a `Call` makes as tensors, {"train_images": …}."""
    dataset = data()
    return {
        f"{half}_{part}": tf.constant(getattr(dataset, f"{half}_{part}"))
        for half in ("train", "test")
        for part in PARTS
    }
