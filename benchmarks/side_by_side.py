"""Sides that take turns: each runs in a process of its own, so that none disturbs another."""

import os
import shlex
import statistics
import subprocess
import sys
from typing import Any

from helpers import paths

NO_TORCH = "PyTorch is no dependency: name an interpreter that has it in TORCH_PYTHON"


def torch_interpreter() -> str | None:
    """Return the path of a Python that imports PyTorch, or None; TORCH_PYTHON may name one."""
    for python in filter(None, (os.environ.get("TORCH_PYTHON"), sys.executable)):
        if subprocess.run([python, "-c", "import torch"], capture_output=True).returncode == 0:
            return python
    return None


def alternate(
    script: str, sides: dict[str, str], argument: str | int, rounds: int
) -> dict[str, list[float]]:
    """Return {side: what it measured in each round}; the first round warms up.

    Args:
        script: path of a file that, called with a side and the argument, prints a number for
            every line that it reads.
        sides: {name: interpreter}. "stock" and "demo" run without our TensorFlow settings.
        argument: passed on to every side.
        rounds: number of turns that count.

    Raises:
        RuntimeError: a side ended early; the message is the command to see why.
    """
    workers = {side: start(script, side, argument, python) for side, python in sides.items()}
    measured: dict[str, list[float]] = {side: [] for side in sides}
    try:
        for _ in range(rounds + 1):
            for side, worker in workers.items():
                measured[side].append(turn(worker))
    finally:
        for worker in workers.values():
            worker.terminate()
            worker.communicate()  # waits for its end and closes its pipes
    return {side: numbers[1:] for side, numbers in measured.items()}


def start(script: str, side: str, argument: str | int, python: str) -> subprocess.Popen:
    """Start the process of one side."""
    environment = os.environ | {"PYTHONPATH": str(paths.ROOT), "CUDA_VISIBLE_DEVICES": "-1"}
    if side in ("stock", "demo"):
        environment.pop("TF_ENABLE_ONEDNN_OPTS", None)
    return subprocess.Popen(
        [python, script, side, str(argument)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        text=True, env=environment,
    )  # fmt: skip


def turn(worker: Any) -> float:
    """Let a process take its turn and return the number that it prints."""
    try:
        worker.stdin.write("go\n")
        worker.stdin.flush()
        return float(worker.stdout.readline())  # an empty line: it has ended
    except (BrokenPipeError, ValueError) as error:
        command = f"echo go | PYTHONPATH=. {shlex.join(worker.args)}"
        raise RuntimeError(f"a side gave no number; see why: {command}") from error


def compare(measured: dict[str, list[float]], peer: str, unit: str) -> dict:
    """Return a row's figures: the medians of both sides and of their ratio, and its range.

    The ratio is above 1 where ours is better: for times the peer's over ours, for speeds (units
    that end in "/s") ours over the peer's.
    """
    pairs = list(zip(measured["ours"], measured[peer], strict=True))
    ratios = [mine / theirs if unit.endswith("/s") else theirs / mine for mine, theirs in pairs]
    return {
        "ours": statistics.median(measured["ours"]),
        "peer": statistics.median(measured[peer]),
        "unit": unit,
        "ratio": statistics.median(ratios),
        "low": min(ratios),
        "high": max(ratios),
    }
