"""Weights of the official DeepLab files: TF-1 checkpoints and frozen graphs.

A variable's name in the files follows from the layer's: `aspp0.BatchNorm` holds
`aspp0/BatchNorm/gamma` and so on. Every number is used exactly once or nothing is loaded.
"""

import re
from pathlib import Path

import tensorflow as tf
from google.protobuf.message import DecodeError
from keras import layers

PARTS = "weights|depthwise_weights|biases|gamma|beta|moving_mean|moving_variance"


def load_weights(model, path):
    """Read the weights of a TF-1 checkpoint or a frozen graph into a DeepLab network.

    Args:
        model: from `network.deeplab_v3` or `network.deeplab_v3_plus`.
        path: a checkpoint's prefix (`…/model.ckpt-30000`) or a frozen graph (`….pb`).

    Returns:
        `model`.

    Raises:
        ValueError: the file cannot be read, or its variables are not those of the network;
            the message names what is missing, left over, or of another shape.
    """
    path = Path(path)
    stored = read_frozen_graph(path) if path.suffix == ".pb" else read_checkpoint(path)
    assign(named_variables(model), stored, path)
    return model


def named_variables(model):
    """Return {name in the official files: Keras variable} of a DeepLab network."""
    named = {}
    for layer in model.layers:
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        renamed = {"kernel": "depthwise_weights" if depthwise else "weights", "bias": "biases"}
        for variable in layer.weights:
            part = renamed.get(variable.name, variable.name)
            named[f"{layer.name.replace('.', '/')}/{part}"] = variable
    return named


def read_checkpoint(prefix):
    """Return {name: array} of a TF-1 checkpoint, without what only training needs.

    Raises:
        ValueError: there is no checkpoint, or it is damaged.
    """
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        names = reader.get_variable_to_shape_map()
        wanted = [n for n in names if n != "global_step" and not n.endswith("/Momentum")]
        return {name: reader.get_tensor(name) for name in wanted}
    except (tf.errors.OpError, ValueError) as error:
        raise ValueError(
            f"{prefix}: no readable checkpoint (.index and .data files): {error}"
        ) from error


def read_graph(path):
    """Return the GraphDef of a frozen graph.

    Raises:
        ValueError: the file is missing or no graph.
    """
    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(Path(path).read_bytes())
    except (OSError, DecodeError) as error:
        raise ValueError(f"{path}: no readable frozen graph: {error}") from error
    return graph


def read_frozen_graph(path):
    """Return {name: array} of the constants that were a frozen graph's variables."""
    return {
        node.name: tf.make_ndarray(node.attr["value"].tensor)
        for node in read_graph(path).node
        if node.op == "Const" and re.fullmatch(f".+/({PARTS})", node.name)
    }


def assign(variables, stored, path):
    """Give every variable its array, all or none.

    Raises:
        ValueError: names or shapes differ; the message lists them.
    """
    faults = [f"missing: {name}" for name in sorted(variables.keys() - stored.keys())]
    faults += [f"left over: {name}" for name in sorted(stored.keys() - variables.keys())]
    for name in sorted(variables.keys() & stored.keys()):
        if tuple(variables[name].shape) != stored[name].shape:
            faults.append(f"{name} is {stored[name].shape}, not {tuple(variables[name].shape)}")
    if faults:
        shown = "; ".join(faults[:8]) + (f"; and {len(faults) - 8} more" if faults[8:] else "")
        raise ValueError(f"{path} does not hold the weights of this network. {shown}")
    for name, variable in variables.items():
        variable.assign(stored[name])
