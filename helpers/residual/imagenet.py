"""Plain and residual networks for 224x224 images (1512.03385, Table 1), and VGG."""

import keras
from keras import layers

from helpers.residual import cifar, units, vgg

# Residual units in conv2_x to conv5_x; 50 layers and more have bottlenecks.
UNITS = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3)}
UNITS |= {101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
WIDTHS = (64, 128, 256, 512)
SHAPE, CLASSES = (224, 224, 3), 1000


@units.building()
def build_imagenet(family: str, depth: int) -> keras.Model:
    """Build a plain, residual or VGG network of the papers' ImageNet tables.

    As in the papers, bottlenecks take their stride in the first 1x1 convolution.

    Args:
        family: "plain" (18, 34), "resnet" (18, 34, 50, 101, 152) or "vgg" (11, 13, 16, 19).
        depth: weighted layers; projections do not count.

    Returns:
        keras.Model, (batch, 224, 224, 3) to logits (batch, 1000). Residual networks of 18 and 34
        layers have shortcuts A, those of bottlenecks B.

    Raises:
        ValueError: a family or depth that the papers do not have.
    """
    known: dict[str, tuple] = {"plain": (18, 34), "resnet": (*UNITS,), "vgg": (*vgg.CONVOLUTIONS,)}
    units.check_choice("family", family, tuple(known))
    units.check_choice(f"depth of {family}", depth, known[family])
    if family == "vgg":
        return vgg.build_vgg(
            SHAPE, CLASSES, convolutions=vgg.CONVOLUTIONS[depth], widths=(*WIDTHS, 512),
            dense=(4096, 4096), batch_normalization=False, dropout=0.5,
        )  # fmt: skip
    options: dict = {"kernels": (3, 3), "shortcut": "A"}
    if depth >= 50:
        options = {"kernels": (1, 3, 1), "expansion": 4, "shortcut": "B"}
    if family == "plain":
        options["shortcut"] = None
    inputs = keras.Input(SHAPE, name="image")  # (batch, 224, 224, 3)
    x = units.padded_convolution(inputs, 64, 7, 2, "stem_conv")  # (batch, 112, 112, 64)
    x = units.activate(x, "bn relu", "stem")
    x = layers.ZeroPadding2D(1, name="stem_pool_pad")(x)  # zeros never win: ReLU is before
    x = layers.MaxPooling2D(3, 2, name="stem_pool")(x)  # (batch, 56, 56, 64)
    x = units.stages(x, WIDTHS, UNITS[depth], **options)
    return keras.Model(inputs, cifar.classifier(x, CLASSES), name=f"{family}_{depth}")
