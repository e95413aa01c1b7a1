"""What defines a training run, and the text that names it."""

import dataclasses
import functools
import hashlib
import importlib.util
import json
import pkgutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helpers import inputs, paths
from helpers.training import grid

LOOP = "helpers.training.loop:train_run"
# Modules that carry data, words and tasks about: no number of a training depends on them.
CARRIERS = (
    "bundles", "download", "files", "inputs", "numerals", "paths", "profiles", "progress",
    "results", "settings", "training/finished", "training/grid", "translation",
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Call:
    """A function by its import path, with keyword arguments: a call that can be written down."""

    function: str  # "package.module:function"
    arguments: tuple = ()  # ((name, value), …), sorted

    def __call__(self, *before: Any) -> Any:
        """Call the function, with `before` as its leading arguments."""
        return pkgutil.resolve_name(self.function)(*before, **dict(self.arguments))


def call(function: Callable | str, **arguments: Any) -> Call:
    """Return the `Call` of a function (or its import path) with JSON-like keyword arguments."""
    if not isinstance(function, str):
        function = f"{function.__module__}:{function.__qualname__}"
    frozen = {name: tuple(v) if isinstance(v, list) else v for name, v in arguments.items()}
    return Call(function, tuple(sorted(frozen.items())))


@dataclasses.dataclass(frozen=True)
class Protocol:
    """How to train: SGD with momentum as in arXiv 1512.03385, section 4.2.

    The L2 decay acts on every trainable parameter, as in the authors' implementations; the papers
    except none. An epoch is as many whole batches as the data holds, in an order drawn anew.

    Raises:
        ValueError: no iterations, or no image in a batch.
    """

    iterations: int
    learning_rate: float = 0.1
    drops: tuple = ()  # iterations from which the rate is ten times lower
    batch: int = 128
    weight_decay: float = 1e-4
    warm_up_iterations: int = 0  # at a rate of 0.01; 1603.05027, appendix: 400
    stop_error: float = 0.0  # end once the smoothed error is below; a tested run, after that epoch
    window: int = 1  # iterations over which it is smoothed
    tested: bool = True  # on the test images, after every epoch
    augment: Call | None = None  # of a seed; returns a Keras layer of images

    def __post_init__(self) -> None:
        """Refuse what would train nothing."""
        for name in ("iterations", "batch"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1; received {getattr(self, name)}")

    def rate(self, iteration: int) -> float:
        """Return the learning rate of an iteration, counted from 0."""
        if iteration < self.warm_up_iterations:
            return 0.01
        return self.learning_rate / 10 ** sum(iteration >= drop for drop in self.drops)

    def ends(self, errors: Sequence[float]) -> bool:
        """Return whether training is over after iterations with these training errors."""
        smoothed = moving_mean(errors, self.window)
        return len(errors) >= self.iterations or bool(np.any(smoothed < self.stop_error))


def moving_mean(values: np.typing.ArrayLike, window: int) -> np.ndarray:
    """Return the mean of each `window` neighbours of (n,): (n - window + 1,), or none."""
    sums = np.cumsum(np.append(0.0, values))
    return (sums[window:] - sums[:-window]) / window


@dataclasses.dataclass(frozen=True)
class Run:
    """One training: which network, which data, how, and from which seed.

    `network` returns a keras.Model from images to logits; `data` returns an object with
    `train_images`, `train_labels`, `test_images` and `test_labels`.
    """

    network: Call
    data: Call
    protocol: Protocol
    seed: int = 0
    initial: Call | None = None  # of the model: sets initial weights that no seed draws
    device: str = dataclasses.field(default_factory=grid.device_kind)  # "cpu" or "gpu"

    def compilation(self) -> tuple:
        """Return what the compiled network depends on: runs alike in it share one."""
        return self.network, self.data, self.protocol.batch, self.protocol.weight_decay

    def config(self) -> str:
        """Return the run and its code as JSON text; equal runs give equal text."""
        calls = (self.network, self.data, self.protocol.augment, self.initial)
        return config(dataclasses.asdict(self), LOOP, *(each.function for each in calls if each))


def config(definition: dict, *functions: str) -> str:
    """Return a training and its code as JSON text, which names its folder in the store.

    Args:
        definition: network, data, settings, seed and device kind, as JSON can hold them.
        functions: import paths of what runs, "package.module:function".
    """
    code = code_digest(*functions)
    return json.dumps({**definition, "code": code}, indent=1, sort_keys=True)


@functools.cache
def code_digest(*functions: str) -> str:
    """Return a digest of the source of the modules of `functions` and of what they import.

    Only this package's imports are followed. A process keeps what it found first, for it keeps
    the code that it loaded.
    """
    specs = [importlib.util.find_spec(function.partition(":")[0]) for function in functions]
    files = [Path(spec.origin) for spec in specs if spec.has_location]  # built-in ones have none
    carriers = [paths.ROOT / "helpers" / f"{name}.py" for name in CARRIERS]
    sources = sorted(inputs.sources(files, carriers).values())  # wherever the files lie
    return hashlib.sha256("\0".join(sources).encode()).hexdigest()[:16]
