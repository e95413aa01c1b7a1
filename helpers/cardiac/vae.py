"""The convolutional variational autoencoder with a classifier on its mean code.

After Biffi et al., 2018 (arXiv 1807.06843). Hearts are folded int8 distances, also in the loss.
"""

import dataclasses
from typing import Any

import keras
import numpy as np
from keras import layers, losses, ops

from helpers.cardiac.components import Components
from helpers.cardiac.preparation import STEPS

FACTORS = 2, 4  # filters of the encoder's convolutions over `width`
HIDDEN = 32  # units of the classifier
SHARPNESS = 20.0  # logit at the clipped distance: the decoded surface is soft over a millimetre
SMOOTHING = 0.1  # of the labels
DROPOUT = 0.5  # of the code before the classifier


@dataclasses.dataclass(frozen=True)
class Design:
    """What defines a model: `d` is the paper's, all else is our choice."""

    d: int = 64
    width: int = 16  # filters, of which the layers have two or four times as many
    alpha: float = 2e-5  # weight of the KL divergence
    beta: float = 0.02  # weight of the cross-entropy
    gamma: float = 1.0  # weight of the distance term, ours
    linear_path: bool = False  # whether principal components work beside the convolutions


def build_encoder(
    mean: np.ndarray, design: Design, components: Components | None = None
) -> keras.Model:
    """Return the network of folded int8 distances (b, h, h, h, 16) → μ and log σ², each (b, d).

    Args:
        mean: the training hearts' mean distance, (h, h, h, 16) in units of the clipped distance.
        design: Design.
        components: the training hearts', to whose codes μ is added.
    """
    inputs = keras.Input(mean.shape, dtype="int8", name="distances")
    x = centred = layers.Normalization(
        axis=(1, 2, 3, 4), mean=STEPS * mean, variance=np.full_like(mean, STEPS**2),
        name="encoder_less_mean",
    )(inputs)  # fmt: skip
    for level, factor in enumerate(FACTORS):  # down to (b, h/4, h/4, h/4, 4 width)
        x = layers.Conv3D(
            factor * design.width, 3 if level else 2, 2, "same", activation="silu",
            kernel_initializer="he_normal", name=f"encoder_conv_{level + 1}",
        )(x)  # fmt: skip
    mu = layers.Dense(design.d, name="mu")(layers.Flatten(name="encoder_flatten")(x))
    if components:
        kernel = STEPS * components.basis / components.scale
        linear = frozen_dense(kernel, "encoder_linear")(layers.Flatten()(centred))
        mu = layers.Add(name="mu_sum")([mu, linear])
    narrow = keras.initializers.Constant(-3.0)  # σ = 0.22 at first
    log_variance = layers.Dense(  # of the filters' means: a third fewer weights do as well
        design.d, kernel_initializer="zeros", bias_initializer=narrow, name="log_variance"
    )(layers.GlobalAveragePooling3D(name="encoder_pool")(x))
    return keras.Model(inputs, [mu, log_variance], name="encoder")


