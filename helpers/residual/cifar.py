"""Plain and residual networks for small images (1512.03385, section 4.2; 1603.05027)."""

from typing import Any

import keras
from keras import layers

from helpers.residual import units

WIDTHS = (16, 32, 64)  # filters of the stages
CLASSES = 10


def units_of_stage(
    family: str,
    depth: int,
    input_shape: tuple = (32, 32, 3),
    widths: tuple = WIDTHS,
    convolutions: int = 2,
    **options: Any,
) -> int:
    """Return how many units a stage of a network of `build_cifar` has; check its arguments.

    Raises:
        ValueError: an unknown choice, a depth that does not fit, shortcuts on a plain network, a
            shortcut that crosses no unit, or images too small to be halved in every stage.
    """
    units.check_choice("family", family, ("plain", "resnet"))
    units.check_choice("shortcut", options.get("shortcut"), units.SHORTCUTS)
    units.check_choice("placement", options.get("placement", "original"), tuple(units.PLACEMENTS))
    units.check_choice("gating", options.get("gating"), units.GATINGS)
    if family == "plain" and set(options) - {"placement"}:
        raise ValueError(f"a plain network has no shortcuts; received {options}")
    if (crossing := options.get("crossing", 2)) < 2:
        raise ValueError(f"a crossing shortcut spans 2 units or more; received {crossing=}")
    if min(input_shape[:2]) < 2 ** (len(widths) - 1):
        raise ValueError(f"{len(widths)} stages do not fit images of {input_shape[:2]} pixels")
    period = len(widths) * convolutions
    count, rest = divmod(depth - 2, period)
    if rest or count < 1:
        raise ValueError(
            f"depth {depth} does not fit {len(widths)} stages of units of {convolutions} "
            f"convolutions: it must be {period}n + 2, such as {period * max(count, 1) + 2}"
        )
    return count


@units.building()
def build_cifar(
    family: str = "resnet",
    depth: int = 20,
    input_shape: tuple = (32, 32, 3),
    widths: tuple = WIDTHS,
    convolutions: int = 2,
    **options: Any,
) -> keras.Model:
    """Build a plain or residual network: 3x3 stem, stages at sizes s, s/2, s/4, pooling, logits.

    Args:
        family: "plain" or "resnet", whose shortcuts are by default "A", the papers'.
        depth: weighted layers counted as in the papers: 3kn + 2 for n units of k convolutions
            a stage, so 6n + 2. Projections do not count.
        input_shape: (height, width, channels); 8x8 digits work too.
        widths: filters of the stages.
        convolutions: 3x3 convolutions per shortcut, 1 to 4.
        options: further arguments of `units.residual_unit` and `units.stages`: `shortcut`,
            `placement`, `scaling`, `gating`, `dropout`, `crossing`.

    Returns:
        keras.Model, (batch, height, width, channels) to logits (batch, 10).

    Raises:
        ValueError: see `units_of_stage`.
    """
    count = units_of_stage(family, depth, input_shape, widths, convolutions, **options)
    options = {"shortcut": "A" if family == "resnet" else None, **options}
    inputs = keras.Input(input_shape, name="image")  # (batch, height, width, channels)
    x = units.padded_convolution(inputs, widths[0], 3, 1, "stem_conv")
    x = units.activate(x, "bn relu", "stem")
    x = units.stages(x, widths, (count,) * len(widths), kernels=(3,) * convolutions, **options)
    return keras.Model(inputs, classifier(x, CLASSES), name=f"{family}_{depth}")


def classifier(x: keras.KerasTensor, classes: int) -> keras.KerasTensor:
    """Pool globally and append the fully connected layer, which returns logits."""
    x = layers.GlobalAveragePooling2D(name="head_pool")(x)  # (batch, channels)
    return layers.Dense(classes, kernel_initializer="he_normal", name="head_dense")(x)
