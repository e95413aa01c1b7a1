"""The Typst compiler, with fonts that come in wheels: nothing of the system is needed."""

from __future__ import annotations

import functools
import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nbtypst import diagnosis
from nbtypst.problems import DocumentError

if TYPE_CHECKING:
    import typst
    from PIL import ImageFont

TEMPLATES = Path(__file__).parent / "templates"
ACCESSIBLE = ["a-2a", "ua-1"]  # archivable (PDF/A-2a) and accessible (PDF/UA-1)
# Noto for other alphabets and emoji, and for Chinese, Japanese and Korean: the extra "fonts".
FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk")
IMPORT = '#import "style.typ": *\n'
ROUNDS = 300  # each mends something of a document


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


@functools.cache
def metrics() -> ImageFont.FreeTypeFont:
    """Return the bold font of text, 100 points high, to measure words with."""
    from PIL import ImageFont

    return ImageFont.truetype(Path(font_folder().name) / "STIXGeneralBol.ttf", 100)


def wheel_folders() -> list[str]:
    """Return the folders of the font packages that are installed."""
    specs = [importlib.util.find_spec(name) for name in FONT_PACKAGES]
    return [spec.submodule_search_locations[0] for spec in specs if spec]


def compile_pdf(files: dict[str, bytes], timestamp: int | None) -> bytes:
    """Return the bytes of a PDF in our own fonts, the same for the same input.

    Args:
        files: {path: bytes} of the Typst project, with "main.typ"; it finds the look and what
            converted cells call in "style.typ".
        timestamp: seconds since 1970, the PDF's creation date.

    Raises:
        DocumentError: Typst's messages, each with the notebook cell it comes from.
    """
    import typst

    try:
        return run(files, "pdf", pdf_standards=ACCESSIBLE, timestamp=timestamp)[0]
    except typst.TypstError as error:
        raise DocumentError(diagnosis.explain(diagnosis.faults(error.diagnostic, files))) from error


def compile_mended(files: dict[str, bytes], fallbacks: dict[str, str]) -> tuple[bytes, list[str]]:
    """Return (the PDF's bytes of a foreign notebook, messages on what was left out).

    Args:
        files: {path: bytes} of the Typst project (see `compile_pdf`).
        fallbacks: {Typst of a formula or an image: what is set instead if Typst rejects it}.

    Raises:
        DocumentError: Typst's message where nothing helps.
    """
    import typst

    messages, standards = [], ACCESSIBLE
    for _ in range(ROUNDS):
        try:
            content = run(files, "pdf", system=True, pdf_standards=standards)[0]
            return content, list(dict.fromkeys(messages))
        except typst.TypstError as error:
            faults = diagnosis.faults(error.diagnostic, files)
        messages += diagnosis.explain(faults).splitlines()
        main = files["main.typ"].decode()
        mended = diagnosis.mended(main, faults, fallbacks)
        if mended == main and not standards:
            break
        if mended == main:
            standards = []
        files = {**files, "main.typ": mended.encode()}
    raise DocumentError("\n".join(dict.fromkeys(messages)) or "Typst fails without a message")


def compile_html(files: dict[str, bytes]) -> str:
    """Return the HTML page of a Typst project (see `compile_pdf`): one file that needs no other.

    Formulas are MathML, images are embedded, and a figure moves where it has an animation.

    Raises:
        DocumentError: Typst's messages, each with the notebook cell it comes from; its warning that
            an element is left out of the page is one of them.
    """
    import typst

    try:
        page, warnings = run(files, "html")
        messages = "\n\n".join(warning.diagnostic for warning in warnings)
    except typst.TypstError as error:
        messages = error.diagnostic
    if lost := diagnosis.faults(messages, files):
        raise DocumentError(diagnosis.explain(lost))
    css, script = ((TEMPLATES / name).read_text() for name in ("page.css", "page.js"))
    text = page.decode().replace("</head>", f"<style>{css}</style></head>", 1)
    return text.replace("</body>", f"<script>{script}</script></body>")


def style(target: str) -> str:
    """Return the "style.typ" of a "pdf" or an "html" page."""
    return "".join(
        (TEMPLATES / name).read_text(encoding="utf-8") for name in ("common.typ", f"{target}.typ")
    )


def run(files: dict[str, bytes], target: str, system: bool = False, **options: Any) -> tuple:
    """Return (what Typst makes of "main.typ", its warnings), or raise `typst.TypstError`."""
    import typst

    options |= {"format": options.get("format", target), "font_paths": fonts(system)}
    # A folder, because typst's own dictionary of files fails to report errors beside images.
    with tempfile.TemporaryDirectory(prefix="nbtypst-") as folder:
        for path, content in {**files, "style.typ": style(target).encode()}.items():
            file = Path(folder, path)
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
        return typst.compile_with_warnings(str(Path(folder, "main.typ")), root=folder, **options)
