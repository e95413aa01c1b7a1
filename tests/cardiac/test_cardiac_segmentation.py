import nibabel
import numpy as np
import pytest
from hearts import heart, save

from helpers.cardiac import cohort, segmentation


def box(label=1):
    array = np.zeros((8, 8, 8), np.uint8)
    array[2:6, 2:6, 2:6] = label
    return array


def fault(path):
    """Return the one line that tells why a file is refused; it names the file."""
    with pytest.raises(cohort.CohortError) as caught:
        segmentation.load_labels(path)
    assert str(caught.value).startswith(str(path)) and "\n" not in str(caught.value)
    return str(caught.value)


COLOURS = np.zeros((4, 4, 4), [("R", "u1"), ("G", "u1"), ("B", "u1")])


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4, 4, 3), np.uint8), "4 dimensions.*ed_frame"),
        (np.ones((4, 4), np.uint8), "2 dimensions"),
        (np.full((4, 4, 4), np.nan, np.float32), "no labels"),
        (np.full((4, 4, 4), 0.5, np.float32), "no labels"),
        (np.ones((4, 4, 4), np.complex64), "complex"),
        (COLOURS, "colours"),
    ],
)
def test_what_is_no_segmentation_is_one_clear_line(tmp_path, array, message):
    path = save(tmp_path / "bad.nii.gz", array)
    with pytest.raises(cohort.CohortError, match=message):
        segmentation.load_labels(path)
    fault(path)


@pytest.mark.parametrize("label", [2, 65538, 100_000])
@pytest.mark.parametrize("kind", [np.int32, np.float64])
def test_labels_are_what_the_file_says(tmp_path, label, kind):
    path = save(tmp_path / "labels.nii.gz", box(1).astype(kind) * label)
    assert np.unique(segmentation.load_labels(path)[0]).tolist() == [0, label]


def test_fractions_by_rounding_are_labels(tmp_path):
    path = save(tmp_path / "rounded.nii.gz", box(2) * 1.0000001)
    image = nibabel.load(path)
    stored = nibabel.Nifti1Image(box(200), image.affine)
    stored.header.set_slope_inter(0.0100001, 0)
    stored.to_filename(tmp_path / "scaled.nii.gz")
    for name in ("rounded", "scaled"):
        labels, _ = segmentation.load_labels(tmp_path / f"{name}.nii.gz")
        assert np.unique(labels).tolist() == [0, 2]


