"""A notebook in a language: prose through its catalogue, outputs from their templates and values.

Prose is translated a paragraph at a time. Code, displayed mathematics but for its words, and
separators stay as they are; the outputs are those of one and the same run.
"""

import re
from pathlib import Path

from helpers import translation
from helpers.bundles import output_in, texts
from nbtypst import mathematics, notebook

VERBATIM = re.compile(
    r"(?P<fence>^[ ]*(`{3,}|~{3,})[\s\S]*?(?:^[ ]*\2[`~]*[ ]*$|\Z))"
    r"|^[ ]*\$\$[\s\S]*?\$\$[ ]*$|^[ ]*\\begin\{(\w+\*?)\}[\s\S]*?\\end\{\3\}[ ]*$",
    re.MULTILINE,
)
WORD = re.compile(r"((?<=\\text\{)[a-z]{2,}(?=\})|(?<=\\text\{ )[a-z]{2,}(?= \}))")  # of a formula
MARKER = re.compile(r"\A[ ]*(?:#{1,6}[ ]+|(?:>[ ]?)+|(?:[-*+]|\d+[.)])[ ]+)*")


def pieces(source: str) -> list[tuple[str, bool]]:
    """Split Markdown into (text, whether it is to be translated); joined they are the source."""
    result: list[tuple[str, bool]] = []
    position = 0
    for match in (*VERBATIM.finditer(source), None):
        end = match.start() if match else len(source)
        result += paragraphs(source[position:end])
        if match:
            parts = [match[0]] if match["fence"] else WORD.split(match[0])
            result += [(part, number % 2 == 1) for number, part in enumerate(parts)]
            position = match.end()
    return [(text, wanted) for text, wanted in result if text]


def paragraphs(source: str) -> list[tuple[str, bool]]:
    """Split Markdown without code and displayed mathematics, as `pieces` does.

    A paragraph, a heading, a list item and a row of a table are each one text.
    """
    result: list[tuple[str, bool]] = []
    open_ended = False  # whether the next line may continue the last text
    for line in re.split(r"(?<=\n)", source):
        body, end = line.rstrip("\n"), "\n" * line.endswith("\n")
        text = MARKER.sub("", body)
        marker = body.removesuffix(text)
        words = bool(re.search(r"[^\W\d_]", mathematics.FORMULA.sub("", text)))
        if open_ended and text.strip("-= ") and not marker.strip() and not text.startswith("|"):
            result[-2:] = [(f"{result[-2][0]}\n{body}", True), (end, False)]
        else:
            result += [(marker, False), (text, words), (end, False)]
            open_ended = words and "#" not in marker and not text.startswith("|")
    return [(text, wanted) for text, wanted in result if text]


def message(text: str) -> str:
    """Return a paragraph as catalogues hold it: on one line."""
    return " ".join(text.split())


def prose(name: str, source: str, language: str) -> tuple[str, list[str]]:
    """Return (a Markdown cell's source in a language, the paragraphs left in English)."""
    catalogue = translation.catalogue(language, name)
    missing: list[str] = []

    def translate(text, wanted):
        if wanted and message(text) not in catalogue:
            missing.append(message(text))
        return catalogue.get(message(text), text) if wanted else text

    if language == "en":
        return source, []
    return "".join(translate(*piece) for piece in pieces(source)), missing


def translated(path: Path, language: str, executed: dict | None = None) -> tuple[dict, list[str]]:
    """Return (a stored notebook in a language, the texts left in English).

    Args:
        path: of the stored notebook, whose cells, order and prose count.
        language: such as "ru".
        executed: its executed copy (nbformat dictionary), whose outputs are matched by cell id.
    """
    book, missing = notebook.read(path), []
    outputs = {cell["id"]: cell.get("outputs", []) for cell in (executed or {"cells": []})["cells"]}
    for cell in book["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"], in_english = prose(path.stem, cell["source"], language)
            missing += in_english
        elif cell["cell_type"] == "code":
            english = outputs.get(cell["id"], [])
            cell["outputs"] = [output_in(output, language) for output in english]
            missing += [text for output in english for text in untranslated(output, language)]
    if executed:
        book["metadata"] = executed["metadata"]
    return book, missing


def untranslated(output: dict, language: str) -> list[str]:
    """Return the texts of an output that a language's catalogue lacks."""
    catalogue = translation.catalogue(language)
    return [text for text in texts(output) if language != "en" and text not in catalogue]
