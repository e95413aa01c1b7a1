"""The official demo's own way: a frozen graph, fed with bytes, fetched for labels."""

import keras
import numpy as np
import tensorflow as tf

from helpers.deeplab import checkpoint, image, network

LOGITS = "logits/semantic/BiasAdd:0"  # at the output stride, before they are enlarged


class FrozenGraph:
    """A frozen DeepLab graph in a TensorFlow-1 session, as the official notebook runs it."""

    def __init__(self, path, size=513):
        """Load the graph at `path`, whose static input size is `size`.

        Raises:
            ValueError: the file is no frozen graph, or has not the demo's tensors.
        """
        self.size = size
        graph = tf.Graph()
        with graph.as_default():
            tf.graph_util.import_graph_def(checkpoint.read_graph(path), name="")
        names = {operation.name for operation in graph.get_operations()}
        if missing := {"ImageTensor", "SemanticPredictions"} - names:
            raise ValueError(f"{path}: no DeepLab graph, it has no {' and '.join(sorted(missing))}")
        self.session = tf.compat.v1.Session(graph=graph)

        # The network's input is what the first convolution reads (Xception pads it before).
        first = next(op for op in graph.get_operations() if op.type == "Conv2D")
        self.input = first.inputs[0]
        if self.input.op.type == "Pad":
            self.input = self.input.op.inputs[0]

    def predict(self, picture):
        """Return the labels (h, w) of a picture (see `image.read_picture`), shrunk to `size`.

        Raises:
            FileNotFoundError, ValueError: as `image.read_picture`.
        """
        return self.labels(image.shrink(image.read_picture(picture), self.size))

    def labels(self, small):
        """Return the labels (h, w) of an RGB picture that fits into the graph."""
        return self.run("SemanticPredictions:0", small)[0].astype(np.uint8)  # int32 or int64

    def run(self, tensor, small):
        """Fetch one tensor for one RGB picture, uint8 (h, w, 3)."""
        return self.session.run(tensor, {"ImageTensor:0": small[None]})


def parity(graph, model, picture):
    """Return how far a Keras network is from its frozen graph on one picture.

    Args:
        graph: FrozenGraph.
        model: Keras network with the same weights, of the graph's output stride and size.
        picture: as `image.read_picture`.

    Returns:
        {"input": max |Δ| of the prepared inputs in [-1, 1]: preprocessing alone,
        "logits": max |Δ| of the logits at the output stride for the graph's own prepared input:
        the network alone, "labels": share of equal labels, both ways whole}.
    """
    small = image.shrink(image.read_picture(picture), graph.size)
    height, width = small.shape[:2]
    square = image.to_input(small, graph.size)[None]
    theirs, logits = (graph.run(tensor, small) for tensor in (graph.input, LOGITS))
    coarse = keras.Model(model.input, model.get_layer(network.LOGITS).output)
    labels = model.predict(square, verbose=0)[0, :height, :width].argmax(axis=-1)
    return {
        "input": float(np.abs(square - theirs).max()),
        "logits": float(np.abs(coarse.predict(theirs, verbose=0) - logits).max()),
        "labels": float((labels == graph.labels(small)).mean()),
    }
