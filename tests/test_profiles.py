"""Profiles fit the notebooks, and what does not fit is named."""

import re

import nbformat
import pydantic
import pytest
import yaml

from helpers import paths, profiles

PARAMETERS = 'profile = "quick"\nseed = 0\nepochs = 3\nrate = 0.1\ndepths = [20, 56]\nplot = True'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Two notebooks and a profile that fits them; returns a function that changes the profile."""
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "PROFILES", tmp_path / "profiles")
    paths.PROFILES.mkdir()
    for name, source in {"00_task": 'profile = "quick"\nseed = 0', "01_thing": PARAMETERS}.items():
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / f"{name}.ipynb")
    section = {"epochs": 5, "rate": 0.2, "depths": [8], "plot": False}

    def write(change=(), remove=(), name="quick"):
        changed = {**section, **dict(change)}
        for key in remove:
            del changed[key]
        content = {"shared": {"seed": 1}, "00_task": {"seed": 2}, "01_thing": changed}
        (paths.PROFILES / f"{name}.yml").write_text(yaml.safe_dump(content))

    write()
    return write


def test_values_arrive_with_profile_and_shared_keys(project):
    assert profiles.load_profile("quick") == {
        "00_task": {"profile": "quick", "seed": 2},
        "01_thing": {
            "profile": "quick", "seed": 1, "epochs": 5, "rate": 0.2, "depths": [8], "plot": False,
        },
    }  # fmt: skip


def test_integer_is_welcome_where_the_notebook_has_a_float(project):
    project({"rate": 1})
    assert profiles.load_profile("quick")["01_thing"]["rate"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": 3}, r"quick\.yml, line \d+: 01_thing\.epoch is unknown: remove it"),
        ({"epochs": "5"}, r"epochs must be a valid integer, found '5'$"),
        ({"epochs": None}, r"epochs must be a valid integer, found nothing$"),
        ({"rate": "1e-4"}, r"rate must be a number, found '1e-4'.*1\.0e-4 rather than 1e-4$"),
        ({"rate": True}, r"rate must be a number, found True"),
        ({"plot": 1}, r"plot must be a valid boolean, found 1$"),
        ({"epochs": True}, r"epochs must be a valid integer, found True$"),
        (
            {"depths": [8, "20"]},
            r"line \d+: 01_thing\.depths\.1 must be a valid integer, found '20'$",
        ),
        ({"depths": [8.5]}, r"depths\.0 must be a valid integer, found 8\.5$"),
    ],
)
def test_a_value_that_does_not_fit_is_named(project, change, message):
    project(change)
    with pytest.raises(profiles.ProfileError, match=message):
        profiles.load_profile("quick")


def test_a_missing_key_is_named(project):
    project(remove=["epochs"])
    with pytest.raises(
        profiles.ProfileError, match=r"quick\.yml, line \d+: 01_thing\.epochs is missing"
    ):
        profiles.load_profile("quick")


def test_an_unknown_profile_lists_the_known_ones(project):
    with pytest.raises(profiles.ProfileError, match="no profile 'quik'; choose one of quick"):
        profiles.load_profile("quik")


def test_a_list_without_range_may_be_empty(project):
    project({"depths": []})
    assert profiles.load_profile("quick")["01_thing"]["depths"] == []


@pytest.mark.parametrize(
    ("line", "good", "bad"),
    [
        ("n = 3  # layers; from 1", [1, 99], [0, -1, 1.5]),
        ("x = 0.1  # a share; from 0.01 to 1", [0.01, 0.5, 1], [0, 1.01, float("nan")]),
        ("x = 0.5  # any number", [-1e9], [float("inf"), float("nan")]),
        ("n = None  # images, None for all; from 1", [None, 1], [0, "1", 1.5]),
        ("v = None  # anything", [None, "1", [2]], [{1}]),
        ("l = [0.5]  # shares; from 0 to 1", [[0.5, 1]], [[], [0.5, 2], 0.5]),
        ('s = "a"  # letter; one of a, b', ["a", "b"], ["c", "", 1]),
        ("l = [8]  # strides; one of 8, 16", [[16, 8]], [[], [4], [16, 32], ["8"], [True], 8]),
    ],
)
def test_a_comment_tells_the_range(project, line, good, bad):
    cell = nbformat.v4.new_code_cell(line, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), paths.NOTEBOOKS / "01_thing.ipynb")
    section = profiles.profile_model().model_fields["01_thing"].annotation
    name = line[0]
    for value in good:
        assert section.model_validate({name: value}).model_dump()[name] == value
    for value in bad:
        with pytest.raises(pydantic.ValidationError, match=f"1 validation error .*\n{name}"):
            section.model_validate({name: value})


@pytest.mark.parametrize("line", ["seed = 1 + x", "%matplotlib inline", "seed = ("])
def test_parameters_must_be_literals(project, line):
    cell = nbformat.v4.new_code_cell(line, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), paths.NOTEBOOKS / "01_thing.ipynb")
    with pytest.raises(profiles.ProfileError, match=f"`{re.escape(line)}` is not `name = literal`"):
        profiles.load_profile("quick")


def test_a_notebook_needs_one_parameters_cell(project):
    nbformat.write(nbformat.v4.new_notebook(), paths.NOTEBOOKS / "01_thing.ipynb")
    with pytest.raises(profiles.ProfileError, match="0 cells are tagged"):
        profiles.load_profile("quick")


@pytest.mark.parametrize("name", ["smoke", "quick", "full"])
def test_the_shipped_profiles_fit_the_shipped_notebooks(name):
    assert list(profiles.load_profile(name)) == [notebook.stem for notebook in profiles.notebooks()]


def test_the_notebooks_hold_the_quick_values():
    quick = profiles.load_profile("quick")
    for notebook in profiles.notebooks():
        assert quick[notebook.stem] == profiles.defaults(notebook)


@pytest.mark.parametrize("name", ["smoke", "quick", "full"])
def test_every_key_of_a_profile_is_commented(name):
    for line in (paths.PROFILES / f"{name}.yml").read_text(encoding="utf-8").splitlines():
        if line.startswith("  ") and ":" in line and not line.lstrip().startswith(("#", "-")):
            assert "#" in line, f"{name}.yml: no comment on `{line.strip()}`"


@pytest.mark.parametrize("content", ["{", "[]", '{"metadata": {}}'])
def test_a_file_that_is_no_notebook_is_named(tmp_path, content):
    path = tmp_path / "06_broken.ipynb"
    path.write_text(content)
    with pytest.raises(profiles.ProfileError, match=r"^06_broken\.ipynb: not a Jupyter notebook"):
        profiles.parameters_cell(path)
