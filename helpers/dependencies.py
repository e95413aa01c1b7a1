"""Which files a notebook is made from, read off its imports, and whether any has changed."""

import ast
import json
import re

from helpers import paths


def of_notebook(notebook, language="en"):
    """Return the files that the results of `notebook` depend on, as (sources, data).

    Sources are the notebook, the modules of `helpers` that it imports, directly or not, the pins,
    the catalogues of `language`, and the project's weights where that code names `paths.WEIGHTS`.
    Data are the files below each `paths.DATA / "folder"` that it names: the run itself may add
    to them, as a cache.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    modules = followed(imported("\n".join(code)))
    text = "\n".join([*code, *modules.values()])
    sources = [notebook, *sorted(modules), paths.ROOT / "requirements.txt"]
    sources += files_below(paths.LOCALE / language)
    if "paths.WEIGHTS" in text:
        sources += files_below(paths.WEIGHTS)
    folders = sorted(set(re.findall(r'paths\.DATA / "([^"]+)"', text)))
    return sources, [file for folder in folders for file in files_below(paths.DATA / folder)]


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
    """Return the files of `helpers` that the Python `source` imports, packages' own included."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for parts in (name.split(".") for name in names if name.split(".")[0] == "helpers"):
            for depth in range(1, len(parts) + 1):
                path = paths.ROOT.joinpath(*parts[:depth])
                found |= {path.with_suffix(".py"), path / "__init__.py"}
    return {path for path in found if path.exists()}


def files_below(folder):
    """Return the files below `folder` in a stable order, without caches and hidden files."""
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path for path in found if path.suffix != ".pyc" and path.name[0] != ".")


def state(files, **values):
    """Return what to compare with an earlier run: each file's time stamp, and `values`.

    `values` pass through JSON, so that a stored state equals a fresh one.
    """
    stamps = {}
    for path in files:
        name = path.relative_to(paths.ROOT) if path.is_relative_to(paths.ROOT) else path
        if path.exists():
            stamps[str(name)] = path.stat().st_mtime_ns
    return json.loads(json.dumps({**stamps, **values}))


def difference(before, after):
    """Name what differs between two states, such as "helpers/figures.py"; None if nothing does.

    A state `before` of None is that of something never begun, an empty one of something begun.
    """
    if before is None:
        return "first run"
    if not before:
        return "the last run did not finish"
    changed = [key for key in {**before, **after} if before.get(key) != after.get(key)]
    if changed == ["parameters"]:
        old, new = before["parameters"], after["parameters"]
        changed = [
            f"{key} is {new.get(key)!r}, was {old.get(key)!r}"
            for key in {**old, **new}
            if old.get(key) != new.get(key)
        ]
    return ", ".join(changed[:2]) + (" …" if len(changed) > 2 else "") if changed else None
