"""Weights of the official TF-1 checkpoints.

A variable's name there follows from the layer's here: `aspp0.BatchNorm` holds
`aspp0/BatchNorm/gamma` and so on. Every number is used exactly once or nothing is loaded.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from helpers.deeplab import network, official

DATA_SETS = {19: "Cityscapes", 21: "PASCAL VOC", 151: "ADE20K"}  # by number of classes


def build_official(name: str, output_stride: int = 8, size: int | None = None) -> keras.Model:
    """Return the Keras network of an official checkpoint, without its weights."""
    builder = network.deeplab_v3 if name.startswith("mobilenetv2") else network.deeplab_v3_plus
    return builder(output_stride, size=size)


def load_official(name: str, output_stride: int = 8) -> keras.Model:
    """Return the Keras network of an official checkpoint; the demo's output stride is 8.

    Raises:
        helpers.download.DownloadError: it is not there and cannot be downloaded.
        ValueError: its files cannot be read, or its variables are not the network's.
    """
    prefix, _graph = official.files_in(official.fetch_checkpoint(name))
    model = build_official(name, output_stride)
    assign(named_variables(model), read_checkpoint(prefix), prefix)
    return model


def named_variables(model: keras.Model) -> dict[str, keras.Variable]:
    """Return {name in the official files: Keras variable} of a DeepLab network."""
    named = {}
    for layer in model.layers:
        depthwise = isinstance(layer, layers.DepthwiseConv2D)
        renamed = {"kernel": "depthwise_weights" if depthwise else "weights", "bias": "biases"}
        for variable in layer.weights:
            part = renamed.get(variable.name, variable.name)
            named[f"{layer.name.replace('.', '/')}/{part}"] = variable
    return named


def read_checkpoint(prefix: Path) -> dict[str, np.ndarray]:
    """Return {name: array} of a TF-1 checkpoint `….ckpt-30000`, without what only training needs.

    Raises:
        ValueError: there is no checkpoint, or it is damaged.
    """
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        names = reader.get_variable_to_shape_map()
        wanted = [n for n in names if n != "global_step" and not n.endswith("/Momentum")]
        return {name: reader.get_tensor(name) for name in wanted}
    except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
        fault = f"{prefix}: no readable checkpoint (.index and .data files): {error}"
        raise ValueError(fault) from error


def assign(variables: dict[str, keras.Variable], stored: dict[str, np.ndarray], path: Path) -> None:
    """Give every variable its array, all or none.

    Raises:
        ValueError: names or shapes differ, or a number is not finite; the message tells which, and
            which network the arrays belong to.
    """
    faults = [f"missing: {name}" for name in sorted(variables.keys() - stored.keys())]
    faults += [f"left over: {name}" for name in sorted(stored.keys() - variables.keys())]
    for name in sorted(variables.keys() & stored.keys()):
        if tuple(variables[name].shape) != stored[name].shape:
            faults.append(f"{name} is {stored[name].shape}, not {tuple(variables[name].shape)}")
        elif not np.isfinite(stored[name]).all():
            faults.append(f"{name} holds numbers that are not finite")
    if faults:
        wrong = f"{path} does not hold the weights of this network, but {described(stored)}"
        raise ValueError(f"{wrong}. {'; '.join(faults[:4])}{' …' * (len(faults) > 4)}")
    for name, variable in variables.items():
        variable.assign(stored[name])


def described(stored: dict[str, np.ndarray]) -> str:
    """Return in words which network {name: array} belongs to: backbone, width and classes."""
    scopes = {name.partition("/")[0] for name in stored}
    backbones = sorted(s for s in scopes if s.startswith(("MobilenetV", "xception", "resnet")))
    words = " and ".join(backbones) or "no backbone that is known"
    if "MobilenetV2/Conv/weights" in stored:
        words += f" of width {stored['MobilenetV2/Conv/weights'].shape[-1] / 32:g}"
    if "logits/semantic/biases" in stored:
        classes = stored["logits/semantic/biases"].size
        words += f", {classes} classes ({DATA_SETS.get(classes, 'of another data set')})"
    return words
