"""Residual units of arXiv 1512.03385 and 1603.05027, as functions over named Keras layers."""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import keras
from keras import layers, ops

from helpers.normalization import FusedBatchNormalization

Tensor: TypeAlias = keras.KerasTensor
# Where batch normalisation and ReLU stand (1603.05027, Fig. 4 and Table 2):
# before the first convolution, after the last one, after the addition.
# Between two convolutions it is always "bn relu".
PLACEMENTS = {
    "original": ("", "bn", "relu"),
    "bn_after_addition": ("", "", "bn relu"),
    "relu_before_addition": ("", "bn relu", ""),
    "relu_only_preactivation": ("relu", "bn", ""),
    "preactivation": ("bn relu", "", ""),
}
SHORTCUTS = (None, "A", "B", "C")
GATINGS = (None, "exclusive", "shortcut_only")
# Share of the old moving average that batch normalisation keeps at each step, as the papers'
# frameworks do; Keras' own 0.99 lags in short trainings.
MOMENTUM = 0.9


@keras.saving.register_keras_serializable(package="residual")
class PaddedIdentity(layers.Layer):
    """Option A: take every `stride`-th pixel, append zero channels up to `filters`; no weights."""

    def __init__(self, filters: int, stride: int = 1, **kwargs: Any) -> None:  # noqa: D107
        super().__init__(**kwargs)
        self.filters, self.stride = filters, stride

    def call(self, x: Tensor) -> Tensor:
        """Map (batch, height, width, channels) to (batch, height/stride, width/stride, filters)."""
        # Pooling over one pixel: on a CPU three times faster, with its gradient, than a slice.
        x = ops.average_pool(x, 1, self.stride)
        return ops.pad(x, [[0, 0], [0, 0], [0, 0], [0, self.filters - x.shape[-1]]])

    def get_config(self) -> dict:
        """Return what the constructor needs."""
        return {**super().get_config(), "filters": self.filters, "stride": self.stride}


