"""Tables of HTML to Typst: spans, colours, and columns that fit the page."""

import dataclasses
import functools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from nbtypst.compiler import font_folder
from nbtypst.document import Fragment
from nbtypst.text import hexadecimal, quote
from nbtypst.tree import Node

ROOM = 48.0  # em of a table's text that a line of the page holds
TURNED = 73.0  # that a line of the turned page holds
INSET = 1.1  # em between two columns
SMALLEST = 0.8  # of a table's text
LONG = 12  # rows; a wide table of more is worth a turned page
WORD = 24  # characters; a longer word in a cell may be broken
Write = Callable[[Node, Fragment], str]  # the Typst of what is in an element


@dataclasses.dataclass
class Cell:
    """A cell in its place; spans are of columns and rows."""

    x: int
    y: int
    across: int
    down: int
    node: Node
    typst: str = ""


def table(node: Node, fragment: Fragment, write: Write) -> str:
    """Return a <table>; one that is too wide is set smaller, on a turned page or in parts."""
    fragment = dataclasses.replace(fragment, longest=WORD)
    rows = list(rows_of(node))
    cells = placed([row for row, _ in rows])
    captions = [write(Node("caption", {}, [part]), fragment).strip() for part in outside(node)]
    result = [f"#align(center)[{words}]" for words in captions]
    if cells:
        headers = header_rows(rows, cells)
        for cell in cells:
            cell.typst = content(
                cell, fragment, write, cell.y < headers, "dataframe" in node.classes()
            )
        may_turn = node.outermost and len(rows) > LONG
        for columns, layout in layouts(cells, headers, may_turn):
            result.append(part(cells, columns, layout, headers))
    return "\n\n".join(result)


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
    if cells := [child for child in node.elements() if child.tag in ("td", "th")]:
        yield Node("tr", {}, cells), False  # no row was begun
    for child in node.elements():
        if child.tag == "tr":
            yield child, {cell.tag for cell in child.elements()} == {"th"}
        elif child.tag in ("thead", "tbody", "tfoot"):
            yield from ((row, child.tag == "thead") for row, _ in rows_of(child))


def header_rows(rows: list, cells: list[Cell]) -> int:
    """Return how many rows are the header, with all that their cells reach; 0 if all are."""
    count, reach = 0, next((y for y, (_, header) in enumerate(rows) if not header), len(rows))
    while count < reach:
        count = reach
        reach = max((cell.y + cell.down for cell in cells if cell.y < count), default=0)
    return count if count < len(rows) else 0


def placed(rows: list[Node]) -> list[Cell]:
    """Return the `Cell`s of rows; spans that would collide or leave the table are cut."""
    cells, taken = [], set()
    for y, row in enumerate(rows):
        x = 0
        for node in row.elements():
            if node.tag not in ("td", "th"):
                continue
            while (x, y) in taken:
                x += 1
            across, down = span(node, "colspan", 200), span(node, "rowspan", len(rows) - y)
            across = next((i for i in range(across) if (x + i, y) in taken), across)
            taken |= {(x + i, y + j) for i in range(across) for j in range(down)}
            row_style = row.attributes.get("style", "")
            node.attributes["style"] = f"{row_style};{node.attributes.get('style', '')}"
            cells.append(Cell(x, y, across, down, node))
            x += across
    return cells


def span(node: Node, name: str, most: int) -> int:
    """Return how far a cell reaches, 1 to `most`."""
    value = node.attributes.get(name, "1").strip()
    number = int(value) if value.isdecimal() and len(value) < 6 else 1
    return max(1, min(number or most, most))


def content(cell: Cell, fragment: Fragment, write: Write, header: bool, frame: bool) -> str:
    """Return the end of a call of `cell`: its options and what is in it."""
    style = cell.node.style() | fragment.styles.get(cell.node.attributes.get("id"), {})
    typst = write(cell.node, fragment).strip()
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


def layouts(cells: list[Cell], headers: int, may_turn: bool) -> Iterator[tuple[Sequence[int], str]]:
    """Yield (columns, arguments of `datatable` for their widths) of each part of a table."""
    minimum, natural = widths(cells)
    count = len(natural)
    if sum(natural) + INSET * count <= ROOM:
        yield range(count), f"{count}, 1em"
        return
    for size, line in (1.0, ROOM), (0.9, ROOM), (SMALLEST, ROOM), (1.0, TURNED), (SMALLEST, TURNED):
        chosen_widths = shares(minimum, natural, line / size)
        if chosen_widths and (line == ROOM or may_turn):
            yield range(count), f"{chosen_widths}, {size}em{', turned: true' * (line == TURNED)}"
            return
    index = []  # the leading columns of headings are repeated in each part
    while len(index) < min(3, count - 1) and all(
        cell.node.tag == "th" for cell in cells if cell.x == len(index) and cell.y >= headers
    ):
        index.append(len(index))
    taken = sum(minimum[x] + INSET for x in index)
    rest = sum(minimum) + INSET * count - taken
    parts = math.ceil(rest / max(ROOM / SMALLEST - taken, max(minimum)))
    line = min(ROOM / SMALLEST, taken + rest / parts + max(minimum))  # parts of about one width
    chosen = list(index)
    for column in range(len(index), count):
        wide = sum(minimum[x] + INSET for x in [*chosen, column]) > line
        if wide and len(chosen) > len(index):
            yield chosen, f"{len(chosen)}, {SMALLEST}em"
            chosen = list(index)
        chosen.append(column)
    yield chosen, f"{len(chosen)}, {SMALLEST}em"


def shares(minimum: Sequence[float], natural: Sequence[float], room: float) -> str:
    """Return Typst's widths of columns, at least `minimum`, that fill `room`, all in em, or ""."""
    spare = room - INSET * len(minimum) - sum(minimum)
    part = spare / max(sum(natural) - sum(minimum), 0.01)
    pairs = zip(minimum, natural, strict=True)
    shared = ", ".join(f"{low + (high - low) * part + INSET:.2f}fr" for low, high in pairs)
    return f"({shared},)" if spare >= 0 else ""


def widths(cells: list[Cell]) -> tuple[list[float], list[float]]:
    """Return (width of the longest word, of the longest line) of each column, in em."""
    count = max(cell.x + cell.across for cell in cells)
    minimum, natural = [0.5] * count, [0.5] * count
    for cell in cells:
        if any(part.tag == "img" for part in cell.node.walk()):
            word, line = 5.0, 15.0
        else:
            text = cell.node.text()
            word = max(length(part[:WORD]) for part in re.split(r"[\s-]+", text))
            line = max([word, *map(length, text.splitlines())])
        for x in range(cell.x, cell.x + cell.across):
            minimum[x] = max(minimum[x], word / cell.across)
            natural[x] = max(natural[x], line / cell.across)
    return minimum, natural


@functools.cache
def bold() -> Any:
    """Return Pillow's bold font of text, 100 points high."""
    from PIL import ImageFont

    return ImageFont.truetype(Path(font_folder().name) / "STIXGeneralBol.ttf", 100)


@functools.lru_cache(1 << 16)
def length(text: str) -> float:
    """Return how wide a text is, in em; letters of Asia are as wide as high."""
    text = text.strip()[:1000]  # a longer one fills any line
    letters = re.sub("[\u2e80-\U0010ffff]", "", text)
    return bold().getlength(letters) / 100 + len(text) - len(letters)


def part(cells: list[Cell], columns: Sequence[int], layout: str, headers: int) -> str:
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
    return f"#datatable({layout}, ({''.join(header)}), ({''.join(body)}))"
