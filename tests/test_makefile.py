"""The Makefile: what a user sets reaches the programs as text, and what `make format` leaves.

A copy of the Makefile runs programs that print their arguments in place of Python.
"""

import os
import shutil
import subprocess
import sys

import nbformat
import pytest

from helpers import paths

NOTEBOOKS = sorted(paths.NOTEBOOKS.glob("*.ipynb"))
PRINTER = "#!/bin/sh\nprintf '%s\\n' \"$@\"\n"  # an argument a line


@pytest.fixture
def make(tmp_path):
    """Return a function that runs make there, and gives (status, what it printed, errors)."""
    shutil.copy2(paths.ROOT / "Makefile", tmp_path)
    for name in ("requirements.txt", "requirements-gpu.txt", "pyproject.toml"):
        shutil.copy2(paths.ROOT / name, tmp_path)
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("helpers", "nbtypst"):  # nbconvert loads the exporters to list them
        shutil.copytree(paths.ROOT / name, tmp_path / name, ignore=ignored)

    def run(task, program=PRINTER, environment=(), **variables):
        python = tmp_path / ".venv" / "bin" / "python"
        python.parent.mkdir(parents=True, exist_ok=True)
        python.write_text(program)
        python.chmod(0o755)
        given = [f"{name}={value}" for name, value in variables.items()]
        done = subprocess.run(
            ["make", "-s", task, *given],
            cwd=tmp_path,
            env={**os.environ, **dict(environment)},
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


@pytest.mark.parametrize(
    "value",
    [
        "smoke; touch hit & touch hit | cat > hit #",
        """smoke' ; touch hit; ' "; touch hit; \"""",
        "$(touch hit) $(shell touch hit) $$(touch hit) `touch hit`",
    ],
)
def test_a_variable_reaches_the_program_as_it_was_set(make, tmp_path, value):
    def built(profile="quick", languages="", *code):
        wanted = ["--profile", profile, "--languages", languages, *code]
        return ["-m", "helpers.build", *wanted, "--", "make", "--silent", "--no-print-directory"]

    for task, name, expected in [
        ("report", "PROFILE", built(value)),
        ("report", "REPORT_LANG", built("quick", value)),
        ("report", "CODE", built("quick", "", "--code")),
        ("report", "OFFLINE", built("quick", "", "--offline")),
        ("report", "GPU", ["tools/environment.py", "gpu", *built()]),
        ("data", "ONLY", ["-m", "helpers.fetch_data", *value.split()]),
        ("bench", "ONLY", ["-m", "benchmarks", *value.split()]),
        ("messages", "REPORT_LANG", ["-m", "tools.messages", value]),
        ("lab", "REPORT_LANG", ["-m", "tools.lab", value]),
    ]:
        for given in ({name: value}, {"environment": {name: value}}):
            status, output, errors = make(task, **given)
            assert (status, errors) == (0, ""), name
            assert output.splitlines()[-len(expected) :] == expected, name
    make("report", PYTHON=value)
    assert not list(tmp_path.rglob("hit"))


def test_the_python_that_a_user_names_sets_up_the_environment(make, tmp_path):
    (tmp_path / "named").write_text("#!/bin/sh\necho named $*")
    (tmp_path / "named").chmod(0o755)
    assert make("environment", PYTHON=str(tmp_path / "named"))[1].startswith("named tools/env")
    assert make("environment")[1] == "tools/environment.py\n"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stored_as_nbformat_writes_them(path):
    notebook = nbformat.read(path, as_version=4)
    assert path.read_text(encoding="utf-8") == nbformat.writes(notebook) + "\n"
    assert set(notebook.metadata) == {"kernelspec"}
    assert all(set(cell.metadata) <= {"tags", "jupyter"} for cell in notebook.cells)


def test_make_format_takes_out_what_a_run_leaves_and_nothing_else(make, tmp_path):
    (tmp_path / "notebooks").mkdir()
    stored = NOTEBOOKS[0].read_bytes()
    notebook = nbformat.reads(stored.decode(), as_version=4)
    notebook.metadata["language_info"] = {"name": "python", "version": "3.12.1"}
    for number, cell in enumerate(cell for cell in notebook.cells if cell.cell_type == "code"):
        cell.execution_count = number
        cell.outputs = [nbformat.v4.new_output("stream", text="1")]
        cell.metadata["execution"] = {"iopub.execute_input": "2026-01-01"}
    path = tmp_path / "notebooks" / NOTEBOOKS[0].name
    nbformat.write(notebook, path)
    status, output, errors = make(
        "format", f'#!/bin/sh\n[ "$1" != -m ] || exec {sys.executable} "$@"\n'
    )
    assert status == 0, output + errors
    assert path.read_bytes() == stored