def padded_convolution(x: Tensor, filters: int, kernel: int, stride: int, name: str) -> Tensor:
    """Convolve without bias, He-initialised, padded by `kernel // 2` pixels on every side.

    TensorFlow's own "same" pads only right and bottom at stride 2, which is another network.
    """
    padding = "same"
    if stride > 1 and kernel > 1:
        x = layers.ZeroPadding2D(kernel // 2, name=f"{name}_pad")(x)
        padding = "valid"
    return layers.Conv2D(
        filters, kernel, stride, padding, use_bias=False, kernel_initializer="he_normal", name=name
    )(x)


def activate(x: Tensor, steps: str, name: str, index: int | str = "") -> Tensor:
    """Apply `steps`, such as "bn relu", as layers `<name>_bn<index>` and `<name>_relu<index>`."""
    for step in steps.split():
        layer, settings = layers.ReLU, {}
        if step == "bn":
            layer, settings = FusedBatchNormalization, {"momentum": MOMENTUM, "epsilon": 1e-5}
        x = layer(name=f"{name}_{step}{index}", **settings)(x)
    return x


def residual_unit(
    x: Tensor,
    filters: int,
    stride: int = 1,
    *,
    name: str,
    kernels: Sequence[int] = (3, 3),
    expansion: int = 1,
    shortcut: str | None = "A",
    placement: str = "original",
    scaling: tuple[float, float] = (1.0, 1.0),
    gating: str | None = None,
    dropout: float = 0.0,
    crossing: Tensor | None = None,
    preactivate: bool = True,
) -> Tensor:
    """Append y_l = h(x_l) + F(x_l, W_l), x_{l+1} = f(y_l) (1603.05027, Eqs. 1-2) to a graph.

    Args:
        x: x_l, (batch, height, width, channels).
        filters: of F's convolutions; the last one has `filters * expansion`.
        stride: of the first convolution and of the shortcut.
        name: prefix of the layers' names, such as "stage2_unit1".
        kernels: sizes of F's convolutions; (1, 3, 1) with expansion 4 is the bottleneck.
        shortcut: None for a plain unit, else the option of 1512.03385 where dimensions change:
            "A" zero padding, "B" projection there, "C" projections everywhere (the "1x1 conv
            shortcut" of 1603.05027, Table 1).
        placement: a key of `PLACEMENTS` (1603.05027, Table 2).
        scaling: constant factors of the shortcut and of F (Table 1, "constant scaling").
        gating: None, "exclusive" (1-g on the shortcut, g on F) or "shortcut_only" (1-g, 1), with
            g = sigmoid(W_g x_l + b_g) (Table 1); `set_gate_biases` sets the initial b_g.
        dropout: rate of dropout on the shortcut (Table 1: 0.5).
        crossing: input of an earlier unit, added over a second parameter-free shortcut.
        preactivate: False leaves out the activation before F: the network's first unit gets it
            from the stem, before the paths split (1603.05027, appendix).

    Returns:
        x_{l+1}, (batch, height / stride, width / stride, filters * expansion).
    """
    before, last, after = PLACEMENTS[placement]
    out = filters * expansion
    activated = activate(x, before if preactivate else "", f"{name}_pre")
    y = activated
    for k, kernel in enumerate(kernels, start=1):
        ends = k == len(kernels)
        width, step = (out if ends else filters), (stride if k == 1 else 1)
        y = padded_convolution(y, width, kernel, step, f"{name}_conv{k}")
        y = activate(y, last if ends else "bn relu", name, k)
    if shortcut is None:
        return activate(y, after, f"{name}_post")

    h = x
    changes = stride > 1 or x.shape[-1] != out
    if shortcut == "C" or (shortcut == "B" and changes):
        h = padded_convolution(activated, out, 1, stride, f"{name}_projection")
        if "bn" not in before:  # else it has had its normalisation
            h = activate(h, "bn", f"{name}_projection")
    elif changes:
        h = PaddedIdentity(out, stride, name=f"{name}_shortcut")(x)
    if dropout:
        h = layers.Dropout(dropout, name=f"{name}_dropout")(h)
    h, y = scale(h, scaling[0], f"{name}_shortcut_scale"), scale(y, scaling[1], f"{name}_scale")
    if gating:
        h, y = gate(x, h, y, stride, gating, name)
    terms = [h, y]
    if crossing is not None:
        step = -(-crossing.shape[1] // y.shape[1])  # of a map of odd size: rounded up
        terms.append(PaddedIdentity(out, step, name=f"{name}_crossing")(crossing))
    return activate(layers.Add(name=f"{name}_add")(terms), after, f"{name}_post")


def scale(x: Tensor, factor: float, name: str) -> Tensor:
    """Multiply by a constant; a factor of one adds no layer."""
    return x if factor == 1 else layers.Rescaling(factor, name=name)(x)


def gate(x: Tensor, h: Tensor, y: Tensor, stride: int, gating: str, name: str) -> list[Tensor]:
    """Return shortcut and residual weighted by g = sigmoid(W_g x + b_g), a 1x1 convolution."""
    g = layers.Conv2D(
        y.shape[-1], 1, stride, activation="sigmoid", kernel_initializer="he_normal",
        name=f"{name}_gate",
    )(x)  # fmt: skip
    complement = layers.Rescaling(-1.0, offset=1.0, name=f"{name}_gate_complement")(g)
    h = layers.Multiply(name=f"{name}_gated_shortcut")([complement, h])
    if gating == "exclusive":
        y = layers.Multiply(name=f"{name}_gated_residual")([g, y])
    return [h, y]


def set_gate_biases(model: keras.Model, value: float) -> None:
    """Set the biases b_g of all gates of a network; they start at zero."""
    for layer in model.layers:
        if layer.name.endswith("_gate"):
            layer.bias.assign(ops.full(layer.bias.shape, value))


def stages(
    x: Tensor, widths: Sequence[int], units: Sequence[int], *, crossing: int = 1, **options: Any
) -> Tensor:
    """Stack `units[s]` residual units of width `widths[s]` for each stage s.

    Every stage but the first halves the map in its first unit. With `crossing` = m > 1 each unit
    also receives the input of the unit m - 1 places earlier: shortcuts over m units that cross.
    Other keyword arguments go to `residual_unit`.
    """
    inputs: list[Tensor] = []
    for stage, (filters, count) in enumerate(zip(widths, units, strict=True), start=1):
        for unit in range(1, count + 1):
            inputs.append(x)
            x = residual_unit(
                x,
                filters,
                stride=2 if stage > 1 and unit == 1 else 1,
                name=f"stage{stage}_unit{unit}",
                crossing=inputs[-crossing] if 1 < crossing <= len(inputs) else None,
                preactivate=len(inputs) > 1,
                **options,
            )
    before = PLACEMENTS[options.get("placement", "original")][0]
    return activate(x, before, "head")


@contextlib.contextmanager
def building() -> Iterator[None]:
    """Decorate a function that builds a network of hundreds of layers.

    Weights are allocated together at the end, which halves the time, and Keras, which calls
    itself once a layer, may go deeper than Python's usual limit.
    """
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 100_000))
    try:
        with keras.StatelessScope():
            yield
    finally:
        sys.setrecursionlimit(limit)


def check_choice(name: str, value: Any, choices: Sequence) -> None:
    """Raise ValueError unless `value` is one of `choices`."""
    if value not in choices:
        known = ", ".join(map(str, choices))
        raise ValueError(f"{name} must be one of {known}; received {value!r}")
