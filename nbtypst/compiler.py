"""The Typst compiler, with fonts that come in wheels: nothing of the system is needed."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtypst.document import quote
from nbtypst.problems import DocumentError

if TYPE_CHECKING:
    import typst

TEMPLATES = Path(__file__).parent / "templates"
ACCESSIBLE = ("a-2a", "ua-1")  # archivable (PDF/A-2a) and accessible (PDF/UA-1)
# Noto for other alphabets and emoji, and for Chinese, Japanese and Korean: the extra "fonts".
FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
# What no font has, and private characters, which mean nothing in an archive.
UNDISPLAYED = re.compile(r'(?:the text|contains the codepoint) `"(.*?)"`')


@functools.cache
def font_folder() -> tempfile.TemporaryDirectory:
    """Return a temporary folder of Matplotlib's STIX and DejaVu, for text in two alphabets.

    Matplotlib's last-resort font would hide missing characters behind boxes, so it stays out.
    """
    source = Path(importlib.util.find_spec("matplotlib").submodule_search_locations[0])
    folder = tempfile.TemporaryDirectory(prefix="nbtypst-fonts-")  # removed when Python exits
    for path in sorted((source / "mpl-data" / "fonts" / "ttf").glob("*.ttf")):
        if path.name.startswith(("STIXGeneral", "DejaVuSans")):
            shutil.copy(path, folder.name)
    return folder


@functools.cache
def fonts(system: bool = False) -> typst.Fonts:
    """Return the fonts that Typst may use; if asked for, those of the system and of wheels, too."""
    import typst

    folders = [font_folder().name, *(wheel_folders() if system else ())]
    return typst.Fonts(include_system_fonts=system, font_paths=folders)


def wheel_folders() -> list[str]:
    """Return the folders of the font packages that are installed."""
    specs = [importlib.util.find_spec(name) for name in FONT_PACKAGES]
    return [spec.submodule_search_locations[0] for spec in specs if spec]


def compile_pdf(
    files: dict[str, bytes],
    timestamp: int | None,
    standards: Sequence[str] = ACCESSIBLE,
    system_fonts: bool = False,
) -> bytes:
    """Return the PDF's bytes.

    Args:
        files: {path: bytes} of the Typst project, with "main.typ"; it finds the look and what
            converted cells call in "style.typ".
        timestamp: seconds since 1970, the PDF's creation date.
        standards: PDF standards that the file must meet.
        system_fonts: look for characters that our fonts lack in other fonts, see `fonts`.

    Raises:
        DocumentError: Typst's messages, each with the notebook cell it comes from.
    """
    options = {"pdf_standards": list(standards), "timestamp": timestamp}
    with explained(files):
        return run(styled(files, "typst"), "pdf", fonts(system_fonts), **options)[0]


def compile_html(files: dict[str, bytes]) -> str:
    """Return the HTML page of a Typst project (see `compile_pdf`): one file that needs no other.

    Formulas are MathML, images are embedded, and a figure moves where it has an animation.

    Raises:
        DocumentError: Typst's messages, each with the notebook cell it comes from; its warning that
            an element is left out of the page is one of them.
    """
    with explained(files):
        page, warnings = run(styled(files, "html"), "html", fonts())
    lost = [warning for warning in warnings if "under active development" not in warning.message]
    if lost:
        raise DocumentError("\n".join(explain(warning.diagnostic, files) for warning in lost))
    css, script = ((TEMPLATES / "html" / name).read_text() for name in ("page.css", "page.js"))
    text = page.decode().replace("</head>", f"<style>{css}</style></head>", 1)
    return text.replace("</body>", f"<script>{script}</script></body>")


def styled(files: dict[str, bytes], target: str) -> dict[str, bytes]:
    """Return the files of a Typst project with the "style.typ" of a target, "typst" or "html"."""
    return {**files, "style.typ": (TEMPLATES / target / "style.typ").read_bytes()}


def run(
    files: dict[str, bytes], target: str, font_paths: typst.Fonts, **options: Any
) -> tuple[bytes, list]:
    """Return (what Typst made of "main.typ", its warnings), or raise `typst.TypstError`."""
    import typst

    # A folder, because typst's own dictionary of files loses the message of an error among images.
    with tempfile.TemporaryDirectory(prefix="nbtypst-") as folder:
        for path, content in files.items():
            file = Path(folder) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        options |= {"root": folder, "format": target, "font_paths": font_paths}
        return typst.compile_with_warnings(str(Path(folder) / "main.typ"), **options)


def unreadable_images(files: dict[str, bytes]) -> list[str]:
    """Return the paths of the images that Typst cannot read, tried one by one."""
    paths = [path for path in files if not path.endswith((".typ", ".json", ".bib", ".csl"))]
    return rejected({path: f"#image({quote(path)})" for path in paths}, files)


def rejected(pieces: dict, files: dict[str, bytes] | None = None) -> list:
    """Return the keys of `pieces` ({key: Typst on one line}) that Typst rejects.

    They are tried in one document, from which the one that an error names is taken out.
    """
    import typst

    left, wrong = dict(pieces), []
    while left:
        lines = "".join(f"{piece}\n" for piece in left.values())
        # A page as high as need be: what is asked is whether a piece can be set at all.
        source = f'#import "style.typ": *\n#set page(height: auto)\n{lines}'.encode()
        try:
            run(styled({**(files or {}), "main.typ": source}, "typst"), "pdf", fonts())
        except typst.TypstError as error:
            line = line_of(error.diagnostic, "main.typ")
            number = line - 3 if line and 3 <= line < 3 + len(left) else 0
            wrong.append(list(left)[number])
            del left[wrong[-1]]
        else:
            break
    return wrong


@contextlib.contextmanager
def explained(files: dict[str, bytes]) -> Iterator[None]:
    """Turn an error of Typst's into a `DocumentError` that names cells."""
    import typst

    try:
        yield
    except typst.TypstError as error:
        raise DocumentError(explain(error.diagnostic, files)) from error


