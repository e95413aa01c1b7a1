"""Profiles: every parameter of every notebook in one YAML, checked before anything runs."""

import ast
import difflib
import json
import re

import yaml

from helpers import paths, yaml_errors


class ProfileError(ValueError):
    """A profile does not fit the notebooks; the message names file, key and remedy."""


def names():
    """Return the profiles that exist, such as ["full", "quick", "smoke"]."""
    return sorted(path.stem for path in paths.PROFILES.glob("*.yml"))


def notebooks():
    """Return the numbered notebooks in the order in which they run."""
    return sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def parameters_cell(notebook):
    """Return the source of the cell of `notebook` that is tagged `parameters`.

    Raises:
        ProfileError: there is not exactly one such cell.
    """
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    tagged = [cell for cell in cells if "parameters" in cell["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise ProfileError(f"{notebook.name}: {len(tagged)} cells are tagged `parameters`, not one")
    return "".join(tagged[0]["source"])


def defaults(notebook):
    """Return {name: value} assigned in the parameters cell of `notebook`.

    Raises:
        ProfileError: the cell does more than assign literals.
    """
    values = {}
    try:
        statements = ast.parse(parameters_cell(notebook)).body
    except SyntaxError as error:
        line = error.text.strip()
        raise ProfileError(f"{notebook.name}: `{line}` is not `name = literal`") from error
    for statement in statements:
        try:
            values[statement.targets[0].id] = ast.literal_eval(statement.value)
        except (AttributeError, ValueError) as error:
            line = ast.unparse(statement)
            raise ProfileError(f"{notebook.name}: `{line}` is not `name = literal`") from error
    return values


def comments(notebook):
    """Return {name: comment} of the parameters cell: each parameter's meaning and, last, range.

    A range is "from 1", "from 0 to 1" or "one of digits, cifar10" after a semicolon; of a list it
    is that of each item.
    """
    lines = parameters_cell(notebook).splitlines()
    found = [re.match(r"(\w+) = .*?  # (.+)", line) for line in lines]
    return dict(match.groups() for match in found if match)


def load(name):
    """Return {notebook name: parameters} of the profile `name`, checked against the notebooks.

    Raises:
        ProfileError: the profile does not exist, a key is missing or unknown, or a value is not
            of the type that the notebook has.
    """
    path = paths.PROFILES / f"{name}.yml"
    if not path.exists():
        raise ProfileError(f"there is no profile {name!r}; choose one of {', '.join(names())}")
    text = path.read_text(encoding="utf-8")
    try:
        sections = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ProfileError(yaml_errors.one_line(path.name, text, error)) from error
    if not isinstance(sections, dict):
        raise ProfileError(f"{path.name} is empty or no mapping; compare it with quick.yml")
    shared = sections.pop("shared", None) or {}
    books = {notebook.stem: notebook for notebook in notebooks()}
    check_keys(path.name, sections, books)
    return {
        book: check(
            f"{path.name}, {book}", {"profile": name, **shared, **(sections[book] or {})}, file
        )
        for book, file in books.items()
    }


def check(where, values, notebook):
    """Return `values` if their keys and types are those of the notebook's parameters cell."""
    expected, notes = defaults(notebook), comments(notebook)
    check_keys(where, values, expected)
    for key, default in expected.items():
        check_type(f"{where}: {key} is", values[key], default)
        for item in values[key] if default and isinstance(default, list) else []:
            check_type(f"{where}: {key} holds", item, default[0])
        check_range(f"{where}: {key}", values[key], notes.get(key, "").rpartition("; ")[2])
    return {key: values[key] for key in expected}


def check_type(where, value, default):
    """Raise ProfileError if `value` is not of the type of `default`; None has any."""
    fits = isinstance(value, type(default)) or (
        isinstance(default, float) and isinstance(value, int)
    )
    if default is not None and not (fits and isinstance(value, bool) == isinstance(default, bool)):
        raise ProfileError(
            f"{where} {value!r}, but the notebook has {default!r} of type {type(default).__name__}"
            + ("; YAML wants 1.0e-4 rather than 1e-4" if isinstance(default, float) else "")
        )


def check_range(where, value, allowed):
    """Raise ProfileError if a value, or an item of a list, is outside the range `allowed`."""
    choices = allowed.removeprefix("one of ").split(", ") if allowed.startswith("one of ") else None
    if (choices or allowed.startswith("from ")) and value == []:
        raise ProfileError(f"{where} must not be empty; each {allowed}")
    limits = re.fullmatch(r"from (\S+)(?: to (\S+))?", allowed)
    for item in value if isinstance(value, list) else [value]:
        if choices and str(item) not in choices:
            raise ProfileError(f"{where} must be {allowed}, not {item!r}")
        if limits and not float(limits[1]) <= item <= float(limits[2] or "inf"):
            raise ProfileError(f"{where} must be {allowed}, not {item!r}")


def check_keys(where, found, expected):
    """Raise ProfileError for the first key of `found` that is unknown, or that is missing."""
    for key in found:
        if key not in expected:
            near = difflib.get_close_matches(str(key), expected, n=1)
            hint = f"; did you mean {near[0]}?" if near else f"; known: {', '.join(expected)}"
            raise ProfileError(f"{where}: unknown key {key}{hint}")
    for key in expected:
        if key not in found:
            raise ProfileError(f"{where}: the key {key} is missing")
