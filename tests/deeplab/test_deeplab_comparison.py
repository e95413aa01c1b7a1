"""The official networks side by side, on a stand-in of official size with random weights."""

import matplotlib.pyplot as plt
import numpy as np
import official_style
import pytest
import skimage.data

from helpers import cost, translation
from helpers.deeplab import comparison, network, official, segmenter


@pytest.mark.slow
def test_a_network_of_official_size_equals_its_graph(tmp_path, monkeypatch):
    name = "mobilenetv2_coco_voctrainaug"
    folder = tmp_path / official.CHECKPOINTS[name][0].removesuffix(".tar.gz")
    folder.mkdir()
    graph = official_style.build("mobilenet", 513, 21, width=1)
    official_style.export(graph, folder)
    monkeypatch.setattr(official, "FOLDER", tmp_path)
    assert official.available([""]) == [name]
    cat = skimage.data.chelsea()[::2, ::2]
    (row,), segmentations, faults = comparison.compare_all([name], {"cat": cat}, [name])
    found = segmentations[name]
    assert faults == []
    assert row["params"] == 2_113_557
    assert row["gmacs"] == pytest.approx(8.825853632)
    assert row["feature_memory_mib"] > 0
    assert row["input_error"] < 1e-6
    assert row["logits_error"] < 1e-4
    assert row["agreement"] > 99.9
    assert 50 < row["stride_16"] <= 100 and 50 < row["multi_scale"] <= 100
    assert row["latency_ms"] > 0
    assert found["cat"].labels.shape == (150, 226)
    figure = comparison.draw_photographs({name: found})
    assert len(figure.axes) == 2 and len(figure.legends) == 1  # photograph, overlay
    plt.close(figure)


def one(labels):
    return segmenter.Segmentation(None, np.array(labels, np.uint8), segmenter.VOC)


def test_agreement_counts_pixels():
    found = {"a": {"x": one([[0, 1]]), "y": one([[2, 2]])},
             "b": {"x": one([[0, 1]]), "y": one([[2, 3]])}}  # fmt: skip
    alike = comparison.agreement(found)
    assert list(alike["network"]) == ["1: a", "2: b"]
    np.testing.assert_allclose(alike[["1", "2"]], [[100, 75], [75, 100]])


def test_what_is_seen_is_told_in_texts_and_in_results():
    found = {"a_1": {"coffee": one([[5, 5, 5, 0]])}}
    assert comparison.found_classes(found) == [
        {"image": "coffee", "model": "a_1", "classes": {"bottle": 0.75, "background": 0.25}}
    ]
    table = comparison.shares_table(comparison.found_classes(found))
    assert table.iloc[0].tolist() == ["coffee", "a_1", "bottle 75%, background 25%"]
    assert set(translation.templates(translation.pack_value(table["classes"][0]))) >= {
        "bottle", "background",
    }  # fmt: skip


def test_a_network_is_counted_without_its_weights():
    with cost.without_weights():
        model = network.deeplab_v3(16, width=0.125, classes=3, size=33)
    row = comparison.size_and_cost("small", model, 16)
    real = network.deeplab_v3(16, width=0.125, classes=3, size=33)
    assert row["params"] == sum(weight.numpy().size for weight in real.trainable_weights)
    assert row["gmacs"] * 1e9 == pytest.approx(cost.multiply_adds(real))
    assert (row["name"], row["output_stride"], row["weights"]) == ("small", 16, "none")


def test_damaged_files_cost_nothing_but_themselves(tmp_path, monkeypatch):
    monkeypatch.setattr(official, "FOLDER", tmp_path)
    names = ["mobilenetv2_coco_voctrainaug", "xception_coco_voctrainval"]
    (tmp_path / official.CHECKPOINTS[names[0]][0]).write_bytes(b"half")
    (tmp_path / official.CHECKPOINTS[names[1]][0].removesuffix(".tar.gz")).mkdir()
    rows, segmentations, faults = comparison.compare_all(official.available([""]), {}, names)
    assert rows == [] and segmentations == {}
    assert faults[0].startswith("mobilenetv2_coco_voctrainaug is left out (")
    assert "its checksum is not" in faults[0]
    assert faults[1].startswith("xception_coco_voctrainval is left out (")
    assert "holds no checkpoint with its frozen graph" in faults[1]
    (tmp_path / "image1.jpg").write_bytes(b"half")
    pictures, faults = comparison.demo_pictures(["coffee"])
    assert list(pictures) == ["coffee"] and "image1.jpg is left out" in faults[0]
