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
    source: dict  # as `results.source` describes it, and whether it is "verified"


def load_images(
    name: str, train_subset: int | None = None, test_subset: int | None = None
) -> Dataset:
    """Return a data set in [0, 1] with the training images' mean of every pixel subtracted.

    Args:
        name: "digits" (8x8x1, embedded) or "cifar10" (32x32x3, from `make data`).
        train_subset, test_subset: keep only so many images, the first ones.

    Raises:
        ValueError: no such data set, or a subset larger than it or empty.
        FileNotFoundError: CIFAR-10 is not there.
    """
    if name not in READERS:
        raise ValueError(f"data must be one of {', '.join(READERS)}; received {name!r}")
    train, test, classes, origin, verified = READERS[name]()
    source = results.source(name, origin, np.concatenate([train[0], test[0]]))
    images, labels = first(train, train_subset, f"train_subset of {name}")
    test_images, test_labels = first(test, test_subset, f"test_subset of {name}")
    mean = images.mean(axis=0, dtype="float64").astype("float32")
    source |= {"verified": verified}
    return Dataset(images - mean, labels, test_images - mean, test_labels, classes, source)


def first(part: tuple, subset: int | None, what: str) -> tuple:
    """Return the first `subset` images in [0, 1], or all of them, and labels, of such a pair."""
    images, labels = part
    if subset is not None and not 1 <= subset <= len(labels):
        raise ValueError(f"{what} must lie between 1 and {len(labels):,}; received {subset}")
    return images[:subset].astype("float32") / 255, labels[:subset].astype("int32")
