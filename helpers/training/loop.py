"""The training loop: stochastic gradient descent with momentum, one compiled step for every batch.

`Model.fit` takes half as long again on a 56-layer network and small images: it traces training and
testing apart for every network, and TensorFlow's graph optimiser then takes seconds.
"""

import contextlib
import functools
import gc
import time

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from helpers import runtime
from helpers.training import finished, store

TEST_BATCH = 512  # images at most


def train_run(run, report=lambda iterations: None):
    """Train a run to its end, or from its last finished epoch on.

    Args:
        run: a `spec.Run`; one that is finished is read from the store.
        report: called with the number of new iterations after every epoch.

    Returns:
        The `finished.Result`.
    """
    if result := finished.find_result(run):
        report(run.protocol.iterations)
        return result
    started = time.perf_counter()
    data = device_data(run.data)
    batch = min(run.protocol.batch, len(data["train"][1]))
    model, optimizer, initial, step, measure = compiled_network(run.network, run.protocol, batch)
    store.assign([*model.variables, *optimizer.variables], initial)
    draw_weights(model, run.seed)
    augment = run.protocol.augment(run.seed) if run.protocol.augment else None
    state = [*model.variables, *optimizer.variables, *(augment.variables if augment else ())]
    history = []
    if checkpoint := store.resume(run.config()):
        store.assign(state, checkpoint[0])
        history = checkpoint[1]["history"]
    report(sum(row["iterations"] for row in history))
    while not run.protocol.ends(history):
        row = train_epoch(run, step, augment, data["train"], history)
        row["test_loss"], row["test_error"] = test_network(measure, *data["test"])
        row["seconds"], started = time.perf_counter() - started, time.perf_counter()
        history.append(row)
        store.checkpoint(run.config(), state, history=history)
        report(row["iterations"])
    return finished.store_result(run, history, model)


