"""A notebook depends on what it imports and what it used, by content, and on nothing else."""

import json
import os

import nbformat
import pytest

from helpers import inputs, paths, profiles, translation


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small tree of helpers; returns a function from code to the inputs of a notebook with it."""
    for name in ("NOTEBOOKS", "LOCALE", "DATA", "REPORTS", "EXECUTED", "RESULTS", "INPUTS"):
        monkeypatch.setattr(paths, name, tmp_path / getattr(paths, name).relative_to(paths.ROOT))
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    inputs.known_digests.cache_clear()
    sources = {
        "helpers/__init__.py": "",
        "helpers/heart/__init__.py": "",
        "helpers/heart/vae.py": "from helpers import plots\nfrom helpers.heart.dice import dice",
        "helpers/heart/dice.py": "import numpy",
        "helpers/plots.py": "import matplotlib",
        "helpers/other.py": "import helpers.plots",
        "requirements.txt": "",
        "data/acdc/patient001.nii": "1",
        "data/acdc/patient002.nii": "2",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "notebooks").mkdir()

    def of(*codes, **record):
        cells = [nbformat.v4.new_markdown_cell("from helpers import other", id="prose")]
        cells += [nbformat.v4.new_code_cell(code, id=f"c{k}") for k, code in enumerate(codes)]
        book = nbformat.v4.new_notebook(cells=cells)
        nbformat.write(book, paths.NOTEBOOKS / "01_heart.ipynb")
        record = inputs.RECORD | record
        return inputs.of_code("01_heart", record["parameters"]) | inputs.of_run("01_heart", record)

    return of


def helpers_of(now):
    return {name for name in now if name.startswith("helpers/")}


def test_imports_are_followed(project):
    heart = {"helpers/heart/__init__.py", "helpers/heart/vae.py", "helpers/heart/dice.py"}
    common = {"helpers/__init__.py", "helpers/plots.py"}
    assert helpers_of(project("from helpers.heart import vae")) == common | heart
    assert helpers_of(project("import helpers.heart.vae as v")) == common | heart
    assert helpers_of(project("from helpers import plots")) == common


def test_cells_with_magics(project):
    code = "%matplotlib inline\n!pip install x\nfrom helpers import plots"
    assert "helpers/plots.py" in project("%%bash\nif true; then echo; fi", code)


def test_used_data_count_by_their_bytes(project, tmp_path, monkeypatch):
    log = tmp_path / "log"
    monkeypatch.setenv("REPORT_RUN", str(log))
    for name in ("acdc", "acdc/patient001.nii", "none.nii"):
        inputs.used(paths.DATA / name)
    record = {"used": log.read_text().split()}
    before = project("1", **record)
    os.utime(paths.DATA / "acdc" / "patient001.nii", (0, 0))
    assert project("1", **record) == before
    (paths.DATA / "acdc" / "patient002.nii").write_text("3")
    (paths.DATA / "none.nii").write_text("there")
    assert inputs.difference(before, project("1", **record)) == "data/acdc; data/none.nii"


def test_by_hand_nothing_is_noted(monkeypatch, tmp_path):
    monkeypatch.delenv("REPORT_RUN", raising=False)
    assert inputs.used(tmp_path) == tmp_path


def test_order_cells_parameters_device_and_shown_translations_count(project, monkeypatch):
    before = project("a = 1", "b = 2", parameters={"epochs": 2}, texts=["epoch"])
    assert inputs.difference(before, before) == ""
    assert inputs.difference({}, before) == "first run"
    after = project("a = 1", "b = 3", parameters={"epochs": 3}, texts=["epoch"])
    assert inputs.difference(before, after) == "epochs is 3, was 2; cell c1"
    monkeypatch.setattr(translation, "languages", lambda: ["en", "ru"])
    monkeypatch.setattr(translation, "catalogue", lambda language: {"epoch": "эпоха"})
    monkeypatch.setenv("REPORT_GPU", "1")
    after = project("a = 1", "b = 2", parameters={"epochs": 2}, texts=["epoch"])
    assert inputs.difference(before, after) == "device; 'epoch' in ru"


def test_results_of_others_count_without_their_provenance(project):
    paths.RESULTS.mkdir(parents=True)
    path = paths.RESULTS / "00_a.json"
    path.write_text(json.dumps({"value": 1, "provenance": {"seconds": 1}}))
    before = inputs.digest(path)
    path.write_text(json.dumps({"value": 1, "provenance": {"seconds": 2}}))
    assert inputs.digest(path) == before
    path.write_text(json.dumps({"value": 2, "provenance": {"seconds": 2}}))
    assert inputs.digest(path) != before
    changed = inputs.digest(path)
    path.write_text("{")
    assert inputs.digest(path) not in (before, changed)


def test_a_report_is_made_from_all_of_nbtypst(project, tmp_path):
    style = tmp_path / "nbtypst" / "templates" / "pdf.typ"
    style.parent.mkdir(parents=True)
    style.write_text("#let ink = black")
    before = inputs.of_report("report.en", {})
    style.write_text("#let ink = blue")
    after = inputs.of_report("report.en", {})
    assert inputs.difference(before, after) == "nbtypst/templates/pdf.typ"


def test_a_record_is_written_only_when_it_changes(project):
    record = inputs.RECORD | {"now": {"a": 1}}
    inputs.write_record("01_heart", record)
    path = paths.INPUTS / "01_heart.json"
    os.utime(path, (0, 0))
    inputs.write_record("01_heart", record)
    assert path.stat().st_mtime == 0
    inputs.write_record("01_heart", record | {"now": {"a": 2}})
    assert path.stat().st_mtime > 0


def test_a_cell_that_is_not_python_is_named(project):
    with pytest.raises(profiles.ProfileError, match=r"01_heart\.ipynb, cell c1: not Python"):
        project("a = 1", "def f(:")


def test_code_that_changed_while_its_notebook_ran_is_out_of_date(project):
    project("a = 1")
    code = inputs.of_code("01_heart", {"epochs": 2})
    project("a = 2", "b = 3")
    told = {"parameters": {"epochs": 2}, "used": ["data/acdc"], "texts": ["epoch"]}
    inputs.record_run("01_heart", inputs.RECORD | told, code)
    assert not inputs.has_same_code("01_heart")
    record = inputs.current_record("01_heart")
    assert inputs.difference(record["made"], record["now"]).startswith(
        "cell c0; order of the cells; cell c1"
    )
    project("a = 1")
    record = inputs.current_record("01_heart")
    assert inputs.difference(record["made"], record["now"]) == ""
    assert inputs.has_same_code("01_heart")
