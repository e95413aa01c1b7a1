"""What notebooks and reports are made from, as digests of contents: `make` runs what has changed.

reports/inputs/<name>.json holds "made", the inputs and outputs of the last finished run, and "now",
what they are at present. It is written only when "now" changes, so that its time stamp tells make.
"""

import ast
import functools
import hashlib
import json
import os
import re

from helpers import files, paths, profiles, translation

RECORD = {"parameters": {}, "used": [], "texts": [], "seconds": None, "now": {}, "made": {}}


def used(path):
    """Note that the running notebook depends on a file or folder; return the path.

    One that is missing is noted too: the notebook is out of date as soon as it is there.
    """
    if log := os.environ.get("REPORT_RUN"):
        with open(log, "a", encoding="utf-8") as file:
            file.write(f"{named(path)}\n")
    return path


def named(path):
    """Return a path as records name it: relative to the project where it lies within."""
    path = paths.ROOT / path
    return (path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path).as_posix()


def digest(path):
    """Return the SHA-256 of a file's bytes, or of what is below a folder; None if it is missing.

    The results of a notebook count without their provenance, which tells when they were computed.
    """
    path = paths.ROOT / path
    if path.is_dir():
        return content_digest({named(each): digest(each) for each in files_below(path)})
    if path.parent == paths.RESULTS and path.exists():
        try:
            return content_digest(json.loads(path.read_bytes()) | {"provenance": None})
        except (ValueError, TypeError):
            return "damaged"
    return file_digest(path)


def file_digest(path):
    """Return the SHA-256 of a file's bytes, None if it is missing; read again if it was touched."""
    if not path.exists():
        return None
    stamp = [path.stat().st_mtime_ns, path.stat().st_size]
    if known_digests().get(str(path), [None])[:-1] != stamp:
        with open(path, "rb") as file:
            known_digests()[str(path)] = [*stamp, hashlib.file_digest(file, "sha256").hexdigest()]
    return known_digests()[str(path)][-1]


@functools.cache
def known_digests():
    """Return {path: [modification time, size, SHA-256]} of files that earlier runs have read."""
    return files.read_json(paths.INPUTS / "digests.json")


def content_digest(value):
    """Return the SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def files_below(folder):
    """Return the files below `folder` in a stable order, without caches and hidden files."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix != ".pyc" and path.name[0] != ".")


def python_of(source):
    """Return the Python of a cell: what only IPython reads (%magic, !command, help?) is a call."""
    try:
        ast.parse(source)
    except SyntaxError:
        from IPython.core.inputtransformer2 import TransformerManager  # takes 0.3 s

        source = re.sub(r"\A%%(?:time|timeit|capture|prun)\b.*", "", source)  # the rest is Python
        source = TransformerManager().transform_cell(source)
    return source


def followed(files, beyond=()):
    """Return {file: its source} of Python `files` and what of `helpers` they import, in any depth.

    Files in `beyond` are left out, and what only they import.
    """
    modules, waiting = {}, set(files)
    while waiting:
        module = waiting.pop()
        if module not in modules and module not in beyond:
            modules[module] = module.read_text(encoding="utf-8")
            waiting |= imported(modules[module])
    return modules


def imported(source):
    """Return the files of `helpers` that Python `source` imports, packages' own included."""
    found = set()
    for name in imported_names(source):
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            path = paths.ROOT.joinpath(*parts[:depth])
            found |= {path.with_suffix(".py"), path / "__init__.py"}
    return {path for path in found if path.exists()}


