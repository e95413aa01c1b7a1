import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from helpers import paths
from helpers.cardiac import evaluation, shape_model, training, vae

SIZE, D, WIDTH = 16, 4, 2


@pytest.fixture(scope="module")
def shapes():
    """Balls of varying radius and offset as int8 distances, 24 subjects; labels by radius."""
    generator = np.random.default_rng(0)
    radius = generator.uniform(3, 6, 24)
    x, y, z = np.meshgrid(*[np.arange(SIZE) - (SIZE - 1) / 2] * 3, indexing="ij")
    result = np.empty((24, SIZE, SIZE, SIZE, 2), np.int8)
    for index, r in enumerate(radius):
        dx = generator.normal(0, 0.7)
        distance = np.sqrt((x - dx) ** 2 + y**2 + z**2)
        for phase, scale in enumerate((1, 0.7)):
            result[index, ..., phase] = np.clip((scale * r - distance) / 4, -1, 1) * 127
    return result, (radius > 4.5).astype(int)


def build(shapes=None, **changes):
    linear = None if shapes is None else shape_model.fit(shapes, D)
    model = vae.CardiacVAE(SIZE, D, WIDTH, linear, alpha=1e-4, beta=0.1, gamma=1.0, warm_up=10)
    model.compile(keras.optimizers.Adam(1e-3), jit_compile=False, **changes)
    return model


def test_unfold_inverts_fold():
    x = np.random.default_rng(0).normal(size=(2, 8, 8, 8, 2)).astype(np.float32)
    folded = vae.fold(x)
    assert folded.shape == (2, 4, 4, 4, 16)
    np.testing.assert_array_equal(folded[0, 1, 2, 3].reshape(2, 2, 2, 2), x[0, 2:4, 4:6, 6:8])
    np.testing.assert_array_equal(vae.unfold(folded), x)


def test_kl_in_closed_form_agrees_with_monte_carlo():
    mu, log_variance = np.array([[0.5, -1.0, 0.0]]), np.array([[0.3, -1.2, 0.0]])
    z = mu + np.exp(log_variance / 2) * np.random.default_rng(0).normal(size=(400_000, 3))
    log_q = -0.5 * ((z - mu) ** 2 / np.exp(log_variance) + log_variance).sum(1)
    estimate = (log_q + 0.5 * (z**2).sum(1)).mean()
    assert float(vae.kl_divergence(mu, log_variance)[0]) == pytest.approx(estimate, abs=0.01)
    assert float(vae.kl_divergence(np.zeros((1, 3)), np.zeros((1, 3)))[0]) == 0


def test_soft_dice_of_a_case_worked_by_hand():
    p = np.zeros((1, 2, 2, 2, 2), np.float32)
    mask = np.zeros_like(p)
    p[0, 0, 0, 0, 0], p[0, 0, 0, 1, 0] = 0.5, 1.0  # ED: 2 · 0.5 / (1.5 + 1)
    mask[0, 0, 0, 0, 0] = 1
    mask[0, ..., 1] = p[0, ..., 1] = 1  # ES: perfect
    np.testing.assert_allclose(vae.soft_dice(vae.fold(p), vae.fold(mask)), [[0.4, 1.0]], atol=1e-4)


def test_gradients_reach_every_variable(shapes):
    model = build(shapes[0])
    model.optimizer.iterations.assign(10)  # the KL weight has grown
    for variable in model.trainable_variables:  # zeros would block what lies behind them
        variable.assign(variable + 0.01 * tf.random.normal(variable.shape, seed=1))
    with tf.GradientTape() as tape:
        loss = model.terms(vae.fold(shapes[0][:4]), shapes[1][:4], training=True)["loss"]
    for variable, gradient in zip(
        model.trainable_variables, tape.gradient(loss, model.trainable_variables), strict=True
    ):
        assert gradient is not None and np.abs(gradient).max() > 0, variable.path


def test_a_step_follows_the_gradient_of_the_mean_loss(shapes):
    model = build(shapes[0])
    model.compile(keras.optimizers.SGD(0.5), jit_compile=False)
    model.classifier.get_layer("classifier_dropout").rate = 0
    model.encoder.get_layer("log_variance").bias.assign([-60.0] * D)  # no noise
    x, labels, variables = vae.fold(shapes[0][:5]), shapes[1][:5], model.trainable_variables
    with tf.GradientTape() as tape:
        loss = tf.reduce_mean(model.terms(x, labels, training=True)["loss"])
    wanted = [v - 0.5 * g for v, g in zip(variables, tape.gradient(loss, variables), strict=True)]
    blank, weight = np.pad(x, [(0, 1)] + [(0, 0)] * 4), np.float32([1] * 5 + [0])  # not to count
    said = model.train_on_batch(blank, np.append(labels, 0), weight, return_dict=True)
    assert said["loss"] == pytest.approx(float(loss), rel=1e-5)
    for variable, value in zip(variables, wanted, strict=True):
        assert variable.dtype == "float32"
        np.testing.assert_allclose(variable, value, rtol=1e-4, atol=1e-6)


def test_means_over_an_epoch_weigh_every_heart_alike(shapes):
    model = build(shapes[0])
    indices = np.arange(17)  # the last batch of 8 holds one heart
    batches = vae.Batches(*shapes, indices, batch=8, seed=0)
    said = model.evaluate(batches, verbose=0, return_dict=True)
    every = model.terms(vae.fold(shapes[0][indices]), shapes[1][indices], training=False)
    for name, values in every.items():
        assert said[name] == pytest.approx(np.mean(values), rel=1e-5), name