def train_epoch(run, step, augment, data, history):
    """Take a step for each batch of an epoch and return the epoch's row of the history.

    The order follows from the seed and the epoch's number, so that a resumed run repeats what an
    uninterrupted one does.
    """
    images, labels = data
    done = sum(row["iterations"] for row in history)
    batch = min(run.protocol.batch, len(labels))
    count = min(len(labels) // batch, run.protocol.iterations - done)
    order = np.random.default_rng([run.seed, len(history)]).permutation(len(labels))
    rates = [run.protocol.rate(done + k) for k in range(count)]
    steps = []
    with without_graph_optimizer():
        for k, rate in enumerate(rates):
            chosen = order[k * batch : (k + 1) * batch]
            pictures = tf.gather(images, chosen)
            if augment:
                pictures = augment(pictures, training=True)
            steps.append(step(pictures, tf.gather(labels, chosen), tf.constant(rate)))
    losses, errors, norms = (np.array(each) for each in zip(*steps, strict=True))
    return {
        "iterations": count,
        "images": count * batch,
        "learning_rate": rates[-1],
        "train_loss": float(losses.mean()),
        "train_error": float(errors.mean()),
        "losses": losses.tolist(),
        "errors": errors.tolist(),
        "gradient_norms": norms[0].tolist(),
    }


@functools.lru_cache(maxsize=1)
def compiled_network(network, protocol, batch):
    """Return a network with what trains it, for runs that differ only in seed, one after another.

    TensorFlow never gives back the memory of a compiled function, and compiling a deep network
    takes seconds, so the seeds share it.

    Returns:
        (keras.Model, its optimizer, {name: array} of the variables of both before training, the
        functions `compile_step` and `compile_test` return).
    """
    gc.collect()  # networks trained before: each and its graphs refer to each other
    model = network()
    optimizer = keras.optimizers.SGD(protocol.learning_rate, protocol.momentum)
    optimizer.build(model.trainable_variables)
    initial = store.numbered([*model.variables, *optimizer.variables])
    step = compile_step(model, optimizer, protocol.weight_decay, batch)
    return model, optimizer, initial, step, compile_test(model)


def compile_step(model, optimizer, weight_decay, batch):
    """Return a function (images, labels, rate) that takes a step of gradient descent on a batch.

    v <- momentum v - rate (gradient + decay w);  w <- w + v

    It returns the batch's loss and error before the step, and the norm of the loss's gradient in
    every kernel.
    """
    weights = model.trainable_variables

    def step(images, labels, rate):
        with tf.GradientTape() as tape:
            logits = model(images, training=True)
            losses = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
            loss = ops.mean(losses)
        gradients = tape.gradient(loss, weights)
        optimizer.learning_rate.assign(rate)
        decayed = [g + weight_decay * w for g, w in zip(gradients, weights, strict=True)]
        optimizer.apply(decayed, weights)
        kernels = [k for k, w in enumerate(weights) if len(w.shape) > 1]
        norms = [ops.sqrt(ops.sum(ops.square(gradients[k]))) for k in kernels]
        return loss, ops.mean(mistakes(logits, labels)), ops.stack(norms)

    labels = (batch, *model.output_shape[1:-1])  # one an image, or one a pixel
    return compile_function(step, (batch, *model.input_shape[1:]), labels, ())


def compile_test(model):
    """Return a function (images, labels) that returns the sums of losses and mistakes."""

    def measure(images, labels):
        logits = model(images, training=False)
        losses = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return ops.sum(losses), ops.sum(mistakes(logits, labels))

    return compile_function(measure, model.input_shape, model.output_shape[:-1])


def compile_function(function, images, labels, *others):
    """Return a function as a TensorFlow graph, traced once, here, for arguments of these shapes."""
    signature = [
        tf.TensorSpec(images),
        tf.TensorSpec(labels, tf.int32),
        *map(tf.TensorSpec, others),
    ]
    compiled = tf.function(function, signature, autograph=False, jit_compile=runtime.compiles())
    return compiled.get_concrete_function()


def test_network(measure, images, labels):
    """Return mean loss and error of a network on a test set, from the function `compile_test`."""
    starts = range(0, len(labels), TEST_BATCH)
    with without_graph_optimizer():
        sums = [measure(images[k : k + TEST_BATCH], labels[k : k + TEST_BATCH]) for k in starts]
    loss, error = np.sum(sums, axis=0) / np.prod(labels.shape)
    return float(loss), float(error)


def mistakes(logits, labels):
    """Return 1.0 for every image whose largest logit is not its label's, else 0.0."""
    return ops.cast(ops.argmax(logits, axis=-1) != ops.cast(labels, "int32"), "float32")


def draw_weights(model, seed):
    """Give a network the initial kernels, and its dropout the state, that follow from a seed.

    Keras draws the seeds of initialisers from Python's global generator, which the threads of a
    Dask worker use too; so each kernel and each dropout is seeded here, on its own.
    """
    generator = np.random.default_rng(seed)
    for layer in model.layers:
        layer_seed = int(generator.integers(2**31))
        depthwise = getattr(layer, "depthwise_initializer", None)
        initializer = getattr(layer, "kernel_initializer", depthwise)
        if initializer is not None and "seed" in initializer.get_config():
            config = {**initializer.get_config(), "seed": layer_seed}
            layer.kernel.assign(type(initializer).from_config(config)(layer.kernel.shape))
        elif isinstance(layer, keras.layers.Dropout) and layer.rate > 0:
            layer.seed_generator.state.assign([layer_seed, 0])


@contextlib.contextmanager
def without_graph_optimizer():
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


@functools.lru_cache(maxsize=1)
def device_data(data):
    """Return {"train": (images, labels), "test": (images, labels)} of a `Call`, as tensors."""
    dataset = data()
    return {
        "train": (tf.constant(dataset.train_images), tf.constant(dataset.train_labels)),
        "test": (tf.constant(dataset.test_images), tf.constant(dataset.test_labels)),
    }
