"""Cohorts of segmented left ventricles: a folder with a table, or ACDC and M&Ms as downloaded.

A cohort is a list of `Subject`; no volume is read before `segmentation.read` is called, so a cohort
of any size costs no memory. Every fault of the data is one `CohortError` that names the file.
"""

import collections
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from helpers import inputs, paths

COLUMNS = ("participant_id", "group", "ed", "es")
MNMS_COLUMNS = ("External code", "Pathology", "ED", "ES")
GROUPS = ("healthy", "HCM")
# Hearts of a group: of six the split gives two to the test, so that its figures have intervals, one
# to the validation and three to the training.
LEAST = 6
NORMAL = "NOR"  # what ACDC and M&Ms call the healthy


class CohortError(ValueError):
    """The data cannot be used: the message names the file, the fault and the remedy."""


@dataclasses.dataclass(frozen=True)
class Labels:
    """What the numbers of a segmentation mean; 0 where a structure is not segmented."""

    structure: int = 2  # to learn: muscle, or cavity
    cavity: int = 0
    right_ventricle: int = 0  # where the septal direction is to be found


ACDC = Labels(2, 3, 1)  # Bernard et al., 2018
MNMS = Labels(2, 1, 3)  # Campello et al., 2021


@dataclasses.dataclass(frozen=True)
class Subject:
    """One heart: its segmentations at end-diastole and end-systole."""

    id: str
    group: str
    ed: Path
    es: Path
    labels: Labels = Labels()
    ed_frame: int | None = None  # from 0, in a file that holds several volumes
    es_frame: int | None = None


def own(
    kind: str, name: str, groups: Sequence[str] = GROUPS, labels: Labels = Labels()
) -> list[Subject]:
    """Return the subjects of a user's cohort, and note its files as inputs of the notebook.

    Args:
        kind: "acdc", "mnms", or "folder" for a directory with a table.
        name: of the directory in data/; what is added to it counts too.
        groups: names of the healthy and of the other group; other subjects are left out.
        labels: of a folder's segmentations.

    Raises:
        CohortError: as the readers below.
    """
    path = paths.DATA / name
    inputs.used(path)
    if kind == "folder":
        subjects = from_folder(path, groups, labels)
    else:
        names = [NORMAL if group == "healthy" else group for group in groups]
        subjects = {"acdc": from_acdc, "mnms": from_mnms}[kind](path, names)
    for subject in subjects:
        for file in (subject.ed, subject.es):  # a table may name files that lie elsewhere
            inputs.used(file)
    return subjects


def from_folder(
    path: Path, groups: Sequence[str] = GROUPS, labels: Labels = Labels()
) -> list[Subject]:
    """Return the subjects of a directory with `participants.tsv`.

    Args:
        path: directory; its table has the columns participant_id, group, ed and es (file names),
            and for files of several volumes ed_frame and es_frame, from 0.
        groups: names of the two groups to take.
        labels: of every segmentation.

    Raises:
        CohortError: no table, a missing column or file, an id twice, an unknown group.
    """
    table_path = Path(path) / "participants.tsv"
    if not table_path.exists():
        raise CohortError(f"{table_path} is missing; it lists the columns {', '.join(COLUMNS)}")
    table = read_table(table_path, COLUMNS, "\t")
    subjects = [
        Subject(
            row["participant_id"], row["group"], Path(path) / row["ed"], Path(path) / row["es"],
            labels, *(number(row.get(f"{phase}_frame"), table_path) for phase in ("ed", "es")),
        )
        for row in table.to_dict("records")
    ]  # fmt: skip
    return checked(subjects, table_path, groups)


def from_acdc(path: Path, groups: Sequence[str]) -> list[Subject]:
    """Return the subjects of ACDC, its files in any arrangement below `path`.

    `Info.cfg` in each patient's folder names the group and the frames of end-diastole and
    end-systole; the segmentations are `patientNNN_frameNN_gt.nii.gz`, or without `.gz`.

    Raises:
        CohortError: no patients, a missing or incomplete Info.cfg, a missing segmentation.
    """
    masks = {file.name.split(".")[0]: file for file in below(path, "patient*_gt.nii*")}
    configs = {config.parent.name: config for config in below(path, "Info.cfg")}
    for file in masks.values():
        patient = file.name.split("_")[0]
        if patient not in configs:
            raise CohortError(
                f"{file}: Info.cfg is missing, wanted in a folder {patient}; copy it from ACDC"
            )
    subjects = []
    for patient, config in sorted(configs.items()):
        group, *frames = acdc_information(config)
        names = [f"{patient}_frame{frame:02d}_gt" for frame in frames]
        ed, es = (masks.get(name, config.parent / f"{name}.nii.gz") for name in names)
        subjects.append(Subject(patient, group, ed, es, ACDC))
    return checked(subjects, path, groups)


