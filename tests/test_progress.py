"""Progress reaches the pipeline through a file, and leaves the notebook's output clean."""

import queue
import threading
import types

from helpers import progress, terminal


def test_a_bar_writes_its_state_to_the_channel_and_nothing_to_the_notebook(
    tmp_path, monkeypatch, capsys
):
    channel = tmp_path / "progress.txt"
    monkeypatch.setenv("REPORT_PROGRESS", str(channel))
    with progress.bar(3, "plain-20") as bar:
        for _ in range(3):
            bar.update()
        bar.refresh()
    assert terminal.last_line(channel).startswith("plain-20 3/3 epoch")
    assert capsys.readouterr() == ("", "")


def test_without_a_terminal_a_step_is_a_plain_line(tmp_path, monkeypatch, capsys):
    ticks = queue.SimpleQueue()  # False: an interval is over, True: the block has ended
    event = types.SimpleNamespace(wait=lambda _seconds: ticks.get(), set=lambda: ticks.put(True))
    fake = types.SimpleNamespace(Thread=threading.Thread, Event=lambda: event)
    monkeypatch.setattr(terminal, "threading", fake)
    channel = tmp_path / "progress.txt"
    with terminal.display("[1/6] 00_task (en)", 65, channel) as show:
        show("cell 2/9")
        channel.write_text("plain-20 1/3\rplain-20 2/3")
        ticks.put(False)
        ticks.put(False)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("[1/6] 00_task (en)  0:00 (last time 1:05)  cell 2/9")
    assert lines[1].endswith("plain-20 2/3")
    assert len(lines) == 2, "an unchanged state is not repeated"


def test_durations_are_minutes_and_seconds():
    assert [terminal.clock(seconds) for seconds in (0, 59.9, 65, 3600)] == [
        "0:00",
        "0:59",
        "1:05",
        "60:00",
    ]


def test_a_missing_channel_is_an_empty_line(tmp_path):
    assert terminal.last_line(tmp_path / "none") == ""
