"""Block diagrams of built Keras models: layers condensed to stages, drawn as boxes and arrows.

Lengths are points; y points down. Boxes are as wide as their words in the language that is being
drawn: `show` gets a function that arranges and draws a diagram anew for each of them.
"""

import dataclasses
import math
import re
import textwrap

import keras
import matplotlib.pyplot as plt
from matplotlib import patches
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from helpers import cost, figures, say, translation

GREY, BLUE, YELLOW, GREEN, ORANGE, PINK, WHITE = TINTS = (
    "#ECECEC", "#CFE6F5", "#FBE3B5", "#BFE5D6", "#F5CDB8", "#E9CFE0", "#FFFFFF",
)  # fmt: skip
SIZE, LINE, PADDING, GAP = 7, 9, 3, 12  # of the text, a line, inside a box, between boxes
# Layers that prepare a map for the next stage: the shape of the stage is that before them.
PREPARATIONS = (keras.layers.ZeroPadding2D, keras.layers.Flatten)


@dataclasses.dataclass
class Block:
    """A stage: its title and tint, the shape it gives for one sample, its trainable parameters."""

    title: str
    tint: str = WHITE
    shape: tuple = ()
    params: int = 0


@dataclasses.dataclass(frozen=True)
class Box:
    """A block on paper: its centre, width and height, its text as it is to be read, its tint."""

    x: float
    y: float
    width: float
    height: float
    text: str
    tint: str


def parents(model):
    """Return {layer name: names of the layers that feed it}, in the order of execution.

    Only a layer's first argument counts: others, such as a resize's model, give no values.
    """
    return {
        layer.name: [
            tensor._keras_history.operation.name
            for tensor in keras.tree.flatten(layer._inbound_nodes[0].arguments.args[:1])
        ]
        for layer in model.operations
    }


def condense(model, stages):
    """Return (blocks, edges) of a built functional model.

    Args:
        model: built Keras model.
        stages: {pattern: (title, tint)}; a layer belongs to the first pattern that matches the
            start of its name. One without belongs to the stage that feeds it or, if it joins
            several inputs, to that of the layer it feeds.

    Returns:
        blocks {pattern: Block}, those of the stages that the model has; edges [(pattern, pattern)].

    Raises:
        ValueError: no pattern matches an input of the model.
    """
    feeds = parents(model)
    fed = {source: name for name, sources in feeds.items() for source in sources}
    layers = {layer.name: layer for layer in model.operations}
    blocks, edges, stage_of = {}, {}, {}
    for name, sources in feeds.items():
        stage = match(stages, name)
        if not stage and not sources:
            raise ValueError(f"no stage of the diagram matches {name}, an input of {model.name}")
        if not stage and len(sources) > 1:
            stage = match(stages, fed.get(name, ""))
        stage_of[name] = stage = stage or stage_of[sources[-1]]
        block = blocks.setdefault(stage, Block(*stages[stage]))
        layer = layers[name]
        if not isinstance(layer, PREPARATIONS):
            block.shape = layer.output.shape[1:]
        block.params += cost.trainable_parameters(layer)
        edges |= {(stage_of[s], stage): None for s in sources if stage_of[s] != stage}
    return {stage: blocks[stage] for stage in stages if stage in blocks}, list(edges)


def match(stages, name):
    """Return the first pattern that matches the start of a layer's name, or None."""
    return next((pattern for pattern in stages if re.match(pattern, name)), None)


def block_text(block, narrow=False):
    """Return a block's text: title in the figure's language, then shape and parameters, if known.

    Only narrow, the title keeps its line breaks, and each number has its line.
    """
    title = translation.localised(block.title)
    title = title if narrow else title.replace("\n", " ")
    shape = "×".join(map(str, block.shape))
    params = f"{block.params:,}".replace(",", "\u00a0") if block.params else ""
    details = ("\n" if narrow else " · ").join(filter(None, (shape, params)))
    return "\n".join(filter(None, (title, details)))


def text_width(text):
    """Return the width of the widest line at the diagrams' size and font."""
    font = FontProperties(family=plt.rcParams["font.family"], size=SIZE)
    return max(
        text_to_path.get_text_width_height_descent(line, font, ismath="$" in line)[0]
        for line in text.split("\n")
    )


def text_box(text, tint):
    """Return a Box at the origin that the text fills; "+" gets a round one."""
    height = LINE * (text.count("\n") + 1) + 2 * PADDING
    width = height if text == "+" else max(text_width(text) + 4 * PADDING, 5 * LINE)
    return Box(0, 0, width, height, text, tint)


def arrange(blocks, edges):
    """Return {key: Box} in rows from top to bottom: each block in the last row it can have.

    Blocks of a row stand side by side, centred; more than two of them are set narrow.
    """
    below = dict.fromkeys(blocks, 0)  # rows between a block and the end
    for _ in blocks:
        for start, end in edges:
            below[start] = max(below[start], below[end] + 1)
    boxes, y = {}, 0
    for depth in sorted(set(below.values()), reverse=True):
        row = [key for key in blocks if below[key] == depth]
        narrow = len(row) > 2
        row = {key: text_box(block_text(blocks[key], narrow), blocks[key].tint) for key in row}
        height = max(box.height for box in row.values())
        x = -(sum(box.width for box in row.values()) + GAP / 2 * (len(row) - 1)) / 2
        for key, box in row.items():
            centre = {"x": x + box.width / 2, "y": y + height / 2}
            boxes[key] = dataclasses.replace(box, height=height, **centre)
            x += box.width + GAP / 2
        y += height + GAP
    return boxes