def acdc_information(config: Path) -> tuple[str, int, int]:
    """Return (group, frame of end-diastole, frame of end-systole) of an Info.cfg.

    Raises:
        CohortError: a line is missing, or a frame no number.
    """
    content = config.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = content.decode(encoding, errors="replace")
    lines = dict(re.findall(r"^\s*(\w+)\s*:\s*(\S+)", text, re.MULTILINE))
    for name in ("Group", "ED", "ES"):
        if name not in lines or (name != "Group" and not lines[name].isdecimal()):
            fault = f"has {name}: {lines[name]}" if name in lines else f"lacks {name}"
            raise CohortError(f"{config} {fault}; unpack ACDC's training archive again")
    return lines["Group"], int(lines["ED"]), int(lines["ES"])


def from_mnms(path: Path, groups: Sequence[str]) -> list[Subject]:
    """Return the subjects of M&Ms (Campello et al., 2021), its folders as they are unpacked.

    A table `*.csv` names Pathology and the volumes ED and ES (from 0) of each External code, whose
    4-D segmentation is `CODE_sa_gt.nii.gz`; subjects without one, as in Unlabeled, are left out.

    Raises:
        CohortError: no table, a missing column, a frame that is no number.
    """
    tables = below(path, "*.csv")
    if not tables:
        raise CohortError(f"{path} holds no table of M&Ms (.csv); copy it from the download")
    table = read_table(tables[0], MNMS_COLUMNS, ",")
    masks = {file.name.split("_")[0]: file for file in below(path, "*_sa_gt.nii*")}
    subjects = []
    for code, group, *frames in table[list(MNMS_COLUMNS)].itertuples(index=False):
        if code in masks:
            ed_frame, es_frame = (number(frame, tables[0]) for frame in frames)
            file = masks[code]
            subjects.append(Subject(code, group, file, file, MNMS, ed_frame, es_frame))
    return checked(subjects, path, groups)


def read_table(path: Path, columns: Sequence[str], separator: str) -> pd.DataFrame:
    """Return a table of texts that has at least `columns`.

    Raises:
        CohortError: the file is no such table.
    """
    try:
        table = pd.read_csv(path, sep=separator, dtype=str, encoding="utf-8-sig").fillna("")
    except ValueError as error:  # empty, not UTF-8, or uneven lines
        raise CohortError(f"{path} is no table ({error}); separate by {separator!r}") from error
    for column in columns:
        if column not in table:
            raise CohortError(f"{path} lacks the column {column!r}; it needs {', '.join(columns)}")
    return table


def number(frame: str | None, table: Path) -> int | None:
    """Return a frame's number from a table, None where there is none.

    Raises:
        CohortError: the text is no number.
    """
    if not frame:
        return None
    if not frame.removesuffix(".0").isdecimal():
        raise CohortError(f"{table}: the frame {frame!r} is no number from 0; correct it")
    return int(frame.removesuffix(".0"))


def below(path: Path, pattern: str) -> list[Path]:
    """Return the files below a folder, in a stable order, without macOS's twins of each."""
    files = sorted(Path(path).rglob(pattern))  # .nii before .nii.gz
    return [file for file in files if file.name[0] != "." and "__MACOSX" not in file.parts]


def checked(subjects: list[Subject], origin: Path, groups: Sequence[str]) -> list[Subject]:
    """Return the subjects of the two groups if they can be trained on.

    Raises:
        CohortError: a group is absent or too small to be split, an id stands twice, or files do not
            exist, all of which are named.
    """
    counts = collections.Counter(subject.group for subject in subjects)
    if not subjects:
        raise CohortError(f"{origin} holds no subject; data/README.md says what belongs there")
    for group in groups:
        if group not in counts:
            raise CohortError(
                f"{origin} holds no subject of the group {group!r}; it has {', '.join(counts)}"
            )
    subjects = [with_files(subject) for subject in subjects if subject.group in groups]
    ids = collections.Counter(subject.id for subject in subjects)
    twice = [name for name, count in ids.items() if count > 1]
    if twice:
        raise CohortError(f"{origin}: {', '.join(twice)} stands there twice; keep one of each")
    files = [file for subject in subjects for file in (subject.ed, subject.es)]
    missing = [str(file) for file in files if not file.is_file()]
    if missing:
        raise CohortError(
            f"{', '.join(missing)} missing, though {origin} lists it; restore it or its line"
        )
    if min(counts[group] for group in groups) < LEAST:
        sizes = ", ".join(f"{counts[group]} {group}" for group in groups)
        raise CohortError(
            f"{origin} holds too few hearts to train, validate and test ({sizes}); give each group "
            f"at least {LEAST}"
        )
    return subjects


def with_files(subject: Subject) -> Subject:
    """Return the subject, each missing file replaced by its compressed or unpacked twin."""
    twins = {}
    for phase in ("ed", "es"):
        file = getattr(subject, phase)
        twin = file.with_suffix("") if file.suffix == ".gz" else file.with_name(f"{file.name}.gz")
        twins[phase] = twin if not file.is_file() and twin.is_file() else file
    return dataclasses.replace(subject, **twins)
