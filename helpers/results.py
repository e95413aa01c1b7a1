"""The numbers of the report: one JSON file a notebook, read by prose, conclusions and exporter.

What `make report` runs writes to reports/results/; a notebook run by hand, in JupyterLab or on the
command line, writes to reports/by_hand/ and leaves the report's numbers alone.
"""

import datetime
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from helpers import files, inputs, paths, runtime


def dump(session: runtime.Session, values: dict, data: Sequence[dict] = ()) -> None:
    """Store values (JSON's or NumPy's), parameters and provenance as `<notebook>.json`.

    `data` are the sources used, from `source`.

    Raises:
        ValueError: a number is NaN or infinite; the message names the file.
    """
    path = folders()[0] / f"{session.notebook}.json"
    seconds = (datetime.datetime.now(datetime.UTC) - session.started).total_seconds()
    provenance = session.provenance | {"seconds": round(seconds, 1), "data": list(data)}
    record = values | {"parameters": session.parameters, "provenance": provenance}
    try:
        text = json.dumps(record, indent=1, default=plain, allow_nan=False, ensure_ascii=False)
    except ValueError as error:
        raise ValueError(f"{path.name}: results hold a NaN or infinite number: {error}") from error
    files.write_text(path, text + "\n")


def read_results(notebook: str) -> dict:
    """Return the results of `notebook`; by hand, those of a run by hand before the report's.

    Raises:
        FileNotFoundError: that notebook has not run yet.
    """
    for path in (folder / f"{notebook}.json" for folder in folders()):
        if path.exists():
            return json.loads(inputs.used(path).read_text(encoding="utf-8"))
    raise FileNotFoundError(f"{path} is missing: run notebooks/{notebook}.ipynb, or make report")


def folders() -> list[Path]:
    """Return the folders to read results from, the first of them to write to."""
    return [paths.RESULTS] if "REPORT_RUN" in os.environ else [paths.BY_HAND, paths.RESULTS]


def source(name: str, origin: str, array: np.ndarray) -> dict[str, str]:
    """Describe a data source: its name, where it comes from, and the SHA-256 of an array of it."""
    digest = hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
    return {"name": name, "source": origin, "sha256": digest}


def plain(value: object) -> object:
    """Turn a NumPy value into what JSON can hold."""
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} cannot be stored as a result: {value!r}")
