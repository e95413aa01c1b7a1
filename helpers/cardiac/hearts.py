"""Prepared hearts on disk: what the notebook and every training process read.

A folder in data/cardiac holds one cohort on one grid, made once: folded distances (an array that
is mapped into memory, so that processes share it) and labels. A heart takes a byte a voxel: 1,365
hearts of 80³ voxels take 1.4 GB on disk, and a training copies the two thirds that it learns from.
"""

import dataclasses
import hashlib
import json
import warnings

import numpy as np
from scipy import ndimage, spatial

from helpers import files, paths
from helpers.cardiac import cohort, folding, preparation
from helpers.training import spec

TILT, SHIFT = 10.0, 4.0  # standard deviations of a pose: degrees about each axis, mm along each


@dataclasses.dataclass(frozen=True)
class Hearts:
    """int8 distances folded (n, h, h, h, 16), labels (n,), indices of train, validation, test."""

    shapes: np.ndarray
    labels: np.ndarray
    train: np.ndarray
    validation: np.ndarray
    test: np.ndarray

    def mean(self) -> np.ndarray:
        """Return the training hearts' mean distance, (h, h, h, 16) in units of the clip."""
        return self.shapes[self.train].mean(0, dtype=np.float32) / preparation.STEPS


def prepare(
    subjects: list[cohort.Subject], grid: preparation.Grid, disease: str, posed: bool = False
) -> str:
    """Return the name of the folder with the subjects' hearts, prepared now unless it is there.

    Args:
        subjects: list of `cohort.Subject`.
        grid: preparation.Grid.
        disease: name of the group whose label is 1.
        posed: whether every heart is turned and shifted at random.

    Raises:
        cohort.CohortError: a file cannot be used.
    """
    made_by = ["helpers.cardiac.preparation:prepare_all", "helpers.cardiac.hearts:pose"]
    parts = [spec.code_digest(*made_by[: 1 + posed]), dataclasses.asdict(grid), disease, posed]
    for subject in subjects:
        contents = [
            hashlib.sha256(file.read_bytes()).hexdigest() for file in (subject.ed, subject.es)
        ]
        segmented = [subject.ed_frame, subject.es_frame, dataclasses.asdict(subject.labels)]
        parts.append([subject.group, segmented, *contents])
    name = f"prepared-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
    folder = paths.DATA / "cardiac" / name
    if damaged := folder.exists() and files.damaged(folder):
        fault = f"{folder / damaged[0]} is not the file of {files.SEAL} beside it"
        warnings.warn(f"{fault}: preparing the hearts again", stacklevel=2)
    if damaged or not folder.exists():
        if posed:
            upright = paths.DATA / "cardiac" / prepare(subjects, grid, disease) / "shapes.npy"
            shapes = pose(folding.unfold(np.load(upright)), grid.spacing)
        else:
            shapes = preparation.prepare_all(subjects, grid)
        labels = np.array([subject.group == disease for subject in subjects], np.int8)
        for file, array in {"shapes.npy": folding.fold(shapes), "labels.npy": labels}.items():
            with files.replacing(folder / file) as path, open(path, "wb") as stream:
                np.save(stream, array)
        files.seal(folder)
    return name


def read(name: str, seed: int) -> Hearts:
    """Return the Hearts of a folder that `prepare` named, split by patients with a seed.

    Of each group a tenth is for validation and a quarter for the test.

    Raises:
        FileNotFoundError: the folder is not on this machine.
    """
    folder = paths.DATA / "cardiac" / name
    if not folder.exists():
        raise FileNotFoundError(f"{folder} is missing: run the notebook's first cells here")
    labels = np.load(folder / "labels.npy")
    shapes = np.load(folder / "shapes.npy", mmap_mode="r")
    return Hearts(shapes, labels, **preparation.split(labels, shares=(0.1, 0.25), seed=seed))


def pose(shapes: np.ndarray, spacing: float) -> np.ndarray:
    """Return int8 distances (n, s, s, s, 2), each heart turned and shifted at random.

    Turns are rotation vectors with standard deviation `TILT` degrees about each axis, shifts have
    `SHIFT` mm along each; both phases of a heart move together. The same n gives the same poses.
    """
    generator = np.random.default_rng(0)
    middle = np.full(3, (shapes.shape[1] - 1) / 2)
    result = np.empty_like(shapes)
    for heart, posed in zip(shapes, result, strict=True):
        turn = spatial.transform.Rotation.from_rotvec(generator.normal(0, TILT, 3), degrees=True)
        matrix = turn.as_matrix()
        offset = middle - matrix @ (middle + generator.normal(0, SHIFT / spacing, 3))
        for phase in range(2):
            distance = heart[..., phase].astype(np.float32)
            moved = ndimage.affine_transform(
                distance, matrix, offset, order=1, cval=-preparation.STEPS
            )
            posed[..., phase] = np.ceil(moved)  # which keeps the sign
    return result
