"""Networks and units, drawn from their built graphs.

Networks side by side as in Fig. 3 of 1512.03385, units as in Fig. 4 of 1603.05027.
"""

import dataclasses

import keras
import matplotlib.pyplot as plt
from keras import layers
from matplotlib.path import Path

from helpers import diagram, figures
from helpers.cost import without_weights
from helpers.diagram import parents
from helpers.residual.units import PLACEMENTS, residual_unit
from helpers.translation import localised, text

POOLINGS = {layers.MaxPooling2D: "max pool", layers.GlobalAveragePooling2D: "average pool"}
KINDS = {
    "InputLayer": ("$x_l$", diagram.WHITE),
    "Conv2D": ("{k}×{k} conv", diagram.BLUE),
    "FusedBatchNormalization": ("BN", diagram.YELLOW),
    "ReLU": ("ReLU", diagram.GREEN),
    "Add": ("+", diagram.WHITE),
}
TITLES = {
    "original": "original",
    "bn_after_addition": "BN after addition",
    "relu_before_addition": "ReLU before addition",
    "relu_only_preactivation": "ReLU-only pre-activation",
    "preactivation": "full pre-activation",
}  # of units.PLACEMENTS


@dataclasses.dataclass(frozen=True)
class LayerBox:
    """One drawn layer: its text, and the height of the map it gives (1 after the pooling)."""

    name: str
    text: str
    size: int


def boxes(model):
    """Return the `LayerBox`es of the main path: convolutions, poolings, dense layers, in order."""
    drawn = []
    for layer in model.operations:
        if "projection" in layer.name:
            continue
        if isinstance(layer, layers.Conv2D):
            title = text("{k}×{k} conv, {n}", k=layer.kernel_size[0], n=layer.filters)
        elif isinstance(layer, layers.Dense):
            title = text("fc {units}", units=layer.units)
        elif type(layer) in POOLINGS:
            title = POOLINGS[type(layer)]
        else:
            continue
        if max(getattr(layer, "strides", (1,))) > 1:
            title = text("{title}, /2", title=title)
        size = layer.output.shape[1] if len(layer.output.shape) == 4 else 1
        drawn.append(LayerBox(layer.name, title, size))
    return drawn


def shortcuts(model):
    """Return [(from, to, changes)] of the shortcuts: each leaves below one box and joins another.

    `from` and `to` are names of boxes, `changes` whether the shortcut changes dimensions.
    """
    feeds = parents(model)
    drawn = {box.name for box in boxes(model)}
    found = []
    for layer in model.operations:
        if isinstance(layer, layers.Add):
            h, y, *_ = feeds[layer.name]
            changes = "shortcut" in h or "projection" in h
            found.append((last_box(h, feeds, drawn), last_box(y, feeds, drawn), changes))
    return found


def last_box(name, feeds, drawn):
    """Return the last drawn layer on the main path up to and with the layer `name`."""
    while name not in drawn:
        name = feeds[name][:2][-1]  # an addition gets the shortcut first, then the residual
    return name


def draw_networks(models, titles):
    """Return a figure of `models` in columns, rows aligned by the size of the map.

    Solid arcs are identity shortcuts, dotted ones change dimensions.
    """
    figure, ax = plt.subplots(figsize=(figures.WIDTH, 8.3))
    columns = [boxes(model) for model in models]
    sizes = sorted({box.size for column in columns for box in column}, reverse=True)
    tallest = {size: max(sum(box.size == size for box in c) for c in columns) for size in sizes}
    top, y = {}, 0
    for size in sizes:
        top[size] = y
        ax.text(-0.55, y + 0.5, f"{size}×{size}", ha="center", va="center", fontsize=7)
        y += tallest[size] + 0.35
    for x, (model, column, title) in enumerate(zip(models, columns, titles, strict=True)):
        ax.text(x, -0.7, title, ha="center", va="bottom")
        used, place = dict.fromkeys(sizes, 0), {}
        for box in column:
            place[box.name] = top[box.size] + used[box.size] + 0.5
            used[box.size] += 1
        tints = [diagram.TINTS[sizes.index(box.size) % len(diagram.TINTS)] for box in column]
        draw_column(ax, x, column, place, tints)
        for start, end, changes in shortcuts(model):
            draw_shortcut(ax, x, place[start] + 0.5, place[end] + 0.5, changes)
    ax.text(-0.55, -0.7, "map", ha="center", va="bottom")
    ax.set(xlim=(-0.7, len(models) - 0.45), ylim=(y, -1.6))
    ax.axis("off")
    return figure


def draw_column(ax, x, column, place, tints):
    """Draw one network's boxes at the rows in `place`, joined by lines."""
    rows = [place[box.name] for box in column]
    ax.plot([x, x], [rows[0], rows[-1]], color="0.4", linewidth=0.6, zorder=1)
    for box, row, tint in zip(column, rows, tints, strict=True):
        diagram.draw_box(ax, diagram.Box(x, row, 0.64, 0.72, localised(box.text), tint), size=6.5)


def draw_shortcut(ax, x, start, end, changes):
    """Draw a shortcut that leaves the column at row `start` and joins it again at row `end`."""
    edge, out = x + 0.34, x + 0.46
    corners = [(x, start), (edge, start), (out, start), (out, end), (edge, end), (x, end)]
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO]
    colour, line = (figures.RED, ":") if changes else ("black", "-")
    diagram.draw_arrow(ax, corners, codes, color=colour, linestyle=line)


def unit_graph(placement):
    """Return (boxes, edges) of a built residual unit, every layer a box, x_l above x_{l+1}.

    `placement` of batch normalisation and ReLU is a key of `units.PLACEMENTS`.
    """
    with without_weights():
        x = keras.Input((8, 8, 16), name="unit_input")
        unit = keras.Model(x, residual_unit(x, 16, name="unit", placement=placement))
    stages = {}
    for layer in unit.operations:
        title, tint = KINDS[type(layer).__name__]
        if isinstance(layer, layers.Conv2D):
            title = text(title, k=layer.kernel_size[0])
        stages[f"{layer.name}$"] = title, tint
    blocks, edges = diagram.condense(unit, stages)
    blocks = {key: diagram.Block(block.title, block.tint) for key, block in blocks.items()}
    edges.append((list(blocks)[-1], "output"))
    blocks["output"] = diagram.Block("$x_{l+1}$")
    return diagram.arrange(blocks, edges), edges


def draw_units():
    """Return a figure of the units of `units.PLACEMENTS` side by side."""
    return diagram.side_by_side([*map(unit_graph, PLACEMENTS)], TITLES.values())
