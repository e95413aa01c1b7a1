"""Networks and units, drawn from their built graphs.

Networks side by side as in Fig. 3 of 1512.03385, units as in Fig. 4 of 1603.05027.
"""

import itertools

import keras
import matplotlib.pyplot as plt
from keras import layers

from helpers import diagram, figures
from helpers.cost import without_weights
from helpers.residual.units import PLACEMENTS, residual_unit
from helpers.translation import text

POOLINGS = {layers.MaxPooling2D: "max pool", layers.GlobalAveragePooling2D: "average pool"}
KINDS = {
    "InputLayer": ("$x_l$", diagram.WHITE),
    "Conv2D": ("3×3 conv", diagram.BLUE),
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


def main_path(model: keras.Model) -> dict[str, tuple[str, int]]:
    """Return {layer name: (title, height of its map)} of convolutions, poolings, dense layers.

    In their order, without projections; the height after the last pooling is 1.
    """
    path = {}
    for layer in model.layers:
        if isinstance(layer, layers.Conv2D) and "projection" not in layer.name:
            title = text("{k}×{k} conv, {n}", k=layer.kernel_size[0], n=layer.filters)
        elif isinstance(layer, layers.Dense):
            title = text("fc {units}", units=layer.units)
        elif type(layer) in POOLINGS:
            title = POOLINGS[type(layer)]
        else:
            continue
        if max(getattr(layer, "strides", (1,))) > 1:
            title = text("{title}, /2", title=title)
        path[layer.name] = title, layer.output.shape[1] if len(layer.output.shape) == 4 else 1
    return path


def shortcuts(model: keras.Model) -> list[tuple[str, str, bool]]:
    """Return [(from, to, changes)] of the shortcuts: from the output of a layer to that of another.

    Both are names of the main path; `changes` tells whether the shortcut changes dimensions.
    """
    sources, path = diagram.parents(model), main_path(model)

    def last_on_path(name):
        while name not in path:
            name = sources[name][:2][-1]  # an addition gets the shortcut first, then the residual
        return name

    ends = []
    for layer in model.layers:
        if isinstance(layer, layers.Add):
            h, y, *_crossing = sources[layer.name]
            changes = "shortcut" in h or "projection" in h
            ends.append((last_on_path(h), last_on_path(y), changes))
    return ends


def draw_networks(models: list[keras.Model], titles: list[str]) -> plt.Figure:
    """Return a figure of `models` in columns, rows aligned by the size of the map.

    Solid lines are identity shortcuts, dotted ones change dimensions.
    """
    paths = [main_path(model) for model in models]
    sizes = sorted({size for path in paths for _title, size in path.values()}, reverse=True)
    rows: list = [["map", *titles]]
    blocks: dict = {head: diagram.Block(head, "none") for head in rows[0]}
    edges: dict = {}
    for index, size in enumerate(sizes):
        tint, label = diagram.TINTS[index % len(diagram.TINTS)], f"{size}×{size}"
        blocks[label] = diagram.Block(label, "none")
        columns: list[list] = [[label]]
        for head, path in zip(titles, paths, strict=True):
            drawn = {(head, name): title for name, (title, at) in path.items() if at == size}
            blocks |= {key: diagram.Block(title, tint) for key, title in drawn.items()}
            columns.append(list(drawn))
        rows += itertools.zip_longest(*columns)
    for head, path, model in zip(titles, paths, models, strict=True):
        for start, end in itertools.pairwise(path):
            edges[(head, start), (head, end)] = {"arrowstyle": "-"}
        for start, end, changes in shortcuts(model):
            style = {"color": figures.RED, "linestyle": ":"} if changes else {}
            edges[(head, start), (head, end)] = style
    return diagram.side_by_side([(diagram.layout(blocks, rows, gap=1), edges)])


def unit_graph(placement: str) -> tuple[dict, dict]:
    """Return (boxes, edges) of a built residual unit, every layer a box, x_l above x_{l+1}.

    `placement` of batch normalisation and ReLU is a key of `units.PLACEMENTS`.
    """
    with without_weights():
        x = keras.Input((8, 8, 16), name="unit_input")
        unit = keras.Model(x, residual_unit(x, 16, name="unit", placement=placement))
    kinds = {f"{layer.name}$": KINDS[type(layer).__name__] for layer in unit.layers}
    _blocks, edges = diagram.condense(unit, kinds)
    edges[list(kinds)[-1], "output"] = {}
    kinds["output"] = "$x_{l+1}$", diagram.WHITE
    blocks = {key: diagram.Block(*kind) for key, kind in kinds.items()}
    return diagram.layout(blocks, diagram.rows_from(blocks, edges)), edges


def draw_units() -> plt.Figure:
    """Return a figure of the units of `units.PLACEMENTS` side by side."""
    return diagram.side_by_side([*map(unit_graph, PLACEMENTS)], [*TITLES.values()])
