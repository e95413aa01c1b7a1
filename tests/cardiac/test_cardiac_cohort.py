import numpy as np
import pandas as pd
import pytest
from hearts import heart, save

from helpers import inputs, paths
from helpers.cardiac import cohort, preparation


@pytest.fixture
def folder(tmp_path):
    rows = []
    for index, group in enumerate(("healthy", "HCM") * cohort.LEAST):
        for phase in ("ed", "es"):
            save(tmp_path / f"s{index}_{phase}.nii.gz", np.ones((2, 2, 2), np.uint8))
        rows.append((f"s{index}", group, f"s{index}_ed.nii.gz", f"s{index}_es.nii.gz"))
    write_table(tmp_path, rows)
    return tmp_path


def write_table(folder, rows, columns=cohort.COLUMNS):
    pd.DataFrame(rows, columns=columns).to_csv(folder / "participants.tsv", sep="\t", index=False)


def test_a_folder_is_read_with_its_labels(folder):
    labels = cohort.Labels(1, 0, 4)
    subjects = cohort.from_folder(folder, labels=labels)
    assert [(subject.id, subject.group) for subject in subjects[:2]] == [
        ("s0", "healthy"),
        ("s1", "HCM"),
    ]
    assert subjects[0].labels == labels
    assert (subjects[0].ed_frame, subjects[0].es_frame) == (None, None)


def test_groups_go_by_their_names_and_others_are_left_out(folder):
    table = pd.read_csv(folder / "participants.tsv", sep="\t")
    table["group"] = ["control", "amyloid", "athlete"] * 3 + ["control", "amyloid", "amyloid"]
    pd.concat([table, table.assign(participant_id=table.participant_id + "b")]).to_csv(
        folder / "participants.tsv", sep="\t", index=False
    )
    subjects = cohort.from_folder(folder, ["control", "amyloid"])
    assert {subject.group for subject in subjects} == {"control", "amyloid"}
    assert len(subjects) == 18
    with pytest.raises(cohort.CohortError, match="'HCM'; it has control, amyloid, athlete"):
        cohort.from_folder(folder, ["control", "HCM"])


def test_a_table_says_which_volumes_of_a_file_to_take(folder):
    table = pd.read_csv(folder / "participants.tsv", sep="\t")
    table = table.assign(es=table.ed, ed_frame=0, es_frame=[7, *[8] * 11])
    table.to_csv(folder / "participants.tsv", sep="\t", index=False)
    subject = cohort.from_folder(folder)[0]
    assert (subject.ed, subject.ed_frame, subject.es_frame) == (subject.es, 0, 7)
    table["es_frame"] = "late"
    table.to_csv(folder / "participants.tsv", sep="\t", index=False)
    with pytest.raises(cohort.CohortError, match=r"participants\.tsv.*no table.*late"):
        cohort.from_folder(folder)


def test_files_of_a_users_cohort_are_inputs(folder, tmp_path_factory, monkeypatch):
    table = pd.read_csv(folder / "participants.tsv", sep="\t")
    far = tmp_path_factory.mktemp("elsewhere") / "s0_ed.nii.gz"
    (folder / "s0_ed.nii.gz").rename(far)
    table = table.replace({"s0_ed.nii.gz": str(far)})
    table.to_csv(folder / "participants.tsv", sep="\t", index=False)
    noted = []
    monkeypatch.setattr(inputs, "used", noted.append)
    monkeypatch.setattr(paths, "DATA", folder.parent)
    subjects = cohort.own("folder", folder.name)
    assert {folder, far} <= set(noted)  # the folder, so that a new patient counts
    noted.clear()
    assert cohort.from_folder(folder) == subjects
    assert noted == []  # the drawn cohort is read so, and is no input
    before = inputs.digest(folder)
    save(folder / "s1_es.nii.gz", np.full((2, 2, 2), 2, np.uint8))
    assert inputs.digest(folder) != before  # so that a changed segmentation reruns the notebook


ROW0 = ("s0", "healthy", "s0_ed.nii.gz", "s0_es.nii.gz")
ROW1 = ("s1", "HCM", "s1_ed.nii.gz", "s1_es.nii.gz")


