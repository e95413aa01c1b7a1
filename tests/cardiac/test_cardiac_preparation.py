import nibabel
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import transform

from helpers.cardiac import anatomy, cohort, preparation

GRID = preparation.Grid(40, 3.2)


def heart(voxel, spin=0.0):
    """Labels of a pointed shell, RV on one side: half-axes 30 (outer) and 22 mm (inner)."""
    shape = [int(130 / size) for size in voxel]
    axes = [(np.arange(n) - (n - 1) / 2) * size for n, size in zip(shape, voxel, strict=True)]
    x, y, z = np.meshgrid(*axes, indexing="ij")
    x, y = x * np.cos(spin) + y * np.sin(spin), y * np.cos(spin) - x * np.sin(spin)
    labels = np.zeros(shape, np.uint8)
    labels[((x - 32) ** 2 + y**2 < 15**2) & (abs(z) < 25)] = 1
    below = z < 20
    labels[(np.hypot(x, y) / 30) ** 2 + (z / 55) ** 2 < 1] = 2
    labels[(np.hypot(x - 1.5, y) / 22) ** 2 + (z / 47) ** 2 < 1] = 3
    return np.where(below, labels, 0).astype(np.uint8)


def save(path, labels, affine):
    nibabel.Nifti1Image(labels, affine).to_filename(path)
    return path


@settings(max_examples=12, deadline=None, derandomize=True)
@given(
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
    in_plane=st.floats(1.3, 2.0),
    slices=st.floats(1.5, 8.0),
    mirror=st.booleans(),
    shift=st.floats(-200, 200),
)
def test_volume_survives_any_affine(tmp_path_factory, angles, in_plane, slices, mirror, shift):
    voxel = np.array([in_plane, in_plane, slices])
    labels = heart(voxel)
    affine = np.eye(4)
    affine[:3, :3] = transform.Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * voxel
    if mirror:
        affine[:3, 0] *= -1
    affine[:3, 3] = shift
    path = save(tmp_path_factory.mktemp("affine") / "heart.nii.gz", labels, affine)
    result = preparation.prepare_subject(
        cohort.Subject("s", "healthy", path, path, 3, 1), preparation.Grid(64, 2.0)
    )
    wanted = (labels == 3).sum() * voxel.prod()
    assert (result[..., 0] > 0).sum() * 8 == pytest.approx(wanted, rel=0.03)
    np.testing.assert_array_equal(result[..., 0], result[..., 1])


