"""Tables and sentences of the cardiac notebook that are longer than a cell should be."""

import numpy as np
import pandas as pd

from helpers.cardiac import anatomy, ascent, evaluation, vae
from helpers.translation import text


def choices(settings, grid, step):
    """Return what could be read of the paper beside what is chosen here, and why."""
    same, unknown = "as in the paper", "not known"
    size = text("{size}³, {spacing} mm", size=grid.size, spacing=grid.spacing)
    filters = ", ".join(str(settings.width * factor) for factor in vae.FACTORS)
    units = text("{n} units, dropout", n=vae.HIDDEN)
    few = same if settings.d == 64 else "few hearts"
    distances, both = "two signed distances", "linear + convolutional"
    rows = [
        ("latent dimensions", "64", settings.d, few),
        ("input", "two masks", distances, "surfaces finer than a voxel"),
        ("grid", unknown, size, "holds every heart"),
        ("decoder", "convolutional", both, "measured below"),
        ("filters of the four convolutions", unknown, filters, "trains on two cores"),
        ("classifier", unknown, units, "keeps the slope of the walk"),
        ("weight of KL, α", unknown, settings.alpha, "small: shapes lead"),
        (
            "warm-up of α, share of steps",
            unknown,
            f"{settings.warm_up:.0%}",
            "shapes first, then order",
        ),
        ("weight of cross-entropy, β", unknown, settings.beta, "shape leads, labels follow"),
        ("weight of distance, γ", "none", settings.gamma, "a slope where Dice is flat"),
        ("optimiser", unknown, "AdamW, 1cycle", "few epochs"),
        ("epochs", unknown, settings.epochs, "the time of the profile"),
        ("learning rate", unknown, settings.learning_rate, "the default of Adam"),
        ("batch", unknown, settings.batch, "fits every machine"),
        ("step of the ascent, λ", "0.1", step, same if step == 0.1 else ""),
    ]
    return pd.DataFrame(rows, columns=["choice", "paper", "here", "reason"])


def with_spread(dice):
    """Return a table of {name: Dice (n, 2)}: mean ± SD for ED and ES."""
    cell = "{mean:.3f} ± {sd:.3f}"
    rows = [
        (name, *(text(cell, mean=v.mean(), sd=v.std()) for v in values.T))
        for name, values in dice.items()
    ]
    return pd.DataFrame(rows, columns=["reconstruction", "Dice ED", "Dice ES"])


def with_intervals(labels, scores):
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


def walks(walked, spacing, truth):
    """Return a table of walks: steps, probabilities, distance from the data, agreement with truth.

    Args:
        walked: {name: (path (t, d), probability of the target (t,), sign, decode, training codes)};
            sign is −1 for downhill, decode turns codes into distances (n, s, s, s, 2).
        truth: (17,) true change in mm, or None.
    """
    rows = []
    for name, (path, p, sign, decode, known) in walked.items():
        thickness = ascent.thickness_along(decode(path[[0, -1]])[..., 0], spacing)
        change = sign * (thickness[1] - thickness[0])
        away = ascent.off_manifold(path[[0, -1]], known)
        r = np.nan if truth is None else evaluation.correlation(change, truth)
        sides = anatomy.septum_and_lateral(change)
        rows.append((name, len(path) - 1, p[0], p[-1], *away, *sides, r))
    columns = [
        "walk", "steps", "p, start", "p, end", "off, start", "off, end",
        "septum (mm)", "lateral (mm)", "r",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def about_walks(table):
    """Return sentences on the rows of `walks`: the farthest end, the prior, the thickest wall."""
    away, septum = table["off, end"], table["septum (mm)"]
    sentences = [
        text(
            "Farthest from the data, {far:.2f} times the usual distance, ends the walk: "
            "{farthest}. The prior takes the end of the first walk from {before:.2f} to "
            "{after:.2f}.",
            far=away.max(), farthest=table["walk"][away.idxmax()],
            before=away[0], after=away[1],
        )
    ]  # fmt: skip
    if septum.notna().any():  # cavities have no wall
        thickest = table["walk"][septum.idxmax()]
        most = "The septum grows most, by {mm:.1f} mm, in: {thickest}."
        sentences.append(text(most, mm=septum.max(), thickest=thickest))
    return sentences


def stored(value):
    """Return a number as results can hold it: None where it is not one."""
    return None if np.isnan(value) else float(value)


def over_seeds(repeats):
    """Return a sentence on rows of (name, seed, figures …): mean ± SD over the seeds of a name."""
    parts = []
    for decoder, rows in repeats.dropna(axis=1).groupby(repeats.columns[0], sort=False):
        figures = [
            text("{name} {mean:.3f} ± {sd:.3f}", name=name, mean=values.mean(), sd=values.std())
            if len(values) > 1
            else text("{name} {mean:.3f}", name=name, mean=values.mean())
            for name, values in rows.iloc[:, 2:].items()
        ]
        parts.append(text("{name}: {figures}", name=decoder, figures=figures))
    return text("Mean ± standard deviation over the seeds: {list}.", list=parts)


def about_truth(truth, correlation, correlations):
    """Return a sentence on the true change (17,) and how walks' changes correlate with it.

    `correlation` is that of the model's walk, the Series `correlations` those of short trainings.
    """
    return text(
        "The groups differ by {true[0]:.1f} and {true[1]:.1f} mm. Over the segments the walk's "
        "change correlates with the true difference at r = {r:.2f}; after the short trainings of "
        "[table](#tab-repeats) at {low:.2f} to {high:.2f}.",
        true=anatomy.septum_and_lateral(truth), r=correlation,
        low=correlations.min(), high=correlations.max(),
    )  # fmt: skip
