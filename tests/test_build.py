"""What runs again after which change, what a failure leaves, and two builds at once.

A small project of notebooks without TensorFlow is built by make in a folder with a hard name.
"""

import json
import os
import signal
import subprocess
import sys

import nbformat
import pytest
from small_project import (
    NOTEBOOKS,
    finished,
    result,
    run,
    start,
    status,
    write_catalogue,
    write_notebook,
    write_profile,
    write_project,
)


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The small project, built once, in a folder whose name holds what shells and make read."""
    root = tmp_path_factory.mktemp("a folder") / "it's a $HOME, папка"
    write_project(root)
    (root / "first.txt").write_text(run(root, "-j2"))  # notebooks side by side
    return root


def test_the_first_build_made_everything(project):
    output = (project / "first.txt").read_text()
    assert output.startswith("first run: about ten minutes on two idle cores\n")
    assert "[1/4] 00_first: first run\n" in output
    assert finished(output) == list(NOTEBOOKS)
    assert {name: result(project, name) for name in NOTEBOOKS} == {
        "00_first": 20, "01_second": 20, "02_third": 2, "05_conclusions": 21,
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


def test_what_a_notebook_s_processes_print_stays_out_of_it(project):
    book = nbformat.read(project / "reports" / "notebooks" / "02_third.ipynb", as_version=4)
    assert [output for cell in book.cells for output in cell.get("outputs", [])] == []


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
    assert finished(run(project, "REPORT_LANG=en")) == ["00_first"]


def test_what_has_changed_is_told(project):
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
    assert "05_conclusions" not in status(project)


def test_damaged_outputs_are_told_too(project):
    reports = project / "reports"
    record = reports / "inputs/05_conclusions.json"
    good = record.read_text()
    record.write_text(good[:100])
    assert status(project)["05_conclusions"] == "first run"
    record.write_text(good)
    edited, truncated = reports / "results/00_first.json", reports / "notebooks/02_third.ipynb"
    edited.write_text(edited.read_text().replace("21", "22"))
    truncated.write_text(truncated.read_text()[:100])
    (reports / "results/01_second.json").unlink()
    assert {name: reason for name, reason in status(project).items() if "report." not in name} == {
        "00_first": "'depth' in ru; reports/results/00_first.json is missing or was edited",
        "01_second": "epochs is 3, was 2; helpers/extra.py; "
        "reports/results/01_second.json is missing or was edited",
        "02_third": "data/hearts.txt; reports/notebooks/02_third.ipynb is missing or was edited",
        "05_conclusions": "reports/results/01_second.json",
    }


def test_what_has_changed_or_is_damaged_is_computed_again(project):
    assert finished(run(project, "-j3")) == list(NOTEBOOKS)
    assert [result(project, name) for name in NOTEBOOKS] == [21, 300, 3, 301]
    assert "Вот 21,0." in (project / "reports" / "html" / "ru" / "index.html").read_text()
    assert run(project).count("is up to date") == 2


def test_a_changed_title_page_only_sets_the_reports(project):
    path = project / "report.yml"
    path.write_text(path.read_text().replace('"City"', '"Town"'))
    output = run(project)
    assert finished(output) == []
    assert "report.en.pdf and reports/html/en/index.html written" in output


def test_a_run_by_hand_leaves_the_report_alone(project):
    name = "01_second.ipynb"
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(project), "PYTHONPATH": str(project)}
    command = [sys.executable, "-c", "from nbclient import cli; cli.main()", name]
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
    processes = [start(project, "REPORT_LANG=en") for _ in range(2)]
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
    assert "01_second" in finished(run(project, "REPORT_LANG=en"))
    assert result(project, "01_second") == 7
