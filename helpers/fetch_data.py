"""`make data`: download, verify and unpack the real data sets; what is there stays as it is."""

import contextlib
import functools
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import requests

from helpers import download, paths
from helpers.deeplab import official
from helpers.download import DownloadError

SETS = ("deeplab-mobilenet", "deeplab", "cifar10")
SMALLEST = "mobilenetv2_coco_voctrainaug"  # the checkpoint that `make report` fetches by itself
SECONDS = 60  # that it may take


def main(wanted: list[str]) -> None:
    """Fetch the data sets `wanted`, or all; what failed is told at the end."""
    if unknown := [name for name in wanted if name not in SETS]:
        sys.exit(f"make data: ONLY may be {', '.join(SETS)}, not {' '.join(unknown)}")
    tasks = downloads(wanted or SETS)
    total = sum(megabytes for megabytes, _name, _fetch in tasks)
    print(f"{len(tasks)} downloads, {total:,} MB, into {paths.DATA}; what is there is verified")
    failures = []
    try:
        for megabytes, name, fetch in tasks:
            print(f"{name}, {megabytes} MB", flush=True)
            try:
                fetch()
            except DownloadError as error:
                failures.append(f"make data: {error}")
    except KeyboardInterrupt:
        sys.exit("make data: interrupted; run it again, it goes on from here")
    print(f"ACDC needs a registration; {paths.ROOT / 'data' / 'README.md'} says where to put it")
    if failures:
        sys.exit("\n".join(failures))


def downloads(wanted: Sequence[str]) -> list[tuple[int, str, Callable[[], Path]]]:
    """Return (MB, name, function that fetches it) of the sets `wanted`, the smallest first."""
    from helpers.images import cifar10  # with scikit-learn, which takes a second

    tasks = []
    if "cifar10" in wanted:
        tasks.append((170, "CIFAR-10", cifar10.fetch_cifar10))
    if "deeplab" in wanted or "deeplab-mobilenet" in wanted:
        for name in official.PHOTOGRAPHS:
            tasks.append((1, name, functools.partial(official.fetch_photograph, name)))
        for name, (_archive, megabytes, _checksum) in official.CHECKPOINTS.items():
            if "deeplab" in wanted or name.startswith("mobilenet"):
                tasks.append((megabytes, name, functools.partial(official.fetch_checkpoint, name)))
    return sorted(tasks, key=lambda task: task[0])


def fetch_for_report(checkpoints: list[str]) -> None:
    """Fetch the smallest checkpoint and the photographs, if `checkpoints` name it, or tell why not.

    A server must answer within `download.CONNECT` seconds, and all must come within `SECONDS`.
    """
    photographs = [name for name in official.PHOTOGRAPHS if name not in official.photographs()]
    wanted = SMALLEST.startswith(tuple(checkpoints))
    if not wanted or (official.available([SMALLEST]) and not photographs):
        return
    try:
        with time_limit(SECONDS):
            if download.mirrored(official.URL) == official.URL:
                check_answer(official.URL)
            for name in photographs:
                official.fetch_photograph(name)
            official.fetch_checkpoint(SMALLEST)
    except DownloadError as error:
        print(
            f"make report: DeepLab's checkpoint and photographs did not come, the report is set "
            f"without them (OFFLINE=1 does not ask): {error}",
            file=sys.stderr,
        )


def check_answer(url: str) -> None:
    """Raise DownloadError unless a server answers within `download.CONNECT` seconds.

    It is asked in a thread that may be left behind: no limit holds for the look-up of its name.
    """
    fault = [f"no answer within {download.CONNECT} seconds"]

    def ask():
        try:
            requests.head(url, timeout=download.CONNECT)
            fault.clear()
        except requests.RequestException as error:
            fault[0] = str(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(download.CONNECT)
    if fault:
        raise DownloadError(fault[0])


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Stop the block with a DownloadError after some seconds; for a process's main thread."""

    def stop(_signal, _frame):
        raise DownloadError(f"{seconds} seconds were over; `make data` continues what has begun")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


if __name__ == "__main__":
    main(sys.argv[1:])