def test_parameter_count_is_exact():
    # convolutions 27 · in · out + out; dense in · out + out
    model = build()
    encoder = sum(27 * a * b + b for a, b in ((16, 2), (2, 4), (4, 8), (8, 8))) + 2 * (8 * D + D)
    decoder = D * 8 + 8 + sum(27 * a * b + b for a, b in ((8, 8), (8, 4), (4, 2), (2, 16)))
    classifier = D * 32 + 32 + 32 * 2 + 2
    assert (model.encoder.count_params(), model.decoder.count_params()) == (encoder, decoder)
    assert model.classifier.count_params() == classifier


@pytest.mark.parametrize("size", [24, 20, 40])
def test_sizes_that_are_no_multiple_of_sixteen(size):
    half = size // 2
    assert vae.build_decoder(half, D, WIDTH).output_shape == (None, half, half, half, 16)
    assert vae.build_encoder(half, D, WIDTH).output_shape == [(None, D), (None, D)]


def test_training_starts_from_the_linear_shape_model(shapes):
    linear = shape_model.fit(shapes[0], D)
    codes, _ = evaluation.encode(build(shapes[0]), shapes[0])
    np.testing.assert_allclose(codes, linear.encode(shapes[0]), atol=1e-4)
    decoded = evaluation.decode(build(shapes[0]), codes)
    np.testing.assert_allclose(
        decoded.reshape(24, -1), linear.decode(linear.encode(shapes[0])) / 127, atol=2e-3
    )


def test_batches_cover_the_chosen_subjects_and_stay_bytes(shapes):
    batches = vae.Batches(*shapes, indices=range(3, 14), batch=4, seed=0)
    seen = [batches[index] for index in range(len(batches))]
    assert [weight.tolist() for *_, weight in seen] == [[1] * 4, [1] * 4, [1] * 3]
    assert seen[0][0].dtype == np.int8
    assert sum(labels.sum() for _, labels, _ in seen) == shapes[1][3:14].sum()
    first = batches.order.copy()
    batches.on_epoch_end()
    assert sorted(batches.order) == sorted(first) and not np.array_equal(batches.order, first)


@pytest.mark.parametrize("replicas", [2, 3, 8])
def test_every_replica_gets_as_many_hearts(shapes, monkeypatch, replicas):
    strategy = types.SimpleNamespace(num_replicas_in_sync=replicas)
    monkeypatch.setattr(tf.distribute, "get_strategy", lambda: strategy)
    batches = vae.Batches(*shapes, indices=range(17), batch=8, seed=0)
    x, labels, weight = (np.concatenate(part) for part in zip(*batches, strict=True))
    assert [len(batch[2]) % replicas for batch in batches] == [0, 0, 0]
    assert weight.sum() == 17 and labels[weight > 0].sum() == shapes[1][:17].sum()
    assert len(x) == len(weight)


def test_training_lowers_the_loss_and_repeats_itself(shapes):
    settings = training.Settings(
        d=D, width=WIDTH, epochs=8, batch=6, linear=False, beta=0.5, learning_rate=0.01
    )
    runs = [
        training.fit(*shapes, range(18), watched, settings, seed=5) for watched in ([18, 20], [])
    ]
    history = runs[0][1]
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    assert set(history) >= {"dice_ed", "dice_es", "kl", "cross_entropy", "val_dice_ed"}
    np.testing.assert_allclose(history["loss"], runs[1][1]["loss"], rtol=1e-4)


def test_a_training_is_done_once_and_again_when_its_file_is_damaged(shapes, monkeypatch):
    settings = training.Settings(d=D, width=WIDTH, epochs=1, batch=6)
    first, history = training.fit(*shapes, range(18), [18, 20], settings, seed=1)
    (path,) = paths.RUNS.rglob("*.npz")
    with monkeypatch.context() as patch:
        patch.delattr(vae.CardiacVAE, "train_step")  # a second training would fail
        again, same = training.fit(*shapes, range(18), [18, 20], settings, seed=1)
    assert same == history
    codes = [evaluation.encode(model, shapes[0])[0] for model in (first, again)]
    np.testing.assert_array_equal(*codes)

    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.warns(UserWarning, match="damaged"):
        training.fit(*shapes, range(18), [18, 20], settings, seed=1)
    assert path.read_bytes() == whole
    training.fit(*shapes, range(18), [18, 20], settings, seed=2)
    assert len(list(paths.RUNS.iterdir())) == 2


def test_a_stopped_training_goes_on_after_its_last_epoch(shapes, monkeypatch):
    """Without noise it becomes the training that was not stopped: all else is stored."""
    monkeypatch.setattr(tf.random, "normal", lambda shape: tf.zeros(shape))
    settings = training.Settings(d=D, width=WIDTH, epochs=4, batch=6, beta=0.5, learning_rate=0.01)
    whole, history = training.fit(*shapes, range(18), [18, 20], settings)
    paths.RUNS.rename(paths.RUNS.with_name("other"))
    callback, epochs = keras.callbacks.LambdaCallback, []

    def stopping(on_epoch_end):
        def end(epoch, logs):
            on_epoch_end(epoch, logs)
            epochs.append(epoch)
            if epochs == [0, 1]:
                raise KeyboardInterrupt

        return callback(on_epoch_end=end)

    monkeypatch.setattr(keras.callbacks, "LambdaCallback", stopping)
    with pytest.raises(KeyboardInterrupt):
        training.fit(*shapes, range(18), [18, 20], settings)
    resumed, same = training.fit(*shapes, range(18), [18, 20], settings)
    assert epochs == [0, 1, 2, 3]
    assert same.keys() == history.keys()
    for name, values in history.items():
        np.testing.assert_allclose(same[name], values, rtol=1e-3, atol=1e-5, err_msg=name)
    codes = [evaluation.encode(model, shapes[0])[0] for model in (whole, resumed)]
    np.testing.assert_allclose(*codes, rtol=1e-3, atol=1e-3)
