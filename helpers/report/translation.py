"""The notebooks' prose in another language: gettext catalogues, one entry a paragraph.

`python -m helpers.report.translation` (make messages) brings the catalogues up to date: a .po a
notebook for its Markdown, and figures.po for the strings that code marks with `_()`. Code,
displayed mathematics and separators are never extracted. A translated copy of a notebook has the
same cells, the same code, and in each paragraph the same formulas, link targets and numbers.
"""

import argparse
import datetime
import io
import json
import re
import sys
from collections import Counter

from helpers import files, paths
from helpers.report import mathematics, notebook
from helpers.report.problems import ReportError
from helpers.report.title import LANGUAGES, check_language
from helpers.translation import decimal_commas

FIGURES = "figures"
VERBATIM = re.compile(
    r"(?P<fence>^[ ]*(`{3,}|~{3,})[\s\S]*?(?:^[ ]*\2[`~]*[ ]*$|\Z))"
    r"|^[ ]*\$\$[\s\S]*?\$\$[ ]*$|^[ ]*\\begin\{(\w+\*?)\}[\s\S]*?\\end\{\3\}[ ]*$",
    re.MULTILINE,
)
MARKER = re.compile(r"(?P<marker>[ ]*(?:#{1,6}[ ]+|(?:>[ ]?)+|(?:[-*+]|\d+[.)])[ ]+)*)(?P<text>.*)")
TARGET = re.compile(r"\]\(([^)]*)\)|<(https?:[^>]*)>")
NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0]\d+)*(?!-?D)")  # 3-D is a word


def pieces(source):
    """Split Markdown into (text, whether it is to be translated); joined they are the source."""
    result, position = [], 0
    for match in (*VERBATIM.finditer(source), None):
        end = match.start() if match else len(source)
        result += paragraphs(source[position:end])
        if match:
            result.append((match[0], False))
            position = match.end()
    return [(text, wanted) for text, wanted in result if text]


def paragraphs(source):
    """Split Markdown without code and displayed mathematics, as `pieces` does.

    A paragraph, a heading, a list item and a row of a table are each one text.
    """
    result, open_ended = [], False  # whether the next line may continue the last text
    for line in re.split(r"(?<=\n)", source):
        body, end = line.rstrip("\n"), "\n" * line.endswith("\n")
        marker, text = MARKER.fullmatch(body).group("marker", "text")
        words = bool(re.search(r"[^\W\d_]", mathematics.FOUND.sub("", text)))
        if open_ended and text.strip("-= ") and not marker.strip() and not text.startswith("|"):
            result[-2:] = [(f"{result[-2][0]}\n{body}", True), (end, False)]
        else:
            result += [(marker, False), (text, words), (end, False)]
            open_ended = words and "#" not in marker and not text.startswith("|")
    return [(text, wanted) for text, wanted in result if text]


def message(text):
    """Return a paragraph as catalogues hold it: on one line."""
    return " ".join(text.split())


def translated(book, catalogue):
    """Return (a copy of a notebook with its prose translated, the paragraphs left in English).

    Args:
        book: nbformat dictionary, as `notebook.read` gives it.
        catalogue: {English paragraph: translation}.
    """
    missing = []

    def translate(text, wanted):
        if wanted and message(text) not in catalogue:
            missing.append(message(text))
        return catalogue.get(message(text), text) if wanted else text

    cells = [
        {**cell, "source": "".join(translate(*piece) for piece in pieces(cell["source"]))}
        if cell["cell_type"] == "markdown"
        else cell
        for cell in book["cells"]
    ]
    return {**book, "cells": cells}, missing


def copy(path, language):
    """Return (a notebook in `language`, the paragraphs left in English); English is as it is."""
    book = notebook.read(path)
    return (book, []) if language == "en" else translated(book, finished(path.stem, language))


def path_of(domain, language):
    """Return the path of a catalogue."""
    return paths.LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read(domain, language):
    """Return a Babel catalogue, empty where there is none."""
    from babel.messages import catalog, pofile

    path = path_of(domain, language)
    if not path.exists():
        return catalog.Catalog(
            locale=language, domain=domain, fuzzy=False, header_comment=f"# {domain}",
            project="residual-report", version="1", msgid_bugs_address="see README.md",
            last_translator="the authors of the report", language_team=language,
            revision_date=datetime.datetime(2026, 1, 1),
        )  # fmt: skip
    with open(path, "rb") as file:
        return pofile.read_po(file, locale=language, domain=domain)


def finished(domain, language):
    """Return {English: translation} of the entries that are translated and not marked fuzzy."""
    return {
        entry.id: entry.string for entry in read(domain, language) if entry.id and is_done(entry)
    }


def is_done(entry):
    """Return whether a catalogue's entry can be used."""
    return bool(entry.string) and not entry.fuzzy


def template(domain):
    """Return a Babel catalogue of what a domain's sources say now, without translations."""
    from babel.messages import catalog

    result = catalog.Catalog(fuzzy=False)
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        for number, cell in enumerate(notebook.read(path)["cells"], 1):
            where = [(path.relative_to(paths.ROOT).as_posix(), number)]
            comment = [f"cell {cell['id']}"]
            if cell["cell_type"] == "markdown" and path.stem == domain:
                for text, wanted in pieces(cell["source"]):
                    if wanted:
                        result.add(message(text), locations=where, auto_comments=comment)
            elif cell["cell_type"] == "code" and domain == FIGURES:
                for text in marked(cell["source"]):
                    result.add(text, locations=where, auto_comments=comment)
    if domain == FIGURES:
        for path in sorted((paths.ROOT / "helpers").rglob("*.py")):
            for text in marked(path.read_text(encoding="utf-8")):
                result.add(text, locations=[(path.relative_to(paths.ROOT).as_posix(), 0)])
    return result


