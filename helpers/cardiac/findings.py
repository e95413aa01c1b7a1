"""Tables and sentences of the cardiac notebook that are longer than a cell should be."""

import numpy as np
import pandas as pd

from helpers.cardiac import anatomy, evaluation, preparation, training, vae, walk
from helpers.translation import text

# carlobiffi/lvae_mlp at 6835f62, jsons/config.json and models/lvae_mlp.py: the ladder network of
# 2020 by the same author, the only configuration of his that is published.
FOLLOW_UP = {
    "d": "64, 32, 2", "grid": "80³", "alpha": "0.02, 0.001, 0.0001", "beta": "0.001",
    "filters": "8, 16, 32, 64, 2", "units": "64", "rate": "0.0001", "batch": "16",
}  # fmt: skip


def choices(
    design: vae.Design, recipe: training.Recipe, grid: preparation.Grid, step: float
) -> pd.DataFrame:
    """Return what could be read of the paper, its follow-up's configuration, and our choices."""
    unknown, same = "not known", FOLLOW_UP
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
        ("optimiser", unknown, "Adam", "AdamW, 1cycle"),
        ("learning rate", unknown, same["rate"], recipe.learning_rate),
        ("batch", unknown, same["batch"], recipe.batch),
        ("step of the ascent, λ", "0.1", "–", step),
    ]
    return pd.DataFrame(rows, columns=["choice", "paper", "follow-up", "here"])


def with_spread(dice: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return a table of {name: Dice (n, 2)}: mean ± SD for ED and ES."""
    cell = "{mean:.3f} ± {sd:.3f}"
    rows = [
        (name, *(text(cell, mean=v.mean(), sd=v.std(ddof=1)) for v in values.T))
        for name, values in dice.items()
    ]
    return pd.DataFrame(rows, columns=["reconstruction", "Dice ED", "Dice ES"])


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


def over_seeds(values: dict[str, list[float]]) -> dict[str, float | None]:
    """Return {name: mean, "name_sd": standard deviation or None} of {name: value of each seed}."""
    result = {}
    for name, each in values.items():
        result |= {name: float(np.mean(each)), f"{name}_sd": None}
        if len(each) > 1:
            result[f"{name}_sd"] = float(np.std(each, ddof=1))
    return result


def compactness(
    vae_dice: dict[tuple[int, bool], list[np.ndarray]],
    components: dict[bool, dict[str, np.ndarray]],
    sizes: dict[bool, list[int]],
) -> pd.DataFrame:
    """Return Dice against d: model, d, posed, dice_ed, dice_es, seeds; one row a model and size.

    Args:
        vae_dice: {(d, posed): [Dice (n, 2) of each seed]}.
        components: {posed: what `evaluation.measure_components` returned}.
        sizes: {posed: d of its rows}.
    """
    rows = []
    for (d, posed), over_seeds in vae_dice.items():
        rows.append(("VAE", d, posed, *np.mean(over_seeds, (0, 1)), len(over_seeds)))
    for posed, measured in components.items():
        for name in ("distances", "masks"):
            for d, values in zip(sizes[posed], measured[name], strict=True):
                if (d, posed) in vae_dice:
                    rows.append((f"PCA of {name}", d, posed, *values.mean(0), 1))
    columns = ["model", "d", "posed", "dice_ed", "dice_es", "seeds"]
    return pd.DataFrame(rows, columns=columns)


def about_compactness(table: pd.DataFrame) -> list[str]:
    """Return how far the VAE is ahead of the components of distances, a text a pose and d."""
    scores = table.pivot(index=["posed", "d"], columns="model", values=["dice_ed", "dice_es"])
    sentences = []
    for (posed, d), row in scores.iterrows():
        template = "upright hearts, d = {d}, {ed:+.3f} (ED) and {es:+.3f} (ES)"
        if posed:
            template = "hearts turned and shifted, d = {d}, {ed:+.3f} (ED) and {es:+.3f} (ES)"
        ed, es = (
            round(row[phase, "VAE"] - row[phase, "PCA of distances"], 3) + 0.0
            for phase in ("dice_ed", "dice_es")
        )
        sentences.append(text(template, d=d, ed=ed, es=es))
    return sentences


def walks(measured: list[dict[str, np.ndarray]], truth: np.ndarray | None) -> pd.DataFrame:
    """Return a row for each walk: rule, training, steps, p, change of the walls, r with the truth.

    Args:
        measured: what `walk.measure_walks` returned for each training.
        truth: (17,) true change in mm, or None.
    """
    rows = []
    for number, values in enumerate(measured):
        for index, change in enumerate(values["change"]):
            r = np.nan if truth is None else evaluation.correlation(change, truth)
            ends = values["steps"][index], values["p_start"][index], values["p_end"][index]
            rule = walk.RULES[values["rule"][index]]
            rows.append((rule, number, *ends, *anatomy.septum_and_lateral(change), r))
    columns = ["rule", "training", "steps", "p_start", "p_end", "septum_mm", "lateral_mm", "r"]
    return pd.DataFrame(rows, columns=columns)


def by_rule(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `walks` summed up: rule, n, r_mean, r_min, and means of the others."""
    groups = table.groupby("rule", sort=False)
    result = groups[["septum_mm", "lateral_mm", "steps", "p_start", "p_end"]].mean()
    result.insert(0, "n", groups.size())
    result.insert(1, "r_mean", groups["r"].mean())
    result.insert(2, "r_min", groups["r"].min())
    return result.reset_index()


def with_truth(rules: pd.DataFrame, truth: np.ndarray | None) -> pd.DataFrame:
    """Return the rows of `by_rule`, and one with the true change (17,) in mm where it is known."""
    if truth is None:
        return rules
    septum, lateral = anatomy.septum_and_lateral(truth)
    row = {"rule": "true difference", "septum_mm": septum, "lateral_mm": lateral}
    return pd.concat([rules.astype(object), pd.DataFrame([row])], ignore_index=True)


def segments(changes: np.ndarray, truth: np.ndarray | None) -> pd.DataFrame:
    """Return a row for each AHA segment: change over walks, mean ± SD, and the truth if known.

    Args:
        changes: (walks, 17), mm; truth: (17,) or None.
    """
    frame = pd.DataFrame(changes, columns=list(anatomy.SEGMENTS))
    rows = [
        (number, name, text("{mean:.1f} ± {sd:.1f}", mean=frame[number].mean(),
                            sd=frame[number].std()))
        for number, name in anatomy.SEGMENTS.items()
    ]  # fmt: skip
    table = pd.DataFrame(rows, columns=["segment", "name", "change (mm)"])
    return table if truth is None else table.assign(**{"true difference (mm)": truth})


def or_none(value: float) -> float | None:
    """Return a number as results can hold it: None where it is not one."""
    return None if np.isnan(value) else float(value)
