"""Progress reaches the terminal or the log of make, and leaves the notebook's output clean."""

import io
import os

import pytest

from helpers import progress


class Terminal(io.StringIO):
    """What a terminal is given to draw."""

    def isatty(self):
        return True


def test_a_bar_writes_to_the_descriptor_of_make_and_nothing_to_the_notebook(
    tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(progress, "LOG_INTERVAL", 0)
    with open(tmp_path / "log", "w", encoding="utf-8") as log:
        monkeypatch.setenv("REPORT_PROGRESS", str(log.fileno()))
        with progress.bar(3, "plain-20") as bar:
            for _ in range(3):
                bar.update()
        os.fstat(log.fileno())  # the bar leaves it open
    lines = (tmp_path / "log").read_text().splitlines()
    assert [line[:18] for line in lines] == [f"plain-20 {n}/3 epoch" for n in range(4)]
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("jobs", ["", "-j2 --jobserver-auth=3,4"])
def test_in_a_terminal_of_its_own_a_line_is_redrawn_and_erased(monkeypatch, jobs):
    terminal = Terminal()
    monkeypatch.setenv("MAKEFLAGS", jobs)
    monkeypatch.setattr("sys.stderr", terminal)
    with progress.cell_bar("[1/6] 00_task", 9, 65) as bar:
        bar.update(2)
    states = terminal.getvalue().split("\n" if jobs else "\r")
    assert "[1/6] 00_task  00:00 (last time 01:05)  cell 2/9" in states
    assert (states[-1] == "") and ("\n" in terminal.getvalue()) == bool(jobs)


def test_in_a_log_a_step_is_a_plain_line(capsys):
    with progress.cell_bar("[1/6] 00_task", 9, None) as bar:
        bar.update(1)
        bar.update(1)
    lines = capsys.readouterr().err.splitlines()
    assert lines == [f"[1/6] 00_task  00:00  cell {n}/9" for n in (0, 1, 2)]
