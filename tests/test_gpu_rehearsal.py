"""The smoke report as a machine with two GPUs makes it, rehearsed on a CPU: the same results."""

import json
import math

import fresh_copy
import pytest

from helpers import paths

TIMES = ("seconds", "per_second", "latency", "ms", "provenance", "cached")
# XLA draws other noise for a seed, and the walks of an autoencoder of one epoch lead nowhere.
NOISE = ("r_mean", "r_min", "truth_correlation", "p_end")
COPIES = ("proposals",)  # of the other notebooks' results, where they are compared


@pytest.fixture(scope="module")
def results(tmp_path_factory):
    """({notebook: results} of a plain smoke report, the same of a rehearsed one)."""
    root = tmp_path_factory.mktemp("rehearsal") / "project"
    fresh_copy.copy_project(root)
    fresh_copy.make_report(root, "REPORT_LANG=en")
    plain = read(root)
    python_path = f"PYTHONPATH={root / 'tests' / 'gpu_machine'}:{root}"
    fresh_copy.make_report(root, "REPORT_LANG=en", python_path, REPORT_GPU="1")
    return plain, read(root)


def read(root):
    files = sorted((root / "reports" / "results").glob("*.json"))
    return {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in files}


def differences(ours, theirs, where=""):
    """Yield (place, ours, theirs) of what differs by over 0.05 or 1 %, but for times and noise."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for key in sorted({*ours, *theirs}):
            if not any(word in key for word in TIMES + NOISE + COPIES):
                yield from differences(ours.get(key), theirs.get(key), f"{where}/{key}")
    elif isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        for index, pair in enumerate(zip(ours, theirs, strict=True)):
            yield from differences(*pair, f"{where}/{index}")
    elif isinstance(ours, float) and isinstance(theirs, float):
        if not math.isclose(ours, theirs, rel_tol=0.01, abs_tol=0.05):
            yield where, ours, theirs
    elif ours != theirs:
        yield where, ours, theirs


@pytest.mark.gpu_rehearsal
def test_all_six_notebooks_ran_as_on_gpus(results):
    _plain, rehearsed = results
    assert len(rehearsed) == len(list(paths.NOTEBOOKS.glob("[0-9]*.ipynb")))
    told = {name: each["provenance"] for name, each in rehearsed.items()}
    for name in ("01_residual_math", "02_resnet_vgg_plain", "03_cardiac_vae", "04_deeplab"):
        assert told[name]["device"] == "pretended GPU 2" and "XLA" in told[name]["precision"]


@pytest.mark.gpu_rehearsal
def test_results_are_those_of_the_plain_run(results):
    plain, rehearsed = results
    found = list(differences(plain, rehearsed))
    assert not found, found
