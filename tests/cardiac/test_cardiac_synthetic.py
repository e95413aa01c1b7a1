import dataclasses
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from helpers import inputs, paths
from helpers.cardiac import (
    anatomy,
    cohort,
    geometry,
    preparation,
    segmentation,
    stacks,
    synthetic,
    synthetic_cohort,
)  # fmt: skip
from helpers.training import spec


def test_the_seed_decides_everything(drawn, tmp_path):
    folder, table = drawn
    again = synthetic_cohort.write_cohort(tmp_path, {"healthy": 2}, seed=3)
    pd.testing.assert_frame_equal(table.iloc[:2], again)
    for name in again.ed:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()
    other = synthetic_cohort.write_cohort(tmp_path / "other", {"healthy": 1}, seed=4)
    assert other.edv_ml[0] != table.edv_ml[0]


def test_written_volumes_are_the_drawn_ones_as_far_as_slices_of_a_centimetre_tell(drawn):
    folder, table = drawn
    errors = []
    for row in table.itertuples():
        for name, cavity in ((row.ed, row.edv_ml), (row.es, row.esv_ml)):
            image = nibabel.load(folder / name)
            assert image.header.get_zooms()[:2] == pytest.approx((1.3, 1.3), rel=1e-3)
            assert 9 <= image.header.get_zooms()[2] <= 10
            labels = np.asarray(image.dataobj)
            voxel = abs(np.linalg.det(image.affine[:3, :3])) / 1000
            wall = (labels == stacks.MYOCARDIUM).sum() * voxel * anatomy.DENSITY
            errors.append((wall / row.mass_g - 1, (labels == 3).sum() * voxel / cavity - 1))
            assert (labels == stacks.RIGHT_VENTRICLE).any()
    assert np.abs(errors).max() < 0.12  # half a slice at the base
    assert np.abs(np.mean(errors, 0)).max() < 0.03


@pytest.fixture(scope="module")
def many():
    """Sixty hearts of each group, as surfaces."""
    generator = np.random.default_rng(0)
    groups = ("healthy", "HCM")
    return {group: [synthetic.draw(generator, group) for _ in range(60)] for group in groups}


def test_contraction_conserves_muscle_and_ejects_blood(many):
    for heart in (*many["healthy"][:3], *many["HCM"][:3]):
        diastole, systole = heart.end_diastole, heart.end_systole
        assert systole.wall_volume() == pytest.approx(diastole.wall_volume(), rel=0.03)
        assert 0.24 < 1 - systole.cavity_volume() / diastole.cavity_volume() < 0.83
        assert systole.h - systole.apex() < diastole.h - diastole.apex()  # shorter
        assert systole.thickness.mean() > diastole.thickness.mean() + 1


def test_masses_and_volumes_spread_as_published(many):
    """Means to three standard errors, standard deviations to those that 30 hearts allow."""
    for sex, published in synthetic.SEXES.items():
        hearts = [heart.end_diastole for heart in many["healthy"] if heart.sex == sex]
        drawn = {
            "edv": [heart.cavity_volume() for heart in hearts],
            "mass": [anatomy.DENSITY * heart.wall_volume() for heart in hearts],
        }
        for key, values in drawn.items():
            mean, deviation = published[key]
            assert abs(np.mean(values) - mean) < 3 * deviation / np.sqrt(len(values))
            assert 0.65 < np.std(values) / deviation < 1.4


def test_shapes_are_those_of_published_hearts(many):
    sphericity, shortening, lateral = [], [], []
    for heart in many["healthy"]:
        lengths = [
            phase.h + phase.f * np.cosh(phase.endocardium[0].mean())
            for phase in (heart.end_diastole, heart.end_systole)
        ]
        sphere = np.pi / 6 * lengths[0] ** 3 / 1000
        sphericity.append(heart.end_diastole.cavity_volume() / sphere)
        shortening.append(1 - lengths[1] / lengths[0])
        walls = anatomy.true_segments(heart.end_diastole, heart.shear)
        lateral.append(walls[[4, 5]].mean() / walls[[1, 2]].mean())
    assert 0.36 < np.percentile(sphericity, 97.5) < 0.44  # 40 to 42 %: Aquaro et al., 2017
    assert 0.15 < np.mean(shortening) < 0.2
    assert 0.75 < np.mean(lateral) < 0.95


def test_papillary_bulges_lie_on_the_lateral_wall_at_mid_height():
    depth = np.linspace(0, 1, 48)[:, None]
    bulges = sum(synthetic.papillary_bulges(np.random.default_rng(i), depth) for i in range(60))
    assert bulges.min() >= 0
    around, along = bulges.sum(0), bulges.sum(1)
    peaks = np.flatnonzero((around > np.roll(around, 1)) & (around > np.roll(around, -1)))
    peaks = peaks[around[peaks] > around.max() / 2] * 2 * np.pi / 48
    np.testing.assert_allclose(peaks, synthetic.PAPILLARIES, atol=0.3)
    assert depth[along.argmax(), 0] == pytest.approx(0.5, abs=0.1)


