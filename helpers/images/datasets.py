"""The data sets by name, normalised as arXiv 1512.03385, section 4.2 does."""

import dataclasses

import numpy as np

from helpers import results
from helpers.images import cifar10, digits

READERS = {"digits": digits.read_digits, "cifar10": cifar10.read_cifar10}


@dataclasses.dataclass(frozen=True)
class Dataset:
    """Images (count, height, width, channels), float32, and their labels (count,), int32."""

    train_images: np.ndarray
    train_labels: np.ndarray
    test_images: np.ndarray
    test_labels: np.ndarray
    classes: tuple
    source: dict  # as `results.source` describes it


def load(name, train_subset=None):
    """Return a data set in [0, 1] with the training images' mean of every pixel subtracted.

    Args:
        name: "digits" (8x8x1, embedded) or "cifar10" (32x32x3, from `make data`).
        train_subset: keep only so many training images, the first ones.

    Raises:
        ValueError: no such data set, or a subset larger than it or not positive.
        FileNotFoundError: CIFAR-10 is not there.
    """
    if name not in READERS:
        raise ValueError(f"data must be one of {', '.join(READERS)}; received {name!r}")
    (images, labels), (test_images, test_labels), classes, origin = READERS[name]()
    source = results.source(name, origin, np.concatenate([images, test_images]))
    if train_subset is not None:
        if not 0 < train_subset <= len(images):
            raise ValueError(
                f"train_subset must lie between 1 and the {len(images):,} training images of "
                f"{name}; received {train_subset}"
            )
        images, labels = images[:train_subset], labels[:train_subset]
    images, test_images = images.astype("float32"), test_images.astype("float32")
    images /= 255
    test_images /= 255
    mean = images.mean(axis=0, dtype="float64").astype("float32")
    images -= mean
    test_images -= mean
    return Dataset(
        images, labels.astype("int32"), test_images, test_labels.astype("int32"), classes, source
    )
