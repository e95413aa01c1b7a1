"""The catalogues in locale/: complete, and true to the English beyond its words."""

import shutil

import pytest

from helpers import paths, profiles, translation
from helpers.report import languages
from tools import messages

LANGUAGES = translation.languages()[1:]
SIX = profiles.notebooks()[:6]  # of the report; a notebook beside them may be English for a while


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_in_the_code_is_translated(language, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "EXECUTED", tmp_path)  # which may hold names of a reader's own files
    monkeypatch.setattr(paths, "NOTEBOOKS", tmp_path / "six")
    paths.NOTEBOOKS.mkdir()
    for notebook in SIX:
        shutil.copy(notebook, paths.NOTEBOOKS)
    assert messages.catalogue_faults(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", SIX, ids=lambda path: path.stem)
def test_no_prose_is_left_in_english(path, language):
    assert languages.translated(path, language)[1] == []
