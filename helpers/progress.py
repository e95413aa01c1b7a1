"""Progress of long work: bars in notebooks, and under `make report` in its terminal or log."""

import os
import sys
import types
from typing import IO, Any

import tqdm
import tqdm.auto

LOG_INTERVAL = 10  # seconds between the states of a bar in a log


def bar(total: int | None, description: str, unit: str = "epoch") -> tqdm.tqdm:
    """Return a tqdm bar to `update()`, and to use as a context manager.

    Under `make report` the notebook's own output must stay clean, so the bar is written to the
    file descriptor REPORT_PROGRESS, which is the standard error of make.
    """
    descriptor = os.environ.get("REPORT_PROGRESS")
    if not descriptor:
        return tqdm.auto.tqdm(total=total, desc=description, unit=unit, leave=False)
    stream = open(int(descriptor), "w", encoding="utf-8", buffering=1, closefd=False)
    layout = "{desc} {n_fmt}/{total_fmt} {unit}, {elapsed}<{remaining}"
    return make_bar(stream, 1, bar_format=layout, total=total, desc=description, unit=unit)


def cell_bar(title: str, total: int, last_time: float | None) -> tqdm.tqdm:
    """Return the bar that counts the `total` cells of a notebook which `make report` runs.

    The seconds that it took last time, if known, are told as such: with trainings in the run store,
    or without, this time is another matter.
    """
    before = f" (last time {tqdm.tqdm.format_interval(last_time)})" if last_time else ""
    layout = f"{{desc}}  {{elapsed}}{before}  cell {{n_fmt}}/{{total_fmt}}"
    return make_bar(sys.stderr, 0, bar_format=layout, total=total, desc=title)


def make_bar(stream: IO[str], position: int, **options: Any) -> tqdm.tqdm:
    """Return a bar on a terminal's line `position`; in a log, each of its states is a line."""
    alone = "--jobserver" not in os.environ.get("MAKEFLAGS", "")  # several share a terminal badly
    options |= {"leave": False, "miniters": 1}
    if stream.isatty() and alone:
        return tqdm.tqdm(file=stream, position=position, mininterval=0.5 * position, **options)

    def write(text):
        if state := text.strip():  # not what would erase it
            stream.write(f"{state}\n")

    log = types.SimpleNamespace(write=write, flush=stream.flush)
    return tqdm.tqdm(file=log, mininterval=LOG_INTERVAL * position, **options)
