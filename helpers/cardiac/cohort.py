"""Cohorts of segmented left ventricles: a folder with a table, or ACDC as it is downloaded.

A cohort is a list of `Subject`; nothing is read before `load_labels` is called, so a cohort of any
size costs no memory. Every fault of the data is one `CohortError` that names the file.
"""

import collections
import dataclasses
import re
import zlib
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd

from helpers import inputs, paths

COLUMNS = ("participant_id", "group", "ed", "es")
# Hearts of a group: of six the split gives two to the test, so that its figures have intervals, one
# to the validation and three to the training.
LEAST = 6
GROUPS = ("healthy", "HCM")
ACDC_GROUPS = {"NOR": "healthy", "HCM": "HCM"}
UNREADABLE = (
    OSError, EOFError, ValueError, zlib.error, nibabel.filebasedimages.ImageFileError,
    nibabel.spatialimages.HeaderDataError,
)  # fmt: skip


class CohortError(ValueError):
    """The data cannot be used: the message names the file, the fault and the remedy."""


@dataclasses.dataclass(frozen=True)
class Subject:
    """One heart: two segmentations, the labels to take from them."""

    id: str
    group: str
    ed: Path
    es: Path
    label: int = 2  # of the structure to learn: myocardium, or cavity
    right_ventricle: int | None = None  # its label, where the septal direction is to be found


def own(kind, name, label):
    """Return the subjects of a user's cohort, and note its files as inputs of the notebook.

    Args:
        kind: "acdc", or "folder" for a directory with a table.
        name: of the directory in data/; what is added to it counts too.
        label: of a folder, as for `from_folder`.

    Raises:
        CohortError: as `from_acdc` and `from_folder`.
    """
    path = paths.DATA / name
    subjects = from_acdc(path) if kind == "acdc" else from_folder(path, label=label)
    files = [file for subject in subjects for file in (subject.ed, subject.es)]
    for each in (path, *files):  # files that a table names may lie elsewhere
        inputs.used(each)
    return subjects


def from_folder(path, label=2, right_ventricle=None):
    """Return the subjects of a directory with `participants.tsv`.

    Args:
        path: directory; its table has the columns participant_id, group ("healthy" or "HCM"), ed
            and es (file names).
        label: the label of the structure to learn, in every segmentation.
        right_ventricle: label of the right ventricle, or None if it is not segmented.

    Raises:
        CohortError: no table, a missing column or file, an id twice, an unknown group.
    """
    table_path = Path(path) / "participants.tsv"
    if not table_path.exists():
        raise CohortError(f"{table_path} is missing; it lists the columns {', '.join(COLUMNS)}")
    try:
        table = pd.read_csv(table_path, sep="\t", dtype={column: str for column in COLUMNS})
    except ValueError as error:  # empty, not UTF-8, or uneven lines
        raise CohortError(f"{table_path} is no table ({error}); separate by tabs") from error
    missing = [column for column in COLUMNS if column not in table]
    if missing:
        raise CohortError(
            f"{table_path} lacks the column {missing[0]!r}; it needs {', '.join(COLUMNS)}"
        )
    subjects = []
    for row in table.to_dict("records"):
        if row["group"] not in GROUPS:
            raise CohortError(
                f"{table_path}: {row['participant_id']} has the unknown group {row['group']!r}; "
                f"known are {', '.join(GROUPS)}"
            )
        ed, es = (Path(path) / str(row[phase]) for phase in ("ed", "es"))
        subject = Subject(row["participant_id"], row["group"], ed, es, label, right_ventricle)
        subjects.append(subject)
    return check_subjects(subjects, table_path)


def from_acdc(path):
    """Return ACDC's healthy (NOR) and HCM subjects from its `patientNNN` directories.

    `Info.cfg` names the group and the frames of end-diastole and end-systole; labels are
    1 right ventricle, 2 myocardium, 3 cavity (Bernard et al., 2018).

    Raises:
        CohortError: no patients, a missing or incomplete Info.cfg, a missing segmentation.
    """
    subjects = []
    for directory in sorted(Path(path).rglob("patient[0-9][0-9][0-9]")):
        config = directory / "Info.cfg"
        if not config.exists():
            raise CohortError(f"{config} is missing; unpack ACDC's training archive again")
        info = dict(
            re.findall(r"^(\w+)\s*:\s*(\S+)", config.read_text(encoding="utf-8"), re.MULTILINE)
        )
        if not {"Group", "ED", "ES"} <= set(info):
            raise CohortError(
                f"{config} lacks Group, ED or ES; unpack ACDC's training archive again"
            )
        if info["Group"] not in ACDC_GROUPS:
            continue
        frames = (
            directory / f"{directory.name}_frame{int(info[phase]):02d}_gt.nii.gz"
            for phase in ("ED", "ES")
        )
        frames = [
            frame if frame.exists() else frame.with_suffix("") for frame in frames
        ]  # .nii too
        subjects.append(
            Subject(directory.name, ACDC_GROUPS[info["Group"]], *frames, label=2, right_ventricle=1)
        )
    return check_subjects(subjects, path)


def check_subjects(subjects, origin):
    """Return the subjects if they can be trained on.

    Raises:
        CohortError: none at all, one class only, an id twice, a file that does not exist, a group
            too small to be split.
    """
    if not subjects:
        raise CohortError(
            f"{origin} holds no subject of a known group; data/README.md says what belongs there"
        )
    sizes = collections.Counter(subject.group for subject in subjects)
    if len(sizes) < 2:
        raise CohortError(
            f"{origin}: every subject is {subjects[0].group!r}; a classifier needs two groups"
        )
    seen = set()
    for subject in subjects:
        if subject.id in seen:
            raise CohortError(f"{origin}: {subject.id} is listed twice; keep one line of it")
        seen.add(subject.id)
        for file in (subject.ed, subject.es):
            if not file.is_file():
                raise CohortError(
                    f"{file} is missing, though {origin} lists it; restore it or its line"
                )
    if min(sizes.values()) < LEAST:
        found = ", ".join(f"{count} {group}" for group, count in sizes.items())
        raise CohortError(
            f"{origin} holds too few hearts to train, validate and test ({found}); give each group "
            f"at least {LEAST}"
        )
    return subjects


def load_labels(file, label):
    """Read a segmentation: (integer labels (i, j, k), affine (4, 4)).

    The third axis must run along the heart, as in every short-axis stack.

    Raises:
        CohortError: unreadable, not three-dimensional, not whole numbers, or without `label`.
    """
    try:
        image = nibabel.load(file)
        values = np.asanyarray(image.dataobj)
    except UNREADABLE as error:
        raise CohortError(f"{file} cannot be read as NIfTI ({error}); export it again") from error
    if values.ndim == 4 and values.shape[3] == 1:
        values = values[..., 0]
    if values.ndim != 3:
        raise CohortError(
            f"{file} has {values.ndim} dimensions; give one 3-D segmentation per phase"
        )
    if not np.isfinite(values).all() or (values != np.round(values)).any():
        raise CohortError(
            f"{file} holds values that are no labels (NaN or fractions); export labels"
        )
    if not np.isfinite(image.affine).all() or abs(np.linalg.det(image.affine[:3, :3])) < 1e-6:
        raise CohortError(
            f"{file} has an affine without volume; set its voxel sizes and directions"
        )
    labels = values.astype(np.int16)
    if not (labels == label).any():
        found = ", ".join(map(str, np.unique(labels)))
        raise CohortError(f"{file} has no voxel of label {label} (found: {found}); check the label")
    return labels, image.affine
