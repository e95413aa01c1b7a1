"""Profiles fit the notebooks, and what does not fit is named."""

import re

import nbformat
import pytest
import yaml

from helpers import paths, profiles

PARAMETERS = 'profile = "quick"\nseed = 0\nepochs = 3\nrate = 0.1\ndepths = [20, 56]\nplot = True'


@pytest.fixture
def project(tmp_path, monkeypatch):
    """One notebook and one profile that fits it; returns a function that changes the profile."""
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path)
    monkeypatch.setattr(paths, "PROFILES", tmp_path / "profiles")
    paths.PROFILES.mkdir()
    cell = nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "01_thing.ipynb")
    section = {"epochs": 5, "rate": 0.2, "depths": [8], "plot": False}

    def write(change=(), remove=(), name="quick"):
        changed = {**section, **dict(change)}
        for key in remove:
            del changed[key]
        content = {"shared": {"seed": 1}, "01_thing": changed}
        (paths.PROFILES / f"{name}.yml").write_text(yaml.safe_dump(content))

    write()
    return write


def test_values_arrive_with_profile_and_shared_keys(project):
    loaded = profiles.load("quick")["01_thing"]
    assert loaded == {
        "profile": "quick", "seed": 1, "epochs": 5, "rate": 0.2, "depths": [8], "plot": False,
    }  # fmt: skip


def test_integer_is_welcome_where_the_notebook_has_a_float(project):
    project({"rate": 1})
    assert profiles.load("quick")["01_thing"]["rate"] == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": 3}, r"quick\.yml, 01_thing: unknown key epoch; did you mean epochs\?"),
        ({"epochs": "5"}, r"epochs is '5', but the notebook has 3 of type int$"),
        ({"rate": "1e-4"}, r"rate is '1e-4'.*1\.0e-4 rather than 1e-4"),
        ({"plot": 1}, r"plot is 1, but the notebook has True"),
        ({"epochs": True}, r"epochs is True"),
        ({"depths": [8, "20"]}, r"depths holds '20', but the notebook has 20 of type int$"),
        ({"depths": [8.5]}, r"depths holds 8\.5, but"),
    ],
)
def test_a_value_that_does_not_fit_is_named(project, change, message):
    project(change)
    with pytest.raises(profiles.ProfileError, match=message):
        profiles.load("quick")


@pytest.mark.parametrize("strides", [[], [4], [16, 32]])
def test_a_list_of_choices_holds_one_or_more_of_them(strides):
    (book,) = paths.NOTEBOOKS.glob("04_*.ipynb")
    with pytest.raises(profiles.ProfileError, match=r"here: output_strides must"):
        profiles.check("here", profiles.defaults(book) | {"output_strides": strides}, book)


def test_a_missing_key_is_named(project):
    project(remove=["epochs"])
    with pytest.raises(profiles.ProfileError, match="01_thing: the key epochs is missing"):
        profiles.load("quick")


def test_an_unknown_profile_lists_the_known_ones(project):
    with pytest.raises(profiles.ProfileError, match="no profile 'quik'; choose one of quick"):
        profiles.load("quik")


def test_a_profile_that_is_not_yaml_is_named(project):
    (paths.PROFILES / "quick.yml").write_text("a:\n  b: 1\n  c: [1, 2\n  d: 3\n  e: 4\n")
    with pytest.raises(profiles.ProfileError, match=r"^quick\.yml, line 3: not YAML; .*$"):
        profiles.load("quick")


def test_an_empty_profile_is_named(project):
    (paths.PROFILES / "quick.yml").write_text("# nothing\n")
    with pytest.raises(profiles.ProfileError, match=r"quick\.yml is empty"):
        profiles.load("quick")


@pytest.mark.parametrize("line", ["seed = 1 + x", "%matplotlib inline", "seed = ("])
def test_parameters_must_be_literals(project, line):
    cell = nbformat.v4.new_code_cell(line, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), paths.NOTEBOOKS / "01_thing.ipynb")
    with pytest.raises(profiles.ProfileError, match=f"`{re.escape(line)}` is not `name = literal`"):
        profiles.load("quick")


def test_a_notebook_needs_one_parameters_cell(project):
    nbformat.write(nbformat.v4.new_notebook(), paths.NOTEBOOKS / "01_thing.ipynb")
    with pytest.raises(profiles.ProfileError, match="0 cells are tagged"):
        profiles.load("quick")


@pytest.mark.parametrize("name", ["smoke", "quick", "full"])
def test_the_shipped_profiles_fit_the_shipped_notebooks(name):
    assert list(profiles.load(name)) == [notebook.stem for notebook in profiles.notebooks()]


def test_the_notebooks_hold_the_quick_values():
    quick = profiles.load("quick")
    for notebook in profiles.notebooks():
        assert quick[notebook.stem] == profiles.defaults(notebook)


@pytest.mark.parametrize("name", ["smoke", "quick", "full"])
def test_every_key_of_a_profile_is_commented(name):
    for line in (paths.PROFILES / f"{name}.yml").read_text(encoding="utf-8").splitlines():
        if line.startswith("  ") and ":" in line and not line.lstrip().startswith(("#", "-")):
            assert "#" in line, f"{name}.yml: no comment on `{line.strip()}`"
