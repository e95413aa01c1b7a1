"""The diagram of the cardiac VAE: encoder, codes, decoder, linear shape model, classifier."""

import keras
from keras import layers

from helpers import diagram
from helpers.diagram import BLUE, GREEN, GREY, ORANGE, YELLOW, Block
from helpers.translation import text


def vae_graph(model):
    """Return (boxes, edges) of a `CardiacVAE` with its linear shape model.

    Encoder downwards on the left, codes below, decoder upwards on the right.
    """
    blocks, edges = vae_blocks(model)
    down, up = (list(layer_titles(network)) for network in (model.encoder, model.decoder))
    floor = len(down) - 2  # the row of the encoder's two last layers and the decoder's first
    places = {key: (1, row) for row, key in enumerate(down[:-2])}
    places |= {key: (3, floor - row) for row, key in enumerate(up[1:])}
    places |= {"mu_residual": (1, floor), "log_variance": (2, floor), "output": (3, 0)}
    places |= {"mu": (1, floor + 1), up[0]: (2, floor + 1)}
    places |= {"classifier_hidden": (1, floor + 2), "classifier_output": (2, floor + 2)}
    places |= {"linear_encoder": (0, floor // 2), "linear_decoder": (4, floor // 2)}
    return diagram.place(blocks, places), edges


def vae_blocks(model):
    """Return (blocks, edges) as `diagram.condense` does: the three networks and what joins them.

    The shape model is not trained: its blocks count no parameters but name their matrix's size.
    """
    networks = model.encoder, model.decoder, model.classifier
    blocks, edges = {}, []
    for network, tint in zip(networks, (BLUE, ORANGE, GREEN), strict=True):
        network = keras.Model(network.inputs, network.outputs)  # a Sequential becomes functional
        more_blocks, more_edges = diagram.condense(network, layer_titles(network, tint))
        blocks, edges = blocks | more_blocks, edges + more_edges
    shape, z, mean = (next(iter(layer_titles(network))) for network in networks)
    head = list(layer_titles(model.decoder))[-1]
    size = "×".join(map(str, model.basis.shape))
    blocks[shape].title = "distances $s$,\nfolded"
    blocks["mu"] = Block("$\\mu = E(s) +$\n$W^{+}(s - \\bar{s})$", GREY, blocks.pop(mean).shape)
    blocks[z].title = "$z = \\mu + \\sigma\\varepsilon$"
    blocks["output"] = Block("$\\hat{s} = F(z) +$\n$\\bar{s} + Wz$", GREY, blocks[head].shape)
    linear = {"encoder": ("$W^{+}(s - \\bar{s})$", "mu"), "decoder": ("$\\bar{s} + Wz$", head)}
    for name, (formula, like) in linear.items():
        title = text("{formula}\nfixed, {size}", formula=formula, size=size)
        blocks[f"linear_{name}"] = Block(title, YELLOW, blocks[like].shape)
    edges = [("mu" if start == mean else start, end) for start, end in edges]
    edges += [(shape, "linear_encoder"), ("linear_encoder", "mu"), ("mu_residual", "mu")]
    edges += [("mu", z), ("log_variance", z), (z, "linear_decoder")]
    return blocks, edges + [(head, "output"), ("linear_decoder", "output")]


def layer_titles(network, tint=GREY):
    """Return {layer name: (title, tint)} of a network's input, convolutions and dense layers."""
    titles = {"mu_residual": "dense, $E(s)$", "log_variance": "dense, $\\log\\,\\sigma^2$"}
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
