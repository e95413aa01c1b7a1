"""Block diagrams of built Keras models: layers condensed to stages, boxes in rows, arrows.

Lengths are points; y points down. Boxes are as wide as their words in the language that is being
drawn: `say.show` gets a function that lays out and draws a diagram anew for each language.
"""

import dataclasses
import re
import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

import keras
import matplotlib.pyplot as plt
from matplotlib import patches
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path
from matplotlib.transforms import Bbox

from helpers import cost, figures, say, translation

GREY, BLUE, YELLOW, GREEN, ORANGE, PINK, WHITE = TINTS = (
    "#ECECEC", "#CFE6F5", "#FBE3B5", "#BFE5D6", "#F5CDB8", "#E9CFE0", "#FFFFFF",
)  # fmt: skip
SIZE, LINE, PADDING, GAP = 7, 9, 2, 12  # of the text, a line, inside a box, between boxes
# Layers that prepare a map for the next stage: the shape of the stage is that before them.
PREPARATIONS = (
    keras.layers.ZeroPadding2D, keras.layers.Flatten, keras.layers.GlobalAveragePooling3D,
)  # fmt: skip


@dataclasses.dataclass
class Block:
    """A stage: title, tint ("none": words without a box), shape for one sample, trained weights."""

    title: str
    tint: str = WHITE
    shape: tuple = ()
    params: int = 0


class Box(NamedTuple):
    """A block on paper: its outline, its text as it is to be read, its tint."""

    outline: Bbox
    text: str
    tint: str


def parents(model: keras.Model) -> dict[str, list[str]]:
    """Return {layer name: names of the layers that feed it}, in the order of execution.

    Only a layer's first argument counts: others, such as a resize's model, give no values.
    """
    sources = {}
    for layer in model.get_config()["layers"]:
        nodes = layer["inbound_nodes"]  # none for an input
        tensors = nodes[0]["args"][0] if nodes else []
        tensors = [tensors] if isinstance(tensors, dict) else tensors
        sources[layer["name"]] = [tensor["config"]["keras_history"][0] for tensor in tensors]
    return sources


def condense(model: keras.Model, stages: dict) -> tuple[dict[str, Block], dict]:
    """Return ({pattern: Block}, {(pattern, pattern): {}}) of a built functional model.

    `stages` is {pattern: (title, tint)}. A layer belongs to the first pattern that matches the
    start of its name; one without, to the stage that feeds it last; a concatenation, to that of the
    layer it feeds. The edges' values are for Matplotlib's properties of the arrows.

    Raises:
        ValueError: no pattern matches an input of the model.
    """
    feeding = parents(model)
    layers = {layer.name: layer for layer in model.operations}
    blocks: dict[str, Block] = {}
    edges: dict[tuple[str, str], dict] = {}
    stage_of: dict[str, str] = {}
    for name, sources in feeding.items():
        named = name
        if isinstance(layers[name], keras.layers.Concatenate):
            named = next(after for after, before in feeding.items() if name in before)
        stage = next((pattern for pattern in stages if re.match(pattern, named)), None)
        if not stage and not sources:
            raise ValueError(f"no stage of the diagram matches {name}, an input of {model.name}")
        stage_of[name] = stage = stage or stage_of[sources[-1]]
        block = blocks.setdefault(stage, Block(*stages[stage]))
        if not isinstance(layers[name], PREPARATIONS):
            block.shape = layers[name].output.shape[1:]
        block.params += cost.trainable_parameters(layers[name])
        edges |= {(stage_of[source], stage): {} for source in sources if stage_of[source] != stage}
    return {stage: blocks[stage] for stage in stages if stage in blocks}, edges


def block_text(block: Block, narrow: bool) -> str:
    """Return a block's text: title in the figure's language, then shape and parameters, if known.

    Only narrow, the title keeps its line breaks, and each number has its line.
    """
    title = translation.localised(block.title)
    if not narrow:
        title = title.replace("\n", " ")
    shape = "×".join(map(str, block.shape))
    params = f"{block.params:,}".replace(",", "\u00a0") if block.params else ""
    details = ("\n" if narrow else " · ").join(filter(None, (shape, params)))
    return "\n".join(filter(None, (title, details)))


def text_width(text: str) -> float:
    """Return the width of the widest line at the diagrams' size and font."""
    font = FontProperties(family=plt.rcParams["font.family"], size=SIZE)
    return max(
        text_to_path.get_text_width_height_descent(line, font, ismath="$" in line)[0]
        for line in text.split("\n")
    )


def rows_from(blocks: dict[str, Block], edges: dict) -> list[list[str]]:
    """Return the keys of blocks in rows from top to bottom, each in its last possible row."""
    below = dict.fromkeys(blocks, 0)  # rows between a block and the end
    for _ in blocks:
        for start, end in edges:
            below[start] = max(below[start], below[end] + 1)
    depths = range(max(below.values()), -1, -1)
    return [[key for key in blocks if below[key] == depth] for depth in depths]


