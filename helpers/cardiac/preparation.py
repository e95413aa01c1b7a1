"""From segmentations of any orientation to one grid: isotropic, centred, septum to one side.

Hearts are centred in the short axis and share the height of the apex: averaging hearts of different
length about their middles would blur the thin apical wall away.

The network's array holds clipped signed distances to the structure's surface in one byte a voxel:
positive inside, so the mask is its sign and the surface is known to a fraction of a voxel.
"""

import concurrent.futures
import dataclasses

import numpy as np
from scipy import ndimage

from helpers.cardiac import cohort

STEPS = 127  # of a signed byte on either side of the surface


@dataclasses.dataclass(frozen=True)
class Grid:
    """The common grid: `size` voxels a side of `spacing` mm, distances clipped at `clip` mm."""

    size: int
    spacing: float
    clip: float = 10.0
    below: float = 8.0  # mm from the grid's floor to the apex

    def offsets(self):
        """Return the positions in mm from the centre along one axis, (size,)."""
        return (np.arange(self.size) - (self.size - 1) / 2) * self.spacing


def heart_frame(labels, affine, label, right_ventricle=None):
    """Return (apex (3,), axes (3, 3)) of a heart in the affine's millimetres.

    That world is nibabel's RAS+: x to the patient's right, y to the front, z to the head.
    Rows of `axes`: to the septum, to the anterior wall, from apex to base, right-handed. The long
    axis is the stack's slice direction; the apex is its narrower end. The septum lies towards the
    right ventricle if that is segmented, else towards the patient's right.
    """
    filled = ndimage.binary_fill_holes(labels == label, np.ones((3, 3, 1)))
    middle = ndimage.center_of_mass(filled)[:2]
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    up = normal / np.linalg.norm(normal)
    if up @ affine[:3, 2] < 0:
        up = -up
    levels = np.flatnonzero(filled.any((0, 1)))
    areas = filled.sum((0, 1))[levels]
    third = max(1, len(areas) // 3)
    last = levels[0]
    if areas[:third].sum() > areas[-third:].sum():  # slices run from base to apex
        up, last = -up, levels[-1]
    apex = affine[:3, :3] @ (*middle, last) + affine[:3, 3]
    apex -= up * (abs(up @ affine[:3, 2]) / 2)  # the last slice's outer face
    towards = np.array([1.0, 0.0, 0.0])  # the patient's right
    if right_ventricle is not None and (labels == right_ventricle).any():
        other = ndimage.center_of_mass(labels == right_ventricle)
        towards = affine[:3, :3] @ other + affine[:3, 3] - apex
    septal = towards - (towards @ up) * up
    if np.linalg.norm(septal) < 1e-3:
        septal = affine[:3, 0]
    septal = septal / np.linalg.norm(septal)
    return apex, np.stack([septal, np.cross(up, septal), up])


def signed_distance(mask, voxel, margin):
    """Return (distances in mm, positive inside; offset in voxels of its first voxel).

    Only the box around the structure plus `margin` mm is computed. Interpolating the distances
    between thick slices is shape-based interpolation (Raya and Udupa, 1990).
    """
    pad = np.ceil(margin / voxel).astype(int) + 1
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    inside = np.pad(mask[box], [(p, p) for p in pad])
    distance = ndimage.distance_transform_edt(inside, voxel)
    distance -= ndimage.distance_transform_edt(~inside, voxel)
    return distance.astype(np.float32), np.array([part.start for part in box]) - pad


def resample(mask, affine, centre, axes, grid):
    """Return the mask's signed distances on the grid as int8 (size, size, size), STEPS = `clip` mm.

    Interpolation rounds edges off; the surface moves by the fraction of a voxel that restores the
    mask's volume.
    """
    voxel = np.linalg.norm(affine[:3, :3], axis=0)
    distance, start = signed_distance(mask, voxel, grid.clip)
    to_voxel = np.linalg.inv(affine[:3, :3])
    matrix = to_voxel @ axes.T * grid.spacing
    first = to_voxel @ (centre + axes.T @ np.full(3, grid.offsets()[0]) - affine[:3, 3]) - start
    sampled = ndimage.affine_transform(
        distance, matrix, first, (grid.size,) * 3, order=1, mode="constant", cval=-grid.clip
    )
    voxels = round(np.count_nonzero(mask) * abs(np.linalg.det(affine[:3, :3])) / grid.spacing**3)
    last = np.clip(sampled.size - voxels, 1, sampled.size - 1)
    sampled -= np.partition(sampled.ravel(), (last - 1, last))[last - 1 : last + 1].mean()
    return np.ceil(np.clip(sampled / grid.clip, -1, 1) * STEPS).astype(np.int8)  # keeps the sign


def outside(mask, affine, centre, axes, grid):
    """Return the share of a mask's voxels that fall outside the grid."""
    world = affine[:3, :3] @ np.stack(np.nonzero(mask)) + affine[:3, 3:]
    position = axes @ (world - centre[:, None])
    return float((np.abs(position).max(0) > grid.size * grid.spacing / 2).mean())


def prepare_subject(subject, grid):
    """Return a subject's int8 signed distances (size, size, size, 2): end-diastole, end-systole.

    Both phases keep the frame of end-diastole, so the motion between them stays visible; they may
    differ in shape and affine.

    Raises:
        cohort.CohortError: a file cannot be used, or 5 % of the structure lies outside the grid.
    """
    labels, affine = cohort.load_labels(subject.ed, subject.label)
    apex, axes = heart_frame(labels, affine, subject.label, subject.right_ventricle)
    centre = apex + axes[2] * (grid.size * grid.spacing / 2 - grid.below)
    result = np.empty((grid.size,) * 3 + (2,), np.int8)
    for phase, file in enumerate((subject.ed, subject.es)):
        if phase:
            labels, affine = cohort.load_labels(file, subject.label)
        result[..., phase] = resample(labels == subject.label, affine, centre, axes, grid)
        lost = outside(labels == subject.label, affine, centre, axes, grid)
        if lost > 0.05:
            raise cohort.CohortError(
                f"{file}: {lost:.0%} of the structure lies outside the grid of "
                f"{grid.size * grid.spacing:.0f} mm; check the voxel sizes, or enlarge the grid"
            )
    return result


def prepare_all(subjects, grid):
    """Return the int8 array (subjects, size, size, size, 2) of a whole cohort."""
    result = np.empty((len(subjects),) + (grid.size,) * 3 + (2,), np.int8)

    def fill(index):
        result[index] = prepare_subject(subjects[index], grid)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(fill, range(len(subjects))))  # which raises what a thread has raised
    return result


def split(labels, shares, seed):
    """Return {"train": …, "validation": …, "test": …} index arrays, in equal shares of each group.

    Args:
        labels: (subjects,) integers.
        shares: (validation, test) as fractions of each group.
        seed: of the shuffle.
    """
    generator = np.random.default_rng(seed)
    parts = {"test": [], "validation": [], "train": []}
    for value in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == value))
        test = max(1, round(shares[1] * len(members)))
        validation = max(1, round(shares[0] * len(members)))
        for name, part in zip(parts, np.split(members, [test, test + validation]), strict=True):
            parts[name].append(part)
    return {name: np.sort(np.concatenate(parts[name])) for name in ("train", "validation", "test")}
