"""Words and numbers of the report in each of its languages, from templates and values.

A packed text is what JSON keeps of it: a plain text, {"template", "values"}, or a list of these.
"""

import contextlib
import functools
import math
import os
import re
import string
from collections.abc import Iterator
from typing import Any

from helpers import numerals, paths

language = os.environ.get("REPORT_LANG", "en")  # what is shown and drawn at this moment
registered: dict[str, dict] = {}  # {text that `text` has formatted: {"template", "values"}}

WORDS = re.compile(r"(?<![\w./-])[^\W\d_]*[a-z]{2,}(?![\w./-]*[_/\d])")  # but no name of a file


class CatalogueError(ValueError):
    """A gettext catalogue cannot be read."""


def languages() -> list[str]:
    """Return English and every language that has a catalogue."""
    return ["en", *sorted(folder.parent.name for folder in paths.LOCALE.glob("*/LC_MESSAGES"))]


@functools.cache
def catalogue(language: str, domain: str = "figures") -> dict[str, str]:
    """Return {English: translation} of a catalogue's finished entries; {} where there is none.

    Raises:
        CatalogueError: the catalogue cannot be read; the message names the file.
    """
    path = paths.LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
    if not path.exists():
        return {}
    from babel.messages import pofile

    try:
        with open(path, "rb") as file:
            entries = pofile.read_po(file, locale=language, abort_invalid=True)
    except (pofile.PoFileError, ValueError, LookupError) as error:  # LookupError: the charset
        raise CatalogueError(f"{path}: not a gettext catalogue in UTF-8 ({error})") from error
    finished = [entry for entry in entries if entry.id and entry.string and not entry.fuzzy]
    return {str(entry.id): str(entry.string) for entry in finished}


def text(template: str, **values: Any) -> str:
    """Return `template` with its `values`, a text that a figure or a table shows in any language.

    The template is as for `str.format`, such as "{name}, {n} {n:plural:layer|layers}"; values are
    numbers, texts, or lists of them.
    """
    packed = pack_template(template, values)
    english = render(packed, "en")
    registered[english] = packed
    return english


def pack_value(value: Any) -> Any:
    """Return a value as JSON can hold it; a text that `text` has formatted becomes its template."""
    if hasattr(value, "tolist"):  # of NumPy
        value = value.tolist()
    if isinstance(value, str):
        return registered.get(value, value)
    if isinstance(value, list | tuple):
        return [pack_value(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def pack_template(template: str, values: dict) -> Any:
    """Return a template, or a text that `text` has formatted, with its values for JSON."""
    if not values:
        return pack_value(template)
    packed = {name: pack_value(value) for name, value in values.items()}
    return {"template": template, "values": packed}


def render(packed: Any, language: str) -> str:
    """Return a packed text in `language`, its numbers as Python formats them."""
    if isinstance(packed, str):
        return catalogue(language).get(packed, packed)
    template = render(packed["template"], language)
    return Formatter(language).vformat(template, (), packed["values"])


class Formatter(string.Formatter):
    """`str.format` that puts texts among the values into a language, and joins lists of them."""

    def __init__(self, language: str) -> None:
        """Format for a reader of `language`."""
        self.language = language

    def format_field(self, value: Any, format_spec: str) -> str:
        """Return one value; `{n:plural:layer|layers}` gives the form that goes with n."""
        if value is None:  # not a number
            return "–"
        if isinstance(value, list):
            items = [self.format_field(item, format_spec) for item in value]
            return ("; " if any("," in item for item in items) else ", ").join(items)
        if isinstance(value, str | dict):
            return format(render(value, self.language), format_spec)
        if format_spec.startswith("plural:"):
            forms = format_spec.removeprefix("plural:").split("|")
            return forms[min(plural_form(value, self.language), len(forms) - 1)]
        return format(value, format_spec)


def plural_form(number: float, language: str) -> int:
    """Return which of a language's plural forms goes with a number, 0 for the first."""
    from babel import Locale

    rule = Locale(language).plural_form
    forms = ("zero", "one", "two", "few", "many", "other")
    used = [form for form in forms if form in rule.tags or form == "other"]
    return used.index(rule(number))


def wording(packed: Any, language: str, markdown: bool = True) -> str:
    """Return a packed text as a reader of `language` expects it, numbers included."""
    return numerals.set_numbers(render(packed, language), language, markdown)


def localised(text: str) -> str:
    """Return a text of a figure in the language in which it is being drawn."""
    packed = pack_value(text)
    drawn.append(packed)
    if language != "en":
        text = wording(packed, language)
    return text.replace("\u202f", "\u00a0")  # STIX lacks it


drawn: list = []  # what `localised` was asked for since `drawing` began


@contextlib.contextmanager
def drawing(in_language: str) -> Iterator[list]:
    """Let figures be drawn in a language while the block runs; yield the packed texts they show."""
    global language
    before, language = language, in_language
    drawn.clear()
    try:
        yield drawn
    finally:
        language = before


def templates(packed: Any) -> Iterator[str]:
    """Yield every template and plain text with words in it that a packed text holds."""
    if isinstance(packed, str):
        if WORDS.search(re.sub(r"\{[^{}]*\}", "", numerals.VERBATIM.sub("", packed))):
            yield packed
    elif isinstance(packed, list):
        for item in packed:
            yield from templates(item)
    elif isinstance(packed, dict):
        yield from templates([packed["template"], *packed["values"].values()])
