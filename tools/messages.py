"""`make messages`: gettext catalogues that follow what notebooks and helpers say.

A .po a notebook holds its prose, one entry a paragraph. figures.po holds what figures, tables and
computed sentences say: the templates given to `say`, `text`, `show` and `show_table` where they are
literal, and what executed copies in reports/notebooks/ show. An entry goes when no string of the
code is like it and no executed copy shows it. A copy whose code has changed since adds nothing.
"""

import argparse
import ast
import datetime
import io
import re
import sys
from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

from babel.messages import pofile
from babel.messages.catalog import Catalog

from helpers import files, inputs, paths, translation
from helpers.bundles import texts
from helpers.numerals import decimal_commas
from helpers.report import languages
from helpers.report.title import LANGUAGES, check_language
from nbtypst import mathematics, notebook
from nbtypst.problems import DocumentError

FIGURES = "figures"
TARGET = re.compile(r"\]\(([^)]*)\)|<(https?:[^>]*)>")
NUMBER = re.compile(r"\d+(?:[.,\u202f\u00a0]\d+)*(?!-?D)")  # 3-D is a word


def path_of(domain: str, language: str) -> Path:
    """Return the path of a catalogue."""
    return paths.LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def domains() -> list[str]:
    """Return the names of all catalogues."""
    return [FIGURES, *sorted(path.stem for path in paths.NOTEBOOKS.glob("*.ipynb"))]


def read_catalogue(domain: str, language: str) -> Catalog:
    """Return a catalogue, empty where there is none."""
    path = path_of(domain, language)
    if path.exists():
        with open(path, "rb") as file:
            return pofile.read_po(file, locale=language, domain=domain)
    return Catalog(
        locale=language, domain=domain, fuzzy=False, header_comment=f"# {domain}",
        project="residual-report", version="1", msgid_bugs_address="see README.md",
        last_translator="the authors of the report", language_team=language,
        revision_date=datetime.datetime(2026, 1, 1),
    )  # fmt: skip


def english_messages(domain: str, old: Collection[str] = ()) -> Catalog:
    """Return what the sources of a catalogue say now, without translations.

    Of the `old` texts of figures those stay that a string of the code is like, for another profile
    or machine may show them, and those of copies whose code has changed.
    """
    if domain == FIGURES:
        return figure_messages(old)
    catalogue, path = Catalog(fuzzy=False), paths.NOTEBOOKS / f"{domain}.ipynb"
    for cell in notebook.read(path)["cells"]:
        if cell["cell_type"] == "markdown":
            for text, wanted in languages.pieces(cell["source"]):
                if wanted:
                    file, comment = inputs.relative_name(path), f"cell {cell['id']}"
                    message = languages.message(text)
                    catalogue.add(message, locations=[(file, 0)], auto_comments=[comment])
    return catalogue


def figure_messages(old: Collection[str]) -> Catalog:
    """Return the texts of figures, tables and sentences, with the files whose code holds them."""
    messages: list[str] = []
    strings: dict[str, list[str]] = {}  # of the code, each with its files
    for file, source in python_sources():
        for node in ast.walk(ast.parse(source)):
            messages += literal_templates(node)
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                strings.setdefault(node.value, []).append(file)
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        copied = texts_of_copy(path)
        if copied and not inputs.has_same_code(path.stem):
            copied = [text for text in copied if text in old]
        messages += copied
    messages += [text for text in old if text in strings]
    catalogue = Catalog(fuzzy=False)
    for text in messages:
        found_in = dict.fromkeys(strings.get(text, []))
        catalogue.add(text, locations=[(file, 0) for file in found_in])
    return catalogue


def python_sources() -> Iterator[tuple[str, str]]:
    """Yield (file, Python source) of every helper and of every cell of a notebook."""
    for path in sorted((paths.ROOT / "helpers").rglob("*.py")):
        yield inputs.relative_name(path), path.read_text(encoding="utf-8")
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        for cell in notebook.read(path)["cells"]:
            if cell["cell_type"] == "code":
                yield inputs.relative_name(path), inputs.python_of(cell["source"])


