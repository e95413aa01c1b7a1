"""Tables of HTML to Typst: spans, colours, and columns that fit the page."""

import dataclasses
import re
from collections.abc import Callable, Iterator, Sequence

from nbtypst.commands import hexadecimal
from nbtypst.document import quote
from nbtypst.text import State
from nbtypst.tree import Node

ROOM = 48.0  # em of a table's text that a line of the page holds
INSET = 1.1  # em between two columns
SMALLEST = 0.8  # of a table's text
WORD = 24  # characters; a longer word in a cell may be broken
NARROW, WIDE = set("ijltfrI.,;:|!'()[]/ -"), set("mwMWQOGNDH@%")


@dataclasses.dataclass
class Cell:
    """A cell in its place; spans are of columns and rows."""

    x: int
    y: int
    across: int
    down: int
    node: Node
    typst: str = ""


def table(node: Node, state: State, write: Callable[[Node, State], str]) -> str:
    """Return a table; one that is too wide is set smaller, then in several parts.

    Args:
        node: the <table>.
        state: the fragment's `State`.
        write: function of a `Node` and a `State` that returns the Typst of what is in it.
    """
    state = dataclasses.replace(state, longest=WORD)
    rows = list(rows_of(node))
    cells = placed([row for row, _ in rows])
    captions = [write(Node("caption", {}, [part]), state).strip() for part in outside(node)]
    caption = "".join(f"#align(center)[{words}]\n\n" for words in captions)
    if not cells:
        return caption
    headers = header_rows(rows, cells)
    frame = "dataframe" in node.classes()
    for cell in cells:
        cell.typst = content(cell, state, write, cell.y < headers, frame)
    minimum, natural = widths(cells)
    parts = []
    for columns, size, weights in layouts(cells, minimum, natural, headers):
        parts.append(part(cells, columns, size, weights, headers))
    return caption + "\n\n".join(parts)


def outside(node: Node) -> Iterator[Node | str]:
    """Yield what stands in a table but in none of its cells: a caption, stray text."""
    for child in node.children:
        if isinstance(child, str):
            if child.strip():
                yield child
        elif child.tag in ("thead", "tbody", "tfoot", "tr"):
            yield from outside(child)
        elif child.tag not in ("td", "th", "colgroup", "col"):
            yield child


def rows_of(node: Node) -> Iterator[tuple[Node, bool]]:
    """Yield (row, whether it is one of the header) of a table, but not of tables in it."""
    if cells := [child for child in node.children if getattr(child, "tag", "") in ("td", "th")]:
        yield Node("tr", {}, cells), False  # no row was begun
    for child in node.children:
        if isinstance(child, str) or child.tag not in ("tr", "thead", "tbody", "tfoot"):
            continue
        if child.tag == "tr":
            cells = [cell for cell in child.children if isinstance(cell, Node)]
            yield child, bool(cells) and all(cell.tag == "th" for cell in cells)
        else:
            for row, _ in rows_of(child):
                yield row, child.tag == "thead"


def header_rows(rows: list, cells: list[Cell]) -> int:
    """Return how many rows are the header, with all that their cells reach; 0 if all are."""
    count, reach = 0, 0
    while reach < len(rows) and rows[reach][1]:
        reach += 1
    while count < reach:
        count = reach
        reach = max((cell.y + cell.down for cell in cells if cell.y < count), default=0)
    return count if count < len(rows) else 0


def placed(rows: list[Node]) -> list[Cell]:
    """Return the `Cell`s of rows; spans that would collide or leave the table are cut."""
    cells, taken = [], set()
    for y, row in enumerate(rows):
        x = 0
        for node in row.children:
            if isinstance(node, str) or node.tag not in ("td", "th"):
                continue
            while (x, y) in taken:
                x += 1
            across, down = span(node, "colspan", 200), span(node, "rowspan", len(rows) - y)
            while any((x + step, y) in taken for step in range(across)):
                across -= 1
            taken |= {(x + i, y + j) for i in range(across) for j in range(down)}
            inherited = {**row.style(), **node.style()}
            node.attributes["style"] = ";".join(
                f"{key}:{value}" for key, value in inherited.items()
            )
            cells.append(Cell(x, y, across, down, node))
            x += across
    return cells


def span(node: Node, name: str, most: int) -> int:
    """Return how far a cell reaches, 1 to `most`."""
    value = node.attributes.get(name, "1").strip()
    number = int(value) if value.isdecimal() and len(value) < 6 else 1
    return max(1, min(number or most, most))


