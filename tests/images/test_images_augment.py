"""Augmentation against the same crop cut out by hand."""

import numpy as np
import pytest

from helpers.images.augment import crops_and_flips

SIZE = 6
IMAGES = np.random.default_rng(0).normal(size=(64, SIZE, SIZE, 2)).astype("float32")


def all_crops(image, padding):
    """Return every crop of the padded image, and of its mirror image, as {bytes: (row, column)}."""
    crops = {}
    for mirrored in (False, True):
        padded = np.pad(image, ((padding, padding), (padding, padding), (0, 0)))
        padded = padded[:, ::-1] if mirrored else padded
        for row in range(2 * padding + 1):
            for column in range(2 * padding + 1):
                crop = padded[row : row + SIZE, column : column + SIZE]
                crops[np.ascontiguousarray(crop).tobytes()] = (row, column, int(mirrored))
    return crops


@pytest.mark.parametrize("padding", [2, 1])
def test_every_result_is_a_crop_and_all_kinds_are_as_likely(padding):
    augment = crops_and_flips(3, padding, SIZE)
    counts = np.zeros((2 * padding + 1, 2 * padding + 1, 2))
    for _ in range(8):
        for before, after in zip(IMAGES, np.array(augment(IMAGES, training=True)), strict=True):
            counts[all_crops(before, padding)[after.tobytes()]] += 1
    for axes in ((1, 2), (0, 2), (0, 1)):
        shares = counts.sum(axes) / counts.sum()
        assert np.abs(shares * len(shares) - 1).max() < 0.35


def test_the_seed_and_the_state_of_the_generators_decide():
    augment = crops_and_flips(3, 4, SIZE)
    before = [variable.numpy() for variable in augment.variables]
    first, second = (np.array(augment(IMAGES, training=True)) for _ in range(2))
    assert np.abs(first - second).max() > 0.1
    for variable, value in zip(augment.variables, before, strict=True):
        variable.assign(value)
    np.testing.assert_array_equal(augment(IMAGES, training=True), first)
    np.testing.assert_array_equal(crops_and_flips(3, 4, SIZE)(IMAGES, training=True), first)
    assert np.abs(crops_and_flips(5, 4, SIZE)(IMAGES, training=True) - first).max() > 0.1
