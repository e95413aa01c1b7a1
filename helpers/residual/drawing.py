"""Networks side by side, drawn from their built graphs like Fig. 3 of 1512.03385."""

import dataclasses

from keras import layers
from matplotlib import patches
from matplotlib.path import Path

from helpers import figures
from helpers.residual.cost import parents

POOLINGS = (layers.MaxPooling2D, layers.GlobalAveragePooling2D)
TINTS = ("#ECECEC", "#CFE6F5", "#FBE3B5", "#BFE5D6", "#F5CDB8", "#E9CFE0", "#FFFFFF")


@dataclasses.dataclass(frozen=True)
class Box:
    """One drawn layer: its text and the height of the map it gives (1 after the pooling)."""

    name: str
    text: str
    size: int


def boxes(model):
    """Return the `Box`es of the main path: convolutions, poolings, dense layers, in order."""
    drawn = []
    for layer in model.operations:
        if "projection" in layer.name:
            continue
        size = layer.output.shape[1] if len(layer.output.shape) == 4 else 1
        halved = ", /2" if max(getattr(layer, "strides", (1,))) > 1 else ""
        if isinstance(layer, layers.Conv2D):
            kernel = layer.kernel_size[0]
            drawn.append(Box(layer.name, f"{kernel}×{kernel} conv, {layer.filters}{halved}", size))
        elif isinstance(layer, layers.Dense):
            drawn.append(Box(layer.name, f"fc {layer.units}", size))
        elif isinstance(layer, POOLINGS):
            text = "max pool" if isinstance(layer, layers.MaxPooling2D) else "average pool"
            drawn.append(Box(layer.name, text + halved, size))
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


def side_by_side(ax, models, titles):
    """Draw `models` in columns, rows aligned by the size of the map; return `ax`.

    Solid arcs are identity shortcuts, dotted ones change dimensions.
    """
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
        draw_column(
            ax, x, column, place, [TINTS[sizes.index(box.size) % len(TINTS)] for box in column]
        )
        for start, end, changes in shortcuts(model):
            draw_shortcut(ax, x, place[start] + 0.5, place[end] + 0.5, changes)
    ax.text(-0.55, -0.7, "map", ha="center", va="bottom")
    ax.set(xlim=(-0.7, len(models) - 0.45), ylim=(y, -1.6))
    ax.axis("off")
    return ax


def draw_column(ax, x, column, place, tints):
    """Draw one network's boxes at the rows in `place`, joined by lines."""
    rows = [place[box.name] for box in column]
    ax.plot([x, x], [rows[0], rows[-1]], color="0.4", linewidth=0.6, zorder=1)
    for box, row, tint in zip(column, rows, tints, strict=True):
        ax.add_patch(
            patches.Rectangle(
                (x - 0.32, row - 0.36),
                0.64,
                0.72,
                facecolor=tint,
                edgecolor="0.3",
                linewidth=0.5,
                zorder=2,
            )
        )
        ax.text(x, row, box.text, ha="center", va="center", fontsize=6.5, zorder=3)


def draw_shortcut(ax, x, start, end, changes):
    """Draw a shortcut that leaves the column at row `start` and joins it again at row `end`."""
    edge, out = x + 0.34, x + 0.46
    corners = [(x, start), (edge, start), (out, start), (out, end), (edge, end), (x, end)]
    codes = [Path.MOVETO, Path.LINETO, Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO]
    ax.add_patch(
        patches.FancyArrowPatch(
            path=Path(corners, codes),
            arrowstyle="-|>,head_length=1.6,head_width=0.9",
            color=figures.RED if changes else "black",
            linestyle=":" if changes else "-",
            linewidth=0.7,
            zorder=1.5,
        )
    )
