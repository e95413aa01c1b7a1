"""A left ventricle as two surfaces in prolate spheroidal coordinates.

A point has the coordinates (ξ, η, θ) of confocal ellipsoids with foci at z = ±f on the long axis:
x = f sinh ξ sin η cos θ, y = f sinh ξ sin η sin θ, z = f cosh ξ cos η. Endocardium and epicardium
are functions ξ(η, θ), sampled on one table; the base is a plane z = h. The lines of growing ξ
leave the ellipsoids at right angles, so thickness is measured along them. A `Shear` then bends the
long axis and tilts the base.

Axes: x points to the septum, y to the anterior wall, z from apex to base, in millimetres.
"""

import dataclasses
from collections.abc import Callable

import numpy as np
from scipy import optimize

NODES, WEIGHTS = np.polynomial.legendre.leggauss(48)
COS_ETA = NODES[:, None]  # from apex (−1) to base (+1)
SIN_ETA = np.sqrt(1 - COS_ETA**2)
THETA = np.arange(48)[None, :] * (2 * np.pi / 48)
SOLID = WEIGHTS[:, None] * (2 * np.pi / 48)  # quadrature weight of d(cos η) dθ
# Finer tables, linear between nodes: for sums over rows, which the base plane cuts between two
# nodes, and for reading the value next to a point. ROWS @ table @ COLUMNS is (256, 512).
FINE_COS_ETA = (np.arange(256)[:, None] + 0.5) / 128 - 1
FINE_THETA = (np.arange(512) + 0.5) * (2 * np.pi / 512)
ROWS = np.stack([np.interp(FINE_COS_ETA[:, 0], NODES, row) for row in np.eye(48)], 1)
COLUMNS = np.stack([np.interp(FINE_THETA, THETA[0], row, period=2 * np.pi) for row in np.eye(48)])


@dataclasses.dataclass(frozen=True)
class Ventricle:
    """One heart phase: focal distance `f`, base height `h`, and ξ tables of (48 η, 48 θ)."""

    f: float
    h: float
    endocardium: np.ndarray
    epicardium: np.ndarray
    thickness: np.ndarray  # mm, along the ξ lines

    def cavity_volume(self) -> float:
        """Return the volume in ml inside the endocardium and below the base plane."""
        return volume_below(self.f, self.h, self.endocardium)

    def wall_volume(self) -> float:
        """Return the volume of myocardium in ml below the base plane."""
        return volume_below(self.f, self.h, self.epicardium) - self.cavity_volume()

    def apex(self) -> float:
        """Return the z of the epicardial apex in mm."""
        return -self.f * np.cosh(self.epicardium[0].mean())


