"""Scenes, their scores, and the compact networks."""

import json

import keras
import numpy as np
import pytest

from helpers import files, paths
from helpers.deeplab import checkpoint, compact, metrics, scene_comparison, scenes, train_scenes
from helpers.deeplab.resize import AlignedResize


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
    assert metrics.mean_iou(labels, predictions) == pytest.approx((1 / 3 + 1 / 2 + 0) / 3)


def test_trimap_is_a_band_around_the_edge():
    labels = np.zeros((2, 12, 20), int)
    labels[0, :, 10:] = 1
    band = metrics.trimap(labels)
    assert np.flatnonzero(band[0, 4]).tolist() == [7, 8, 9, 10, 11, 12]
    assert not band[1].any()  # no edge


def test_boundary_iou_sees_what_the_mean_hides():
    labels = np.zeros((1, 60, 60), int)
    labels[0, 20:40, 20:40] = 1
    shrunk = np.zeros_like(labels)
    shrunk[0, 22:38, 22:38] = 1
    hollow = labels.copy()
    hollow[0, 28:32, 28:32] = 0
    assert metrics.boundary_iou(labels, hollow) == 1
    assert metrics.boundary_iou(labels, shrunk) < metrics.mean_iou(labels, shrunk) - 0.2


def test_boundary_score_of_each_scene_alone():
    labels = np.zeros((3, 8, 8), int)
    labels[:2, 2:6, 2:6] = 1
    predictions = labels.copy()
    predictions[1] = 0
    perfect, wrong, without_edge = metrics.boundary_ious(labels, predictions)
    assert perfect == 1 and np.isnan(without_edge)
    assert wrong == metrics.boundary_iou(labels[1:2], predictions[1:2]) < 0.5


@pytest.mark.parametrize("wanted", [[8], [16], [16, 8]])
def test_every_choice_of_strides_measures_what_the_ablations_compare(wanted):
    assert scene_comparison.strides("mobilenetv2", wanted) == [8, 16]
    assert scene_comparison.strides("xception", wanted) == sorted({16, *wanted})
    assert scene_comparison.strides("xception_no_decoder", wanted) == [16]


def test_every_network_has_a_name_in_the_table():
    scores = dict.fromkeys(("boundary_miou", "gmacs", "latency_ms"), 0.5)
    rows = [{"model": name, "output_stride": 16, "miou": 0.5} | scores for name in compact.RECIPES]
    table = scene_comparison.scores_table(rows)
    assert list(table["network"]) == ["MobileNetV2", "Xception, decoder", "Xception, no decoder"]
    assert list(table.columns[1:3]) == ["output stride", "mIoU"]


@pytest.fixture
def tiny(monkeypatch, tmp_path):
    """A network small enough to train in a test, and folders of its own."""
    recipe = {"width": 0.1, "output_stride": 8, "train_stride": 16, "steps": 4}
    monkeypatch.setitem(compact.RECIPES, "mobilenetv2", recipe)
    monkeypatch.setattr(train_scenes, "BATCH", 2)
    monkeypatch.setattr(train_scenes, "SAVE_EVERY", 0)
    monkeypatch.setattr(compact, "TEST_SCENES", 2)
    monkeypatch.setattr(paths, "RUNS", tmp_path / "runs")
    monkeypatch.setattr(paths, "WEIGHTS", tmp_path / "weights")
    return tmp_path


