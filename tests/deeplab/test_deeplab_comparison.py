"""The official networks side by side, on a stand-in of official size with random weights."""

import matplotlib.pyplot as plt
import numpy as np
import official_style
import pytest
import skimage.data

from helpers.deeplab import comparison, network, official, segmenter


@pytest.mark.slow
def test_a_network_of_official_size_equals_its_graph(tmp_path, monkeypatch):
    name = "mobilenetv2_coco_voctrainaug"
    folder = tmp_path / official.ARCHIVES[name][0].removesuffix(".tar.gz")
    folder.mkdir()
    graph = official_style.build("mobilenet", 513, 21, width=1)
    official_style.export(graph, folder)
    monkeypatch.setattr(official, "FOLDER", tmp_path)
    assert official.available() == [name]
    row, found = comparison.measure(name, {"cat": skimage.data.chelsea()[::2, ::2]})
    assert row["params"] == 2_113_557
    assert row["gmacs"] == pytest.approx(8.825853632)
    assert row["feature_memory_mib"] > 0
    assert row["input_error"] < 1e-6
    assert row["agreement"] > 99.9
    assert found["cat"].labels.shape == (150, 226)
    figure = comparison.draw({name: found})
    assert len(figure.axes) == 3  # photograph, overlay, legend
    plt.close(figure)
    assert comparison.describe({name: found})[0].startswith(f"{name} in cat: ")


def test_agreement_counts_pixels():
    def one(labels):
        labels = np.array(labels, np.uint8)
        return segmenter.Segmentation(None, labels, None, segmenter.VOC)

    found = {"a": {"x": one([[0, 1]]), "y": one([[2, 2]])},
             "b": {"x": one([[0, 1]]), "y": one([[2, 3]])}}  # fmt: skip
    alike = comparison.agreement(found)
    assert list(alike["checkpoint"]) == ["a", "b"]
    np.testing.assert_allclose(alike[["a", "b"]], [[100, 75], [75, 100]])


def test_the_same_weights_serve_another_stride():
    model = network.deeplab_v3(8)
    other = comparison.rebuilt(model, 16)
    for ours, theirs in zip(other.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