def test_every_damage_of_a_compressed_file_is_seen(tmp_path):
    path = save(tmp_path / "whole.nii.gz", heart())
    whole = path.read_bytes()
    generator = np.random.default_rng(0)
    damaged = [b"", b"not an image", b"\x1f\x8b broken gzip", whole[:90], whole[:-3]]
    for place in generator.integers(40 * 8, len(whole) * 8, 40):  # beyond gzip's own header
        content = bytearray(whole)
        content[place // 8] ^= 1 << place % 8
        damaged.append(bytes(content))
    refused = 0
    for content in damaged:
        path.write_bytes(content)
        try:
            np.testing.assert_array_equal(segmentation.load_labels(path)[0], heart())
        except cohort.CohortError as error:
            refused += f"{path} cannot be read as NIfTI" in str(error)
    assert refused > len(damaged) / 2  # some bits change nothing, such as how far back zeros lie


def changed(path, **fields):
    """Save a heart of 2 × 2 × 6 mm with fields of the header set to other values, bit by bit."""
    image = nibabel.Nifti1Image(heart(), np.diag([2.0, 2.0, 6.0, 1.0]))
    image.set_qform(image.affine, 1)
    header = bytearray(image.to_bytes())
    structure = nibabel.Nifti1Header(bytes(header[:348]))
    for name, value in fields.items():
        structure[name] = value
    path.write_bytes(structure.binaryblock + bytes(header[348:]))
    return path


def test_headers_without_sizes_or_directions_are_named(tmp_path):
    zero = changed(tmp_path / "zero.nii", pixdim=[1, 2, 2, 0, 1, 1, 1, 1], sform_code=0)
    assert "set its voxel sizes" in fault(zero)
    nowhere = changed(tmp_path / "nowhere.nii", sform_code=0, qform_code=0)
    assert "left and right are unknown" in fault(nowhere)
    flat = changed(tmp_path / "flat.nii", srow_z=[0, 0, 0, 0])
    assert "affine without volume" in fault(flat)


def test_negative_sizes_and_metres_are_read_as_meant(tmp_path):
    path = changed(tmp_path / "negative.nii", pixdim=[1, -2, 2, 6, 1, 1, 1, 1])
    np.testing.assert_allclose(segmentation.load_labels(path)[1], np.diag([2.0, 2.0, 6.0, 1.0]))
    rows = {f"srow_{axis}": np.eye(4)[k] * size for k, (axis, size) in enumerate(
        (("x", 0.002), ("y", 0.002), ("z", 0.006))
    )}  # fmt: skip
    path = changed(tmp_path / "metres.nii", xyzt_units=1, **rows)
    np.testing.assert_allclose(
        segmentation.load_labels(path)[1], np.diag([2.0, 2.0, 6.0, 1.0]), rtol=1e-5
    )


def test_slices_come_last_in_the_same_place(tmp_path):
    labels, affine = heart(), np.diag([2.0, 2.0, 6.0, 1.0])
    first = save(tmp_path / "first.nii.gz", labels.transpose(2, 0, 1), affine[:, [2, 0, 1, 3]])
    moved, its_affine = segmentation.load_labels(first)
    np.testing.assert_array_equal(moved, labels)
    np.testing.assert_allclose(its_affine, affine)


def test_one_file_may_hold_both_phases(tmp_path):
    both = np.stack([heart(), np.zeros_like(heart()), heart(inner=15)], -1)
    path = save(tmp_path / "both.nii.gz", both)
    subject = cohort.Subject("s", "healthy", path, path, 0, 2, cohort.ACDC)
    ed, es = (segmentation.read_phase(subject, phase) for phase in ("ed", "es"))
    assert ed.structure.sum() == (heart() == 2).sum()
    assert es.structure.sum() == (heart(inner=15) == 2).sum()
    for wrong in (3, -1):
        with pytest.raises(cohort.CohortError, match=f"3 volumes, none of number {wrong}"):
            segmentation.load_labels(path, wrong)
    single = save(tmp_path / "single.nii.gz", heart()[..., None])
    assert segmentation.load_labels(single)[0].shape == heart().shape


def test_a_missing_label_is_named_with_those_that_are_there(tmp_path):
    path = save(tmp_path / "other.nii.gz", box(7))
    subject = cohort.Subject("s", "healthy", path, path)
    with pytest.raises(cohort.CohortError, match=r"no voxel of label 2 \(found: 0, 7\)"):
        segmentation.read_phase(subject, "ed")


def test_specks_are_left_out_and_a_missing_slice_is_not(tmp_path):
    labels = heart()
    k = np.flatnonzero((labels == 2).any((0, 1)))
    with_speck = labels.copy()
    with_speck[30:32, 30:32, k[0] - 3] = 2  # below the apex
    np.testing.assert_array_equal(segmentation.large_parts(with_speck == 2), labels == 2)
    gap = labels.copy()
    gap[..., k[len(k) // 2]] = 0
    np.testing.assert_array_equal(segmentation.large_parts(gap == 2), gap == 2)


@pytest.mark.parametrize("opening", [60, 150])
def test_an_open_ring_is_filled_as_a_closed_one(opening):
    x, y = np.indices((60, 60)) - 29.5
    ring = (abs(np.hypot(x, y) - 20) < 4)[..., None]
    angle = np.degrees(np.arctan2(y, x))[..., None]
    broken = ring & (abs(angle) > opening / 2)
    whole = segmentation.fill(ring).sum()
    assert whole == (np.hypot(x, y) < 24).sum()
    assert segmentation.fill(broken).sum() > 0.65 * whole > 1.2 * broken.sum()
    cavity = (np.hypot(x, y) <= 16)[..., None]
    np.testing.assert_array_equal(segmentation.fill(broken, cavity), broken | cavity)
