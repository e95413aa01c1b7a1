"""Parameters that would break a cell of the notebook are refused before it computes."""

import nbformat
import numpy as np
import pytest

from helpers import paths, training
from helpers.images import datasets


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("scalings", [0.9, 1.1]),
        ("scalings", [1.0]),
        ("residual_depths", [18, 34]),
        ("residual_depths", [18, 50]),
        ("network_depth", 57),
    ],
)
def test_a_value_that_breaks_a_cell_is_named(name, value):
    book = nbformat.read(paths.NOTEBOOKS / "01_residual_math.ipynb", as_version=4)
    parameters, setup = book.cells[1:3]
    with pytest.raises(ValueError, match=f"^{name}: give"):
        exec("\n".join((parameters.source, f"{name} = {value!r}", setup.source)), {})


CELLS = ("parameters", "setup", "load-data", "define-runs", "define-series", "train")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("variant_depth", 57, "depth 57 does not fit"),
        ("depths", [20, 45], "depth 45 does not fit"),
        ("other_depths", [9], "depth 9 does not fit"),
        ("crossings", [1], "crossing shortcut spans 2 units or more"),
        ("shortcut_spans", [2, 5], "units of 5 convolutions"),
        ("shortcut_spans", [1, 3], "shortcut_spans must hold 2"),
        ("window", 100, "window must not exceed iterations or variant_iterations"),
        ("train_subset", 2000, "train_subset of digits must lie between 1 and 1,437"),
    ],
)
def test_every_network_is_checked_before_the_first_training(monkeypatch, name, value, message):
    monkeypatch.setattr(training, "train_all", lambda runs: pytest.fail("trained"))
    with pytest.raises(ValueError, match=message):
        define_runs(f"{name} = {value!r}")


def define_runs(*parameters):
    """Execute the cells that define and train the runs, with other parameters."""
    book = nbformat.read(paths.NOTEBOOKS / "02_resnet_vgg_plain.ipynb", as_version=4)
    sources = {cell.id: cell.source for cell in book.cells}
    sources["parameters"] = "\n".join([sources["parameters"], *parameters])
    namespace = {"small": {"convolutions": [1], "widths": [4], "dense": [4]}}
    exec("\n".join(sources[cell] for cell in CELLS), namespace)


def test_beside_other_images_the_law_is_measured_on_the_digits(monkeypatch):
    part = np.zeros((9, 32, 32, 3), "uint8"), np.arange(9)
    monkeypatch.setitem(datasets.READERS, "cifar10", lambda: (part, part, (), "made up", True))
    groups = {}
    monkeypatch.setattr(training, "train_all", groups.update)
    define_runs("data_name, learning_rate, batch = 'cifar10', 0.1, 128", "depths = [20, 56]")
    tested, timed = groups["plain-56"][0], groups["plain-56, digits"][0]
    for run, name, rate, batch in ((tested, "cifar10", 0.1, 128), (timed, "digits", 0.01, 32)):
        assert dict(run.data.arguments)["name"] == name
        assert (run.protocol.learning_rate, run.protocol.batch) == (rate, batch)
        images = run.data().train_images
        assert dict(run.network.arguments)["input_shape"] == images.shape[1:]
    kinds = {name.partition(" ")[0].rstrip(",") for name in groups if name.endswith("digits")}
    assert {"plain-8", "plain-56", "resnet-8", "resnet-56"} <= kinds
    assert {run.protocol.learning_rate for run in groups["plain-20, rate"]} == {0.02}
