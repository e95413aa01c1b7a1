"""Finished runs: their histories, their networks, and what is measured in them."""

import dataclasses
import statistics
from pathlib import Path

import keras
import numpy as np

from helpers import runtime
from helpers.training import spec, store


@dataclasses.dataclass(frozen=True)
class Result:
    """A finished run. `history` has a row per epoch, errors as fractions."""

    run: spec.Run
    history: list[dict]
    record: dict  # seconds, versions, device, commit, parameters
    cached: bool = True

    def series(self, name: str) -> list:
        """Return one quantity of every epoch, such as "train_error"; None where it was not kept."""
        return [row.get(name) for row in self.history]

    def per_iteration(self, name: str) -> np.ndarray:
        """Return "losses" or "errors" of every batch as it was trained on, (iterations,)."""
        return np.concatenate(self.series(name))

    def images_per_second(self) -> float:
        """Return the median training speed of whole epochs, tests included, without the first."""
        most = max(self.series("iterations"))
        whole = [row for row in self.history if row["iterations"] == most]
        rates = [row["images"] / row["seconds"] for row in whole]
        return statistics.median(rates[1:] or rates)


def find_result(run: spec.Run) -> Result | None:
    """Return the `Result` of a finished run, or None."""
    stored = store.finished(run.config())
    return Result(run, **stored[1]) if stored else None


def store_result(run: spec.Run, history: list[dict], model: keras.Model) -> Result:
    """Store a run whose training has ended, and return its `Result`."""
    revision, dirty = runtime.commit()
    record = {
        "seconds": sum(row["seconds"] for row in history),
        "parameters": sum(int(np.prod(v.shape)) for v in model.trainable_variables),
        "versions": runtime.versions(),
        "device": runtime.device(),
        "commit": revision,
        "dirty": dirty,
    }
    store.finish(run.config(), model.variables, history=history, record=record)
    return Result(run, history, record, cached=False)


def trained_network(run: spec.Run) -> keras.Model:
    """Return the keras.Model of a finished run.

    Raises:
        FileNotFoundError: the run is not finished.
    """
    stored = store.finished(run.config())
    if not stored:
        raise FileNotFoundError(f"{store.folder(run.config())} holds no finished run: train it")
    model = run.network()
    store.assign(model.variables, stored[0])
    return model


def measure(run: spec.Run, measurement: spec.Call) -> dict[str, np.ndarray]:
    """Return {name: array} that `measurement` finds in a finished run's network.

    Its function takes the trained keras.Model and the data set before its own arguments. The
    arrays are kept in the run's folder, so that each measurement is made once.
    """
    path = measurement_path(run, measurement)
    if stored := store.load(path):
        return stored[0]
    values = measurement(trained_network(run), run.data())
    store.save(path, values, {})
    return values


def measurement_path(run: spec.Run, measurement: spec.Call) -> Path:
    """Return the file that holds a measurement of a run, whether it exists or not."""
    config = spec.config(dataclasses.asdict(measurement), measurement.function)
    return store.folder(run.config()) / f"measured-{store.key(config)}.npz"
