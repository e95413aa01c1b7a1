"""Running one notebook with papermill: progress while it runs, one clear message when it fails."""

import os

import jupyter_client
import nbclient.exceptions
import nbformat
import papermill
import traitlets.config

from helpers import paths, progress
from helpers.report import translation

# Sockets in the file system instead of TCP ports: nobody else can listen in.
KERNEL_LOG = paths.REPORTS / "kernel.log"
LOCAL = traitlets.config.Config({"KernelManager": {"transport": "ipc"}})


class NotebookFailed(Exception):
    """A cell raised or the kernel died; the message names notebook, cell and exception."""


class LoggedKernelManager(jupyter_client.AsyncKernelManager):
    """Keeps what a kernel's libraries write past Python off the terminal, in reports/kernel.log."""

    async def _async_start_kernel(self, **options):
        with open(KERNEL_LOG, "a", encoding="utf-8") as log:
            await super()._async_start_kernel(stdout=log, stderr=log, **options)

    start_kernel = _async_start_kernel


def execute(notebook, output, parameters, language, title, once, last_time=None):
    """Run `notebook` and leave the executed copy at `output`.

    Until it has finished, and for good if it fails, the copy is `failed/<name>` beside `output`.

    Args:
        notebook: path of a stored notebook.
        output: path of the executed one.
        parameters: {name: value} for its parameters cell.
        language: "en" or "ru", for what figures and computed sentences say.
        title: what the progress line begins with.
        once: folder of the values that the notebook computes for all languages.
        last_time: seconds that it took last time, if known.

    Raises:
        NotebookFailed: a cell raised, or the kernel died.
    """
    partial = output.parent / "failed" / output.name
    partial.parent.mkdir(parents=True, exist_ok=True)
    channel = paths.REPORTS / "progress.txt"
    KERNEL_LOG.unlink(missing_ok=True)
    os.environ.update(  # the kernel inherits them
        REPORT_PROGRESS=str(channel),
        REPORT_LANG=language,
        REPORT_ONCE=str(once),
        PYTHONPATH=str(paths.ROOT),
    )
    book, left = translation.copy(notebook, language)
    if left:
        print(f"{title}: {len(left)} texts are still in English; make messages lists them")
    book = nbformat.from_dict(book)
    cells = len(book.cells) + 1  # papermill adds one
    running = "the first cell"

    def on_cell_start(cell, cell_index):
        nonlocal running
        if cell["cell_type"] == "code":
            running = f"cell {cell_index + 1} `{first_line(cell['source'])}`"
            show(f"cell {cell_index + 1}/{cells}")

    try:
        with progress.display(title, last_time, channel) as show:
            papermill.execute_notebook(
                book,
                partial,
                parameters,
                kernel_name="python3",
                cwd=paths.NOTEBOOKS,
                progress_bar=False,
                config=LOCAL,
                kernel_manager_class=LoggedKernelManager,
                on_cell_start=on_cell_start,
            )
    except papermill.PapermillExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except nbclient.exceptions.DeadKernelError:
        reason = f"the kernel died; was there enough memory? Its last words: {KERNEL_LOG.name}"
    else:
        partial.replace(output)
        return
    where = partial.relative_to(paths.ROOT)
    raise NotebookFailed(
        f"{notebook.name} failed in {running}\n  {reason}\n  The notebook up to there: {where}"
    )


def first_line(source):
    """Return the first line of a cell that is neither empty nor a comment."""
    lines = [line.strip() for line in source.splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")
