"""A copy of the project as a fresh clone has it, and make in it."""

import os
import shutil
import subprocess
import sys

from helpers import paths


def copy_project(root):
    """Copy the tracked and the not ignored files into a new folder."""
    listed = subprocess.run(
        ["git", "-C", paths.ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        if (paths.ROOT / name).is_file():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(paths.ROOT / name, root / name)


def make_report(root, *variables, **environment):
    """Run `make report PROFILE=smoke` with this environment's Python; return what it printed.

    Two notebooks run side by side: where one waits for its kernel, the other computes.
    """
    python = ["PYTHON=true", f'RUN="{sys.executable}"']
    command = ["make", "-j2", "report", "PROFILE=smoke", *python, *variables]
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    done = subprocess.run(
        command, cwd=root, env=outside | environment, text=True, capture_output=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