def marked(source):
    """Yield the strings that Python source marks with `_()` or `for_catalogue()`."""
    from babel.messages import extract

    for found in extract.extract(
        "python", io.BytesIO(source.encode()), {"_": None, "for_catalogue": None}
    ):
        yield found[1]


def domains():
    """Return the names of all catalogues."""
    return [FIGURES, *sorted(path.stem for path in paths.NOTEBOOKS.glob("*.ipynb"))]


def update(language):
    """Bring the catalogues of a language up to date; return their faults (see `faults`)."""
    from babel.messages import pofile

    for domain in domains():
        catalogue = read(domain, language)
        created = catalogue.creation_date
        catalogue.update(template(domain), update_header_comment=False)
        catalogue.creation_date = created  # or every run would change every file
        catalogue.obsolete.clear()
        for entry in catalogue:
            if domain != FIGURES:  # braces of prose are TeX
                entry.flags -= {"python-format", "python-brace-format"}
        path, text = path_of(domain, language), io.BytesIO()
        pofile.write_po(text, catalogue, width=100, include_lineno=False)
        if not path.exists() or path.read_bytes() != text.getvalue():  # notebooks depend on them
            files.write_text(path, text.getvalue().decode())
    return faults(language)


def faults(language):
    """Return a line for each text that a language lacks, has fuzzy, or has with other contents.

    Each begins with the catalogue and the entry's line there.
    """
    lines = []
    for domain in domains():
        catalogue = read(domain, language)
        path = path_of(domain, language).relative_to(paths.ROOT).as_posix()
        for entry in template(domain):
            if not entry.id:
                continue
            found = catalogue.get(entry.id)
            place = f"{path}:{found.lineno}" if found else path
            state = "is fuzzy" if found and found.fuzzy else "is not translated"
            reasons = [state]
            if found and is_done(found):
                reasons = differences(entry.id, found.string)
                if domain != FIGURES and language == "ru":  # numbers of figures change when shown
                    reasons += english_numbers(found.string)
            lines += [f"{place}: {entry.id[:60]!r} {reason}" for reason in reasons]
    return lines


def english_numbers(text):
    """Return a fault for Russian prose with decimal points or commas between thousands."""
    words = TARGET.sub("] ", mathematics.FOUND.sub(" ", text))
    wrong = [number for number in NUMBER.findall(words) if decimal_commas(number) != number]
    return [f"has numbers as in English: {', '.join(wrong)}"] if wrong else []


def differences(english, translation):
    """Return in what a translation differs from the English beyond its words.

    Formulas, code, link targets, placeholders and numbers must be the same, each number in the
    manner of its language.
    """
    return [
        f"has other {kind}: {', '.join(sorted((ours - theirs) | (theirs - ours)))}"
        for kind, ours, theirs in zip(
            ("formulas and code", "link targets", "placeholders", "numbers"),
            contents(re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", english)),  # thousands
            contents(translation),
            strict=True,
        )
        if ours != theirs
    ]


def contents(text):
    """Return what a translation keeps, each a Counter."""
    formulas = [match[0] for match in mathematics.FOUND.finditer(text) if not match["escape"]]
    words = mathematics.FOUND.sub(" ", text)
    targets = [first or second for first, second in TARGET.findall(words)]
    words = TARGET.sub("] ", words)
    fields = re.findall(r"\{[^{}]*\}", words)
    numbers = NUMBER.findall(re.sub(r"\{[^{}]*\}", " ", words))
    plain = [re.sub(r"[\u202f\u00a0]", "", number).replace(",", ".") for number in numbers]
    return Counter(formulas), Counter(targets), Counter(fields), Counter(plain)


def write_copies(language):
    """Write the notebooks in `language` for JupyterLab; copies newer than their sources stay."""
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        copied = paths.REPORTS / "lab" / language / path.name
        sources = [each for each in (path, path_of(path.stem, language)) if each.exists()]
        newest = max(each.stat().st_mtime for each in sources)
        if not copied.exists() or copied.stat().st_mtime < newest:
            book, _missing = copy(path, language)
            files.write_text(copied, json.dumps(book, indent=1, ensure_ascii=False) + "\n")


def main():
    """Update the catalogues of a language, or all; list and count what is left to do."""
    parser = argparse.ArgumentParser(prog="make messages", description=main.__doc__)
    parser.add_argument("languages", nargs="*", default=LANGUAGES[1:])
    parser.add_argument("--lab", action="store_true", help="write notebooks in these languages")
    arguments = parser.parse_args()
    try:
        for language in arguments.languages:
            check_language(language)
    except ReportError as error:
        sys.exit(f"{parser.prog}: {error}")
    for language in arguments.languages:
        if arguments.lab:
            write_copies(language)
            continue
        left = update(language)
        untranslated = sum(line.endswith("is not translated") for line in left)
        fuzzy = sum(line.endswith("is fuzzy") for line in left)
        wrong = len(left) - untranslated - fuzzy
        print(*left, sep="\n", end="\n" * bool(left))
        print(f"{language}: {untranslated} not translated, {fuzzy} fuzzy, {wrong} to correct")


if __name__ == "__main__":
    main()