def explain(diagnostic: str, files: dict[str, bytes]) -> str:
    """Return a compiler message with the cells that its lines come from."""
    messages, characters = [], {}
    for part in re.split(r"(?m)^(?=error:|warning:)", diagnostic):
        if not part.startswith(("error:", "warning:")) or "under active development" in part:
            continue
        message = part.splitlines()[0].partition(": ")[2]
        if text := undisplayed(message):
            cell = cell_of(files, text) or "the document"
            characters.setdefault(cell, []).append(text)
            continue
        cell = "the document"
        if match := re.search(r"┌─ (.+?):(\d+):\d+", part):
            path = match[1].replace(os.sep, "/")  # from the working directory, or from the project
            path = max((name for name in files if path.endswith(name)), key=len, default="")
            if path.endswith(".typ"):
                cell = last_mark(files[path].decode().splitlines()[: int(match[2])]) or cell
            else:
                cell = (path and cell_of(files, path)) or cell
        if re.search("(?:decode|load) (?:image|PDF)|parse SVG", message):
            for path in unreadable_images(files):
                messages.append(f"{cell_of(files, path)}: {message}")
        else:
            messages.append(f"{cell}: {message}")
    for cell, lost in characters.items():
        messages.append(f"{cell}: no font has the characters {' '.join(dict.fromkeys(lost))}")
    return "\n".join(dict.fromkeys(messages))


def undisplayed(diagnostic: str) -> str:
    """Return the characters that no font has, of a compiler message."""
    texts = re.findall(UNDISPLAYED, diagnostic)
    return "".join(
        re.sub(r"\\u\{(\w+)\}", lambda code: chr(int(code[1], 16)), text) for text in texts
    )


def line_of(diagnostic: str, file: str) -> int:
    """Return the number, from 1, of the line of a file that an error is about, 0 if of none."""
    match = re.search(rf"┌─ (?:\S*/)?{re.escape(file)}:(\d+):\d+", diagnostic)
    return int(match[1]) if match else 0


def cell_of(files: dict[str, bytes], text: str) -> str:
    """Return the first cell whose Typst source holds `text`, "" if none does."""
    for path, content in files.items():
        lines = content.decode().splitlines() if path.endswith(".typ") else []
        for number, line in enumerate(lines):
            if text in line and (mark := last_mark(lines[: number + 1])):
                return mark
    return ""


def last_mark(lines: Sequence[str]) -> str:
    """Return the cell that the last of `lines` comes from, "" before the first cell."""
    marks = [line for line in lines if line.startswith("// @ ")]
    return marks[-1].removeprefix("// @ ") if marks else ""
