import numpy as np
import pytest
from hearts import heart, save, subject

from helpers.cardiac import cohort, preparation

GRID = preparation.Grid(24, 5.6)
ED, ES = heart(), heart(inner=16)


def moved(labels, voxels):
    """Move a heart along j; it leaves room for this."""
    return np.roll(np.pad(labels, [(0, 0), (30, 30), (0, 0)]), voxels, 1)


def only(labels, keep):
    """Keep the slices in `keep` of those that hold muscle."""
    levels = np.flatnonzero((labels == 2).any((0, 1)))[keep]
    result = np.zeros_like(labels)
    result[..., levels] = labels[..., levels]
    return result


def one_voxel(labels):
    result = np.zeros_like(labels)
    result[32, 32, 10] = 2
    return result


@pytest.mark.parametrize(
    ("ed", "es", "affine", "named", "message"),
    [
        (ED, ED, None, "es", "the same segmentation"),
        (ES, ED, None, "ed", "swapped"),
        (moved(ED, 0), moved(ES, 24), None, "ed", "48 mm apart"),
        (only(ED, slice(2, 6)), ES, None, "ed", "4 slices at ED"),
        (only(ED, slice(5, None)), only(ES, slice(5, None)), None, "ed", "the apex is missing"),
        (one_voxel(ED), ES, None, "ed", "structure of 0.024 ml"),
        (ED, one_voxel(ES), None, "es", "structure of 0.024 ml"),
        (ED, ES, (1, 1, 1, 1), "ed", "check the voxel sizes"),
        (ED, ES, (2, 2, 30, 1), "ed", "mm tall"),
        (ED, ES, (0.002, 0.002, 0.006, 1), "ed", "structure of .*e-07 ml; check the voxel sizes"),
        (ED, np.where(heart(inner=29) == 2, 2, 0).astype(np.uint8), None, "ed", "keeps its volume"),
    ],
)
def test_a_fault_is_told_of_the_right_file(tmp_path, ed, es, affine, named, message):
    affine = affine or (2.0, 2.0, 6.0, 1.0)
    with pytest.raises(cohort.CohortError, match=message) as caught:
        preparation.prepare_subject(subject(tmp_path, ed, es, affine=affine), GRID)
    assert str(caught.value).startswith(str(tmp_path / f"{named}.nii.gz"))


@pytest.mark.parametrize("order", [(2, 0, 1), (0, 2, 1)])
def test_slices_along_the_heart_are_a_fault(tmp_path, order):
    ed, es = (labels.repeat(3, 2).transpose(order) for labels in (ED, ES))  # isotropic
    with pytest.raises(cohort.CohortError, match="times as long as wide|apex is missing|mm tall"):
        preparation.prepare_subject(
            subject(tmp_path, ed, es, cohort.Labels(2, 0, 1), (2.0, 2.0, 2.0, 1.0)), GRID
        )


def test_all_faulty_subjects_are_told_at_once(tmp_path):
    subjects = [
        subject(tmp_path / "whole", ED, ES),
        subject(tmp_path / "swapped", ES, ED),
        subject(tmp_path / "broken", ED, ES),
        subject(tmp_path / "tiny", one_voxel(ED), one_voxel(ES)),
    ]
    subjects[2].ed.write_bytes(b"")
    with pytest.raises(cohort.CohortError) as caught:
        preparation.prepare_all(subjects, GRID)
    head, *lines = str(caught.value).splitlines()
    assert head == "3 of 4 subjects cannot be used:"
    for name in ("swapped/ed", "broken/ed", "tiny/ed", "tiny/es"):
        assert sum(line.startswith(f"{tmp_path}/{name}") for line in lines) >= 1
    assert not any("whole" in line or "broken/es" in line for line in lines)


def test_what_a_reader_should_know_is_told(tmp_path):
    open_ring = ED.copy()
    top = np.flatnonzero((ED == 2).any((0, 1)))[-4:]
    open_ring[40:, 20:45, top] = np.where(open_ring[40:, 20:45, top] == 2, 0, ED[40:, 20:45, top])
    speck = ES.copy()
    speck[2:12, 2:10, 3:7] = 2
    each = subject(tmp_path, open_ring, speck, cohort.Labels(2, 3, 0))
    remarks = preparation.prepare_all([each], GRID)[1].set_index(["phase", "kind"]).share
    assert set(remarks.index) == {("ED", "open"), ("ES", "specks"), ("ED", "turned")}
    assert remarks["ED", "open"] > 0.1
    assert remarks["ES", "specks"] == pytest.approx(320 / np.count_nonzero(speck == 2))


@pytest.mark.parametrize("lean", [0, 3])
def test_of_a_good_heart_nothing_is_told(tmp_path, lean):
    """Also one whose long axis leans by 45° against the slices."""
    phases = (np.pad(labels, [(0, 0), (30, 30), (0, 0)]) for labels in (ED, ES))
    leaning = (
        np.stack([np.roll(labels[..., k], lean * (k - 10), 1) for k in range(21)], -1)
        for labels in phases
    )
    _, remarks = preparation.prepare_all([subject(tmp_path, *leaning)], preparation.Grid(24, 6.5))
    assert remarks.empty


def test_a_heart_larger_than_the_grid_is_named(tmp_path):
    small = preparation.Grid(24, 3.0)
    with pytest.raises(cohort.CohortError, match=r"ed\.nii\.gz.*outside the grid of 72 mm"):
        preparation.prepare_subject(subject(tmp_path, ED, ES), small)
    fitting = preparation.Grid(24, 3.6)
    each = subject(tmp_path, ED, ES)
    save(each.es, ES, (2.0, 2.0, 7.0, 1.0))  # taller, so that a part falls outside
    with pytest.raises(cohort.CohortError, match=r"^\S*es\.nii\.gz.*outside the grid"):
        preparation.prepare_subject(each, fitting)
