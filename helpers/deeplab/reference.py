"""The official demo's own way: a frozen graph, fed with bytes, fetched for labels."""

from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import pandas as pd
import tensorflow as tf
from google.protobuf.message import DecodeError

from helpers.deeplab import image, network, segmenter

LOGITS = "logits/semantic/BiasAdd:0"  # at the output stride, before they are enlarged


class FrozenGraph:
    """A frozen DeepLab graph in a TensorFlow-1 session, as the official notebook runs it.

    `with` frees its memory at the end.
    """

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

    def __enter__(self) -> "FrozenGraph":
        """Return the graph."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Free what the session holds."""
        self.session.close()

    def predict(self, picture: np.ndarray) -> np.ndarray:
        """Return the labels (h, w), uint8, of an RGB picture, shrunk to fit into the graph."""
        small = image.shrink(picture, self.size)
        labels = self.session.run("SemanticPredictions:0", {"ImageTensor:0": small[None]})
        return labels[0].astype(np.uint8)  # from int32 or int64

    def outputs(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        """Return what `parity` compares of an RGB picture, shrunk to fit into the graph.

        "input" is the prepared picture, "logits" are at the output stride, "as_written" the logits
        without TensorFlow's rewriting of the graph, "labels" (h, w).
        """
        feed = {"ImageTensor:0": image.shrink(picture, self.size)[None]}
        fetches = {"input": self.input, "logits": LOGITS, "labels": "SemanticPredictions:0"}
        found = self.session.run(fetches, feed)
        settings = tf.compat.v1.ConfigProto()
        settings.graph_options.rewrite_options.disable_meta_optimizer = True
        with tf.compat.v1.Session(graph=self.graph, config=settings) as session:
            as_written = session.run(LOGITS, feed)
        return found | {"as_written": as_written, "labels": found["labels"][0]}


def parity(
    graph: FrozenGraph, ours: segmenter.Segmenter, pictures: Sequence[np.ndarray]
) -> dict[str, float]:
    """Return how far a Keras network is from its frozen graph on RGB pictures.

    Args:
        graph: the reference.
        ours: of a network with the same weights, of the graph's output stride and size.
        pictures: each (height, width, 3), uint8.

    Returns:
        The largest of all pictures' {"input_error": max |Δ| of the prepared inputs in [-1, 1]:
        preprocessing alone, "logits_error": max |Δ| of the logits at the output stride for the
        graph's own prepared input, over the largest |logit|: the network alone, "graph_error": the
        same between the graph as TensorFlow rewrites it and as it is written}, and the mean
        {"agreement": equal labels, in %}.
    """
    coarse = keras.Model(ours.network.input, ours.network.get_layer(network.LOGITS).output)
    rows = []
    for picture in pictures:
        expected = graph.outputs(picture)
        small = image.shrink(picture, ours.size)
        square = image.to_input(small, ours.size)[None]
        labels = ours.label(square).numpy()[0, : small.shape[0], : small.shape[1]]
        logits, largest = expected["logits"], np.abs(expected["logits"]).max()
        rows.append({
            "input_error": np.abs(square - expected["input"]).max(),
            "logits_error": np.abs(coarse.predict(expected["input"], verbose=0) - logits).max()
            / largest,
            "graph_error": np.abs(expected["as_written"] - logits).max() / largest,
            "agreement": 100 * (labels == expected["labels"]).mean(),
        })  # fmt: skip
    errors = pd.DataFrame(rows).astype(float)
    return errors.max().to_dict() | {"agreement": errors["agreement"].mean()}
