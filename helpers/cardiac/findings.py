"""Tables and sentences of the cardiac notebook that are longer than a cell should be."""

import numpy as np
import pandas as pd
from scipy import stats

from helpers.cardiac import anatomy, evaluation, preparation, vae, vae_training, walk
from helpers.translation import text

# carlobiffi/lvae_mlp at 6835f62, jsons/config.json and models/lvae_mlp.py: the ladder network of
# 2020 by the same author, the only configuration of his that is published.
FOLLOW_UP = {
    "d": "64, 32, 2", "grid": "80³", "alpha": "0.02, 0.001, 0.0001", "beta": "0.001",
    "filters": "8, 16, 32, 64, 2", "units": "64", "rate": "0.0001", "batch": "16",
}  # fmt: skip
WALLS = "septum_mm", "lateral_mm"
RULE_HEADERS = {  # of `by_rule`, but for the number of walks and their steps
    "r_mean": "r, mean", "r_min": "r, least", "septum_mm": "septum (mm)",
    "lateral_mm": "lateral (mm)", "p_start": "p, start", "p_end": "p, end",
}  # fmt: skip


def choices(plan: vae_training.Training, grid: preparation.Grid, step: float) -> pd.DataFrame:
    """Return what could be read of the paper, its follow-up's configuration, and our choices."""
    unknown, same, design = "not known", FOLLOW_UP, plan.design
    size = text("{size}³, {spacing} mm", size=grid.size, spacing=grid.spacing)
    filters = ", ".join(str(factor * design.width) for factor in vae.FACTORS)
    units = text("{n}, dropout {rate}", n=vae.HIDDEN, rate=vae.DROPOUT)
    rows = [
        ("latent dimensions d", "64", same["d"], design.d),
        ("input", "two masks", "two masks", "two signed distances"),
        ("grid", unknown, same["grid"], size),
        ("filters of the encoder", unknown, same["filters"], filters),
        ("units of the classifier", unknown, same["units"], units),
        ("weight of KL, α", unknown, same["alpha"], design.alpha),
        ("weight of cross-entropy, β", unknown, same["beta"], design.beta),
        ("weight of distance, γ", "none", "none", design.gamma),
        ("smoothing of labels", unknown, "none", vae.SMOOTHING),
        ("optimiser", unknown, "Adam", "Adam, 1cycle"),
        ("learning rate", unknown, same["rate"], plan.learning_rate),
        ("batch", unknown, same["batch"], plan.batch),
        ("step of the ascent, λ", "0.1", "–", step),
    ]
    return pd.DataFrame(rows, columns=["choice", "paper", "follow-up", "here"])


