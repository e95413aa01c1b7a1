"""One call that seeds and configures everything before a notebook computes anything."""

import contextlib
import dataclasses
import datetime
import functools
import gc
import importlib.metadata
import logging
import os
import platform
import random
import subprocess
import sys
from collections.abc import Iterator

import numpy as np
from IPython import get_ipython

from helpers import paths, profiles

PACKAGES = ("tensorflow", "tensorflow-cpu", "keras", "numpy", "scipy", "scikit-learn")


@dataclasses.dataclass(frozen=True)
class Session:
    """A notebook and what it runs under, which `helpers.results` keeps with the numbers."""

    notebook: str
    started: datetime.datetime
    parameters: dict
    provenance: dict


def start(
    notebook: str, profile: str, seed: int, tensorflow: bool = True, tf32: bool = False
) -> Session:
    """Seed Python, NumPy and Keras, set TensorFlow up for this machine, return a `Session`.

    Numbers are float32 on every device; with `tf32` a GPU may round factors to 10 bits where it
    multiplies matrices: enough to train with, too little to tell whether an equation holds.
    `tensorflow` says whether to load it.
    """
    started = datetime.datetime.now(datetime.UTC)
    tell_what_to_run_first()
    os.environ["REPORT_NOTEBOOK"] = notebook  # whose section figures are numbered in
    revision, dirty = commit()
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 (libraries that still use the global generator)
    if tensorflow:
        start_tensorflow(seed, tf32)
    provenance = {
        "profile": profile,
        "seed": seed,
        "commit": revision,
        "dirty": dirty,
        "versions": versions(),
        "device": device() if tensorflow else processor(),
        "precision": precision(),
        "started": started.isoformat(timespec="seconds"),
    }
    if not (tensorflow and gpus()):
        provenance["cores"] = cores()
    return Session(notebook, started, current_parameters(notebook), provenance)


def start_tensorflow(seed: int, tf32: bool) -> None:
    """Load, seed and set up TensorFlow and Keras for this machine, without a word of theirs."""
    configure_tensorflow()
    # A built network is many Python objects that stay: to look through them less often for garbage
    # spares notebook 04 a seventh of its time, for half a GiB.
    gc.set_threshold(50_000, 10, 10)
    with native_log_hidden():
        import keras
        import tensorflow as tf

        tf.zeros(1)  # starts the devices, which is when they talk
    tf.get_logger().addFilter(not_of_retracing)
    tf.config.experimental.enable_tensor_float_32_execution(tf32)
    keras.utils.set_random_seed(seed)
    if os.environ.get("REPORT_DETERMINISTIC"):
        tf.config.experimental.enable_op_determinism()


def not_of_retracing(record: logging.LogRecord) -> bool:
    """Return whether a warning is another than that of several networks, traced once each."""
    return "triggered tf.function retracing" not in record.getMessage()


def configure_tensorflow() -> None:
    """Set the environment that TensorFlow and Keras read once, when they are imported.

    oneDNN's convolutions are five times faster in 3-D, and off by default on many CPUs.
    """
    if "tensorflow" in sys.modules and os.environ.get("TF_ENABLE_ONEDNN_OPTS") != "1":
        print(
            "TensorFlow was imported before helpers.runtime.start: oneDNN stays as it is, and on "
            "some processors training takes several times longer. To mend it, restart the kernel "
            "and run the cells from the top."
        )
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_ENABLE_ONEDNN_OPTS"] = "1"
    os.environ["TF_FORCE_GPU_ALLOW_GROWTH"] = "true"  # several processes share a GPU
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if os.environ.get("REPORT_DETERMINISTIC"):
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_gpu_deterministic_ops=true"


@contextlib.contextmanager
def native_log_hidden() -> Iterator[None]:
    """Hide the lines that TensorFlow's C++ greets with, which no log level suppresses."""
    stderr = os.dup(2)
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def gpus() -> list:
    """Return the GPUs that this process computes on, of those in CUDA_VISIBLE_DEVICES."""
    import tensorflow as tf

    return tf.config.get_visible_devices("GPU")


def use_one_gpu(rank: int) -> None:
    """Leave this process one of its GPUs, if any, by its rank; to be called before they start."""
    configure_tensorflow()
    import tensorflow as tf

    if seen := gpus():
        tf.config.set_visible_devices(seen[rank % len(seen)], "GPU")


def compiles() -> bool:
    """Say whether XLA is to compile networks: on a GPU. On a CPU it costs more than it saves."""
    return bool(gpus())


def device() -> str:
    """Return name and memory of the first GPU that TensorFlow sees, or what `processor` does."""
    import tensorflow as tf

    if not gpus():
        return processor()
    name = tf.config.experimental.get_device_details(gpus()[0]).get("device_name", "GPU")
    ask = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader"]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        memory = subprocess.check_output(ask, text=True, stderr=subprocess.DEVNULL)
        return f"{name}, {memory.splitlines()[0]}"
    return name


def precision() -> str:
    """Return the arithmetic of the networks, such as "float32" or "float32, TF32, XLA"."""
    if "tensorflow" not in sys.modules:
        return "float32"  # no network runs
    import keras
    import tensorflow as tf

    names = [keras.config.dtype_policy().name]
    if gpus():
        tf32 = tf.config.experimental.tensor_float_32_execution_enabled()
        names += ["TF32", "XLA"] if tf32 else ["XLA"]
    return ", ".join(names)


def processor() -> str:
    """Return the CPU's name."""
    with contextlib.suppress(OSError), open("/proc/cpuinfo", encoding="utf-8") as lines:
        for line in lines:
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()


def cores() -> int | None:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count()


def current_parameters(notebook: str) -> dict:
    """Return {name: value} of the parameters that the running notebook has at present."""
    shell = get_ipython()
    names = profiles.defaults(paths.NOTEBOOKS / f"{notebook}.ipynb") if shell else {}
    return {name: shell.user_ns.get(name) for name in names}


def tell_what_to_run_first() -> None:
    """Let a cell that misses an earlier one's name say so, beside Python's own message."""

    def explain(shell, kind, error, trace, tb_offset=None):
        print(f"{error}: run the cells above first (Run, Run All Above Selected Cell)")
        shell.showtraceback((kind, error, trace), tb_offset=tb_offset)

    if shell := get_ipython():
        shell.set_custom_exc((NameError,), explain)


def require(condition: bool, remedy: str) -> None:
    """Raise ValueError with what to do unless a condition on the parameters holds."""
    if not condition:
        raise ValueError(remedy)


def versions() -> dict[str, str]:
    """Return {package: version} of Python and the packages that numbers depend on."""
    installed = {"python": platform.python_version()}
    for package in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            installed[package] = importlib.metadata.version(package)
    return installed


@functools.cache
def commit() -> tuple[str, bool]:
    """Return (commit hash, whether the tree differs from it), ('unknown', False) outside git.

    A process keeps what it found first, for it keeps the code that it loaded.
    """
    git = ["git", "-C", str(paths.ROOT)]
    with contextlib.suppress(OSError, subprocess.CalledProcessError):
        revision = subprocess.check_output([*git, "rev-parse", "HEAD"], stderr=subprocess.DEVNULL)
        changes = subprocess.check_output([*git, "status", "--porcelain"])
        return revision.decode().strip(), bool(changes)
    return "unknown", False
