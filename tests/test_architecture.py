"""The rooms import one way, and docs/architecture.md draws what they import."""

import ast
import graphlib
import re

from helpers import inputs, paths, profiles

TASKS = {"build.py", "run.py", "lab.py", "fetch_data.py"}
SCIENCES = {"residual", "images", "cardiac", "deeplab"}


def room(path):
    """Return the room of a file of the project."""
    folder, *rest = path.relative_to(paths.ROOT).parts
    if folder != "helpers":
        return folder
    if len(rest) > 1:
        return rest[0]
    return "tasks" if rest[0] in TASKS else "ground"


def imported_rooms(source):
    """Return the rooms that Python source imports."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names += [f"{node.module}.{alias.name}" for alias in node.names]
    rooms = set()
    for name in names:
        package, *rest = name.split(".")
        if package == "nbtypst":
            rooms.add(package)
        elif package == "helpers":
            folder = paths.ROOT / "helpers" / rest[0]
            rooms.add(
                room(folder / "__init__.py" if folder.is_dir() else folder.with_suffix(".py"))
            )
    return rooms


def graph():
    """Return {room: rooms that it imports} of the project's code."""
    imports = {}
    for folder in ("helpers", "nbtypst", "benchmarks"):
        for path in (paths.ROOT / folder).rglob("*.py"):
            found = imported_rooms(path.read_text(encoding="utf-8"))
            imports.setdefault(room(path), set()).update(found - {room(path)})
    for path in profiles.notebooks():
        for cell in profiles.cells(path):
            if cell["cell_type"] == "code":
                source = inputs.python_of("".join(cell["source"]))
                imports.setdefault("notebooks", set()).update(imported_rooms(source))
    return imports


def test_the_picture_is_drawn_from_the_imports():
    text = (paths.ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawn = set(re.findall(r"^    (\w+) --> (\w+)$", text, re.MULTILINE))
    assert drawn == {(one, other) for one, others in graph().items() for other in others}


def test_imports_go_one_way():
    imports = graph()
    assert list(graphlib.TopologicalSorter(imports).static_order())  # raises CycleError
    assert imports["ground"] == imports["nbtypst"] == set()
    for science in SCIENCES:
        assert not imports[science] & (SCIENCES | {"report", "tasks"})
