"""Ours against peers and limits, side by side in one run."""

import importlib


def measure(name: str) -> list[dict] | dict:
    """Return what a module's `rows` does; here, not in `__main__`, where a new process finds it."""
    return importlib.import_module(f"benchmarks.{name}").rows()
