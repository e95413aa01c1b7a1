"""What runs again after which change, what a failure leaves, and two builds at once.

A small project of four notebooks without TensorFlow is built by make in a folder with a hard name.
"""

import json
import os
import shutil
import signal
import subprocess
import sys

import nbformat
import pytest

from helpers import paths

HEADER = "# {title}\n\n**Shows.** A test.\n\n**Papers.** None."
SETUP = """from helpers import inputs, paths, results, runtime{extra}
session = runtime.start("{name}", profile, seed, tensorflow=False)
value = {value}
results.write(session, {{"value": value}})"""
FIGURE = """from helpers.say import say, show, text
from matplotlib.figure import Figure
say("The value is {value:.1f}.", value=value)
figure = Figure()
axes = figure.subplots()
axes.set(xlabel="depth", xticks=[0, 1], xticklabels=["low", text("{n} of {n}", n=2)])
show(figure, "fig-depth", caption="Depth {n}.", alt="An axis.", n=3)"""
NOTEBOOKS = {
    "00_first": {"value": "seed + 20"},
    "01_second": {"value": "epochs * extra.FACTOR", "extra": ", extra"},
    "02_third": {"value": 'len(inputs.used(paths.DATA / "hearts.txt").read_text())'},
    "05_conclusions": {"value": "results.read('01_second')['value'] + 1"},
    "06_after": {"value": "6"},
}


