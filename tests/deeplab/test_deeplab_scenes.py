"""Scenes, their scores, and the compact networks."""

import keras
import numpy as np
import pytest

from helpers import files, paths, training
from helpers.deeplab import (
    ablation,
    checkpoint,
    metrics,
    scene_networks,
    scenes,
)
from helpers.deeplab.blocks import AlignedResize
from helpers.training import loop
from tools import train_scenes


def test_a_scene_is_the_same_wherever_it_is_drawn():
    images, labels = scenes.scenes("train", [3, 5])
    again, labels_again = scenes.scenes("train", [5])
    np.testing.assert_array_equal(images[1], again[0])
    np.testing.assert_array_equal(labels[1], labels_again[0])
    assert images.shape == (2, 129, 129, 3) and images.dtype == np.uint8
    assert labels.shape == (2, 129, 129) and labels.dtype == np.uint8
    assert (images[0] != images[1]).any()
    assert (scenes.scenes("train", [5], seed=1)[0] != again).any()


def test_training_and_test_share_nothing():
    used = {split: range(1797)[scenes.DIGITS[split]] for split in ("train", "test")}
    assert not set(used["train"]) & set(used["test"])
    assert not set(scenes.PHOTOGRAPHS["train"]) & set(scenes.PHOTOGRAPHS["test"])


def test_all_classes_occur_and_digits_stand_out():
    images, labels = scenes.scenes("test", range(40))
    shares = np.bincount(labels.ravel(), minlength=11) / labels.size
    assert (shares > 0.002).all()
    assert 0.6 < shares[0] < 0.95
    for image, label in zip(images[:10].astype(float), labels[:10], strict=True):
        for digit in set(label.ravel()) - {0}:
            assert (label == digit).sum() > 0
            assert np.linalg.norm(image[label == digit].mean(0) - image[label == 0].mean(0)) > 20


def test_mean_iou_is_that_of_the_classes_that_occur():
    labels, predictions = np.array([[0, 0, 3, 1]]), np.array([[0, 1, 0, 1]])
    assert metrics.mean_iou(labels, predictions, 4) == pytest.approx((1 / 3 + 1 / 2 + 0) / 3)
    void = np.array([[0, 0, 3, 1, 255]]), np.array([[0, 1, 0, 1, 7]])
    assert metrics.mean_iou(*void, 4) == metrics.mean_iou(labels, predictions, 4)


@pytest.mark.parametrize(("label", "prediction"), [(4, 0), (-1, 0), (0, 4), (0, -1), (0, 255)])
def test_labels_of_no_class_are_refused(label, prediction):
    labels, predictions = np.array([[0, 3, label]]), np.array([[0, 3, prediction]])
    with pytest.raises(ValueError, match="labels must be from 0 to 3 or 255, not"):
        metrics.mean_iou(labels, predictions, 4)


def test_trimap_is_a_band_around_the_edge():
    labels = np.zeros((2, 12, 20), int)
    labels[0, :, 10:] = 1
    band = metrics.trimap(labels)
    assert np.flatnonzero(band[0, 4]).tolist() == [7, 8, 9, 10, 11, 12]
    assert not band[1].any()  # no edge


def test_a_void_rim_is_one_edge():
    labels = np.zeros((1, 12, 20), int)
    labels[0, :, 9:11], labels[0, :, 11:] = metrics.VOID, 1
    assert np.flatnonzero(metrics.trimap(labels)[0, 4]).tolist() == [6, 7, 8, 11, 12, 13]


