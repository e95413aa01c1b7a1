"""The run store: one folder a run under `data/runs`, named by the run's hash.

    config.json      the run as it was defined, with a digest of the code that trains it
    checkpoint.npz   while training: every variable, the momentum and the history so far
    weights.npz      when finished: the variables of the network
    history.json     when finished, written last: history, seconds, versions, device, commit

Every file takes its place whole, so a run killed at any moment resumes after its last epoch.
"""

import dataclasses
import hashlib
import itertools
import json
import statistics
import warnings
import zipfile

import numpy as np

from helpers import files, paths, runtime
from helpers.training import spec

DAMAGE = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)


@dataclasses.dataclass(frozen=True)
class Result:
    """A finished run. `history` has a row per epoch, errors as fractions."""

    run: object
    history: list
    record: dict  # seconds, versions, device, commit, parameters
    cached: bool = True

    def series(self, name):
        """Return one quantity of every epoch, such as "test_error"."""
        return [row[name] for row in self.history]

    def epoch_seconds(self):
        """Return the median time of a whole epoch and its test, the first one left out."""
        whole = max(row["iterations"] for row in self.history)
        seconds = [row["seconds"] for row in self.history if row["iterations"] == whole]
        return statistics.median(seconds[1:] or seconds)

    def images_per_second(self):
        """Return the training speed, tests included, of such an epoch."""
        whole = max(row["iterations"] for row in self.history)
        return whole * self.run.protocol.batch / self.epoch_seconds()


def folder(run):
    """Return the run's folder, whether it exists or not."""
    return paths.RUNS / run.name()


def load(run):
    """Return the `Result` of a finished run, or None.

    A damaged folder is set aside with a warning.
    """
    place = folder(run)
    if not (place / "history.json").exists():
        return None
    try:
        record = json.loads((place / "history.json").read_text(encoding="utf-8"))
        history = record.pop("history")
        if sum(row["iterations"] for row in history) != run.protocol.iterations:
            raise ValueError("the history is not complete")
        if (place / "config.json").read_text(encoding="utf-8") != run.config():
            raise ValueError("config.json is not this run's")
        with zipfile.ZipFile(place / "weights.npz") as stored:
            if stored.testzip():
                raise ValueError("weights.npz is damaged")
        return Result(run, history, record)
    except DAMAGE as error:
        set_aside(place, error)
        return None


def weights(run):
    """Return the arrays of a finished run's variables, in the model's order.

    Raises:
        FileNotFoundError: the run is not finished.
    """
    with np.load(folder(run) / "weights.npz") as stored:
        return [stored[name] for name in stored.files]


def model(run):
    """Return the trained network of a finished run."""
    network = run.network()
    for variable, value in zip(network.variables, weights(run), strict=True):
        variable.assign(value)
    return network


def resume(run, variables):
    """Set `variables` as the last finished epoch left them and return the history so far.

    A run that is new, or whose folder is damaged (set aside with a warning), has no history.
    """
    place = folder(run)
    if (place / "checkpoint.npz").exists():
        try:
            with np.load(place / "checkpoint.npz") as stored:
                history = json.loads(str(stored["history"]))
                values = [stored[f"v{k}"] for k in range(len(variables))]
            if (place / "config.json").read_text(encoding="utf-8") != run.config():
                raise ValueError("config.json is not this run's")
            for variable, value in zip(variables, values, strict=True):
                if tuple(variable.shape) != value.shape:
                    raise ValueError(
                        f"{variable.name} has shape {variable.shape}, stored {value.shape}"
                    )
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
            return history
        except DAMAGE as error:
            set_aside(place, error)
    files.write_text(place / "config.json", run.config())
    return []


def checkpoint(run, history, variables):
    """Store what the next epoch starts from."""
    with files.replacing(folder(run) / "checkpoint.npz") as temporary:
        np.savez(
            temporary,
            history=json.dumps(history),
            **{f"v{k}": variable.numpy() for k, variable in enumerate(variables)},
        )


def finish(run, history, model):
    """Store a finished run, drop its checkpoint and return its `Result`."""
    revision, dirty = runtime.commit()
    record = {
        "seconds": sum(row["seconds"] for row in history),
        "parameters": sum(int(np.prod(v.shape)) for v in model.trainable_variables),
        "kernels": [v.path for v in model.trainable_variables if len(v.shape) > 1],
        "versions": runtime.versions(),
        "device": runtime.device(),
        "commit": revision,
        "dirty": dirty,
    }
    arrays = [variable.numpy() for variable in model.variables]
    save(run, arrays, history, record)
    return Result(run, history, record, cached=False)


def save(run, arrays, history, record):
    """Store a finished run, the history last: its presence says that the rest is whole."""
    place = folder(run)
    files.write_text(place / "config.json", run.config())
    with files.replacing(place / "weights.npz") as temporary:
        np.savez(temporary, *arrays)
    files.write_text(place / "history.json", json.dumps({**record, "history": history}, indent=1))
    for leftover in [place / "checkpoint.npz", *place.glob(".checkpoint-*")]:  # of killed processes
        leftover.unlink(missing_ok=True)


def measure(run, measurement):
    """Return {name: array} that `measurement`, a `Call`, finds in a finished run's network.

    Its function takes the trained keras.Model and the data set before its own arguments. The
    arrays are kept in the run's folder, so that each measurement is made once.
    """
    path = measured_path(run, measurement)
    if path.exists():
        try:
            with np.load(path) as stored:
                return dict(stored)
        except DAMAGE as error:
            set_aside(path, error)
    values = measurement(model(run), run.data())
    with files.replacing(path) as temporary:
        np.savez(temporary, **values)
    return values


def measured_path(run, measurement):
    """Return the file that holds a measurement of a run, whether it exists or not."""
    code = spec.code_digest(measurement.function)
    text = json.dumps({**dataclasses.asdict(measurement), "code": code}, sort_keys=True)
    return folder(run) / f"measured-{hashlib.sha256(text.encode()).hexdigest()[:16]}.npz"


def pack(run):
    """Return {name: bytes} of the run's folder, for a store on another machine."""
    return {path.name: path.read_bytes() for path in folder(run).glob("[!.]*") if path.is_file()}


def unpack(run, packed):
    """Write what `pack` returned and is not here yet, the history last."""
    for name in sorted(packed, key=lambda name: name == "history.json"):
        if not (path := folder(run) / name).exists():
            with files.replacing(path) as temporary:
                temporary.write_bytes(packed[name])


def set_aside(path, error):
    """Rename a damaged file or folder out of the way, and warn."""
    for k in itertools.count(1):
        aside = path.with_name(f"{path.name}.damaged-{k}")
        if not aside.exists():
            break
    path.rename(aside)
    warnings.warn(
        f"{path} is damaged ({error}): set aside as {aside.name}, made again", stacklevel=3
    )
