"""What a built network costs: weighted layers, output sizes, parameters, multiply-adds."""

import re
from typing import Any

import keras
import pandas as pd
from keras import layers

from helpers.cost import layer_multiply_adds, multiply_adds, trainable_parameters
from helpers.diagram import parents

WEIGHTED = (layers.Conv2D, layers.Dense)


def depth(model: keras.Model) -> int:
    """Return the number of weighted layers on the longest path; projections are not on it."""
    longest: dict[str, int] = {}
    for name, sources in parents(model).items():
        own = int(isinstance(model.get_layer(name), WEIGHTED))
        longest[name] = own + max((longest[source] for source in sources), default=0)
    return max(longest.values())


def row(model: keras.Model) -> dict[str, Any]:
    """Return {"name", "layers", "params", "gmacs", "sizes"} of a built `keras.Model`.

    `params` are the trainable ones, `gmacs` giga multiply-adds for one image with projections and
    dense layers counted, `sizes` the heights of the maps from input to output, each once.
    """
    unpadded = [each for each in model.operations if not isinstance(each, layers.ZeroPadding2D)]
    heights = [each.output.shape[1] for each in unpadded if len(each.output.shape) == 4]
    return {
        "name": model.name,
        "layers": depth(model),
        "params": trainable_parameters(model),
        "gmacs": multiply_adds(model) / 1e9,
        "sizes": list(dict.fromkeys(heights)),
    }


def cost_table(models: list[keras.Model]) -> pd.DataFrame:
    """Return a table of built networks: input, layers, parameters, multiply-adds."""
    costs = [row(model) for model in models]
    return pd.DataFrame({
        "network": [each["name"].replace("_", "-") for each in costs],
        "input": ["×".join(map(str, model.input_shape[1:])) for model in models],
        "layers": [each["layers"] for each in costs],
        "parameters": [each["params"] for each in costs],
        "multiply-adds (millions)": [1000 * each["gmacs"] for each in costs],
    })  # fmt: skip


def stage_units(model: keras.Model) -> list[tuple]:
    """Return [(units, kernels, filters)] for each stage, such as (3, (1, 3, 1), (64, 64, 256)).

    Read from the names and the layers of the stage's last unit; projections are left out.
    """
    stages: dict = {}
    for layer in model.operations:
        if match := re.fullmatch(r"stage(\d+)_unit(\d+)_conv\d+", layer.name):
            unit = stages.setdefault(match[1], {}).setdefault(match[2], [])
            unit.append((layer.kernel_size[0], layer.filters))
    return [(len(units), *zip(*list(units.values())[-1], strict=True)) for units in stages.values()]


def unit_row(model: keras.Model) -> list:
    """Return a line on a residual network: layers, kernels, units of each stage, layers by place.

    Such as [50, "1×1 3×3 1×1", "3 × (64, 64, 256)", ..., "1 + 48 + 1" (stem, units, classifier)].
    """
    stages, total = stage_units(model), depth(model)
    inside = sum(count * len(filters) for count, _kernels, filters in stages)
    return [
        total,
        " ".join(f"{size}×{size}" for size in stages[0][1]),
        *(f"{count} × ({', '.join(map(str, filters))})" for count, _kernels, filters in stages),
        f"1 + {inside} + {total - inside - 1}",
    ]


def gmacs_with_later_stride(model: keras.Model) -> float:
    """Return the giga multiply-adds of a bottleneck network if its 3x3 convolutions had the stride.

    Then the first 1x1 convolution of a stage works at four times as many positions.
    """
    strided = [model.get_layer(f"stage{stage}_unit1_conv1") for stage in (2, 3, 4)]
    return (multiply_adds(model) + 3 * sum(map(layer_multiply_adds, strided))) / 1e9
