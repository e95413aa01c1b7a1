"""`make lab`: JupyterLab at the project's root, with the notebooks in the reader's language."""

import json
import os
import sys
from pathlib import Path

from helpers import files, paths, translation
from helpers.report import languages


def write_copies(language: str) -> None:
    """Write the notebooks in `language` for JupyterLab; copies newer than their sources stay."""
    for path in sorted(paths.NOTEBOOKS.glob("*.ipynb")):
        copy = paths.REPORTS / "lab" / language / path.name
        sources = [path, paths.LOCALE / language / "LC_MESSAGES" / f"{path.stem}.po"]
        newest = max(source.stat().st_mtime for source in sources if source.exists())
        if not copy.exists() or copy.stat().st_mtime < newest:
            book, _missing = languages.translated(path, language)
            files.write_text(copy, json.dumps(book, indent=1, ensure_ascii=False) + "\n")


def main() -> None:
    """Open JupyterLab at the project's root, with the notebooks in the language that is named."""
    language = sys.argv[1] or "en"
    if language not in translation.languages():
        sys.exit(f"make lab: REPORT_LANG must be one of {', '.join(translation.languages())}")
    if language != "en":
        write_copies(language)
    # Cells that were never on the screen have no height yet: a link to one would miss it.
    settings = {"@jupyterlab/notebook-extension:tracker": {"windowingMode": "defer"}}
    overrides = Path(sys.prefix) / "etc/jupyter/labconfig/default_setting_overrides.json"
    files.write_text(overrides, json.dumps(settings))
    os.environ["REPORT_LANG"] = language
    os.chdir(paths.ROOT)
    folder = "notebooks" if language == "en" else f"reports/lab/{language}"
    command = [sys.executable, "-m", "jupyterlab", f"--LabApp.default_url=/lab/tree/{folder}"]
    os.execv(sys.executable, command)


if __name__ == "__main__":
    main()
