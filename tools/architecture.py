"""`make architecture`: the rooms of the project and who imports whom, drawn from the imports.

It is UML's package diagram: a box names a package and its modules, a dashed arrow is an import.
The names are those of the code, so one picture serves every language.

A room is a package of `helpers`; its ground floor (single modules); its commands (single modules
that make calls); `nbtypst`; or the notebooks.
"""

import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import matplotlib.pyplot as plt

from helpers import diagram, figures, inputs, paths

PICTURE = paths.ROOT / "docs" / "architecture.svg"
GROUND, COMMANDS = "ground floor", "commands"
SCIENCES = {"residual", "images", "cardiac", "deeplab"}
# The one-way rules: what each room may import.
ALLOWED = {
    "notebooks": {*SCIENCES, "training", GROUND},
    COMMANDS: {*SCIENCES, "report", "nbtypst", GROUND},
    "residual": {"training", GROUND},
    "images": {"training", GROUND},
    "cardiac": {"training", GROUND},
    "deeplab": {"images", "training", GROUND},  # its scenes use the digits
    "training": {GROUND},
    "report": {"nbtypst", GROUND},
    "nbtypst": set(),
    GROUND: set(),
}
ROWS = [  # of the picture, from top to bottom
    [None, None, "notebooks", None, None, None],
    ["residual", "cardiac", None, COMMANDS, "report", "nbtypst"],
    [None, None, "deeplab", "images", None, None],
    [None, None, "training", None, None, None],
    [None, None, GROUND, None, None, None],
]
TINTS = {room: diagram.GREEN for room in SCIENCES} | {"notebooks": diagram.YELLOW}
TITLES = {GROUND: "helpers", COMMANDS: "python -m helpers", "notebooks": "notebooks"}


def edges_of(root: Path) -> dict[tuple[str, str], list[str]]:
    """Return {(room, room that it imports): files that do so}, of the project in a folder."""
    sources = python_below(root)
    edges: dict[tuple[str, str], list[str]] = {}
    for path, source in sources.items():
        room = room_of(path.with_suffix("").parts, sources)
        for name in inputs.imported_names(source, path.parent.parts):
            other = room_of(name, sources)
            if name[0] in ("helpers", "nbtypst") and other != room:
                edges.setdefault((room, other), []).append(path.as_posix())
    return edges


def python_below(root: Path) -> dict[Path, str]:
    """Return {file, relative to the folder: its Python} of helpers, nbtypst and notebooks."""
    files = [*root.glob("helpers/**/*.py"), *root.glob("nbtypst/**/*.py")]
    sources = {path.relative_to(root): path.read_text(encoding="utf-8") for path in sorted(files)}
    for path in sorted(root.glob("notebooks/*.ipynb")):
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
        sources[path.relative_to(root)] = "\n".join(map(inputs.python_of, code))
    return sources


def room_of(parts: Sequence[str], sources: dict[Path, str]) -> str:
    """Return the room of a module, or of a name in it, given by the parts of its dotted name."""
    if parts[0] != "helpers":
        return parts[0]
    name = parts[1] if len(parts) > 1 else "__init__"
    if Path("helpers", name, "__init__.py") in sources:
        return name
    module = sources.get(Path("helpers", f"{name}.py"), "")
    return COMMANDS if '__name__ == "__main__"' in module else GROUND


def rule_faults(edges: dict) -> list[str]:
    """Return a sentence on each import that goes against the one-way rules."""
    return [
        f"{room} must not import {other}: {', '.join(files)}"
        for (room, other), files in edges.items()
        if other not in ALLOWED.get(room, set())
    ]


def direct(edges: dict) -> list[tuple[str, str]]:
    """Return the edges that no longer way implies; only they are drawn."""

    def reaches(start: str, end: str, without: tuple[str, str]) -> bool:
        steps = [b for a, b in edges if a == start and (a, b) != without]
        return end in steps or any(reaches(step, end, without) for step in steps)

    return sorted((start, end) for start, end in edges if not reaches(start, end, (start, end)))


def modules_of(room: str) -> list[str]:
    """Return the names of a room's modules, packages' own left out."""
    sources = python_below(paths.ROOT)
    names = [path.stem for path in sources if room_of(path.with_suffix("").parts, sources) == room]
    return [name for name in names if not name.startswith("__")]


def picture_of(edges: dict) -> tuple[dict, dict]:
    """Return the picture's boxes and arrows, as `diagram.side_by_side` draws them."""
    blocks = {}
    for room in ALLOWED:
        package = room if room == "nbtypst" else f"helpers.{room}"
        words = textwrap.fill(", ".join(modules_of(room)), 24)
        title = f"«package»\n{TITLES.get(room, package)}\n{words}"
        blocks[room] = diagram.Block(title, TINTS.get(room, diagram.BLUE))
    return diagram.layout(blocks, ROWS, gap=18), dict.fromkeys(direct(edges), {"linestyle": "--"})


def write_picture(edges: dict) -> None:
    """Write the picture; its description lists what it shows, for the test that compares it."""
    figures.use_style()
    figure = diagram.side_by_side([picture_of(edges)])
    with plt.rc_context({"svg.fonttype": "none"}):  # words stay words, and the file small
        figure.savefig(PICTURE, metadata={"Date": None, "Description": describe(edges)})


def describe(edges: dict) -> str:
    """Return the rooms with their modules and the drawn edges in words."""
    rooms = [f"{room}: {', '.join(modules_of(room))}" for room in ALLOWED]
    return "; ".join([*rooms, *(f"{room} → {other}" for room, other in direct(edges))])


if __name__ == "__main__":
    imports = edges_of(paths.ROOT)
    if rule_faults(imports):
        sys.exit("\n".join(rule_faults(imports)))
    write_picture(imports)
