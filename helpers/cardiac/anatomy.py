"""What a cardiologist reads off a segmentation: volumes, mass, wall thickness, AHA segments.

Arrays are in the heart frame of `preparation`: axis 0 to the septum, 1 to the anterior wall,
2 from apex to base, isotropic. They hold signed distances, positive inside; a mask does as well,
whose surface lies half-way between its voxels and their neighbours.
"""

import numpy as np
import pandas as pd
from scipy import ndimage, spatial
from skimage import measure

from helpers.cardiac import geometry

DENSITY = 1.05  # g/ml, myocardium
SEGMENTS = {
    1: "basal anterior", 2: "basal anteroseptal", 3: "basal inferoseptal", 4: "basal inferior",
    5: "basal inferolateral", 6: "basal anterolateral", 7: "mid anterior", 8: "mid anteroseptal",
    9: "mid inferoseptal", 10: "mid inferior", 11: "mid inferolateral", 12: "mid anterolateral",
    13: "apical anterior", 14: "apical septal", 15: "apical inferior", 16: "apical lateral",
    17: "apex",
}  # fmt: skip
SEPTUM, LATERAL = (2, 3, 8, 9, 14), (5, 6, 11, 12, 16)
THIRDS = 0.35, 0.70  # basal, mid and apical shares of the cavity's length (35, 35, 30 %)


def enclosed(mask: np.ndarray) -> np.ndarray:
    """Return the mask of what another (x, y, z) surrounds, short-axis slice by slice."""
    free = np.pad(~mask, [(1, 1), (1, 1), (0, 0)], constant_values=True)
    parts, _count = ndimage.label(free, np.ones((3, 3, 3)) * [0, 1, 0])  # apart in each slice
    return (free & (parts != parts[0, 0]))[1:-1, 1:-1]  # the corner is outside


def cavity(wall: np.ndarray) -> np.ndarray:
    """Return the mask of the cavity of a myocardium (x, y, z).

    Only slices where muscle runs through all 360° enclose anything, which is the AHA's rule; gaps
    of up to four voxels, where a wall is thinner than a voxel, are bridged.
    """
    wall = np.asarray(wall) > 0
    hollow = enclosed(wall)
    broken = ~hollow.any((0, 1)) & wall.any((0, 1))
    bridged = ndimage.binary_closing(wall[..., broken], np.ones((3, 3, 1)), iterations=2)
    hollow[..., broken] = (enclosed(bridged) | bridged) & ~wall[..., broken]
    return hollow


def volume(shape: np.ndarray, spacing: float) -> float:
    """Return the volume in ml inside a shape (x, y, z) of `spacing` mm."""
    return float(np.count_nonzero(np.asarray(shape) > 0)) * spacing**3 / 1000


def finer(distance: np.ndarray) -> np.ndarray:
    """Return signed distances (x, y, z) at half the spacing, interpolated linearly."""
    distance = np.asarray(distance, np.float32)
    return ndimage.zoom(distance, 2, order=1, grid_mode=True, mode="nearest")


def refine(distance: np.ndarray) -> np.ndarray:
    """Return signed distances (x, y, z) at half the spacing, cropped to what lies inside."""
    boxes = ndimage.find_objects((np.asarray(distance) > 0).astype(np.uint8))
    sides = boxes[0] if boxes else (slice(0, 1),) * 3
    return finer(distance[tuple(slice(max(0, side.start - 2), side.stop + 2) for side in sides)])


