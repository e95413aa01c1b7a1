import nibabel
import numpy as np
import pytest
from hearts import heart, save, segmented, subject
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial import transform

from helpers.cardiac import anatomy, cohort, preparation, segmentation

GRID = preparation.Grid(40, 3.2)


def upright(stack, grid=GRID):
    """Return the mask on the grid, and the matrix that leads there."""
    frame = preparation.heart_frame(stack)
    return preparation.resample(stack.structure, stack.affine, frame, grid) > 0, frame


affines = st.builds(
    dict,
    angles=st.tuples(*[st.floats(-180, 180)] * 3),  # oblique
    sides=st.tuples(st.floats(1.3, 2.2), st.floats(1.3, 2.2), st.floats(3, 10)),  # anisotropic
    flips=st.tuples(*[st.booleans()] * 3),  # of the stored array: RAS, LPS, LAS, base first …
    mirror=st.booleans(),  # of the world
    shift=st.floats(-300, 300),
)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    pose=affines,
    structure=st.sampled_from([2, 3]),
    gap=st.integers(0, 3),
    opening=st.sampled_from([0, 120, 220]),
)
def test_any_pose_keeps_volume_septum_and_apex(pose, structure, gap, opening):
    sides = np.array(pose["sides"])
    labels = heart(sides)
    affine = np.eye(4)
    turn = transform.Rotation.from_euler("xyz", pose["angles"], degrees=True).as_matrix()
    affine[:3, :3] = turn * sides
    affine[0] *= -1 if pose["mirror"] else 1
    affine[:3, 3] += pose["shift"]
    septum, base = affine[:3, 0] / sides[0], affine[:3, 2] / sides[2]  # right ventricle along i
    levels = np.flatnonzero((labels == 2).any((0, 1)))
    if opening and structure == 2:  # the upper third is open towards +j
        x, y = np.indices(labels.shape[:2]) - np.array(labels.shape[:2])[:, None, None] / 2
        cut = abs(np.degrees(np.arctan2(x, y))) < opening / 2
        for k in levels[-len(levels) // 3 :]:
            labels[..., k][cut & (labels[..., k] == 2)] = 0
    if gap:  # a slice that nobody drew
        labels[..., levels[-gap - 1]] = 0
    for axis, flip in enumerate(pose["flips"]):
        if flip:
            affine[:3, 3] += affine[:3, axis] * (labels.shape[axis] - 1)
            affine[:3, axis] *= -1
            labels = np.flip(labels, axis)
    stack = segmented(labels, affine, cavity=False, structure=structure)
    grid = preparation.Grid(48, 2.8)
    mask, frame = upright(stack, grid)
    assert np.linalg.det(frame[:3, :3]) == pytest.approx(1)
    assert frame[:3, 0] @ septum > 0.95
    assert frame[:3, 2] @ base > 0.999
    volume = stack.millilitres(stack.structure)
    assert anatomy.volume(mask, grid.spacing) == pytest.approx(volume, rel=0.03)
    present = np.flatnonzero(mask.any((0, 1)))
    assert present[0] * grid.spacing == pytest.approx(grid.below, abs=sides[2] + grid.spacing)


@pytest.mark.parametrize("cavity", [False, True])
@pytest.mark.parametrize("right_ventricle", [False, True])
def test_the_apex_is_found_though_rings_are_open_slices_few_or_the_apex_missing(
    drawn, cavity, right_ventricle
):
    """On drawn hearts, in worlds where half of them lie upside down."""
    generator = np.random.default_rng(0)
    subjects = cohort.from_folder(drawn[0], labels=cohort.ACDC)
    for number, each in enumerate(subjects[::3]):
        labels, affine = segmentation.load_labels(each.ed)
        affine = np.diag([-1, 1, -1, 1.0]) @ affine if number % 2 else affine
        levels = np.flatnonzero((labels == 2).any((0, 1)))
        middle = ndimage.center_of_mass(labels > 1)[:2]
        x, y = np.indices(labels.shape[:2]) - np.array(middle)[:, None, None]
        angle = np.degrees(np.arctan2(y, x)) - generator.uniform(-180, 180)
        angle = abs((angle + 180) % 360 - 180)
        for count, opening in ((2, 120), (4, 200), (3, 270), (2, 300), (99, 200)):
            broken = labels.copy()  # C-shaped in its `count` slices at the base
            for k in levels[-count:]:
                broken[..., k][(angle < opening / 2) & (labels[..., k] == 2)] = 0
            check_base(broken, affine, cavity, right_ventricle)
        n = len(levels)
        without_apex = n // 3 if right_ventricle else n // 5
        for first, end in ((0, n), (without_apex, n), (n // 5, 4 * n // 5), (0, n // 2)):
            few = np.zeros_like(labels)
            few[..., levels[first:end]] = labels[..., levels[first:end]]
            check_base(few, affine, cavity, right_ventricle)


def check_base(labels, affine, cavity, right_ventricle):
    """Check that the base is seen at the end of the stack."""
    stack = segmented(labels, affine, cavity, right_ventricle)
    normal = np.cross(affine[:3, 0], affine[:3, 1])
    assert preparation.base_side(stack) == np.sign(normal @ affine[:3, 2])


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


@pytest.mark.parametrize("right_ventricle", [False, True])
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("codes", ["RAS", "LPS", "LAS", "ARI"])
def test_walls_keep_their_side_in_every_orientation(codes, turned, right_ventricle):
    image = chest()
    wanted = nibabel.orientations.axcodes2ornt(codes)
    stored = image.as_reoriented(
        nibabel.orientations.ornt_transform(nibabel.io_orientation(image.affine), wanted)
    )
    assert nibabel.aff2axcodes(stored.affine) == tuple(codes)
    affine = stored.affine
    if turned:  # as in a body: base right, behind, above; septum right, forward
        pose = transform.Rotation.from_euler("xz", [50, 40], degrees=True).as_matrix()
        affine = np.block([[pose, np.zeros((3, 1))], [np.zeros(3), 1]]) @ affine
        assert (pose[:, 2] * [1, -1, 1] > 0.4).all()
    stack = segmented(np.asarray(stored.dataobj), affine, True, right_ventricle)
    frame = preparation.heart_frame(stack)
    shape = preparation.resample(stack.structure, affine, frame, GRID)
    walls = anatomy.segment_thickness(anatomy.refine(shape), GRID.spacing / 2)
    mean = {
        side: np.mean([walls[s - 1] for s, name in anatomy.SEGMENTS.items() if side in name])
        for side in ("sept", "lateral", "anterior", "inferior")
    }
    assert mean["sept"] > mean["lateral"] + 4
    assert mean["anterior"] > mean["inferior"] + 2


def test_without_a_right_ventricle_the_septum_is_to_the_right():
    assert nibabel.aff2axcodes(np.eye(4)) == ("R", "A", "S")  # where nibabel's axes point
    affine = np.diag([1.5, 1.5, 3, 1.0])
    frame = preparation.heart_frame(segmented(heart((1.5, 1.5, 3)), affine, right_ventricle=False))
    np.testing.assert_allclose(frame[:3, :3], np.eye(3), atol=1e-6)


@pytest.mark.parametrize("spin", [0.0, 2.0])
def test_in_a_body_it_faces_right_and_forward(spin):
    """Whatever the direction of the slices' rows."""
    base = np.array([0.5, -0.6, np.sqrt(1 - 0.61)])
    septal = np.cross([0, 0, 1], base)  # level, across the heart
    septal /= np.linalg.norm(septal)
    assert septal @ [1, 1, 0] > 1.3  # within 20° of right and forward
    rows = np.stack([septal, np.cross(base, septal), base], 1)
    turned = rows @ transform.Rotation.from_rotvec([0, 0, spin]).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = turned * [1.5, 1.5, 3]
    frame = preparation.heart_frame(segmented(heart((1.5, 1.5, 3)), affine, right_ventricle=False))
    assert frame[:3, 0] @ septal > np.cos(np.radians(15))


def test_phases_of_different_shape_share_one_frame(tmp_path):
    fine, coarse = (1.5, 1.5, 3), (2.0, 1.7, 4)
    each = subject(tmp_path, heart(fine), heart(fine), affine=(*fine, 1.0))
    save(each.es, np.pad(heart(coarse, inner=21), 3), centred(coarse))
    result = preparation.prepare_subject(each, GRID)[0] > 0
    overlap = 2 * (result[..., 0] & result[..., 1]).sum() / result.sum()
    assert overlap > 0.9


def centred(voxel):
    """Affine that puts the padded coarse heart where the fine one is."""
    affine = np.diag([*voxel, 1.0])
    for axis, (size, reference) in enumerate(zip(voxel, (1.5, 1.5, 3), strict=True)):
        middle = (int(130 / size) - 1) / 2 + 3
        affine[axis, 3] = (int(130 / reference) - 1) / 2 * reference - middle * size
    return affine


def test_distances_are_millimetres_from_the_surface():
    grid = preparation.Grid(32, 2.0, clip=8.0)
    index = np.indices((60, 60, 60)) - 29.5
    ball = np.sqrt((index**2).sum(0)) < 20
    frame = np.eye(4)
    frame[:3, 3] = 29.5, 29.5, 29.5 - 32 + grid.below  # the ball's centre in the grid's
    sampled = preparation.resample(ball, np.eye(4), frame, grid)
    axis = (np.arange(32) - 15.5) * 2
    radius = np.sqrt(sum(np.meshgrid(*[axis**2] * 3, indexing="ij")))
    expected = np.clip(20 - radius, -8, 8)
    error = np.abs(sampled / preparation.STEPS * 8 - expected)
    assert error[..., axis < 0].max() < 1.2  # a heart goes on above its last slice
    assert sampled.dtype == np.int8


@pytest.mark.parametrize("height", [9, 10, 11, 12])
def test_a_base_cut_along_a_slice_costs_no_volume(height):
    """All voxels beside the cut are equally far from it: a whole layer hangs on one value."""
    block = np.zeros((40, 40, 14), bool)
    block[6:34, 6:34, 1:height] = True
    affine = np.diag([2.0, 2.0, 10.0, 1.0])
    frame = np.eye(4)
    frame[:3, 3] = 39, 39, 5
    mask = preparation.resample(block, affine, frame, GRID) > 0
    assert anatomy.volume(mask, GRID.spacing) == pytest.approx(block.sum() * 0.04, rel=0.005)


def test_split_is_stratified_and_complete():
    labels = np.array([0] * 40 + [1] * 20)
    parts = preparation.split(labels, seed=0)
    assert sorted(np.concatenate(list(parts.values()))) == list(range(60))
    assert [(labels[part] == 1).sum() for part in parts.values()] == [13, 2, 5]
    assert not np.array_equal(parts["test"], preparation.split(labels, 1)["test"])
    many = preparation.split(np.array([0] * 1000 + [1] * 300), seed=0)
    assert [len(many[part]) for part in ("train", "validation", "test")] == [1065, 70, 165]


@pytest.mark.parametrize("last_first", [False, True])
def test_axes_of_the_world_break_no_tie(last_first):
    """A stack without apex, whose sections hardly tell: its axes, which no body has, must not."""
    areas = np.array([900, 1000, 1080, 1240, 1190, 1120, 940, 780])[:: -1 if last_first else 1]
    i, j = np.indices((48, 48)) - 23.5
    cavity = np.pi * (i**2 + j**2)[..., None] < areas
    affine = np.diag([1.4, 1.4, 8.0, 1.0])
    nothing = np.zeros_like(cavity)
    stack = segmentation.HeartPhase("heart.nii.gz", affine, cavity, cavity, nothing, 0.0)
    assert preparation.base_side(stack) == (1 if last_first else -1)
