"""The drawn cohort as files: NIfTI with a table that also holds the truth about each heart."""

import concurrent.futures
import gzip
import itertools
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd

from helpers import files, paths, progress
from helpers.cardiac import anatomy, stacks, synthetic
from helpers.training import spec
from helpers.translation import text

PUBLISHED = {  # Kawel-Boehm et al., 2015; of HCM Olivotto et al., 2008
    ("healthy", "edv_ml", "end-diastolic volume (ml)"): {"male": "160 ± 27", "female": "132 ± 23"},
    ("healthy", "esv_ml", "end-systolic volume (ml)"): {"male": "54 ± 14", "female": "44 ± 11"},
    ("healthy", "ef", "ejection fraction (%)"): {"male": "67 ± 5", "female": "67 ± 5"},
    ("healthy", "mass_g", "mass (g)"): {"male": "134 ± 21", "female": "98 ± 21"},
    ("HCM", "index", "mass index (g/m²)"): {"male": "104 ± 40", "female": "89 ± 33"},
}
TRUTH = [f"truth_{segment:02d}" for segment in anatomy.SEGMENTS]
NORMAL_INDEX = {"male": 67 + 2 * 9, "female": 61 + 2 * 10}  # g/m², at most: Kawel-Boehm et al.


def write_cohort(
    folder: Path, counts: dict[str, int], seed: int, tick: Callable[[], object] = lambda: None
) -> pd.DataFrame:
    """Write a cohort as NIfTI files with participants.tsv, and return its table.

    It has the columns of a cohort and sex, pattern, body_surface_m2, the generator's exact edv_ml,
    esv_ml, mass_g, max_wall_mm, and `truth_01` … `truth_17`, each segment's mean thickness in mm.

    Args:
        folder: where to write; created.
        counts: {"healthy": number, "HCM": number}.
        seed: the same seed gives the same files' content.
        tick: called after each subject, for a progress bar.
    """
    groups = np.repeat(list(counts), list(counts.values()))
    seeds = np.random.SeedSequence(seed).spawn(len(groups))
    rows = []
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for row in pool.map(
            write_subject, itertools.repeat(folder), itertools.count(1), groups, seeds
        ):
            rows.append(row)
            tick()
    table = pd.DataFrame(rows).round(3)
    files.write_text(folder / "participants.tsv", table.to_csv(sep="\t", index=False))
    return table


def write_subject(folder: Path, number: int, group: str, seed: np.random.SeedSequence) -> dict:
    """Draw one subject, write both its files, and return its row of the table."""
    generator, name = np.random.default_rng(seed), f"sub-{number:04d}"
    heart = synthetic.draw(generator, str(group))
    end_diastole, end_systole, affine = stacks.rasterise(generator, heart)
    for phase, labels in {"ed": end_diastole, "es": end_systole}.items():
        content = gzip.compress(nibabel.Nifti1Image(labels, affine).to_bytes(), 1, mtime=0)
        with files.replacing(folder / f"{name}_{phase}.nii.gz") as path:
            path.write_bytes(content)
    diastole, systole = heart.end_diastole, heart.end_systole
    row = {
        "participant_id": name, "group": heart.group,
        "ed": f"{name}_ed.nii.gz", "es": f"{name}_es.nii.gz",
        "sex": heart.sex, "pattern": heart.pattern, "body_surface_m2": heart.surface,
        "edv_ml": diastole.cavity_volume(), "esv_ml": systole.cavity_volume(),
        "mass_g": anatomy.DENSITY * diastole.wall_volume(),
        "max_wall_mm": anatomy.true_thickness(diastole, heart.shear).max(),
    }  # fmt: skip
    return row | dict(zip(TRUTH, anatomy.true_segments(diastole, heart.shear), strict=True))


def cached(counts: dict[str, int], seed: int) -> Path:
    """Return the folder of a cohort, written now unless this code has written it before.

    Arguments as for `write_cohort`; the folder's name holds them and a digest of the code. Where a
    file is not as it was written, all are written again.
    """
    code = spec.code_digest("helpers.cardiac.synthetic_cohort:write_cohort")
    name = "-".join(f"{group}{count}" for group, count in counts.items())
    folder = paths.DATA / "cardiac" / f"synthetic-{name}-seed{seed}-{code[:8]}"

    def draw() -> None:
        with progress.bar(sum(counts.values()), "drawing hearts", "heart") as bar:
            write_cohort(folder, counts, seed, bar.update)

    return files.made(folder, draw, "drawing the hearts again")


def true_change(table: pd.DataFrame) -> np.ndarray:
    """Return the true mean difference HCM − healthy in wall thickness, mm: (17,)."""
    walls = table.groupby("group")[TRUTH].mean()
    return (walls.loc["HCM"] - walls.loc["healthy"]).to_numpy()


def against_literature(table: pd.DataFrame) -> pd.DataFrame:
    """Return the drawn cohort beside published values: group, quantity, drawn, published."""
    index = table.mass_g / table.body_surface_m2
    table = table.assign(ef=100 * (1 - table.esv_ml / table.edv_ml), index=index)
    rows = []
    for (group, key, quantity), values in PUBLISHED.items():
        for sex, people in {"male": "men", "female": "women"}.items():
            chosen = table[(table.group == group) & (table.sex == sex)][key]
            if len(chosen):
                name = text("healthy, {sex}" if group == "healthy" else "HCM, {sex}", sex=people)
                rows.append((name, quantity, mean_and_deviation(chosen), values[sex]))
    ill = table[table.group == "HCM"]
    normal = 100 * (ill["index"] < ill.sex.map(NORMAL_INDEX)).mean()
    wall, septal = mean_and_deviation(ill.max_wall_mm), 100 * (ill.pattern == "septal").mean()
    rows.append(("HCM", "greatest wall thickness (mm)", wall, "18.5 ± 4.4"))
    rows.append(("HCM", "normal mass (%)", f"{normal:.0f}", "20"))
    rows.append(("HCM", "asymmetric septal (%)", f"{septal:.0f}", "75.6"))
    return pd.DataFrame(rows, columns=["group", "quantity", "drawn", "published"])


def mean_and_deviation(values: pd.Series) -> str:
    """Return the text "mean ± standard deviation" of a Series."""
    return text("{mean:.1f} ± {sd:.1f}", mean=values.mean(), sd=values.std())
