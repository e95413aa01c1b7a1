"""Small graphs in the manner of the official export code, in TensorFlow-1 operations.

Written from the description of the official graphs (names, strides, rates, paddings, epsilons),
not from `helpers.deeplab`: the two must agree because both are right.
"""

import numpy as np
import tensorflow as tf

v1 = tf.compat.v1

# (expansion, channels, stride, rate) of every block at output stride 8
MOBILENET = (
    [(1, 16, 1, 1), (6, 24, 2, 1), (6, 24, 1, 1), (6, 32, 2, 1), (6, 32, 1, 1), (6, 32, 1, 1)]
    + [(6, 64, 1, 1), (6, 64, 1, 2), (6, 64, 1, 2), (6, 64, 1, 2), (6, 96, 1, 2), (6, 96, 1, 2)]
    + [(6, 96, 1, 2), (6, 160, 1, 2), (6, 160, 1, 4), (6, 160, 1, 4), (6, 320, 1, 4)]
)


def variable(name, shape, rng):
    if name.endswith(("gamma", "moving_variance")):
        value = rng.uniform(0.5, 1.5, shape)
    else:
        fan = np.prod(shape[:-1]) if len(shape) == 4 else 10
        fan = 9 if name.endswith("depthwise_weights") else fan
        value = rng.normal(0, np.sqrt(2 / fan), shape)
    return v1.get_variable(name, initializer=value.astype("float32"))


def batch_norm(x, name, epsilon, rng):
    weights = (
        variable(f"{name}/BatchNorm/{part}", [x.shape[-1]], rng)
        for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return v1.nn.fused_batch_norm(x, *weights, epsilon=epsilon, is_training=False)[0]


def conv(x, name, filters, rng, kernel=1, stride=1, epsilon=1e-3, padding="SAME", norm=True):
    weights = variable(f"{name}/weights", [kernel, kernel, x.shape[-1], filters], rng)
    x = v1.nn.conv2d(x, weights, [1, stride, stride, 1], padding)
    return batch_norm(x, name, epsilon, rng) if norm else x


def depthwise(x, name, rng, stride=1, rate=1, epsilon=1e-3, padding="SAME"):
    weights = variable(f"{name}/depthwise_weights", [3, 3, x.shape[-1], 1], rng)
    if rate == 1:
        x = v1.nn.depthwise_conv2d_native(x, weights, [1, stride, stride, 1], padding)
    else:  # the official graphs spell dilation out in this way
        extra = -x.shape[1] % rate
        x = tf.space_to_batch(x, [rate, rate], [[rate, rate + extra]] * 2)
        x = v1.nn.depthwise_conv2d_native(x, weights, [1, 1, 1, 1], "VALID")
        x = v1.batch_to_space_nd(x, [rate, rate], [[0, extra]] * 2)
    return batch_norm(x, name, epsilon, rng)


def resize(x, size):
    return v1.image.resize_bilinear(x, [size, size], align_corners=True)


def mobilenet(x, rng, width):
    x = tf.nn.relu6(conv(x, "MobilenetV2/Conv", max(8, int(32 * width)), rng, 3, 2))
    for index, (expansion, channels, stride, rate) in enumerate(MOBILENET):
        name = "MobilenetV2/expanded_conv" + (f"_{index}" if index else "")
        before = x
        if expansion > 1:
            x = tf.nn.relu6(conv(x, f"{name}/expand", expansion * x.shape[-1], rng))
        x = tf.nn.relu6(depthwise(x, f"{name}/depthwise", rng, stride, rate))
        x = conv(x, f"{name}/project", max(8, int(channels * width)), rng)
        if index in (2, 4, 5, 7, 8, 9, 11, 12, 14, 15):
            x = x + before
    return x


def module(x, name, filters, rng, stride=1, rate=1, shortcut=True):
    name = f"xception_65/{name}/xception_module"
    before, outputs = x, []
    for i, channels in enumerate(filters, 1):
        x = tf.nn.relu(x)
        if i == 3 and stride == 2:
            x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
            x = depthwise(x, f"{name}/separable_conv3_depthwise", rng, 2, padding="VALID")
        else:
            x = depthwise(x, f"{name}/separable_conv{i}_depthwise", rng, rate=rate)
        x = conv(x, f"{name}/separable_conv{i}_pointwise", channels, rng)
        outputs.append(x)
    if shortcut:
        before = conv(before, f"{name}/shortcut", filters[-1], rng, stride=stride)
    return before + x, outputs[1]


def xception(x, rng, width, middle_units):
    """Output stride 8."""

    def w(*channels):
        return [max(8, int(c * width)) for c in channels]

    x = tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]])
    x = conv(x, "xception_65/entry_flow/conv1_1", *w(32), rng, 3, 2, padding="VALID")
    x = tf.nn.relu(conv(tf.nn.relu(x), "xception_65/entry_flow/conv1_2", *w(64), rng, 3))
    x, _ = module(x, "entry_flow/block1/unit_1", w(128, 128, 128), rng, 2)
    x, low = module(x, "entry_flow/block2/unit_1", w(256, 256, 256), rng, 2)
    x, _ = module(x, "entry_flow/block3/unit_1", w(728, 728, 728), rng)
    for unit in range(1, middle_units + 1):
        name = f"middle_flow/block1/unit_{unit}"
        x, _ = module(x, name, w(728, 728, 728), rng, rate=2, shortcut=False)
    x, _ = module(x, "exit_flow/block1/unit_1", w(728, 1024, 1024), rng, rate=2)
    for i, channels in enumerate(w(1536, 1536, 2048), 1):
        name = f"xception_65/exit_flow/block2/unit_1/xception_module/separable_conv{i}"
        x = tf.nn.relu(depthwise(x, f"{name}_depthwise", rng, rate=4))
        x = tf.nn.relu(conv(x, f"{name}_pointwise", channels, rng))
    return x, low


