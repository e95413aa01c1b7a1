import numpy as np
import pytest

from helpers.cardiac import anatomy, findings, preparation, training, vae


def test_choices_tell_the_papers_values_from_ours_and_the_follow_ups():
    frame = findings.choices(
        vae.Design(d=64), training.Recipe(epochs=1), preparation.Grid(40, 3.4), 0.1
    )
    rows = {row[0]: row[1:] for row in frame.itertuples(index=False)}
    assert rows["latent dimensions d"] == ("64", "64, 32, 2", 64)
    assert rows["grid"] == ("not known", "80³", "40³, 3.4 mm")
    assert rows["step of the ascent, λ"][0] == "0.1"
    assert rows["filters of the encoder"][2] == "32, 64"


def test_spread_and_intervals_are_those_of_the_data():
    dice = np.array([[0.8, 0.9], [0.9, 1.0]])
    frame = findings.with_spread({"ours": dice})
    assert frame.iloc[0].tolist() == ["ours", "0.850 ± 0.071", "0.950 ± 0.071"]
    labels = np.repeat([0, 1], 20)
    frame = findings.with_intervals(labels, {"perfect": labels * 0.8 + 0.1})
    assert frame.iloc[0].tolist() == ["perfect", "1.000 (1.000 – 1.000)", "1.000 (1.000 – 1.000)"]


def test_compactness_means_over_hearts_and_seeds():
    hearts = np.array([[0.8, 0.9], [0.9, 1.0]])
    of_vae = {(4, False): [hearts, hearts + 0.02], (4, True): [hearts]}
    parts = {"distances": np.stack([hearts - 0.1, hearts + 0.1]), "masks": np.stack([hearts] * 2)}
    only = {name: values[:1] for name, values in parts.items()}
    table = findings.compactness(of_vae, {False: parts, True: only}, {False: [4, 8], True: [4]})
    assert table["model"].value_counts().to_dict() == {
        "VAE": 2, "PCA of distances": 2, "PCA of masks": 2
    }  # fmt: skip
    assert table.iloc[0].tolist() == ["VAE", 4, False, pytest.approx(0.86), pytest.approx(0.96), 2]
    upright, posed = findings.about_compactness(table[table["d"] == 4])
    assert upright.startswith("upright hearts, d = 4, +0.110 (ED)")
    assert posed.startswith("hearts turned and shifted, d = 4, +0.100 (ED)")


def test_walls_without_a_thickness_have_no_mean():
    change = np.arange(1.0, 18)
    change[1] = np.nan  # segment 2
    septum, lateral = anatomy.septum_and_lateral(change)
    assert septum == np.mean([3, 8, 9, 14]) and lateral == np.mean([5, 6, 11, 12, 16])
    assert np.isnan(anatomy.septum_and_lateral(np.full(17, np.nan))).all()


def test_rules_are_judged_by_mean_and_worst_walk():
    truth = np.array([4.0 if s in anatomy.SEPTUM else 1.0 for s in range(1, 18)])
    measured = [
        {
            "rule": np.array([0, 2]), "steps": np.array([900, 60 + 10 * number]),
            "p_start": np.array([0.1, 0.2]), "p_end": np.array([0.5, 0.96]),
            "change": np.stack([truth * -1.0, truth / 2 if number else truth + np.arange(17)]),
        }
        for number in range(2)
    ]  # fmt: skip
    walks = findings.walks(measured, truth)
    assert walks["rule"].tolist() == ["joint classifier", "perceptron on whitened codes"] * 2
    assert walks["r"][[0, 3]].tolist() == pytest.approx([-1, 1])
    rules = findings.by_rule(walks)
    assert rules["n"].tolist() == [2, 2] and rules["steps"].tolist() == [900, 65]
    assert rules["r_min"][1] == walks["r"][1] < rules["r_mean"][1] < 1
    assert rules["septum_mm"][0] == -4 and rules["lateral_mm"][0] == -1
    assert findings.walks(measured, None)["r"].isna().all()
    last = findings.with_truth(rules, truth).iloc[-1]
    assert last[["rule", "septum_mm", "lateral_mm"]].tolist() == ["true difference", 4, 1]
    assert findings.with_truth(rules, None) is rules


def test_segments_hold_mean_and_spread_over_walks_beside_the_truth():
    changes = np.array([np.arange(17.0), np.arange(17.0) + 2])
    table = findings.segments(changes, np.full(17, 3.0))
    assert table.iloc[2].tolist() == [3, "basal inferoseptal", "3.0 ± 1.4", 3.0]
    assert table.columns[:3].tolist() == findings.segments(changes, None).columns.tolist()


def test_a_number_that_is_not_known_is_stored_as_none():
    assert findings.or_none(np.float64(1.5)) == 1.5 and findings.or_none(np.nan) is None
