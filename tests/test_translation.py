"""Texts of templates and values, and catalogues that cannot be read."""

import pytest

from helpers import paths, translation


def test_a_text_is_found_again_by_what_it_shows():
    inner = translation.text("plain-{depth}", depth=20)
    outer = translation.text("{name}: {loss:.2g}", name=inner, loss=0.123)
    assert outer == "plain-20: 0.12"
    assert translation.pack_value(outer)["values"]["name"] == translation.pack_value(inner)


@pytest.mark.parametrize(
    ("number", "form"), [(1, "слой"), (3, "слоя"), (11, "слоёв"), (21, "слой")]
)
def test_russian_has_three_plural_forms(number, form):
    packed = {"template": "{n:plural:слой|слоя|слоёв}", "values": {"n": number}}
    assert translation.render(packed, "ru") == form


def test_lists_with_commas_are_joined_by_semicolons():
    packed = {"template": "{names}", "values": {"names": ["a", "b"]}}
    assert translation.render(packed, "en") == "a, b"
    packed["values"]["names"] = ["a, 1", "b"]
    assert translation.render(packed, "en") == "a, 1; b"


def test_not_a_number_is_a_dash():
    packed = translation.pack_template("r = {r:.2f}", {"r": float("nan")})
    assert translation.render(packed, "en") == "r = –"


CHARSET = b'msgid ""\nmsgstr "Content-Type: text/plain; charset=uvf-8\\n"\n\nmsgid "a"\nmsgstr ""\n'


@pytest.mark.parametrize("content", [b"\xff\xfe", b"nonsense", b'msgid "a', CHARSET])
def test_a_damaged_catalogue_is_named(tmp_path, monkeypatch, content):
    monkeypatch.setattr(paths, "LOCALE", tmp_path)
    path = tmp_path / "ru" / "LC_MESSAGES" / "figures.po"
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    translation.catalogue.cache_clear()
    with pytest.raises(ValueError, match=r"figures\.po: not a gettext catalogue"):
        translation.catalogue("ru")
    translation.catalogue.cache_clear()
