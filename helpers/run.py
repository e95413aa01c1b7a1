"""Running one notebook for the report: progress while it runs, one clear message when it fails."""

import argparse
import os
import sys
import tempfile
import time

import jupyter_client
import nbclient.exceptions
import nbformat
import nbformat.sign
import papermill
import traitlets.config

from helpers import bundles, inputs, numbering, paths, profiles, terminal

KERNEL_LOG = paths.REPORTS / "kernel.log"


class NotebookFailed(Exception):
    """A cell raised or the kernel died; the message names notebook, cell and exception."""


class LoggedKernelManager(jupyter_client.AsyncKernelManager):
    """Keeps what a kernel's libraries write past Python off the terminal, in reports/kernel.log."""

    async def _async_start_kernel(self, **options):
        with open(KERNEL_LOG, "w", encoding="utf-8") as log:
            await super()._async_start_kernel(stdout=log, stderr=log, **options)

    start_kernel = _async_start_kernel


def main():
    """Run a notebook unless what it was made from is the same, and record what it used."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("name", help="such as 03_cardiac_vae")
    name = parser.parse_args().name
    copy = paths.EXECUTED / f"{name}.ipynb"
    record = inputs.present(name, inputs.of_notebook)
    reason = inputs.difference(record["made"], record["now"])
    if not reason:  # only a time stamp is newer
        inputs.write(name, record)
        copy.touch()
        return
    names = [notebook.stem for notebook in profiles.notebooks()]
    title = f"[{names.index(name) + 1}/{len(names)}] {name}"
    tell(f"{title}: {reason}")
    log = paths.INPUTS / f"{name}.used"
    log.unlink(missing_ok=True)
    started = time.monotonic()
    try:
        book = execute(name, record["parameters"], title, log, record["seconds"])
    except NotebookFailed as error:
        sys.exit(f"make report: {error}")
    except KeyboardInterrupt:
        sys.exit(1)
    seconds = round(time.monotonic() - started, 1)
    used = sorted(set(log.read_text(encoding="utf-8").split("\n")) - {""}) if log.exists() else []
    log.unlink(missing_ok=True)
    outputs = [output for cell in book.cells for output in cell.get("outputs", [])]
    texts = sorted({text for output in outputs for text in bundles.texts_drawn(output)})
    inputs.finish(name, record, used=used, texts=texts, seconds=seconds)
    copy.touch()  # newer than its record
    tell(f"{title}: done in {seconds:.0f} s")


def execute(name, parameters, title, log, last_time=None):
    """Run a stored notebook, leave the executed copy in reports/notebooks/, and return it.

    Until it has finished, and for good if it fails, the copy is in `failed/` there.

    Args:
        name: such as "03_cardiac_vae".
        parameters: {name: value} for its parameters cell.
        title: what the progress line begins with.
        log: file for what the notebook uses; named in the environment, it tells that make runs it.
        last_time: seconds that it took last time, if known.

    Raises:
        NotebookFailed: a cell raised, or the kernel died.
    """
    partial = paths.EXECUTED / "failed" / f"{name}.ipynb"
    partial.parent.mkdir(parents=True, exist_ok=True)
    channel = paths.INPUTS / f"{name}.progress"
    os.environ.update(  # the kernel inherits them
        REPORT_PROGRESS=str(channel),
        REPORT_RUN=str(log),
        REPORT_LANG="en",
        PYTHONPATH=str(paths.ROOT),
    )
    book = nbformat.read(paths.NOTEBOOKS / f"{name}.ipynb", as_version=4)
    cells = len(book.cells) + 1  # papermill adds one
    running = "the first cell"

    def on_cell_start(cell, cell_index):
        nonlocal running
        if cell["cell_type"] == "code":
            running = f"cell {cell_index + 1} `{first_code_line(cell['source'])}`"
            show(f"cell {cell_index + 1}/{cells}")

    try:
        with (
            terminal.display(title, last_time, channel) as show,
            tempfile.TemporaryDirectory(prefix="kernel-") as folder,
        ):
            book = papermill.execute_notebook(
                book,
                partial,
                parameters,
                kernel_name="python3",
                language="python",
                cwd=paths.NOTEBOOKS,
                progress_bar=False,
                config=sockets_in(folder),
                kernel_manager_class=LoggedKernelManager,
                on_cell_start=on_cell_start,
            )
    except papermill.PapermillExecutionError as error:
        reason = f"{error.ename}: {error.evalue}"
    except nbclient.exceptions.DeadKernelError:
        reason = f"the kernel died; was there enough memory? Its last words: {KERNEL_LOG.name}"
    else:
        book = numbering.numbered(book, name)
        nbformat.write(book, partial)
        nbformat.sign.NotebookNotary().sign(book)  # or JupyterLab would hide its drawings
        partial.replace(paths.EXECUTED / f"{name}.ipynb")
        channel.unlink(missing_ok=True)
        return book
    raise NotebookFailed(
        f"{name}.ipynb failed in {running}\n  {reason}\n"
        f"  The notebook up to there: {inputs.named(partial)}"
    )


def sockets_in(folder):
    """Return the configuration of a kernel that talks through files there, not through TCP ports.

    So nobody else can listen in; in a folder of their own, kernels side by side do not meet.
    """
    kernel = {"transport": "ipc", "ip": f"{folder}/socket"}
    return traitlets.config.Config({"KernelManager": kernel})


def first_code_line(source):
    """Return the first line of a cell that is neither empty nor a comment."""
    lines = [line.strip() for line in source.splitlines()]
    return next((line for line in lines if line and not line.startswith("#")), "")


def tell(message):
    """Print a line of progress to standard error."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