def with_intervals(labels: np.ndarray, scores: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return a table of accuracy and AUC with 95 % bootstrap intervals, one row a classifier."""
    rows = []
    for name, p in scores.items():
        row = {"classifier": name}
        for title, metric in (("accuracy", evaluation.accuracy), ("AUC", evaluation.auc)):
            low, high = evaluation.interval(metric, labels, p)
            cell = "{value:.3f} ({low:.3f} – {high:.3f})"
            row[title] = text(cell, value=metric(labels, p), low=low, high=high)
        rows.append(row)
    return pd.DataFrame(rows)


def over_seeds(
    labels: np.ndarray, measured: list[dict[str, np.ndarray]]
) -> dict[str, float | None]:
    """Return {"dice_ed": mean over seeds, "dice_ed_sd": standard deviation or None, …}.

    Of Dice at ED and ES, accuracy and AUC; `measured` is what `evaluation.measure_hearts` returned
    for each seed.
    """
    dice = np.array([each["dice"].mean(0) for each in measured])  # (seeds, 2)
    p = np.array([each["p"] for each in measured])
    labels = np.broadcast_to(labels, p.shape)
    table = pd.DataFrame({
        "dice_ed": dice[:, 0], "dice_es": dice[:, 1],
        "accuracy": evaluation.accuracy(labels, p), "auc": evaluation.auc(labels, p),
    })  # fmt: skip
    spread = table.std().add_suffix("_sd")
    return {name: or_none(value) for name, value in pd.concat([table.mean(), spread]).items()}


def gather_dice(
    trained: dict[tuple[int, bool], list[dict[str, np.ndarray]]],
    components: dict[bool, dict[str, np.ndarray]],
    sizes: list[int],
) -> dict[tuple[str, int, bool], list[np.ndarray]]:
    """Return {(model, d, posed): [Dice (n, 2) of each seed]} of networks and of components.

    Args:
        trained: {(d, posed): [what `evaluation.measure_hearts` returned for each seed]}.
        components: {posed: what `evaluation.measure_components` returned for `sizes`}.
        sizes: d of the components.
    """
    dice = {("VAE", *key): [each["dice"] for each in seeds] for key, seeds in trained.items()}
    for posed, measured in components.items():
        for name in ("distances", "masks"):
            for d, scores in zip(sizes, measured[name], strict=True):
                dice[f"PCA of {name}", d, posed] = [scores]
    return dice


def compactness(dice: dict[tuple[str, int, bool], list[np.ndarray]]) -> pd.DataFrame:
    """Return Dice against d, a row a model, of what `gather_dice` returned.

    Means dice_ed and dice_es, standard deviations ed_sd and es_sd over seeds (NaN of one), standard
    errors ed_error and es_error over the test hearts.
    """
    rows = []
    for (model, d, posed), seeds in dice.items():
        row = {"model": model, "d": d, "posed": posed, "seeds": len(seeds)}
        for phase, values in zip(("ed", "es"), np.moveaxis(np.array(seeds), -1, 0), strict=True):
            row[f"dice_{phase}"] = values.mean()  # values: (seeds, hearts)
            row[f"{phase}_sd"] = pd.Series(values.mean(1)).std()
            row[f"{phase}_error"] = stats.sem(values.mean(0))
        rows.append(row)
    return pd.DataFrame(rows)


def dice_table(compactness: pd.DataFrame) -> pd.DataFrame:
    """Return what a reader is shown of the rows of `compactness`: d, Dice and standard errors."""
    headers = {
        "model": "reconstruction", "d": "d", "seeds": "trainings", "dice_ed": "Dice ED",
        "ed_error": "± ED", "dice_es": "Dice ES", "es_error": "± ES",
    }  # fmt: skip
    return compactness[list(headers)].rename(columns=headers)


def ahead(dice: dict[tuple[str, int, bool], list[np.ndarray]]) -> pd.DataFrame:
    """Return the Dice of networks less that of as many components of the distances, a row each.

    Intervals (95 %) are those of the hearts' paired differences.
    """
    rows = []
    for (model, d, posed), seeds in dice.items():
        if not model.startswith("PCA"):
            difference = np.mean(seeds, 0) - dice["PCA of distances", d, posed][0]
            ed, es = (
                text("{mean:+.4f} ± {half:.4f}", mean=values.mean(), half=1.96 * stats.sem(values))
                for values in difference.T
            )
            pose = "turned and shifted" if posed else "upright"
            rows.append((model, pose, d, len(seeds), ed, es))
    return pd.DataFrame(rows, columns=["model", "pose", "d", "trainings", "ED", "ES"])


def walks(measured: list[dict[str, np.ndarray]], truth: np.ndarray) -> pd.DataFrame:
    """Return a row for each walk: rule, training, steps, p, change of the walls, r with the truth.

    Args:
        measured: what `walk.measure_walks` returned for each training.
        truth: (17,) true change in mm, NaN if unknown.
    """
    tables = []
    for number, values in enumerate(measured):
        table = pd.DataFrame({name: values[name] for name in ("steps", "p_start", "p_end")})
        table["rule"], table["training"] = np.array(walk.RULES)[values["rule"]], number
        table[list(WALLS)] = [anatomy.septum_and_lateral(change) for change in values["change"]]
        table["r"] = [evaluation.correlation(change, truth) for change in values["change"]]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)


def by_rule(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `walks` summed up: rule, n, r_mean, r_min, and means of the others."""
    groups = table.groupby("rule", sort=False)
    result = groups["r"].agg(n="size", r_mean="mean", r_min="min")
    return result.join(groups[[*WALLS, "steps", "p_start", "p_end"]].mean()).reset_index()


def with_truth(rules: pd.DataFrame, truth: np.ndarray) -> pd.DataFrame:
    """Return the rows of `by_rule`, and one with the true change (17,) in mm if it is known."""
    walls = dict(zip(WALLS, anatomy.septum_and_lateral(truth), strict=True))
    row = pd.DataFrame([{"rule": "true difference", **walls}]).dropna()
    rules = rules.rename(columns={"n": "walks"}).astype(object)
    return pd.concat([rules, row], ignore_index=True)


def thickness_error(
    measured: np.ndarray, true: np.ndarray, labels: np.ndarray
) -> tuple[float, float]:
    """Return how well walls (n, 17) in mm are measured: (mean error, slope of the difference).

    The slope is that of the groups' measured difference over the true one, segment by segment.
    """
    difference, true_difference = (
        pd.DataFrame(walls[labels == 1]).mean() - pd.DataFrame(walls[labels == 0]).mean()
        for walls in (measured, true)
    )  # whose means pass over missing segments
    slope = stats.linregress(true_difference, difference, nan_policy="omit").slope
    return float(np.nanmean(measured - true)), float(slope)


def segment_changes(changes: np.ndarray, truth: np.ndarray) -> pd.DataFrame:
    """Return a row for each AHA segment: change over walks, mean ± SD, and the truth.

    Args:
        changes: (walks, 17), mm; truth: (17,), NaN if unknown.
    """
    over_walks = pd.DataFrame(changes).agg(["mean", "std"]).T  # which pass over missing segments
    cells = [
        None if np.isnan(mean) else text("{mean:.1f} ± {sd:.1f}", mean=mean, sd=sd)
        for mean, sd in over_walks.itertuples(index=False)
    ]
    table = pd.DataFrame({"segment": anatomy.SEGMENTS.keys(), "name": anatomy.SEGMENTS.values()})
    table = table.assign(**{"change (mm)": cells, "true difference (mm)": truth})
    return table if np.isfinite(truth).all() else table.drop(columns="true difference (mm)")


def records(table: pd.DataFrame) -> list[dict]:
    """Return a table's rows as results can hold them: None where a number is missing."""
    return table.astype(object).where(table.notna(), None).to_dict("records")


def or_none(value: float) -> float | None:
    """Return a number as results can hold it: None where it is not one."""
    return None if np.isnan(value) else float(value)
