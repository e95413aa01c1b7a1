"""The diagram of the cardiac VAE: encoder, codes, decoder, classifier."""

import keras
from keras import layers

from helpers import diagram
from helpers.diagram import BLUE, GREEN, GREY, ORANGE
from helpers.translation import text


def vae_graph(model):
    """Return (boxes, edges) of a `CardiacVAE`.

    Encoder downwards on the left, codes below, decoder upwards on the right.
    """
    blocks, edges = vae_blocks(model)
    down, up = (list(layer_titles(network)) for network in (model.encoder, model.decoder))
    floor = len(down) - 2  # the row of the encoder's two last layers and the decoder's first
    places = {key: (0, row) for row, key in enumerate(down[:-2])}
    places |= {key: (2, floor - row) for row, key in enumerate(up[1:])}
    places |= {"mu": (0, floor), "log_variance": (1, floor), up[0]: (1, floor + 1)}
    places |= {"classifier_hidden": (0, floor + 2), "classifier_output": (1, floor + 2)}
    return diagram.place(blocks, places), edges


def vae_blocks(model):
    """Return (blocks, edges) as `diagram.condense` does: the three networks and what joins them."""
    networks = model.encoder, model.decoder, model.classifier
    blocks, edges = {}, []
    for network, tint in zip(networks, (BLUE, ORANGE, GREEN), strict=True):
        more_blocks, more_edges = diagram.condense(network, layer_titles(network, tint))
        blocks, edges = blocks | more_blocks, edges + more_edges
    shape, z, mean = (next(iter(layer_titles(network))) for network in networks)
    blocks[shape].title = "distances $s$,\nfolded"
    blocks[z].title = "$z = \\mu + \\sigma\\varepsilon$"
    del blocks[mean]
    edges = [("mu" if start == mean else start, end) for start, end in edges]
    return blocks, [*edges, ("mu", z), ("log_variance", z)]


def layer_titles(network, tint=GREY):
    """Return {layer name: (title, tint)} of a network's input, convolutions and dense layers."""
    titles = {"mu": "dense, $\\mu$", "log_variance": "dense, $\\log\\,\\sigma^2$"}
    found = {network.inputs[0]._keras_history.operation.name: ("", GREY)}
    for layer in network.layers:
        stride = max(getattr(layer, "strides", (1,)))
        if isinstance(layer, layers.Conv3DTranspose):
            title = text("3³ transposed\nconv, ×{stride}", stride=stride)
        elif isinstance(layer, layers.Conv3D):
            title = text("3³ conv, /{stride}", stride=stride) if stride > 1 else "3³ conv"
        elif isinstance(layer, layers.Dense):
            plain = text("dense, {activation}", activation=layer.activation.__name__)
            title = titles.get(layer.name, plain)
        else:
            continue
        found[layer.name] = title, tint
    return found