def write_notebook(folder, name, value, extra="", prose="Nothing."):
    parameters = 'profile = "quick"\nseed = 0' + ("\nepochs = 2" if name == "01_second" else "")
    cells = [
        nbformat.v4.new_markdown_cell(HEADER.format(title=name[3:]), id="header"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="parameters"),
        nbformat.v4.new_code_cell(SETUP.format(name=name, value=value, extra=extra), id="setup"),
        nbformat.v4.new_markdown_cell(f"## What this showed\n\n{prose}", id="closing"),
    ]
    if name == "00_first":
        cells.append(nbformat.v4.new_code_cell(FIGURE, id="figure"))
        cells.append(nbformat.v4.new_markdown_cell("See [figure](#fig-depth).", id="see"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")


def write_profile(root, epochs):
    sections = "".join(
        f"{name}: {{epochs: {epochs}}}\n" if name == "01_second" else f"{name}: {{}}\n"
        for name in NOTEBOOKS
    )
    (root / "notebooks" / "profiles" / "quick.yml").write_text("shared: {seed: 0}\n" + sections)


def write_catalogue(root, **texts):
    folder = root / "locale" / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    entries = "".join(
        f'msgid "{english}"\nmsgstr "{russian}"\n\n' for english, russian in texts.items()
    )
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "figures.po").write_text(header + entries, encoding="utf-8")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The small project, built once, in a folder whose name holds what shells and make read."""
    root = tmp_path_factory.mktemp("a folder") / "it's a $HOME, папка"
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("helpers", "nbtypst"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=ignored)
    (root / "helpers" / "extra.py").write_text("FACTOR = 10\n")
    for name in ("Makefile", "report.yml", "requirements.txt"):
        shutil.copy2(paths.ROOT / name, root / name)
    (root / "notebooks" / "profiles").mkdir(parents=True)
    shutil.copy2(paths.NOTEBOOKS / "references.bib", root / "notebooks" / "references.bib")
    write_profile(root, epochs=2)
    for name, content in NOTEBOOKS.items():
        write_notebook(root, name, **content)
    (root / "data").mkdir()
    (root / "data" / "hearts.txt").write_text("12")
    write_catalogue(root, **{"depth": "глубина", "The value is {value:.1f}.": "Это {value:.1f}."})
    (root / "first.txt").write_text(run(root, "-j2"))  # notebooks side by side
    return root


def start(root, *arguments, target="report"):
    command = ["make", target, f"RUN='{sys.executable}'", "PYTHON=true", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(root)}
    return subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a group of processes, as a terminal's Ctrl-C reaches them
    )


def run(root, *arguments, code=0, target="report"):
    process = start(root, *arguments, target=target)
    output = process.communicate()[0]
    assert process.returncode == code, output
    return output


def finished(output):
    return [name for name in NOTEBOOKS if f"{name}: done" in output]


def status(root):
    """Return what `make status` prints: {name: reason}."""
    return dict(line.split(": ", 1) for line in run(root, target="status").splitlines())


def result(root, name, folder="results"):
    return json.loads((root / "reports" / folder / f"{name}.json").read_text())["value"]


def test_the_first_build_made_everything(project):
    output = (project / "first.txt").read_text()
    assert output.startswith("first run: about ten minutes on two idle cores\n")
    assert "[1/5] 00_first: first run\n" in output
    assert finished(output) == list(NOTEBOOKS)
    assert {name: result(project, name) for name in NOTEBOOKS} == {
        "00_first": 20, "01_second": 20, "02_third": 2, "05_conclusions": 21, "06_after": 6,
    }  # fmt: skip
    for language in ("en", "ru"):
        assert (project / "reports" / f"report.{language}.pdf").read_bytes().startswith(b"%PDF")
        page = project / "reports" / "html" / language / "index.html"
        assert ("Это 20,0." if language == "ru" else "The value is 20.0.") in page.read_text()
    assert "ru: texts in English: " in output  # named, and shown all the same


def test_results_hold_parameters_and_provenance(project):
    stored = json.loads((project / "reports" / "results" / "01_second.json").read_text())
    assert stored["parameters"] == {"profile": "quick", "seed": 0, "epochs": 2}
    assert stored["provenance"]["profile"] == "quick"


def test_an_executed_copy_has_numbers_and_links(project):
    text = (project / "reports" / "notebooks" / "00_first.ipynb").read_text(encoding="utf-8")
    assert "**Figure 1.1.** *Depth 3.*" in text
    assert "See [figure 1.1](#cell-id=figure)." in text


def test_an_unknown_language_is_named_in_one_line(project):
    output = run(project, "REPORT_LANG=de", code=2)
    assert output.splitlines()[0] == (
        "make report: the report is written in en or ru, not in 'de': name one of them in "
        "REPORT_LANG, and remove locale/de if there is one"
    )


def test_nothing_changed_nothing_runs(project):
    output = run(project)
    assert finished(output) == []
    assert output.splitlines() == [
        "reports/report.en.pdf is up to date", "reports/report.ru.pdf is up to date"
    ]  # fmt: skip
    assert run(project, target="status") == "everything is up to date\n"


def test_the_same_bytes_with_another_time_run_nothing(project):
    for path in project.rglob("*"):
        if path.is_file() and "reports" not in path.relative_to(project).parts:
            path.touch()
    assert run(project).count("is up to date") == 2


def test_prose_and_its_order_run_nothing(project):
    write_notebook(project, "00_first", **NOTEBOOKS["00_first"], prose="A new sentence.")
    output = run(project)
    assert finished(output) == []
    assert "A new sentence." in (project / "reports" / "html" / "ru" / "index.html").read_text()


def test_a_changed_cell_runs_its_notebook_alone(project):
    write_notebook(project, "00_first", value="seed + 21")
    assert "cell setup" in status(project)["00_first"]
    assert finished(run(project)) == ["00_first"]


def test_damaged_outputs_are_computed_again(project):
    reports = project / "reports"
    edited, truncated = reports / "results/00_first.json", reports / "notebooks/02_third.ipynb"
    edited.write_text(edited.read_text().replace("21", "22"))
    truncated.write_text(truncated.read_text()[:100])
    (reports / "results/01_second.json").unlink()
    record = reports / "inputs/06_after.json"
    record.write_text(record.read_text()[:100])
    assert {name: reason for name, reason in status(project).items() if "report." not in name} == {
        "00_first": "reports/results/00_first.json is missing or was edited",
        "01_second": "reports/results/01_second.json is missing or was edited",
        "02_third": "reports/notebooks/02_third.ipynb is missing or was edited",
        "05_conclusions": "reports/results/01_second.json",
        "06_after": "first run",
    }
    assert {"00_first", "01_second", "02_third", "06_after"} <= set(finished(run(project, "-j3")))
    assert [result(project, name) for name in NOTEBOOKS] == [21, 20, 2, 21, 6]
    assert run(project).count("is up to date") == 2


def test_what_has_changed_is_told_and_run(project):
    """Each change is told by itself; a file that a notebook imports or reads, by its name."""
    (project / "helpers" / "extra.py").write_text("FACTOR = 100\n")
    assert status(project).items() >= {("01_second", "helpers/extra.py")}
    write_profile(project, epochs=3)
    assert status(project)["01_second"] == "epochs is 3, was 2; helpers/extra.py"
    (project / "data" / "hearts.txt").write_text("123")
    assert status(project)["02_third"] == "data/hearts.txt"
    texts = {"depth": "глубина", "The value is {value:.1f}.": "Вот {value:.1f}."}
    write_catalogue(project, **texts)
    assert "00_first" not in status(project)  # a sentence is translated without a run
    write_catalogue(project, **texts | {"depth": "слои"})
    assert status(project)["00_first"] == "'depth' in ru"
    output = run(project)
    assert finished(output) == ["00_first", "01_second", "02_third", "05_conclusions"]
    assert [result(project, name) for name in NOTEBOOKS] == [21, 300, 3, 301, 6]
    assert "Вот 21,0." in (project / "reports" / "html" / "ru" / "index.html").read_text()


def test_a_changed_title_page_only_sets_the_reports(project):
    path = project / "report.yml"
    path.write_text(path.read_text().replace('"City"', '"Town"'))
    output = run(project)
    assert finished(output) == []
    assert "report.en.pdf and reports/html/en/index.html written" in output


def test_a_run_by_hand_leaves_the_report_alone(project):
    name = "01_second.ipynb"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(project), "PYTHONPATH": str(project)}
    command = [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--stdout", name]
    subprocess.run(
        command, cwd=project / "notebooks", env=environment, check=True, capture_output=True
    )
    assert result(project, "01_second", "by_hand") == 200
    assert run(project).count("is up to date") == 2


def test_a_misspelt_profile_stops_before_anything_runs(project):
    profile = project / "notebooks" / "profiles" / "quick.yml"
    good = profile.read_text()
    profile.write_text(good.replace("epochs", "epoch"))
    output = run(project, code=2)
    profile.write_text(good)
    assert ": 01_second.epoch is unknown: remove it, or correct its name" in output


def test_a_broken_title_page_stops_before_anything_runs(project):
    fields = project / "report.yml"
    good = fields.read_text()
    fields.write_text(good.replace("student:", "studnt:", 1))
    write_notebook(project, "00_first", value="seed + 23")
    output = run(project, code=2)
    fields.write_text(good)
    assert "studnt" in output
    assert finished(output) == []


def test_two_builds_at_once_do_the_work_once(project):
    write_notebook(project, "00_first", value="seed + 24")
    processes = [start(project) for _ in range(2)]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert sorted(finished(output) for output in outputs) == [[], ["00_first"]]


def test_a_failing_cell_stops_the_build_and_is_named(project):
    write_notebook(project, "01_second", value="1 / 0")
    output = run(project, code=2)
    assert "01_second.ipynb failed in cell 4 `from helpers import inputs" in output
    assert "ZeroDivisionError: division by zero" in output
    failed = project / "reports" / "notebooks" / "failed" / "01_second.ipynb"
    assert "ZeroDivisionError" in failed.read_text()
    assert "01_second" in status(project), "it must not pass for finished"


def test_an_interrupted_build_goes_on(project):
    write_notebook(project, "01_second", value='__import__("time").sleep(60)')
    process = start(project)
    for line in process.stdout:
        if "01_second" in line and "cell 4" in line:
            break
    os.killpg(process.pid, signal.SIGINT)
    output = process.communicate()[0]
    assert process.returncode != 0
    assert "make report: interrupted; what is finished is kept" in output
    assert "Traceback" not in output
    write_notebook(project, "01_second", value="7")
    assert "01_second" in finished(run(project))
    assert result(project, "01_second") == 7
