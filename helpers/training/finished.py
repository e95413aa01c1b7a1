"""Runs from the store: trained where it lacks them, their histories and networks read."""

import dataclasses
import itertools
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from helpers import runtime
from helpers.training import grid, spec, store

if TYPE_CHECKING:  # TensorFlow loads after `grid.worker_session` has set it up
    import keras


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


def train_all(groups: dict[str, list[spec.Run]]) -> dict[str, list[Result]]:
    """Return {name: results} of {name: runs}, each run trained unless the store has it.

    Runs alike in `Run.compilation`, such as the seeds of a network, share a process and a compiled
    network. A worker that dies has its runs done elsewhere; the results equal a serial execution's.
    """
    runs = dict.fromkeys(itertools.chain.from_iterable(groups.values()))
    results = {run: find_result(run) for run in runs}
    missing = [run for run in runs if results[run] is None]
    networks: dict[tuple, list] = {}
    for run in missing:
        networks.setdefault(run.compilation(), []).append(run)

    def iterations(some):
        return sum(run.protocol.iterations for run in some)

    longest_first = sorted(networks.values(), key=iterations, reverse=True)
    tasks = [[(run,) for run in some] for some in longest_first]
    grid.spread(train_one, tasks, iterations(missing), "training")
    for run in missing:
        results[run] = dataclasses.replace(find_result(run), cached=False)
    return {name: [results[run] for run in group] for name, group in groups.items()}


def train_one(report: Callable[[int], object], run: spec.Run) -> None:
    """Train a run in this process."""
    from helpers.training import loop

    loop.train_run(run, report)


def measure_all(pairs: Sequence[tuple[spec.Run, spec.Call]]) -> list[dict[str, np.ndarray]]:
    """Return what each measurement finds in its finished run: see `measure`."""
    missing = [pair for pair in dict.fromkeys(pairs) if not measurement_path(*pair).exists()]
    grid.spread(measure, [[pair] for pair in missing], len(missing), "measuring")
    return [measure(lambda count: None, *pair) for pair in pairs]


def measure(
    report: Callable[[int], object], run: spec.Run, measurement: spec.Call
) -> dict[str, np.ndarray]:
    """Return {name: array} that `measurement` finds in a finished run's network; report 1.

    Its function takes the trained keras.Model and the data set before its own arguments. The
    arrays are kept in the run's folder, so that each measurement is made once.
    """
    path = measurement_path(run, measurement)
    stored = store.load(path)
    values = stored[0] if stored else measurement(trained_network(run), run.data())
    if not stored:
        store.save(path, values, {})
    report(1)
    return values


def measurement_path(run: spec.Run, measurement: spec.Call) -> Path:
    """Return the file that holds a measurement of a run, whether it exists or not."""
    config = spec.config(dataclasses.asdict(measurement), measurement.function)
    return store.folder(run.config()) / f"measured-{store.key(config)}.npz"


def trained_network(run: spec.Run) -> "keras.Model":
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


def find_result(run: spec.Run) -> Result | None:
    """Return the `Result` of a finished run, or None."""
    stored = store.finished(run.config())
    return Result(run, **stored[1]) if stored else None


def store_result(run: spec.Run, history: list[dict], model: "keras.Model") -> Result:
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
