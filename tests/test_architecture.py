"""Rooms import one way, and the picture of them is that of the imports."""

import itertools
import json
import re

import pytest

from helpers import diagram, paths
from tools import architecture


@pytest.fixture(scope="module")
def edges():
    return architecture.edges_of(paths.ROOT)


def test_imports_keep_to_the_one_way_rules(edges):
    assert ("deeplab", "training") in edges and ("report", "nbtypst") in edges
    assert architecture.faults(edges) == []


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
    boxes, arrows = architecture.graph_of(edges)
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
    assert architecture.faults(edges) == [f"{edge[0]} must not import {edge[1]}: {name}"]


def test_a_notebook_may_import_a_science_but_not_the_report(project):
    code = {"cell_type": "code", "source": ["%time 1\n", "from helpers import images, report"]}
    write(project, "notebooks/00_a.ipynb", json.dumps({"cells": [code]}))
    edges = architecture.edges_of(project)
    assert set(edges) == {("notebooks", "images"), ("notebooks", "report")}
    assert len(architecture.faults(edges)) == 1


def test_an_edge_that_a_longer_way_implies_is_not_drawn():
    edges = dict.fromkeys([("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("a", "d")], ["file"])
    assert architecture.direct(edges) == [("a", "b"), ("b", "c"), ("c", "d")]