@pytest.mark.parametrize(
    ("rows", "columns", "message"),
    [
        ([ROW0, ("s0", *ROW1[1:])], cohort.COLUMNS, "s0 stands there twice"),
        (
            [ROW0, ("s1", "DCM", *ROW1[2:])],
            cohort.COLUMNS,
            "'HCM'; it has healthy, DCM",
        ),
        ([ROW0], cohort.COLUMNS, "no subject of the group 'HCM'"),
        ([], cohort.COLUMNS, "no subject"),
        ([ROW0[:3], ROW1[:3]], cohort.COLUMNS[:3], "lacks the column 'es'"),
        ([ROW0, (*ROW1[:3], "nowhere.nii.gz")], cohort.COLUMNS, "nowhere.nii.gz missing"),
        (
            [(f"s{index}", *(ROW1 if index < 2 else ROW0)[1:]) for index in range(9)],
            cohort.COLUMNS,
            r"participants.tsv .* too few .* \(7 healthy, 2 HCM\); give each group at least 6",
        ),
    ],
)
def test_a_bad_table_is_one_clear_error(folder, rows, columns, message):
    write_table(folder, rows, columns)
    with pytest.raises(cohort.CohortError, match=message):
        cohort.from_folder(folder)


def test_the_least_group_is_the_smallest_whose_parts_support_the_figures():
    def least(count):
        parts = preparation.split(np.zeros(count, int), 0)
        return len(parts["train"]) > 1 and len(parts["validation"]) > 0 and len(parts["test"]) > 1

    assert [least(count) for count in (cohort.LEAST - 1, cohort.LEAST)] == [False, True]


def test_a_missing_table_is_named(tmp_path):
    with pytest.raises(cohort.CohortError, match="participants.tsv is missing"):
        cohort.from_folder(tmp_path)
    with pytest.raises(cohort.CohortError, match=r"nowhere holds no subject.*data/README\.md"):
        cohort.from_acdc(tmp_path / "nowhere", ["NOR", "HCM"])


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", b"a\tb\n1\t2\n1\t2\t3\n"])
def test_a_table_that_is_none_is_named(tmp_path, content):
    (tmp_path / "participants.tsv").write_bytes(content)
    with pytest.raises(cohort.CohortError, match=r"participants\.tsv is no table"):
        cohort.from_folder(tmp_path)


def acdc_patient(root, number, group, masks=None, info=None):
    """Write a patient of ACDC: its Info.cfg, and its segmentations there or in `masks`."""
    patient = f"patient{number:03d}"
    for frame in (1, 12):
        save((masks or root / patient) / f"{patient}_frame{frame:02d}_gt.nii.gz", heart()[:4])
    text = f"ED: 1\nES: 12\nGroup: {group}\nHeight: 180.0\nNbFrame: 30\n"
    (root / patient).mkdir(parents=True, exist_ok=True)
    (root / patient / "Info.cfg").write_bytes(info or text.encode())
    return root / patient


ACDC_GROUPS = ["NOR", "HCM"]


@pytest.mark.parametrize("rearranged", [False, True])
def test_acdc_is_read_in_any_arrangement(tmp_path, monkeypatch, rearranged):
    monkeypatch.setattr(paths, "DATA", tmp_path)
    root, masks = tmp_path / "acdc", tmp_path / "acdc" / "Masks" if rearranged else None
    for number, group in enumerate(("NOR", "HCM", "DCM") * cohort.LEAST, start=1):
        patient = acdc_patient(root / "Images" / "training", number, group, masks)
        text = (patient / "Info.cfg").read_text()
        for encoding in ("utf-8-sig", "utf-16")[number % 2 :]:
            (patient / "Info.cfg").write_text(text, encoding=encoding)
        twin = root / "__MACOSX" / patient.name
        twin.mkdir(parents=True)
        for name in ("Info.cfg", f"{patient.name}_frame01_gt.nii.gz"):
            (twin / f"._{name}").write_bytes(b"Mac OS X")
            (twin / name).write_bytes(b"Mac OS X")
    subjects = cohort.own("acdc", "acdc", ["healthy", "HCM"])
    assert [(subject.id, subject.group) for subject in subjects[:3]] == [
        ("patient001", "NOR"), ("patient002", "HCM"), ("patient004", "NOR"),
    ]  # fmt: skip
    assert subjects[0].es.name == "patient001_frame12_gt.nii.gz"
    assert subjects[0].labels == cohort.Labels(structure=2, cavity=3, right_ventricle=1)
    assert "__MACOSX" not in subjects[0].ed.parts
    others = cohort.own("acdc", "acdc", ["DCM", "HCM"])
    assert {subject.group for subject in others} == {"DCM", "HCM"}


