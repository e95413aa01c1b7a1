"""A PDF of whatever Typst makes of a foreign notebook: what stands in its way is shown as text."""

import re
import unicodedata

from nbtypst import compiler
from nbtypst.problems import DocumentError
from nbtypst.text import unset

CROSSED = b"""<svg xmlns="http://www.w3.org/2000/svg" width="48" height="32" stroke="gray">
<rect x="1" y="1" width="46" height="30" fill="none"/><path d="M1 1L47 31M47 1L1 31"/></svg>"""
SIGN = "□"  # in place of a character that no font has
MARK = "\n\n// @ "  # begins a cell


def pdf(
    files: dict[str, bytes], formulas: dict[str, str], system_fonts: bool = True
) -> tuple[bytes, list[str]]:
    """Return (the PDF's bytes, messages on what was left out).

    Args:
        files: {path: bytes} of the Typst project, see `compiler.compile_pdf`.
        formulas: {Typst of a formula: its TeX}, shown instead if Typst rejects it.
        system_fonts: look for characters in the system's fonts, too.

    Raises:
        DocumentError: Typst's message where nothing helps.
    """
    import typst

    messages, standards = [], list(compiler.ACCESSIBLE)
    for _ in range(200):  # each round mends something
        try:
            content = compiler.run(
                files, "pdf", compiler.fonts(system_fonts), pdf_standards=standards
            )[0]
            return content, list(dict.fromkeys(messages))
        except typst.TypstError as error:
            message = compiler.explain(error.diagnostic, files)
            mended = repaired(files, formulas, error.diagnostic)
        if message not in messages:
            messages += message.splitlines() or ["Typst fails without a message"]
        if mended:
            files = mended
        elif standards:
            standards = []
        else:
            break
    raise DocumentError("\n".join(dict.fromkeys(messages)))


def repaired(
    files: dict[str, bytes], formulas: dict[str, str], diagnostic: str
) -> dict[str, bytes] | None:
    """Return the files without what an error names, none where that cannot be told."""
    main = files["main.typ"].decode()
    if characters := compiler.undisplayed(diagnostic):
        mended = main.translate({ord(character): sign(character) for character in characters})
        return {**files, "main.typ": mended.encode()} if mended != main else None
    if re.search("(?:decode|load) (?:image|PDF)|parse SVG", diagnostic):
        if broken := compiler.unreadable_images(files):
            readable = {path: content for path, content in files.items() if path not in broken}
            for path in broken:
                main = main.replace(path, "unreadable.svg")
            return {**readable, "main.typ": main.encode(), "unreadable.svg": CROSSED}
    present = {typst: typst for typst in formulas if typst in main}
    if wrong := compiler.rejected(present):
        for typst in wrong:
            main = main.replace(typst, unset(formulas[typst]))
        return {**files, "main.typ": main.encode()}
    return without_cell(files, main, compiler.line_of(diagnostic, "main.typ"))


def sign(character: str) -> str:
    """Return what stands for a character that no font has: nothing for what has no shape."""
    if character == "\u200b":  # a place to break, reported with the characters around it
        return character
    return "" if unicodedata.category(character) in ("Cf", "Mn") else SIGN


def without_cell(files: dict[str, bytes], main: str, line: int) -> dict[str, bytes] | None:
    """Return the files with the cell at a line of main.typ shown as its Typst source."""
    start = main.rfind(MARK, 0, len("\n".join(main.split("\n")[:line])) + 1)
    if not line or start < 0:
        return None
    end = main.find(MARK, start + 1)
    cell = main[start : end if end >= 0 else len(main)]
    mark, _, source = cell.removeprefix("\n\n").partition("\n")
    if re.fullmatch(r"\s*#unset\(.*\)\s*", source):
        return None
    source_cell = f"\n\n{mark}\n{unset(source.strip())}"
    return {**files, "main.typ": main.replace(cell, source_cell, 1).encode()}
