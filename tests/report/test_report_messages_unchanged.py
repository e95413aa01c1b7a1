"""`make messages`: what is up to date stays, a language that there is not is named."""

import json
import os

import pytest

from helpers import paths
from helpers.report import messages


def test_catalogues_that_are_up_to_date_are_not_written(make, tmp_path, monkeypatch):
    for name, folder in (("ROOT", ""), ("NOTEBOOKS", "notebooks"), ("LOCALE", "locale")):
        monkeypatch.setattr(paths, name, tmp_path / folder)
    paths.NOTEBOOKS.mkdir()
    book = make.book(make.markdown("Some words."), make.code('say("{n} runs", n=1)'))
    (paths.NOTEBOOKS / "01_a.ipynb").write_text(json.dumps(book))
    messages.update("ru")
    catalogues = list(tmp_path.rglob("*.po"))
    assert len(catalogues) == 2
    for path in catalogues:
        os.utime(path, (0, 0))
    messages.update("ru")
    assert {path.stat().st_mtime for path in catalogues} == {0}


@pytest.mark.parametrize("language", ["de", "../ru", "ru;"])
def test_a_language_that_there_is_not_is_named_and_nothing_written(tmp_path, language, monkeypatch):
    monkeypatch.setattr(paths, "LOCALE", tmp_path / "locale")
    monkeypatch.setattr("sys.argv", ["messages", language])
    with pytest.raises(SystemExit, match=f"^make messages: .* en or ru, not in '{language}'"):
        messages.main()
    assert not paths.LOCALE.exists()
