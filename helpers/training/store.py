"""The run store: one folder a training under `data/runs`, named by a hash of what defines it.

    config.json     network, data, settings, seed, device kind, digest of the code: for readers
    checkpoint.npz  while training: all that the next epoch starts from
    weights.npz     when finished: the trained variables
    measured-*.npz  what was found in the trained network

Each .npz holds arrays and a JSON record, ends with a checksum of all before it, and takes its
place whole. So a training killed at any moment goes on after its last checkpoint, and a damaged
file is as good as none.
"""

import hashlib
import io
import json
import warnings

import numpy as np

from helpers import files, paths

CHECKSUM = 32  # bytes of a SHA-256


def key(config):
    """Return the name that follows from a text: 16 digits of its hash."""
    return hashlib.sha256(config.encode()).hexdigest()[:16]


def folder(config):
    """Return the folder of a training, whether it exists or not; `config` is from `spec.config`."""
    return paths.RUNS / key(config)


def finished(config):
    """Return ({name: array of a variable}, record) of a finished training, or None."""
    return load(folder(config) / "weights.npz")


def resume(config):
    """Return ({name: array of a variable}, record) of a training's last checkpoint, or None."""
    return load(folder(config) / "checkpoint.npz")


def checkpoint(config, variables, **record):
    """Store what a training goes on from."""
    files.write_text(folder(config) / "config.json", config)
    save(folder(config) / "checkpoint.npz", numbered(variables), record)


def finish(config, variables, **record):
    """Store a finished training and drop its checkpoint."""
    save(folder(config) / "weights.npz", numbered(variables), record)
    (folder(config) / "checkpoint.npz").unlink(missing_ok=True)


def numbered(variables):
    """Return {"v0": array, …} of Keras or TensorFlow variables."""
    return {f"v{k}": np.asarray(variable) for k, variable in enumerate(variables)}


def assign(variables, stored):
    """Give every variable its array of {name: array}, which is in the same order."""
    for variable, array in zip(variables, stored.values(), strict=True):
        variable.assign(array)


def save(path, arrays, record):
    """Store {name: array} and a JSON-like record in one step; `np.load` reads the file too."""
    buffer = io.BytesIO()
    record = np.bytes_(json.dumps(record).encode())
    np.savez(buffer, allow_pickle=False, record=record, **arrays)
    with files.replacing(path) as temporary:
        temporary.write_bytes(buffer.getvalue() + hashlib.sha256(buffer.getvalue()).digest())


def load(path):
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


def pack(config):
    """Return {name: bytes} of a training's folder, for a store on another machine."""
    stored = folder(config).glob("[!.]*")
    return {path.name: path.read_bytes() for path in stored if path.is_file()}


def unpack(config, packed):
    """Write what `pack` returned and is not here yet."""
    for name, content in packed.items():
        if not (path := folder(config) / name).exists():
            with files.replacing(path) as temporary:
                temporary.write_bytes(content)
