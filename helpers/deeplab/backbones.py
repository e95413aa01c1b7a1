"""MobileNetV2 and Xception-65 as DeepLab's backbones.

Strides beyond the output stride turn into dilation of what follows (arXiv 1706.05587, §3.1).
"""

from keras import KerasTensor, layers

from helpers.deeplab.blocks import (
    BACKBONE_EPSILON,
    convolution,
    depthwise,
    scale_channels,
    separable,
)

# Table 2 of arXiv 1801.04381: expansion t, channels c, repetitions n, stride of the first.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
          (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip


def mobilenet_v2(image: KerasTensor, output_stride: int, width: float = 1.0) -> KerasTensor:
    """Return the features of MobileNetV2 up to its 320-channel block.

    The symbolic image is (batch, height, width, 3), in [-1, 1]; the output stride, 8 or 16, is its
    size over that of the features; `width` multiplies all channels (at least 8 remain).
    """
    x = convolution(image, scale_channels(32, width), "MobilenetV2.Conv", 3, 2)
    x = layers.ReLU(6.0)(x)
    stride_so_far, rate, index = 2, 1, 0
    for expansion, channels, repetitions, first_stride in STAGES:
        filters = scale_channels(channels, width)
        for stride in [first_stride] + [1] * (repetitions - 1):
            dilated = stride_so_far == output_stride
            x = inverted_residual(x, expansion, filters, 1 if dilated else stride, rate, index)
            if dilated:
                rate *= stride  # of the blocks that follow
            else:
                stride_so_far *= stride
            index += 1
    return x


def inverted_residual(
    x: KerasTensor, expansion: int, filters: int, stride: int, rate: int, index: int
) -> KerasTensor:
    """Return block `index`: 1×1 expansion, 3×3 depthwise, linear 1×1 projection, identity."""
    name = f"MobilenetV2.expanded_conv_{index}" if index else "MobilenetV2.expanded_conv"
    shortcut, channels = x, x.shape[-1]
    if expansion > 1:
        x = layers.ReLU(6.0)(convolution(x, expansion * channels, f"{name}.expand"))
    x = layers.ReLU(6.0)(depthwise(x, f"{name}.depthwise", stride, rate))
    x = convolution(x, filters, f"{name}.project")
    if stride == 1 and channels == filters:
        x = layers.Add(name=f"{name}.add")([shortcut, x])
    return x


def xception_65(
    image: KerasTensor, output_stride: int, width: float = 1.0, middle_units: int = 16
) -> tuple[KerasTensor, KerasTensor]:
    """Return (features, low-level features at stride 4) of Xception-65.

    This is the modified aligned Xception of arXiv 1802.02611, figure 4. Arguments as of
    `mobilenet_v2`; 16 units in the middle flow make 65 layers.
    """

    def scaled(*channels: int) -> list[int]:
        return [scale_channels(each, width) for each in channels]

    first, second = scaled(32, 64)
    x = layers.ZeroPadding2D(1)(image)
    x = convolution(x, first, "xception_65.entry_flow.conv1_1", 3, 2, padding="valid")
    x = convolution(layers.ReLU()(x), second, "xception_65.entry_flow.conv1_2", 3)
    rate = 16 // output_stride  # from the middle flow on
    x, _ = unit(layers.ReLU()(x), scaled(128, 128, 128), "entry_flow.block1.unit_1", stride=2)
    x, low_level = unit(x, scaled(256, 256, 256), "entry_flow.block2.unit_1", stride=2)
    x, _ = unit(x, scaled(728, 728, 728), "entry_flow.block3.unit_1", stride=2 // rate)
    for index in range(1, middle_units + 1):
        name = f"middle_flow.block1.unit_{index}"
        x, _ = unit(x, scaled(728, 728, 728), name, rate=rate, projected=False)
    x, _ = unit(x, scaled(728, 1024, 1024), "exit_flow.block1.unit_1", rate=rate)
    for index, filters in enumerate(scaled(1536, 1536, 2048), 1):
        name = f"xception_65.exit_flow.block2.unit_1.xception_module.separable_conv{index}"
        x = separable(x, filters, name, 2 * rate, BACKBONE_EPSILON)
    return x, low_level


def unit(
    x: KerasTensor, filters: list[int], name: str, stride: int = 1, rate: int = 1,
    projected: bool = True,
) -> tuple[KerasTensor, KerasTensor]:  # fmt: skip
    """Return (output, second separable convolution) of a residual unit of three separable convs.

    ReLU stands before each separable convolution and nowhere else; the stride is in the third.
    The shortcut, `projected` by a 1×1 convolution with BN or not, takes the input before its ReLU.
    """
    name = f"xception_65.{name}.xception_module"
    residual, outputs = x, []
    for index, channels in enumerate(filters, 1):
        convolve = f"{name}.separable_conv{index}"
        residual = layers.ReLU()(residual)
        if index == 3 and stride == 2:
            residual = layers.ZeroPadding2D(1)(residual)
            residual = depthwise(residual, f"{convolve}_depthwise", stride, padding="valid")
        else:
            residual = depthwise(residual, f"{convolve}_depthwise", rate=rate)
        residual = convolution(residual, channels, f"{convolve}_pointwise")
        outputs.append(residual)
    if projected:
        x = convolution(x, filters[-1], f"{name}.shortcut", stride=stride)
    return layers.Add(name=f"{name}.add")([residual, x]), outputs[1]
