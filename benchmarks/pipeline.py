"""The default report in a temporary copy: its times, and the memory of all its processes."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import nbformat
import psutil

from helpers import paths

COPIED = (
    "Makefile", "helpers", "nbtypst", "notebooks", "locale", "data/weights", "report.yml",
    "pyproject.toml", "requirements.txt",
)  # fmt: skip


def rows() -> dict:
    """Return {"quick_empty_s", "quick_full_store_s", "nothing_to_do_s", "peak_gib", ...}.

    The run store is empty at first; the second run finds all trainings in it and no report; the
    third does so for English alone, the fourth finds everything, and before the fifth a sentence
    has changed. "notebooks_empty_s" and "notebooks_full_store_s" hold the seconds of each notebook.
    Memory counts pages shared among the processes once.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        for name in COPIED:
            copy_one(paths.ROOT / name, copy / name)
        empty, peak = run(copy)
        empty_each = each_notebook(copy)
        shutil.rmtree(copy / "reports")
        english, _ = run(copy, "REPORT_LANG=en")
        shutil.rmtree(copy / "reports")
        full, _ = run(copy)
        full_each = each_notebook(copy)
        nothing, _ = run(copy)
        add_sentence(copy / "notebooks" / "00_task.ipynb")
        prose, _ = run(copy)
    return {
        "quick_empty_s": empty,
        "quick_full_store_s": full,
        "nothing_to_do_s": nothing,
        "prose_change_s": prose,
        "second_language_s": round(full - english, 2),
        "peak_gib": peak,
        "notebooks_empty_s": empty_each,
        "notebooks_full_store_s": full_each,
    }


def add_sentence(path: Path) -> None:
    """Add a sentence to the last Markdown cell of a notebook."""
    notebook = nbformat.read(path, as_version=4)
    prose = [cell for cell in notebook.cells if cell.cell_type == "markdown"]
    prose[-1].source += "\n\nThis sentence is new."
    nbformat.write(notebook, path)


def each_notebook(copy: Path) -> dict[str, float]:
    """Return {notebook: seconds that it ran} from the results it left."""
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8"))["provenance"]["seconds"]
        for path in sorted((copy / "reports" / "results").glob("*.json"))
    }


def copy_one(source: Path, target: Path) -> None:
    """Copy a file or folder, with the folders above it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    (shutil.copytree if source.is_dir() else shutil.copy)(source, target)


def run(copy: Path, *variables: str) -> tuple[float, float]:
    """Run the quick report of the project in `copy`; return (seconds, peak memory in GiB)."""
    command = ["make", "report", f"RUN={sys.executable}", "PYTHON=true", *variables]
    environment = os.environ | {"CUDA_VISIBLE_DEVICES": "-1"}
    started = time.monotonic()
    process = subprocess.Popen(
        command, cwd=copy, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    peaks = [0.0]
    watcher = threading.Thread(target=watch, args=(process.pid, peaks), daemon=True)
    watcher.start()
    _, errors = process.communicate()
    seconds = time.monotonic() - started
    if process.returncode:
        raise RuntimeError(f"the report failed: {errors.decode()[-2000:]}")
    return round(seconds, 2), round(max(peaks), 2)


def watch(pid: int, peaks: list[float]) -> None:
    """Append the memory of process `pid` and its descendants, GiB, every second until it ends."""
    try:
        root = psutil.Process(pid)
        while True:
            memory = 0
            for process in [root, *root.children(recursive=True)]:
                try:
                    memory += process.memory_full_info().pss
                except psutil.NoSuchProcess:  # it ended meanwhile
                    continue
            peaks.append(memory / 2**30)
            time.sleep(1)
    except psutil.NoSuchProcess:
        return
