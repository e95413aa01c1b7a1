"""Running one notebook for the report: progress while it runs, one clear message when it fails."""

import os
import sys
import tempfile
import time
from pathlib import Path

import jupyter_client
import nbclient.exceptions
import nbformat
import nbformat.sign
import papermill
import traitlets.config

from helpers import bundles, inputs, numbering, paths, profiles, progress

KERNEL_LOG = paths.REPORTS / "kernel.log"


class LoggedKernelManager(jupyter_client.AsyncKernelManager):
    """Keeps what a kernel's libraries write past Python off the terminal, but not its bars."""

    async def _async_start_kernel(self, **options):
        terminal = os.dup(2)
        os.environ["REPORT_PROGRESS"] = str(terminal)
        with open(KERNEL_LOG, "w", encoding="utf-8") as log:
            options |= {"stdout": log, "stderr": log, "pass_fds": [terminal]}
            # nor into the notebook: its own processes, training side by side, write there too
            options["extra_arguments"] = ["--IPKernelApp.capture_fd_output=False"]
            await super()._async_start_kernel(**options)

    start_kernel = _async_start_kernel


def main() -> None:
    """Run a notebook unless what it was made from is the same, and record what it used."""
    name = sys.argv[1]  # such as "03_cardiac_vae"
    copy = paths.EXECUTED / f"{name}.ipynb"
    record = inputs.current_record(name)
    code = inputs.of_code(name, record["parameters"])
    reason = inputs.difference(record["made"], record["now"])
    if not reason:  # only a time stamp is newer
        inputs.write_record(name, record)
        copy.touch()
        return
    names = [notebook.stem for notebook in profiles.notebooks()]
    title = f"[{names.index(name) + 1}/{len(names)}] {name}"
    print(f"{title}: {reason}", file=sys.stderr, flush=True)
    started, log = time.monotonic(), paths.INPUTS / f"{name}.used"
    log.write_text("", encoding="utf-8")
    try:
        book = execute(name, record["parameters"], title, log, record["seconds"])
    except KeyboardInterrupt:
        sys.exit(1)
    record["seconds"] = round(time.monotonic() - started, 1)
    record["used"] = sorted(set(log.read_text(encoding="utf-8").splitlines()))
    log.unlink()
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    record["texts"] = sorted({text for each in outputs for text in bundles.texts_drawn(each)})
    inputs.record_run(name, record, code)
    copy.touch()  # newer than its record
    print(f"{title}: done in {record['seconds']:.0f} s", file=sys.stderr, flush=True)


def execute(
    name: str, parameters: dict, title: str, log: Path, last_time: float | None
) -> nbformat.NotebookNode:
    """Run a stored notebook, leave the executed copy in reports/notebooks/, and return it.

    Until it has finished, and for good if it fails, the copy is in `failed/` there.

    Args:
        name: such as "03_cardiac_vae".
        parameters: {name: value} for its parameters cell.
        title: what the progress line begins with.
        log: file for what the notebook uses; named in the environment, it tells that make runs it.
        last_time: seconds that it took last time, if known.

    Raises:
        SystemExit: a cell raised, or the kernel died; the message names notebook, cell and reason.
    """
    partial = paths.EXECUTED / "failed" / f"{name}.ipynb"
    partial.parent.mkdir(parents=True, exist_ok=True)
    os.environ |= {  # the kernel inherits them
        "REPORT_RUN": str(log),
        "REPORT_LANG": "en",
        "PYTHONPATH": os.pathsep.join([str(paths.ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    book = nbformat.read(paths.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    running = "the first cell"

    def on_cell_start(cell, cell_index):
        nonlocal running
        if cell["cell_type"] == "code":
            running = f"cell {cell_index + 1} `{first_code_line(cell['source'])}`"
            bar.update(cell_index + 1 - bar.n)

    try:
        with (
            progress.cell_bar(title, len(book.cells) + 1, last_time) as bar,  # papermill adds one
            tempfile.TemporaryDirectory(prefix="kernel-") as folder,
        ):
            # Through files of its own folder, not through TCP ports, nobody else can listen in,
            # and kernels side by side do not meet.
            sockets = {"transport": "ipc", "ip": f"{folder}/socket"}
            options = {
                "cwd": paths.NOTEBOOKS,
                "config": traitlets.config.Config({"KernelManager": sockets}),
                "kernel_manager_class": LoggedKernelManager,
                "on_cell_start": on_cell_start,
                "progress_bar": False,
            }
            book = papermill.execute_notebook(book, partial, parameters, **options)
    except papermill.PapermillExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except nbclient.exceptions.DeadKernelError:
        reason = f"the kernel died; was there enough memory? Its last words: {KERNEL_LOG.name}"
    else:
        book = numbering.with_numbers(book, name)
        nbformat.write(book, partial)
        nbformat.sign.NotebookNotary().sign(book)  # or JupyterLab would hide its drawings
        partial.replace(paths.EXECUTED / f"{name}.ipynb")
        return book
    sys.exit(
        f"make report: {name}.ipynb failed in {running}\n  {reason}\n"
        f"  The notebook up to there: {inputs.relative_name(partial)}"
    )


def first_code_line(source: str) -> str:
    """Return the first line of a cell that is neither empty nor a comment."""
    lines = [line.strip() for line in source.splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")


if __name__ == "__main__":
    main()
