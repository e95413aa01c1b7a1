import dataclasses
from pathlib import Path

import nibabel
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers import inputs, paths
from helpers.cardiac import (
    anatomy,
    cohort,
    geometry,
    preparation,
    segmentation,
    synthetic,
    synthetic_cohort,
)  # fmt: skip
from helpers.training import spec


def test_the_seed_decides_everything(drawn, tmp_path):
    folder, table = drawn
    again = synthetic_cohort.write(tmp_path, {"healthy": 2}, seed=3)
    pd.testing.assert_frame_equal(table.iloc[:2], again)
    for name in again.ed:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes()
    other = synthetic_cohort.write(tmp_path / "other", {"healthy": 1}, seed=4)
    assert other.edv_ml[0] != table.edv_ml[0]


def test_written_volumes_are_the_drawn_ones(drawn):
    folder, table = drawn
    for row in table.itertuples():
        for name, cavity in ((row.ed, row.edv_ml), (row.es, row.esv_ml)):
            image = nibabel.load(folder / name)
            labels = np.asarray(image.dataobj)
            voxel = abs(np.linalg.det(image.affine[:3, :3])) / 1000
            wall = (labels == synthetic.MYOCARDIUM).sum() * voxel * anatomy.DENSITY
            assert (labels == synthetic.CAVITY).sum() * voxel == pytest.approx(cavity, rel=0.06)
            assert wall == pytest.approx(row.mass_g, rel=0.06)  # the same in both phases
            assert (labels == synthetic.RIGHT_VENTRICLE).any()


def test_contraction_conserves_muscle_and_ejects_blood():
    for index in range(4):
        heart = synthetic.draw(np.random.default_rng(index), ("healthy", "HCM")[index % 2])
        diastole, systole = heart.end_diastole, heart.end_systole
        assert systole.wall_volume() == pytest.approx(diastole.wall_volume(), rel=0.03)
        fraction = 1 - systole.cavity_volume() / diastole.cavity_volume()
        assert 0.49 < fraction < 0.83
        assert systole.h - systole.apex() < diastole.h - diastole.apex()  # shorter
        assert systole.thickness.mean() > diastole.thickness.mean() + 2


def test_groups_overlap_but_differ():
    generator = np.random.default_rng(0)
    walls = {
        group: [synthetic.draw(generator, group).end_diastole.thickness.max() for _ in range(30)]
        for group in ("healthy", "HCM")
    }
    assert min(walls["HCM"]) < max(walls["healthy"])
    assert np.mean(walls["HCM"]) == pytest.approx(18.5, abs=2)
    assert np.mean(walls["healthy"]) < 11


def test_drawn_septa_face_the_right_ventricle_and_the_patients_right(drawn):
    for subject in cohort.from_folder(drawn[0], labels=cohort.ACDC):
        heart = segmentation.read(subject, "ed")
        seen = preparation.heart_frame(heart)
        assumed = preparation.heart_frame(
            dataclasses.replace(heart, right_ventricle=np.zeros_like(heart.structure))
        )
        assert seen[:3, 0] @ assumed[:3, 0] > np.cos(np.radians(15))
        assert (seen[:3, 2] * [1, -1, 1] > 0).all()  # the base lies right, behind, above the apex


def test_a_cohort_is_drawn_anew_when_its_source_changes(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setattr(synthetic_cohort, "write", lambda folder, *_: folder.mkdir(parents=True))
    counts = {"healthy": 6, "HCM": 6}
    before = synthetic_cohort.cached(counts, 0)
    assert before.name.endswith(spec.code_digest("helpers.cardiac.synthetic_cohort:write")[:8])
    monkeypatch.setattr(spec, "code_digest", lambda *functions: "another")
    assert synthetic_cohort.cached(counts, 0) != before
    sources = inputs.sources([Path(synthetic_cohort.__file__)])
    assert {Path(module.__file__) for module in (anatomy, geometry, synthetic)} < sources.keys()


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


def test_asymmetric_hearts_thicken_in_the_septum():
    generator = np.random.default_rng(1)
    hearts = [
        heart
        for heart in (synthetic.draw(generator, "HCM") for _ in range(30))
        if heart.pattern == "septal"
    ]
    walls = np.mean([anatomy.true_segments(heart.end_diastole) for heart in hearts], 0)
    septum, lateral = (
        walls[np.array(part) - 1].mean() for part in (anatomy.SEPTUM, anatomy.LATERAL)
    )
    assert septum > lateral + 3


def test_the_folder_reads_as_a_cohort(drawn):
    folder, table = drawn
    subjects = cohort.from_folder(folder, labels=cohort.ACDC)
    assert [subject.id for subject in subjects] == list(table.participant_id)


def test_literature_table_covers_both_groups(drawn):
    frame = synthetic_cohort.against_literature(drawn[1])
    assert {"HCM"} < set(frame.iloc[:, 0])
    assert not frame.iloc[:, 2].str.contains("nan").all()
