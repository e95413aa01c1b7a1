import numpy as np
import pandas as pd
import pytest

from helpers.cardiac import anatomy, findings, preparation, training


def test_choices_tell_the_papers_values_from_ours():
    frame = findings.choices(training.Settings(d=64), preparation.Grid(40, 3.4), 0.1)
    rows = {row[0]: row[1:] for row in frame.itertuples(index=False)}
    assert rows["latent dimensions"] == ("64", 64, "as in the paper")
    assert rows["grid"][:2] == ("not known", "40³, 3.4 mm")
    assert rows["step of the ascent, λ"][0] == "0.1"
    assert rows["filters of the four convolutions"][:2] == ("not known", "16, 32, 64, 64")
    assert rows["warm-up of α, share of steps"][1] == "30%"
    small = findings.choices(training.Settings(d=8), preparation.Grid(40, 3.4), 0.1)
    assert small.iloc[0, 3] != "as in the paper"


def test_spread_and_intervals_are_those_of_the_data():
    dice = np.array([[0.8, 0.9], [0.9, 1.0]])
    frame = findings.with_spread({"ours": dice})
    assert frame.iloc[0].tolist() == ["ours", "0.850 ± 0.050", "0.950 ± 0.050"]
    labels = np.repeat([0, 1], 20)
    frame = findings.with_intervals(labels, {"perfect": labels * 0.8 + 0.1})
    assert frame.iloc[0].tolist() == ["perfect", "1.000 (1.000 – 1.000)", "1.000 (1.000 – 1.000)"]


def test_seeds_become_a_mean_and_a_spread():
    rows = [("a", 1, 0.8, 2, np.nan), ("a", 2, 0.9, 3, np.nan), ("b", 1, 1.0, 4, np.nan)]
    columns = ["decoder", "seed", "AUC", "mm", "r"]
    said = findings.over_seeds(pd.DataFrame(rows, columns=columns))
    assert said.endswith(": a: AUC 0.850 ± 0.071, mm 2.500 ± 0.707; b: AUC 1.000, mm 4.000.")


def test_walls_without_a_thickness_have_no_mean():
    change = np.arange(1.0, 18)
    change[1] = np.nan  # segment 2
    septum, lateral = anatomy.septum_and_lateral(change)
    assert septum == np.mean([3, 8, 9, 14]) and lateral == np.mean([5, 6, 11, 12, 16])
    assert np.isnan(anatomy.septum_and_lateral(np.full(17, np.nan))).all()


def test_walks_compare_the_change_with_the_truth():
    axis = (np.arange(24) - 11.5) * 4.0
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + (z / 1.4) ** 2)

    def decode(codes):
        """Cups whose septum (x > 0) thickens with the first code."""
        half = 5 + np.clip(x, 0, None)[None] / 30 * codes[:, :1, None, None]
        cups = np.where(z < 20, half - abs(radius - 28), -5) / 10
        return np.repeat(cups[..., None], 2, -1)

    path = np.linspace(0, 4, 5)[:, None] * [[1.0, 0.0]]
    known = np.random.default_rng(0).normal(size=(30, 2))
    truth = np.array([2.0 if s in anatomy.SEPTUM else 0.0 for s in range(1, 18)])
    p = np.linspace(0.1, 0.99, 5)
    walked = {"up": (path, p, 1, decode, known), "down": (path[::-1], p, -1, decode, known)}
    frame = findings.walks(walked, 4.0, truth)
    assert frame["steps"].tolist() == [4, 4]
    assert frame["septum (mm)"][0] > frame["lateral (mm)"][0] + 2
    assert frame["r"][0] == pytest.approx(frame["r"][1]) and frame["r"][0] > 0.7
    assert frame["off, end"][0] > frame["off, start"][0]


def test_walks_are_judged_by_their_rows():
    frame = pd.DataFrame(
        [("first", 0.6, 3.4), ("held", 0.5, 2.0), ("line", 0.9, 15.0)],
        columns=["walk", "off, end", "septum (mm)"],
    )
    away, wall = findings.about_walks(frame)
    assert "0.90 times" in away and away.endswith("from 0.60 to 0.50.")
    assert wall.endswith("by 15.0 mm, in: line.")
    cavities = frame.assign(**{"septum (mm)": np.nan})
    assert findings.about_walks(cavities) == [away]


def test_the_walks_change_is_compared_with_the_truth():
    truth = np.array([4.0 if s in anatomy.SEPTUM else 1.0 for s in range(1, 18)])
    said = findings.about_truth(truth, 0.9, pd.Series([0.7, np.nan, 0.5]))
    assert "by 4.0 and 1.0 mm" in said and "r = 0.90;" in said and said.endswith("0.50 to 0.70.")


def test_a_number_that_is_not_known_is_stored_as_none():
    assert findings.stored(np.float64(1.5)) == 1.5 and findings.stored(np.nan) is None