def test_training_stopped_and_resumed_is_training_in_one_go(tiny, monkeypatch):
    def build(name, output_stride):
        inputs = keras.Input((129, 129, 3))
        x = keras.layers.Conv2D(4, 3, output_stride, padding="same", activation="relu")(inputs)
        x = keras.layers.Conv2D(11, 1)(keras.layers.BatchNormalization()(x))
        return keras.Model(inputs, AlignedResize()(x, inputs))

    monkeypatch.setattr(compact, "build", build)
    whole, _state = train_scenes.train("mobilenetv2", 5)
    monkeypatch.setattr(paths, "RUNS", tiny / "again")
    batch = train_scenes.batch

    def interrupted(step, seed):
        if step == 4:
            raise KeyboardInterrupt
        return batch(step, seed)

    monkeypatch.setattr(train_scenes, "batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_scenes.train("mobilenetv2", 5)
    monkeypatch.setattr(train_scenes, "batch", batch)
    resumed, state = train_scenes.train("mobilenetv2", 5)
    assert state["step"] == 5 and state["stride"] == 8 and len(state["losses"]) == 5
    for left, right in zip(whole.get_weights(), resumed.get_weights(), strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-4, atol=1e-5)


def test_weights_are_stored_with_a_card_and_load_at_both_strides(tiny):
    keras.utils.set_random_seed(0)
    model = compact.build("mobilenetv2")
    state = {"step": 4, "seconds": 60.0, "losses": [], "start": None}
    figures = json.loads(compact.store("mobilenetv2", model, state, seed=0))
    assert 0 <= figures["miou"] <= 1
    assert f"mIoU {figures['miou']:.3f}" in (
        (tiny / "weights/scenes_mobilenetv2.md").read_text(encoding="utf-8")
    )
    further, state = train_scenes.resume("{}", "mobilenetv2", 1, {"start": "mobilenetv2"})
    np.testing.assert_allclose(
        further.get_weights()[0], model.get_weights()[0], rtol=1e-3, atol=1e-6
    )
    assert state["step"] == 0 and state["start"] == "mobilenetv2"
    for stride in (8, 16):
        loaded = compact.load("mobilenetv2", stride)
        assert loaded.get_layer("logits.semantic").output.shape[1] == 128 // stride + 1
        for ours, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-3, atol=1e-6)


def test_scales_are_averaged_and_one_scale_is_the_network_itself(tiny):
    keras.utils.set_random_seed(0)
    model = compact.build("mobilenetv2")
    state = {"step": 4, "seconds": 60.0, "losses": [], "start": None}
    compact.store("mobilenetv2", model, state, seed=0)
    images, labels = scenes.scenes("test", range(3))
    alone, predictions = compact.score(compact.load("mobilenetv2"), images, labels)
    assert len(np.unique(predictions)) > 1
    assert scene_comparison.score_scales("mobilenetv2", (1.0,), images, labels) == pytest.approx(
        alone
    )
    averaged = scene_comparison.score_scales("mobilenetv2", (1.0, 1.25), images, labels)
    assert averaged != pytest.approx(alone)


def test_missing_and_unknown_networks_are_named(tiny):
    with pytest.raises(FileNotFoundError, match="make train-scenes"):
        compact.load("xception")
    with pytest.raises(ValueError, match="no compact network 'resnet'"):
        compact.build("resnet")


@pytest.mark.parametrize("before, offset, bit", [(b"PK\1\2", 8, 0), (b"PK\5\6", 0, 0)])
def test_damaged_weights_are_named(tiny, before, offset, bit):
    state = {"step": 4, "seconds": 60.0, "losses": [], "start": None}
    compact.store("mobilenetv2", compact.build("mobilenetv2"), state, seed=0)
    path = paths.WEIGHTS / "scenes_mobilenetv2.npz"
    content = bytearray(path.read_bytes())
    content[content.index(before) + offset] ^= 1 << bit
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"scenes_mobilenetv2\.npz .*restore .* make train-scenes"):
        compact.load("mobilenetv2")


@pytest.mark.parametrize("path", sorted(paths.WEIGHTS.glob("scenes_*.npz")))
def test_weights_in_git_fit_and_stay_small(path):
    name = path.stem.removeprefix("scenes_")
    assert files.damaged(paths.WEIGHTS) == []
    assert path.stat().st_size <= 4_000_000
    with np.load(path) as stored:
        wanted = checkpoint.named_variables(compact.build(name))
        assert {key: array.shape for key, array in stored.items()} == {
            key: tuple(variable.shape) for key, variable in wanted.items()
        }
