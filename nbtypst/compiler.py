"""The Typst compiler, with fonts that come in wheels: nothing of the system is needed."""

import contextlib
import functools
import importlib.util
import os
import re
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from nbtypst.document import quote
from nbtypst.problems import DocumentError

TEMPLATES = Path(__file__).parent / "templates"
ACCESSIBLE = ("a-2a", "ua-1")  # archivable (PDF/A-2a) and accessible (PDF/UA-1)
# Noto for other alphabets and emoji, and for Chinese, Japanese and Korean: the extra "fonts".
FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
# What no font has, and private characters, which mean nothing in an archive.
UNDISPLAYED = re.compile(r'(?:the text|contains the codepoint) `"(.*?)"`')


@functools.cache
def font_folder():
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
def fonts(system=False):
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
    page = page.decode().replace("</head>", f"<style>{css}</style></head>", 1)
    return page.replace("</body>", f"<script>{script}</script></body>")


def styled(files: dict[str, bytes], target: str) -> dict[str, bytes]:
    """Return the files of a Typst project with the "style.typ" of a target, "typst" or "html"."""
    return {**files, "style.typ": (TEMPLATES / target / "style.typ").read_bytes()}


def run(files, target, font_paths, **options):
    """Return (what Typst made of "main.typ", its warnings), or raise `typst.TypstError`."""
    import typst

    # A folder, because typst's own dictionary of files loses the message of an error among images.
    with tempfile.TemporaryDirectory(prefix="nbtypst-") as folder:
        for path, content in files.items():
            (place := Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
        main = str(Path(folder) / "main.typ")
        return typst.compile_with_warnings(
            main, root=folder, format=target, font_paths=font_paths, **options
        )


def unreadable_images(files: dict[str, bytes]) -> list[str]:
    """Return the paths of the images that Typst cannot read, found one by one."""
    paths = [path for path in files if not path.endswith((".typ", ".json", ".bib", ".csl"))]
    return rejected({path: f"#image({quote(path)})" for path in paths}, files)


def rejected(pieces: dict, files: dict[str, bytes] | None = None) -> list:
    """Return the keys of `pieces` ({key: Typst on one line}) that Typst rejects.

    They are tried in one document, from which the one that an error names is taken out.
    """
    import typst

    left, found = dict(pieces), []
    while left:
        lines = "".join(f"{piece}\n" for piece in left.values())
        # A page as high as need be: what is asked is whether a piece can be set at all.
        source = f'#import "style.typ": *\n#set page(height: auto)\n{lines}'.encode()
        try:
            run(styled({**(files or {}), "main.typ": source}, "typst"), "pdf", fonts())
        except typst.TypstError as error:
            line = line_of(error.diagnostic, "main.typ")
            number = line - 3 if line and 3 <= line < 3 + len(left) else 0
            found.append(list(left)[number])
            del left[found[-1]]
        else:
            break
    return found


@contextlib.contextmanager
def explained(files):
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
        if lost := re.search(UNDISPLAYED, message):
            text = re.sub(r"\\u\{(\w+)\}", lambda code: chr(int(code[1], 16)), lost[1])
            place = cell_of(files, text) or "the document"
            characters.setdefault(place, []).append(text)
            continue
        place = "the document"
        if found := re.search(r"┌─ (.+?):(\d+):\d+", part):
            path = found[1].replace(os.sep, "/")  # from the working directory, or from the project
            path = max((name for name in files if path.endswith(name)), key=len, default="")
            if path.endswith(".typ"):
                place = last_mark(files[path].decode().splitlines()[: int(found[2])]) or place
            else:
                place = (path and cell_of(files, path)) or place
        if re.search("(?:decode|load) (?:image|PDF)|parse SVG", message):
            for path in unreadable_images(files):
                messages.append(f"{cell_of(files, path)}: {message}")
        else:
            messages.append(f"{place}: {message}")
    for place, lost in characters.items():
        messages.append(f"{place}: no font has the characters {' '.join(dict.fromkeys(lost))}")
    return "\n".join(dict.fromkeys(messages))


def undisplayed(diagnostic: str) -> str:
    """Return the characters that no font has, of a compiler message."""
    texts = re.findall(UNDISPLAYED, diagnostic)
    return "".join(
        re.sub(r"\\u\{(\w+)\}", lambda code: chr(int(code[1], 16)), text) for text in texts
    )


def line_of(diagnostic: str, file: str) -> int:
    """Return the number, from 1, of the line of a file that an error is about, 0 if of none."""
    found = re.search(rf"┌─ (?:\S*/)?{re.escape(file)}:(\d+):\d+", diagnostic)
    return int(found[1]) if found else 0


def cell_of(files, text):
    """Return the first cell whose Typst source holds `text`, "" if none does."""
    for path, content in files.items():
        lines = content.decode().splitlines() if path.endswith(".typ") else []
        for number, line in enumerate(lines):
            if text in line and (mark := last_mark(lines[: number + 1])):
                return mark
    return ""


def last_mark(lines):
    """Return the cell that the last of `lines` comes from, "" before the first cell."""
    marks = [line for line in lines if line.startswith("// @ ")]
    return marks[-1].removeprefix("// @ ") if marks else ""
