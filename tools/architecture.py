"""`make architecture`: the rooms of the project and who imports whom, drawn from the imports.

A room is a package of `helpers`; its ground floor (single modules); its commands (single modules
that make calls); `nbtypst`; or the notebooks.
"""

import ast
import json
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

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
TEXTS = {
    "notebooks": "Prose, parameters, calls.",
    COMMANDS: "Modules of helpers that make calls.",
    GROUND: "Modules of helpers that know no science.",
}


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


def picture_of(edges: dict) -> tuple[dict, dict]:
    """Return the picture's boxes and arrows, as `diagram.side_by_side` draws them."""
    blocks = {}
    for room in ALLOWED:
        words = textwrap.fill(TEXTS.get(room) or first_sentence(room), 20)
        blocks[room] = diagram.Block(f"{room.upper()}\n{words}", TINTS.get(room, diagram.BLUE))
    return diagram.layout(blocks, ROWS, gap=18), {edge: {} for edge in direct(edges)}


def write_picture(edges: dict) -> None:
    """Write the picture; its description lists the edges, for the test that compares them."""
    figures.use_style()
    figure = diagram.side_by_side([picture_of(edges)])
    figure.savefig(PICTURE, metadata={"Date": None, "Description": describe(edges)})


def first_sentence(room: str) -> str:
    """Return the first line of a package's docstring."""
    package = Path("nbtypst" if room == "nbtypst" else f"helpers/{room}", "__init__.py")
    tree = ast.parse((paths.ROOT / package).read_text(encoding="utf-8"))
    return (ast.get_docstring(tree) or "").partition("\n")[0]


def describe(edges: dict) -> str:
    """Return the drawn edges in words, such as "cardiac → training; deeplab → training"."""
    return "; ".join(f"{room} → {other}" for room, other in direct(edges))


if __name__ == "__main__":
    imports = edges_of(paths.ROOT)
    if rule_faults(imports):
        sys.exit("\n".join(rule_faults(imports)))
    write_picture(imports)
