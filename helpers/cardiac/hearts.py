"""Prepared hearts on disk: what the notebook and every training process read.

A folder in data/cardiac holds one cohort on one grid, made once: folded distances (an array that
is mapped into memory, so that processes share it), labels, and remarks.
"""

import concurrent.futures
import dataclasses
import hashlib
import json

import numpy as np
import pandas as pd
from scipy import ndimage, spatial

from helpers import files, paths
from helpers.cardiac import cohort, folding, preparation
from helpers.training import spec
from helpers.translation import text

TILT, SHIFT = 10.0, 4.0  # standard deviations of a pose: degrees about each axis, mm along each
REMARKS = {  # by kinds of `preparation.prepare_all`
    "cavity": "{n} {n:plural:heart is a cavity|hearts are cavities} without muscle, so what is "
    "said of muscle goes for blood, and there are no walls to measure",
    "resized": "the grid changes the volume of {n} {n:plural:segmentation|segmentations} by more "
    "than 3 %, at most by {share:+.0%} ({which})",
    "specks": "{n} {n:plural:segmentation holds|segmentations hold} specks apart from the heart, "
    "at most {share:.0%} ({which}), which are left out",
    "open": "in {n} {n:plural:segmentation|segmentations} the muscle leaves more than a tenth of "
    "the cavity open, at most {share:.0%} ({which}), so that it yields no ejection fraction",
    "turned": "in {n} {n:plural:heart|hearts} no right ventricle is segmented; the septum is taken "
    "to face right and forward as in most bodies, so {n:plural:this heart|these hearts} may be "
    "turned about {n:plural:its long axis|their long axes}, and what is said of the septum is not "
    "certain",
}


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


def prepare_hearts(
    subjects: list[cohort.Subject], grid: preparation.Grid, disease: str, posed: bool = False
) -> str:
    """Return the name of the folder with the subjects' hearts, prepared now unless it is there.

    Args:
        subjects, grid: as for `preparation.prepare_all`.
        disease: name of the group whose label is 1.
        posed: whether every heart is turned and shifted at random.

    Raises:
        cohort.CohortError: a file cannot be used.
    """
    made_by = ["helpers.cardiac.preparation:prepare_all", "helpers.cardiac.hearts:pose"]
    parts = [spec.code_digest(*made_by[: 1 + posed]), dataclasses.asdict(grid), disease, posed]
    for subject in subjects:
        contents = [files.sha256(subject.ed), files.sha256(subject.es)]
        parts.append([dataclasses.asdict(subject) | {"ed": contents[0], "es": contents[1]}])
    name = f"prepared-{hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]}"
    folder = paths.DATA / "cardiac" / name

    def make() -> None:
        if posed:
            upright = paths.DATA / "cardiac" / prepare_hearts(subjects, grid, disease)
            shapes = pose(folding.unfold(np.load(upright / "shapes.npy")), grid.spacing)
        else:
            shapes, remarks = preparation.prepare_all(subjects, grid)
            files.write_text(folder / "remarks.tsv", remarks.to_csv(sep="\t", index=False))
        labels = np.array([subject.group == disease for subject in subjects], np.int8)
        for file, array in {"shapes.npy": folding.fold(shapes), "labels.npy": labels}.items():
            with files.replacing(folder / file) as path, open(path, "wb") as stream:
                np.save(stream, array)

    files.made(folder, make, "preparing the hearts again")
    return name


def remark_sentences(name: str) -> list[str]:
    """Return what a reader should know of the hearts of a prepared folder: sentences.

    One for each kind of remark, with the number of hearts and the worst of them.
    """
    table = pd.read_csv(paths.DATA / "cardiac" / name / "remarks.tsv", sep="\t")
    sentences = []
    for kind, rows in table.groupby("kind"):
        worst = rows.loc[rows.share.abs().fillna(0).idxmax()]
        which = f"{worst.subject}, {worst.phase}"
        sentences.append(text(REMARKS[kind], n=len(rows), share=worst.share, which=which))
    return sentences


def read_hearts(name: str, seed: int) -> Hearts:
    """Return the Hearts of a prepared folder, split by patients with a seed.

    Raises:
        FileNotFoundError: the folder is not on this machine.
    """
    folder = paths.DATA / "cardiac" / name
    if not folder.exists():
        raise FileNotFoundError(f"{folder} is missing: run the notebook's first cells here")
    labels = np.load(folder / "labels.npy")
    shapes = np.load(folder / "shapes.npy", mmap_mode="r")
    return Hearts(shapes, labels, **preparation.split(labels, seed))


def pose(shapes: np.ndarray, spacing: float) -> np.ndarray:
    """Return int8 distances (n, s, s, s, 2), each heart turned and shifted at random.

    Turns are rotation vectors with standard deviation `TILT` degrees about each axis, shifts have
    `SHIFT` mm along each; both phases of a heart move together. The same n gives the same poses.
    """
    generator = np.random.default_rng(0)
    turns = generator.normal(0, TILT, (len(shapes), 3))
    shifts = generator.normal(0, SHIFT / spacing, (len(shapes), 3))
    middle = np.full(3, (shapes.shape[1] - 1) / 2)

    def move(heart: np.ndarray, turn: np.ndarray, shift: np.ndarray) -> np.ndarray:
        matrix = spatial.transform.Rotation.from_rotvec(turn, degrees=True).as_matrix()
        offset = middle - matrix @ (middle + shift)
        phases = [
            ndimage.affine_transform(
                distance.astype(np.float32), matrix, offset, order=1, cval=-preparation.STEPS
            )
            for distance in np.moveaxis(heart, -1, 0)
        ]
        return np.ceil(np.stack(phases, -1)).astype(np.int8)  # rounded up, so the sign stays

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return np.stack(list(pool.map(move, shapes, turns, shifts)))
