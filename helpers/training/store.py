"""The run store: one folder a training under `data/runs`, named by a hash of what defines it.

    config.json     network, data, settings, seed, device kind, digest of the code: for readers
    checkpoint.npz  while training: all that it goes on from
    weights.npz     when finished: the trained variables
    measured-*.npz  what was found in the trained network

Each .npz holds arrays and a JSON record, ends with a checksum of all before it, and takes its
place whole. So a training killed at any moment goes on after its last checkpoint, and a damaged
file is as good as none. A `config` is what `spec.config` returns.
"""

import hashlib
import io
import json
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from helpers import files, paths

CHECKSUM = 32  # bytes of a SHA-256


def key(config: str) -> str:
    """Return the name that follows from a text: 16 digits of its hash."""
    return hashlib.sha256(config.encode()).hexdigest()[:16]


def folder(config: str) -> Path:
    """Return the folder of a training, whether it exists or not."""
    return paths.RUNS / key(config)


def describe(config: str) -> None:
    """Make the folder of a training."""
    files.write_text(folder(config) / "config.json", config)


def finished(config: str) -> tuple[dict, dict] | None:
    """Return ({name: array of a variable}, record) of a finished training, or None."""
    return load(folder(config) / "weights.npz")


def resume(config: str) -> tuple[dict, dict] | None:
    """Return ({name: array of a variable}, record) of a training's last checkpoint, or None."""
    return load(folder(config) / "checkpoint.npz")


def checkpoint(config: str, variables: Iterable, **record: Any) -> None:
    """Store what a training goes on from."""
    describe(config)
    save(folder(config) / "checkpoint.npz", numbered(variables), record)


def finish(config: str, variables: Iterable, **record: Any) -> None:
    """Store a finished training and drop its checkpoint."""
    describe(config)
    save(folder(config) / "weights.npz", numbered(variables), record)
    (folder(config) / "checkpoint.npz").unlink(missing_ok=True)


def numbered(variables: Iterable) -> dict[str, np.ndarray]:
    """Return {"v0": array, …} of Keras or TensorFlow variables."""
    return {f"v{k}": np.asarray(variable) for k, variable in enumerate(variables)}


def assign(variables: Iterable, stored: dict[str, np.ndarray]) -> None:
    """Give every variable its array of {name: array}, which is in the same order."""
    for variable, array in zip(variables, stored.values(), strict=True):
        variable.assign(array)


def save(path: Path, arrays: dict[str, np.ndarray], record: dict) -> None:
    """Store {name: array} and a JSON-like record in one step; `np.load` reads the file too."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, record=np.bytes_(json.dumps(record).encode()), **arrays)
    with files.replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())


def load(path: Path) -> tuple[dict, dict] | None:
    """Return ({name: array}, record) of a file that `save` wrote, None where there is none.

    A damaged or half file is removed with a warning.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    content, checksum = content[:-CHECKSUM], content[-CHECKSUM:]
    if hashlib.sha256(content).digest() != checksum:
        warnings.warn(f"{path} is damaged: removed, and made again", stacklevel=2)
        path.unlink(missing_ok=True)
        return None
    with np.load(io.BytesIO(content)) as stored:
        arrays = dict(stored)
    return arrays, json.loads(arrays.pop("record").item())