def place(blocks, places):
    """Return {key: Box} at the places {key: (column, row)}, whole numbers from 0."""
    boxes = {
        key: text_box(block_text(blocks[key], narrow=True), blocks[key].tint) for key in places
    }
    columns, rows = zip(*places.values(), strict=True)
    x, y = [0], [0]
    for column in range(max(columns) + 1):
        x.append(x[-1] + GAP + max(boxes[k].width for k, at in places.items() if at[0] == column))
    for row in range(max(rows) + 1):
        y.append(y[-1] + GAP + max(boxes[k].height for k, at in places.items() if at[1] == row))
    return {
        key: dataclasses.replace(boxes[key], x=(x[c] + x[c + 1]) / 2, y=(y[r] + y[r + 1]) / 2)
        for key, (c, r) in places.items()
    }


def route(boxes, start, end):
    """Return the corners of an arrow from box to box that crosses none, or goes round on the right.

    Tried in turn: straight; down, across, down; across, then up or down; up or down, then across.
    """
    a, b = boxes[start], boxes[end]
    right, down = math.copysign(1, b.x - a.x), math.copysign(1, b.y - a.y)
    leave_side, leave = (a.x + right * a.width / 2, a.y), (a.x, a.y + down * a.height / 2)
    enter_side, enter = (b.x - right * b.width / 2, b.y), (b.x, b.y - down * b.height / 2)
    bend = enter[1] - GAP / 2
    ways = [[leave_side, enter_side]] if a.y == b.y else []
    ways += [[leave, enter]] if abs(a.x - b.x) < 0.1 else []
    ways += [[leave, (a.x, bend), (b.x, bend), enter]] if down > 0 and a.x != b.x else []
    ways += [[leave_side, (b.x, a.y), enter], [leave, (a.x, b.y), enter_side]]
    for way in ways:
        if not any(crosses(way, box) for box in boxes.values()):
            return way
    between = [box for box in boxes.values() if min(a.y, b.y) <= box.y <= max(a.y, b.y)]
    x = max(box.x + box.width / 2 for box in between) + GAP / 2
    return [(a.x + a.width / 2, a.y), (x, a.y), (x, b.y), (b.x + b.width / 2, b.y)]


def crosses(way, box):
    """Return whether a way of horizontal and vertical lines runs through the inside of a box."""
    inside = (box.width / 2 - 1, box.height / 2 - 1)
    for start, end in zip(way, way[1:], strict=False):
        overlaps = (
            min(a, b) < centre + half and max(a, b) > centre - half
            for a, b, centre, half in zip(start, end, (box.x, box.y), inside, strict=True)
        )
        if all(overlaps):
            return True
    return False


def draw_box(ax, box, size=SIZE):
    """Draw a `Box`; one that holds only "+" is a circle."""
    corner = (box.x - box.width / 2, box.y - box.height / 2)
    if box.text == "+":
        shape = patches.Circle((box.x, box.y), box.height / 2)
    else:
        shape = patches.Rectangle(corner, box.width, box.height)
    shape.set(facecolor=box.tint, edgecolor="0.3", linewidth=0.5, zorder=2)
    ax.add_patch(shape)
    style = {"ha": "center", "va": "center", "linespacing": 1.1, "zorder": 3}
    draw_text(ax, box.x, box.y, box.text, fontsize=size, **style)


def draw_text(ax, x, y, words, **style):
    """Write words that are in the figure's language already, as Matplotlib does by itself."""
    say.set_text(ax.text(x, y, "", **style), words)


def draw_arrow(ax, corners, codes=None, **style):
    """Draw an arrow through the corners."""
    style = {"color": "0.2", "linewidth": 0.7, "zorder": 1.5} | style
    head = "-|>,head_length=1.6,head_width=0.9"
    ax.add_patch(patches.FancyArrowPatch(path=Path(corners, codes), arrowstyle=head, **style))


def side_by_side(graphs, titles=("",)):
    """Return a figure of graphs (boxes, edges) in columns, with a title above each.

    Titles are English, or made by `text`. The figure is as wide as the text; wider, to be shrunk
    on paper, only if the boxes need it.
    """
    columns = [[route(boxes, *edge) for edge in edges] for boxes, edges in graphs]
    spans = []
    for (boxes, _edges), ways in zip(graphs, columns, strict=True):
        x = [box.x + side * box.width / 2 for box in boxes.values() for side in (-1, 1)]
        x += [corner[0] for way in ways for corner in way]
        spans.append((min(x), max(x)))
    height = max(box.y + box.height / 2 for boxes, _edges in graphs for box in boxes.values())
    needed = sum(right - left for left, right in spans)
    width = max(72 * figures.WIDTH, needed + GAP * len(graphs))
    space = (width - needed) / len(graphs)
    titles = [
        textwrap.fill(title, int((right - left + space) / 4), break_on_hyphens=False)
        for title, (left, right) in zip(map(translation.localised, titles), spans, strict=True)
    ]
    top = LINE * (1.3 * max(title.count("\n") + 1 for title in titles) + 1) if any(titles) else 2
    figure = plt.figure(figsize=(width / 72, (top + height + 2) / 72), layout="none")
    ax = figure.add_axes((0, 0, 1, 1))
    x = space / 2
    for (boxes, _edges), ways, (left, right), title in zip(
        graphs, columns, spans, titles, strict=True
    ):
        shift = x - left
        for box in boxes.values():
            draw_box(ax, dataclasses.replace(box, x=box.x + shift))
        for way in ways:
            draw_arrow(ax, [(corner + shift, y) for corner, y in way])
        draw_text(
            ax, x + (right - left) / 2, -LINE / 2, title, ha="center", va="bottom", fontsize=8
        )
        x += right - left + space
    ax.set(xlim=(0, width), ylim=(height + 2, -top))
    ax.axis("off")
    return figure
