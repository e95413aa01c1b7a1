"""Scenes: handwritten digits laid over photographs, a segmentation task for any machine.

Everything real comes with scikit-learn and scikit-image: the digits' strokes and the photographs.
Position, size, slant, colour and overlap are drawn, each scene from its own seed, so that a set
is the same on every machine. Training and test scenes share no digit, no writer's page (the data
set is in order of writers) and no photograph.
"""

import functools
import math
from collections.abc import Iterable

import numpy as np
import skimage.data
import sklearn.datasets
from scipy import ndimage
from skimage import color

SIZE = 129  # 16·8 + 1 pixels
CLASSES = ("background", *"0123456789")
handwriting = functools.cache(sklearn.datasets.load_digits)  # images (1797, 8, 8) from 0 to 16
PHOTOGRAPHS = {
    "train": ("astronaut", "coffee", "rocket", "retina", "hubble_deep_field", "grass", "brick",
              "immunohistochemistry", "camera", "china.jpg", "cell", "clock", "colorwheel",
              "microaneurysms", "moon", "page", "text"),
    "test": ("chelsea", "gravel", "coins", "flower.jpg"),
}  # fmt: skip
DIGITS = {"train": slice(0, 1347), "test": slice(1347, 1797)}
ENLARGED = 64  # pixels a side of the smooth stroke images
EDGE = 0.4  # grey level where a stroke ends


def scenes(split: str, indices: Iterable[int], seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return (images uint8 (n, 129, 129, 3), labels uint8 (n, 129, 129)) of the given indices.

    Each index is always the same scene of the endless set of a `split`, "train" or "test", and a
    `seed`.
    """
    images, labels = zip(*(scene(split, index, seed) for index in indices), strict=True)
    return np.stack(images), np.stack(labels)


def to_inputs(images: np.ndarray) -> np.ndarray:
    """Return uint8 images as the networks take them: float32 in [-1, 1]."""
    return np.asarray(images, np.float32) * (2 / 255) - 1


def scene(split: str, index: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return (image, labels) of one scene: one or two digits, the second over the first."""
    rng = np.random.default_rng([("train", "test").index(split), seed, index])
    image = background(rng, split)
    labels = np.zeros((SIZE, SIZE), np.uint8)
    values = handwriting().target[DIGITS[split]]
    for _ in range(rng.integers(1, 3)):
        chosen = rng.integers(len(values))
        alpha = stroke_mask(rng, stroke_image(split, chosen))
        colour = contrasting_colour(rng, image[alpha > 0.5]) if (alpha > 0.5).any() else 0
        shading = rng.normal(0, 12) * np.linspace(-1, 1, SIZE, dtype=np.float32)[:, None, None]
        image += alpha[..., None] * (colour + shading - image)
        labels[alpha > 0.5] = values[chosen] + 1
    image += 6 * rng.standard_normal((SIZE, SIZE, 1), np.float32)  # grain
    return np.clip(image, 0, 255).astype(np.uint8), labels


def background(rng: np.random.Generator, split: str) -> np.ndarray:
    """Return a crop of a photograph, (129, 129, 3) float, at random brightness.

    To train on, half are mixed of two crops, and all are turned, recoloured or made negative: the
    photographs are few, and the test scenes show others.
    """
    crop = cropped(rng, split)
    if split == "train":
        if rng.random() < 0.5:
            crop = crop + rng.uniform(0.2, 0.6) * (cropped(rng, split) - crop)
        crop = np.rot90(crop, int(rng.integers(4)))[..., rng.permutation(3)]
        crop = 255 - crop if rng.random() < 0.3 else crop
    return crop * rng.uniform(0.6, 1.1) + rng.uniform(-20, 20)


def cropped(rng: np.random.Generator, split: str) -> np.ndarray:
    """Return a random square of a photograph, (129, 129, 3) float, half of them mirrored."""
    photograph = load_photographs(split)[rng.integers(len(PHOTOGRAPHS[split]))]
    height, width = photograph.shape[:2]
    side = rng.uniform(100, min(height, width))
    top, left = rng.uniform(0, height - side), rng.uniform(0, width - side)
    rows, columns = (np.linspace(start, start + side - 1, SIZE) for start in (top, left))
    crop = photograph[np.ix_(rows.astype(int), columns.astype(int))]
    return crop[:, ::-1] if rng.random() < 0.5 else crop


def stroke_mask(rng: np.random.Generator, stroke: np.ndarray) -> np.ndarray:
    """Return one digit warped into the scene: opacity (129, 129) in [0, 1].

    The warp is affine (size, rotation, shear, place) with a smooth sine wave on top. A stroke is
    about as wide as a cell of a network at output stride 8.
    """
    height = rng.uniform(72, 112)
    width = height * rng.uniform(0.7, 1.1)
    angle, shear = rng.normal(0, 0.2), rng.normal(0, 0.15)
    centre = rng.uniform(0.25 * SIZE, 0.75 * SIZE, 2)
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) - centre[:, None, None].astype(np.float32)
    cosine, sine = math.cos(angle), math.sin(angle)  # Python numbers keep the arrays float32
    y, x = cosine * y - sine * x, sine * y + cosine * x
    x = x + shear * y + 0.04 * width * np.sin(2 * np.pi * (y / height + rng.random()))
    y = y + 0.04 * height * np.sin(2 * np.pi * (x / width + rng.random()))
    grid = [(y / height + 0.5) * (ENLARGED - 1), (x / width + 0.5) * (ENLARGED - 1)]
    grey = ndimage.map_coordinates(stroke, grid, order=1)
    slope = 0.5 * height / 8  # grey levels per stroke edge, so that edges blur over about 2 pixels
    return np.clip((grey - EDGE) * slope + 0.5, 0, 1)


def contrasting_colour(rng: np.random.Generator, covered: np.ndarray) -> np.ndarray:
    """Return a colour (3,) at least 90 grey levels (Euclidean) from the mean of what it covers."""
    mean = covered.mean(axis=0)
    while True:
        colour = rng.uniform(0, 255, 3)
        if np.linalg.norm(colour - mean) > 90:
            return colour


@functools.cache
def stroke_image(split: str, chosen: int) -> np.ndarray:
    """Return the smooth, enlarged image of one digit of the split, (64, 64) in [0, 1]."""
    image = np.pad(handwriting().images[DIGITS[split]][chosen] / 16, 1)
    return ndimage.zoom(image, ENLARGED / 10, order=3).astype(np.float32)


@functools.cache
def load_photographs(split: str) -> list[np.ndarray]:
    """Return the split's photographs as float32 (height, width, 3)."""
    loaded = []
    for name in PHOTOGRAPHS[split]:
        if name.endswith(".jpg"):
            image = sklearn.datasets.load_sample_image(name)
        else:
            image = getattr(skimage.data, name)()
        image = color.gray2rgb(image) if image.ndim == 2 else image[..., :3]
        loaded.append(image.astype(np.float32))
    return loaded
