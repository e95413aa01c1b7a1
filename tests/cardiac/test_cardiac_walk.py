import numpy as np
import pytest
import tensorflow as tf
from sklearn import decomposition

from helpers.cardiac import vae, walk

W = np.array([2.0, -1.0, 0.5], np.float32)


def linear_classifier(mu):
    p = tf.sigmoid(tf.linalg.matvec(mu, W) - 3.0)
    return tf.stack([1 - p, p], -1)


def test_a_step_is_the_papers_rule():
    start = np.array([0.1, 0.2, 0.3], np.float32)
    ((path, p),) = walk.ascend(linear_classifier, start[None], step=0.1, limit=1)
    y = 1 / (1 + np.exp(3 - start @ W))
    np.testing.assert_allclose(p[0], y, rtol=1e-5)
    np.testing.assert_allclose(path[1], start + 0.1 * y * (1 - y) * W, rtol=1e-5)


def test_the_gradient_agrees_with_finite_differences():
    classifier = vae.build_classifier(3, dropout=0.5)
    start = np.array([0.3, -0.2, 0.1], np.float32)
    ((path, _p),) = walk.ascend(classifier, start[None], step=1.0, limit=1)
    for axis in range(3):
        ahead, behind = (
            start + sign * 1e-2 * np.eye(3, dtype=np.float32)[axis] for sign in (1, -1)
        )
        slope = (classifier(ahead[None])[0, 1] - classifier(behind[None])[0, 1]) / 2e-2
        assert path[1][axis] - start[axis] == pytest.approx(float(slope), abs=2e-3)


def step_by_step(start, step, limit):
    """Walk the linear classifier's gradient in plain NumPy."""
    path, p = [start], [1 / (1 + np.exp(3 - start @ W))]
    while p[-1] <= 0.95 and len(path) <= limit:
        path.append(path[-1] + step * p[-1] * (1 - p[-1]) * W)
        p.append(1 / (1 + np.exp(3 - path[-1] @ W)))
    return np.array(path), np.array(p)


@pytest.mark.parametrize("limit", [5000, 300, 3])
def test_walks_side_by_side_are_those_of_a_plain_loop(limit):
    """Each ends at its own step, one before its first."""
    starts = np.array([[0, 0, 0], [1, -1, 0], [-1, 1, 0], [3, 0, 3]], np.float32)
    walks = walk.ascend(linear_classifier, starts, limit=limit)
    for start, (path, p) in zip(starts, walks, strict=True):
        wanted_path, wanted_p = step_by_step(start.astype(float), 0.1, limit)
        assert path.shape == wanted_path.shape and p.shape == wanted_p.shape
        np.testing.assert_allclose(path, wanted_path, atol=1e-3)
        np.testing.assert_allclose(p, wanted_p, atol=1e-4)
    assert len({len(path) for path, _p in walks}) == (2 if limit == 3 else 4)


@pytest.fixture(scope="module")
def groups():
    """Codes whose spread and difference of means point in different directions, and labels."""
    generator = np.random.default_rng(0)
    labels = np.arange(600) % 2
    mixing = np.array([[2.0, 0.0, 0.0], [1.5, 0.3, 0.0], [0.0, 0.2, 0.5]])
    codes = generator.normal(size=(600, 3)) @ mixing
    return (codes + np.outer(labels, DIFFERENCE)).astype(np.float32), labels


DIFFERENCE = np.array([1.0, 0.4, 0.2])


def cosine(a, b):
    return a @ b / np.linalg.norm(a) / np.linalg.norm(b)


def test_the_walk_follows_the_groups_difference_only_in_whitened_codes(groups):
    codes, labels = groups
    start = codes[labels == 0].mean(0, keepdims=True)
    whitening = decomposition.PCA(whiten=True).fit(codes)
    plain = walk.train_perceptrons(codes, labels, [0, 1], epochs=20)
    mended = walk.train_perceptrons(whitening.transform(codes), labels, [0, 1], epochs=20)
    for perceptron, other in zip(plain, mended, strict=True):
        ((path, _p),) = walk.ascend(perceptron, start, limit=300)
        ((restored, p),) = walk.ascend_whitened(other, start, whitening, limit=300)
        np.testing.assert_allclose(restored[:1], start, atol=1e-4)
        assert p[-1] > p[0] + 0.3
        assert cosine(restored[-1] - restored[0], DIFFERENCE) > 0.97
        assert cosine(path[-1] - path[0], DIFFERENCE) < 0.93


def test_perceptrons_trained_together_are_those_trained_alone(groups):
    codes, labels = groups
    together = walk.train_perceptrons(codes[:64], labels[:64], [3, 4], epochs=2)
    alone = walk.train_perceptrons(codes[:64], labels[:64], [3], epochs=2)
    assert not np.allclose(together[0](codes[:9]), together[1](codes[:9]), atol=1e-3)
    np.testing.assert_allclose(together[0](codes[:9]), alone[0](codes[:9]), atol=0.05)


def test_milestones_part_the_path_evenly():
    path = np.stack([np.linspace(0, 1, 101) ** 2, np.zeros(101)], 1)
    chosen = walk.milestones(path, 5)
    np.testing.assert_allclose(path[chosen, 0], [0, 0.25, 0.5, 0.75, 1], atol=0.02)


def test_eigenmaps_keep_the_order_of_codes_and_path():
    codes = np.random.default_rng(0).normal(size=(12, 3))
    plane = walk.eigenmaps(codes, codes[[3, 5]], seed=0)
    assert plane.shape == (14, 2)
    for walked, code in ((12, 3), (13, 5)):  # twins lie nearest each other
        assert np.linalg.norm(plane[walked] - plane[:12], axis=1).argmin() == code
