"""Training by Keras' `fit`: once, again when damaged, on from a checkpoint."""

import dataclasses

import keras
import numpy as np
import pytest

from helpers import paths
from helpers.cardiac import evaluation, folding, hearts, vae, vae_training
from helpers.training import call, finished, grid

DESIGN = vae.Design(d=3, width=2, beta=0.5)


def balls():
    """Return Hearts: 24 balls of varying radius, labels by radius, 16³ voxels."""
    generator = np.random.default_rng(0)
    radius = generator.uniform(3, 6, 24)
    x, y, z = np.meshgrid(*[np.arange(16) - 7.5] * 3, indexing="ij")
    distance = np.sqrt(x**2 + y**2 + z**2)[None, ..., None]
    both = (radius[:, None] * [1, 0.7])[:, None, None, None]
    shapes = folding.fold(np.int8(np.clip((both - distance) / 4, -1, 1) * 127))
    labels = (radius > 4.5).astype(int)
    return hearts.Hearts(shapes, labels, np.arange(18), np.arange(18, 21), np.arange(21, 24))


def settings(epochs=6, seed=5):
    return vae_training.Training(call(balls), DESIGN, epochs, 6, 0.01, seed)


def codes(each):
    return evaluation.encode(finished.trained_network(each), balls().shapes)[0]


@pytest.fixture(autouse=True)
def alone(monkeypatch):
    """No processes of their own, and no model that an earlier test compiled."""
    monkeypatch.setattr(grid, "local_processes", lambda: 1)
    vae_training.compiled_vae.cache_clear()


def test_training_lowers_the_loss_and_is_done_once(monkeypatch):
    (history,) = vae_training.train_vaes([settings()])
    assert history["loss"][-1] < 0.9 * history["loss"][0]
    assert set(history) >= {"dice_ed", "dice_es", "kl", "cross_entropy", "val_dice_ed"}
    before = codes(settings())
    with monkeypatch.context() as patch:
        patch.delattr(vae.CardiacVAE, "compute_loss")  # a second training would fail
        assert vae_training.train_vaes([settings()]) == [history]
    (path,) = paths.RUNS.rglob("*.npz")
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    with pytest.warns(UserWarning, match="damaged"):
        (again,) = vae_training.train_vaes([settings()])
    assert again == history and path.read_bytes() == whole
    np.testing.assert_array_equal(codes(settings()), before)


def test_a_seed_and_a_design_have_trainings_of_their_own():
    one = settings()
    others = [settings(seed=6), dataclasses.replace(one, design=vae.Design(d=4))]
    assert len({each.config() for each in (one, *others)}) == 3
    with pytest.raises(FileNotFoundError, match="holds no finished run"):
        finished.trained_network(one)


def test_a_stopped_training_goes_on_after_its_last_epoch(monkeypatch):
    """Without noise and in one order it becomes the training that was not stopped."""
    monkeypatch.setattr(keras.layers.GaussianNoise, "call", lambda self, x, training=False: x)
    monkeypatch.setattr(vae, "DROPOUT", 0.0)
    monkeypatch.setattr(vae_training, "CHECKPOINT_SECONDS", 0)
    fit = keras.Model.fit
    monkeypatch.setattr(keras.Model, "fit", lambda *a, **options: fit(*a, shuffle=False, **options))
    each, epochs = settings(epochs=4), []
    (history,) = vae_training.train_vaes([each])
    whole = codes(each)
    paths.RUNS.rename(paths.RUNS.with_name("other"))

    def stop(count):
        epochs.append(count)
        if len(epochs) == 3:  # what was done, then two epochs
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        vae_training.train_vae(stop, each)
    vae_training.train_vae(epochs.append, each)
    assert epochs == [0, 1, 1, 2, 1, 1]
    (resumed,) = vae_training.train_vaes([each])
    for name, values in history.items():
        np.testing.assert_allclose(resumed[name], values, rtol=1e-3, atol=1e-5, err_msg=name)
    np.testing.assert_allclose(codes(each), whole, rtol=1e-3, atol=1e-3)
