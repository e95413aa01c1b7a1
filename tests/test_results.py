"""Results are plain JSON with provenance, written whole or not at all."""

import dataclasses
import datetime
import hashlib

import numpy as np
import pytest

from helpers import files, paths, results, runtime


@pytest.fixture
def session(tmp_path, monkeypatch):
    """A notebook that is run by hand."""
    monkeypatch.delenv("REPORT_RUN", raising=False)
    monkeypatch.setattr(paths, "RESULTS", tmp_path / "results")
    monkeypatch.setattr(paths, "BY_HAND", tmp_path / "by_hand")
    started = datetime.datetime.now(datetime.UTC)
    return runtime.Session("09_test", started, {"epochs": 4}, {"profile": "smoke", "seed": 3})


def test_numpy_values_come_back_as_plain_numbers(session):
    results.dump(session, {"error": np.float32(0.5), "counts": np.arange(3), "ok": np.bool_(True)})
    read = results.read_results("09_test")
    assert read["error"] == 0.5
    assert read["counts"] == [0, 1, 2]
    assert read["ok"] is True


def test_provenance_is_complete(session):
    started = runtime.start("09_test", "smoke", 3, tensorflow=False)
    session = dataclasses.replace(session, provenance=started.provenance)
    source = results.source("digits", "scikit-learn", np.frombuffer(b"abc", np.uint8))
    results.dump(session, {}, data=[source])
    provenance = results.read_results("09_test")["provenance"]
    assert provenance["data"] == [
        {"name": "digits", "source": "scikit-learn", "sha256": hashlib.sha256(b"abc").hexdigest()}
    ]
    assert provenance["profile"] == "smoke"
    assert provenance["seed"] == 3
    assert provenance["cores"] == runtime.cores()
    assert provenance["versions"]["keras"]
    assert {"commit", "dirty", "device", "precision", "started", "seconds"} <= set(provenance)


def test_not_a_number_is_refused_and_the_old_file_stays(session):
    results.dump(session, {"value": 1})
    with pytest.raises(ValueError, match=r"09_test\.json: results hold a NaN"):
        results.dump(session, {"value": float("nan")})
    assert results.read_results("09_test")["value"] == 1


def test_what_json_cannot_hold_is_named(session):
    with pytest.raises(TypeError, match="set cannot be stored"):
        results.dump(session, {"value": {1}})


def test_results_of_a_notebook_that_has_not_run(session):
    with pytest.raises(FileNotFoundError, match=r"run notebooks/08_none\.ipynb, or make report"):
        results.read_results("08_none")


def test_the_checksum_is_of_the_values_in_their_order():
    array = np.arange(6, dtype=np.int16).reshape(2, 3)
    expected = hashlib.sha256(bytes([0, 0, 3, 0, 1, 0, 4, 0, 2, 0, 5, 0])).hexdigest()
    assert results.source("a", "b", array.T)["sha256"] == expected


def test_replacing_leaves_the_old_file_on_an_error(tmp_path):
    path = tmp_path / "a.json"
    files.write_text(path, "old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_parameters_are_kept(session):
    results.dump(session, {"value": 1})
    assert results.read_results("09_test")["parameters"] == {"epochs": 4}


def test_a_run_by_hand_leaves_the_numbers_of_the_report_alone(session, monkeypatch, tmp_path):
    """By hand, its own results come first; the report reads and notes those of the report."""
    log = tmp_path / "used"
    monkeypatch.setenv("REPORT_RUN", str(log))
    results.dump(session, {"value": 1})
    assert results.read_results("09_test")["value"] == 1
    monkeypatch.delenv("REPORT_RUN")
    results.dump(session, {"value": 2})
    assert results.read_results("09_test")["value"] == 2
    (paths.BY_HAND / "09_test.json").unlink()
    assert results.read_results("09_test")["value"] == 1
    assert log.read_text() == f"{paths.RESULTS / '09_test.json'}\n"


def test_the_report_does_not_read_what_was_run_by_hand(session, monkeypatch, tmp_path):
    results.dump(session, {"value": 2})
    monkeypatch.setenv("REPORT_RUN", str(tmp_path / "used"))
    with pytest.raises(FileNotFoundError, match=r"09_test\.json is missing: .* or make report"):
        results.read_results("09_test")
