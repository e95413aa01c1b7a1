"""The variational autoencoder with a classifier on its mean code (after Biffi et al., 2018).

Encoder and decoder are residual in the sense of this report: a fixed linear shape model (the
shortcut) plus a 3-D convolutional network that learns what the linear model misses. The networks'
last layers start at zero, so training starts from the linear model. Grids are folded before the
first convolution, which would otherwise cost most, and stay folded up to the loss.
"""

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from helpers.cardiac import preparation

FACTORS = 1, 2, 4, 4  # filters of the encoder's convolutions over `width`
HIDDEN = 32  # units of the classifier
SHARPNESS = 20.0  # logit of a distance of `clip` mm: the decoded surface is soft over a millimetre


def fold(x):
    """Fold 2×2×2 voxels into channels (space to depth): (b, s, s, s, 2) to (b, h, h, h, 16)."""
    batch, half = len(x), x.shape[1] // 2
    x = x.reshape(batch, half, 2, half, 2, half, 2, 2)
    return x.transpose(0, 1, 3, 5, 2, 4, 6, 7).reshape(batch, half, half, half, 16)


def unfold(x):
    """Unfold channels into voxels, the inverse of `fold`."""
    batch, half = len(x), x.shape[1]
    x = x.reshape(batch, half, half, half, 2, 2, 2, 2)
    return x.transpose(0, 1, 4, 2, 5, 3, 6, 7).reshape(batch, 2 * half, 2 * half, 2 * half, 2)


def build_encoder(half, d, width):
    """Return the network folded distances (half³ × 16) → (μ residual, log σ²), each (d,)."""
    x = inputs = keras.Input((half, half, half, 16))
    for level, factor in enumerate(FACTORS):  # down to (b, half/8, …, 4 width)
        x = strided_convolution(factor * width, 2 if level else 1, f"encoder_{level}")(x)
    x = layers.Flatten()(x)
    mu = layers.Dense(d, kernel_initializer="zeros", name="mu_residual")(x)
    quiet = keras.initializers.Constant(-3.0)  # σ = 0.22 at first
    log_variance = layers.Dense(
        d, kernel_initializer="zeros", bias_initializer=quiet, name="log_variance"
    )(x)
    return keras.Model(inputs, [mu, log_variance], name="encoder")


