"""The stages of both DeepLabs as their diagrams draw them, each with the layers it consists of."""

import re

from keras.layers import DepthwiseConv2D

from helpers import diagram
from helpers.deeplab.mobilenet_v2 import STAGES
from helpers.translation import text


def deeplab_graph(model):
    """Return (boxes, edges) of a built DeepLabv3 or DeepLabv3+, of any width and output stride."""
    blocks, edges = deeplab_blocks(model)
    return diagram.arrange(blocks, edges), edges


def deeplab_blocks(model):
    """Return the network's stages as `diagram.condense` does, with strides and rates noted."""
    stages = {"image$": ("image", diagram.WHITE)} | mobilenet_v2_stages()
    stages |= xception_stages(model) | head_stages(model)
    blocks, edges = diagram.condense(model, stages)
    for pattern, block in blocks.items():
        layers = [layer for layer in model.layers if re.match(pattern, layer.name)]
        if any(max(getattr(layer, "strides", (1,))) > 1 for layer in layers):
            block.title = text("{title}, /2", title=block.title)
        rates = {each.dilation_rate[0] for each in layers if isinstance(each, DepthwiseConv2D)}
        if max(rates, default=1) > 1:
            rate = text("rate {numbers}", numbers=sorted(rates))
            block.title = text("{title},\n{note}", title=block.title, note=rate)
    return blocks, edges


def mobilenet_v2_stages():
    """Return the stages of MobileNetV2: its first convolution and the seven groups of blocks."""
    stages = {r"MobilenetV2\.Conv": ("3×3 conv", diagram.BLUE)}
    index = 0
    for _expansion, _channels, repetitions, _stride in STAGES:
        numbers = "|".join(f"_{index + i}" if index + i else "" for i in range(repetitions))
        title = text("{count} × inverted residual", count=repetitions)
        stages[rf"MobilenetV2\.expanded_conv({numbers})\."] = (title, diagram.BLUE)
        index += repetitions
    return stages


def xception_stages(model):
    """Return the stages of Xception: the flows of 1802.02611, Fig. 4, with the units counted."""
    flow = r"xception_65\.middle_flow\.block1\.unit_\d+"
    units = {found[0] for layer in model.layers if (found := re.match(flow, layer.name))}
    titles = {
        r"entry_flow\.conv": "two 3×3 convs",
        r"entry_flow\.block1": "entry unit 1",
        r"entry_flow\.block2": "entry unit 2",
        r"entry_flow\.block3": "entry unit 3",
        r"middle_flow": text("{count} middle units", count=len(units)),
        r"exit_flow\.block1": "exit unit",
        r"exit_flow\.block2": "three separable convs",
    }
    return {rf"xception_65\.{name}": (title, diagram.BLUE) for name, title in titles.items()}


def head_stages(model):
    """Return the stages after the backbone: pyramid pooling, decoder, logits."""
    decodes = any(layer.name.startswith("decoder") for layer in model.layers)
    project = "1×1 conv, enlarged" if decodes else "1×1 conv"
    return {
        "global_average_pooling2d|image_pooling": ("image\npooling", diagram.GREEN),
        "aspp0": ("1×1 conv", diagram.GREEN),
        **{f"aspp{branch}": ("3×3 conv", diagram.GREEN) for branch in (1, 2, 3)},
        "concat_projection": (project, diagram.YELLOW),
        r"decoder\.feature_projection": ("1×1 conv", diagram.ORANGE),
        r"decoder\.decoder_conv": ("two separable convs", diagram.ORANGE),
        "logits": ("logits, enlarged", diagram.GREY),
    }
