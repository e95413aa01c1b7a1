"""The control of JupyterLab: what is chosen or uploaded is segmented, and a fault is told."""

import datetime
import io

import numpy as np
import pytest
from PIL import Image

from helpers.deeplab import explorer, segmenter

RED = np.full((4, 6, 3), (200, 30, 40), np.uint8)


@pytest.fixture
def asked(monkeypatch):
    """Record which network is asked for which picture; it sees a cat everywhere."""
    calls = []

    class Cats:
        def __init__(self, name, output_stride):
            self.network = name, output_stride

        def predict(self, picture):
            calls.append((*self.network, picture))
            labels = np.full(picture.shape[:2], segmenter.VOC.index("cat"), np.uint8)
            return segmenter.Segmentation(picture, labels, segmenter.VOC)

    monkeypatch.setattr(explorer, "segmenter_of", Cats)
    return calls


def uploaded(name, content):
    """What JupyterLab makes of an uploaded file."""
    now = datetime.datetime.now(datetime.UTC)
    size = len(content)
    return {"name": name, "content": memoryview(content), "type": "", "size": size,
            "last_modified": now}  # fmt: skip


def test_every_choice_is_segmented(asked, capsys):
    control = explorer.explorer(["mobilenetv2_coco_voctrainaug"], {"black": RED * 0, "red": RED})
    (choice, upload, fault), network, stride, _ = (
        control.children[0].children, *control.children[1:]
    )  # fmt: skip
    assert asked[-1][:2] == ("mobilenetv2_coco_voctrainaug", 16)
    assert "cat 100%" in capsys.readouterr().out
    network.value = "xception"
    stride.value = 8
    choice.value = "red"
    assert asked[-1][:2] == ("xception", 8)
    np.testing.assert_array_equal(asked[-1][2], RED)

    file = io.BytesIO()
    Image.fromarray(RED[:2]).save(file, "PNG")
    upload.value = [uploaded("mine.png", file.getvalue())]
    assert choice.value == "mine.png"
    np.testing.assert_array_equal(asked[-1][2], RED[:2])
    upload.value = [uploaded("text.png", b"no picture")]
    assert "text.png: not a picture that can be read: cannot identify" in fault.value
    upload.value = [uploaded("mine.png", file.getvalue())]
    assert fault.value == ""


def test_compact_networks_serve_at_both_strides():
    for output_stride in (16, 8):
        found = explorer.segmenter_of("mobilenetv2", output_stride).predict(RED)
        assert found.labels.shape == (4, 6) and len(found.classes) == 11
