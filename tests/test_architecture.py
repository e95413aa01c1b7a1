"""Rooms import one way, and the picture of them is that of the imports."""

import ast
import itertools
import json
import re
from collections import Counter

import pytest

from helpers import diagram, paths
from tools import architecture

SHARED = {"main", "__init__", "__main__"}  # every command and every package has its own
# Names that two rooms, which do not import each other, still use each for a thing of its own.
STILL_SHARED = {
    "assign", "load", "score",
}  # fmt: skip


@pytest.fixture(scope="module")
def edges():
    return architecture.edges_of(paths.ROOT)


def test_imports_keep_to_the_one_way_rules(edges):
    assert ("deeplab", "training") in edges and ("report", "nbtypst") in edges
    assert architecture.rule_faults(edges) == []


def test_the_picture_shows_the_imports(edges):
    """`make architecture` draws it anew."""
    svg = architecture.PICTURE.read_text(encoding="utf-8")
    described = re.search(r"<dc:description>(.*?)</dc:description>", svg, re.DOTALL)[1]
    assert described == architecture.describe(edges)


def test_the_picture_has_every_room_once():
    drawn = [room for room in itertools.chain(*architecture.ROWS) if room]
    assert sorted(drawn) == sorted(architecture.ALLOWED)
    packages = {path.parent.name for path in paths.ROOT.glob("helpers/*/__init__.py")}
    assert packages <= set(drawn)


def test_no_arrow_runs_through_a_room(edges):
    boxes, arrows = architecture.picture_of(edges)
    for start, end in arrows:
        way = diagram.route(boxes, start, end)
        assert not [room for room, box in boxes.items() if diagram.crosses(way, box)]


@pytest.fixture
def project(tmp_path):
    """A project with an empty module in each room."""
    for module in ("__init__", "files", "training/__init__", "training/grid", "cardiac/__init__",
                   "images/__init__", "images/digits", "report/__init__"):  # fmt: skip
        write(tmp_path, f"helpers/{module}.py", "")
    write(tmp_path, "helpers/build.py", 'if __name__ == "__main__":\n    pass')
    write(tmp_path, "nbtypst/markdown.py", "")
    return tmp_path


def write(root, name, content):
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


@pytest.mark.parametrize(
    ("name", "source", "edge"),
    [
        ("nbtypst/markdown.py", "from helpers import files", ("nbtypst", "ground floor")),
        ("nbtypst/markdown.py", "import helpers", ("nbtypst", "ground floor")),
        ("helpers/files.py", "import helpers.images.digits", ("ground floor", "images")),
        ("helpers/files.py", "def f():\n    from . import report", ("ground floor", "report")),
        ("helpers/files.py", "from helpers import build", ("ground floor", "commands")),
        ("helpers/training/grid.py", "from ..images import digits", ("training", "images")),
        ("helpers/cardiac/__init__.py", "from helpers.images import digits", ("cardiac", "images")),
    ],
)
def test_an_import_against_the_rules_is_named(project, name, source, edge):
    write(project, name, source)
    edges = architecture.edges_of(project)
    assert edges == {edge: [name]}
    assert architecture.rule_faults(edges) == [f"{edge[0]} must not import {edge[1]}: {name}"]


def test_a_notebook_may_import_a_science_but_not_the_report(project):
    code = {"cell_type": "code", "source": ["%time 1\n", "from helpers import images, report"]}
    write(project, "notebooks/00_a.ipynb", json.dumps({"cells": [code]}))
    edges = architecture.edges_of(project)
    assert set(edges) == {("notebooks", "images"), ("notebooks", "report")}
    assert len(architecture.rule_faults(edges)) == 1


def test_an_edge_that_a_longer_way_implies_is_not_drawn():
    edges = dict.fromkeys([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d")], ["file"])
    assert architecture.direct(edges) == [("a", "b"), ("b", "c"), ("c", "d")]


def shared(names):
    return {name for name, count in Counter(names).items() if count > 1}


def test_a_name_means_one_thing():
    """No two modules of helpers share a name, nor two of their public functions and classes."""
    files = list((paths.ROOT / "helpers").rglob("*.py"))
    packages = [path.parent.name for path in files if path.name == "__init__.py"]
    assert shared([path.stem for path in files] + packages) <= SHARED | STILL_SHARED
    statements = [node for path in files for node in ast.parse(path.read_text("utf-8")).body]
    defined = [node for node in statements if isinstance(node, ast.FunctionDef | ast.ClassDef)]
    assert shared(node.name for node in defined) <= SHARED | STILL_SHARED
