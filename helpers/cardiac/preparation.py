"""From segmentations of any orientation to one grid: isotropic, centred, septum to one side.

Four coordinate systems, joined by 4×4 matrices:

    index   voxels (i, j, k) of a file, k across the slices
    world   millimetres, RAS+ as in nibabel: to the patient's right, to the front, to the head
    heart   millimetres from the apex: to the septum, to the anterior wall, from apex to base
    grid    voxels of the common grid, its axes those of the heart

Hearts share the height of the apex: averages of hearts centred by length would blur its thin wall.
The network's array holds clipped signed distances to the structure's surface in one byte a voxel:
positive inside, so the mask is its sign and the surface is known to a fraction of a voxel.
"""

import concurrent.futures
import dataclasses
import itertools
from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import ndimage

from helpers.cardiac import cohort, plausibility, segmentation
from helpers.cardiac.segmentation import HeartPhase

REMARKS = ["subject", "phase", "kind", "share"]
VALIDATION, TEST = (0.1, 40), (0.25, 90)  # share of each group, and most hearts
STEPS = 127  # of a signed byte on either side of the surface
PATIENTS_RIGHT = np.array([1.0, 0.0, 0.0])
RIGHT_AND_FRONT = np.array([1.0, 1.0, 0.0]) / np.sqrt(2)
USUAL_BASE = np.array([1.0, -1.0, 1.0]) / np.sqrt(3)  # right, behind and above the apex
ALIGNED = 0.99  # cosine from which slices lie along the world's axes, which tells of no body


@dataclasses.dataclass(frozen=True)
class Grid:
    """The common grid: `size` voxels a side of `spacing` mm, distances clipped at `clip` mm."""

    size: int
    spacing: float
    clip: float = 10.0
    below: float = 8.0  # mm from the grid's floor to the apex

    def to_heart(self) -> np.ndarray:
        """Return the matrix (4, 4) from the grid's voxels to the heart's mm."""
        first = self.spacing / 2 - self.size * self.spacing / 2
        matrix = np.diag([self.spacing] * 3 + [1.0])
        matrix[:3, 3] = first, first, self.spacing / 2 - self.below
        return matrix


def heart_frame(heart: HeartPhase) -> np.ndarray:
    """Return the matrix (4, 4) from heart to world; its axes are right-handed.

    The long axis is the direction across the slices. The septum lies towards the right ventricle if
    that is segmented. Else it faces right and forward, for in a body it stands at about 45° to the
    median plane (O'Rahilly et al., Basic Human Anatomy, fig. 23-21); where slices lie along the
    world's axes, which no heart does, the world is that of the picture, with the septum to the
    right of the patient.
    """
    affine, filled = heart.affine, heart.filled
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    upward = normal / np.linalg.norm(normal) * base_side(heart)
    middle = ndimage.center_of_mass(filled)[:2]
    levels = np.flatnonzero(filled.any((0, 1)))
    along_k = upward @ affine[:3, 2]
    apical = levels[0] if along_k > 0 else levels[-1]
    apex = affine[:3, :3] @ (*middle, apical) + affine[:3, 3]
    apex -= upward * abs(along_k) / 2  # the outer face of the last slice
    septal = RIGHT_AND_FRONT if abs(upward).max() < ALIGNED else PATIENTS_RIGHT
    if heart.right_ventricle.any():
        right = np.array(ndimage.center_of_mass(heart.right_ventricle))
        # From the middle of the cavity, which a thick wall on one side does not move.
        cavity = filled & ~heart.structure if heart.is_wall else filled
        septal = affine[:3, :3] @ (right - ndimage.center_of_mass(cavity))
    septal = septal - (septal @ upward) * upward
    if np.linalg.norm(septal) < 1e-3:  # the long axis points there
        septal = affine[:3, 0]
    septal = septal / np.linalg.norm(septal)
    matrix = np.eye(4)
    matrix[:3] = np.stack([septal, np.cross(upward, septal), upward, apex], 1)
    return matrix


