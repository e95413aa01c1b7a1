"""DeepLab inference at 513×513: our Keras networks against the demo's way and against TFLite.

The demo's way is a frozen graph in a TensorFlow-1 session with TensorFlow's own settings, from
bytes to labels. Where no official archive is at hand, a graph of the same operations with random
weights stands in: time does not depend on the weights. TFLite runs a float copy of our network,
converted here, with XNNPACK on every core.
"""

import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import side_by_side
from helpers import paths, runtime

SIZE, CLASSES = 513, 21
OFFICIAL = {"mobilenet": "mobilenetv2_coco_voctrainaug", "xception": "xception_coco_voctrainaug"}


def rows() -> list[dict]:
    """Return deeplab_mnv2_vs_demo, deeplab_mnv2_vs_tflite and deeplab_xception_vs_demo."""
    work = f"photograph to labels, {SIZE}×{SIZE}, output stride 8"
    demo, tflite = "frozen graph as in the demo", "TFLite with XNNPACK, converted copy"
    return [
        {"id": name, "work": work, "peer_name": peer_name, "goal": goal}
        | measure(kind, peer, rounds)
        for name, kind, peer, peer_name, goal, rounds in (
            ("deeplab_mnv2_vs_demo", "mobilenet", "demo", demo, 1.3, 9),
            ("deeplab_mnv2_vs_tflite", "mobilenet", "tflite", tflite, 0.8, 9),
            ("deeplab_xception_vs_demo", "xception", "demo", demo, 1.3, 3),
        )
    ]


def measure(kind: str, peer: str, rounds: int) -> dict:
    """Return the figures of a row against `peer`."""
    sides = {"ours": sys.executable, peer: sys.executable}
    times = side_by_side.alternate(__file__, sides, kind, rounds)
    return side_by_side.compare(times, peer, "ms")


def serve(side: str, kind: str) -> None:
    """Build one side; for each line of input, time three photographs and print the mean."""
    way = {"ours": our_way, "demo": demo_s_way, "tflite": tflite_way}[side](kind)
    picture = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    for _ in sys.stdin:
        started = time.perf_counter()
        for _photograph in range(3):
            way(picture)
        print(1e3 * (time.perf_counter() - started) / 3, flush=True)


def build(kind: str, size: int | None = None) -> Any:
    """Return our network at output stride 8, its biases not 0, which a compiler would leave out."""
    runtime.configure_tensorflow()
    from helpers.deeplab import network

    builder = {"mobilenet": network.deeplab_v3, "xception": network.deeplab_v3_plus}[kind]
    model, rng = builder(8, size=size), np.random.default_rng(0)
    for variable in model.weights:
        if variable.name == "beta":
            variable.assign(rng.normal(0, 0.1, variable.shape))
    return model


def our_way(kind: str) -> Callable:
    """Return a function from a picture to its labels, as a user calls it."""
    model = build(kind)
    from helpers.deeplab import segmenter

    ours = segmenter.Segmenter(model)
    return lambda picture: ours.predict(picture).labels


def demo_s_way(kind: str) -> Callable:
    """Return a function from a picture to its labels by the official graph, or one like it."""
    from helpers.deeplab import official, reference

    if official.available([OFFICIAL[kind]]):
        _prefix, path = official.files_in(official.fetch_checkpoint(OFFICIAL[kind]))
        return runner(reference.load_graph(path))
    sys.path.insert(0, str(paths.ROOT / "tests" / "deeplab"))
    import official_style

    with tempfile.TemporaryDirectory() as folder:
        graph = official_style.build(kind, SIZE, CLASSES, width=1, middle_units=16)
        path = official_style.export(graph, Path(folder))[1]
        return runner(reference.load_graph(path))


def runner(graph: Any) -> Callable:
    """Return a function from a picture to its labels by a frozen graph, as the demo runs it."""
    import tensorflow as tf

    from helpers.deeplab import image, reference

    session = tf.compat.v1.Session(graph=graph)

    def predict(picture):
        feed = {reference.PICTURE: image.shrink(picture, SIZE)[None]}
        return session.run(reference.LABELS, feed)[0].astype(np.uint8)

    return predict


def tflite_way(kind: str) -> Callable:
    """Return a function from a picture to its labels by a TFLite copy of our network."""
    model = build(kind, SIZE)
    import tensorflow as tf

    from helpers.deeplab import fold, image

    folded = fold.fold_batch_norm(model)
    call = tf.function(
        lambda square: tf.argmax(folded(square, training=False), axis=-1, output_type=tf.int32),
        input_signature=[tf.TensorSpec((1, SIZE, SIZE, 3), tf.float32)],
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([call.get_concrete_function()])
    with warnings.catch_warnings():  # TensorFlow announces that its interpreter will move
        warnings.simplefilter("ignore", UserWarning)
        threads = tf.config.threading.get_intra_op_parallelism_threads() or os.cpu_count()
        interpreter = tf.lite.Interpreter(model_content=converter.convert(), num_threads=threads)
    interpreter.allocate_tensors()
    entry, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]

    def predict(picture):
        small = image.shrink(picture, SIZE)
        interpreter.set_tensor(entry["index"], image.to_input(small, SIZE)[None])
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])[0].astype(np.uint8)

    return predict


if __name__ == "__main__":
    serve(*sys.argv[1:])
