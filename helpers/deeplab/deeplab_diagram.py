"""The stages of both DeepLabs as their diagrams draw them, each with the layers it consists of."""

import re

import keras
from keras.layers import DepthwiseConv2D

from helpers import diagram
from helpers.deeplab.backbones import STAGES
from helpers.translation import text


def deeplab_graph(model: keras.Model) -> tuple[dict, dict]:
    """Return (boxes, edges) of a built DeepLabv3 or DeepLabv3+, of any width and output stride."""
    blocks, edges = deeplab_blocks(model)
    return diagram.layout(blocks, diagram.rows_from(blocks, edges)), edges


def deeplab_blocks(model: keras.Model) -> tuple[dict[str, diagram.Block], dict]:
    """Return the network's stages as `diagram.condense` does, with strides and rates noted."""
    blocks, edges = diagram.condense(model, stages_of(model))
    for pattern, block in blocks.items():
        layers = [layer for layer in model.layers if re.match(pattern, layer.name)]
        if any(max(getattr(layer, "strides", (1,))) > 1 for layer in layers):
            block.title = text("{title}, /2", title=block.title)
        rates = {each.dilation_rate[0] for each in layers if isinstance(each, DepthwiseConv2D)}
        if max(rates, default=1) > 1:
            rate = text("rate {numbers}", numbers=sorted(rates))
            block.title = text("{title},\n{note}", title=block.title, note=rate)
    return blocks, edges


def stages_of(model: keras.Model) -> dict[str, tuple[str, str]]:
    """Return {pattern: (title, tint)} of either network: backbone, pyramid pooling, decoder.

    MobileNetV2 has its first convolution and seven groups of blocks; Xception the flows of
    1802.02611, Fig. 4.
    """
    backbone, index = {r"MobilenetV2\.Conv": "3×3 conv"}, 0
    for _expansion, _channels, repetitions, _stride in STAGES:
        numbers = "|".join(f"_{i}" if i else "" for i in range(index, index + repetitions))
        title = text("{count} × inverted residual", count=repetitions)
        backbone[rf"MobilenetV2\.expanded_conv({numbers})\."] = title
        index += repetitions
    names = " ".join(layer.name for layer in model.layers)
    units = set(re.findall(r"middle_flow\.block1\.unit_\d+", names))
    backbone |= {
        r"xception_65\.entry_flow\.conv": "two 3×3 convs",
        r"xception_65\.entry_flow\.block1": "entry unit 1",
        r"xception_65\.entry_flow\.block2": "entry unit 2",
        r"xception_65\.entry_flow\.block3": "entry unit 3",
        r"xception_65\.middle_flow": text("{count} middle units", count=len(units)),
        r"xception_65\.exit_flow\.block1": "exit unit",
        r"xception_65\.exit_flow\.block2": "three separable convs",
    }
    projection = "1×1 conv, enlarged" if "decoder" in names else "1×1 conv"
    return {
        "image$": ("image", diagram.WHITE),
        **{pattern: (title, diagram.BLUE) for pattern, title in backbone.items()},
        "global_average_pooling2d|image_pooling": ("image\npooling", diagram.GREEN),
        "aspp0": ("1×1 conv", diagram.GREEN),
        **{f"aspp{branch}": ("3×3 conv", diagram.GREEN) for branch in (1, 2, 3)},
        "concat_projection": (projection, diagram.YELLOW),
        r"decoder\.feature_projection": ("1×1 conv", diagram.ORANGE),
        r"decoder\.decoder_conv": ("two separable convs", diagram.ORANGE),
        "logits": ("logits, enlarged", diagram.GREY),
    }