def base_side(heart: HeartPhase) -> int:
    """Return +1 if the base lies where the normal i × j of the slices points, else −1.

    Several signs are weighed, for each may fail: a ring open at the base shrinks there, a stack may
    lack the apex. Positions in the stack run from −1 to 1.
    """
    levels = np.flatnonzero(heart.filled.any((0, 1)))
    position = np.linspace(-1, 1, len(levels))
    areas = heart.filled.sum((0, 1))[levels]
    whole = slice(1, -1) if len(levels) > 5 else slice(None)  # the last may show a heart in part
    evidence = (areas / areas.max() * position)[whole].mean()  # sections grow towards the base
    if heart.is_wall:  # muscle covers the long axis at the apex alone
        axis = ndimage.center_of_mass(heart.filled)[:2]
        i, j = np.indices(heart.filled.shape[:2])
        near_axis = np.hypot(i - axis[0], j - axis[1]) <= np.sqrt(areas.max() / np.pi) / 3
        evidence -= (heart.structure[near_axis][:, levels].mean(0) * position).mean()
    right_ventricle = heart.right_ventricle.sum((0, 1))
    if right_ventricle.any():  # it ends short of the apex
        centre = np.average(np.arange(len(right_ventricle)), weights=right_ventricle)
        evidence += (centre - levels.mean()) / max(1, np.ptp(levels) / 2)
    normal = np.cross(heart.affine[:3, 0], heart.affine[:3, 1])
    along_k = np.sign(normal @ heart.affine[:3, 2])
    normal /= np.linalg.norm(normal)
    if abs(normal).max() < ALIGNED:  # decides a tie
        evidence += 0.01 * along_k * (normal @ USUAL_BASE)
    return int(along_k * (1 if evidence >= 0 else -1))


def resample(
    mask: np.ndarray, affine: np.ndarray, heart_to_world: np.ndarray, grid: Grid
) -> np.ndarray:
    """Return the mask's signed distances on the grid as int8 (size, size, size), STEPS = `clip` mm.

    Interpolating distances between thick slices is shape-based interpolation (Raya and Udupa,
    1990). It rounds edges off; the surface moves by the fraction of a voxel that restores the
    volume of the mask, as far as this lies inside the grid.
    """
    voxel = np.linalg.norm(affine[:3, :3], axis=0)
    pad = np.ceil(grid.clip / voxel).astype(int)
    box = ndimage.find_objects(mask.astype(np.uint8))[0]
    # At the base a heart is cut and does not end: its last slice is repeated, the cut comes below.
    base_last = bool(heart_to_world[:3, 2] @ affine[:3, 2] > 0)
    beyond = (0, pad[2]) if base_last else (pad[2], 0)
    inside = np.pad(mask[box], [(0, 0), (0, 0), beyond], mode="edge")
    inside = np.pad(inside, [(pad[0], pad[0]), (pad[1], pad[1]), beyond[::-1]])
    distance = ndimage.distance_transform_edt(inside, voxel)
    distance -= ndimage.distance_transform_edt(~inside, voxel)
    box_affine = segmentation.moved(affine, np.array([side.start for side in box]) - pad)
    grid_to_box = np.linalg.inv(box_affine) @ heart_to_world @ grid.to_heart()
    sampled = ndimage.affine_transform(
        distance.astype(np.float32), grid_to_box, None, (grid.size,) * 3, order=1, cval=-grid.clip
    )
    cut = pad[2] - 0.5 + mask[box].shape[2] * base_last  # the face of the last slice
    k = np.tensordot(grid_to_box[2, :3], np.indices(sampled.shape), 1) + grid_to_box[2, 3]
    sampled = np.minimum(sampled, (cut - k if base_last else k - cut) * voxel[2])
    # The cut is one plane of equal distances; its middle goes inside first.
    sampled += 1e-4 * ndimage.gaussian_filter(sampled, 1)
    within = np.count_nonzero(mask) * (1 - outside(mask, affine, heart_to_world, grid))
    voxels = round(within * abs(np.linalg.det(affine[:3, :3])) / grid.spacing**3)
    last = np.clip(sampled.size - voxels, 1, sampled.size - 1)
    around = np.partition(sampled.ravel(), (last - 1, last))[last - 1 : last + 1]
    clipped = np.clip((sampled - around.mean()) / grid.clip, -1, 1)
    return np.ceil(clipped * STEPS).astype(np.int8)  # rounded up, so that the sign stays


