"""MobileNetV2 as DeepLab's backbone: strides beyond the output stride turn into dilation."""

from keras import KerasTensor, layers

from helpers.deeplab.blocks import convolution, depthwise, scale_channels

# Table 2 of arXiv 1801.04381: expansion t, channels c, repetitions n, stride of the first.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
          (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip


def mobilenet_v2(image: KerasTensor, output_stride: int, width: float = 1.0) -> KerasTensor:
    """Return the features of MobileNetV2 up to its 320-channel block.

    Args:
        image: symbolic, (batch, height, width, 3), in [-1, 1].
        output_stride: 8 or 16, the input size over that of the features. Once it is reached, a
            block's stride becomes dilation of the blocks that follow (arXiv 1706.05587, §3.1).
        width: depth multiplier of all channels (at least 8 remain).
    """
    x = convolution(image, scale_channels(32, width), "MobilenetV2.Conv", kernel_size=3, stride=2)
    x = layers.ReLU(6.0)(x)
    stride_so_far, rate, index = 2, 1, 0
    for expansion, channels, repetitions, first_stride in STAGES:
        filters = scale_channels(channels, width)
        for stride in [first_stride] + [1] * (repetitions - 1):
            if stride_so_far == output_stride:
                x = inverted_residual(x, expansion, filters, 1, rate, index)
                rate *= stride  # of the blocks that follow
            else:
                x = inverted_residual(x, expansion, filters, stride, rate, index)
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