def head_separable(x, name, filters, rng, rate=1):
    x = tf.nn.relu(depthwise(x, f"{name}_depthwise", rng, rate=rate, epsilon=1e-5))
    return tf.nn.relu(conv(x, f"{name}_pointwise", filters, rng, epsilon=1e-5))


def build(kind, size, classes, width, filters=256, seed=1, middle_units=1):
    """Return a tf.Graph from ImageTensor to SemanticPredictions with variables."""
    rng = np.random.default_rng(seed)
    with tf.Graph().as_default() as graph:
        image = v1.placeholder(tf.uint8, [1, None, None, 3], name="ImageTensor")
        x = tf.cast(image[0], tf.float32) - 127.5
        height, breadth = tf.shape(x)[0], tf.shape(x)[1]
        x = tf.pad(x, [[0, size - height], [0, size - breadth], [0, 0]]) + 127.5
        x = tf.reshape(x, [1, size, size, 3]) * np.float32(0.007843138) - 1.0
        if kind == "mobilenet":
            x, low = mobilenet(x, rng, width), None
        else:
            x, low = xception(x, rng, width, middle_units)
        side = x.shape[1]
        pooled = v1.nn.avg_pool(x, [1, side, side, 1], [1, 1, 1, 1], "VALID")
        pooled = tf.nn.relu(conv(pooled, "image_pooling", filters, rng, epsilon=1e-5))
        branches = [resize(pooled, side)]
        branches.append(tf.nn.relu(conv(x, "aspp0", filters, rng, epsilon=1e-5)))
        if low is not None:
            for i, rate in ((1, 12), (2, 24), (3, 36)):
                branches.append(head_separable(x, f"aspp{i}", filters, rng, rate))
        x = conv(tf.concat(branches, 3), "concat_projection", filters, rng, epsilon=1e-5)
        x = tf.nn.relu(x)
        if low is not None:
            low = conv(
                low, "decoder/feature_projection0", max(8, filters * 48 // 256), rng, epsilon=1e-5
            )
            x = tf.concat([resize(x, low.shape[1]), tf.nn.relu(low)], 3)
            x = head_separable(x, "decoder/decoder_conv0", filters, rng)
            x = head_separable(x, "decoder/decoder_conv1", filters, rng)
        x = conv(x, "logits/semantic", classes, rng, norm=False)
        bias = variable("logits/semantic/biases", [classes], rng)
        x = resize(v1.nn.bias_add(x, bias, name="logits/semantic/BiasAdd"), size)
        labels = tf.argmax(x, axis=3)[:, :height, :breadth]
        tf.identity(labels, name="SemanticPredictions")
    return graph


def export(graph, folder):
    """Write graph and weights as the official archives hold them; return (prefix, graph path)."""
    settings = v1.ConfigProto()
    settings.graph_options.rewrite_options.disable_meta_optimizer = True  # nothing is to run fast
    with graph.as_default(), v1.Session(config=settings) as session:
        weights = v1.global_variables()
        # What training leaves in a checkpoint beside the weights.
        v1.train.get_or_create_global_step()
        for weight in weights:
            v1.get_variable(f"{weight.op.name}/Momentum", shape=weight.shape)
        session.run(v1.global_variables_initializer())
        prefix = v1.train.Saver().save(session, str(folder / "model.ckpt-30000"))
        frozen = v1.graph_util.convert_variables_to_constants(
            session, graph.as_graph_def(), ["SemanticPredictions"]
        )
    path = folder / "frozen_inference_graph.pb"
    path.write_bytes(frozen.SerializeToString())
    return prefix, path
