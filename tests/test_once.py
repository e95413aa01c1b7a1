"""A value that a notebook computes once for its runs in all languages."""

import pytest

from helpers.once import once


def test_without_a_folder_the_function_is_called_every_time(monkeypatch):
    monkeypatch.delenv("REPORT_ONCE", raising=False)
    calls = []
    once("value", calls.append, 1)
    once("value", calls.append, 1)
    assert calls == [1, 1]


def test_with_a_folder_it_is_called_once_for_each_name(monkeypatch, tmp_path):
    monkeypatch.setenv("REPORT_ONCE", str(tmp_path / "notebook"))
    calls = []

    def square(x):
        calls.append(x)
        return {"square": x**2}

    assert once("three", square, 3) == once("three", square, 3) == {"square": 9}
    assert once("four", square, x=4) == {"square": 16}
    assert calls == [3, 4]


def test_a_failure_leaves_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("REPORT_ONCE", str(tmp_path))
    with pytest.raises(ZeroDivisionError):
        once("value", lambda: 1 / 0)
    assert list(tmp_path.iterdir()) == []
    assert once("value", int, "5") == 5
