"""Tables of the cardiac notebook that are longer than a cell should be."""

import numpy as np
import pandas as pd

from helpers.cardiac import anatomy, ascent, evaluation, training, vae
from helpers.translation import translate as _


def choices(settings, grid, step):
    """Return what could be read of the paper beside what is chosen here, and why."""
    same, unknown = _("as in the paper"), _("not known")
    size = _("{size}³, {spacing} mm").format(size=grid.size, spacing=grid.spacing)
    d = same if settings.d == 64 else _("few hearts")
    return pd.DataFrame(
        [
            (_("latent dimensions"), "64", settings.d, d),
            (
                _("input"),
                _("two masks"),
                _("two signed distances"),
                _("surfaces finer than a voxel"),
            ),
            (_("grid"), unknown, size, _("holds every heart")),
            (_("decoder"), _("convolutional"), _("linear + convolutional"), _("measured below")),
            (
                _("filters of the four convolutions"),
                unknown,
                ", ".join(str(settings.width * factor) for factor in vae.FACTORS),
                _("trains on two cores"),
            ),
            (
                _("classifier"),
                unknown,
                _("{n} units, dropout").format(n=vae.HIDDEN),
                _("keeps the slope of the walk"),
            ),
            (_("weight of KL, α"), unknown, settings.alpha, _("small: shapes lead")),
            (
                _("warm-up of α, share of steps"),
                unknown,
                f"{settings.warm_up:.0%}",
                _("shapes first, then order"),
            ),
            (
                _("weight of cross-entropy, β"),
                unknown,
                settings.beta,
                _("shape leads, labels follow"),
            ),
            (
                _("weight of distance, γ"),
                _("none"),
                settings.gamma,
                _("a slope where Dice is flat"),
            ),
            (_("optimiser"), unknown, "AdamW, 1cycle", _("few epochs")),
            (_("epochs"), unknown, settings.epochs, _("the time of the profile")),
            (_("learning rate"), unknown, settings.learning_rate, _("the default of Adam")),
            (_("batch"), unknown, settings.batch, _("fits every machine")),
            (_("step of the ascent, λ"), "0.1", step, same if step == 0.1 else ""),
        ],
        columns=[_("choice"), _("paper"), _("here"), _("reason")],
    )


def with_spread(rows, first):
    """Return a table of (name, values (n, 2)) rows: mean ± SD for ED and ES."""
    return pd.DataFrame(
        [
            (name, *(f"{v.mean():.3f} ± {v.std():.3f}" for v in dice.T))
            for name, dice in rows.items()
        ],
        columns=[first, "Dice ED", "Dice ES"],
    )


def with_intervals(labels, scores):
    """Return a table of accuracy and AUC with 95 % bootstrap intervals, one row a classifier."""
    rows = []
    for name, p in scores.items():
        row = [name]
        for metric in (evaluation.accuracy, evaluation.auc):
            low, high = evaluation.interval(metric, labels, p)
            row.append(f"{metric(labels, p):.3f} ({low:.3f} – {high:.3f})")
        rows.append(row)
    return pd.DataFrame(rows, columns=[_("classifier"), _("accuracy"), "AUC"])


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
        rows.append((name, len(path) - 1, p[0], p[-1], *away, *septum_and_lateral(change), r))
    columns = [
        _("walk"), _("steps"), _("p, start"), _("p, end"), _("off, start"), _("off, end"),
        _("septum (mm)"), _("lateral (mm)"), "r",
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=columns)


def about_walks(table):
    """Return what the rows of `walks` show: the farthest end, the prior, the thickest wall."""
    first, second = table.iloc[0], table.iloc[1]
    away, septum = _("off, end"), _("septum (mm)")
    farthest, thickest = table.loc[table[away].idxmax()], table.loc[table[septum].idxmax()]
    return _(
        "Farthest from the data, {far:.2f} times the usual distance, ends the walk: {farthest}. "
        "The prior takes the end of the first walk from {before:.2f} to {after:.2f}. The septum "
        "grows most, by {mm:.1f} mm, in: {thickest}."
    ).format(
        far=farthest[away], farthest=farthest.iloc[0], before=first[away], after=second[away],
        mm=thickest[septum], thickest=thickest.iloc[0],
    )  # fmt: skip


def septum_and_lateral(change):
    """Return the mean over the septum's and over the lateral wall's segments of change (17,)."""
    change = pd.Series(change, list(anatomy.SEGMENTS))  # whose means pass over missing segments
    return tuple(change[list(part)].mean() for part in (anatomy.SEPTUM, anatomy.LATERAL))


def trial(shapes, labels, parts, settings, seed, spacing, truth, walk, jit_compile):
    """Train one model; return its test Dice ED and ES, accuracy, AUC, and what its walk changes.

    That is the thickness in mm of septum and lateral wall, and its correlation r with the truth.

    Args:
        shapes, labels, parts: the prepared cohort and its split.
        settings, seed, jit_compile: as for `training.fit`.
        spacing: mm; truth: (17,) or None; walk: arguments of `ascent.ascend`.
    """
    train, test = parts["train"], parts["test"]
    model, _history = training.fit(shapes, labels, train, [], settings, seed, jit_compile)
    codes, p = evaluation.encode(model, shapes)
    dice = evaluation.model_dice(model, codes[test], shapes[test]).mean(0)
    start = codes[train][labels[train] == 0].mean(0)
    path, _p = ascent.ascend(model.classifier, start, **walk)
    ends = ascent.thickness_along(evaluation.decode(model, path[[0, -1]])[..., 0], spacing)
    change = ends[1] - ends[0]
    r = np.nan if truth is None else evaluation.correlation(change, truth)
    hits, auc = (metric(labels[test], p[test]) for metric in (evaluation.accuracy, evaluation.auc))
    return *dice, hits, auc, *septum_and_lateral(change), r


def over_seeds(repeats):
    """Return a sentence on rows of (name, seed, figures …): mean ± SD over the seeds of a name."""
    parts = []
    for name, rows in repeats.dropna(axis=1).groupby(repeats.columns[0], sort=False):
        columns = (rows[key] for key in rows.columns[2:])
        spread = (f"{v.name} {v.mean():.3f}" + f" ± {v.std():.3f}" * (len(v) > 1) for v in columns)
        parts.append(f"{name}: {', '.join(spread)}")
    return _("Mean ± standard deviation over the seeds: {list}.").format(list="; ".join(parts))