@dataclasses.dataclass(frozen=True)
class Shear:
    """A bent long axis and a tilted base: two shears one after the other, which keep volumes.

    (x, y) moves by `bend` (z − middle)², then z by `tilt` · (x, y), so that the base becomes the
    plane z = h + `tilt` · (x, y).
    """

    bend: np.ndarray  # (2,) in 1/mm, in x and y
    tilt: np.ndarray  # (2,) slopes along x and y
    middle: float  # z in mm

    def apply(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return where the shear moves points, as x, y, z in mm."""
        along = (z - self.middle) ** 2
        x, y = x + self.bend[0] * along, y + self.bend[1] * along
        return x, y, z + self.tilt[0] * x + self.tilt[1] * y

    def undo(self, x: np.ndarray, y: np.ndarray, z: np.ndarray) -> tuple[np.ndarray, ...]:
        """Return the points that the shear moves to x, y, z in mm."""
        z = z - self.tilt[0] * x - self.tilt[1] * y
        along = (z - self.middle) ** 2
        return x - self.bend[0] * along, y - self.bend[1] * along, z

    def stretch(self, normal: np.ndarray, z: np.ndarray) -> np.ndarray:
        """Return the factor on the thickness of thin layers with unit normals (3, …) at z in mm.

        A shear's matrix A moves the plane n·x = c to (A⁻ᵀn)·x = c, so distances between parallel
        planes change by 1/|A⁻ᵀn|.
        """
        up = normal[2] - 2 * (z - self.middle) * np.tensordot(self.bend, normal[:2], 1)
        across = normal[:2] - np.multiply.outer(self.tilt, up)
        return 1 / np.sqrt((across**2).sum(0) + up**2)


def volume_below(f: float, h: float, surface: np.ndarray) -> float:
    """Return the volume (ml) inside ξ = `surface` (table) and below z = h."""
    cos_eta = FINE_COS_ETA
    ceiling = np.where(cos_eta > 0, h / (f * np.maximum(cos_eta, 1e-9)), np.inf)
    c = np.minimum(ROWS @ np.cosh(surface), np.maximum(ceiling, 1.0))  # cosh ξ of the end
    inside = (c * c * c - 1) / 3 - cos_eta**2 * (c - 1)  # ∫ (sinh²ξ + sin²η) sinh ξ dξ
    return f**3 * float(inside.mean()) * 4 * np.pi / 1000


def solve_cavity(
    length: float, base: float, volume: float, relief: np.ndarray
) -> tuple[float, float, np.ndarray]:
    """Return (f, h, ξ table) of a cavity of given volume (ml) and length (mm, apex to base plane).

    `base` is the height of the base plane above the widest section as a share of the long
    half-axis, `relief` the relative deviation of ξ from the ellipsoid, a table.
    """
    half_axis = length / (1 + base)
    h = base * half_axis

    def surface(ratio):
        mean = np.arctanh(ratio)
        return half_axis / np.cosh(mean), mean * (1 + relief)

    def excess(ratio):
        f, table = surface(ratio)
        return volume_below(f, h, table) - volume

    f, table = surface(optimize.brentq(excess, 0.03, 0.9, xtol=1e-4))
    return f, h, table


def grow(f: float, endocardium: np.ndarray, thickness: np.ndarray) -> np.ndarray:
    """Return the ξ table that lies `thickness` (mm, table) outside the endocardium."""
    step = np.zeros_like(endocardium)
    for _ in range(6):  # arc length along a ξ line by the midpoint rule
        step = thickness / (f * np.sqrt(np.sinh(endocardium + step / 2) ** 2 + SIN_ETA**2))
    return endocardium + step


def enclose(
    f: float,
    h: float,
    endocardium: np.ndarray,
    profile: Callable[[float], np.ndarray],
    wall_volume: float,
) -> Ventricle:
    """Return the Ventricle whose wall `profile(c)` (mm, table) holds `wall_volume` ml."""

    def build(c):
        thickness = profile(c)
        return Ventricle(f, h, endocardium, grow(f, endocardium, thickness), thickness)

    c = optimize.brentq(lambda c: build(c).wall_volume() - wall_volume, 0.2, 40, xtol=1e-3)
    return build(c)


def locate(points: np.ndarray, f: float) -> tuple[np.ndarray, np.ndarray]:
    """Return cosh ξ of points (3, …) in mm, and their places (row, column) in the finer tables."""
    x, y, z = points
    radius = x**2 + y**2
    far, near = np.sqrt(radius + (z + f) ** 2), np.sqrt(radius + (z - f) ** 2)
    rows = (far - near) * (len(ROWS) / (4 * f)) + len(ROWS) / 2
    columns = np.arctan2(y, x) * (FINE_THETA.size / (2 * np.pi))
    rows = np.clip(rows.astype(np.intp), 0, len(ROWS) - 1)
    return (far + near) / (2 * f), np.stack([rows, np.floor(columns).astype(np.intp)])


def wall_points(
    ventricle: Ventricle, share: float = 0.5
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x, y, z in mm of the wall's table points at a share of its depth, each (48, 48)."""
    xi = ventricle.endocardium + share * (ventricle.epicardium - ventricle.endocardium)
    across = ventricle.f * np.sinh(xi) * SIN_ETA
    height = ventricle.f * np.cosh(xi) * COS_ETA
    return across * np.cos(THETA), across * np.sin(THETA), height


def wall_normals(ventricle: Ventricle) -> np.ndarray:
    """Return the unit normals (3, 48, 48) of the wall half-way through it: the directions of ξ."""
    xi = (ventricle.endocardium + ventricle.epicardium) / 2
    across = np.cosh(xi) * SIN_ETA
    normals = np.stack([across * np.cos(THETA), across * np.sin(THETA), np.sinh(xi) * COS_ETA])
    return normals / np.linalg.norm(normals, axis=0)
