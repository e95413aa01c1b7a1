"""DeepLabv3 on MobileNetV2 and DeepLabv3+ on Xception-65 as Keras models."""

import keras
from keras import KerasTensor, layers

from helpers.deeplab.backbones import mobilenet_v2, xception_65
from helpers.deeplab.blocks import (
    HEAD_EPSILON,
    AlignedResize,
    convolution,
    scale_channels,
    separable,
)

CLASSES = 21  # PASCAL VOC 2012 with background
LOGITS = "logits.semantic"  # the layer of the logits before they are enlarged


def deeplab_v3(
    output_stride: int = 8, width: float = 1.0, classes: int = CLASSES, size: int | None = None
) -> keras.Model:
    """Build DeepLabv3 on MobileNetV2: image pooling and one 1×1 branch, no decoder.

    Args:
        output_stride: 8 (as in the demo) or 16.
        width: depth multiplier of the backbone.
        classes: number of classes.
        size: height and width of the images, k · output_stride + 1; None leaves them open.

    Returns:
        Keras model: images (batch, size, size, 3) in [-1, 1] → logits (batch, size, size,
        classes). Layer `logits.semantic` gives the logits at the output stride.

    Raises:
        ValueError: an output stride or size that the network cannot have.
    """
    image = input_image(output_stride, size)
    features = mobilenet_v2(image, output_stride, width)  # (batch, size / stride, …, 320)
    x = project([image_pooling(features), one_by_one(features, "aspp0")])
    return with_logits(image, x, classes, "deeplab_v3_mobilenet_v2")


def deeplab_v3_plus(
    output_stride: int = 8, width: float = 1.0, classes: int = CLASSES, size: int | None = None,
    middle_units: int = 16, decoder: bool = True,
) -> keras.Model:  # fmt: skip
    """Build DeepLabv3+ on Xception-65: atrous spatial pyramid pooling, and the decoder.

    Arguments, result and errors as `deeplab_v3`; `width` scales the heads too, `middle_units`
    and `decoder` serve smaller networks and the ablation of arXiv 1802.02611, §4. The decoder
    enlarges the features to stride 4 and refines them with 48 channels of low-level features and
    two separable 3×3 convolutions (tables 1 and 2).
    """
    image = input_image(output_stride, size)
    filters = scale_channels(256, width)
    features, low_level = xception_65(image, output_stride, width, middle_units)
    pyramid = [image_pooling(features, filters), one_by_one(features, "aspp0", filters)]
    for index, rate in enumerate((6, 12, 18), 1):  # at output stride 16
        pyramid.append(separable(features, filters, f"aspp{index}", rate * 16 // output_stride))
    x = project(pyramid, filters)
    if decoder:
        channels = max(8, filters * 48 // 256)
        detail = one_by_one(low_level, "decoder.feature_projection0", channels)
        x = layers.Concatenate()([AlignedResize()(x, detail), detail])
        x = separable(x, filters, "decoder.decoder_conv0")
        x = separable(x, filters, "decoder.decoder_conv1")
    return with_logits(image, x, classes, "deeplab_v3_plus_xception_65")


def input_image(output_stride: int, size: int | None) -> KerasTensor:
    """Return the symbolic input; raise ValueError for a stride or size that cannot be."""
    if output_stride not in (8, 16):
        raise ValueError(f"the output stride must be 8 or 16, not {output_stride}")
    if size is not None and (size < 1 or (size - 1) % output_stride):
        raise ValueError(f"the image size must be k·{output_stride} + 1, not {size}")
    return keras.Input((size, size, 3), name="image")


def one_by_one(x: KerasTensor, name: str, filters: int = 256) -> KerasTensor:
    """Return 1×1 conv → BN → ReLU with the head's epsilon."""
    return layers.ReLU()(convolution(x, filters, name, epsilon=HEAD_EPSILON))


def image_pooling(features: KerasTensor, filters: int = 256) -> KerasTensor:
    """Return the mean of the whole map through a 1×1 convolution, spread over the map again."""
    pooled = layers.GlobalAveragePooling2D(keepdims=True)(features)
    return AlignedResize()(one_by_one(pooled, "image_pooling", filters), features)


def project(branches: list[KerasTensor], filters: int = 256) -> KerasTensor:
    """Return the branches concatenated and projected to `filters` channels, with dropout."""
    x = layers.Concatenate()(branches)
    return layers.Dropout(0.1)(one_by_one(x, "concat_projection", filters))


def with_logits(image: KerasTensor, x: KerasTensor, classes: int, name: str) -> keras.Model:
    """Return the model from `image` to logits at the size of the image."""
    logits = layers.Conv2D(classes, 1, name=LOGITS)(x)
    return keras.Model(image, AlignedResize(name="logits")(logits, image), name=name)
