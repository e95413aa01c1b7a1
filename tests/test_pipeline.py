"""What runs again after which change, what a failure leaves, and two builds at once.

A small project of three notebooks without TensorFlow is built by the real pipeline.
"""

import json
import shutil
import subprocess
import sys

import nbformat
import pytest

from helpers import paths

HEADER = "# {title}\n\n**Shows.** A test.\n\n**Papers.** None."
SETUP = """from helpers import results, runtime{extra}
session = runtime.start("{name}", profile, seed, tensorflow=False)
results.write(session, {{"value": {value}}})"""
NOTEBOOKS = {
    "00_first": {  # leaves a cache, which must not make it out of date
        "value": 'files.write_text(paths.DATA / "cache" / "hearts", "1") or seed',
        "extra": ", files, paths",
    },
    "01_second": {"value": "epochs * extra.FACTOR", "extra": ", extra"},
    "05_conclusions": {"value": "results.read('01_second')['value'] + 1", "extra": ""},
}


def write_notebook(folder, name, value, extra):
    parameters = 'profile = "quick"\nseed = 0' + ("\nepochs = 2" if name == "01_second" else "")
    cells = [
        nbformat.v4.new_markdown_cell(HEADER.format(title=name[3:])),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(SETUP.format(name=name, value=value, extra=extra)),
        nbformat.v4.new_markdown_cell("## What this showed\n\nNothing."),
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The small project, built once, in a folder whose name has a space."""
    root = tmp_path_factory.mktemp("a folder")
    shutil.copytree(
        paths.ROOT / "helpers", root / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    (root / "helpers" / "extra.py").write_text("FACTOR = 10\n")
    for name in ("report.yml", "requirements.txt"):
        shutil.copy2(paths.ROOT / name, root / name)
    (root / "notebooks" / "profiles").mkdir(parents=True)
    shutil.copy2(paths.NOTEBOOKS / "references.bib", root / "notebooks" / "references.bib")
    write_profile(root, epochs=2)
    for name, content in NOTEBOOKS.items():
        write_notebook(root, name, **content)
    (root / "first.txt").write_text(run(root))
    return root


def write_profile(root, epochs):
    sections = f"00_first: {{}}\n01_second: {{epochs: {epochs}}}\n05_conclusions: {{}}\n"
    path = root / "notebooks" / "profiles" / "quick.yml"
    path.write_text("shared: {seed: 0}\n" + sections)


def start(root, language="en"):
    command = [sys.executable, "-m", "helpers.pipeline", "--language", language]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(root), "HOME": str(root)}
    return subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def run(root, status=0, **options):
    process = start(root, **options)
    output = process.communicate()[0]
    assert process.returncode == status, output
    return output


def finished(output):
    return [name for name in NOTEBOOKS if f"{name} (en): done" in output]


def result(root, name):
    return json.loads((root / "reports" / "results" / f"{name}.json").read_text())["value"]


def test_the_first_build_made_everything(project):
    assert result(project, "01_second") == 20
    assert result(project, "05_conclusions") == 21
    assert (project / "reports" / "report.en.pdf").read_bytes().startswith(b"%PDF")
    assert "<html" in (project / "reports" / "html" / "en" / "index.html").read_text()


def test_the_first_build_says_so_and_how_long_it_takes(project):
    lines = (project / "first.txt").read_text().splitlines()
    assert lines[0] == "first run: about 10 minutes on two idle cores"
    assert lines[1] == "[1/3] 00_first (en): first run"
    assert "last time" not in "".join(lines)


def test_an_unknown_language_is_named_in_one_line(project):
    output = run(project, status=1, language="de")
    assert output == "make report: REPORT_LANG must be en, not 'de'\n"


def test_nothing_changed_nothing_runs(project):
    output = run(project)
    assert "first run" not in output
    assert finished(output) == []
    assert "up to date" in output


def test_a_touched_notebook_runs_again_with_the_conclusions(project):
    (project / "notebooks" / "00_first.ipynb").touch()
    assert finished(run(project)) == ["00_first", "05_conclusions"]


def test_edited_results_are_computed_again(project):
    path = project / "reports" / "results" / "01_second.json"
    path.write_text(path.read_text().replace("20", "21"))
    assert finished(run(project)) == ["01_second", "05_conclusions"]
    assert result(project, "01_second") == 20


def test_a_changed_helper_runs_what_imports_it(project):
    (project / "helpers" / "extra.py").write_text("FACTOR = 100\n")
    assert finished(run(project)) == ["01_second", "05_conclusions"]
    assert result(project, "05_conclusions") == 201


def test_a_changed_parameter_runs_the_notebook_that_has_it(project):
    write_profile(project, epochs=3)
    assert finished(run(project)) == ["01_second", "05_conclusions"]
    assert result(project, "01_second") == 300


def test_a_changed_title_page_only_sets_the_pdf(project):
    (project / "report.yml").touch()
    output = run(project)
    assert finished(output) == []
    assert "report.en.pdf and reports/html/en/index.html written" in output


def test_a_failing_cell_stops_the_build_and_is_named(project):
    write_notebook(project, "01_second", value="1 / 0", extra="")
    output = run(project, status=1)
    assert "01_second.ipynb failed in cell 4 `from helpers import results, runtime`" in output
    assert "ZeroDivisionError: division by zero" in output
    failed = project / "reports" / "notebooks" / "failed" / "01_second.en.ipynb"
    assert "ZeroDivisionError" in failed.read_text()
    output = run(project, status=1)
    assert "01_second (en): the last run did not finish" in output
    assert "01_second.ipynb failed" in output, "it must not pass for finished"
    write_notebook(project, "01_second", **NOTEBOOKS["01_second"])
    assert finished(run(project)) == ["01_second", "05_conclusions"]
    assert not failed.exists()


def test_a_misspelt_profile_stops_before_anything_runs(project):
    profile = project / "notebooks" / "profiles" / "quick.yml"
    good = profile.read_text()
    profile.write_text(good.replace("epochs", "epoch"))
    output = run(project, status=1)
    profile.write_text(good)
    assert "quick.yml, 01_second: unknown key epoch; did you mean epochs?" in output
    assert finished(output) == []


def test_a_broken_title_page_stops_before_anything_runs(project):
    fields = project / "report.yml"
    good = fields.read_text()
    fields.write_text(good.replace("student:", "studnt:", 1))
    (project / "notebooks" / "00_first.ipynb").touch()
    output = run(project, status=1)
    fields.write_text(good)
    assert "studnt" in output
    assert finished(output) == []


def test_two_builds_at_once_do_the_work_once(project):
    (project / "notebooks" / "00_first.ipynb").touch()
    processes = [start(project) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert sum("waiting for it to end" in output for output in outputs) == 1
    assert sorted(finished(output) for output in outputs) == [[], ["00_first", "05_conclusions"]]


def test_a_state_without_inputs_counts_as_not_finished(project):
    path = project / "reports" / "state.json"
    state = json.loads(path.read_text())
    key = next(key for key in state if key.startswith("00_first"))
    state[key] = {"seconds": 3.0}
    path.write_text(json.dumps(state))
    assert "00_first (en): the last run did not finish" in run(project)


def test_the_second_language_reads_what_the_first_computed(project):
    (project / "locale" / "ru" / "LC_MESSAGES").mkdir(parents=True)
    random = 'int.from_bytes(once.once("number", once.os.urandom, 6))'
    write_notebook(project, "01_second", value=random, extra=", once")
    run(project)
    first = result(project, "01_second")
    run(project, language="ru")
    assert result(project, "ru/01_second") == first
    (project / "locale" / "ru" / "LC_MESSAGES" / "figures.po").write_text("# new\n")
    assert "01_second (ru): done" in run(project, language="ru")
    assert result(project, "ru/01_second") == first, "only the language has changed"
    (project / "notebooks" / "01_second.ipynb").touch()
    run(project)
    assert result(project, "01_second") != first, "whoever doubts a number gets a new one"
    run(project, language="ru")
    assert result(project, "ru/01_second") == result(project, "01_second")
