import types

import numpy as np
import pytest
from sklearn import decomposition, metrics

from helpers.cardiac import components, evaluation, folding, hearts


def test_dice_of_a_case_worked_by_hand():
    predicted, mask = np.zeros((1, 2, 2, 2, 2), bool), np.zeros((1, 2, 2, 2, 2), bool)
    predicted[0, 0, :, :, 0] = True  # 4 voxels, 2 of the mask's 2
    mask[0, 0, 0, :, 0] = True
    predicted[..., 1] = mask[..., 1] = True
    found = evaluation.dice(folding.fold(predicted), folding.fold(mask))
    np.testing.assert_allclose(found, [[2 * 2 / 6, 1.0]])


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


def test_components_are_those_of_scikit_learn():
    generator = np.random.default_rng(0)
    shapes = (generator.normal(size=(30, 5)) @ generator.normal(size=(5, 60)) * 20).astype(np.int8)
    shapes = shapes.reshape(30, 3, 4, 5)
    model = components.fit_components(shapes, 4, chunk=7)
    peer = decomposition.PCA(4).fit(shapes.reshape(30, -1))
    np.testing.assert_allclose(model.scale**2, peer.explained_variance_, rtol=1e-3)
    np.testing.assert_allclose(abs((model.basis * peer.components_.T).sum(0)), 1, atol=1e-3)
    np.testing.assert_allclose(model.encode(shapes).std(0, ddof=1), 1, atol=1e-3)
    expected = peer.inverse_transform(peer.transform(shapes.reshape(30, -1)))
    np.testing.assert_allclose(model.decode(model.encode(shapes)), expected, atol=0.05)


def test_few_shapes_have_few_components():
    shapes = np.random.default_rng(0).integers(-9, 9, (4, 2, 3, 4)).astype(np.int8)
    model = components.fit_components(shapes, 6)
    codes = model.encode(shapes)
    assert codes.shape == (4, 3)
    np.testing.assert_allclose(model.decode(codes), shapes.reshape(4, -1), atol=1e-3)


def random_hearts(n=24, size=4):
    """Return Hearts of noise about two shapes, one a group."""
    generator = np.random.default_rng(0)
    labels = np.arange(n) % 2
    middle = generator.normal(0, 30, (2, size, size, size, 16))
    shapes = (middle[labels] + generator.normal(0, 15, (n, size, size, size, 16))).astype(np.int8)
    return hearts.Hearts(shapes, labels, np.arange(12), np.arange(12, 16), np.arange(16, n))


def test_components_are_measured_on_unseen_hearts_at_every_size():
    data = random_hearts()
    found = evaluation.measure_components(None, data, [2, 5])
    fitted = components.fit_components(data.shapes[data.train] > 0, 5)
    unseen = data.shapes[data.test] > 0
    decoded = fitted.decode(fitted.encode(unseen)[:, :2]).reshape(unseen.shape) > 0.5
    np.testing.assert_allclose(found["masks"][0], evaluation.dice(decoded, unseen))
    assert found["distances"].shape == (2, 8, 2)
    assert evaluation.auc(data.labels[data.test], found["p"]) == 1


def test_hearts_are_measured_at_their_mean_code():
    data = random_hearts()
    model = types.SimpleNamespace(  # which decodes what it was given, and tells its mean
        encoder=lambda shapes: (Array(shapes), None),
        decoder=Array,
        classifier=lambda codes: Array(np.stack([codes, codes], 1).mean((2, 3, 4, 5))),
    )
    found = evaluation.measure_hearts(model, data)
    np.testing.assert_array_equal(found["dice"], 1)
    np.testing.assert_allclose(found["p"], data.shapes[data.test].mean((1, 2, 3, 4)))


class Array(np.ndarray):
    """An array with TensorFlow's `numpy()`."""

    def __new__(cls, values):
        return np.asarray(values, np.float64).view(cls)

    def numpy(self):
        return np.asarray(self)


@pytest.mark.parametrize("hollow", [True, False])
def test_walls_are_told_by_thickness_and_mass_and_cavities_by_volume(hollow):
    axis = (np.arange(24) - 11.5) * 4.0
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.hypot(x, y)

    def heart(inner):  # a cylinder of 28 × 80 mm, whose wall is thicker in the ill
        inside = np.minimum(40 - abs(z), 28 - radius)
        distance = np.minimum(inside, radius - inner) if hollow else inside - inner / 9
        return np.stack([np.clip(12 * distance, -127, 127).astype(np.int8)] * 2, -1)

    labels = np.array([0, 1] * 4)
    shapes = folding.fold(np.stack([heart(20 - 6 * label) for label in labels]))
    data = hearts.Hearts(shapes, labels, np.arange(0), np.arange(4), np.arange(4, 8))
    walls = evaluation.measure_walls(None, data, 4.0)
    found = evaluation.classify_by_walls(walls, data)
    assert set(found) == ({"thickest segment", "mass"} if hollow else {"volume"})
    for p in found.values():
        assert evaluation.auc(data.labels[data.test], p) == 1


def test_a_wall_around_an_obliterated_cavity_counts_as_the_thickest():
    thickness = np.full((8, 17), 8.0)
    thickness[1::2] = 14.0
    thickness[5] = np.nan
    data = hearts.Hearts(None, np.array([0, 1] * 4), np.arange(0), np.arange(4), np.arange(4, 8))
    walls = {"thickness": thickness, "volume": np.ones(8)}
    healthy, obliterated, other, ill = evaluation.classify_by_walls(walls, data)["thickest segment"]
    assert obliterated == ill > 0.5 > healthy == other


def distance_of_a_cup(size=24, spacing=4.0):
    axis = (np.arange(size) - (size - 1) / 2) * spacing
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + (z / 1.4) ** 2)
    return np.where(z < 20, 5 - abs(radius - 28), -5) / 10


def test_thickness_of_a_wall_and_of_none():
    cup, solid, empty = distance_of_a_cup(), np.full((24, 24, 24), 0.5), np.full((24, 24, 24), -1.0)
    thickness = evaluation.thickness_of([cup, cup, solid, empty], 4.0)
    assert thickness.shape == (4, 17)
    assert np.nanmean(thickness[0, :12]) == pytest.approx(10, abs=1.5)
    np.testing.assert_array_equal(thickness[0], thickness[1])
    assert np.isnan(thickness[2:]).all()


def test_correlation_leaves_missing_segments_out():
    a, b = np.arange(17.0), np.arange(17.0) ** 2
    a[3] = np.nan
    known = np.arange(17) != 3
    assert evaluation.correlation(a, b) == pytest.approx(np.corrcoef(a[known], b[known])[0, 1])
