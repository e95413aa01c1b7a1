"""Prepared hearts: made once, verified, posed."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from helpers import paths, translation
from helpers.cardiac import cohort, folding, hearts, preparation

GRID = preparation.Grid(16, 8.4)


@pytest.fixture
def subjects(drawn, tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DATA", tmp_path)
    return cohort.from_folder(drawn[0], labels=cohort.ACDC)


def test_hearts_are_prepared_once_and_again_when_a_file_is_damaged(subjects, monkeypatch):
    name = hearts.prepare_hearts(subjects, GRID, "HCM")
    data = hearts.read_hearts(name, seed=0)
    np.testing.assert_array_equal(
        folding.unfold(np.array(data.shapes)), preparation.prepare_all(subjects, GRID)[0]
    )
    assert data.labels.tolist() == [0] * 6 + [1] * 6
    together = np.concatenate([data.train, data.validation, data.test])
    assert sorted(together) == list(range(12))
    np.testing.assert_allclose(
        data.mean(), data.shapes[data.train].astype(float).mean(0) / 127, atol=1e-6
    )
    with monkeypatch.context() as patch:
        patch.delattr(preparation, "prepare_all")  # a second preparation would fail
        assert hearts.prepare_hearts(subjects, GRID, "HCM") == name
    path = paths.DATA / "cardiac" / name / "shapes.npy"
    whole = path.read_bytes()
    path.write_bytes(whole[:500] + b"\0" + whole[501:-1] + bytes([whole[-1] ^ 1]))
    with pytest.warns(UserWarning, match="preparing the hearts again"):
        assert hearts.prepare_hearts(subjects, GRID, "HCM") == name
    assert path.read_bytes() == whole


def test_remarks_are_kept_with_the_hearts_and_told_whenever_they_are_used(subjects):
    unseen = [dataclasses.replace(each, labels=cohort.Labels(2, 3, 0)) for each in subjects]
    for _ in range(2):  # made, and there already
        told = hearts.remark_sentences(hearts.prepare_hearts(unseen, GRID, "HCM"))
        texts = [translation.wording(each, "en", markdown=False) for each in told]
        assert sum("in 12 hearts no right ventricle is segmented" in each for each in texts) == 1
    table = pd.read_csv(
        paths.DATA / "cardiac" / hearts.prepare_hearts(unseen, GRID, "HCM") / "remarks.tsv",
        sep="\t",
    )
    wide = table[table.kind == "open"]
    (line,) = (each for each in texts if "cavity open" in each)
    worst = wide.loc[wide.share.idxmax()]
    assert f"in {len(wide)} segmentation" in line
    share = f"{100 * worst.share:.0f}\u202f%"
    assert f"at most {share} ({worst.subject}, {worst.phase})" in line


def test_another_grid_or_cohort_has_a_folder_of_its_own(subjects):
    subjects = subjects[4:8]
    names = {
        hearts.prepare_hearts(subjects, GRID, "HCM"),
        hearts.prepare_hearts(subjects, GRID, "HCM", posed=True),
    }
    names |= {hearts.prepare_hearts(subjects, preparation.Grid(16, 9.0), "HCM")}
    names |= {hearts.prepare_hearts(subjects[:-1], GRID, "HCM")}
    names |= {hearts.prepare_hearts(subjects, GRID, "healthy")}
    assert len(names) == 5


def test_hearts_of_another_machine_are_missed_by_name(subjects):
    with pytest.raises(FileNotFoundError, match="prepared-none is missing: run"):
        hearts.read_hearts("prepared-none", seed=0)


def test_a_pose_turns_and_shifts_a_heart_and_keeps_its_volume():
    axis = np.arange(24) - 11.5
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    radius = np.sqrt(x**2 + y**2 + (z / 1.6) ** 2)
    heart = np.clip((5 - radius) * 30, -127, 127).astype(np.int8)
    shapes = np.stack([np.stack([heart] * 2, -1)] * 20)
    posed = hearts.pose(shapes, 4.0)
    np.testing.assert_array_equal(posed[..., 0], posed[..., 1])  # phases move together
    volumes = (posed[..., 0] > 0).sum((1, 2, 3))
    assert volumes == pytest.approx((heart > 0).sum(), rel=0.05)
    centres = np.array([np.argwhere(each > 0).mean(0) for each in posed[..., 0]]) - 11.5
    assert centres.std(0) == pytest.approx(np.ones(3), abs=0.45)  # 4 mm are a voxel
    tilts = [tilt(each) for each in posed[..., 0] > 0]
    assert 5 < np.median(tilts) < 20  # degrees, of two axes with 10 each


def tilt(mask):
    """Return the angle in degrees between a mask's long axis and the third axis."""
    _values, vectors = np.linalg.eigh(np.cov(np.argwhere(mask).T))
    return np.degrees(np.arccos(abs(vectors[2, -1])))
