import numpy as np
import pytest
from sklearn import decomposition, metrics

from helpers.cardiac import evaluation, shape_model


def test_dice_of_a_case_worked_by_hand():
    predicted, mask = np.zeros((1, 2, 2, 2, 2), bool), np.zeros((1, 2, 2, 2, 2), bool)
    predicted[0, 0, :, :, 0] = True  # 4 voxels, 2 of the mask's 2
    mask[0, 0, 0, :, 0] = True
    predicted[..., 1] = mask[..., 1] = True
    np.testing.assert_allclose(evaluation.dice(predicted, mask), [[2 * 2 / 6, 1.0]])


def test_auc_agrees_with_scikit_learn():
    generator = np.random.default_rng(0)
    labels = generator.integers(0, 2, 60)
    scores = np.round(generator.normal(labels, 1.0), 1)  # with ties
    assert evaluation.auc(labels, scores) == pytest.approx(metrics.roc_auc_score(labels, scores))
    both = evaluation.auc(np.stack([labels, labels[::-1]]), np.stack([scores, -scores[::-1]]))
    assert both.sum() == pytest.approx(1)


def test_bootstrap_interval_covers_what_it_should():
    labels = np.repeat([0, 1], 100)
    right = np.tile(
        [1, 1, 1, 1, 0], 40
    )  # 80 % accuracy: normal interval ± 1.96 · √(0.8 · 0.2 / 200)
    probabilities = np.where(right, labels, 1 - labels).astype(float)
    low, high = evaluation.interval(evaluation.accuracy, labels, probabilities)
    assert (low, high) == pytest.approx((0.745, 0.855), abs=0.01)


def test_shape_model_is_principal_component_analysis():
    generator = np.random.default_rng(0)
    shapes = (generator.normal(size=(30, 5)) @ generator.normal(size=(5, 60)) * 20).astype(np.int8)
    shapes = shapes.reshape(30, 3, 4, 5)
    model = shape_model.fit(shapes, 4, chunk=7)
    peer = decomposition.PCA(4).fit(shapes.reshape(30, -1))
    np.testing.assert_allclose(model.scale**2, peer.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(abs((model.basis * peer.components_.T).sum(0)), 1, atol=1e-3)
    np.testing.assert_allclose(model.encode(shapes).std(0, ddof=1), 1, atol=1e-3)
    expected = peer.inverse_transform(peer.transform(shapes.reshape(30, -1)))
    np.testing.assert_allclose(model.decode(model.encode(shapes)), expected, atol=0.05)


def test_few_shapes_leave_components_empty():
    shapes = np.random.default_rng(0).integers(-9, 9, (4, 2, 3, 4)).astype(np.int8)
    model = shape_model.fit(shapes, 6)
    codes = model.encode(shapes)
    assert (codes[:, 3:] == 0).all() and np.isfinite(codes).all()
    np.testing.assert_allclose(model.decode(codes), shapes.reshape(4, -1), atol=1e-3)


def test_linear_dice_is_that_of_the_whole_cohort_at_once():
    shapes = np.random.default_rng(0).normal(size=(70, 4, 4, 4, 2))  # three batches
    model = shape_model.fit(shapes, 5)
    decoded = model.decode(model.encode(shapes)).reshape(shapes.shape)
    expected = evaluation.dice(decoded > 0, shapes > 0)
    np.testing.assert_allclose(evaluation.linear_dice(model, shapes), expected)


def test_walls_have_a_thickness_and_cavities_a_volume():
    axis = (np.arange(24) - 11.5) * 4.0
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.hypot(x, y)
    inside = np.minimum(40 - abs(z), 28 - radius)  # a cylinder of 28 × 80 mm, and its rim
    ml = np.pi * 2.8**2 * 8
    for distance, expected in (
        (inside, {"volume": ml}),
        (
            np.minimum(inside, radius - 18),
            {"thickest segment": 10, "mass": 1.05 * ml * (1 - (18 / 28) ** 2)},
        ),
    ):
        shape = np.clip(12 * distance, -127, 127).astype(np.int8)
        found = evaluation.clinical_measures(np.stack([shape] * 2, -1)[None], 4.0)
        assert {name: values[0] for name, values in found.items()} == pytest.approx(
            expected, rel=0.1
        )


def test_correlation_leaves_missing_segments_out():
    a, b = np.arange(17.0), np.arange(17.0) ** 2
    a[3] = np.nan
    known = np.arange(17) != 3
    assert evaluation.correlation(a, b) == pytest.approx(np.corrcoef(a[known], b[known])[0, 1])
