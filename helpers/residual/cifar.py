"""Plain and residual networks for small images (1512.03385, section 4.2; 1603.05027)."""

import keras
from keras import layers

from helpers.residual import units

DEPTHS = (20, 32, 44, 56, 110, 1202)  # 1512.03385, Table 6: 6n + 2
BOTTLENECK_DEPTHS = (164, 1001)  # 1603.05027: 9n + 2


@units.building()
def build_cifar(
    family="resnet",
    depth=20,
    input_shape=(32, 32, 3),
    classes=10,
    *,
    convolutions=2,
    bottleneck=False,
    widths=(16, 32, 64),
    shortcut=None,
    bn_momentum=0.9,
    name=None,
    **options,
):
    """Build a plain or residual network: 3x3 stem, stages at sizes s, s/2, s/4, pooling, logits.

    Args:
        family: "plain" or "resnet".
        depth: weighted layers counted as in the papers: 3kn + 2 for n units of k convolutions
            a stage, so 6n + 2, or 9n + 2 for bottlenecks. Projections do not count.
        input_shape: (height, width, channels); 8x8 digits work too.
        classes: number of logits.
        convolutions: 3x3 convolutions per shortcut, 1 to 4.
        bottleneck: units of 1x1, 3x3, 1x1 convolutions with four times the width at the end.
        widths: filters of the stages.
        shortcut: "A", "B" or "C"; by default the papers': A, and B for bottlenecks.
        bn_momentum: share of the old moving average kept at each step (the papers' frameworks
            keep 0.9; Keras' own default 0.99 lags in short trainings).
        options: further arguments of `units.residual_unit` and `units.stages`: `placement`,
            `scaling`, `gating`, `gate_bias`, `dropout`, `crossing`.

    Returns:
        keras.Model, (batch, height, width, channels) to logits (batch, classes).

    Raises:
        ValueError: an unknown choice, a depth that does not fit, or shortcuts on a plain network.
    """
    units.check_choice("family", family, ("plain", "resnet"))
    units.check_choice("shortcut", shortcut, units.SHORTCUTS)
    units.check_choice("placement", options.get("placement", "original"), tuple(units.PLACEMENTS))
    units.check_choice("gating", options.get("gating"), units.GATINGS)
    if family == "plain" and (shortcut or set(options) - {"placement"}):
        raise ValueError(f"a plain network has no shortcuts; received {shortcut=}, {options}")
    kernels = (1, 3, 1) if bottleneck else (3,) * convolutions
    period = len(widths) * len(kernels)
    count, rest = divmod(depth - 2, period)
    if rest or count < 1:
        raise ValueError(
            f"depth {depth} does not fit {len(widths)} stages of units of {len(kernels)} "
            f"convolutions: it must be {period}n + 2, such as {period * max(count, 1) + 2}"
        )
    if family == "resnet":
        shortcut = shortcut or ("B" if bottleneck else "A")

    inputs = keras.Input(input_shape, name="image")  # (batch, height, width, channels)
    x = units.convolution(inputs, widths[0], 3, 1, "stem_conv")
    x = units.activate(x, "bn relu", "stem", bn_momentum)
    x = units.stages(
        x,
        widths,
        (count,) * len(widths),
        kernels=kernels,
        expansion=4 if bottleneck else 1,
        shortcut=shortcut,
        bn_momentum=bn_momentum,
        **options,
    )
    return keras.Model(inputs, classifier(x, classes), name=name or f"{family}_{depth}")


def classifier(x, classes):
    """Pool globally and append the fully connected layer, which returns logits."""
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)  # (batch, channels)
    return layers.Dense(classes, kernel_initializer="he_normal", name="head_dense")(x)
