"""Trainings that were stopped, killed, damaged or done twice end like those that were not."""

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pytest
import tensorflow as tf
import toys
from tensorflow.python.framework import config
from toy_runs import assert_same, folder, make_run

from helpers import files, paths
from helpers.images.augment import crops_and_flips
from helpers.training import call, loop, store


@pytest.fixture(autouse=True)
def checkpoint_of_every_epoch(monkeypatch):
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", -1)


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


def test_a_run_after_another_equals_the_run_alone(eventful):
    """The second takes nothing from the first but the compiled network."""
    slower = dataclasses.replace(eventful.protocol, learning_rate=0.01, tested=False)
    second = dataclasses.replace(
        eventful, seed=4, protocol=slower, initial=call(toys.set_bias, value=2.0)
    )
    alone = loop.train_run(second)
    weights, _record = store.finished(second.config())
    paths.RUNS.rename(paths.RUNS.with_name("alone"))
    loop.compiled_network.cache_clear()
    assert loop.train_run(eventful).series("losses") != alone.series("losses")
    after = loop.train_run(second)
    assert loop.compiled_network.cache_info().misses == 1
    unbiased = loop.train_run(dataclasses.replace(second, initial=None))
    assert unbiased.series("losses")[0][0] != alone.series("losses")[0][0]
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
        from helpers.training import loop
        from toy_runs import *
        loop.CHECKPOINT_SECONDS = -1
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


def test_deterministic_runs_are_equal_to_the_last_bit(eventful):
    tf.config.experimental.enable_op_determinism()
    try:
        runs = []
        for name in ("one", "other"):
            loop.compiled_network.cache_clear()
            losses = loop.train_run(eventful).series("losses")
            runs.append((losses, *store.finished(eventful.config())[0].values()))
            paths.RUNS.rename(paths.RUNS.with_name(name))
    finally:
        config.disable_op_determinism()
    for one, other in zip(*runs, strict=True):
        np.testing.assert_array_equal(one, other)
