"""DeepLab inference at 513×513: our Keras networks against the demo's way and against TFLite.

The demo's way is a frozen graph in a TensorFlow-1 session, from uint8 bytes to labels. Where no
official archive is at hand, a graph of the same operations with random weights stands in: time
does not depend on the weights. TFLite runs a float copy of our network, converted here, with
XNNPACK on as many threads as TensorFlow has.
"""

import os
import statistics
import sys
import tempfile
import time
import warnings
from pathlib import Path

import numpy as np

from helpers import paths, runtime

SIZE, CLASSES = 513, 21
OFFICIAL = {
    "mobilenet": "mobilenetv2_coco_voctrainaug",
    "xception": "xception_coco_voctrainaug",
}


def rows():
    """Return deeplab_mnv2_vs_demo, deeplab_xception_vs_demo and deeplab_mnv2_vs_tflite."""
    runtime.configure_tensorflow()
    from helpers.deeplab import network

    picture = np.random.default_rng(0).integers(0, 256, (SIZE, SIZE, 3), dtype=np.uint8)
    results = []
    builders = {
        "mnv2": ("mobilenet", network.deeplab_v3, 9),
        "xception": ("xception", network.deeplab_v3_plus, 3),
    }
    for key, (kind, build, rounds) in builders.items():
        ours = our_way(build(8))
        demo = demo_s_way(kind)
        row = {
            "id": f"deeplab_{key}_vs_demo",
            "work": f"photograph to labels, {SIZE}², output stride 8",
            "peer_name": "frozen graph as in the demo",
            "goal": 1.3,
        }
        results.append(row | compare(ours, demo, picture, rounds))
        if key == "mnv2":
            row = {
                "id": "deeplab_mnv2_vs_tflite",
                "work": f"photograph to labels, {SIZE}², output stride 8",
                "peer_name": "TFLite with XNNPACK, converted copy",
                "goal": 0.8,
            }
            tflite = tflite_way(build(8, size=SIZE))
            results.append(row | compare(ours, tflite, picture, rounds))
    return results


def our_way(model):
    """Return a function from a picture to its labels, as a user calls it."""
    from helpers.deeplab import segmenter

    ours = segmenter.Segmenter(model)
    return lambda picture: ours.predict(picture).labels


def demo_s_way(kind):
    """Return a function from a picture to its labels by the official graph, or one like it."""
    from helpers.deeplab import official, reference

    if OFFICIAL[kind] in official.available():
        return reference.FrozenGraph(official.graph_of(OFFICIAL[kind]), SIZE).predict
    sys.path.insert(0, str(paths.ROOT / "tests" / "deeplab"))
    import official_style

    with tempfile.TemporaryDirectory() as folder:
        graph = official_style.build(kind, SIZE, CLASSES, width=1, middle_units=16)
        path = official_style.export(graph, Path(folder))[1]
        return reference.FrozenGraph(path, SIZE).predict


def tflite_way(model):
    """Return a function from a picture to its labels by a TFLite copy of `model`."""
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
        small = image.shrink(image.read(picture), SIZE)
        interpreter.set_tensor(entry["index"], image.to_input(small, SIZE)[None])
        interpreter.invoke()
        return interpreter.get_tensor(result["index"])[0].astype(np.uint8)

    return predict


def compare(ours, peer, picture, rounds):
    """Alternate both ways and return the medians of their times and of their ratio."""
    ours(picture)
    peer(picture)
    times = []
    for _ in range(rounds):
        pair = []
        for way in (ours, peer):
            started = time.perf_counter()
            way(picture)
            pair.append(1e3 * (time.perf_counter() - started))
        times.append(pair)
    ratios = [theirs / mine for mine, theirs in times]
    return {
        "ours": statistics.median(mine for mine, _ in times),
        "peer": statistics.median(theirs for _, theirs in times),
        "unit": "ms",
        "ratio": statistics.median(ratios),
        "low": min(ratios),
        "high": max(ratios),
    }
