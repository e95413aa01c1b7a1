"""What one forward pass of a network costs, counted from the built layers."""

import math

from keras import layers


def multiply_adds(model):
    """Return the multiply-adds of every convolution and dense layer for one image.

    The papers' "FLOPs" and "Mult-Adds" count these: each weight of a kernel works once at each
    output position. Biases, normalisation, activations, pooling and resizing are not counted.

    Args:
        model: built Keras model with a fixed input size.

    Raises:
        ValueError: an output size is not fixed, so the count would be undefined.
    """
    total = 0
    for layer in model.layers:
        if not isinstance(layer, layers.Conv2D | layers.DepthwiseConv2D | layers.Dense):
            continue
        positions = layer.output.shape[1:-1]
        if None in positions:
            raise ValueError(f"{layer.name} has no fixed output size: build the model with one")
        total += layer.kernel.shape.num_elements() * math.prod(positions)
    return total
