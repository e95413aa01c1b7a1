"""The official demo's own way: a frozen graph, fed with bytes, fetched for labels."""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from google.protobuf.message import DecodeError

from helpers.deeplab import image, network

LOGITS = "logits/semantic/BiasAdd:0"  # at the output stride, before they are enlarged


class FrozenGraph:
    """A frozen DeepLab graph in a TensorFlow-1 session, as the official notebook runs it."""

    def __init__(self, path: Path, size: int = 513):
        """Load the graph at `path`, whose static input size is `size`.

        Raises:
            ValueError: the file is no frozen graph, or has not the demo's tensors.
        """
        self.size = size
        self.graph = tf.Graph()
        definition = tf.compat.v1.GraphDef()
        try:
            definition.ParseFromString(Path(path).read_bytes())
            with self.graph.as_default():
                tf.graph_util.import_graph_def(definition, name="")
            for name in ("ImageTensor", "SemanticPredictions"):
                self.graph.get_operation_by_name(name)
        except (OSError, DecodeError, ValueError, KeyError) as error:
            raise ValueError(f"{path}: no frozen DeepLab graph: {error}") from error
        self.session = tf.compat.v1.Session(graph=self.graph)

        # The network's input is what the first convolution reads (Xception pads it before).
        first = next(op for op in self.graph.get_operations() if op.type == "Conv2D")
        self.input = first.inputs[0]
        if self.input.op.type == "Pad":
            self.input = self.input.op.inputs[0]

    def predict(self, picture: np.ndarray) -> np.ndarray:
        """Return the labels (h, w), uint8, of an RGB picture, shrunk to fit into the graph."""
        small = image.shrink(picture, self.size)
        labels = self.fetch("SemanticPredictions:0", small)[0]  # int32 or int64
        return labels.astype(np.uint8)

    def fetch(self, tensor: str | tf.Tensor, small: np.ndarray) -> np.ndarray:
        """Return the value of one tensor for one RGB picture, uint8 (h, w, 3), that fits."""
        return self.session.run(tensor, {"ImageTensor:0": small[None]})

    def logits_as_written(self, small: np.ndarray) -> np.ndarray:
        """Return the logits at the output stride without TensorFlow's rewriting of the graph."""
        settings = tf.compat.v1.ConfigProto()
        settings.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.compat.v1.Session(graph=self.graph, config=settings) as session:
            return session.run(LOGITS, {"ImageTensor:0": small[None]})


def parity(graph: FrozenGraph, model: keras.Model, picture: np.ndarray) -> dict[str, float]:
    """Return how far a Keras network is from its frozen graph on one RGB picture.

    Args:
        graph: the reference.
        model: Keras network with the same weights, of the graph's output stride and size.
        picture: (height, width, 3), uint8.

    Returns:
        {"input_error": max |Δ| of the prepared inputs in [-1, 1]: preprocessing alone,
        "logits_error": max |Δ| of the logits at the output stride for the graph's own prepared
        input, over the largest |logit|: the network alone, "graph_error": the same between the
        graph as TensorFlow rewrites it and as it is written, "agreement": equal labels, in %}.
    """
    small = image.shrink(picture, graph.size)
    height, width = small.shape[:2]
    square = image.to_input(small, graph.size)[None]
    graph_input, graph_logits = graph.fetch(graph.input, small), graph.fetch(LOGITS, small)
    largest = np.abs(graph_logits).max()
    coarse = keras.Model(model.input, model.get_layer(network.LOGITS).output)
    logits = coarse.predict(graph_input, verbose=0)
    labels = model.predict(square, verbose=0)[0, :height, :width].argmax(axis=-1)
    return {
        "input_error": float(np.abs(square - graph_input).max()),
        "logits_error": float(np.abs(logits - graph_logits).max() / largest),
        "graph_error": float(np.abs(graph.logits_as_written(small) - graph_logits).max() / largest),
        "agreement": 100 * float((labels == graph.predict(small)).mean()),
    }