def test_boundary_iou_sees_what_the_mean_hides():
    labels = np.zeros((1, 60, 60), int)
    labels[0, 20:40, 20:40] = 1
    shrunk = np.zeros_like(labels)
    shrunk[0, 22:38, 22:38] = 1
    hollow = labels.copy()
    hollow[0, 28:32, 28:32] = 0
    assert metrics.scores(labels, hollow, 2)["boundary_miou"] == 1
    found = metrics.scores(labels, shrunk, 2)
    assert found["boundary_miou"] < found["miou"] - 0.2


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A network small enough to train in a test, and folders of its own."""
    monkeypatch.setattr(scene_networks, "NETWORKS", {"mobilenetv2": {"width": 0.1}})
    monkeypatch.setattr(train_scenes, "BATCH", 2)
    monkeypatch.setattr(train_scenes, "SAVE_EVERY", 2)
    monkeypatch.setattr(train_scenes, "TEST_SCENES", 2)
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(paths, "WEIGHTS", tmp_path / "weights")
    return tmp_path


def pixelwise(name, output_stride=16, size=None):
    """A network of two convolutions, in the place of `scene_networks.build`."""
    inputs = keras.Input((size, size, 3))
    x = keras.layers.Conv2D(4, 3, output_stride, "same", activation="relu", name="first")(inputs)
    x = keras.layers.Conv2D(11, 1, name="logits.semantic")(x)
    return keras.Model(inputs, AlignedResize()(x, inputs))


def test_training_stopped_and_resumed_is_training_in_one_go(tiny, monkeypatch):
    monkeypatch.setattr(scene_networks, "build", pixelwise)
    whole, _state = train_scenes.train("mobilenetv2", 5)
    monkeypatch.setattr(paths, "RUNS", tiny / "again")
    checkpoint = train_scenes.store.checkpoint

    def interrupted(config, changing, step, seconds):
        checkpoint(config, changing, step=step, seconds=seconds)
        if step == 4:
            raise KeyboardInterrupt

    monkeypatch.setattr(train_scenes.store, "checkpoint", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_scenes.train("mobilenetv2", 5)
    monkeypatch.setattr(train_scenes.store, "checkpoint", checkpoint)
    resumed, state = train_scenes.train("mobilenetv2", 5)
    assert state["step"] == 5 and resumed.optimizer.iterations == 5
    for left, right in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)
    again, state = train_scenes.train("mobilenetv2", 5)  # nothing is left to do
    np.testing.assert_array_equal(again.get_weights()[0], resumed.get_weights()[0])


def test_every_step_has_scenes_of_its_own_and_balanced_weights(monkeypatch):
    monkeypatch.setattr(train_scenes, "BATCH", 3)
    drawn = list(train_scenes.batches(range(2, 4), steps=10, seed=1))
    assert len(drawn) == 2
    images, labels, weights = drawn[0]
    expected, expected_labels = scenes.scenes("train", range(6, 9), seed=1)
    np.testing.assert_allclose((images + 1) * 127.5, expected, atol=1e-3)
    np.testing.assert_array_equal(labels, expected_labels)
    assert weights[labels > 0].min() > weights[labels == 0].max()  # digits are rarer
    ((_images, _labels, last),) = train_scenes.batches(range(999, 1000), steps=1000, seed=1)
    np.testing.assert_allclose(last, 1, atol=0.02)  # balanced no more


def test_the_rate_rises_holds_and_falls():
    rates = [
        float(train_scenes.learning_rate(step, 1000)) for step in (0, 9, 19, 500, 700, 850, 1000)
    ]
    expected = train_scenes.PEAK * np.array([0.05, 0.5, 1, 1, 1, 0.5, 0])
    np.testing.assert_allclose(rates, expected, rtol=1e-5, atol=1e-9)


def test_weights_are_stored_with_a_card_and_load_at_both_strides(tiny):
    keras.utils.set_random_seed(0)
    model = scene_networks.build("mobilenetv2")
    figures = train_scenes.keep("mobilenetv2", model, {"step": 4, "seconds": 60.0}, seed=3)
    card = (tiny / "weights/scenes_mobilenetv2.md").read_text(encoding="utf-8")
    assert "from random weights, 4 steps" in card
    assert "seed 3, in 1 minutes" in card
    for stride in (8, 16):
        assert f"{figures[stride]['miou']:.3f} at output stride {stride}" in card
    loaded = scene_networks.load("mobilenetv2", 8)
    assert loaded.get_layer("logits.semantic").output.shape[1] == 17
    for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)


def keep_pixelwise(monkeypatch):
    monkeypatch.setattr(scene_networks, "build", pixelwise)
    keras.utils.set_random_seed(0)
    train_scenes.keep("mobilenetv2", pixelwise("mobilenetv2"), {"step": 4, "seconds": 60.0}, 0)


def test_scales_are_averaged_and_one_scale_is_the_network_itself(tiny, monkeypatch):
    keep_pixelwise(monkeypatch)
    images, labels = scenes.scenes("test", range(3))
    rows, predictions = scene_networks.score_all(images, labels)
    assert [row["output_stride"] for row in rows] == [16, 8]
    alone = {key: rows[1][key] for key in ("miou", "boundary_miou")}
    assert len(np.unique(predictions["mobilenetv2", 8])) > 1
    one_scale = scene_networks.score_scales("mobilenetv2", (1.0,), images, labels)
    assert one_scale == pytest.approx(alone)
    averaged = scene_networks.score_scales("mobilenetv2", (1.0, 1.25), images, labels)
    assert averaged != pytest.approx(alone)


@pytest.mark.parametrize("before, offset", [(b"PK\1\2", 8), (b"PK\5\6", 0)])
def test_damaged_weights_are_named(tiny, monkeypatch, before, offset):
    keep_pixelwise(monkeypatch)
    path = paths.WEIGHTS / "scenes_mobilenetv2.npz"
    content = bytearray(path.read_bytes())
    content[content.index(before) + offset] ^= 1  # a bit of the file flips
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"scenes_mobilenetv2\.npz .*restore .* make train-scenes"):
        scene_networks.load("mobilenetv2")


def test_missing_weights_are_named(tiny):
    with pytest.raises(ValueError, match=r"scenes_mobilenetv2\.npz is missing.* make train-scenes"):
        scene_networks.load("mobilenetv2")


@pytest.mark.parametrize("path", sorted(paths.WEIGHTS.glob("scenes_*.npz")))
def test_weights_in_git_fit_and_stay_small(path):
    name = path.stem.removeprefix("scenes_")
    assert files.damaged(paths.WEIGHTS) == []
    assert path.stat().st_size <= 4_000_000
    with np.load(path) as stored:
        wanted = checkpoint.named_variables(scene_networks.build(name))
        assert {key: array.shape for key, array in stored.items()} == {
            key: tuple(variable.shape) for key, variable in wanted.items()
        }


def test_live_networks_learn_strokes_from_scenes_at_half_the_resolution(monkeypatch, tmp_path):
    """Trained by the loop of the classification networks, a label a pixel."""
    monkeypatch.setattr(paths, "RUNS", tmp_path)
    data = ablation.draw_scenes(train=4, test=3)
    images, labels = scenes.scenes("test", range(3))
    np.testing.assert_allclose((data.test_images + 1) * 127.5, images[:, ::2, ::2], atol=1e-3)
    np.testing.assert_array_equal(data.test_labels, labels[:, ::2, ::2] > 0)
    drawn = training.call(ablation.draw_scenes, train=4, test=3)
    protocol = training.Protocol(2, batch=2)
    network = training.call("test_deeplab_scenes:pixelwise_strokes")
    runs = [training.Run(network, drawn, protocol, seed) for seed in (3, 4)]
    rows = scene_networks.train_and_score({"tiny": runs})
    assert [(row["model"], row["seed"]) for row in rows] == [("tiny", 3), ("tiny", 4)]
    assert all(0 < row["boundary_miou"] < 1 and 0 < row["miou"] < 1 for row in rows)
    result = training.train_all({"tiny": runs})["tiny"][0]
    assert 0 < result.history[-1]["test_error"] < 1  # a share of the pixels
    table = scene_networks.live_table(rows)
    mean = 50 * sum(row["miou"] for row in rows)
    assert str(table["mIoU, %"][0]).startswith(f"{mean:.1f} ± ")


def pixelwise_strokes():
    """A network of two convolutions, one of them depthwise, in the place of `build_network`."""
    inputs = keras.Input((65, 65, 3))
    x = keras.layers.DepthwiseConv2D(3, 2, "same", name="first")(inputs)
    return keras.Model(inputs, AlignedResize()(keras.layers.Conv2D(2, 1)(x), inputs))


def test_every_kernel_of_a_live_network_follows_from_the_seed():
    draws = []
    for seed in (1, 2, 1):
        model = pixelwise_strokes()
        loop.draw_weights(model, seed)
        draws.append([layer.kernel.numpy() for layer in model.layers if hasattr(layer, "kernel")])
    for one, other, again in zip(*draws, strict=True):
        np.testing.assert_array_equal(one, again)
        assert (one != other).all()


def test_only_the_decoder_differs():
    models = [ablation.build_network(decoder) for decoder in (True, False)]
    names = [{layer.name for layer in model.layers if layer.weights} for model in models]
    assert names[1] < names[0]
    assert all(name.startswith("decoder.") for name in names[0] - names[1])
    assert {model.output.shape for model in models} == {(None, 65, 65, 2)}
