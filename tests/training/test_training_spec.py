"""Runs as values: names, learning rates, calls."""

import subprocess
import sys

import pytest

from helpers import training
from helpers.training import Protocol, Run, call


def run(**protocol):
    network = call("package.module:build", depth=20, widths=[16, 32])
    return Run(
        network, call("package.data:load", name="x"), Protocol(**{"iterations": 9, **protocol})
    )


def test_equal_runs_have_one_name_in_every_process():
    assert run().name() == run().name() and hash(run()) == hash(run())
    assert run().name() != run(learning_rate=0.2).name()
    code = (
        "from helpers.training import *; print(Run(call('package.module:build', widths=(16, 32), "
        "depth=20), call('package.data:load', name='x'), Protocol(iterations=9)).name())"
    )
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert output.stdout.strip() == run().name()


def test_call_takes_functions_and_paths():
    made = call(max, key=None)
    assert made == call("builtins:max", key=None) and made([3, 7]) == 7


def test_drops_and_a_fixed_warm_up():
    protocol = Protocol(64_000, drops=(32_000, 48_000), warm_up_iterations=400)
    rates = [protocol.rate(k) for k in (0, 399, 400, 31_999, 32_000, 47_999, 48_000, 63_999)]
    assert rates == pytest.approx([0.01, 0.01, 0.1, 0.1, 0.01, 0.01, 0.001, 0.001])


def test_warm_up_until_the_error_falls():
    protocol = Protocol(100, warm_up_error=0.8)
    assert protocol.rate(0) == protocol.rate(50, [0.9, 0.85]) == 0.01
    assert protocol.rate(50, [0.9, 0.79]) == protocol.rate(99, [0.79, 0.9]) == 0.1


def test_the_package_does_not_load_tensorflow():
    code = "import sys, helpers.training; sys.exit('tensorflow' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
    assert training.train_all([]) == []
