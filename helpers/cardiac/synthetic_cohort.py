"""The drawn cohort as files: NIfTI with a table that also holds the truth about each heart."""

import gzip
from collections.abc import Callable
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd

from helpers import files, paths, progress
from helpers.cardiac import anatomy, synthetic
from helpers.training import spec
from helpers.translation import text


def write(
    folder: Path, counts: dict[str, int], seed: int, tick: Callable[[], object] = lambda: None
) -> pd.DataFrame:
    """Write a cohort as NIfTI files with participants.tsv, and return its table.

    Args:
        folder: where to write; created.
        counts: {"healthy": number, "HCM": number}.
        seed: the same seed gives the same files' content.
        tick: called after each subject, for a progress bar.

    Returns:
        The table: participant_id, group, ed, es, sex, pattern, body_surface_m2, the generator's
        exact edv_ml, esv_ml, mass_g, max_wall_mm, and `truth_01` … `truth_17`, the mean wall
        thickness (mm) of each segment.
    """
    groups = [group for group, count in counts.items() for _ in range(count)]
    seeds = np.random.SeedSequence(seed).spawn(len(groups))
    rows = []
    for index, group in enumerate(groups):
        generator = np.random.default_rng(seeds[index])
        heart = synthetic.draw(generator, group)
        end_diastole, end_systole, affine = synthetic.rasterise(generator, heart)
        row: dict[str, object] = {"participant_id": f"sub-{index + 1:04d}", "group": group}
        for phase, labels in {"ed": end_diastole, "es": end_systole}.items():
            row[phase] = f"{row['participant_id']}_{phase}.nii.gz"
            content = gzip.compress(nibabel.Nifti1Image(labels, affine).to_bytes(), 1, mtime=0)
            with files.replacing(folder / row[phase]) as path:
                path.write_bytes(content)
        diastole = heart.end_diastole
        row |= {
            "sex": heart.sex,
            "pattern": heart.pattern,
            "body_surface_m2": round(heart.surface, 3),
            "edv_ml": round(diastole.cavity_volume(), 2),
            "esv_ml": round(heart.end_systole.cavity_volume(), 2),
            "mass_g": round(anatomy.DENSITY * diastole.wall_volume(), 2),
            "max_wall_mm": round(float(anatomy.true_thickness(diastole, heart.shear).max()), 2),
        }
        truth = anatomy.true_segments(diastole, heart.shear)
        row |= {f"truth_{segment:02d}": round(mm, 3) for segment, mm in enumerate(truth, start=1)}
        rows.append(row)
        tick()
    table = pd.DataFrame(rows)
    files.write_text(folder / "participants.tsv", table.to_csv(sep="\t", index=False))
    return table


def cached(counts: dict[str, int], seed: int) -> Path:
    """Return the folder of a cohort, written now unless this code has written it before.

    Arguments as for `write`; the folder's name holds them and a digest of the code that draws the
    hearts and computes the table. Where a file is not as it was written, all are written again.
    """
    code = spec.code_digest("helpers.cardiac.synthetic_cohort:write")
    name = "-".join(f"{group}{count}" for group, count in counts.items())
    folder = paths.DATA / "cardiac" / f"synthetic-{name}-seed{seed}-{code[:8]}"

    def draw() -> None:
        with progress.bar(sum(counts.values()), "drawing hearts", "heart") as bar:
            write(folder, counts, seed, bar.update)

    return files.made(folder, draw, "drawing the hearts again")


def true_change(table: pd.DataFrame) -> np.ndarray:
    """Return the true mean difference HCM − healthy in wall thickness, mm: (17,)."""
    walls = table[[f"truth_{segment:02d}" for segment in anatomy.SEGMENTS]]
    return (walls[table.group == "HCM"].mean() - walls[table.group == "healthy"].mean()).to_numpy()


def against_literature(table: pd.DataFrame) -> pd.DataFrame:
    """Return the drawn cohort beside published values: group, quantity, drawn, published."""
    index = table.mass_g / table.body_surface_m2
    table = table.assign(ef=100 * (1 - table.esv_ml / table.edv_ml), index=index)
    published = {
        ("healthy", "edv_ml", "end-diastolic volume (ml)"): ("160 ± 27", "132 ± 23"),
        ("healthy", "esv_ml", "end-systolic volume (ml)"): ("54 ± 14", "44 ± 11"),
        ("healthy", "ef", "ejection fraction (%)"): ("67 ± 5", "67 ± 5"),
        ("healthy", "mass_g", "mass (g)"): ("134 ± 21", "98 ± 21"),
        ("HCM", "index", "mass index (g/m²)"): ("104 ± 40", "89 ± 33"),
    }
    names = {"healthy": "healthy, {sex}", "HCM": "HCM, {sex}"}
    rows = []
    for (group, key, quantity), values in published.items():
        for sex, people, value in zip(("male", "female"), ("men", "women"), values, strict=True):
            chosen = table[(table.group == group) & (table.sex == sex)][key]
            if len(chosen):
                name = text(names[group], sex=people)
                rows.append((name, quantity, mean_and_deviation(chosen), value))
    ill = table[table.group == "HCM"]
    normal = ill["index"] < ill.sex.map({"male": 67 + 2 * 9, "female": 61 + 2 * 10})
    wall, septal = mean_and_deviation(ill.max_wall_mm), ill.pattern == "septal"
    rows.append(("HCM", "greatest wall thickness (mm)", wall, "18.5 ± 4.4"))
    rows.append(("HCM", "normal mass (%)", f"{100 * normal.mean():.0f}", "20"))
    rows.append(("HCM", "asymmetric septal (%)", f"{100 * septal.mean():.0f}", "75.6"))
    return pd.DataFrame(rows, columns=["group", "quantity", "drawn", "published"])


def mean_and_deviation(values: pd.Series) -> str:
    """Return the text "mean ± standard deviation" of a Series."""
    return text("{mean:.1f} ± {sd:.1f}", mean=values.mean(), sd=values.std())
