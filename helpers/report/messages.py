"""`make messages`: gettext catalogues that follow what notebooks and helpers say.

A .po a notebook holds its prose, one entry a paragraph. figures.po holds what figures, tables and
computed sentences say: the templates given to `say`, `text`, `show` and `show_table` where they are
literal, and what the executed copies in reports/notebooks/ show. An entry goes only when no string
of the code is like it, and no executed copy shows it.
"""

import argparse
import ast
import datetime
import io
import re
import sys
from collections import Counter

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


def current_messages(domain):
    """Return a Babel catalogue of what a domain's sources say now, without translations."""
    from babel.messages import catalog

    result = catalog.Catalog(fuzzy=False)
    for text, sources, comments in figure_messages() if domain == FIGURES else prose(domain):
        result.add(text, locations=[(file, 0) for file in sources], auto_comments=comments)
    return result


def prose(domain):
    """Yield (paragraph, [file], [the cell it stands in]) of a notebook's Markdown."""
    path = paths.NOTEBOOKS / f"{domain}.ipynb"
    for cell in notebook.read(path)["cells"]:
        if cell["cell_type"] == "markdown":
            for text, wanted in languages.pieces(cell["source"]):
                if wanted:
                    yield languages.message(text), [inputs.named(path)], [f"cell {cell['id']}"]


def figure_messages():
    """Yield (text, the files whose code holds it, []) of what the code says and copies show."""
    said = [text for source, _file in code() for text in literals(source)]
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        stored = {cell["id"] for cell in notebook.read(path)["cells"]}
        for cell in files.read_json(paths.EXECUTED / path.name).get("cells", []):
            if cell["id"] in stored:
                said += [text for output in cell.get("outputs", []) for text in texts(output)]
    where = strings()
    for text in dict.fromkeys(said):
        yield text, where.get(text, []), []


def code():
    """Yield (Python source, its file) of every helper and of every cell of a notebook."""
    for path in sorted((paths.ROOT / "helpers").rglob("*.py")):
        yield path.read_text(encoding="utf-8"), inputs.named(path)
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        for cell in notebook.read(path)["cells"]:
            if cell["cell_type"] == "code":
                yield inputs.python_of(cell["source"]), inputs.named(path)


def literals(source):
    """Yield the templates that Python source gives to `say`, `text`, `show` and `show_table`."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = [each.value for each in node.keywords if each.arg in ("caption", "alt")]
            if node.func.id in ("say", "text"):
                given += node.args[:1]
            for each in given:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    yield from translation.templates(each.value)


def strings():
    """Return {string: the files whose code holds it}."""
    found = {}
    for source, file in code():
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.setdefault(node.value, {})[file] = None
    return found


def domains():
    """Return the names of all catalogues."""
    return [FIGURES, *sorted(path.stem for path in paths.NOTEBOOKS.glob("*.ipynb"))]


def update(language):
    """Bring the catalogues of a language up to date; return their faults (see `faults`)."""
    from babel.messages import pofile

    for domain in domains():
        catalogue = read(domain, language)
        created, wanted = catalogue.creation_date, current_messages(domain)
        if domain == FIGURES:  # what only another profile or machine shows stays
            known = strings()
            for entry in list(catalogue):
                if entry.id and entry.id not in wanted and entry.id in known:
                    wanted.add(entry.id, locations=[(file, 0) for file in known[entry.id]])
        catalogue.update(wanted, update_header_comment=False)
        catalogue.creation_date = created  # or every run would change every file
        catalogue.obsolete.clear()
        for entry in catalogue:  # braces of prose are TeX, and a plural form is no Python format
            entry.flags -= {"python-format", "python-brace-format"}
        path, text = path_of(domain, language), io.BytesIO()
        options = {"include_lineno": False, "sort_output": domain == FIGURES}
        pofile.write_po(text, catalogue, width=100, **options)
        if not path.exists() or path.read_bytes() != text.getvalue():
            files.write_text(path, text.getvalue().decode())
    translation.catalogue.cache_clear()
    return faults(language)


def faults(language):
    """Return a line for each text that a language lacks, has fuzzy, or has with other contents.

    Each begins with the catalogue and the entry's line there.
    """
    lines = []
    for domain in domains():
        catalogue = read(domain, language)
        path = inputs.named(path_of(domain, language))
        for entry in current_messages(domain):
            if not entry.id:
                continue
            found = catalogue.get(entry.id)
            place = f"{path}:{found.lineno}" if found else path
            reasons = ["is fuzzy" if found and found.fuzzy else "is not translated"]
            if found and found.string and not found.fuzzy:
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
    """Return what a translation keeps, each a Counter; of a plural's forms only the name."""
    text = re.sub(r"\{(\w+):plural:[^{}]*\}", "", text)
    formulas = [match[0] for match in mathematics.FOUND.finditer(text) if not match["escape"]]
    words = mathematics.FOUND.sub(" ", text)
    targets = [first or second for first, second in TARGET.findall(words)]
    words = TARGET.sub("] ", words)
    fields = re.findall(r"\{[^{}]*\}", words)
    numbers = NUMBER.findall(re.sub(r"\{[^{}]*\}", " ", words))
    plain = [re.sub(r"[\u202f\u00a0]", "", number).replace(",", ".") for number in numbers]
    return Counter(formulas), Counter(targets), Counter(fields), Counter(plain)


def main():
    """Update the catalogues of a language, or all; list and count what is left to do."""
    parser = argparse.ArgumentParser(prog="make messages", description=main.__doc__)
    parser.add_argument("language", nargs="?", help="default: all but English")
    wanted = parser.parse_args().language
    try:
        check_language(wanted or "en")
    except DocumentError as error:
        sys.exit(f"{parser.prog}: {error}")
    for language in [wanted] if wanted else LANGUAGES[1:]:
        left = update(language)
        untranslated = sum(line.endswith("is not translated") for line in left)
        fuzzy = sum(line.endswith("is fuzzy") for line in left)
        wrong = len(left) - untranslated - fuzzy
        print(*left, sep="\n", end="\n" * bool(left))
        print(f"{language}: {untranslated} not translated, {fuzzy} fuzzy, {wrong} to correct")


if __name__ == "__main__":
    main()