def build_decoder(half, d, width):
    """Return the network z (d,) → folded distance residual (half³ × 16)."""
    z = keras.Input((d,))
    small = -(-half // 8)
    x = layers.Dense(small**3 * 4 * width, activation="relu", name="decoder_dense")(z)
    x = layers.Reshape((small, small, small, 4 * width))(x)
    for level, filters in enumerate((4 * width, 2 * width, width)):
        x = layers.Conv3DTranspose(
            filters, 3, 2, "same", activation="relu",
            kernel_initializer="he_normal", name=f"decoder_{level}",
        )(x)  # fmt: skip
        target = -(-half // (4 >> level))
        if x.shape[1] != target:  # sizes that are no multiple of 16
            x = layers.Cropping3D([(0, x.shape[1] - target)] * 3)(x)
    head = layers.Conv3D(16, 3, padding="same", kernel_initializer="zeros", name="decoder_head")
    return keras.Model(z, head(x), name="decoder")  # (b, half, half, half, 16)


def strided_convolution(filters, stride, name):
    """Return a 3×3×3 convolution with ReLU."""
    return layers.Conv3D(
        filters, 3, stride, "same", activation="relu", kernel_initializer="he_normal", name=name
    )


def build_classifier(d):
    """Return the prediction network μ (d,) → (p healthy, p HCM).

    Dropout keeps its probabilities off 0 and 1, where their gradient, and with it the walk, dies.
    """
    return keras.Sequential(
        [
            keras.Input((d,)),
            layers.Dropout(0.5, name="classifier_dropout"),
            layers.Dense(HIDDEN, activation="tanh", name="classifier_hidden"),
            layers.Dense(2, activation="softmax", name="classifier_output"),
        ],
        name="classifier",
    )


class CardiacVAE(keras.Model):
    """VAE with classifier; inputs are folded int8 distances (b, s/2, s/2, s/2, 16), labels (b,).

    Training and testing also take float32 weights (b,), 0 for a heart that is not to count.

    Loss: (1 − Dice_ED) + (1 − Dice_ES) + γ·distance + w·α·KL + β·cross-entropy, where w grows from
    0 to 1 over `warm_up` steps. At test time the code is μ, without sampling.

    Args:
        size: grid voxels a side, even.
        d: latent dimensions; 64 in the paper.
        width: filters at the finest level.
        shape_model: the fixed linear part, or None for a purely convolutional network.
        alpha, beta, gamma: loss weights; not given in what could be read of the paper.
        warm_up: steps.
    """

    def __init__(self, size, d, width, shape_model, alpha, beta, gamma, warm_up):
        """Build the three networks and the trackers of the loss terms."""
        super().__init__()
        self.encoder = build_encoder(size // 2, d, width)
        self.decoder = build_decoder(size // 2, d, width)
        self.classifier = build_classifier(d)
        self.alpha, self.beta, self.gamma, self.warm_up = alpha, beta, gamma, warm_up
        grid = (-1, size, size, size, 2)
        self.linear = shape_model is not None
        if self.linear:
            self.mean = tf.constant(
                fold(shape_model.mean.reshape(grid)).ravel() / preparation.STEPS
            )
            self.basis = tf.constant(fold(shape_model.basis.T.reshape(grid)).reshape(d, -1))
            self.scale = tf.constant(shape_model.scale / preparation.STEPS)
        names = ("loss", "dice_ed", "dice_es", "distance", "kl", "cross_entropy", "accuracy")
        self.trackers = [keras.metrics.Mean(name=name) for name in names]

    @property
    def metrics(self):
        """The loss terms, reset by Keras at each epoch."""
        return self.trackers

    def encode(self, x):
        """Return (μ, log σ²), each (b, d), of folded distances in [−1, 1]."""
        mu, log_variance = self.encoder(x)
        if self.linear:
            flat = tf.reshape(x, (tf.shape(x)[0], -1)) - self.mean
            mu += tf.linalg.matmul(flat, self.basis, transpose_b=True) / self.scale
        return mu, log_variance

    def decode(self, z):
        """Return folded signed distances in units of the clip, positive inside."""
        distance = self.decoder(z)
        if self.linear:
            flat = self.mean + tf.linalg.matmul(z * self.scale, self.basis)
            distance += tf.reshape(flat, tf.shape(distance))
        return distance

    def call(self, x):
        """Return (decoded distances, class probabilities) at the mean code."""
        mu, _ = self.encode(as_distances(x))
        return self.decode(mu), self.classifier(mu)

    def terms(self, x, labels, training):
        """Return the loss and its terms, a value for each heart: {name: (b,)}."""
        target = as_distances(x)
        mu, log_variance = self.encode(target)
        noise = tf.random.normal(tf.shape(mu)) if training else 0.0
        distance = self.decode(mu + tf.exp(0.5 * log_variance) * noise)
        dice = soft_dice(tf.sigmoid(SHARPNESS * distance), tf.cast(x > 0, tf.float32))
        probability = self.classifier(mu, training=training)
        values = {
            "dice_ed": dice[:, 0],
            "dice_es": dice[:, 1],
            "distance": tf.reduce_mean(
                tf.abs(tf.clip_by_value(distance, -1.0, 1.0) - target), (1, 2, 3, 4)
            ),
            "kl": kl_divergence(mu, log_variance),
            "cross_entropy": keras.losses.sparse_categorical_crossentropy(labels, probability),
            "accuracy": keras.metrics.sparse_categorical_accuracy(labels, probability),
        }
        w = tf.minimum(tf.cast(self.optimizer.iterations, tf.float32) / self.warm_up, 1.0)
        values["loss"] = (
            (1 - values["dice_ed"]) + (1 - values["dice_es"])
            + self.gamma * values["distance"] + w * self.alpha * values["kl"]
            + self.beta * values["cross_entropy"]
        )  # fmt: skip
        return values

    def train_step(self, data):
        """Take one step of gradient descent on the weighted mean loss of a batch.

        The optimizer sums the gradients of replicas, so each divides by the weight of them all.
        """
        x, labels, weight = data
        total = tf.distribute.get_replica_context().all_reduce("sum", tf.reduce_sum(weight))
        with tf.GradientTape() as tape:
            values = self.terms(x, labels, training=True)
            loss = tf.reduce_sum(weight * values["loss"]) / total
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return self.track(values, weight)

    def test_step(self, data):
        """Evaluate the terms at the mean code."""
        x, labels, weight = data
        return self.track(self.terms(x, labels, training=False), weight)

    def track(self, values, weight):
        """Update the trackers with values and weights (b,) of hearts; return means over hearts."""
        for tracker in self.trackers:
            tracker.update_state(values[tracker.name], weight)
        return {tracker.name: tracker.result() for tracker in self.trackers}


def as_distances(x):
    """Turn int8 distances into floats in [−1, 1]."""
    return tf.cast(x, tf.float32) / preparation.STEPS


def soft_dice(p, mask):
    """Return Sørensen-Dice of ED and ES, (b, 2), of a folded batch (b, h, h, h, 16)."""
    overlap, total = (tf.reduce_sum(x, (1, 2, 3)) for x in (p * mask, p + mask))  # (b, 16)
    overlap, total = (tf.reduce_sum(tf.reshape(x, (-1, 8, 2)), 1) for x in (overlap, total))
    return (2 * overlap + 1e-5) / (total + 1e-5)


def kl_divergence(mu, log_variance):
    """Return KL(N(μ, σ²) ‖ N(0, 1)) in nats, summed over the code: (b,)."""
    return 0.5 * tf.reduce_sum(mu**2 + tf.exp(log_variance) - 1 - log_variance, -1)


class Batches(keras.utils.PyDataset):
    """Shuffled batches sliced from a byte array; only a batch at a time becomes floats.

    Under a distribution strategy each replica takes the same number of hearts, for none may be left
    without: a short batch repeats hearts with weight 0.
    """

    def __init__(self, shapes, labels, indices, batch, seed):
        """Keep references, copy nothing."""
        super().__init__()
        self.shapes, self.labels = shapes, labels
        self.indices, self.batch = np.array(indices), batch
        self.generator = np.random.default_rng(seed)
        self.replicas = tf.distribute.get_strategy().num_replicas_in_sync
        self.on_epoch_end()

    def __len__(self):
        """Return the number of batches, the last one possibly short."""
        return -(-len(self.indices) // self.batch)

    def __getitem__(self, index):
        """Return (folded int8 shapes, labels, weights) of one batch."""
        chosen = np.sort(self.order[index * self.batch : (index + 1) * self.batch])
        weight = np.ones(len(chosen), np.float32)
        missing = -len(chosen) % self.replicas
        chosen, weight = np.resize(chosen, len(chosen) + missing), np.pad(weight, (0, missing))
        return fold(self.shapes[chosen]), self.labels[chosen], weight

    def on_epoch_end(self):
        """Shuffle for the next epoch."""
        self.order = self.generator.permutation(self.indices)
