"""Augmentation against the same crop cut out by hand."""

import numpy as np
import pytest
import tensorflow as tf

from helpers.images.augment import pad_crop_flip

IMAGES = np.random.default_rng(0).normal(size=(64, 5, 6, 2)).astype("float32")


def all_crops(image, padding):
    """Return every crop of the padded image, and of its mirror image, as {bytes: (row, column)}."""
    crops = {}
    for mirrored in (False, True):
        padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
        padded = padded[:, ::-1] if mirrored else padded
        for row in range(2 * padding + 1):
            for column in range(2 * padding + 1):
                crop = padded[row : row + image.shape[0], column : column + image.shape[1]]
                crops[np.ascontiguousarray(crop).tobytes()] = (row, column, mirrored)
    return crops


@pytest.mark.parametrize("padding", [2, 1])
def test_every_result_is_a_crop_and_all_kinds_occur(padding):
    found = [
        all_crops(before, padding)[after.tobytes()]
        for seed in range(4)
        for before, after in zip(
            IMAGES, pad_crop_flip(IMAGES, [seed, 1], padding).numpy(), strict=True
        )
    ]
    rows, columns, mirrored = map(set, zip(*found, strict=True))
    assert rows == columns == set(range(2 * padding + 1))
    assert mirrored == {False, True}


def test_the_seed_alone_decides():
    compiled = tf.function(pad_crop_flip)
    seed = tf.constant([3, 4])
    first, again, other = (
        compiled(IMAGES, seed, 4),
        pad_crop_flip(IMAGES, seed, 4),
        compiled(IMAGES, seed + 1, 4),
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.1
