"""Parameters that would break a cell of the notebook are refused before it computes."""

import nbformat
import pytest

from helpers import paths


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