def layout(blocks: dict[str, Block], rows: list, gap: float = GAP) -> dict[str, Box]:
    """Return {key: Box} in centred rows of keys, None for an empty cell; `gap` is between rows.

    The cells of rows of the same length are equally wide; more than two are set narrow.
    """
    texts: dict[str, str] = {}
    widths: dict[int, float] = {}  # of the boxes in rows of a length
    boxes, top = {}, 0.0
    for row in rows:
        for key in filter(None, row):
            texts[key] = block_text(blocks[key], narrow=len(row) > 2)
            needed = text_width(texts[key]) + 4 * PADDING
            widths[len(row)] = max(widths.get(len(row), 5 * LINE), needed)
    for row in rows:
        width = widths[len(row)]
        height = LINE * max(texts[key].count("\n") + 1 for key in filter(None, row)) + 2 * PADDING
        for column, key in enumerate(row):
            if key is not None:
                x = (column - (len(row) - 1) / 2) * (width + GAP)
                own = height if texts[key] == "+" else width  # a circle
                outline = Bbox.from_bounds(x - own / 2, top, own, height)
                boxes[key] = Box(outline, texts[key], blocks[key].tint)
        top += height + gap
    return boxes


def route(boxes: dict[str, Box], start: str, end: str) -> list[tuple[float, float]]:
    """Return the corners of an arrow from box to box that crosses none.

    Tried in turn: straight; down, across, down; across, then up or down; round on the right, close
    by within a column.
    """
    a, b = boxes[start].outline, boxes[end].outline
    (x, y), (end_x, end_y) = (a.p0 + a.p1) / 2, (b.p0 + b.p1) / 2
    down = end_y > y
    leave, enter = (x, a.y1 if down else a.y0), (end_x, b.y0 if down else b.y1)
    leave_side, enter_side = (a.x1, y), (b.x0, end_y)
    if end_x < x:
        leave_side, enter_side = (a.x0, y), (b.x1, end_y)
    bend = b.y0 - GAP / 2
    ways = [[leave_side, enter_side]] if y == end_y else []
    ways += [[leave, enter]] if x == end_x else []
    ways += [[leave, (x, bend), (end_x, bend), enter]] if down else []
    ways += [[leave_side, (end_x, y), enter]]
    both = Bbox.union([a, b])
    outlines = [box.outline for box in boxes.values()]
    between = [each for each in outlines if both.y0 <= each.y0 and each.y1 <= both.y1]
    for passed in ([a, b] if x == end_x else between), between:
        side = Bbox.union(passed).x1 + GAP / 2
        below = y + 2  # arrows that enter the box
        ways.append([(a.x1, below), (side, below), (side, end_y), (b.x1, end_y)])
    for way in ways:
        if not any(crosses(way, box) for box in boxes.values()):
            return way
    return ways[-1]


def crosses(way: list[tuple[float, float]], box: Box) -> bool:
    """Return whether a way runs through the inside of a box."""
    return Path(way).intersects_bbox(box.outline.padded(-1), filled=False)


def side_by_side(graphs: list, titles: Sequence[str] = ("",)) -> plt.Figure:
    """Return a figure of graphs (boxes, edges) in columns, with a title above each.

    Titles are English, or made by `text`. The figure is as wide as the text; wider, to be shrunk
    on paper, only if the boxes need it.
    """
    outlines = [Bbox.union([box.outline for box in boxes.values()]) for boxes, _edges in graphs]
    needed = sum(outline.width + GAP for outline in outlines)  # arrows run round on the right
    spare = max(0, 72 * figures.WIDTH - needed) / len(graphs)
    widths = [outline.width + GAP + spare for outline in outlines]
    top = 3 * LINE if any(titles) else 2  # for titles of two lines
    height = top + max(outline.y1 for outline in outlines) + 2
    figure = plt.figure(figsize=(sum(widths) / 72, height / 72), layout="none")
    x = 0.0
    for (boxes, edges), title, outline, width in zip(graphs, titles, outlines, widths, strict=True):
        ax = figure.add_axes((x / sum(widths), 0, width / sum(widths), 1))
        left = outline.x0 - 2 - spare / 2
        ax.set(xlim=(left, left + width), ylim=(height - top, -top))
        ax.axis("off")
        words = textwrap.fill(translation.localised(title), int(width / 4), break_on_hyphens=False)
        draw_text(ax, (outline.x0 + outline.x1) / 2, -LINE / 2, words, va="bottom", fontsize=8)
        for box in boxes.values():
            draw_box(ax, box)
        for edge, style in edges.items():
            style = {"arrowstyle": "-|>,head_length=1.6,head_width=0.9", "color": "0.2"} | style
            way = Path(route(boxes, *edge))
            ax.add_patch(patches.FancyArrowPatch(path=way, linewidth=0.7, zorder=1.5, **style))
        x += width
    return figure


def draw_box(ax: plt.Axes, box: Box) -> None:
    """Draw a box with its text; one that holds only "+" is a circle."""
    outline, centre = box.outline, (box.outline.p0 + box.outline.p1) / 2
    shape: patches.Patch = patches.Rectangle(outline.p0, outline.width, outline.height)
    if box.text == "+":
        shape = patches.Circle((centre[0], centre[1]), outline.height / 2)
    if box.tint != "none":
        shape.set(facecolor=box.tint, edgecolor="0.3", linewidth=0.5, zorder=2)
        ax.add_patch(shape)
    draw_text(ax, centre[0], centre[1], box.text, va="center", fontsize=SIZE)


def draw_text(ax: plt.Axes, x: float, y: float, words: str, **style: Any) -> None:
    """Write words that are in the figure's language already."""
    say.set_text(ax.text(x, y, "", ha="center", linespacing=1.1, zorder=3, **style), words)
