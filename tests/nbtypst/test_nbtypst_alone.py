"""The package by itself: nothing of this project, and no more libraries than it declares."""

import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

CODE = """
import sys
sys.modules["helpers"] = None  # importing it fails
from nbtypst.exporter import TypstPDFExporter
pdf, _ = TypstPDFExporter().from_filename("book.ipynb")
print(pdf[:4].decode(), sorted({"tensorflow", "keras", "pandas"} & set(sys.modules)))
"""


def test_a_copy_of_the_folder_sets_a_notebook(make, tmp_path):
    shutil.copytree(ROOT / "nbtypst", tmp_path / "nbtypst")
    book = make.book(make.markdown("# One\n$x$"), make.code("x", make.figure()))
    (tmp_path / "book.ipynb").write_text(json.dumps(book), encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path)}
    command = [sys.executable, "-c", CODE]
    options = {"cwd": tmp_path, "env": environment, "capture_output": True, "text": True}
    done = subprocess.run(command, **options)
    assert done.stdout == "%PDF []\n", done.stderr


def test_its_dependencies_are_among_those_of_the_project():
    own, project = (
        tomllib.loads((folder / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        for folder in (ROOT / "nbtypst", ROOT)
    )
    assert set(own["dependencies"]) <= set(project["dependencies"])
    assert own["requires-python"].split(",")[0] == project["requires-python"].split(",")[0]
    points = own["entry-points"], project["entry-points"]
    assert points[0] == points[1]
    assert not re.search("tensorflow|keras", " ".join(own["dependencies"]))
