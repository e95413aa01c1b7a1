"""TensorFlow is configured before any test module imports it; no test leaves a figure open."""

import os

import pytest

if "REPORT_GPU" not in os.environ:  # make test GPU=1 sets it
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from helpers import runtime  # noqa: E402

runtime.configure_tensorflow()


@pytest.fixture(autouse=True)
def closed_figures():
    """Close the figures that a test has left open, so that none depends on the order."""
    yield
    from matplotlib import pyplot

    pyplot.close("all")
