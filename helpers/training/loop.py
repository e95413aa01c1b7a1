"""The training loop: stochastic gradient descent with momentum, one compiled step for every batch.

`Model.fit` takes half as long again on a 56-layer network and small images: it traces training and
testing apart for every network, and TensorFlow's graph optimiser then takes seconds.
"""

import contextlib
import functools
import gc
import time
import types
from collections.abc import Callable, Iterator

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from helpers import runtime
from helpers.training import finished, spec, store

MOMENTUM = 0.9
TEST_BATCH = 512  # images at most
CHECKPOINT_SECONDS = 15  # between two, for each takes some hundredths of a second


def train_run(
    run: spec.Run, report: Callable[[int], object] = lambda iterations: None
) -> finished.Result:
    """Train a run to its end, from its last checkpoint on; a finished one is read.

    `report` is called with the number of new iterations after every epoch.
    """
    if result := finished.find_result(run):
        report(run.protocol.iterations)
        return result
    started = stored_at = time.perf_counter()
    compiled = compiled_network(*run.compilation())
    model, optimizer, data = compiled.model, compiled.optimizer, device_data(run.data)
    store.assign([*model.variables, *optimizer.variables], compiled.initial)
    draw_weights(model, run.seed)
    if run.initial:
        run.initial(model)
    augment = run.protocol.augment(run.seed) if run.protocol.augment else None
    state = [*model.variables, *optimizer.variables, *(augment.variables if augment else ())]
    history: list[dict] = []
    if checkpoint := store.resume(run.config()):
        store.assign(state, checkpoint[0])
        history = checkpoint[1]["history"]
    report(len(errors_of(history)))
    while not run.protocol.ends(errors_of(history)):
        row = train_epoch(run, compiled.step, augment, data["train"], history)
        if run.protocol.tested:
            row["test_loss"], row["test_error"] = compiled.test(*data["test"])
        row["seconds"], started = time.perf_counter() - started, time.perf_counter()
        history.append(row)
        if started - stored_at > CHECKPOINT_SECONDS:
            store.checkpoint(run.config(), state, history=history)
            stored_at = started
        report(row["iterations"])
    return finished.store_result(run, history, model)


def errors_of(history: list[dict]) -> list[float]:
    """Return the training error of every iteration so far."""
    return [error for row in history for error in row["errors"]]


