"""The released MobileNetV2 on the demo's photographs, where REPORT_REAL_DATA names their folder."""

import os
from pathlib import Path

import numpy as np
import pytest

from helpers.deeplab import checkpoint, fold, network, segmenter
from helpers.deeplab.image import read_picture

FOLDER = os.environ.get("REPORT_REAL_DATA")
pytestmark = pytest.mark.skipif(not FOLDER, reason="REPORT_REAL_DATA names no folder of real data")


@pytest.fixture(scope="module")
def released():
    """The network with the released weights, batch normalisation folded into them."""
    path = Path(FOLDER) / "deeplab" / "mobilenetv2_pascal_8bit_folded.npz"
    model = fold.folded_structure(network.deeplab_v3(8))
    with np.load(path) as stored:
        checkpoint.assign(checkpoint.named_variables(model), dict(stored), path)
    return segmenter.Segmenter(model)


@pytest.mark.parametrize(
    ("image", "classes"),
    [
        ("image1.jpg", {"bicycle": 0.10, "person": 0.08}),
        ("image2.jpg", {"dog": 0.20}),
        ("image3.jpg", {"person": 0.32, "horse": 0.31}),
    ],
)
def test_the_released_network_sees_what_is_there(released, image, classes):
    shares = released.predict(read_picture(Path(FOLDER) / "deeplab" / image)).shares
    found = {name: share for name, share in shares.items() if share > 0.01}
    assert set(classes) <= set(found) - {"background"}
    for name, share in classes.items():
        assert found[name] == pytest.approx(share, abs=0.02)
