"""Plain and residual networks for 224x224 images (1512.03385, Table 1), and VGG."""

import keras
from keras import layers

from helpers.residual import cifar, units, vgg

# Residual units in conv2_x to conv5_x; 50 layers and more have bottlenecks.
UNITS = {
    18: (2, 2, 2, 2),
    34: (3, 4, 6, 3),
    50: (3, 4, 6, 3),
    101: (3, 4, 23, 3),
    152: (3, 8, 36, 3),
}
WIDTHS = (64, 128, 256, 512)


@units.building()
def build_imagenet(
    family="resnet", depth=34, input_shape=(224, 224, 3), classes=1000, shortcut=None
):
    """Build a plain, residual or VGG network of the papers' ImageNet tables.

    As in the papers, bottlenecks take their stride in the first 1x1 convolution.

    Args:
        family: "plain" (18, 34), "resnet" (18, 34, 50, 101, 152) or "vgg" (11, 13, 16, 19).
        depth: weighted layers; projections do not count.
        input_shape: (height, width, channels).
        classes: number of logits.
        shortcut: "A", "B" or "C"; by default A for 18 and 34 layers, B for bottlenecks.

    Returns:
        keras.Model, (batch, height, width, channels) to logits (batch, classes).

    Raises:
        ValueError: a family or depth that the papers do not have.
    """
    known = {"plain": (18, 34), "resnet": tuple(UNITS), "vgg": tuple(vgg.CONVOLUTIONS)}
    units.check_choice("family", family, tuple(known))
    units.check_choice(f"depth of {family}", depth, known[family])
    if family == "vgg":
        return vgg.build_vgg(
            input_shape,
            classes,
            convolutions=vgg.CONVOLUTIONS[depth],
            widths=(*WIDTHS, 512),
            dense=(4096, 4096),
            batch_normalization=False,
            dropout=0.5,
        )
    bottleneck = depth >= 50
    if family == "resnet":
        shortcut = shortcut or ("B" if bottleneck else "A")
    inputs = keras.Input(input_shape, name="image")  # (batch, 224, 224, 3)
    x = units.convolution(inputs, 64, 7, 2, "stem_conv")  # (batch, 112, 112, 64)
    x = units.activate(x, "bn relu", "stem", bn_momentum=0.9)
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)  # zeros never win: ReLU is before
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(x)  # (batch, 56, 56, 64)
    x = units.stages(
        x,
        WIDTHS,
        UNITS[depth],
        kernels=(1, 3, 1) if bottleneck else (3, 3),
        expansion=4 if bottleneck else 1,
        shortcut=shortcut,
    )
    return keras.Model(inputs, cifar.classifier(x, classes), name=f"{family}_{depth}")
