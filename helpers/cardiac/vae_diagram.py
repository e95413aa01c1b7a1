"""The diagram of the cardiac VAE: encoder, codes, decoder, classifier, read from their layers."""

import itertools

import keras
from keras import layers

from helpers import diagram
from helpers.translation import text


def vae_graph(model: keras.Model) -> tuple[dict, dict]:
    """Return (boxes, edges) of a VAE: encoder downwards on the left, decoder upwards on the right.

    Codes and classifier are below. `model.encoder` gives mean and log variance, `model.decoder`
    and `model.classifier` have one input and one output; all are built.
    """
    blocks, rows, edges = vae_blocks(model)
    return diagram.layout(blocks, rows), edges


def vae_blocks(model: keras.Model) -> tuple[dict, list, dict]:
    """Return blocks, their rows and edges: the three networks and what joins them."""
    blocks: dict[str, diagram.Block] = {}
    edges: dict[tuple[str, str], dict] = {}
    chains: list[list[str]] = []
    tints = diagram.BLUE, diagram.ORANGE, diagram.GREEN
    for part, tint in zip((model.encoder, model.decoder, model.classifier), tints, strict=True):
        network = keras.Model(part.inputs, part.outputs)  # a Sequential becomes functional
        part_blocks, part_edges = diagram.condense(network, layer_stages(network, tint))
        blocks, edges = blocks | part_blocks, edges | part_edges
        chains.append(list(part_blocks))
    (*down, mu, log_variance), (z, *up), (code, *classifier) = chains
    blocks[down[0]].title = "distances $s$,\nfolded"
    blocks[z].title = "$z = \\mu + \\sigma\\varepsilon$"
    symbols = {mu: "$\\mu$", log_variance: "$\\log\\,\\sigma^2$", up[-1]: "$\\hat{s}$"}
    for key, symbol in symbols.items():
        blocks[key].title = text("{title},\n{note}", title=blocks[key].title, note=symbol)
    del blocks[code]  # the encoder's mean
    edges = {(mu if start == code else start, end): {} for start, end in edges}
    edges |= {(mu, z): {}, (log_variance, z): {}}
    upwards = itertools.zip_longest([mu, *reversed(down)], [log_variance], up)
    joined = itertools.zip_longest(classifier, [z], [])
    rows = [list(row) for row in (*reversed(list(upwards)), *joined)]
    return blocks, rows, edges


def layer_stages(network: keras.Model, tint: str) -> dict[str, tuple[str, str]]:
    """Return {pattern: (title, tint)} of a network's input, convolutions and dense layers."""
    stages = {}
    for layer in network.layers:
        match layer:
            case layers.InputLayer():
                title = ""
            case layers.Conv3D() | layers.Conv3DTranspose():
                template = "{k}³ conv" if max(layer.strides) == 1 else "{k}³ conv, /{stride}"
                if isinstance(layer, layers.Conv3DTranspose):
                    template = "{k}³ transposed\nconv, ×{stride}"
                title = text(template, k=layer.kernel_size[0], stride=layer.strides[0])
            case layers.Dense(activation=keras.activations.linear):
                title = "dense"
            case layers.Dense():
                title = text("dense, {activation}", activation=layer.activation.__name__)
            case _:
                continue  # part of the stage before
        stages[f"{layer.name}$"] = title, tint if title else diagram.GREY
    return stages
