"""What a notebook computes once for the reports in all languages."""

import os
from pathlib import Path

import joblib

from helpers import files


def once(name, function, *arguments, **options):
    """Return `function(*arguments, **options)`, or what it returned under this name before.

    `make report` keeps the values of a notebook in the folder REPORT_ONCE for its run in the next
    language, and empties it when anything else than the language has changed. In JupyterLab, where
    nothing names a folder, the function is called every time.

    Args:
        name: of the value, a file's name, unique in the notebook.
        function: returns what pickle can store, and no text in the report's language.
    """
    folder = os.environ.get("REPORT_ONCE")
    if not folder:
        return function(*arguments, **options)
    path = Path(folder) / f"{name}.joblib"
    if path.exists():
        return joblib.load(path)
    value = function(*arguments, **options)
    with files.replacing(path) as temporary:
        joblib.dump(value, temporary)
    return value
