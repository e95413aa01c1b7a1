"""The catalogues in locale/: complete, and true to the English beyond its words."""

import pytest

from helpers import paths, profiles, translation
from helpers.report import languages, messages

LANGUAGES = translation.languages()[1:]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_in_the_code_is_translated(language, monkeypatch, tmp_path):
    monkeypatch.setattr(paths, "EXECUTED", tmp_path)  # which may hold names of a reader's own files
    assert messages.faults(language) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("path", profiles.notebooks(), ids=lambda path: path.stem)
def test_no_prose_is_left_in_english(path, language):
    assert languages.translated(path, language)[1] == []
