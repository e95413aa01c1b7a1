"""The strings that figures, tables and computed sentences show, in the report's language."""

import os

from helpers import paths

language = os.environ.get("REPORT_LANG", "en")


def catalogue(language):
    """Return {English: translation} of the finished entries of figures.po; {} if there is none."""
    path = paths.LOCALE / language / "LC_MESSAGES" / "figures.po"
    if not path.exists():
        return {}
    from babel.messages import pofile

    with open(path, "rb") as file:
        entries = pofile.read_po(file, locale=language)
    return {
        entry.id: entry.string for entry in entries if entry.id and entry.string and not entry.fuzzy
    }


strings = catalogue(language)


def translate(text):
    """Return `text` in the report's language, or as it is where no translation is finished."""
    return strings.get(text, text)
