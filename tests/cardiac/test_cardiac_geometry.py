import numpy as np
import pytest
from scipy import integrate

from helpers.cardiac import geometry

NONE = np.zeros((48, 48))


def truncated(a, b, h):
    """Volume in ml of an ellipsoid of half-axes a (z) and b below the plane z = h."""
    return np.pi * b**2 * (h + a - (h**3 + a**3) / (3 * a**2)) / 1000


@pytest.mark.parametrize(
    ("length", "base", "volume"), [(99, 0.43, 149), (80, 0.3, 60), (110, 0.6, 230)]
)
def test_cavity_is_a_truncated_ellipsoid_of_the_wanted_volume(length, base, volume):
    f, h, table = geometry.solve_cavity(length, base, volume, NONE)
    a, b = f * np.cosh(table[0, 0]), f * np.sinh(table[0, 0])
    assert a + h == pytest.approx(length)
    assert truncated(a, b, h) == pytest.approx(volume, rel=2e-3)


def test_thickness_is_the_arc_length_of_a_coordinate_line():
    f, h, table = geometry.solve_cavity(99, 0.43, 149, NONE)
    outer = geometry.grow(f, table, np.full((48, 48), 9.0))
    for row in (0, 20, 40):
        sin_eta = geometry.SIN_ETA[row, 0]
        length, _ = integrate.quad(
            lambda xi, s=sin_eta: f * np.hypot(np.sinh(xi), s), table[row, 0], outer[row, 0]
        )
        assert length == pytest.approx(9.0, rel=5e-3)


def test_wall_encloses_the_wanted_volume():
    cavity = geometry.solve_cavity(99, 0.43, 149, NONE)
    ventricle = geometry.enclose(*cavity, lambda c: np.full((48, 48), c), 103.0)
    assert ventricle.wall_volume() == pytest.approx(103, rel=1e-3)
    # The mean shape of 1,093 hearts: 149 ml, 103 ml of wall, 6.5 mm thick.
    assert ventricle.thickness.mean() == pytest.approx(6.5, abs=0.7)


def test_locate_inverts_the_coordinates():
    generator = np.random.default_rng(0)
    xi, eta, theta = (
        generator.uniform(*limits, 50) for limits in ((0.1, 1), (0.2, 2.9), (0, 2 * np.pi))
    )
    f = 60.0
    points = np.stack([
        f * np.sinh(xi) * np.sin(eta) * np.cos(theta),
        f * np.sinh(xi) * np.sin(eta) * np.sin(theta),
        f * np.cosh(xi) * np.cos(eta),
    ])  # fmt: skip
    height, (row, column) = geometry.locate(points, f)
    np.testing.assert_allclose(height, np.cosh(xi), rtol=1e-6)
    np.testing.assert_allclose(geometry.FINE_COS_ETA[row, 0], np.cos(eta), atol=1 / 256)
    np.testing.assert_allclose(geometry.FINE_THETA[column], theta, atol=np.pi / 512)


def test_finer_tables_are_linear_between_the_nodes():
    table = 2 + geometry.COS_ETA + np.abs(geometry.THETA - np.pi)
    fine = geometry.ROWS @ table @ geometry.COLUMNS
    exact = 2 + geometry.FINE_COS_ETA + np.abs(geometry.FINE_THETA - np.pi)
    np.testing.assert_allclose(fine[1:-1], exact[1:-1], atol=1e-6)


SHEAR = geometry.Shear(np.array([0.002, -0.001]), np.array([0.15, -0.1]), -20.0)


def test_a_shear_keeps_volumes_and_is_undone():
    points = np.random.default_rng(0).uniform(-50, 50, (3, 20))
    np.testing.assert_allclose(SHEAR.undo(*SHEAR.apply(*points)), points, atol=1e-9)
    step = 1e-4 * np.eye(3)[..., None]
    jacobian = [
        np.subtract(SHEAR.apply(*(points + d)), SHEAR.apply(*(points - d))) / 2e-4 for d in step
    ]
    np.testing.assert_allclose(np.linalg.det(np.moveaxis(jacobian, -1, 0)), 1, atol=1e-6)


def test_a_sheared_base_is_the_tilted_plane():
    x, y = np.random.default_rng(0).uniform(-40, 40, (2, 9))
    x, y, z = SHEAR.apply(x, y, np.full(9, 30.0))
    np.testing.assert_allclose(z, 30 + 0.15 * x - 0.1 * y)


def test_stretch_is_the_change_of_the_distance_between_parallel_planes():
    generator = np.random.default_rng(0)
    for _ in range(5):
        normal = generator.normal(size=3)
        normal /= np.linalg.norm(normal)
        here = generator.uniform(-40, 40, 3)
        along = np.linalg.svd(normal[None])[2][1:]  # two directions in the plane
        corners = np.array([here, here + 1e-3 * along[0], here + 1e-3 * along[1]])
        a, b, c = np.transpose(SHEAR.apply(*corners.T))
        moved_normal = np.cross(b - a, c - a) / np.linalg.norm(np.cross(b - a, c - a))
        above = np.array(SHEAR.apply(*(here + 1e-3 * normal)))
        distance = abs(moved_normal @ (above - a))
        assert SHEAR.stretch(normal, here[2]) == pytest.approx(distance / 1e-3, rel=1e-3)


def test_wall_normals_follow_the_coordinate_lines():
    cavity = geometry.solve_cavity(99, 0.43, 149, NONE)
    ventricle = geometry.enclose(*cavity, lambda c: np.full((48, 48), c), 103.0)
    inner, outer = (np.array(geometry.wall_points(ventricle, share)) for share in (0.49, 0.51))
    directions = (outer - inner) / np.linalg.norm(outer - inner, axis=0)
    assert (directions * geometry.wall_normals(ventricle)).sum(0).min() > 0.9999
