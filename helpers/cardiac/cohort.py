"""Cohorts of segmented left ventricles: a folder with a table, or ACDC and M&Ms as downloaded.

A cohort is a list of `Subject`; no volume is read here. Readers raise one `CohortError` for every
fault: no table or a bad one, an unknown group, an id that stands twice, files that do not exist.
"""

import collections
import dataclasses
import re
from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from helpers import inputs, paths

COLUMNS = ("participant_id", "group", "ed", "es")
FRAMES = ("ed_frame", "es_frame")
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
    ed_frame: int | None = None  # from 0, in a file that holds several volumes
    es_frame: int | None = None
    labels: Labels = Labels()


def own(
    kind: str, name: str, groups: Sequence[str] = GROUPS, labels: Labels = Labels()
) -> list[Subject]:
    """Return the subjects of a user's cohort, and note its files as inputs of the notebook.

    Args:
        kind: "acdc", "mnms", or "folder" for a directory with a table.
        name: of the directory in data/; what is added to it counts too.
        groups: names of the healthy and of the other group; other subjects are left out.
        labels: of a folder's segmentations.
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
    """Return the subjects that `participants.tsv` in a directory lists.

    Its columns are participant_id, group, ed and es (file names), and for files of several volumes
    ed_frame and es_frame, from 0.
    """
    origin = Path(path) / "participants.tsv"
    table = read_table(origin, COLUMNS)
    files = table[["ed", "es"]].map(lambda name: Path(path) / str(name))
    return checked(table.assign(**files), origin, groups, labels)


def from_acdc(path: Path, groups: Sequence[str]) -> list[Subject]:
    """Return the subjects of ACDC, its files in any arrangement below `path`.

    `Info.cfg` in each patient's folder names the group and the frames of end-diastole and
    end-systole; the segmentations are `patientNNN_frameNN_gt.nii.gz`, or without `.gz`.
    """
    masks = {file.name.split(".")[0]: file for file in below(path, "patient*_gt.nii*")}
    configs = {config.parent.name: config for config in below(path, "Info.cfg")}
    for name, file in masks.items():
        patient = name.split("_")[0]
        if patient not in configs:
            raise CohortError(
                f"{file}: Info.cfg is missing, wanted in a folder {patient}; copy it from ACDC"
            )
    rows = []
    for patient, config in sorted(configs.items()):
        fields = read_config(config)
        names = [f"{patient}_frame{int(fields[phase]):02d}_gt" for phase in ("ED", "ES")]
        files = [masks.get(name, config.parent / f"{name}.nii.gz") for name in names]
        rows.append((patient, fields["Group"], *files))
    return checked(pd.DataFrame(rows, columns=list(COLUMNS)), path, groups, ACDC)


def read_config(config: Path) -> dict[str, str]:
    """Return the fields of ACDC's Info.cfg, among them Group, and the numbers ED and ES."""
    content = config.read_bytes()
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    text = content.decode(encoding, errors="replace")
    fields = dict(re.findall(r"^\s*(\w+)\s*:\s*(\S+)", text, re.MULTILINE))
    for name, pattern in {"Group": r"\S+", "ED": r"\d+", "ES": r"\d+"}.items():
        if not re.fullmatch(pattern, fields.get(name, "")):
            fault = f"has {name}: {fields[name]}" if name in fields else f"lacks {name}"
            raise CohortError(f"{config} {fault}; unpack ACDC's training archive again")
    return fields


def from_mnms(path: Path, groups: Sequence[str]) -> list[Subject]:
    """Return the subjects of M&Ms (Campello et al., 2021), its folders as they are unpacked.

    A table `*.csv` names Pathology and the volumes ED and ES (from 0) of each External code, whose
    4-D segmentation is `CODE_sa_gt.nii.gz`; subjects without one, as in Unlabeled, are left out.
    """
    tables = below(path, "*.csv") or [Path(path) / "*.csv"]
    table = read_table(tables[0], MNMS_COLUMNS, ",")[list(MNMS_COLUMNS)]
    table.columns = ["participant_id", "group", *FRAMES]
    masks = {file.name.split("_")[0]: file for file in below(path, "*_sa_gt.nii*")}
    files = table.participant_id.map(masks)
    return checked(table.assign(ed=files, es=files).dropna(subset="ed"), path, groups, MNMS)


def read_table(path: Path, columns: Sequence[str], separator: str = "\t") -> pd.DataFrame:
    """Return a table of texts, and of numbers where it tells frames, with at least `columns`."""
    kinds = collections.defaultdict(lambda: "str", dict.fromkeys([*FRAMES, "ED", "ES"], "Int64"))
    needed = ", ".join(columns)
    try:
        table = pd.read_csv(path, sep=separator, dtype=kinds, encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise CohortError(f"{path} is missing; it lists the columns {needed}") from error
    except ValueError as error:  # empty, not UTF-8, uneven lines, a frame that is no number
        raise CohortError(f"{path} is no table ({error}); separate by {separator!r}") from error
    for column in columns:
        if column not in table:
            raise CohortError(f"{path} lacks the column {column!r}; it needs {needed}")
    return table


def below(path: Path, pattern: str) -> list[Path]:
    """Return the files below a folder, in a stable order, without macOS's twins of each."""
    files = sorted(Path(path).rglob(pattern))  # .nii before .nii.gz
    return [file for file in files if file.name[0] != "." and "__MACOSX" not in file.parts]


def checked(
    table: pd.DataFrame, origin: Path, groups: Sequence[str], labels: Labels
) -> list[Subject]:
    """Return the subjects of two groups of a table, which came from `origin`.

    Its columns are `COLUMNS` with paths as ed and es, and perhaps `FRAMES`.
    """
    if table.empty:
        raise CohortError(f"{origin} holds no subject; data/README.md says what belongs there")
    counts = table.group.value_counts(sort=False)
    for group in groups:
        if group not in counts:
            known = ", ".join(counts.index)
            raise CohortError(f"{origin} holds no subject of the group {group!r}; it has {known}")
    table = table[table.group.isin(groups)].reindex(columns=[*COLUMNS, *FRAMES])
    twice = table.participant_id[table.participant_id.duplicated()]
    if len(twice):
        raise CohortError(f"{origin}: {', '.join(twice)} stands there twice; keep one of each")
    missing = ", ".join(str(file) for file in [*table.ed, *table.es] if not file.is_file())
    if missing:
        raise CohortError(f"{missing} missing, though {origin} lists it; restore it or its line")
    if counts[list(groups)].min() < LEAST:
        sizes = ", ".join(f"{counts[group]} {group}" for group in groups)
        raise CohortError(
            f"{origin} holds too few hearts to train, validate and test ({sizes}); give each group "
            f"at least {LEAST}"
        )
    rows = table.astype(object).where(table.notna(), None).itertuples(index=False)
    return [dataclasses.replace(Subject(*row), labels=labels) for row in rows]
