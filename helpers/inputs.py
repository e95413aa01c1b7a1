"""What notebooks and reports are made from, as digests of contents: `make` runs what has changed.

reports/inputs/<name>.json is the record of a notebook or a report: "made" holds the inputs and
outputs of its last finished run, "now" what they are at present. It is written only when it
changes, so that its time stamp tells make.
"""

import ast
import functools
import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable
from pathlib import Path

from helpers import files, paths, profiles, translation

RECORD: dict = {"parameters": {}, "used": [], "texts": [], "seconds": None, "now": {}, "made": {}}


def used(path: Path) -> Path:
    """Note that the running notebook depends on a file or folder; return the path.

    One that is missing is noted too: the notebook is out of date as soon as it is there.
    """
    if log := os.environ.get("REPORT_RUN"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{relative_name(path)}\n")
    return path


def relative_name(path: Path | str) -> str:
    """Return a path as records name it: relative to the project where it lies within."""
    path = paths.ROOT / path
    return (path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path).as_posix()


def digest(path: Path | str) -> str | None:
    """Return the SHA-256 of a file's bytes, or of what is below a folder; None if it is missing.

    The results of a notebook count without their provenance, which tells when they were computed.
    """
    path = paths.ROOT / path
    if path.is_dir():
        return value_digest({relative_name(each): digest(each) for each in files_below(path)})
    if path.parent == paths.RESULTS and path.exists():
        return value_digest(files.read_json(path) | {"provenance": None})
    return file_digest(path)


def file_digest(path: Path) -> str | None:
    """Return the SHA-256 of a file's bytes, None if it is missing; read again if it was touched."""
    if not path.exists():
        return None
    stamp = [path.stat().st_mtime_ns, path.stat().st_size]
    if known_digests().get(str(path), [None])[:-1] != stamp:
        known_digests()[str(path)] = [*stamp, files.sha256(path)]
    return known_digests()[str(path)][-1]


@functools.cache
def known_digests() -> dict[str, list]:
    """Return {path: [modification time, size, SHA-256]} of files that earlier runs have read."""
    return files.read_json(paths.INPUTS / "digests.json")


def value_digest(value: object) -> str:
    """Return the SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def files_below(folder: Path) -> list[Path]:
    """Return the files below `folder` in a stable order, without caches and hidden files."""
    visible = [path for path in folder.rglob("[!.]*") if path.suffix != ".pyc"]
    return sorted(path for path in visible if path.is_file())


def python_of(source: str) -> str:
    """Return the Python of a cell: what only IPython reads (%magic, !command, help?) is a call."""
    try:
        ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager  # takes 0.3 s

        source = re.sub(r"\A%%(?:time|timeit|capture|prun)\b.*", "", source)  # the rest is Python
        source = TransformerManager().transform_cell(source)
    return source


def sources(modules: Iterable[Path], beyond: Collection[Path] = ()) -> dict[Path, str]:
    """Return {file: source} of Python `modules` and what of `helpers` they import, in any depth.

    Files in `beyond` are left out, and what only they import.
    """
    result: dict[Path, str] = {}
    waiting = set(modules)
    while waiting:
        module = waiting.pop()
        if module not in result and module not in beyond:
            result[module] = module.read_text(encoding="utf-8")
            waiting |= imported_files(result[module])
    return result


def imported_files(source: str) -> set[Path]:
    """Return the files of `helpers` that Python `source` imports, packages' own included."""
    candidates: set[Path] = set()
    for name in imported_names(source):
        for length in range(1, len(name) + 1) if name[0] == "helpers" else ():
            module = paths.ROOT.joinpath(*name[:length])  # of a name in a module, the module
            candidates |= {module.with_suffix(".py"), module / "__init__.py"}
    return {path for path in candidates if path.exists()}


@functools.cache
def imported_names(source: str, package: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Return the dotted names that Python imports, such as ("helpers", "training", "grid").

    `package` is what relative imports start from. A source is parsed once.
    """
    names: list[tuple[str, ...]] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) + 1 - node.level] if node.level else ()
            start += tuple(node.module.split(".")) if node.module else ()
            names += [(*start, alias.name) for alias in node.names]
    return names


def of_code(name: str, parameters: dict) -> dict:
    """Return {input: its digest or value} of what a notebook's code is, at present.

    That is parameters, cells and their order, modules, pins and the kind of device.

    Raises:
        ProfileError: a cell is not Python; the message names notebook and cell.
    """
    notebook = paths.NOTEBOOKS / f"{name}.ipynb"
    cells = [cell for cell in profiles.cells_of(notebook) if cell["cell_type"] == "code"]
    now: dict = {f"parameter {key}": value for key, value in parameters.items()}
    modules: set[Path] = set()
    for cell in cells:
        source = "".join(cell["source"])
        now[f"cell {cell['id']}"] = value_digest(source)
        try:
            modules |= imported_files(python_of(source))
        except SyntaxError as error:
            fault = f"{notebook.name}, cell {cell['id']}: not Python: {error}"
            raise profiles.ProfileError(fault) from error
    now["order of the cells"] = [cell["id"] for cell in cells]
    for path in [*sorted(sources(modules)), paths.ROOT / "requirements.txt"]:
        now[relative_name(path)] = digest(path)
    return now | {"device": "gpu" if os.environ.get("REPORT_GPU") else "cpu"}


def of_run(name: str, record: dict) -> dict:
    """Return {input or output: its digest} of what a notebook's run tells, at present.

    That is data "used", translations of the "texts" that figures show, and files written.
    """
    now: dict = {path: digest(path) for path in record["used"]}
    for language in translation.languages()[1:]:
        catalogue = translation.catalogue(language)
        now |= {f"{text!r} in {language}": catalogue.get(text) for text in record["texts"]}
    return now | outputs(paths.EXECUTED / f"{name}.ipynb", paths.RESULTS / f"{name}.json")


def of_report(name: str, parameters: dict) -> dict:
    """Return {input or output: its digest or value} of a report, such as "report.ru"."""
    language = name.removeprefix("report.")
    now = {f"parameter {key}": value for key, value in parameters.items()}
    read = [paths.ROOT / "report.yml", paths.NOTEBOOKS / "references.bib"]
    read.append(paths.ROOT / "docs" / "architecture.svg")
    for notebook in profiles.notebooks():
        results = paths.RESULTS / f"{notebook.stem}.json"
        read += [notebook, paths.EXECUTED / notebook.name, results]
    for folder in ("helpers", "nbtypst", paths.LOCALE / language):  # an appendix has their source
        read += files_below(paths.ROOT / folder)
    now |= {relative_name(path): file_digest(path) for path in read}
    page = paths.HTML / language / "index.html"
    return now | outputs(paths.REPORTS / f"report.{language}.pdf", page)


def outputs(*written: Path) -> dict:
    """Return the digests of what a run has written; edited by hand it is out of date."""
    return {f"output {relative_name(path)}": file_digest(path) for path in written}


def current_record(name: str, parameters: dict | None = None) -> dict:
    """Return the record of a notebook or report with its inputs as they are at present.

    Args:
        name: such as "03_cardiac_vae" or "report.ru"; a damaged record is as good as none.
        parameters: {name: value}; by default those that make was last called with.
    """
    record = RECORD | files.read_json(paths.INPUTS / f"{name}.json")
    if parameters is not None:
        record["parameters"] = parameters
    if name.startswith("report."):
        return record | {"now": of_report(name, record["parameters"])}
    return record | {"now": of_code(name, record["parameters"]) | of_run(name, record)}


def write_record(name: str, record: dict) -> None:
    """Write a record if it has changed, and the digests of files for the next time."""
    path, text = paths.INPUTS / f"{name}.json", json.dumps(record, indent=1)
    if not path.exists() or path.read_bytes() != text.encode():
        files.write_text(path, text)
    files.write_text(paths.INPUTS / "digests.json", json.dumps(known_digests()))


def record_run(name: str, record: dict, code: dict) -> None:
    """Record that a notebook has run with `code`, as `of_code` gave it when the run began.

    What has changed meanwhile did not run. `record` holds what the run has left.
    """
    run, code_now = of_run(name, record), of_code(name, record["parameters"])
    write_record(name, record | {"now": code_now | run, "made": code | run})


def has_same_code(name: str) -> bool:
    """Return whether a notebook's last run had the code, parameters and pins of today."""
    record = RECORD | files.read_json(paths.INPUTS / f"{name}.json")
    code = of_code(name, record["parameters"])
    return all(record["made"].get(key) == code[key] for key in code if key != "device")


def difference(before: dict, after: dict) -> str:
    """Name what differs between two states of inputs: "epochs is 12, was 10; helpers/say.py"."""
    if not before:
        return "first run"
    reasons = []
    for name in [name for name in before | after if before.get(name) != after.get(name)]:
        kind, _, key = name.partition(" ")
        if kind == "parameter":
            reasons.append(f"{key} is {after.get(name)!r}, was {before.get(name)!r}")
        else:
            reasons.append(f"{key} is missing or was edited" if kind == "output" else name)
    return "; ".join(reasons[:3]) + " …" * (len(reasons) > 3)
