"""A notebook depends on what it imports, directly or not, and on nothing else of helpers."""

import nbformat
import pytest

from helpers import dependencies, paths


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small tree of helpers; returns a function that writes a notebook with given code."""
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr(paths, "WEIGHTS", tmp_path / "data" / "weights")
    monkeypatch.setattr(paths, "DATA", tmp_path / "data")
    monkeypatch.setattr(paths, "RUNS", tmp_path / "data" / "runs")
    sources = {
        "helpers/__init__.py": "",
        "helpers/heart/__init__.py": "",
        "helpers/heart/vae.py": "from helpers import plots\nfrom helpers.heart.dice import dice",
        "helpers/heart/dice.py": "import numpy",
        "helpers/plots.py": "import matplotlib",
        "helpers/other.py": "import helpers.plots",
        "requirements.txt": "",
        "data/weights/vae.h5": "",
        "data/runs/1/history.json": "",
        "data/acdc/patient001.nii": "",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    def of(*code):
        cells = [nbformat.v4.new_markdown_cell("from helpers import other")]
        cells += [nbformat.v4.new_code_cell(source) for source in code]
        path = tmp_path / "01_heart.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=cells), path)
        sources, data = dependencies.of_notebook(path)
        return {file.relative_to(tmp_path).as_posix() for file in [*sources, *data]}

    return of


def test_imports_are_followed(project):
    heart = {"helpers/heart/__init__.py", "helpers/heart/vae.py", "helpers/heart/dice.py"}
    common = {"01_heart.ipynb", "requirements.txt", "helpers/__init__.py", "helpers/plots.py"}
    assert project("from helpers.heart import vae") == common | heart
    assert project("import helpers.heart.vae as v") == common | heart
    assert project("from helpers import plots") == common


def test_cells_with_magics(project):
    heart = project("from helpers import plots")
    for code in ("%matplotlib inline", "!pip install x", "files = !ls", "plots?", "x = %timeit 1"):
        assert project(f"from helpers import plots\n{code}") == heart
    assert project("%%time\nfrom helpers import plots") == heart
    assert project("from helpers import plots", "%%bash\nfrom helpers import other", "1") == heart


def test_weights_and_data_count_where_the_code_names_them(project):
    code = "from helpers import paths\npaths.WEIGHTS"
    assert "data/weights/vae.h5" in project(code)
    assert "data/acdc/patient001.nii" not in project(code)
    found = project('from helpers import paths\nfolder = paths.DATA / "acdc"')
    assert "data/acdc/patient001.nii" in found
    assert "data/runs/1/history.json" not in found


def test_difference_names_what_changed(tmp_path, monkeypatch):
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    file = tmp_path / "a.py"
    file.write_text("1")
    before = dependencies.state([file], parameters={"epochs": 1})
    assert (
        dependencies.difference(before, dependencies.state([file], parameters={"epochs": 1}))
        is None
    )
    file.touch()
    assert (
        dependencies.difference(before, dependencies.state([file], parameters={"epochs": 1}))
        == "a.py"
    )
    after = dependencies.state([], parameters={"epochs": 2})
    assert dependencies.difference(before, after) == "a.py, parameters"
    assert dependencies.difference(None, after) == "first run"
    assert dependencies.difference({}, after) == "the last run did not finish"
    other = dependencies.state([file], parameters={"epochs": 2})
    before = dependencies.state([file], parameters={"epochs": 1})
    assert dependencies.difference(before, other) == "epochs is 2, was 1"