def literal_templates(node: ast.AST) -> Iterator[str]:
    """Yield the templates in a call of `say`, `text`, `show` or `show_table`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        given = [each.value for each in node.keywords if each.arg in ("caption", "alt")]
        if node.func.id in ("say", "text"):
            given += node.args[:1]
        for each in given:
            if isinstance(each, ast.Constant):
                yield from translation.templates(each.value)


def texts_of_copy(path: Path) -> list[str]:
    """Return what the executed copy of a notebook shows, in cells that the notebook still has."""
    stored = {cell["id"] for cell in notebook.read(path)["cells"]}
    cells = files.read_json(paths.EXECUTED / path.name).get("cells", [])
    outputs = [each for cell in cells if cell["id"] in stored for each in cell.get("outputs", [])]
    return [text for output in outputs for text in texts(output)]


def update(language: str) -> list[str]:
    """Bring the catalogues of a language up to date; return what `catalogue_faults` does."""
    for domain in domains():
        catalogue = read_catalogue(domain, language)
        created = catalogue.creation_date  # or every run would change every file
        old = [str(entry.id) for entry in catalogue if entry.id]
        catalogue.update(english_messages(domain, old), update_header_comment=False)
        catalogue.creation_date = created
        catalogue.obsolete.clear()
        for entry in catalogue:  # braces of prose are TeX, and a plural form is no Python format
            entry.flags -= {"python-format", "python-brace-format"}
        path, text, by_text = path_of(domain, language), io.BytesIO(), domain == FIGURES
        pofile.write_po(text, catalogue, width=100, include_lineno=False, sort_output=by_text)
        if not path.exists() or path.read_bytes() != text.getvalue():
            files.write_text(path, text.getvalue().decode())
    translation.catalogue.cache_clear()
    return catalogue_faults(language)


def catalogue_faults(language: str) -> list[str]:
    """Return a line for each text that a language lacks, has fuzzy, or has with other contents.

    Each begins with the catalogue and the entry's line there.
    """
    lines = []
    for domain in domains():
        catalogue = read_catalogue(domain, language)
        for english in [str(message.id) for message in english_messages(domain) if message.id]:
            where, entry = inputs.relative_name(path_of(domain, language)), catalogue.get(english)
            reasons = ["is not translated"]
            if entry:
                where += f":{entry.lineno}"
                if entry.fuzzy:
                    reasons = ["is fuzzy"]
                elif entry.string:
                    reasons = differences(english, str(entry.string))
                    if domain != FIGURES and language == "ru":  # those of figures change when shown
                        reasons += english_numbers(str(entry.string))
            lines += [f"{where}: {english[:60]!r} {reason}" for reason in reasons]
    return lines


def english_numbers(text: str) -> list[str]:
    """Return a fault for Russian prose with decimal points or commas between thousands."""
    words = TARGET.sub("] ", mathematics.FORMULA.sub(" ", text))
    wrong = [number for number in NUMBER.findall(words) if decimal_commas(number) != number]
    return [f"has numbers as in English: {', '.join(wrong)}"] if wrong else []


def differences(english: str, translated: str) -> list[str]:
    """Return in what a translation differs from the English beyond its words.

    Formulas, code, link targets, placeholders and numbers must be the same, each number in the
    manner of its language.
    """
    english = re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", english)  # thousands
    theirs, faults = contents(translated), []
    for kind, ours in contents(english).items():
        if other := (ours - theirs[kind]) | (theirs[kind] - ours):
            faults.append(f"has other {kind}: {', '.join(sorted(other))}")
    return faults


def contents(text: str) -> dict[str, Counter]:
    """Return what a translation keeps; of a plural's forms only the name."""
    text = re.sub(r"\{(\w+):plural:[^{}]*\}", "", text)
    formulas = [match[0] for match in mathematics.FORMULA.finditer(text) if not match["escape"]]
    words = mathematics.FORMULA.sub(" ", text)
    targets = [first or second for first, second in TARGET.findall(words)]
    words = TARGET.sub("] ", words)
    fields = re.findall(r"\{[^{}]*\}", words)
    numbers = NUMBER.findall(re.sub(r"\{[^{}]*\}", " ", words))
    numbers = [re.sub(r"[\u202f\u00a0]", "", number).replace(",", ".") for number in numbers]
    return {
        "formulas and code": Counter(formulas),
        "link targets": Counter(targets),
        "placeholders": Counter(fields),
        "numbers": Counter(numbers),
    }


def main() -> None:
    """Bring the catalogues up to date; list and count what is left to translate and to correct."""
    parser = argparse.ArgumentParser(prog="make messages", description=main.__doc__)
    parser.add_argument("language", nargs="?", help="default: all but English")
    wanted = parser.parse_args().language
    try:
        check_language(wanted or "en")
    except DocumentError as error:
        sys.exit(f"{parser.prog}: {error}")
    for language in [wanted] if wanted else LANGUAGES[1:]:
        lines = update(language)
        untranslated = sum(line.endswith("is not translated") for line in lines)
        fuzzy = sum(line.endswith("is fuzzy") for line in lines)
        wrong = len(lines) - untranslated - fuzzy
        print(*lines, sep="\n", end="\n" * bool(lines))
        print(f"{language}: {untranslated} not translated, {fuzzy} fuzzy, {wrong} to correct")


if __name__ == "__main__":
    main()
