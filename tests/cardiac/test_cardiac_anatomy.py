import numpy as np
import pytest

from helpers.cardiac import anatomy, cohort, preparation


def coordinates(spacing, half=55.0):
    axis = np.arange(-half, half, spacing) + 0.13
    return np.meshgrid(axis, axis, axis, indexing="ij")


def sphere_shell(spacing, thickness, shift=0.0):
    """Signed distances of the wall between spheres, the outer one `shift` mm off along x."""
    x, y, z = coordinates(spacing)
    inner, outer = (np.sqrt((x - off) ** 2 + y**2 + z**2) for off in (0.0, shift))
    return np.minimum(inner - 25, 25 + thickness - outer), x, y, z


def local_thickness(wall, spacing, half=55.0):
    """Points half-way through a wall as x, y, z in mm, and the thickness there in mm."""
    points, thickness = anatomy.across_the_wall(wall, anatomy.cavity(wall))
    return *(points.T * spacing - half + 0.13), thickness * spacing


@pytest.mark.parametrize(
    ("spacing", "thickness"), [(2.0, 4.0), (3.4, 4.5), (3.4, 8.0), (3.4, 20.0)]
)
def test_thickness_of_a_sphere_is_known_to_a_tenth_of_a_voxel(thickness, spacing):
    distance = sphere_shell(spacing, thickness)[0].clip(-10, 10)  # as `preparation` stores them
    fine = anatomy.refine(distance)
    *_places, local = local_thickness(fine, spacing / 2)
    assert local.mean() == pytest.approx(thickness, abs=spacing / 10)
    assert np.nanmean(anatomy.segment_thickness(fine, spacing / 2)) == pytest.approx(
        thickness, abs=spacing / 10
    )


def test_thickness_stands_at_right_angles_to_the_cavity():
    distance = sphere_shell(2.0, 9.0, shift=5.0)[0]  # 14 mm on one side, 4 on the other
    x, y, z, local = local_thickness(distance, 2.0)
    for side, expected in ((1, 14.0), (-1, 4.0)):
        here = (side * x > 20) & (np.hypot(y, z) < 4)
        assert local[here].mean() == pytest.approx(expected, abs=0.2)
    # where the radius to the outer sphere, from the inner one's centre, is √(34² − 5²) mm
    across = (abs(x) < 2) & (abs(z) < 4) & (abs(y) > 25)
    assert local[across].mean() == pytest.approx(np.sqrt(34**2 - 5**2) - 25, abs=0.2)


def test_volume_and_cavity_of_an_ellipsoid_shell():
    x, y, z = coordinates(1.5)
    inner = (x / 22) ** 2 + (y / 22) ** 2 + (z / 36) ** 2 < 1
    wall = ((x / 30) ** 2 + (y / 30) ** 2 + (z / 44) ** 2 < 1) & ~inner
    hollow, whole = (4 / 3 * np.pi * a * a * b / 1000 for a, b in ((22, 36), (30, 44)))
    assert anatomy.volume(inner, 1.5) == pytest.approx(hollow, rel=0.02)
    assert anatomy.volume(wall, 1.5) == pytest.approx(whole - hollow, rel=0.02)
    np.testing.assert_array_equal(anatomy.cavity(wall), inner)
    *_across, height, local = local_thickness(wall, 1.5)
    assert local[abs(height) < 4].mean() == pytest.approx(8, abs=0.5)


def test_the_cut_at_the_base_does_not_count_as_outside():
    distance, _, _, z = sphere_shell(2.0, 8.0)
    *_across, height, local = local_thickness(np.minimum(distance, 10 - z), 2.0)
    assert local[height > 7].mean() == pytest.approx(8.0, abs=0.2)


def test_segments_mean_nothing_where_a_cavity_is_nearly_obliterated():
    distance, _, _, z = sphere_shell(2.0, 8.0)
    filled = np.where(z < 12, np.maximum(distance, 20 - abs(distance)), distance)
    assert anatomy.cavity(filled).any()
    assert np.isnan(anatomy.segment_thickness(filled, 2.0)).all()


@pytest.mark.parametrize("fill", [-1.0, 1.0])
def test_a_shape_without_surface_or_cavity_has_no_thickness(fill):
    fine = anatomy.refine(np.full((6, 6, 6), fill))
    assert np.isnan(anatomy.segment_thickness(fine, 1.0)).all()
    assert not len(anatomy.across_the_wall(fine, anatomy.cavity(fine))[1])
    assert anatomy.volume(fine, 1.0) == (1.728 if fill > 0 else 0)


def test_gaps_in_a_thin_wall_are_bridged_but_an_open_ring_is_not():
    x, y, z = np.indices((40, 40, 6)) - 19.5
    ring = (abs(np.hypot(x, y) - 14) < 1.2) & (z < -15)
    for gap, enclosed in ((3, True), (16, False)):
        broken = ring & ~((x > 0) & (abs(y) < gap / 2))
        assert anatomy.cavity(broken)[20, 20].any() == enclosed


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


def test_drawn_hearts_measure_as_they_were_drawn(drawn):
    """On the grid of the quick report."""
    folder, table = drawn
    grid = preparation.Grid(40, 3.4)
    shapes, _ = preparation.prepare_all(cohort.from_folder(folder, labels=cohort.ACDC), grid)
    truth = table[[f"truth_{segment:02d}" for segment in anatomy.SEGMENTS]].to_numpy()
    walls = [anatomy.refine(shape[..., 0]) for shape in shapes]
    measured = np.array([anatomy.segment_thickness(wall, grid.spacing / 2) for wall in walls])
    error = measured - truth
    for part in (truth < 6, (truth >= 6) & (truth < 15), truth >= 15):
        assert abs(error[part].mean()) < 0.5
    assert np.abs(error).mean() < 0.45  # millimetres, of voxels of 3.4 and slices of 9 to 10
    ill = table.group == "HCM"
    difference, true_difference = (
        values[ill].mean(0) - values[~ill].mean(0) for values in (measured, truth)
    )
    assert np.polyfit(true_difference, difference, 1)[0] == pytest.approx(1, abs=0.1)
    for wall, row in zip(walls, table.itertuples(), strict=True):
        muscle = anatomy.DENSITY * anatomy.volume(wall, grid.spacing / 2)
        assert muscle == pytest.approx(row.mass_g, rel=0.1)
        hollow = anatomy.volume(anatomy.cavity(wall), grid.spacing / 2)
        assert 0.8 < hollow / row.edv_ml < 1.1  # less where the ring is open at the base
