"""The catalogues in locale/: complete, and true to the English beyond its words."""

import pytest

from helpers import paths
from helpers.report import notebook, translation

LANGUAGES = sorted(folder.parent.name for folder in paths.LOCALE.glob("*/LC_MESSAGES"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language):
    assert translation.faults(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "path", sorted(paths.NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem
)
def test_a_translated_notebook_has_the_same_cells_and_code(path, language):
    english, (copy, missing) = notebook.read(path), translation.copy(path, language)
    assert missing == []
    assert [cell["id"] for cell in copy["cells"]] == [cell["id"] for cell in english["cells"]]
    code = [cell for cell in english["cells"] if cell["cell_type"] != "markdown"]
    assert [cell for cell in copy["cells"] if cell["cell_type"] != "markdown"] == code
