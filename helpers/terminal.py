"""The line that `make report` shows for a notebook while it runs."""

import contextlib
import os
import shutil
import sys
import threading
import time
from pathlib import Path

PLAIN_INTERVAL = 10  # seconds between lines where the output is no terminal


@contextlib.contextmanager
def display(title, last_time, channel):
    """Show how far a notebook is while the block runs; yield a function that names the step.

    In a terminal one line is redrawn twice a second; elsewhere a plain line appears for every
    step, and for the state of a long step every ten seconds.

    Args:
        title: such as "[3/6] 02_resnet_vgg_plain".
        last_time: seconds that the notebook took last time, or None. With trainings in the run
            store, or without, this time is another matter; so the line says no more than that.
        channel: path of the file that `progress.bar` writes to.
    """
    started, step, done = time.monotonic(), [""], threading.Event()
    alone = "--jobserver" not in os.environ.get("MAKEFLAGS", "")  # several share a terminal badly
    terminal = sys.stderr.isatty() and alone

    def line():
        spent = clock(time.monotonic() - started)
        before = f" (last time {clock(last_time)})" if last_time else ""
        return f"{title}  {spent}{before}  {step[0]}  {last_line(channel)}"

    def refresh():
        shown = None
        while not done.wait(0.5 if terminal else PLAIN_INTERVAL):
            if terminal:
                width = shutil.get_terminal_size().columns - 1
                print(f"\r{line()[:width]:<{width}}", end="", file=sys.stderr, flush=True)
            elif last_line(channel) != shown:
                shown = last_line(channel)
                print(line(), file=sys.stderr, flush=True)

    def name(text):
        step[0] = text
        channel.write_text("", encoding="utf-8")
        if not terminal:
            print(line(), file=sys.stderr, flush=True)

    thread = threading.Thread(target=refresh, daemon=True)
    thread.start()
    try:
        yield name
    finally:
        done.set()
        thread.join()
        if terminal:
            print("\r" + " " * (shutil.get_terminal_size().columns - 1), end="\r", file=sys.stderr)


def last_line(channel):
    """Return the last state that a bar wrote to `channel`, or an empty string."""
    with contextlib.suppress(OSError):
        states = Path(channel).read_text(encoding="utf-8").replace("\r", "\n").split("\n")
        return next((state.strip() for state in reversed(states) if state.strip()), "")
    return ""


def clock(seconds):
    """Return a duration such as 1:05 (minutes and seconds)."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"
