"""Plain and residual networks for small images (1512.03385, section 4.2; 1603.05027)."""

import keras
from keras import layers

from helpers.residual import units

WIDTHS = (16, 32, 64)  # filters of the stages
CLASSES = 10


@units.building()
def build_cifar(
    family="resnet", depth=20, input_shape=(32, 32, 3), *, convolutions=2, shortcut=None, **options
):
    """Build a plain or residual network: 3x3 stem, stages at sizes s, s/2, s/4, pooling, logits.

    Args:
        family: "plain" or "resnet".
        depth: weighted layers counted as in the papers: 3kn + 2 for n units of k convolutions
            a stage, so 6n + 2. Projections do not count.
        input_shape: (height, width, channels); 8x8 digits work too.
        convolutions: 3x3 convolutions per shortcut, 1 to 4.
        shortcut: "A", the papers', "B" or "C"; of "resnet" alone.
        options: further arguments of `units.residual_unit` and `units.stages`: `placement`,
            `scaling`, `gating`, `gate_bias`, `dropout`, `crossing`.

    Returns:
        keras.Model, (batch, height, width, channels) to logits (batch, 10).

    Raises:
        ValueError: an unknown choice, a depth that does not fit, or shortcuts on a plain network.
    """
    units.check_choice("family", family, ("plain", "resnet"))
    units.check_choice("shortcut", shortcut, units.SHORTCUTS)
    units.check_choice("placement", options.get("placement", "original"), tuple(units.PLACEMENTS))
    units.check_choice("gating", options.get("gating"), units.GATINGS)
    if family == "plain" and (shortcut or set(options) - {"placement"}):
        raise ValueError(f"a plain network has no shortcuts; received {shortcut=}, {options}")
    period = len(WIDTHS) * convolutions
    count, rest = divmod(depth - 2, period)
    if rest or count < 1:
        raise ValueError(
            f"depth {depth} does not fit {len(WIDTHS)} stages of units of {convolutions} "
            f"convolutions: it must be {period}n + 2, such as {period * max(count, 1) + 2}"
        )
    if family == "resnet":
        shortcut = shortcut or "A"

    inputs = keras.Input(input_shape, name="image")  # (batch, height, width, channels)
    x = units.padded_convolution(inputs, WIDTHS[0], 3, 1, "stem_conv")
    x = units.activate(x, "bn relu", "stem")
    kernels = (3,) * convolutions
    x = units.stages(
        x, WIDTHS, (count,) * len(WIDTHS), kernels=kernels, shortcut=shortcut, **options
    )
    return keras.Model(inputs, classifier(x, CLASSES), name=f"{family}_{depth}")


def classifier(x, classes):
    """Pool globally and append the fully connected layer, which returns logits."""
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)  # (batch, channels)
    return layers.Dense(classes, kernel_initializer="he_normal", name="head_dense")(x)