def content(
    cell: Cell, state: State, write: Callable[[Node, State], str], header: bool, frame: bool
) -> str:
    """Return the end of a call of `cell`: its options and what is in it."""
    style = cell.node.style() | state.styles.get(cell.node.attributes.get("id"), {})
    typst = write(cell.node, state).strip()
    if cell.node.tag == "th" or header or style.get("font-weight") in ("bold", "700"):
        typst = f"#strong[{typst}]" if typst else ""
    if fill := hexadecimal(style.get("color", "")):
        typst = f"#text(fill: rgb({quote(fill)}))[{typst}]"
    side = style.get("text-align") or cell.node.attributes.get("align")
    if side not in ("left", "right", "center"):
        side = "right" if frame and cell.node.tag == "td" else ""
    options = f", align: {side}" if side else ""
    if ground := hexadecimal(style.get("background-color") or style.get("background") or ""):
        options += f", fill: rgb({quote(ground)})"
    return f"{options})[{typst}]"


def widths(cells: list[Cell]) -> tuple[list[float], list[float]]:
    """Return (width of the longest word, of the longest line) of each column, in em."""
    count = max(cell.x + cell.across for cell in cells)
    minimum, natural = [0.5] * count, [0.5] * count
    for cell in cells:
        picture = any(part.tag == "img" for part in cell.node.walk())
        text = cell.node.text()
        lines = [length(line) for line in text.splitlines()] or [0]
        words = [length(word[:WORD]) for word in re.split(r"[\s-]+", text)]
        word, line = (max(words), max(lines)) if not picture else (5, 15)
        for x in range(cell.x, cell.x + cell.across):
            minimum[x] = max(minimum[x], word / cell.across)
            natural[x] = max(natural[x], line / cell.across)
    return minimum, [max(pair) for pair in zip(minimum, natural, strict=True)]


def length(text: str) -> float:
    """Return about how wide a text is, in em."""
    return sum(
        0.33
        if c in NARROW
        else 0.9
        if c in WIDE
        else 1.0
        if c > "\u2e80"
        else 0.72
        if c.isupper()
        else 0.54
        for c in text.strip()
    )


def layouts(
    cells: list[Cell], minimum: list[float], natural: list[float], headers: int
) -> Iterator[tuple[Sequence[int], float, list[float] | None]]:
    """Yield (columns, size of the text, their shares of the width or none) of each part."""
    count = len(natural)
    if sum(natural) + INSET * count <= ROOM:
        yield range(count), 1.0, None
        return
    for size in (1.0, 0.9, SMALLEST):
        room = ROOM / size - INSET * count
        if sum(minimum) <= room:
            spare = (room - sum(minimum)) / max(sum(natural) - sum(minimum), 0.01)
            pairs = zip(minimum, natural, strict=True)
            yield range(count), size, [low + (high - low) * spare for low, high in pairs]
            return
    index = []  # the leading columns of headings are repeated in each part
    while len(index) < min(3, count - 1) and all(
        cell.node.tag == "th" for cell in cells if cell.x == len(index) and cell.y >= headers
    ):
        index.append(len(index))
    left = list(range(len(index), count))
    while left:
        chosen = list(index)
        while left and (len(chosen) == len(index) or fits([*chosen, left[0]], minimum)):
            chosen.append(left.pop(0))
        yield chosen, SMALLEST, None


def fits(columns: Sequence[int], minimum: list[float]) -> bool:
    """Return whether the words of columns fit a line."""
    return sum(minimum[x] + INSET for x in columns) <= ROOM / SMALLEST


def part(
    cells: list[Cell],
    columns: Sequence[int],
    size: float,
    weights: list[float] | None,
    headers: int,
) -> str:
    """Return a table of some of the columns."""
    position = {x: number for number, x in enumerate(columns)}
    header, body = [], []
    for cell in cells:
        inside = [position[x] for x in range(cell.x, cell.x + cell.across) if x in position]
        if not inside:
            continue
        x, across = inside[0], inside[-1] - inside[0] + 1
        spans = f", colspan: {across}" if across > 1 else ""
        spans += f", rowspan: {cell.down}" if cell.down > 1 else ""
        group = header if cell.y < headers else body
        group.append(f"cell(x: {x}, y: {cell.y}{spans}{cell.typst}, ")
    tracks = ", ".join(f"{weight:.2f}fr" for weight in weights) if weights else ""
    layout = f"({tracks},)" if tracks else str(len(columns))
    return f"#datatable({layout}, {size}em, ({''.join(header)}), ({''.join(body)}))"
