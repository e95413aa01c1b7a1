"""Real segmentations, where a reader has them: REPORT_REAL_DATA names the folder that holds
`cardiac/sunnybrook` (21 cavities with participants.tsv, groups N and HYP)."""

import os
from pathlib import Path

import numpy as np
import pytest

from helpers.cardiac import anatomy, cohort, preparation, segmentation

ROOT = os.environ.get("REPORT_REAL_DATA")
pytestmark = pytest.mark.skipif(not ROOT, reason="REPORT_REAL_DATA is not set")


def test_every_sunnybrook_subject_loads_with_its_volume():
    folder = Path(ROOT) / "cardiac" / "sunnybrook"
    subjects = cohort.from_folder(folder, ["N", "HYP"], cohort.Labels(1))
    assert [subject.group for subject in subjects].count("HYP") == 12
    assert len(subjects) == 21
    grid = preparation.Grid(32, 4.2)
    shapes, remarks = preparation.prepare_all(subjects, grid)
    assert (remarks.kind == "turned").sum() == 21
    for subject, shape in zip(subjects, shapes, strict=True):
        heart = segmentation.read_phase(subject, "ed")
        volume = heart.millilitres(heart.structure)
        assert anatomy.volume(shape[..., 0], grid.spacing) == pytest.approx(volume, rel=0.03)
        assert (shape[..., 1] > 0).sum() < (shape[..., 0] > 0).sum()  # it ejects
        base = preparation.heart_frame(heart)[:3, 2]
        np.testing.assert_allclose(base, [0, 0, -1])  # all are stored from base to apex