@functools.cache
def imported_names(source):
    """Return the dotted names below `helpers` that Python `source` imports; parsed once."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] == "helpers"}


def of_notebook(name, record):
    """Return {input or output: its digest or value} of a notebook, as it is at present.

    Args:
        name: such as "03_cardiac_vae".
        record: holds its "parameters", and what its last run has "used" and the "texts" of figures.

    Raises:
        ProfileError: a cell is not Python; the message names notebook and cell.
    """
    return code_of(name, record["parameters"]) | traces_of(name, record)


def code_of(name, parameters):
    """Return the part of `of_notebook` that decides what a run does: cells, modules, parameters."""
    notebook = paths.NOTEBOOKS / f"{name}.ipynb"
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = {cell["id"]: "".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"}
    sources = set()
    for cell, source in code.items():
        try:
            sources |= imported(python_of(source))
        except SyntaxError as error:
            fault = f"{notebook.name}, cell {cell}: not Python: {error}"
            raise profiles.ProfileError(fault) from error
    sources = followed(sources)
    now = {f"parameter {name}": value for name, value in parameters.items()}
    now |= {f"cell {name}": content_digest(source) for name, source in code.items()}
    now["order of the cells"] = list(code)
    now |= {
        named(path): digest(path) for path in [*sorted(sources), paths.ROOT / "requirements.txt"]
    }
    return now | {"device": "gpu" if os.environ.get("REPORT_GPU") else "cpu"}


def traces_of(name, record):
    """Return the part of `of_notebook` that a run tells: data used, texts drawn, files written."""
    now = {path: digest(path) for path in record["used"]}
    now |= {
        f"{text!r} in {language}": translation.catalogue(language).get(text)
        for language in translation.languages()[1:]
        for text in record["texts"]
    }
    return now | outputs(paths.EXECUTED / f"{name}.ipynb", paths.RESULTS / f"{name}.json")


def of_report(name, record):
    """Return {input or output: its digest or value} of a report, such as "report.ru"."""
    language = name.removeprefix("report.")
    notebooks = profiles.notebooks()
    sources = [paths.ROOT / "report.yml", paths.NOTEBOOKS / "references.bib", *notebooks]
    sources += [paths.EXECUTED / notebook.name for notebook in notebooks]
    sources += followed(imported("import helpers.report.report"))
    sources += files_below(paths.ROOT / "helpers" / "report" / "templates")
    sources += files_below(paths.ROOT / "nbtypst")
    sources += files_below(paths.LOCALE / language)
    results = [paths.RESULTS / f"{notebook.stem}.json" for notebook in notebooks]
    now = {named(path): file_digest(path) for path in [*sources, *results]}
    now |= {f"parameter {name}": value for name, value in record["parameters"].items()}
    page = paths.HTML / language / "index.html"
    return now | outputs(paths.REPORTS / f"report.{language}.pdf", page)


def outputs(*files):
    """Return the digests of what a run has written; edited by hand it is out of date."""
    return {f"output {named(path)}": file_digest(path) for path in files}


def present(name, of, parameters=None):
    """Return the record of a notebook or report with its inputs as they are at present.

    Args:
        name: such as "03_cardiac_vae" or "report.ru"; a damaged record is as good as none.
        of: `of_notebook` or `of_report`.
        parameters: {name: value}; by default those that make was last called with.
    """
    record = RECORD | files.read_json(paths.INPUTS / f"{name}.json")
    if parameters is not None:
        record["parameters"] = parameters
    return record | {"now": of(name, record)}


def finish(name, before, **facts):
    """Record what a notebook was made from.

    Args:
        name: such as "03_cardiac_vae".
        before: its record when it began: code that has changed meanwhile did not run.
        facts: "used", "texts" and "seconds" of the run.
    """
    record = before | facts
    made = {key: before["now"].get(key) for key in code_of(name, before["parameters"])}
    made |= traces_of(name, record)
    write(name, record | {"now": of_notebook(name, record), "made": made})


def write(name, record):
    """Write a record if it has changed, and the digests of large files for the next time."""
    path, text = paths.INPUTS / f"{name}.json", json.dumps(record, indent=1)
    if not path.exists() or path.read_bytes() != text.encode():
        files.write_text(path, text)
    files.write_text(paths.INPUTS / "digests.json", json.dumps(known_digests()))


def difference(before, after):
    """Name what differs between two states of inputs: "epochs is 12, was 10; helpers/say.py"."""
    if not before:
        return "first run"
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    reasons = [
        f"{name.removeprefix('parameter ')} is {after.get(name)!r}, was {before.get(name)!r}"
        if name.startswith("parameter ")
        else name.removeprefix("output ") + " is missing or was edited" * name.startswith("output ")
        for name in changed
    ]
    return "; ".join(reasons[:3]) + " …" * (len(reasons) > 3)
