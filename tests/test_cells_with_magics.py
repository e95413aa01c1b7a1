"""What only IPython reads is no obstacle to reading a cell's imports."""

import pytest

from helpers import inputs, paths

IMPORT = "from helpers import progress"


@pytest.mark.parametrize(
    "cell",
    [
        f"{IMPORT}\n{line}"
        for line in ("%matplotlib inline", "!pip install x", "files = !ls", "x = %timeit 1", "x?")
    ]
    + [f"%%time\n{IMPORT}", f"if True:\n    %time {IMPORT}\n{IMPORT}"],
)
def test_the_imports_of_a_cell_with_magics_are_found(cell):
    assert paths.ROOT / "helpers" / "progress.py" in inputs.imported_files(inputs.python_of(cell))


def test_the_text_of_another_language_is_not_python():
    assert inputs.imported_files(inputs.python_of(f"%%bash\n{IMPORT}")) == set()
