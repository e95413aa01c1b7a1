import numpy as np
import pytest

from helpers.cardiac import anatomy, cohort, preparation, synthetic_cohort


def coordinates(spacing, half=55.0):
    axis = np.arange(-half, half, spacing) + 0.13
    return np.meshgrid(axis, axis, axis, indexing="ij")


def shell(spacing, kind, thickness):
    """Closed shells of known thickness: sphere, ellipsoid, and a sphere in an off-centre one."""
    x, y, z = coordinates(spacing)
    if kind == "ellipsoid":
        inner = (x / 22) ** 2 + (y / 22) ** 2 + (z / 36) ** 2 < 1
        outer = sum((a / (b + thickness)) ** 2 for a, b in ((x, 22), (y, 22), (z, 36))) < 1
    else:
        shift = 3 if kind == "eccentric" else 0
        inner = x**2 + y**2 + z**2 < 25**2
        outer = (x - shift) ** 2 + y**2 + z**2 < (25 + thickness) ** 2
    return outer & ~inner, inner, x, z


@pytest.mark.parametrize("spacing", [1.0, 1.5])
@pytest.mark.parametrize("thickness", [8.0, 14.0])
@pytest.mark.parametrize("kind", ["sphere", "ellipsoid", "eccentric"])
def test_thickness_and_volume_of_analytic_shells(kind, thickness, spacing):
    wall, inner, x, z = shell(spacing, kind, thickness)
    local = anatomy.wall_thickness(wall, spacing)
    assert (local[~wall] == 0).all()
    equator = wall & (abs(z) < 4)
    if kind == "eccentric":  # thickness ± 3 mm on either side
        for side, expected in ((x > 20, thickness + 3), (x < -20, thickness - 3)):
            here = equator & side & (abs(np.arctan2(coordinates(spacing)[1], abs(x))) < 0.15)
            assert local[here].mean() == pytest.approx(expected, abs=spacing / 2)
    else:
        assert local[equator].mean() == pytest.approx(thickness, abs=spacing / 2)
    if kind == "sphere":
        assert local[wall].mean() == pytest.approx(thickness, abs=spacing / 2)
    axes = (22, 22, 36) if kind == "ellipsoid" else (25, 25, 25)
    hollow, whole = (4 / 3 * np.pi * np.prod(np.add(axes, t)) / 1000 for t in (0, thickness))
    assert anatomy.volume(inner, spacing) == pytest.approx(hollow, rel=0.02)
    assert anatomy.mass(wall, spacing) == pytest.approx(1.05 * (whole - hollow), rel=0.02)
    np.testing.assert_array_equal(anatomy.cavity(wall)[wall | inner], inner[wall | inner])


def test_the_cut_at_the_base_does_not_count_as_outside():
    wall, _, _, z = shell(1.0, "ellipsoid", 8.0)
    cut = wall & (z < 10)
    top = cut & (z > 8)
    assert anatomy.wall_thickness(cut, 1.0)[top].mean() == pytest.approx(8.0, abs=0.5)


def test_gaps_in_a_thin_wall_are_bridged_but_an_open_ring_is_not():
    x, y, z = np.indices((40, 40, 6)) - 19.5
    ring = (abs(np.hypot(x, y) - 14) < 1.2) & (z < -15)
    for gap, enclosed in ((3, True), (16, False)):
        broken = ring & ~((x > 0) & (abs(y) < gap / 2))
        assert anatomy.cavity(broken)[20, 20].any() == enclosed


def test_a_wall_without_cavity_is_an_error():
    with pytest.raises(ValueError, match="no cavity"):
        anatomy.wall_thickness(np.ones((4, 4, 4), bool), 1.0)


def test_segments_follow_the_aha_scheme():
    degrees = {"septum": 0, "anterior": 90, "lateral": 180, "inferior": 270}
    depth = np.array([0.1, 0.5, 0.9, 1.1])
    at = {name: anatomy.segment_of(depth, np.radians(angle + 1)) for name, angle in degrees.items()}
    assert at["septum"].tolist() == [2, 8, 14, 17]  # anteroseptal, apical septal, apex
    assert at["anterior"].tolist() == [1, 7, 13, 17]
    assert at["lateral"].tolist() == [5, 11, 16, 17]
    assert at["inferior"].tolist() == [4, 10, 15, 17]
    every = anatomy.segment_of(np.full(3600, 0.1), np.linspace(0, 2 * np.pi, 3600, endpoint=False))
    assert np.bincount(every)[1:].tolist() == [600] * 6  # six sectors of 60°
    assert anatomy.segment_of(np.array(0.1), np.radians(-1)) == 3  # inferoseptal
    for segment, name in anatomy.SEGMENTS.items():
        assert (segment in anatomy.SEPTUM) == ("sept" in name)
        assert (segment in anatomy.LATERAL) == ("lateral" in name)


@pytest.mark.parametrize("right_ventricle", [1, None])
def test_generated_hearts_measure_as_they_were_drawn(tmp_path, right_ventricle):
    table = synthetic_cohort.write(tmp_path, {"healthy": 3, "HCM": 3}, seed=1)
    subjects = [
        cohort.Subject("s", "healthy", tmp_path / ed, tmp_path / es, 2, right_ventricle)
        for ed, es in zip(table.ed, table.es, strict=True)
    ]
    grid = preparation.Grid(64, 2.0)
    errors = []
    for subject, (_, row) in zip(subjects, table.iterrows(), strict=True):
        wall = anatomy.refine(preparation.prepare_subject(subject, grid)[..., 0])
        truth = row[[f"truth_{segment:02d}" for segment in anatomy.SEGMENTS]].to_numpy(float)
        measured = anatomy.segment_thickness(wall, 1.0)
        assert np.corrcoef(measured, truth)[0, 1] > 0.9
        errors.append(measured - truth)
        assert anatomy.mass(wall, 1.0) == pytest.approx(row.mass_g, rel=0.05)
        assert anatomy.volume(anatomy.cavity(wall), 1.0) == pytest.approx(row.edv_ml, rel=0.06)
    assert abs(np.nanmean(errors)) < 0.5
    assert np.nanmean(np.abs(errors)) < 1.0  # half a voxel of the grid


def test_refining_needs_a_shape():
    with pytest.raises(ValueError, match="empty"):
        anatomy.refine(np.full((4, 4, 4), -1.0))
