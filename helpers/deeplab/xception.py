"""Xception-65, the modified aligned Xception of DeepLabv3+ (arXiv 1802.02611, figure 4)."""

from collections.abc import Callable

from keras import KerasTensor, layers

from helpers.deeplab.blocks import (
    BACKBONE_EPSILON,
    convolution,
    depthwise,
    scale_channels,
    separable,
)

ENTRY = 128, 256, 728  # channels of each of the three separable convolutions of blocks 1 to 3
MIDDLE = 728
EXIT = (728, 1024, 1024), (1536, 1536, 2048)


def xception_65(
    image: KerasTensor, output_stride: int, width: float = 1.0, middle_units: int = 16
) -> tuple[KerasTensor, KerasTensor]:
    """Return (features, low-level features at stride 4) of Xception-65.

    Args:
        image: symbolic, (batch, height, width, 3), in [-1, 1].
        output_stride: 8 or 16, the input size over that of the features. Strides beyond it turn
            into dilation of the blocks that follow (arXiv 1706.05587, §3.1).
        width: multiplier of all channels (at least 8 remain).
        middle_units: residual units of the middle flow; 16 make 65 layers.
    """
    flow = "xception_65.entry_flow"
    x = strided(convolution, image, scale_channels(32, width), f"{flow}.conv1_1", kernel_size=3)
    x = layers.ReLU()(x)
    x = convolution(x, scale_channels(64, width), f"{flow}.conv1_2", kernel_size=3)
    x = layers.ReLU()(x)

    entry = [scale_channels(channels, width) for channels in ENTRY]
    third_stride = 2 if output_stride == 16 else 1
    rate = 16 // output_stride  # from the middle flow on
    x, _ = unit(x, 3 * [entry[0]], f"{flow}.block1", stride=2)
    x, low_level = unit(x, 3 * [entry[1]], f"{flow}.block2", stride=2)
    x, _ = unit(x, 3 * [entry[2]], f"{flow}.block3", stride=third_stride)
    middle = 3 * [scale_channels(MIDDLE, width)]
    for index in range(1, middle_units + 1):
        name = f"xception_65.middle_flow.block1.unit_{index}"
        x, _ = unit(x, middle, name, rate=rate, shortcut="sum")
    exit_1, exit_2 = ([scale_channels(channels, width) for channels in block] for block in EXIT)
    x, _ = unit(x, exit_1, "xception_65.exit_flow.block1", rate=rate)
    name = "xception_65.exit_flow.block2.unit_1.xception_module.separable_conv"
    for index, filters in enumerate(exit_2, 1):
        x = separable(x, filters, f"{name}{index}", 2 * rate, BACKBONE_EPSILON)
    return x, low_level


def unit(
    x: KerasTensor, filters: list[int], name: str, stride: int = 1, rate: int = 1,
    shortcut: str = "conv",
) -> tuple[KerasTensor, KerasTensor]:  # fmt: skip
    """Return (output, second separable convolution) of a residual unit of three separable convs.

    ReLU stands before each separable convolution and nowhere else; the stride is in the third;
    the shortcut ("conv": 1×1 with BN, or "sum": identity) takes the input before its ReLU.
    """
    name = f"{name}.xception_module" if ".unit_" in name else f"{name}.unit_1.xception_module"
    residual, outputs = x, []
    for index, channels in enumerate(filters, 1):
        convolve = f"{name}.separable_conv{index}"
        residual = layers.ReLU()(residual)
        if index == 3 and stride == 2:
            residual = strided(depthwise, residual, f"{convolve}_depthwise")
        else:
            residual = depthwise(residual, f"{convolve}_depthwise", rate=rate)
        residual = convolution(residual, channels, f"{convolve}_pointwise")
        outputs.append(residual)
    if shortcut == "conv":
        x = convolution(x, filters[-1], f"{name}.shortcut", stride=stride)
    return layers.Add(name=f"{name}.add")([residual, x]), outputs[1]


def strided(
    convolve: Callable, x: KerasTensor, *arguments: object, **options: object
) -> KerasTensor:
    """Return a 3×3 stride-2 convolution of `x` padded by one on every side, at any input size."""
    return convolve(layers.ZeroPadding2D(1)(x), *arguments, stride=2, padding="valid", **options)
