import numpy as np
import pandas as pd
import pytest

from helpers.cardiac import anatomy, findings, preparation, vae, vae_training


def test_choices_tell_the_papers_values_from_ours_and_the_follow_ups():
    plan = vae_training.Training(None, vae.Design(d=64), epochs=1, device="cpu")
    frame = findings.choices(plan, preparation.Grid(40, 3.4), 0.1)
    rows = {row[0]: row[1:] for row in frame.itertuples(index=False)}
    assert rows["latent dimensions d"] == ("64", "64, 32, 2", 64)
    assert rows["grid"] == ("not known", "80³", "40³, 3.4 mm")
    assert rows["step of the ascent, λ"][0] == "0.1"
    assert rows["filters of the encoder"][2] == "32, 64"


def test_intervals_are_those_of_the_data():
    labels = np.repeat([0, 1], 20)
    frame = findings.with_intervals(labels, {"perfect": labels * 0.8 + 0.1})
    assert frame.iloc[0].tolist() == ["perfect", "1.000 (1.000 – 1.000)", "1.000 (1.000 – 1.000)"]


@pytest.fixture
def dice():
    """Of two hearts, by networks and components of 4 codes, upright and posed."""
    hearts = np.array([[0.8, 0.9], [0.9, 1.0]])
    trained = {(4, False): [hearts, hearts + 0.02], (4, True): [hearts]}
    trained = {key: [{"dice": each} for each in seeds] for key, seeds in trained.items()}
    parts = {
        "distances": np.stack([hearts - [[0.1, 0.1], [0.2, 0.1]]]), "masks": np.stack([hearts])
    }  # fmt: skip
    return findings.gather_dice(trained, {False: parts, True: parts}, [4])


def test_compactness_tells_means_and_spreads_over_hearts_and_seeds(dice):
    table = findings.compactness(dice).set_index(["model", "posed"])
    assert table.groupby("model").size().to_dict() == {
        "VAE": 2, "PCA of distances": 2, "PCA of masks": 2
    }  # fmt: skip
    upright = table.loc["VAE", False]
    assert upright[["d", "seeds"]].tolist() == [4, 2]
    assert upright[["dice_ed", "dice_es"]].tolist() == pytest.approx([0.86, 0.96])
    assert upright["ed_sd"] == pytest.approx(0.02 / np.sqrt(2))
    assert upright["ed_error"] == pytest.approx(0.05)  # 0.1 / √2 over √2 hearts
    assert np.isnan(table.loc["PCA of masks", True]["ed_sd"])


def test_the_network_is_compared_with_components_heart_by_heart(dice):
    upright, posed = findings.ahead(dice).itertuples(index=False)
    assert upright[:4] == ("VAE", "upright", 4, 2)
    # ED: 0.01 + 0.1 and 0.01 + 0.2; standard error 0.05
    assert upright[4:] == ("+0.1600 ± 0.0980", "+0.1100 ± 0.0000")
    assert posed[1:] == ("turned and shifted", 4, 1, "+0.1500 ± 0.0980", "+0.1000 ± 0.0000")


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
    unknown = np.full(17, np.nan)
    assert findings.walks(measured, unknown)["r"].isna().all()
    last = findings.with_truth(rules, truth).iloc[-1]
    assert last[["rule", "septum_mm", "lateral_mm"]].tolist() == ["true difference", 4, 1]
    assert len(findings.with_truth(rules, unknown)) == len(rules)


def test_segments_hold_mean_and_spread_over_walks_beside_the_truth():
    changes = np.array([np.arange(17.0), np.arange(17.0) + 2])
    table = findings.segment_changes(changes, np.full(17, 3.0))
    assert table.iloc[2].tolist() == [3, "basal inferoseptal", "3.0 ± 1.4", 3.0]
    unknown = findings.segment_changes(changes, np.full(17, np.nan))
    assert table.columns[:3].tolist() == unknown.columns.tolist()


def test_the_error_of_thickness_passes_over_missing_segments():
    true = np.tile(np.arange(17.0), (4, 1)) * [[1], [1], [2], [2]]
    measured = np.where(true == 16, np.nan, 0.9 * true + 0.5)
    error, slope = findings.thickness_error(measured, true, np.array([0, 0, 1, 1]))
    assert error == pytest.approx(np.nanmean(measured - true)) and slope == pytest.approx(0.9)


def test_a_number_that_is_not_known_is_stored_as_none():
    assert findings.or_none(np.float64(1.5)) == 1.5 and findings.or_none(np.nan) is None
    assert findings.records(pd.DataFrame({"a": [1.5, np.nan]})) == [{"a": 1.5}, {"a": None}]
