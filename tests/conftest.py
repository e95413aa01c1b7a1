"""TensorFlow is configured before any test module imports it; no test leaves a figure open."""

import os
import sys

import pytest

if "REPORT_GPU" not in os.environ:  # make test GPU=1 sets it
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")

from helpers import runtime  # noqa: E402

runtime.configure_tensorflow()

LONG = (
    "report_end_to_end", "build", "deeplab_checkpoint", "deeplab_network", "deeplab_scenes",
    "cardiac_vae_training", "training_resume", "training_loop", "residual_networks", "gpu_machine",
)  # fmt: skip


def pytest_collection_modifyitems(items):
    """Put the longest files first, so that processes side by side end together."""
    order = {f"test_{name}.py": number for number, name in enumerate(LONG)}
    items.sort(key=lambda item: order.get(item.path.name, len(LONG)))


@pytest.fixture
def make():
    """Short forms of notebooks' dictionaries."""
    from handmade import Make

    return Make


@pytest.fixture(autouse=True)
def closed_figures():
    """Close the figures that a test has left open, so that none depends on the order."""
    yield
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        pyplot.close("all")
