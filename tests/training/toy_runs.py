"""Runs of the toys, and the comparison of two of them."""

import numpy as np
import toys

from helpers.training import Protocol, Run, call, store


def make_run(iterations=12, seed=3, network=None, data=None, initial=None, **protocol):
    protocol = {"batch": 16, "learning_rate": 0.05, **protocol}
    protocol = Protocol(iterations, **protocol)
    return Run(network or call(toys.build), data or call(toys.load), protocol, seed, initial)


def folder(run):
    return store.folder(run.config())


def assert_same(result, expected, tolerance=1e-6):
    """Compare two histories but for the times."""
    assert len(result.history) == len(expected.history)
    for row, other in zip(result.history, expected.history, strict=True):
        assert row.keys() == other.keys()
        for name in row.keys() - {"seconds"}:
            np.testing.assert_allclose(row[name], other[name], rtol=tolerance, atol=tolerance)