@pytest.mark.parametrize("spin", [0.0, 1.1, 2.9])
@pytest.mark.parametrize("flip", [False, True])
def test_septum_and_apex_end_where_they_belong(tmp_path, spin, flip):
    labels, affine = heart((1.5, 1.5, 3), spin), np.diag([1.5, 1.5, 3, 1.0])
    if flip:  # the same heart with its slices stored from base to apex
        labels, affine = labels[:, :, ::-1], affine @ np.diag([1, 1, -1, 1.0])
    path = save(tmp_path / "heart.nii.gz", labels, affine)
    mask = (
        preparation.prepare_subject(cohort.Subject("s", "healthy", path, path, 2, 1), GRID)[..., 0]
        > 0
    )
    sections = mask.sum((0, 1))
    present = np.flatnonzero(sections)
    assert present[0] == pytest.approx(GRID.below / GRID.spacing, abs=1)
    assert present[0] < GRID.size - 1 - present[-1]  # apex near the floor, base open above
    middle = mask[:, GRID.size // 2, GRID.size // 2]
    septal = middle[GRID.size // 2 :].sum()  # the cavity lies 1.5 mm towards the septum
    assert septal <= middle[: GRID.size // 2].sum()


def test_axes_are_right_handed_and_keep_the_anterior_side():
    for mirror in (1, -1):
        affine = np.diag([1.5 * mirror, 1.5, 3, 1.0])
        _, axes = preparation.heart_frame(heart((1.5, 1.5, 3)), affine, 2, 1)
        assert np.linalg.det(axes) == pytest.approx(1)
        np.testing.assert_allclose(axes[0], [mirror, 0, 0], atol=0.05)


def chest():
    """An asymmetric heart as an RAS image of 2 mm: apex down, right ventricle to the right.

    The cavity's centre lies to the left and back, so the septum and the anterior wall are thick.
    """
    x, y, z = (np.indices((70, 70, 60)) - np.array([30, 34.5, 32])[:, None, None, None]) * 2.0
    labels = np.where((x - 38) ** 2 + y**2 + (z / 2) ** 2 < 20**2, 1, 0)
    labels[(np.hypot(x, y) / 32) ** 2 + (z / 58) ** 2 < 1] = 2
    labels[(np.hypot(x + 4, y + 3) / 22) ** 2 + (z / 48) ** 2 < 1] = 3
    labels[z > 20] = 0
    return nibabel.Nifti1Image(labels.astype(np.uint8), np.diag([2, 2, 2, 1.0]))


@pytest.mark.parametrize("right_ventricle", [None, 1])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS", "ARI"])
def test_walls_keep_their_side_in_every_orientation(tmp_path, codes, turned, right_ventricle):
    image = chest()
    wanted = nibabel.orientations.axcodes2ornt(codes)
    stored = image.as_reoriented(
        nibabel.orientations.ornt_transform(nibabel.io_orientation(image.affine), wanted)
    )
    assert nibabel.aff2axcodes(stored.affine) == tuple(codes)
    affine = stored.affine
    if turned:  # the base to the right, behind and above the apex, as in a body
        pose = transform.Rotation.from_euler("zxz", [-25, 50, 40], degrees=True).as_matrix()
        affine = np.block([[pose, np.zeros((3, 1))], [np.zeros(3), 1]]) @ affine
        assert (pose[:, 2] * [1, -1, 1] > 0.4).all()
    path = save(tmp_path / "heart.nii.gz", np.asarray(stored.dataobj), affine)
    subject = cohort.Subject("s", "healthy", path, path, 2, right_ventricle)
    walls = anatomy.segment_thickness(
        preparation.prepare_subject(subject, GRID)[..., 0] > 0, GRID.spacing
    )
    mean = {
        side: np.mean([walls[s - 1] for s, name in anatomy.SEGMENTS.items() if side in name])
        for side in ("sept", "lateral", "anterior", "inferior")
    }
    assert mean["sept"] > mean["lateral"] + 4
    assert mean["anterior"] > mean["inferior"] + 2


def test_without_a_right_ventricle_the_septum_is_to_the_right():
    assert nibabel.aff2axcodes(np.eye(4)) == ("R", "A", "S")  # where nibabel's axes point
    _, axes = preparation.heart_frame(heart((1.5, 1.5, 3)), np.diag([1.5, 1.5, 3, 1.0]), 2)
    np.testing.assert_allclose(axes, np.eye(3), atol=1e-6)


def test_phases_of_different_shape_share_one_frame(tmp_path):
    fine, coarse = (1.5, 1.5, 3), (2.0, 1.7, 4)
    subject = cohort.Subject(
        "s", "healthy",
        save(tmp_path / "ed.nii.gz", heart(fine), np.diag([*fine, 1.0])),
        save(tmp_path / "es.nii.gz", np.pad(heart(coarse), 3), centred(coarse)),
        2, 1,
    )  # fmt: skip
    result = preparation.prepare_subject(subject, GRID) > 0
    overlap = 2 * (result[..., 0] & result[..., 1]).sum() / result.sum()
    assert overlap > 0.93


def centred(voxel):
    """Affine that puts the padded coarse heart where the fine one is."""
    affine = np.diag([*voxel, 1.0])
    for axis, (size, reference) in enumerate(zip(voxel, (1.5, 1.5, 3), strict=True)):
        middle = (int(130 / size) - 1) / 2 + 3
        affine[axis, 3] = (int(130 / reference) - 1) / 2 * reference - middle * size
    return affine


def test_a_heart_larger_than_the_grid_is_named(tmp_path):
    path = save(tmp_path / "huge.nii.gz", heart((1.5, 1.5, 3)), np.diag([3, 3, 6, 1.0]))
    with pytest.raises(cohort.CohortError, match=r"huge\.nii\.gz.*outside the grid of 128 mm"):
        preparation.prepare_subject(cohort.Subject("s", "healthy", path, path, 2, 1), GRID)


def test_distances_are_millimetres_from_the_surface():
    grid = preparation.Grid(32, 2.0, clip=8.0)
    index = np.indices((60, 60, 60)) - 29.5
    ball = np.sqrt((index**2).sum(0)) < 20
    sampled = preparation.resample(ball, np.eye(4), np.full(3, 29.5), np.eye(3), grid)
    radius = np.sqrt(sum(np.meshgrid(*[grid.offsets() ** 2] * 3, indexing="ij")))
    expected = np.clip(20 - radius, -8, 8)
    assert np.abs(sampled / preparation.STEPS * 8 - expected).max() < 1.2
    assert sampled.dtype == np.int8


def test_split_is_stratified_and_complete():
    labels = np.array([0] * 40 + [1] * 20)
    parts = preparation.split(labels, (0.1, 0.25), seed=0)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(60))
    assert [(labels[part] == 1).sum() for part in parts.values()] == [13, 2, 5]
    assert not np.array_equal(parts["test"], preparation.split(labels, (0.1, 0.25), 1)["test"])
