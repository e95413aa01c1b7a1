"""The runtime seeds everything, configures TensorFlow and says what it found."""

import os
import random
import subprocess
import sys

import numpy as np
import pytest

from helpers import paths, runtime


def test_the_same_seed_gives_the_same_numbers_everywhere():
    import keras

    def draw():
        runtime.start("09_test", "smoke", 7)
        weights = keras.layers.Dense(3)
        weights.build((None, 2))
        return random.random(), np.random.rand(), weights.kernel.numpy().tolist()  # noqa: NPY002

    assert draw() == draw()


def test_on_a_cpu_xla_and_mixed_precision_stay_off():
    session = runtime.start("09_test", "smoke", 0)
    assert session.gpus == 0
    assert session.jit_compile is False
    assert session.precision == "float32"
    with session.scope():
        pass


def test_onednn_is_on_before_tensorflow_loads():
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"


def test_tensorflow_without_onednn_is_named_with_its_remedy(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    with pytest.raises(RuntimeError, match="Restart the kernel"):
        runtime.configure_tensorflow()


def test_a_notebook_without_networks_does_not_load_tensorflow():
    code = (
        "import sys; from helpers import figures, results, runtime\n"
        "runtime.start('00_task', 'smoke', 0, tensorflow=False)\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=paths.ROOT)


def test_tensorflow_starts_without_a_word():
    code = "from helpers import runtime; runtime.start('01_test', 'smoke', 0)"
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, cwd=paths.ROOT, capture_output=True, text=True
    )
    assert (done.stdout, done.stderr) == ("", "")


def test_outside_git_the_commit_is_unknown(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    assert runtime.commit() == ("unknown", False)


def test_a_changed_file_makes_the_commit_dirty(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    git = ["git", "-C", str(tmp_path), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "Start"], check=True)
    revision, dirty = runtime.commit()
    assert len(revision) == 40
    assert not dirty
    (tmp_path / "new").touch()
    assert runtime.commit() == (revision, True)
