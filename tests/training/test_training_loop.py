"""The training loop against the papers' rule written out, and its resumption."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf
import toys

from helpers import files, paths, runtime
from helpers.images.augment import crops_and_flips
from helpers.training import Protocol, Run, call, finished, loop, store


def make_run(iterations=12, seed=3, network=None, data=None, **protocol):
    protocol = {"batch": 16, "learning_rate": 0.05, **protocol}
    return Run(
        network or call(toys.build), data or call(toys.load), Protocol(iterations, **protocol), seed
    )


def folder(run):
    return store.folder(run.config())


def untrained_network(run):
    model = run.network()
    loop.draw_weights(model, run.seed)
    return model


def assert_same(result, expected, tolerance=1e-6):
    """Compare two histories but for the times."""
    assert len(result.history) == len(expected.history)
    for row, other in zip(result.history, expected.history, strict=True):
        assert row.keys() == other.keys()
        for name in row.keys() - {"seconds"}:
            np.testing.assert_allclose(row[name], other[name], rtol=tolerance, atol=tolerance)


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


def test_a_run_stops_when_its_error_is_low_enough():
    whole = loop.train_run(make_run(iterations=40))
    below = next(k for k, error in enumerate(whole.series("train_error")) if error < 0.2)
    stopped = loop.train_run(make_run(iterations=40, stop_error=0.2))
    assert 0 < below < len(whole.history) - 1 and len(stopped.history) == below + 1


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


@pytest.fixture
def eventful():
    """A run in which everything random takes part: dropout, crops, order."""
    return make_run(
        network=call(toys.build, dropout=0.5), augment=call(crops_and_flips, padding=1, size=6)
    )  # 3 epochs


def test_a_stopped_run_resumes_and_a_finished_one_is_read(eventful, monkeypatch):
    whole = loop.train_run(eventful)
    paths.RUNS.rename(paths.RUNS.with_name("other"))

    def stop_at(iterations):
        if iterations == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        loop.train_run(eventful, stop_at)
    reported = []
    resumed = loop.train_run(eventful, reported.append)
    assert reported == [4, 4, 4]
    assert_same(resumed, whole)
    assert sorted(os.listdir(folder(eventful))) == ["config.json", "weights.npz"]
    assert (folder(eventful) / "config.json").read_text() == eventful.config()

    monkeypatch.setattr(loop, "train_epoch", lambda *_: pytest.fail("trained twice"))
    again = loop.train_run(eventful)
    assert again.cached and not resumed.cached
    assert_same(again, whole, 0)


def test_a_seed_after_another_equals_the_seed_alone(eventful):
    """The second takes nothing from the first but the compiled network."""
    second = dataclasses.replace(eventful, seed=eventful.seed + 1)
    alone = loop.train_run(second)
    weights, _record = store.finished(second.config())
    paths.RUNS.rename(paths.RUNS.with_name("alone"))
    loop.compiled_network.cache_clear()
    assert loop.train_run(eventful).series("losses") != alone.series("losses")
    after = loop.train_run(second)
    assert loop.compiled_network.cache_info().misses == 1
    for name in ("losses", "errors", "gradient_norms", "test_loss"):
        assert after.series(name) == alone.series(name)
    for array, expected in zip(
        store.finished(second.config())[0].values(), weights.values(), strict=True
    ):
        np.testing.assert_array_equal(array, expected)


def test_kill_9_in_the_middle_of_an_epoch():
    """A process that is killed while it trains is continued, and no epoch is lost or doubled."""
    run = make_run(iterations=20)
    whole = loop.train_run(run)
    paths.RUNS.rename(paths.RUNS.with_name("other"))
    code = f"""
        import os, signal
        from pathlib import Path
        from helpers import paths, runtime
        paths.RUNS = Path({str(paths.RUNS)!r})
        runtime.configure_tensorflow()
        from test_training_loop import *
        compile_step, steps = loop.compile_step, []
        def fatal(*arguments):
            step = compile_step(*arguments)
            def counted(*batch):
                steps.append(1)
                if len(steps) == 10:
                    os.kill(os.getpid(), signal.SIGKILL)
                return step(*batch)
            return counted
        loop.compile_step = fatal
        loop.train_run(make_run(iterations=20))
    """
    process = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.returncode == -signal.SIGKILL
    reported = []
    assert_same(loop.train_run(run, reported.append), whole)
    assert reported == [8, 4, 4, 4]


def test_a_damaged_checkpoint_is_left_out(eventful):
    whole = loop.train_run(eventful)
    paths.RUNS.rename(paths.RUNS.with_name("other"))
    with pytest.raises(ZeroDivisionError):
        loop.train_run(eventful, lambda iterations: 1 / (iterations - 4))
    path = folder(eventful) / "checkpoint.npz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.warns(UserWarning, match=r"checkpoint\.npz is damaged: removed, and made again"):
        result = loop.train_run(eventful)
    assert_same(result, whole)


# The directory at the end of a zip tells of each array the version that reads it and flags, of
# which the lowest means encrypted.
@pytest.mark.parametrize(
    "before, offset, bit", [(b"PK\1\2", 6, 6), (b"PK\1\2", 8, 0), (b'"test_error"', 3, 1)]
)
def test_a_finished_run_with_a_flipped_bit_is_trained_again(before, offset, bit):
    run = make_run(iterations=4)
    first = loop.train_run(run)
    for path in sorted(paths.RUNS.rglob("*.*")):
        content = bytearray(path.read_bytes())
        if (start := content.find(before)) >= 0:
            content[start + offset] ^= 1 << bit
            path.write_bytes(content)
    with pytest.warns(UserWarning, match="is damaged"):
        again = loop.train_run(run)
    assert again.series("test_error") == first.series("test_error")


def test_two_processes_finish_one_run(monkeypatch):
    """One of them ends while the other writes its first checkpoint."""
    run, whole, begun = make_run(), [], []
    replacing = files.replacing

    @contextlib.contextmanager
    def slow(path):
        with replacing(path) as temporary:
            yield temporary
            if path.name == "checkpoint.npz" and not begun:
                begun.append(path)
                loop.compiled_network.cache_clear()  # as in a process of its own
                whole.append(loop.train_run(run))

    monkeypatch.setattr(files, "replacing", slow)
    assert_same(loop.train_run(run), whole[0])
    assert loop.train_run(run).cached


def test_a_run_records_the_gpu_that_trained_it(monkeypatch):
    monkeypatch.setattr(runtime, "gpus", lambda: ["GPU:0"])
    monkeypatch.setattr(runtime, "compiles", lambda: False)
    details = tf.config.experimental
    monkeypatch.setattr(details, "get_device_details", lambda gpu: {"device_name": f"a {gpu}"})
    assert loop.train_run(make_run(iterations=1)).record["device"] == "a GPU:0"


def test_measurements_are_kept():
    run = make_run(iterations=4)
    loop.train_run(run)
    first = finished.measure(run, call(toys.brightest))
    twice = finished.measure(run, call(toys.brightest, factor=2))
    np.testing.assert_allclose(twice["logits"], 2 * first["logits"])
    (folder(run) / "weights.npz").unlink()  # not needed any more
    np.testing.assert_array_equal(
        finished.measure(run, call(toys.brightest))["logits"], first["logits"]
    )
