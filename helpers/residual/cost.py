"""What a built network costs: weighted layers, output sizes, parameters, multiply-adds."""

import math
import re

import pandas as pd
from keras import layers

from helpers.cost import multiply_adds
from helpers.diagram import parents

WEIGHTED = (layers.Conv2D, layers.Dense)


def depth(model):
    """Return the number of weighted layers on the longest path; projections are not on it."""
    longest = {}
    for name, sources in parents(model).items():
        own = int(isinstance(model.get_layer(name), WEIGHTED))
        longest[name] = own + max((longest[source] for source in sources), default=0)
    return max(longest.values())


def cost(model):
    """Return {"name", "layers", "params", "gmacs", "sizes"} of a built `keras.Model`.

    `params` are the trainable ones, `gmacs` giga multiply-adds for one image with projections and
    dense layers counted, `sizes` the heights of the maps from input to output, each once.
    """
    maps = [
        layer.output.shape[1]
        for layer in model.operations
        if len(layer.output.shape) == 4 and not isinstance(layer, layers.ZeroPadding2D)
    ]
    return {
        "name": model.name,
        "layers": depth(model),
        "params": sum(math.prod(weight.shape) for weight in model.trainable_weights),
        "gmacs": multiply_adds(model) / 1e9,
        "sizes": list(dict.fromkeys(maps)),
    }


def table(models):
    """Return a table of built networks: input, layers, parameters, multiply-adds."""
    costs = [cost(model) for model in models]
    return pd.DataFrame(
        {
            "network": [each["name"].replace("_", "-") for each in costs],
            "input": ["×".join(map(str, model.input_shape[1:])) for model in models],
            "layers": [each["layers"] for each in costs],
            "parameters": [each["params"] for each in costs],
            "multiply-adds (millions)": [1000 * each["gmacs"] for each in costs],
        }
    )


def stage_units(model):
    """Return [(units, kernels, filters)] for each stage, such as (3, (1, 3, 1), (64, 64, 256)).

    Read from the names and the layers of the stage's last unit; projections are left out.
    """
    stages = {}
    for layer in model.operations:
        if match := re.fullmatch(r"stage(\d+)_unit(\d+)_conv\d+", layer.name):
            unit = stages.setdefault(match[1], {}).setdefault(match[2], [])
            unit.append((layer.kernel_size[0], layer.filters))
    return [(len(units), *zip(*list(units.values())[-1], strict=True)) for units in stages.values()]
