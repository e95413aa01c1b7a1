"""Ours against peers and limits, side by side in one run."""

import importlib
from typing import Any


def measure(name: str) -> Any:
    """Return the rows of one module; here, not in `__main__`, where a new process finds it."""
    return importlib.import_module(f"benchmarks.{name}").rows()
