"""The training loop against the papers' rule written out, and what is stored of it."""

import gc

import keras
import numpy as np
import pytest
import tensorflow as tf
import toys
from toy_runs import folder, make_run

from helpers import paths, runtime
from helpers.training import call, finished, loop, store


def untrained_network(run):
    model = run.network()
    loop.draw_weights(model, run.seed)
    return model


def test_steps_are_gradient_descent_with_momentum_and_decay_on_every_parameter():
    run = make_run(iterations=6, weight_decay=0.01, drops=(5,))  # epochs of 4 and 2 iterations
    result = loop.train_run(run)

    data, model = toys.load(), untrained_network(run)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    velocities = [0.0] * len(model.trainable_variables)
    losses, errors = [], []
    for epoch, start in [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]:
        rate = 0.005 if (epoch, start) == (1, 1) else 0.05
        order = np.random.default_rng([run.seed, epoch]).permutation(70)
        indices = order[16 * start : 16 * start + 16]
        with tf.GradientTape() as tape:
            logits = model(data.train_images[indices], training=True)
            loss = cross_entropy(data.train_labels[indices], logits)
            decay = sum(tf.nn.l2_loss(v.value) for v in model.trainable_variables)
            total = loss + 0.01 * decay
        losses.append(float(loss))
        errors.append(np.mean(np.argmax(logits, axis=1) != data.train_labels[indices]))
        gradients = tape.gradient(total, [v.value for v in model.trainable_variables])
        for j, (variable, gradient) in enumerate(
            zip(model.trainable_variables, gradients, strict=True)
        ):
            velocities[j] = 0.9 * velocities[j] - rate * gradient
            variable.assign_add(velocities[j])
    np.testing.assert_allclose(result.per_iteration("losses"), losses, rtol=1e-5)
    np.testing.assert_allclose(result.per_iteration("errors"), errors)
    expected = [np.mean(losses[:4]), np.mean(losses[4:])]
    np.testing.assert_allclose(result.series("train_loss"), expected, rtol=1e-5)
    weights, _record = store.finished(run.config())
    for found, variable in zip(weights.values(), model.variables, strict=True):
        np.testing.assert_allclose(found, variable, rtol=1e-4, atol=1e-6)
    assert result.series("learning_rate") == pytest.approx([0.05, 0.005])


def test_a_batch_larger_than_the_data_is_all_of_them():
    result = loop.train_run(make_run(iterations=2, batch=500))
    assert result.series("images") == [70, 70]
    assert result.images_per_second() == pytest.approx(70 / result.history[1]["seconds"])


def test_a_run_ends_after_the_epoch_in_which_its_smoothed_error_falls_low_enough():
    whole = loop.train_run(make_run(iterations=40))  # epochs of 4 iterations
    errors = whole.per_iteration("errors")
    first = next(k for k in range(6, 41) if np.mean(errors[k - 6 : k]) < 0.2)
    stopped = loop.train_run(make_run(iterations=40, stop_error=0.2, window=6))
    assert 6 < first < 37 and len(stopped.history) == -(-first // 4)
    np.testing.assert_array_equal(stopped.per_iteration("errors"), errors[: -(-first // 4) * 4])
    untested = loop.train_run(make_run(iterations=40, stop_error=0.2, window=6, tested=False))
    np.testing.assert_array_equal(untested.per_iteration("errors"), errors[:first])


def test_a_run_without_tests_trains_alike():
    tested = loop.train_run(make_run(iterations=8))
    untested = loop.train_run(make_run(iterations=8, tested=False))
    assert untested.series("test_error") == [None, None]
    np.testing.assert_array_equal(untested.series("losses"), tested.series("losses"))


def test_a_compiled_network_leaves_no_graph_behind():
    loop.compiled_network.cache_clear()
    before = count_graphs()  # of other tests in this process
    loop.train_run(make_run(iterations=1))
    assert count_graphs() > before
    loop.compiled_network.cache_clear()
    assert count_graphs() <= before


def count_graphs():
    gc.collect()
    return sum(type(each).__name__ == "FuncGraph" for each in gc.get_objects())


def test_test_sets_are_measured_in_batches(monkeypatch):
    monkeypatch.setattr(loop, "TEST_BATCH", 7)  # of 20 images
    in_parts = loop.train_run(make_run(iterations=4))
    monkeypatch.undo()
    monkeypatch.setattr(paths, "RUNS", paths.RUNS / "whole")
    whole = loop.train_run(make_run(iterations=4))
    for name in ("test_loss", "test_error"):
        assert in_parts.series(name) == pytest.approx(whole.series(name), rel=1e-5)


def test_initial_weights_depend_on_the_seed_alone():
    """Another thread that draws from the global generator changes nothing."""
    run = make_run(network=call(toys.build, dropout=0.5))
    first = [variable.numpy() for variable in untrained_network(run).variables]
    again = [variable.numpy() for variable in untrained_network(run).variables]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    other = untrained_network(make_run(seed=4, network=run.network)).variables[0]
    assert np.abs(other.numpy() - first[0]).max() > 0.1
    assert np.std(first[0]) == pytest.approx(np.sqrt(2 / (9 + 36)), rel=0.35)  # Glorot's


def test_history_says_what_the_stored_network_does():
    run = make_run(iterations=40)
    result = loop.train_run(run)
    data, model = toys.load(), finished.trained_network(run)
    logits = np.asarray(model(data.test_images))
    assert result.series("test_error")[-1] == pytest.approx(
        np.mean(logits.argmax(axis=1) != data.test_labels)
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)(data.test_labels, logits)
    assert result.series("test_loss")[-1] == pytest.approx(float(loss), rel=1e-5)
    assert result.series("train_error")[-1] < 0.1 < result.series("train_error")[0]
    assert result.record["parameters"] == 4 * 9 + 8 + 64 * 3 + 3
    assert result.images_per_second() > 0


def test_gradient_norms_are_the_first_steps():
    run = make_run(iterations=1)
    found = loop.train_run(run).history[0]["gradient_norms"]
    data = toys.load()
    model = untrained_network(run)
    indices = np.random.default_rng([run.seed, 0]).permutation(70)[:16]
    kernels = [v.value for v in model.trainable_variables if len(v.shape) > 1]
    with tf.GradientTape() as tape:
        logits = model(data.train_images[indices], training=True)
        loss = tf.nn.sparse_softmax_cross_entropy_with_logits(data.train_labels[indices], logits)
        loss = tf.reduce_mean(loss)
    norms = [np.linalg.norm(gradient) for gradient in tape.gradient(loss, kernels)]
    np.testing.assert_allclose(found, norms, rtol=1e-5)


def test_a_run_records_the_gpu_that_trained_it(monkeypatch):
    monkeypatch.setattr(runtime, "gpus", lambda: ["GPU:0"])
    monkeypatch.setattr(runtime, "compiles", lambda: False)
    details = tf.config.experimental
    monkeypatch.setattr(details, "get_device_details", lambda gpu: {"device_name": f"a {gpu}"})
    assert loop.train_run(make_run(iterations=1)).record["device"] == "a GPU:0"


def test_measurements_are_kept():
    run = make_run(iterations=4)
    loop.train_run(run)
    first = finished.measure(print, run, call(toys.brightest))
    twice = finished.measure(print, run, call(toys.brightest, factor=2))
    np.testing.assert_allclose(twice["logits"], 2 * first["logits"])
    (folder(run) / "weights.npz").unlink()  # not needed any more
    np.testing.assert_array_equal(
        finished.measure(print, run, call(toys.brightest))["logits"], first["logits"]
    )
