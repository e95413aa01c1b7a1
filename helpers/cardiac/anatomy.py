"""What a cardiologist reads off a segmentation: volumes, mass, wall thickness, AHA segments.

Arrays are in the heart frame of `preparation`: axis 0 to the septum, 1 to the anterior wall,
2 from apex to base, isotropic.
"""

import numpy as np
import pandas as pd
from scipy import ndimage

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


def cavity(wall):
    """Return the mask enclosed by a myocardium mask (x, y, z), short-axis slice by slice.

    Only slices where muscle runs through all 360° enclose anything, which is the AHA's rule; gaps
    of up to four voxels, where a wall is thinner than a voxel, are bridged.
    """
    flat = np.ones((3, 3, 1), bool)
    hollow = ndimage.binary_fill_holes(wall, flat) & ~wall
    broken = ~hollow.any((0, 1)) & wall.any((0, 1))
    bridged = ndimage.binary_closing(wall[..., broken], flat, iterations=2)
    hollow[..., broken] = ndimage.binary_fill_holes(bridged, flat) & ~wall[..., broken]
    return hollow


def volume(mask, spacing):
    """Return a mask's volume in ml."""
    return float(np.count_nonzero(mask)) * spacing**3 / 1000


def mass(wall, spacing):
    """Return the mass of myocardium in g (1.05 g/ml)."""
    return DENSITY * volume(wall, spacing)


def finer(distance):
    """Return signed distances (x, y, z) at half the spacing, interpolated linearly."""
    distance = np.asarray(distance, np.float32)
    return ndimage.zoom(distance, 2, order=1, grid_mode=True, mode="nearest")


def refine(distance):
    """Return the mask of signed distances (x, y, z), cropped, at half the spacing.

    Raises:
        ValueError: nothing lies inside the surface.
    """
    if not (distance > 0).any():
        raise ValueError("the decoded shape is empty: no distance is positive")
    sides = ndimage.find_objects((distance > 0).astype(np.uint8))[0]
    box = tuple(slice(max(0, side.start - 2), side.stop + 2) for side in sides)
    return finer(distance[box]) > 0


def wall_thickness(wall, spacing):
    """Return local thickness in mm at every voxel of the wall (x, y, z), 0 elsewhere.

    The distance to the cavity plus the distance to the outside; on the wall's middle surface this
    is the diameter of the largest inscribed sphere, the local thickness of Hildebrand and
    Rüegsegger (1997). The base is cut, not closed: what lies above the wall is not outside.
    Over all directions the nearest voxel centre lies a quarter voxel beyond a surface: hence − ½.

    Raises:
        ValueError: the wall encloses no cavity.
    """
    hollow = cavity(wall)
    if not hollow.any():
        raise ValueError("the wall encloses no cavity: thickness is undefined")
    sides = ndimage.find_objects(wall.astype(np.uint8))[0]
    box = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in sides[:2])
    box += (slice(max(0, sides[2].start - 1), sides[2].stop),)
    inside, hole = wall[box], hollow[box]
    total = ndimage.distance_transform_edt(~hole) + ndimage.distance_transform_edt(inside | hole)
    thickness = np.zeros(wall.shape, np.float32)
    thickness[box] = np.where(inside, (total - 0.5) * spacing, 0)
    return thickness


def segment_of(depth, angle):
    """Return the AHA segment 1–17 (Cerqueira et al., 2002) of positions in the wall.

    Args:
        depth: 0 at the base plane, 1 at the cavity's apex; beyond is the cap, segment 17.
        angle: rad from the middle of the septum (0) over the anterior wall (π/2).
    """
    degrees = np.mod(np.degrees(angle), 360)
    six = np.array([2, 1, 6, 5, 4, 3])[np.asarray(degrees // 60, int) % 6]
    four = np.array([14, 13, 16, 15])[np.asarray((degrees + 45) // 90, int) % 4]
    levels = [depth > 1, depth > THIRDS[1], depth > THIRDS[0]]
    return np.select(levels, [17, four, six + 6], six)


def segments(wall):
    """Return the AHA segment of every voxel of a wall mask (x, y, z), 0 elsewhere."""
    hollow = cavity(wall)
    levels = np.flatnonzero(hollow.any((0, 1)))
    x, y, z = np.nonzero(wall)
    middle = np.array([ndimage.center_of_mass(hollow[..., level]) for level in levels])
    along = np.clip(z, levels[0], levels[-1])
    middle_x, middle_y = (np.interp(along, levels, middle[:, axis]) for axis in (0, 1))
    depth = (levels[-1] + 0.5 - z) / max(1, levels[-1] - levels[0])  # the cap holds the last slice
    result = np.zeros(wall.shape, np.uint8)
    result[x, y, z] = segment_of(depth, np.arctan2(y - middle_y, x - middle_x))
    return result


def segment_thickness(wall, spacing):
    """Return the mean wall thickness in mm of the 17 segments, (17,); NaN where one is empty."""
    thickness, labels = wall_thickness(wall, spacing), segments(wall)
    present = labels > 0
    counts = np.bincount(labels[present], minlength=18)[1:]
    sums = np.bincount(labels[present], thickness[present], minlength=18)[1:]
    return np.divide(sums, counts, out=np.full(17, np.nan), where=counts > 0)


def septum_and_lateral(change):
    """Return the mean over the septum's and over the lateral wall's segments of change (17,)."""
    change = pd.Series(change, list(SEGMENTS))  # whose means pass over missing segments
    return tuple(change[list(part)].mean() for part in (SEPTUM, LATERAL))


def true_segments(ventricle):
    """Return the mean thickness (mm) of the 17 segments of a generated Ventricle, (17,)."""
    x, y, z = geometry.wall_points(ventricle)
    floor = geometry.wall_points(ventricle, 0.0)[2].min()
    labels = segment_of((ventricle.h - z) / (ventricle.h - floor), np.arctan2(y, x))
    xi = (ventricle.endocardium + ventricle.epicardium) / 2
    area = geometry.SOLID * np.sinh(xi) * np.sqrt(np.sinh(xi) ** 2 + geometry.SIN_ETA**2)
    share = np.where(z < ventricle.h, area * ventricle.thickness, 0.0)  # of the wall's volume
    return np.array(
        [
            np.average(ventricle.thickness[labels == s], weights=share[labels == s])
            for s in range(1, 18)
        ]
    )
