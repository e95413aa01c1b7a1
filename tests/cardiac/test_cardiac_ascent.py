import numpy as np
import pytest
import tensorflow as tf

from helpers.cardiac import ascent, evaluation, vae

W = np.array([2.0, -1.0, 0.5], np.float32)


def linear_classifier(mu):
    p = tf.sigmoid(tf.linalg.matvec(mu, W) - 3.0)
    return tf.stack([1 - p, p], -1)


def test_a_step_is_the_papers_rule():
    start = np.array([0.1, 0.2, 0.3], np.float32)
    path, p = ascent.ascend(linear_classifier, start, step=0.1, limit=1)
    y = 1 / (1 + np.exp(3 - start @ W))
    np.testing.assert_allclose(p[0], y, rtol=1e-5)
    np.testing.assert_allclose(path[1], start + 0.1 * y * (1 - y) * W, rtol=1e-5)


def test_the_gradient_agrees_with_finite_differences():
    classifier = vae.build_classifier(3)
    start = np.array([0.3, -0.2, 0.1], np.float32)
    path, _ = ascent.ascend(classifier, start, step=1.0, limit=1)
    for axis in range(3):
        ahead, behind = (
            start + sign * 1e-2 * np.eye(3, dtype=np.float32)[axis] for sign in (1, -1)
        )
        slope = (classifier(ahead[None])[0, 1] - classifier(behind[None])[0, 1]) / 2e-2
        assert path[1][axis] - start[axis] == pytest.approx(float(slope), abs=2e-3)


def test_walks_climb_and_stop():
    start = np.zeros(3, np.float32)
    path, p = ascent.ascend(linear_classifier, start, limit=5000)
    assert (np.diff(p) > 0).all() and p[-2] <= 0.99 < p[-1]
    assert len(path) == len(p)
    down, q = ascent.ascend(linear_classifier, path[-1], target=0, limit=5000)
    assert q[-1] > 0.95 and q[0] < 0.01
    short, r = ascent.ascend(linear_classifier, start, limit=3)
    assert len(short) == len(r) == 4


def test_the_prior_pulls_back_what_the_classifier_does_not_need():
    start = np.array([0.0, 0.0, 4.0], np.float32)
    free, _ = ascent.ascend(linear_classifier, start, limit=3000)
    held, p = ascent.ascend(linear_classifier, start, limit=3000, prior=0.02)
    assert abs(held[-1][2]) < abs(free[-1][2])
    assert p[-1] > 0.8


def test_a_logistic_regression_walks_straight_to_its_probability():
    generator = np.random.default_rng(0)
    codes = generator.normal(size=(80, 3)) * [1, 2, 0.5] + [3, 0, 0]
    regression = evaluation.logistic(codes, codes @ [1, 0.5, 0] > 3)
    path, p = ascent.straight(regression, codes[0])
    assert p[-1] == pytest.approx(0.99, abs=1e-6)
    np.testing.assert_allclose(np.diff(path, 2, axis=0), 0, atol=1e-9)
    middle = regression.decision_function(path[20:21])[0]
    for axis in np.eye(3) * 1e-4:  # no other step of that length gains more
        along = (path[21] - path[20]) / np.linalg.norm(path[21] - path[20]) * 1e-4
        gains = [
            regression.decision_function((path[20] + d)[None])[0] - middle for d in (along, axis)
        ]
        assert gains[0] >= gains[1] - 1e-12


def test_milestones_part_the_path_evenly():
    path = np.stack([np.linspace(0, 1, 101) ** 2, np.zeros(101)], 1)
    chosen = ascent.milestones(path, 5)
    np.testing.assert_allclose(path[chosen, 0], [0, 0.25, 0.5, 0.75, 1], atol=0.02)


def test_off_manifold_is_one_among_the_data_and_grows_outside():
    others, codes = np.random.default_rng(0).normal(size=(2, 200, 8))
    assert np.median(ascent.off_manifold(others, codes)) == pytest.approx(1, abs=0.1)
    assert ascent.off_manifold(codes[:1] + 30, codes)[0] > 10


def distance_of_a_cup(size=24, spacing=4.0):
    axis = (np.arange(size) - (size - 1) / 2) * spacing
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + (z / 1.4) ** 2)
    return np.where(z < 20, 5 - abs(radius - 28), -5) / 10


def test_thickness_along_a_path():
    thickness = ascent.thickness_along(np.stack([distance_of_a_cup()] * 2), 4.0)
    assert thickness.shape == (2, 17)
    assert np.nanmean(thickness[0, :12]) == pytest.approx(10, abs=1.5)
    np.testing.assert_array_equal(thickness[0], thickness[1])


def test_a_shape_without_cavity_has_no_thickness():
    solid = np.where(distance_of_a_cup() > -9, 0.5, -0.5)
    empty = np.full((24, 24, 24), -1.0)
    assert np.isnan(ascent.thickness_along(np.stack([solid, empty]), 4.0)).all()


def test_eigenmaps_keep_the_order_of_codes_and_path():
    codes = np.random.default_rng(0).normal(size=(12, 3))
    plane = ascent.eigenmaps(codes, codes[[3, 5]], seed=0)
    assert plane.shape == (14, 2)
    for walked, code in ((12, 3), (13, 5)):  # twins lie nearest each other
        assert np.linalg.norm(plane[walked] - plane[:12], axis=1).argmin() == code
