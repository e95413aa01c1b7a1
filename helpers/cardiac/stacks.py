"""Drawn hearts as a scanner and an annotator would show them: stacks of labelled short-axis slices.

Slices lie 9 to 10 mm apart with pixels of 1.3 mm, as in most protocols (Kramer et al., 2013).
"""

import numpy as np
from scipy import spatial

from helpers.cardiac import geometry
from helpers.cardiac.synthetic import Heart

IN_PLANE, SLICES = 1.3, (9.0, 10.0)  # mm
RIGHT_VENTRICLE, MYOCARDIUM, CAVITY = 1, 2, 3  # the labels of ACDC


def rasterise(
    generator: np.random.Generator, heart: Heart
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (ED labels, ES labels, affine) as a short-axis stack would show the heart.

    The stack is turned in its plane, its slices lie at a random offset, and its affine is oblique;
    each contour of each slice wavers by fractions of a millimetre, as a drawn one does.
    """
    phases = heart.end_diastole, heart.end_systole
    voxel = np.array([IN_PLANE, IN_PLANE, generator.uniform(*SLICES)])
    reach = 8 + max(np.hypot(*geometry.wall_points(phase, 1.0)[:2]).max() for phase in phases)
    low = phases[0].apex() - 5
    high = phases[0].h + 5 + 40 * np.linalg.norm(heart.shear.tilt)
    spin = generator.uniform(0, 2 * np.pi)
    shape = [int(2 * reach / IN_PLANE)] * 2 + [int((high - low) / voxel[2]) + 1]
    start = np.array([-reach, -reach, low]) + generator.uniform(-0.5, 0.5, 3) * voxel
    x, y, z = (
        np.arange(shape[axis], dtype=np.float32) * voxel[axis] + start[axis] for axis in range(3)
    )
    x, y = (
        x[:, None] * np.cos(spin) + y * np.sin(spin),
        y * np.cos(spin) - x[:, None] * np.sin(spin),
    )
    upright = heart.shear.undo(*np.broadcast_arrays(x[..., None], y[..., None], z))
    labels = []
    for phase in phases:
        lift = np.array([0, 0, phases[0].apex() - phase.apex()])
        points = np.stack(upright, dtype=np.float32) - lift.astype(np.float32).reshape(3, 1, 1, 1)
        labels.append(label_phase(generator, phase, points))
    end_diastole, end_systole = labels
    return end_diastole, end_systole, oblique_affine(generator, spin, voxel)


def label_phase(
    generator: np.random.Generator, phase: geometry.Ventricle, points: np.ndarray
) -> np.ndarray:
    """Return the uint8 labels of one phase at points (3, width, height, slices) in mm.

    Slices that show less than half of a section are left out (Schulz-Menger et al., 2013).
    """
    height, (rows, columns) = geometry.locate(points, float(phase.f))
    endocardium, epicardium = (
        (geometry.ROWS @ np.cosh(table) @ geometry.COLUMNS).astype(np.float32)[rows, columns]
        + wavering(generator, phase, points.shape[-1])[columns, np.arange(points.shape[-1])]
        for table in (phase.endocardium, phase.epicardium)
    )
    x, y, z = points
    offset = phase.f * np.sinh(phase.endocardium.mean()) + 14
    right = ((x - offset) / 24) ** 2 + (y / 34) ** 2 + ((z - phase.h) / 60) ** 2 < 1
    right &= np.hypot(x, y) < abs(points[:2]).max() - 1
    labels = np.where(right, RIGHT_VENTRICLE, 0)
    labels = np.where(height < epicardium, MYOCARDIUM, labels)
    labels = np.where(height < np.minimum(endocardium, epicardium), CAVITY, labels)
    left = labels > RIGHT_VENTRICLE
    below = (left & (z < phase.h)).sum((0, 1)) > left.sum((0, 1)) / 2
    return np.where((z < phase.h) & below, labels, 0).astype(np.uint8)


def wavering(generator: np.random.Generator, phase: geometry.Ventricle, slices: int) -> np.ndarray:
    """Draw the error of hand-drawn contours, in cosh ξ: four waves a slice of 0.25 mm each.

    Returned are (512, slices) float32, with the columns of the finer tables.
    """
    waves = np.zeros((len(geometry.FINE_THETA), slices))
    for k in range(1, 5):
        amplitude = generator.normal(0, 0.25, slices)
        start = generator.uniform(0, 2 * np.pi, slices)
        waves += amplitude * np.cos(k * geometry.FINE_THETA[:, None] + start)
    return (waves * np.tanh(phase.endocardium.mean()) / phase.f).astype(np.float32)


def oblique_affine(generator: np.random.Generator, spin: float, voxel: np.ndarray) -> np.ndarray:
    """Draw the affine (RAS+) of a stack of `voxel` sizes (3,), turned in its plane by `spin` rad.

    The heart lies as in a chest: its base to the right, behind and above the apex, its septum to
    the right and to the front, give or take 10°.
    """
    tilt, turn, roll = generator.normal((0.9, 0.7, 0), (0.15, 0.15, 0.17))
    chest = spatial.transform.Rotation.from_euler("xz", (tilt, turn))
    stack = chest * spatial.transform.Rotation.from_euler("z", -spin - roll)
    affine = np.eye(4)
    affine[:3, :3] = stack.as_matrix() * voxel
    affine[:3, 3] = generator.normal(0, 40, 3)
    return affine
