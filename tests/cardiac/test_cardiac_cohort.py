import nibabel
import numpy as np
import pandas as pd
import pytest

from helpers import inputs, paths
from helpers.cardiac import cohort, preparation


def save(path, array, affine=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    nibabel.Nifti1Image(array, np.eye(4) if affine is None else affine).to_filename(path)


def box(label=1):
    array = np.zeros((8, 8, 8), np.uint8)
    array[2:6, 2:6, 2:6] = label
    return array


@pytest.fixture
def folder(tmp_path):
    rows = []
    for index, group in enumerate(("healthy", "HCM") * cohort.LEAST):
        for phase in ("ed", "es"):
            save(tmp_path / f"s{index}_{phase}.nii.gz", box())
        rows.append((f"s{index}", group, f"s{index}_ed.nii.gz", f"s{index}_es.nii.gz"))
    write_table(tmp_path, rows)
    return tmp_path


def write_table(folder, rows, columns=cohort.COLUMNS):
    pd.DataFrame(rows, columns=columns).to_csv(folder / "participants.tsv", sep="\t", index=False)


def test_a_folder_is_read_lazily(folder):
    subjects = cohort.from_folder(folder, label=1)
    assert [(subject.id, subject.group) for subject in subjects[:2]] == [
        ("s0", "healthy"),
        ("s1", "HCM"),
    ]
    labels, affine = cohort.load_labels(subjects[0].ed, subjects[0].label)
    assert labels.sum() == 64
    np.testing.assert_array_equal(affine, np.eye(4))


def test_files_of_a_users_cohort_are_inputs(folder, tmp_path_factory, monkeypatch):
    table = pd.read_csv(folder / "participants.tsv", sep="\t")
    far = tmp_path_factory.mktemp("elsewhere") / "s0_ed.nii.gz"
    (folder / "s0_ed.nii.gz").rename(far)
    table = table.replace({"s0_ed.nii.gz": str(far)})
    table.to_csv(folder / "participants.tsv", sep="\t", index=False)
    noted = []
    monkeypatch.setattr(inputs, "used", noted.append)
    monkeypatch.setattr(paths, "DATA", folder.parent)
    subjects = cohort.own("folder", folder.name, 1)
    assert {folder, far} <= set(noted)  # the folder, so that a new patient counts
    noted.clear()
    assert cohort.from_folder(folder, label=1) == subjects
    assert noted == []  # the drawn cohort is read so, and is no input


ROW0 = ("s0", "healthy", "s0_ed.nii.gz", "s0_es.nii.gz")
ROW1 = ("s1", "HCM", "s1_ed.nii.gz", "s1_es.nii.gz")


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([ROW0, ("s0", *ROW1[1:])], cohort.COLUMNS, "s0 is listed twice"),
        ([ROW0, ("s1", "DCM", *ROW1[2:])], cohort.COLUMNS, "unknown group 'DCM'"),
        ([ROW0], cohort.COLUMNS, "every subject is 'healthy'"),
        ([], cohort.COLUMNS, "no subject"),
        ([ROW0[:3], ROW1[:3]], cohort.COLUMNS[:3], "lacks the column 'es'"),
        ([ROW0, (*ROW1[:3], "nowhere.nii.gz")], cohort.COLUMNS, "nowhere.nii.gz is missing"),
        (
            [(f"s{index}", *(ROW1 if index < 2 else ROW0)[1:]) for index in range(9)],
            cohort.COLUMNS,
            r"participants.tsv .* too few .* \(2 HCM, 7 healthy\); give each group at least 6",
        ),
    ],
)
def test_a_bad_table_is_one_clear_error(folder, rows, columns, message):
    write_table(folder, rows, columns)
    with pytest.raises(cohort.CohortError, match=message):
        cohort.from_folder(folder, label=1)


