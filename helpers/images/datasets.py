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
        ValueError: no such data set, a subset larger than it, or none to train on.
        FileNotFoundError: CIFAR-10 is not there.
    """
    if name not in READERS:
        raise ValueError(f"data must be one of {', '.join(READERS)}; received {name!r}")
    train, test, classes, origin, verified = READERS[name]()
    source = results.source(name, origin, np.concatenate([train[0], test[0]]))
    arrays = []
    for half, part, subset, least in (
        ("train", train, train_subset, 1), ("test", test, test_subset, 0),
    ):  # fmt: skip
        count = len(part[1]) if subset is None else subset
        if not least <= count <= len(part[1]):
            limits = f"must lie between {least} and {len(part[1]):,}"
            raise ValueError(f"{half}_subset of {name} {limits}; received {subset}")
        arrays += [part[0][:count].astype("float32") / 255, part[1][:count].astype("int32")]
    mean = arrays[0].mean(axis=0, dtype="float64").astype("float32")
    arrays[0], arrays[2] = arrays[0] - mean, arrays[2] - mean
    return Dataset(*arrays, classes, source | {"verified": verified})
