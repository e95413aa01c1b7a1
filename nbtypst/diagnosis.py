"""Typst's messages: the cells that they are about, and a document that does without what fails."""

import dataclasses
import re
import unicodedata

from nbtypst.text import unset

# What no font has, and private characters, which mean nothing in an archive.
UNDISPLAYED = re.compile(r'(?:the text|contains the codepoint) `"(.*?)"`')
MARK = "// @ "  # begins a line before each cell
SIGN = "□"  # in place of a character that no font has


@dataclasses.dataclass
class Fault:
    """An error or a warning: where in the Typst project it stands, and what it says."""

    message: str
    line: int = 0  # from 1; 0 if it stands in none of the cells
    column: int = 0  # from 0
    cell: str = "the document"
    characters: str = ""  # that no font has


def faults(diagnostic: str, files: dict[str, bytes]) -> list[Fault]:
    """Return the `Fault`s of Typst's report on a project's files ({path: bytes})."""
    result = []
    for part in re.split(r"(?m)^(?=error:|warning:)", diagnostic):
        if not part.startswith(("error:", "warning:")) or "under active development" in part:
            continue
        fault = Fault(part.splitlines()[0].partition(": ")[2])
        if match := UNDISPLAYED.search(fault.message):
            code = r"\\u\{(\w+)\}"
            fault.characters = re.sub(code, lambda found: chr(int(found[1], 16)), match[1])
        for path, line, column in re.findall(r"┌─ (.+?):(\d+):(\d+)", part):
            if not fault.line:
                locate(fault, path, int(line), int(column), files)
        result.append(fault)
    return result


def locate(fault: Fault, path: str, line: int, column: int, files: dict[str, bytes]) -> None:
    """Note the cell at a place that Typst names; a faulty SVG names only itself."""
    sources = {name: text.decode() for name, text in files.items() if name.endswith(".typ")}
    path = re.sub(r"^.*nbtypst-[^/\\\\]+[/\\\\]", "", path).replace("\\", "/")
    for name, source in sources.items():
        if path not in sources and path in source:
            before = source[: source.index(path)]
            path, line, column = name, before.count("\n") + 1, len(before) - before.rfind("\n") - 1
    lines = sources.get(path, "").split("\n")[:line]
    if marks := [text.removeprefix(MARK) for text in lines if text.startswith(MARK)]:
        fault.line, fault.column, fault.cell = line, column, marks[-1]


def explain(found: list[Fault]) -> str:
    """Return one line for each fault; characters that no font has are named once for a cell."""
    messages, lost = [], {}
    for fault in found:
        if fault.characters:
            lost.setdefault(fault.cell, []).append(fault.characters)
        else:
            messages.append(f"{fault.cell}: {fault.message}")
    for cell, characters in lost.items():
        messages.append(f"{cell}: no font has the characters {' '.join(dict.fromkeys(characters))}")
    return "\n".join(dict.fromkeys(messages))


def mended(main: str, found: list[Fault], fallbacks: dict[str, str]) -> str:
    """Return the Typst of a document without what its faults name; unchanged if that is unknown.

    `fallbacks` is {Typst of a formula or an image: what is set in its place}.
    """
    signs = {}
    for character in {character for fault in found for character in fault.characters}:
        shapeless = unicodedata.category(character) in ("Cf", "Mn")
        signs[ord(character)] = "" if shapeless else SIGN
    signs.pop(0x200B, None)  # a place to break, reported with the characters around it
    fault = next((fault for fault in found if fault.line and not fault.characters), None)
    if fault:  # the others' places may have moved afterwards
        line = main.split("\n")[fault.line - 1]
        for typst, fallback in fallbacks.items():
            start = line.find(typst)
            if 0 <= start <= fault.column < start + len(typst):
                main = main.replace(typst, fallback)
                break
        else:
            main = without_cell(main.split("\n"), fault.line - 1)
    return main.translate(signs)


def without_cell(lines: list[str], number: int) -> str:
    """Return a document with the cell at one of its lines shown as its Typst source."""
    marks = [index for index, line in enumerate(lines) if line.startswith(MARK)]
    start = max(index for index in marks if index <= number) + 1
    end = min((index for index in marks if index >= start), default=len(lines))
    source = "\n".join(lines[start:end]).strip()
    if not re.fullmatch(r"#unset\(.*\)", source):
        lines[start:end] = [unset(source), ""]
    return "\n".join(lines)