@pytest.mark.parametrize("twin", [False, True])
def test_unpacked_files_will_do(tmp_path, twin):
    for number, group in enumerate(ACDC_GROUPS * cohort.LEAST, start=1):
        patient = acdc_patient(tmp_path, number, group)
        packed = patient / f"{patient.name}_frame01_gt.nii.gz"
        save(packed.with_suffix(""), heart()[:4])
        if not twin:
            packed.unlink()
    subjects = cohort.from_acdc(tmp_path, ACDC_GROUPS)
    assert {subject.ed.suffix for subject in subjects} == {".gz" if twin else ".nii"}


@pytest.mark.parametrize(
    ("info", "message"),
    [
        (b"ED: 1\nGroup: NOR\n", r"Info\.cfg lacks ES"),
        (b"ED: 1\nES: 12\n", r"Info\.cfg lacks Group"),
        (b"ED: one\nES: 12\nGroup: NOR\n", r"Info\.cfg has ED: one"),
        ("ED: 1\nES: 12\nGroup: NOR\nArzt: Jürgen".encode("latin-1"), "'HCM'; it has NOR"),
        (b"\x00\x01", r"Info\.cfg lacks Group"),
    ],
)
def test_acdc_names_a_bad_information_file(tmp_path, info, message):
    acdc_patient(tmp_path, 1, "NOR", info=info)
    with pytest.raises(cohort.CohortError, match=message):
        cohort.from_acdc(tmp_path, ACDC_GROUPS)


def test_acdc_names_what_is_missing(tmp_path):
    directory = acdc_patient(tmp_path, 1, "NOR")
    acdc_patient(tmp_path, 2, "HCM")
    for frame in ("01", "12"):
        (directory / f"patient001_frame{frame}_gt.nii.gz").unlink()
    with pytest.raises(cohort.CohortError, match="patient001_frame01.*patient001_frame12.*missing"):
        cohort.from_acdc(tmp_path, ACDC_GROUPS)
    (tmp_path / "patient002" / "Info.cfg").unlink()
    with pytest.raises(cohort.CohortError, match=r"patient002.*Info\.cfg is missing"):
        cohort.from_acdc(tmp_path, ACDC_GROUPS)


def test_mnms_is_read_as_it_is_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "DATA", tmp_path)
    rows = []
    for index, group in enumerate(("NOR", "HCM", "DCM") * 2 * cohort.LEAST):
        code, part = f"A{index:02d}", ("Training/Labeled", "Validation", "Testing")[index % 3]
        rows.append((code, "Siemens", group, index % 3, 9 + index))
        if index < 20:  # the others are unlabeled
            save(tmp_path / "mnms" / part / code / f"{code}_sa_gt.nii.gz", heart()[:4, ..., None])
    table = pd.DataFrame(rows, columns=["External code", "Vendor", "Pathology", "ED", "ES"])
    table.to_csv(tmp_path / "mnms" / "M&Ms information.csv")
    subjects = cohort.own("mnms", "mnms", ["HCM", "DCM"])
    assert [subject.id for subject in subjects[:3]] == ["A01", "A02", "A04"]
    assert (subjects[0].ed_frame, subjects[0].es_frame) == (1, 10)
    assert subjects[0].ed == subjects[0].es
    assert subjects[0].labels == cohort.Labels(structure=2, cavity=1, right_ventricle=3)
    table.drop(columns="ES").to_csv(tmp_path / "mnms" / "M&Ms information.csv")
    with pytest.raises(cohort.CohortError, match="lacks the column 'ES'"):
        cohort.own("mnms", "mnms", ["healthy", "HCM"])