def across_the_wall(wall: np.ndarray, hollow: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (points half-way through the wall (n, 3), thickness there (n,)), in voxels.

    Thickness is measured from each point of the outer surface of a myocardium (x, y, z) to the
    nearest point of the inner one, so at right angles to the endocardium. Both are known to a
    fraction of a voxel, by marching cubes (Lewiner et al., 2003). The plane that cuts the base is
    part of neither. There are no points without a cavity, the mask `hollow`.
    """
    wall = np.asarray(wall)
    if not hollow.any():
        return np.empty((0, 3)), np.empty(0)
    distance = wall - np.float32(0.5) if wall.dtype == bool else wall
    surface, _faces, normals, _ = measure.marching_cubes(distance, 0.0, gradient_direction="ascent")
    below, above = (end(surface).astype(int).T for end in (np.floor, np.ceil))  # either side of it
    inner = hollow[tuple(below)] | hollow[tuple(above)]
    top = np.flatnonzero(hollow.any((0, 1)))[-1]
    outer = ~inner & (normals[:, 2] < np.cos(np.pi / 4)) & (surface[:, 2] <= top)
    endocardium, epicardium = surface[inner], surface[outer]
    thickness, nearest = spatial.cKDTree(endocardium).query(epicardium)
    return (epicardium + endocardium[nearest]) / 2, thickness


def segment_of(depth: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return the AHA segment 1–17 (Cerqueira et al., 2002) of positions in the wall.

    `depth` is 0 at the base plane and 1 at the cavity's apex, beyond which is the cap, segment 17;
    `angle` goes in rad from the middle of the septum (0) over the anterior wall (π/2).
    """
    degrees = np.mod(np.degrees(angle), 360)
    six = np.array([2, 1, 6, 5, 4, 3])[np.asarray(degrees // 60, int) % 6]
    four = np.array([14, 13, 16, 15])[np.asarray((degrees + 45) // 90, int) % 4]
    levels = [depth > 1, depth > THIRDS[1], depth > THIRDS[0]]
    return np.select(levels, [17, four, six + 6], six)


def segments(points: np.ndarray, hollow: np.ndarray) -> np.ndarray:
    """Return the AHA segments 1–17 of points (n, 3) in voxels around a cavity (x, y, z), a mask."""
    x, y, z = points.T
    levels = np.flatnonzero(hollow.any((0, 1)))
    middle = np.array([ndimage.center_of_mass(hollow[..., level]) for level in levels])
    middle_x, middle_y = (np.interp(z, levels, middle[:, axis]) for axis in (0, 1))
    depth = (levels[-1] + 0.5 - z) / max(1, levels[-1] - levels[0])  # the cap holds the last slice
    return segment_of(depth, np.arctan2(y - middle_y, x - middle_x))


def segment_thickness(wall: np.ndarray, spacing: float) -> np.ndarray:
    """Return the mean thickness in mm of the 17 segments of a myocardium (x, y, z), (17,).

    A mean over the wall's volume, so that each point counts as much as the wall is thick there. NaN
    where a segment is empty. All are NaN where segments mean nothing, for these divide the length
    of the cavity: without a cavity, or with one that is open in less than half of the slices.
    """
    hollow = cavity(wall)
    slices = np.count_nonzero((np.asarray(wall) > 0).any((0, 1)))
    if np.count_nonzero(hollow.any((0, 1))) < max(1, slices / 2):
        return np.full(17, np.nan)
    points, thickness = across_the_wall(wall, hollow)
    labels = segments(points, hollow)
    weights = np.bincount(labels, thickness, minlength=18)[1:]
    sums = np.bincount(labels, thickness**2, minlength=18)[1:]
    return spacing * np.divide(sums, weights, out=np.full(17, np.nan), where=weights > 0)


def septum_and_lateral(change: np.ndarray) -> tuple[float, float]:
    """Return the mean over the septum's and over the lateral wall's segments of change (17,)."""
    change = pd.Series(change, list(SEGMENTS))  # whose means pass over missing segments
    return tuple(change[list(part)].mean() for part in (SEPTUM, LATERAL))


def true_thickness(ventricle: geometry.Ventricle, shear: geometry.Shear) -> np.ndarray:
    """Return the thickness (mm, table) at right angles to a drawn wall after its shear."""
    height = geometry.wall_points(ventricle)[2]
    return ventricle.thickness * shear.stretch(geometry.wall_normals(ventricle), height)


def true_segments(ventricle: geometry.Ventricle, shear: geometry.Shear) -> np.ndarray:
    """Return the mean thickness (mm) of the 17 segments of a drawn Ventricle, (17,).

    As in a segmentation they begin where the base, tilted by the `shear`, ends to be closed.
    """
    x, y, z = geometry.wall_points(ventricle)
    below = z < ventricle.h
    at_base = below & (z > ventricle.h - 5)
    sheared_x, sheared_y, height = shear.apply(x, y, z)
    base = ventricle.h + shear.tilt[0] * sheared_x + shear.tilt[1] * sheared_y
    closed = base[at_base].min()
    floor = shear.apply(*geometry.wall_points(ventricle, 0.0))[2].min()
    labels = segment_of((closed - height) / (closed - floor), np.arctan2(y, x))
    xi = (ventricle.endocardium + ventricle.epicardium) / 2
    area = geometry.SOLID * np.sinh(xi) * np.sqrt(np.sinh(xi) ** 2 + geometry.SIN_ETA**2)
    share = np.where(below & (height < closed), area * ventricle.thickness, 0.0)  # of the volume
    thickness = true_thickness(ventricle, shear)
    weights = np.bincount(labels.ravel(), share.ravel(), minlength=18)[1:]
    return np.bincount(labels.ravel(), (share * thickness).ravel(), minlength=18)[1:] / weights
