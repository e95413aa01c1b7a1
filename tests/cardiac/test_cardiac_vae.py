"""The networks and the loss, against what can be worked out without them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers.cardiac import components, folding, vae

SIZE, D, WIDTH = 16, 4, 2
DESIGN = vae.Design(D, WIDTH, alpha=1e-2, beta=0.1, gamma=0.7)


@pytest.fixture(scope="module")
def shapes():
    """Balls of varying radius as folded int8 distances, 6 subjects."""
    x, y, z = np.meshgrid(*[np.arange(SIZE) - (SIZE - 1) / 2] * 3, indexing="ij")
    distance = np.sqrt(x**2 + y**2 + z**2)
    radius = np.linspace(3, 6, 6)[:, None] * [1, 0.7]
    return folding.fold(
        np.int8(np.clip((radius[:, None, None, None] - distance[..., None]) / 4, -1, 1) * 127)
    )


@pytest.fixture(scope="module")
def model(shapes):
    keras.utils.set_random_seed(0)
    return vae.CardiacVAE(shapes.mean(0, dtype=np.float32) / 127, DESIGN)


def test_unfold_inverts_fold():
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 8, 2)).astype(np.float32)
    folded = folding.fold(x)
    assert folded.shape == (2, 4, 4, 4, 16)
    np.testing.assert_array_equal(folded[0, 1, 2, 3].reshape(2, 2, 2, 2), x[0, 2:4, 4:6, 6:8])
    np.testing.assert_array_equal(folding.unfold(folded), x)


def test_kl_in_closed_form_agrees_with_monte_carlo():
    mu, log_variance = np.array([[0.5, -1.0, 0.0]]), np.array([[0.3, -1.2, 0.0]])
    z = mu + np.exp(log_variance / 2) * np.random.default_rng(0).normal(size=(400_000, 3))
    log_q = -0.5 * ((z - mu) ** 2 / np.exp(log_variance) + log_variance).sum(1)
    estimate = (log_q + 0.5 * (z**2).sum(1)).mean()
    assert float(vae.kl_divergence(mu, log_variance)[0]) == pytest.approx(estimate, abs=0.01)
    assert float(vae.kl_divergence(np.zeros((1, 3)), np.zeros((1, 3)))[0]) == 0


def test_soft_dice_of_a_case_worked_by_hand():
    p, x = np.full((1, 2, 2, 2, 2), 1e-9), np.full((1, 2, 2, 2, 2), -5, np.int8)
    p[0, 0, 0, 0, 0], p[0, 0, 0, 1, 0] = 0.5, 1 - 1e-9  # ED: 2 · 0.5 / (1.5 + 1)
    x[0, 0, 0, 0, 0] = 1
    x[0, ..., 1], p[0, ..., 1] = 1, 1 - 1e-9  # ES: perfect
    distances = np.log(p / (1 - p)).astype(np.float32) / 30
    found = vae.soft_dice(folding.fold(x), folding.fold(distances))
    np.testing.assert_allclose(found, [[0.4, 1.0]], atol=1e-4)


def smoothed_cross_entropy(labels, p):
    """The right class has 0.95, the other 0.05."""
    right = p[np.arange(len(p)), labels]
    return -(0.95 * np.log(right) + 0.05 * np.log(1 - right))


def test_the_distance_error_is_the_mean_over_all_voxels():
    x = np.full((1, 2, 2, 2, 16), 127, np.int8)
    distances = np.full(x.shape, 1.5, np.float32)
    distances[..., :4] = 0.9
    assert float(vae.distance_error(x, distances)[0]) == pytest.approx((12 * 0.5 + 4 * 0.1) / 16)


def test_a_step_follows_the_gradient_of_the_papers_loss(shapes, model):
    """`fit` against the sum of the terms, each weighted, without noise and dropout."""
    labels = np.array([0, 1] * 3)
    mu, log_variance = model.encoder(shapes)
    distances, p = model.decoder(mu), model.classifier(mu)
    dice = np.array(vae.soft_dice(shapes, distances)).sum(1)
    wanted = np.mean(
        2 - dice
        + 1e-2 * vae.kl_divergence(mu, log_variance)
        + 0.1 * smoothed_cross_entropy(labels, np.array(p))
        + 0.7 * vae.distance_error(shapes, distances)
    )  # fmt: skip
    model.compile(keras.optimizers.SGD(0.0), jit_compile=False)
    told = model.evaluate(shapes, labels, batch_size=6, verbose=0, return_dict=True)
    assert told["loss"] == pytest.approx(float(wanted), rel=1e-5)
    assert told["dice_ed"] + told["dice_es"] == pytest.approx(dice.mean(), rel=1e-5)
    assert told["kl"] == pytest.approx(float(np.mean(vae.kl_divergence(mu, log_variance))))


def test_gradients_reach_every_variable_once(shapes, model):
    keys = {id(variable) for variable in model.trainable_variables}
    assert len(keys) == len(model.trainable_variables)
    for variable in model.trainable_variables:  # zeros would block what lies behind them
        variable.assign(variable + 0.01 * tf.random.normal(variable.shape, seed=1))
    with tf.GradientTape() as tape:
        loss = model.compute_loss(shapes, np.arange(6) % 2, model(shapes, training=True))
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        assert gradient is not None and np.abs(gradient).max() > 0, variable.path


def test_codes_are_sampled_in_training_alone(shapes, model):
    many = np.repeat(shapes[:1], 500, 0)
    mu, log_variance = (np.array(each)[0] for each in model.encoder(many[:1]))
    assert (np.array(model(many[:2])["z"]) == mu).all()
    z = np.array(model(many, training=True)["z"])
    np.testing.assert_allclose(z.mean(0), mu, atol=0.05)
    np.testing.assert_allclose(z.std(0), np.exp(log_variance / 2), rtol=0.15)


def test_training_starts_from_the_mean_heart(shapes):
    mean = shapes.mean(0, dtype=np.float32) / 127
    fresh = vae.build_decoder(mean, DESIGN)
    decoded = fresh(np.random.default_rng(0).normal(size=(2, D)).astype(np.float32))
    np.testing.assert_allclose(decoded, np.stack([mean, mean]), atol=1e-6)


def test_parameter_count_is_exact(model):
    # convolution taps · in · out + out; transposed likewise; dense in · out + out
    encoder = (8 * 16 * 2 + 2) + (27 * 2 * 2 + 2) + (8 * 2 * D + D) + (2 * D + D)
    decoder = D * 16 + 16 + (27 * 2 * 2 + 2) + (27 * 2 * 16 + 16)
    classifier = D * 32 + 32 + 32 * 2 + 2
    assert (model.encoder.count_params(), model.decoder.count_params()) == (encoder, decoder)
    assert model.classifier.count_params() == classifier


def test_a_size_that_is_no_multiple_of_eight():
    mean = np.zeros((10, 10, 10, 16), np.float32)
    assert vae.build_decoder(mean, DESIGN).output_shape == (None, 10, 10, 10, 16)
    assert [each.shape for each in vae.build_encoder(mean, DESIGN).outputs] == [(None, D)] * 2


def test_beside_a_linear_path_training_starts_from_the_components(shapes):
    """The path is principal components, whose decoding the network corrects; it stays fixed."""
    fitted = components.fit_components(shapes, 2)
    mean = shapes.mean(0, dtype=np.float32) / 127
    model = vae.CardiacVAE(mean, vae.Design(2, WIDTH, linear_path=True), components=fitted)
    z = fitted.encode(shapes)
    wanted = fitted.decode(z).reshape(shapes.shape) / 127
    np.testing.assert_allclose(model.decoder(z), wanted, atol=1e-4)
    kernel = model.encoder.get_layer("mu").kernel
    kernel.assign(tf.zeros_like(kernel))
    np.testing.assert_allclose(model.encoder(shapes)[0], z, atol=1e-4)
    assert not {"encoder_linear", "decoder_linear"} & {
        variable.path.split("/")[0] for variable in model.trainable_variables
    }
