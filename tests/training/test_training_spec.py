"""Runs as values: what names them, learning rates, calls."""

import dataclasses
import shutil
import subprocess
import sys
import textwrap

import pytest

from helpers import paths, training
from helpers.training import Protocol, Run, call, spec

NETWORK = "helpers.residual.cifar:build_cifar"
DATA = "helpers.images:load_images"
CROPS = "helpers.images.augment:crops_and_flips"


def run(**protocol):
    network = call(NETWORK, depth=20, widths=[16, 32])
    return Run(network, call(DATA, name="digits"), Protocol(**{"iterations": 9, **protocol}))


def config_elsewhere(root=paths.ROOT):
    """Return the run's configuration in a process of its own, with the code below `root`."""
    code = f"""
        from helpers.training import *
        network = call({NETWORK!r}, widths=(16, 32), depth=20)
        print(Run(network, call({DATA!r}, name="digits"), Protocol(9), device="cpu").config())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        cwd=root, env={"PYTHONPATH": str(root)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def test_equal_runs_have_one_configuration_in_every_process():
    here = dataclasses.replace(run(), device="cpu")
    assert run().config() == run().config() and hash(run()) == hash(run())
    assert run().config() != run(learning_rate=0.2).config()
    assert here.config() == config_elsewhere()
    assert here.config() != dataclasses.replace(here, device="gpu").config()


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    root = tmp_path_factory.mktemp("copy")
    shutil.copytree(
        paths.ROOT / "helpers", root / "helpers", ignore=shutil.ignore_patterns("__pycache__")
    )
    return root, config_elsewhere(root)


@pytest.mark.parametrize(
    "module, runs",
    [
        ("residual/units", True),
        ("normalization", True),
        ("images/digits", True),
        ("training/loop", True),
        ("runtime", True),
        ("residual/vgg", False),
        ("images/augment", False),
        ("training/finished", False),
        ("training/grid", False),
        ("training/seed_groups", False),
        ("figures", False),
        ("translation", False),
    ],
)
def test_the_configuration_follows_the_source_of_the_modules_that_run(copy, module, runs):
    root, config = copy
    path = root / "helpers" / f"{module}.py"
    source = path.read_text()
    path.write_text(source + "\n# changed\n")
    try:
        assert (config_elsewhere(root) != config) == runs
    finally:
        path.write_text(source)


def test_the_code_of_the_augmentation_counts():
    assert spec.code_digest(spec.LOOP, NETWORK) != spec.code_digest(spec.LOOP, NETWORK, CROPS)


def test_the_code_of_a_module_outside_helpers_counts(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    digests = []
    for k in (1, 1, 2):
        (tmp_path / "mine.py").write_text(f"def build(): return {k}")
        spec.code_digest.cache_clear()
        digests.append(spec.code_digest("mine:build"))
    assert digests[0] == digests[1] != digests[2]


def test_call_takes_functions_and_paths():
    made = call(max, key=None)
    assert made == call("builtins:max", key=None) and made([3, 7]) == 7


def test_drops_and_a_fixed_warm_up():
    protocol = Protocol(64_000, drops=(32_000, 48_000), warm_up_iterations=400)
    rates = [protocol.rate(k) for k in (0, 399, 400, 31_999, 32_000, 47_999, 48_000, 63_999)]
    assert rates == pytest.approx([0.01, 0.01, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


@pytest.mark.parametrize("name", ["iterations", "batch"])
def test_a_protocol_that_trains_nothing_is_refused(name):
    with pytest.raises(ValueError, match=f"^{name} must be at least 1; received 0$"):
        Protocol(**{"iterations": 9, name: 0})


def test_the_package_does_not_load_tensorflow():
    code = "import sys, helpers.training; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert training.train_all({}) == {}
