"""One segmentation as its file has it: labels, slices along the third axis, millimetres."""

import dataclasses
import gzip
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from scipy import ndimage
from skimage.morphology import convex_hull_image

from helpers.cardiac import anatomy, cohort

UNREADABLE = (
    OSError, EOFError, ValueError, zlib.error, nibabel.filebasedimages.ImageFileError,
    nibabel.spatialimages.HeaderDataError,
)  # fmt: skip
MILLIMETRES = {"meter": 1000.0, "micron": 0.001}  # any other unit is taken for mm
ROUNDING = 1e-3  # of labels stored as fractions, as `scl_slope` makes them
PART = 0.1  # of the largest connected part: smaller ones are specks


@dataclasses.dataclass(frozen=True)
class HeartPhase:
    """One phase of one heart; masks (i, j, k) share an affine (4, 4) from indices to RAS+ mm."""

    file: Path
    affine: np.ndarray
    structure: np.ndarray  # to be learnt: muscle, or cavity
    filled: np.ndarray  # the structure and what it surrounds
    right_ventricle: np.ndarray  # all False where it is not segmented
    left_out: float  # share of the structure in specks apart from it

    @property
    def voxel(self) -> np.ndarray:
        """Return the three sides of a voxel in mm."""
        return np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def is_wall(self) -> bool:
        """Return whether the structure surrounds something: a muscle, not a cavity."""
        return bool(np.count_nonzero(self.filled) > 1.1 * np.count_nonzero(self.structure))

    @property
    def hollow(self) -> np.ndarray:
        """Return the mask of what the structure surrounds."""
        return self.filled & ~self.structure

    def millilitres(self, mask: np.ndarray) -> float:
        """Return the volume of a mask."""
        return np.count_nonzero(mask) * abs(np.linalg.det(self.affine[:3, :3])) / 1000


def read_phase(subject: cohort.Subject, name: str) -> HeartPhase:
    """Read the phase "ed" or "es" of a subject.

    Raises:
        cohort.CohortError: as `load_labels`, or the file has no voxel of the subject's label.
    """
    file, meaning = getattr(subject, name), subject.labels
    labels, affine = load_labels(file, getattr(subject, f"{name}_frame"))
    whole = labels == meaning.structure
    if not whole.any():
        present = ", ".join(map(str, np.unique(labels)[:9]))
        raise cohort.CohortError(
            f"{file} has no voxel of label {meaning.structure} (found: {present}); check the label"
        )
    box = ndimage.find_objects((labels > 0).astype(np.uint8))[0]
    labels, whole = labels[box], whole[box]
    affine = moved(affine, [side.start for side in box])
    structure = large_parts(whole)
    cavity = labels == meaning.cavity if meaning.cavity else None
    right_ventricle = (labels == meaning.right_ventricle) & (meaning.right_ventricle > 0)
    left_out = 1 - structure.sum() / whole.sum()
    return HeartPhase(file, affine, structure, fill(structure, cavity), right_ventricle, left_out)


def moved(affine: np.ndarray, first: Sequence[int]) -> np.ndarray:
    """Return the affine of the part of an array that begins at the index `first`."""
    result = affine.copy()
    result[:3, 3] += affine[:3, :3] @ first
    return result


def large_parts(mask: np.ndarray) -> np.ndarray:
    """Return a mask without specks; a heart that lacks a slice stays whole."""
    parts, _ = ndimage.label(mask, np.ones((3, 3, 3)))
    sizes = np.bincount(parts.ravel())[1:]
    return np.isin(parts, 1 + np.flatnonzero(sizes >= PART * sizes.max()))


def fill(structure: np.ndarray, cavity: np.ndarray | None = None) -> np.ndarray:
    """Return a structure (i, j, k) with what it surrounds in each slice.

    Its cavity decides if that is segmented; else an open slice is filled to its convex hull.
    """
    whole = structure if cavity is None else structure | cavity
    filled = whole | anatomy.enclosed(whole)
    if cavity is None:
        unchanged = structure.any((0, 1)) & (filled == structure).all((0, 1))
        for k in np.flatnonzero(unchanged):
            filled[..., k] = convex_hull_image(structure[..., k])
    return filled


def load_labels(file: Path, frame: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Return (labels (i, j, k), affine (4, 4)) of a NIfTI file, its slices along k.

    The affine leads to millimetres in nibabel's RAS+ world. Slices are looked for along the axis of
    by far the largest voxel size, else along the third.

    Args:
        file: path; a compressed one is read to its end, where its checksum stands.
        frame: which volume of a 4-D file, from 0.

    Raises:
        cohort.CohortError: unreadable, not 3-D, no labels, or without true directions and sizes.
    """
    try:
        content = Path(file).read_bytes()
        if Path(file).suffix == ".gz":
            content = gzip.decompress(content)
        image: Any = nibabel.load(file)
        values = np.asanyarray(image.dataobj)
    except UNREADABLE as error:
        raise cohort.CohortError(
            f"{file} cannot be read as NIfTI ({error}); export it again"
        ) from error
    fault = fault_of_values(values, frame) or fault_of_world(image, content)
    if fault:
        raise cohort.CohortError(f"{file} {fault}")
    if values.ndim == 4:
        values = values[..., frame or 0]
    unit = image.header.get_xyzt_units()[0]
    affine = np.diag([MILLIMETRES.get(unit, 1.0)] * 3 + [1.0]) @ image.affine
    labels = np.rint(values).astype(np.int64)
    sides = np.linalg.norm(affine[:3, :3], axis=0)
    if sides.max() > 1.5 * np.median(sides):
        labels = np.moveaxis(labels, sides.argmax(), 2)
        affine = affine[:, [*np.delete(range(3), sides.argmax()), sides.argmax(), 3]]
    return labels, affine


def fault_of_values(values: np.ndarray, frame: int | None) -> str:
    """Return what keeps an array from being a segmentation, and the remedy; "" if nothing does."""
    if values.ndim != 3 and (values.ndim != 4 or (frame is None and values.shape[3] > 1)):
        return (
            f"has {values.ndim} dimensions; give one 3-D segmentation per phase, or say in the "
            "table's columns ed_frame and es_frame which volumes to take"
        )
    if values.ndim == 4 and not 0 <= (frame or 0) < values.shape[3]:
        return f"has {values.shape[3]} volumes, none of number {frame} (from 0); correct the frame"
    if values.dtype.kind not in "iuf":
        return "holds colours or complex numbers; export labels"
    if values.dtype.kind == "f" and not (abs(values - np.rint(values)) <= ROUNDING).all():
        return "holds values that are no labels (NaN or fractions); export labels"
    return ""


def fault_of_world(image: nibabel.Nifti1Image, content: bytes) -> str:
    """Return what keeps a file's voxels from having a place, and the remedy; "" if nothing does."""
    if not isinstance(image, nibabel.Nifti1Image):
        return "is not one NIfTI file; export it as .nii or .nii.gz"
    header = type(image.header)(content[: image.header.sizeof_hdr], check=False)
    if not (header["sform_code"] or header["qform_code"]):
        return "has neither sform nor qform, so left and right are unknown; export its directions"
    sizes = header["pixdim"][1:4]  # which nibabel would take for 1 where they are 0
    flat = not header["sform_code"] and not sizes.all()
    if flat or not np.isfinite(image.affine).all() or abs(np.linalg.det(image.affine)) < 1e-15:
        return "has an affine without volume; set its voxel sizes and directions"
    return ""