def test_the_least_group_is_the_smallest_whose_parts_support_the_figures():
    def least(count):
        parts = preparation.split(np.zeros(count, int), (0.1, 0.25), 0)
        return len(parts["train"]) > 1 and len(parts["validation"]) > 0 and len(parts["test"]) > 1

    assert [least(count) for count in (cohort.LEAST - 1, cohort.LEAST)] == [False, True]


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(cohort.CohortError, match="participants.tsv is missing"):
        cohort.from_folder(tmp_path)
    with pytest.raises(cohort.CohortError, match=r"nowhere holds no subject.*data/README\.md"):
        cohort.from_acdc(tmp_path / "nowhere")


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a\tb\n1\t2\n1\t2\t3\n"])
def test_a_table_that_is_none_is_named(tmp_path, content):
    (tmp_path / "participants.tsv").write_bytes(content)
    with pytest.raises(cohort.CohortError, match=r"participants\.tsv is no table"):
        cohort.from_folder(tmp_path)


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.zeros((4, 4, 4, 3), np.uint8), "4 dimensions"),
        (np.ones((4, 4), np.uint8), "2 dimensions"),
        (np.zeros((4, 4, 4), np.uint8), "no voxel of label 1"),
        (box(7), r"no voxel of label 1 \(found: 0, 7\)"),
        (np.full((4, 4, 4), np.nan, np.float32), "no labels"),
        (np.full((4, 4, 4), 0.5, np.float32), "no labels"),
    ],
)
def test_a_bad_image_is_one_clear_error(tmp_path, array, message):
    save(tmp_path / "bad.nii.gz", array)
    with pytest.raises(cohort.CohortError, match=message) as caught:
        cohort.load_labels(tmp_path / "bad.nii.gz", 1)
    assert "bad.nii.gz" in str(caught.value)


def test_a_file_that_is_no_image_is_named(tmp_path):
    save(tmp_path / "whole.nii.gz", box())
    whole = (tmp_path / "whole.nii.gz").read_bytes()
    damaged = whole[:60] + bytes(20) + whole[80:]
    for content in (b"", b"not an image", b"\x1f\x8b broken gzip", whole[:90], damaged):
        (tmp_path / "broken.nii.gz").write_bytes(content)
        with pytest.raises(cohort.CohortError, match=r"broken\.nii\.gz cannot be read"):
            cohort.load_labels(tmp_path / "broken.nii.gz", 1)


def test_one_empty_fourth_dimension_is_welcome(tmp_path):
    save(tmp_path / "one.nii.gz", box()[..., None])
    assert cohort.load_labels(tmp_path / "one.nii.gz", 1)[0].shape == (8, 8, 8)


def test_a_flat_affine_is_refused(tmp_path):
    header = nibabel.Nifti1Header()
    header["sform_code"], header["srow_x"], header["srow_y"] = 1, (1, 0, 0, 0), (0, 1, 0, 0)
    nibabel.Nifti1Image(box(), None, header).to_filename(tmp_path / "flat.nii.gz")
    with pytest.raises(cohort.CohortError, match="affine"):
        cohort.load_labels(tmp_path / "flat.nii.gz", 1)


def acdc_patient(root, number, group, suffix=".nii.gz"):
    directory = root / "training" / f"patient{number:03d}"
    for frame in (1, 12):
        save(directory / f"{directory.name}_frame{frame:02d}_gt{suffix}", box(2))
    (directory / "Info.cfg").write_text(
        f"ED: 1\nES: 12\nGroup: {group}\nHeight: 180.0\nNbFrame: 30\n"
    )
    return directory


def test_acdc_gives_its_healthy_and_hypertrophic_patients(tmp_path):
    for number, group in enumerate(("NOR", "HCM", "DCM") * cohort.LEAST, start=1):
        acdc_patient(tmp_path, number, group, ".nii" if group == "HCM" else ".nii.gz")
    subjects = cohort.from_acdc(tmp_path)
    assert [(subject.id, subject.group) for subject in subjects[:3]] == [
        ("patient001", "healthy"), ("patient002", "HCM"), ("patient004", "healthy"),
    ]  # fmt: skip
    assert subjects[0].es.name == "patient001_frame12_gt.nii.gz"
    assert subjects[0].right_ventricle == 1
    assert cohort.load_labels(subjects[1].ed, subjects[1].label)[0].max() == 2


def test_acdc_names_what_is_incomplete(tmp_path):
    directory = acdc_patient(tmp_path, 1, "NOR")
    acdc_patient(tmp_path, 2, "HCM")
    (directory / "patient001_frame12_gt.nii.gz").unlink()
    with pytest.raises(cohort.CohortError, match="frame12_gt"):
        cohort.from_acdc(tmp_path)
    (directory / "Info.cfg").write_text("ED: 1\n")
    with pytest.raises(cohort.CohortError, match="lacks Group"):
        cohort.from_acdc(tmp_path)
    (directory / "Info.cfg").unlink()
    with pytest.raises(cohort.CohortError, match=r"Info\.cfg is missing"):
        cohort.from_acdc(tmp_path)
