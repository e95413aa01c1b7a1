"""The official demo's own way: a frozen graph, fed with bytes, fetched for labels."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from google.protobuf.message import DecodeError

from helpers.deeplab import image, network, segmenter

PICTURE, LABELS = "ImageTensor:0", "SemanticPredictions:0"  # (1, h, w, 3) uint8 → (1, h, w)
LOGITS = "logits/semantic/BiasAdd:0"  # at the output stride, before they are enlarged


def load_graph(path: Path) -> tf.Graph:
    """Return the frozen DeepLab graph of a file, to be run in a TensorFlow-1 session.

    Raises:
        ValueError: the file is no frozen graph, or has not the demo's tensors.
    """
    graph, definition = tf.Graph(), tf.compat.v1.GraphDef()
    try:
        definition.ParseFromString(path.read_bytes())
        with graph.as_default():
            tf.graph_util.import_graph_def(definition, name="")
        for name in (PICTURE, LABELS):
            graph.get_tensor_by_name(name)
    except (OSError, DecodeError, ValueError, KeyError) as error:
        raise ValueError(f"{path}: no frozen DeepLab graph: {error}") from error
    return graph


def parity(
    graph: tf.Graph, ours: segmenter.Segmenter, pictures: Sequence[np.ndarray]
) -> dict[str, float]:
    """Return how far a Keras network is from its frozen graph on RGB pictures.

    `ours` has the graph's weights, output stride and size. The pictures, each (height, width, 3),
    uint8, are shrunk to fit into the graph.

    Returns:
        The largest of all pictures' {"input_error": max |Δ| of the prepared inputs in [-1, 1]:
        preprocessing alone, "logits_error": max |Δ| of the logits at the output stride for the
        graph's own prepared input, over the largest |logit|: the network alone, "graph_error": the
        same between the graph as TensorFlow rewrites it and as it is written}, and the mean
        {"agreement": equal labels, in %}.
    """
    coarse = keras.Model(ours.network.input, ours.network.get_layer(network.LOGITS).output)
    # The network's input is what the first convolution reads (Xception pads it before).
    first = next(op for op in graph.get_operations() if op.type == "Conv2D").inputs[0]
    prepared = first.op.inputs[0] if first.op.type == "Pad" else first
    settings = tf.compat.v1.ConfigProto()
    settings.graph_options.rewrite_options.disable_meta_optimizer = True
    demo = tf.compat.v1.Session(graph=graph)
    as_written = tf.compat.v1.Session(graph=graph, config=settings)
    rows = []
    with contextlib.closing(demo), contextlib.closing(as_written):
        for picture in pictures:
            small = image.shrink(picture, ours.size)
            feed = {PICTURE: small[None]}
            inputs, logits, labels = demo.run([prepared, LOGITS, LABELS], feed)
            square = image.to_input(small, ours.size)[None]
            our_labels = ours.label(square).numpy()[0, : small.shape[0], : small.shape[1]]
            our_logits = coarse.predict(inputs, verbose=0)
            largest = np.abs(logits).max()
            rows.append({
                "input_error": np.abs(square - inputs).max(),
                "logits_error": np.abs(our_logits - logits).max() / largest,
                "graph_error": np.abs(as_written.run(LOGITS, feed) - logits).max() / largest,
                "agreement": 100 * (our_labels == labels[0]).mean(),
            })  # fmt: skip
    errors = pd.DataFrame(rows).astype(float)
    return errors.max().to_dict() | {"agreement": errors["agreement"].mean()}