def outside(mask: np.ndarray, affine: np.ndarray, heart_to_world: np.ndarray, grid: Grid) -> float:
    """Return the share of a mask's voxels that fall outside the grid."""
    index_to_grid = np.linalg.inv(heart_to_world @ grid.to_heart()) @ affine
    position = index_to_grid[:3, :3] @ np.stack(np.nonzero(mask)) + index_to_grid[:3, 3:]
    return float(((position < -0.5) | (position > grid.size - 0.5)).any(0).mean())


def prepare_subject(subject: cohort.Subject, grid: Grid) -> tuple[np.ndarray, list[tuple]]:
    """Return (int8 signed distances (size, size, size, 2) of both phases, rows of `REMARKS`).

    Both phases keep the frame of end-diastole, so the motion between them stays visible; they may
    differ in shape and affine.

    Raises:
        cohort.CohortError: a file cannot be used, is not plausible, or 5 % of its structure lie
            outside the grid; a line for each fault.
    """
    phases: dict[str, HeartPhase] = {}
    faults: dict[str, None] = {}  # in order, each once: both phases may be of one file
    for name in ("ed", "es"):
        try:
            phases[name.upper()] = segmentation.read_phase(subject, name)
        except cohort.CohortError as error:
            faults[str(error)] = None
    if not faults:
        ed, es = phases.values()
        frame = heart_frame(ed)
        faults = dict.fromkeys(plausibility.faults(ed, es, frame[:3, 2] @ ed.affine[:3, 2] > 0))
    if not faults:
        for phase in (ed, es):
            lost = outside(phase.structure, phase.affine, frame, grid)
            if lost > 0.05:
                side = grid.size * grid.spacing
                fault = f"{lost:.0%} of the structure lies outside the grid of {side:.0f} mm"
                faults[f"{phase.file}: {fault}; check the voxel sizes, or enlarge the grid"] = None
    if faults:
        raise cohort.CohortError("\n".join(faults))
    shapes, remarks = [], []
    for name, phase in phases.items():
        shapes.append(resample(phase.structure, phase.affine, frame, grid))
        volume = np.count_nonzero(shapes[-1] > 0) * grid.spacing**3 / 1000
        told = plausibility.remarks(phase, volume)
        remarks += [(subject.id, name, kind, share) for kind, share in told.items()]
    if not ed.right_ventricle.any():
        remarks.append((subject.id, "ED", "turned", np.nan))
    if not ed.is_wall:
        remarks.append((subject.id, "ED", "cavity", np.nan))
    return np.stack(shapes, -1), remarks


def prepare_all(subjects: Sequence[cohort.Subject], grid: Grid) -> tuple[np.ndarray, pd.DataFrame]:
    """Return the int8 array (subjects, size, size, size, 2) of a whole cohort, and its remarks.

    Remarks are what a reader should know of hearts that can be used, with the columns `REMARKS`.
    Kinds are those of `plausibility.TOLD`, "turned" (no right ventricle), "cavity" (no muscle).

    Raises:
        cohort.CohortError: the faults of all subjects that cannot be used, a line for each.
    """

    def prepare(subject: cohort.Subject) -> tuple[np.ndarray, list[tuple]] | str:
        try:
            return prepare_subject(subject, grid)
        except cohort.CohortError as error:
            return str(error)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(prepare, subjects))
    faults = [result for result in results if isinstance(result, str)]
    if faults:
        head = f"{len(faults)} of {len(subjects)} subjects cannot be used:"
        raise cohort.CohortError("\n".join([head, *faults]))
    shapes, remarks = zip(*results, strict=True)
    return np.stack(shapes), pd.DataFrame(itertools.chain(*remarks), columns=REMARKS)


def split(labels: np.ndarray, seed: int) -> dict[str, np.ndarray]:
    """Return {"train": …, "validation": …, "test": …}, indices into labels (subjects,), by a seed.

    `VALIDATION` and `TEST` say how many of each group.
    """
    generator = np.random.default_rng(seed)
    parts: dict[str, list[np.ndarray]] = {"train": [], "validation": [], "test": []}
    for value in np.unique(labels):
        members = generator.permutation(np.flatnonzero(labels == value))
        validation, test = (
            min(most, max(1, round(share * len(members)))) for share, most in (VALIDATION, TEST)
        )
        parts["test"].append(members[:test])
        parts["validation"].append(members[test : test + validation])
        parts["train"].append(members[test + validation :])
    return {name: np.sort(np.concatenate(part)) for name, part in parts.items()}