def build_decoder(
    mean: np.ndarray, design: Design, components: Components | None = None
) -> keras.Model:
    """Return the network of a code z (b, d) → folded distances (b, h, h, h, 16), clip = 1.

    Its last layer is zero at first, so that training starts from the mean heart, or from what the
    components make of z.
    """
    half, (few, many) = mean.shape[0], (factor * design.width for factor in FACTORS)
    small = -(-half // 4)
    z = keras.Input((design.d,), name="z")
    x = layers.Dense(small**3 * many, name="decoder_dense")(z)
    x = layers.Reshape((small, small, small, many), name="decoder_reshape")(x)
    x = layers.Conv3DTranspose(
        few, 3, 2, "same", activation="silu", kernel_initializer="he_normal",
        name="decoder_conv_1",
    )(x)  # fmt: skip
    x = layers.Conv3DTranspose(
        16, 3, 2, "same", kernel_initializer="zeros", name="decoder_output"
    )(x)  # fmt: skip
    if 4 * small > half:
        x = layers.Cropping3D([(0, 4 * small - half)] * 3, name="decoder_crop")(x)
    if components:
        linear = frozen_dense((components.basis * components.scale).T / STEPS, "decoder_linear")(z)
        x = layers.Add(name="decoder_sum")([x, layers.Reshape(mean.shape)(linear)])
    x = layers.Rescaling(1.0, mean, name="decoder_plus_mean")(x)
    return keras.Model(z, x, name="decoder")


def frozen_dense(kernel: np.ndarray, name: str) -> keras.Layer:
    """Return a layer that multiplies by a matrix, which training leaves alone."""
    initializer = keras.initializers.Constant(kernel)
    return layers.Dense(
        kernel.shape[1], use_bias=False, kernel_initializer=initializer, trainable=False, name=name
    )


def build_classifier(d: int, dropout: float, name: str = "classifier") -> keras.Model:
    """Return the prediction network of a code μ (b, d) → (b, 2): p healthy, p HCM."""
    mu = keras.Input((d,), name="code")
    x = layers.Dropout(dropout, name="classifier_dropout")(mu)
    x = layers.Dense(HIDDEN, activation="tanh", name="classifier_hidden")(x)
    p = layers.Dense(2, activation="softmax", name="classifier_output")(x)
    return keras.Model(mu, p, name=name)


class CardiacVAE(keras.Model):
    """Encoder, decoder and classifier joined for training; `fit` takes (hearts, labels (b,)).

    A functional model of folded int8 distances (b, h, h, h, 16) to a dictionary of `mu`,
    `log_variance`, `z`, `distances` (decoded z) and `disease` (class probabilities of μ).
    """

    def __init__(
        self, mean: np.ndarray, design: Design, seed: int = 0, components: Components | None = None
    ):
        """Build the networks; arguments as for `build_encoder`, `seed` of ε."""
        encoder = build_encoder(mean, design, components)
        decoder = build_decoder(mean, design, components)
        classifier = build_classifier(design.d, DROPOUT)
        mu, log_variance = encoder.output
        # ε ~ N(0, 1) in training and 0 at test time, where z = μ
        epsilon = layers.GaussianNoise(1.0, seed=seed, name="epsilon")(ops.zeros_like(mu))
        z = mu + ops.exp(0.5 * log_variance) * epsilon
        outputs = {"mu": mu, "log_variance": log_variance, "z": z}
        outputs |= {"distances": decoder(z), "disease": classifier(mu)}
        super().__init__(encoder.input, outputs, name="cardiac_vae")
        self.encoder, self.decoder, self.classifier = encoder, decoder, classifier
        self.design = design
        names = ("dice_ed", "dice_es", "distance", "kl", "cross_entropy")
        self.term_means = {name: keras.metrics.Mean(name) for name in names}

    def compute_loss(
        self, x: keras.KerasTensor, y: keras.KerasTensor, y_pred: dict, *_args: Any, **_options: Any
    ) -> keras.KerasTensor:
        """Return the mean over the batch of the loss, whose terms are tracked by name."""
        classes = ops.one_hot(ops.cast(y, "int32"), 2)
        dice_ed, dice_es = ops.unstack(soft_dice(x, y_pred["distances"]), axis=1)
        terms = {
            "dice_ed": dice_ed,
            "dice_es": dice_es,
            "distance": distance_error(x, y_pred["distances"]),
            "kl": kl_divergence(y_pred["mu"], y_pred["log_variance"]),
            "cross_entropy": losses.categorical_crossentropy(
                classes, y_pred["disease"], label_smoothing=SMOOTHING
            ),
        }
        for name, values in terms.items():
            self.term_means[name].update_state(values)
        loss = (1 - terms["dice_ed"]) + (1 - terms["dice_es"])
        loss += self.design.alpha * terms["kl"] + self.design.beta * terms["cross_entropy"]
        return ops.mean(loss + self.design.gamma * terms["distance"])


def soft_dice(x: keras.KerasTensor, distances: keras.KerasTensor) -> keras.KerasTensor:
    """Return Sørensen-Dice of ED and ES, 2 Σ p m / Σ (p + m), as (b, 2).

    The mask m is where x > 0, folded int8 distances (b, h, h, h, 16); the decoded mask p is the
    sigmoid of `SHARPNESS` times the decoded distance (clip = 1).
    """
    mask = ops.cast(x > 0, "float32")
    p = ops.sigmoid(SHARPNESS * distances)

    def over_voxels(values):
        return ops.sum(ops.reshape(ops.sum(values, (1, 2, 3)), (-1, 8, 2)), 1)

    return (2 * over_voxels(p * mask) + 1e-5) / (over_voxels(p + mask) + 1e-5)


def distance_error(x: keras.KerasTensor, distances: keras.KerasTensor) -> keras.KerasTensor:
    """Return the mean absolute error of decoded distances over voxels: (b,)."""
    return ops.mean(ops.abs(distances - ops.cast(x, "float32") / STEPS), (1, 2, 3, 4))


def kl_divergence(mu: keras.KerasTensor, log_variance: keras.KerasTensor) -> keras.KerasTensor:
    """Return KL(N(μ, σ²) ‖ N(0, 1)) in nats, summed over the code: (b,)."""
    return 0.5 * ops.sum(ops.square(mu) + ops.exp(log_variance) - 1 - log_variance, -1)
