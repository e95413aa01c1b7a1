"""What cannot be set is named with its place, and leaves the old report alone."""

import pytest

from helpers import paths, translation
from helpers.report import DocumentError, title, write_report


@pytest.mark.parametrize(
    ("markdown", "fault"),
    [("[figure](#fig-none)", "the link to #fig-none finds"), ("日本", "no font")],
    ids=["on both", "on paper alone"],
)
def test_a_fault_leaves_the_old_report_alone(arguments, markdown, fault):
    given = arguments({"01_a": [("markdown", markdown)]})
    page = given["results"] / "index.html"
    for path in (given["pdf"], page):
        path.write_bytes(b"old")
    with pytest.raises(DocumentError, match=f"01_a, cell 1 .*{fault}"):
        write_report(**given, page=page)
    assert given["pdf"].read_bytes() == page.read_bytes() == b"old"
    assert not list(given["pdf"].parent.glob(".*"))


def test_characters_without_a_glyph_name_their_cell(arguments):
    given = arguments({"01_a": [("markdown", "fine"), ("markdown", "日本")]})
    with pytest.raises(DocumentError, match="01_a, cell 2 .*no font has the characters 日 本"):
        write_report(**given)


def test_an_image_that_cannot_be_read_names_its_cell(arguments, make):
    given = arguments()
    given["executed"][0].write_text(
        given["executed"][0].read_text().replace(make.png, "bm90IGEgcG5n")
    )
    with pytest.raises(DocumentError, match="01_first, cell 2 .*failed to decode image"):
        write_report(**given)


def test_results_of_two_profiles_do_not_mix(arguments):
    given = arguments({"01_a": [("markdown", "# A")], "02_b": [("markdown", "# B")]})
    changed = given["results"] / "02_b.json"
    changed.write_text(changed.read_text().replace('"quick"', '"full"'))
    with pytest.raises(DocumentError, match=r"different profiles \(01_a quick, 02_b full\)"):
        write_report(**given)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("not json", "not a Jupyter notebook"),
        ('{"cells": 1}', "not a Jupyter notebook"),
        (None, "No such file"),
    ],
)
def test_a_bad_notebook_is_named(arguments, content, fault):
    given = arguments()
    if content is None:
        given["executed"][1].unlink()
    else:
        given["executed"][1].write_text(content)
    with pytest.raises(DocumentError, match=f"02_second.ipynb: {fault}"):
        write_report(**given)


def test_bad_results_are_named(arguments):
    given = arguments()
    (given["results"] / "01_first.json").write_text("{}")
    with pytest.raises(DocumentError, match="01_first.json: no results with provenance"):
        write_report(**given)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('student: "Student\'s name"', ""), "report.yml, line 5: en.student is missing: add it$"),
        (('city: "City"', 'town: "City"'), "line 16: en.town is unknown: remove it"),
        (("group:", "groups:"), "line 14: en.groups is unknown: remove it, or correct its name$"),
        (("work: 1", "work: first"), "line 11: en.work must be a valid integer, found 'first'$"),
        (("work: 1", "work: 0"), "en.work must be greater than or equal to 1, found 0$"),
        (('group: "Group"', "group: 5"), 'en.group must be text in quotes, group: "…"; found 5$'),
        (('group: "Group"', "group:"), 'group must be text in quotes, group: "…"; found nothing$'),
        (('city: "City"', 'city: " "'), "en.city must have at least 1 character"),
        (("ru:", "de:"), "report.yml, line 1: ru is missing"),
        (("theme: standard", "theme: old"), "3: theme must be 'standard' or 'gost', found 'old'$"),
        (("lists: false", "lists: some"), "line 4: lists must be a valid boolean, found 'some'$"),
        (("en:", "en: 1\nit:"), "line 5: en must hold fields, one a line, indented, .* found 1"),
        (("Student's name", 'the "student"'), 'report.yml, line 13: not YAML, .* name: "text"'),
        (('name"\n  group', "name\n  group"), "report.yml, line 13: not YAML"),
        (('"Group"', '["Group"'), "report.yml, line 14: not YAML"),
    ],
)
def test_report_yml_is_validated(tmp_path, change, fault):
    text = (paths.ROOT / "report.yml").read_text(encoding="utf-8")
    assert change[0] in text
    path = tmp_path / "report.yml"
    path.write_text(text.replace(*change, 1), encoding="utf-8")
    with pytest.raises(DocumentError, match=fault):
        title.read_title(path, "en")


@pytest.mark.parametrize(
    ("language", "fault"),
    [
        ("de", "the report is written in en or ru, not in 'de': name one of them in REPORT_LANG"),
        ("ru", "locale/ru/LC_MESSAGES holds no strings: make messages REPORT_LANG=ru"),
    ],
)
def test_a_language_without_strings_is_named(tmp_path, monkeypatch, language, fault):
    """`make report` reads the title page before anything runs."""
    monkeypatch.setattr(paths, "LOCALE", tmp_path / "locale")
    (paths.LOCALE / language / "LC_MESSAGES").mkdir(parents=True)
    assert language in translation.languages()
    with pytest.raises(DocumentError, match=fault):
        title.read_title(paths.ROOT / "report.yml", language)