def test_some_drawn_hearts_are_open_at_the_base(drawn):
    """There muscle does not run through all 360° of the last slice."""
    shares = []
    for subject in cohort.from_folder(drawn[0], labels=cohort.ACDC):
        labels = segmentation.load_labels(subject.ed)[0]
        last = np.flatnonzero((labels == stacks.MYOCARDIUM).any((0, 1)))[-1]
        muscle, cavity = labels[..., last] == 2, labels[..., last] == 3
        outside = ndimage.binary_dilation(cavity) & ~muscle & ~cavity
        shares.append(outside.sum() / cavity.sum() ** 0.5)
    assert 0 < np.mean(np.array(shares) > 0.5) < 1


def test_groups_overlap_but_differ(many):
    walls = {
        group: [heart.end_diastole.thickness.max() for heart in hearts]
        for group, hearts in many.items()
    }
    assert min(walls["HCM"]) < max(walls["healthy"])
    assert np.mean(walls["HCM"]) == pytest.approx(18.5, abs=2)
    assert np.mean(walls["healthy"]) < 11


def test_asymmetric_hearts_thicken_in_the_septum(many):
    walls = np.mean(
        [
            anatomy.true_segments(heart.end_diastole, heart.shear)
            for heart in many["HCM"]
            if heart.pattern == "septal"
        ],
        0,
    )
    assert anatomy.septum_and_lateral(walls)[0] > anatomy.septum_and_lateral(walls)[1] + 3


def test_drawn_septa_face_the_right_ventricle_and_right_and_forward(drawn):
    turns = []
    for subject in cohort.from_folder(drawn[0], labels=cohort.ACDC):
        heart = segmentation.read_phase(subject, "ed")
        seen = preparation.heart_frame(heart)
        assumed = preparation.heart_frame(
            dataclasses.replace(heart, right_ventricle=np.zeros_like(heart.structure))
        )
        turns.append(np.degrees(np.arccos(seen[:3, 0] @ assumed[:3, 0])))
        assert (seen[:3, 2] * [1, -1, 1] > 0).all()  # the base lies right, behind, above the apex
    assert 3 < np.sqrt(np.mean(np.square(turns))) < 17  # drawn with 10


def test_a_cohort_is_drawn_anew_when_its_source_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setattr(
        synthetic_cohort, "write_cohort", lambda folder, *_: folder.mkdir(parents=True)
    )
    counts = {"healthy": 6, "HCM": 6}
    before = synthetic_cohort.cached(counts, 0)
    assert before.name.endswith(
        spec.code_digest("helpers.cardiac.synthetic_cohort:write_cohort")[:8]
    )
    monkeypatch.setattr(spec, "code_digest", lambda *functions: "another")
    assert synthetic_cohort.cached(counts, 0) != before
    sources = inputs.sources([Path(synthetic_cohort.__file__)])
    assert {
        Path(module.__file__) for module in (anatomy, geometry, stacks, synthetic)
    } < sources.keys()


@settings(deadline=None, max_examples=20)
@given(where=st.integers(0, 10**9), index=st.integers(0, 3))
def test_a_cohort_with_a_flipped_bit_is_drawn_again(small_cohort, where, index):
    path = sorted(small_cohort.iterdir())[index]
    whole = path.read_bytes()
    content = bytearray(whole)
    content[where // 8 % len(content)] ^= 1 << where % 8
    path.write_bytes(content)
    with pytest.warns(UserWarning, match="is not the file of .*: drawing the hearts again"):
        synthetic_cohort.cached({"healthy": 1}, 0)
    assert path.read_bytes() == whole


@pytest.fixture(scope="module")
def small_cohort(tmp_path_factory):
    """The folder of a cohort of one heart: its seal, its table and two volumes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(paths, "DATA", tmp_path_factory.mktemp("data"))
        yield synthetic_cohort.cached({"healthy": 1}, 0)


def test_the_folder_reads_as_a_cohort(drawn):
    folder, table = drawn
    subjects = cohort.from_folder(folder, labels=cohort.ACDC)
    assert [subject.id for subject in subjects] == list(table.participant_id)


def test_literature_table_covers_both_groups(drawn):
    frame = synthetic_cohort.against_literature(drawn[1])
    assert {"HCM"} < set(frame.iloc[:, 0])
    assert not frame.iloc[:, 2].str.contains("nan").all()
