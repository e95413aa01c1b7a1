"""The runtime seeds everything, configures TensorFlow and says what it found."""

import os
import random
import subprocess
import sys
import types

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


@pytest.mark.parametrize(
    "tf32, arithmetic", [(False, "float32, XLA"), (True, "float32, TF32, XLA")]
)
@pytest.mark.parametrize("gpus", [0, 1, 2])
def test_a_gpu_compiles_with_xla_and_is_named(monkeypatch, gpus, tf32, arithmetic):
    import keras
    import tensorflow as tf

    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: [kind] * gpus)
    monkeypatch.setattr(
        tf.config.experimental, "get_device_details", lambda gpu: {"device_name": "a GPU"}
    )
    monkeypatch.setattr(subprocess, "check_output", lambda *_, **__: "15360 MiB\n15360 MiB\n")
    session = runtime.start("09_test", "smoke", 0, tf32=tf32)
    told = session.provenance
    assert told.get("cores") == (None if gpus else runtime.cores())  # of what computes
    assert told["device"] == ("a GPU, 15360 MiB" if gpus else runtime.processor())
    assert runtime.compiles() == (gpus > 0)
    assert keras.config.dtype_policy().name == "float32"
    assert tf.config.experimental.tensor_float_32_execution_enabled() == tf32
    assert told["precision"] == (arithmetic if gpus else "float32")
    tf.config.experimental.enable_tensor_float_32_execution(False)


@pytest.mark.parametrize(("rank", "taken"), [(0, ["GPU 2"]), (1, ["GPU 3"]), (2, ["GPU 2"])])
def test_processes_of_a_machine_share_its_gpus(monkeypatch, rank, taken):
    import tensorflow as tf

    seen = []
    monkeypatch.setattr(tf.config, "get_visible_devices", lambda kind: ["GPU 2", "GPU 3"])
    monkeypatch.setattr(tf.config, "set_visible_devices", lambda gpu, kind: seen.append(gpu))
    runtime.use_one_gpu(rank)
    assert seen == taken


def test_a_session_knows_cores_and_parameters_as_they_are(monkeypatch):
    monkeypatch.setattr(runtime, "cores", lambda: 3)
    assert runtime.start("00_task", "smoke", 0, tensorflow=False).parameters == {}  # no notebook
    values = {"profile": "quick", "seed": 5, "session": None}
    kernel = types.SimpleNamespace(user_ns=values, set_custom_exc=lambda *_: None)
    monkeypatch.setattr(runtime, "get_ipython", lambda: kernel)
    session = runtime.start("00_task", "smoke", 0, tensorflow=False)
    assert session.parameters == {"profile": "quick", "seed": 5}
    assert session.provenance["cores"] == 3


def test_parameters_that_do_not_go_together_end_in_one_line():
    runtime.require(True, "never said")
    with pytest.raises(ValueError, match=r"^scalings must hold 1\.0$"):
        runtime.require(1.0 in [0.9, 1.1], "scalings must hold 1.0")


def test_several_networks_are_traced_without_a_warning(caplog):
    """As where models are trained one after another in a notebook's own process."""
    import tensorflow as tf

    def double(x):
        return 2 * x

    tf.get_logger().setLevel("WARNING")
    runtime.start("09_test", "smoke", 0)
    tf.get_logger().addHandler(caplog.handler)
    for size in range(1, 15):
        tf.function(double)(tf.zeros(size))
    tf.get_logger().removeHandler(caplog.handler)
    assert caplog.records == []


def test_onednn_is_on_before_tensorflow_loads():
    assert os.environ["TF_ENABLE_ONEDNN_OPTS"] == "1"


def test_tensorflow_without_onednn_is_told_with_its_remedy(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    runtime.configure_tensorflow()
    assert "restart the kernel" in capsys.readouterr().out


def test_a_notebook_without_networks_does_not_load_tensorflow():
    code = (
        "import sys; from helpers import figures, results, runtime\n"
        "runtime.start('00_task', 'smoke', 0, tensorflow=False)\n"
        "assert 'tensorflow' not in sys.modules and 'keras' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=paths.ROOT)


@pytest.fixture(scope="module")
def started():
    """A process that has started TensorFlow with DETERMINISTIC=1."""
    code = (
        "from helpers import runtime; runtime.start('01_test', 'smoke', 0)\n"
        "from tensorflow.python.framework import config\n"
        "raise SystemExit(7 * config.is_op_determinism_enabled())"
    )
    environment = os.environ | {"REPORT_DETERMINISTIC": "1"}
    command = [sys.executable, "-c", code]
    return subprocess.run(
        command, cwd=paths.ROOT, env=environment, capture_output=True, text=True, check=False
    )


def test_one_switch_makes_every_operation_deterministic(started):
    assert started.returncode == 7


def test_tensorflow_starts_without_a_word(started):
    assert (started.stdout, started.stderr) == ("", "")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A folder that this process takes for the project's, before it has asked for the commit."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    runtime.commit.cache_clear()
    yield tmp_path
    runtime.commit.cache_clear()


def commit(root, message):
    git = ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", message], check=True)


def test_outside_git_the_commit_is_unknown(root):
    assert runtime.commit() == ("unknown", False)


def test_a_changed_file_makes_the_commit_dirty(root):
    commit(root, "Start")
    revision, dirty = runtime.commit()
    assert len(revision) == 40
    assert not dirty
    (root / "new").touch()
    runtime.commit.cache_clear()
    assert runtime.commit() == (revision, True)


def test_the_commit_is_the_one_at_the_start(root):
    commit(root, "Start")
    started = runtime.start("09_test", "smoke", 0, tensorflow=False).provenance
    commit(root, "Later, while the notebook runs")
    (root / "new").touch()
    assert runtime.commit() == (started["commit"], started["dirty"]) == (started["commit"], False)


def test_a_missing_name_says_what_to_run_first(capsys):
    """In a shell of its own, as a notebook has."""
    code = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        "shell = InteractiveShell.instance()\n"
        'shell.run_cell("from helpers import runtime; runtime.tell_what_to_run_first()")\n'
        "assert not shell.run_cell('codes[0]').success"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=paths.ROOT, capture_output=True, text=True, check=True
    )
    assert "name 'codes' is not defined: run the cells above first" in done.stdout
