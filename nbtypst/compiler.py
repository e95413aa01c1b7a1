"""The Typst compiler, with fonts that come in wheels: nothing of the system is needed."""

import functools
import importlib.util
import shutil
import tempfile
from pathlib import Path
from typing import Any

from nbtypst import diagnosis
from nbtypst.problems import DocumentError

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
    (source,) = package_folders("matplotlib")
    folder = tempfile.TemporaryDirectory(prefix="nbtypst-fonts-")  # removed when Python exits
    for pattern in ("STIXGeneral*.ttf", "DejaVuSans*.ttf"):
        for path in Path(source, "mpl-data", "fonts", "ttf").glob(pattern):
            shutil.copy(path, folder.name)
    return folder


@functools.cache
def fonts(system: bool = False) -> Any:
    """Return the `typst.Fonts` to use; if asked for, with those of the system and of wheels."""
    import typst

    folders = [font_folder().name, *(package_folders(*FONT_PACKAGES) if system else ())]
    return typst.Fonts(include_system_fonts=system, font_paths=folders)


def package_folders(*names: str) -> list[str]:
    """Return the folders of those of some packages that are installed."""
    specs = [importlib.util.find_spec(name) for name in names]
    return [spec.submodule_search_locations[0] for spec in specs if spec]


def compile_pdf(files: dict[str, bytes], timestamp: int | None) -> bytes:
    """Return the bytes of a PDF in our own fonts, the same for the same input.

    Args:
        files: {path: bytes} of the Typst project, whose "main.typ" may import "style.typ".
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

    `fallbacks` is {Typst of a formula or an image: what is set instead if Typst rejects it}.

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
        files = {**files, "main.typ": mended.encode()}
        if mended == main:  # nothing helps but to do without the standards
            if not standards:
                break
            standards = []
    raise DocumentError("\n".join(dict.fromkeys(messages)) or "Typst fails without a message")


def compile_html(files: dict[str, bytes]) -> str:
    """Return the HTML page of a Typst project (see `compile_pdf`): one file that needs no other.

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
