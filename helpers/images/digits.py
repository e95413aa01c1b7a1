"""Handwritten digits (Alpaydin, Kaynak 1998): 1,797 images of 8x8 pixels from scikit-learn."""

import numpy as np
import sklearn.datasets
import sklearn.model_selection

TEST = 360  # images, a fifth


def read_digits() -> tuple:
    """Return (training images, labels), (test images, labels), class names, origin, verified.

    Images are (count, 8, 8, 1), uint8, the 17 levels of ink spread over 0 to 255. The split is
    always the same, with every digit's share kept; writers appear on both sides of it.
    """
    bundle = sklearn.datasets.load_digits()
    images = np.round(bundle.images[..., np.newaxis] * 255 / 16).astype("uint8")
    train, test = sklearn.model_selection.train_test_split(
        np.arange(len(images)), test_size=TEST, stratify=bundle.target, random_state=0
    )
    return (
        (images[train], bundle.target[train]),
        (images[test], bundle.target[test]),
        tuple("0123456789"),
        "scikit-learn, load_digits",
        True,  # it comes with the package, whose pins have checksums
    )
