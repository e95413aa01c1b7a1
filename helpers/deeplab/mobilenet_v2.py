"""MobileNetV2 as DeepLab's backbone: strides beyond the output stride turn into dilation."""

from keras import layers

from helpers.deeplab.blocks import convolution, depthwise, narrowed

# Table 2 of arXiv 1801.04381: expansion t, channels c, repetitions n, stride of the first.
STAGES = ((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2),
          (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1))  # fmt: skip


def mobilenet_v2(image, output_stride, width=1.0):
    """Return the features of MobileNetV2 up to its 320-channel block.

    Args:
        image: (batch, height, width, 3), scaled to [-1, 1].
        output_stride: 8 or 16, the input size over that of the features. Once it is reached, a
            block's stride becomes dilation of the blocks that follow (arXiv 1706.05587, §3.1).
        width: depth multiplier of all channels (at least 8 remain).
    """
    x = convolution(image, narrowed(32, width), "MobilenetV2.Conv", kernel_size=3, stride=2)
    x = layers.ReLU(6.0)(x)
    current, rate, index = 2, 1, 0
    for expansion, channels, repetitions, first_stride in STAGES:
        for repetition in range(repetitions):
            stride = first_stride if repetition == 0 else 1
            dense = current == output_stride  # no further stride from here on
            x = inverted_residual(
                x, expansion, narrowed(channels, width), 1 if dense else stride, rate, index
            )
            current, rate = (current, rate * stride) if dense else (current * stride, rate)
            index += 1
    return x


def inverted_residual(x, expansion, filters, stride, rate, index):
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
