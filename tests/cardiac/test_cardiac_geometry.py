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
    np.testing.assert_allclose(
        np.interp(row, np.arange(48), geometry.NODES), np.cos(eta), atol=2e-3
    )
    np.testing.assert_allclose(column * 2 * np.pi / 48, theta, atol=1e-5)