def train_epoch(
    run: spec.Run, step: Callable, augment: Callable | None, data: tuple, history: list[dict]
) -> dict:
    """Take a step for each batch of an epoch and return the epoch's row of the history.

    The order follows from the seed and the epoch's number, so that a resumed run repeats what an
    uninterrupted one does.
    """
    protocol, (images, labels) = run.protocol, data
    errors = errors_of(history)
    done, batch = len(errors), min(protocol.batch, len(labels))
    order = np.random.default_rng([run.seed, len(history)]).permutation(len(labels))
    steps = []
    with without_graph_optimizer():
        for k in range(min(len(labels) // batch, protocol.iterations - done)):
            chosen = order[k * batch : (k + 1) * batch]
            pictures = tf.gather(images, chosen)
            if augment:
                pictures = augment(pictures, training=True)
            rate = tf.constant(protocol.rate(done + k))
            steps.append(step(pictures, tf.gather(labels, chosen), rate))
            if protocol.stop_error and not protocol.tested:  # no later iteration is used
                errors.append(float(steps[-1][1]))
                if protocol.ends(errors):
                    break
    losses, error, norms = (np.array(each) for each in zip(*steps, strict=True))
    return {
        "iterations": len(steps),
        "images": len(steps) * batch,
        "learning_rate": float(rate),
        "train_loss": float(losses.mean()),
        "train_error": float(error.mean()),
        "losses": losses.tolist(),
        "errors": error.tolist(),
        "gradient_norms": norms[0].tolist(),
    }


@functools.lru_cache(maxsize=1)
def compiled_network(
    network: spec.Call, data: spec.Call, batch: int, weight_decay: float
) -> types.SimpleNamespace:
    """Return a network and what trains it, for the runs alike in `Run.compilation`.

    Compiling a deep network takes seconds, so one after another uses it.

    Returns:
        Namespace of `model`, `optimizer`, `initial` ({name: array} of the variables of both before
        training) and the functions `step` and `test`.
    """
    gc.collect()  # networks trained before: each and its graphs refer to each other
    model, optimizer = network(), FusedSGD(momentum=MOMENTUM)
    optimizer.build(model.trainable_variables)
    batch = min(batch, len(device_data(data)["train"][1]))
    return types.SimpleNamespace(
        model=model,
        optimizer=optimizer,
        initial=store.numbered([*model.variables, *optimizer.variables]),
        step=compile_step(model, optimizer, weight_decay, batch),
        test=compile_test(model),
    )


class FusedSGD(keras.optimizers.SGD):
    """Momentum in one TensorFlow kernel a weight: v <- momentum v - rate g;  w <- w + v.

    Keras composes it of six operations, which takes a second longer to trace for 38 layers, and
    sums over devices by custom gradients, in whose registry every graph stays: 40 MiB.
    """

    def apply(self, grads: list, trainable_variables: list | None = None) -> None:
        """Change every weight, in the order in which `build` got them."""
        rate = ops.convert_to_tensor(self.learning_rate)
        for g, w, v in zip(grads, trainable_variables, self.momentums, strict=True):
            tf.raw_ops.ResourceApplyKerasMomentum(
                var=w.value.handle, accum=v.value.handle, lr=rate, grad=g, momentum=self.momentum
            )


def compile_step(
    model: keras.Model, optimizer: keras.optimizers.Optimizer, weight_decay: float, batch: int
) -> Callable:
    """Return a function (images, labels, rate) that takes a step of gradient descent on a batch.

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
        decayed = [g + weight_decay * w.value for g, w in zip(gradients, weights, strict=True)]
        optimizer.apply(decayed, weights)
        kernels = [k for k, weight in enumerate(weights) if len(weight.shape) > 1]
        norms = ops.sqrt(2 * ops.stack([tf.nn.l2_loss(gradients[k]) for k in kernels]))
        return loss, ops.mean(mistakes(logits, labels)), norms

    labels = (batch, *model.output_shape[1:-1])  # one an image, or one a pixel
    return compile_function(step, (batch, *model.input_shape[1:]), labels, ())


def compile_test(model: keras.Model) -> Callable:
    """Return a function (images, labels) that returns mean loss and error on a test set."""

    def sums(images, labels):
        logits = model(images, training=False)
        losses = ops.sparse_categorical_crossentropy(labels, logits, from_logits=True)
        return ops.sum(losses), ops.sum(mistakes(logits, labels))

    compiled = compile_function(sums, model.input_shape, model.output_shape[:-1])

    def test(images, labels):
        parts = []
        with without_graph_optimizer():
            for k in range(0, len(labels), TEST_BATCH):
                parts.append(compiled(images[k : k + TEST_BATCH], labels[k : k + TEST_BATCH]))
        return (np.sum(parts, axis=0) / np.prod(labels.shape)).tolist()

    return test


def compile_function(function: Callable, images: tuple, labels: tuple, *others: tuple) -> Callable:
    """Return a function as a TensorFlow graph, traced once, for arguments of these shapes."""
    shapes = map(tf.TensorSpec, others)
    signature = [tf.TensorSpec(images), tf.TensorSpec(labels, tf.int32), *shapes]
    return tf.function(function, signature, autograph=False, jit_compile=runtime.compiles())


def mistakes(logits: tf.Tensor, labels: tf.Tensor) -> tf.Tensor:
    """Return 1.0 for every image whose largest logit is not its label's, else 0.0."""
    return ops.cast(ops.argmax(logits, axis=-1) != ops.cast(labels, "int32"), "float32")


def draw_weights(model: keras.Model, seed: int) -> None:
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
def without_graph_optimizer() -> Iterator[None]:
    """Run functions without TensorFlow's graph optimiser.

    It takes seconds for a deep network and, measured on a CPU, makes no step faster; XLA, which
    a GPU uses, has its own.
    """
    before = tf.config.optimizer.get_experimental_options().get("disable_meta_optimizer", False)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})


@functools.lru_cache(maxsize=1)
def device_data(data: spec.Call) -> dict[str, tuple]:
    """Return {"train": (images, labels), "test": (images, labels)} of a `Call`, as tensors."""
    dataset = data()
    return {
        "train": (tf.constant(dataset.train_images), tf.constant(dataset.train_labels)),
        "test": (tf.constant(dataset.test_images), tf.constant(dataset.test_labels)),
    }
