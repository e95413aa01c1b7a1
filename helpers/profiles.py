"""Profiles: every parameter of every notebook in one YAML, checked before anything runs."""

import ast
import json
import re
from typing import Annotated, Literal

from helpers import paths, settings


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
        ProfileError: the file is no notebook, or there is not exactly one such cell.
    """
    try:
        cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ProfileError(f"{notebook.name}: not a Jupyter notebook ({error!r})") from error
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
        ProfileError: there is no such profile, or a line for each key that is missing or unknown
            and for each value that is not of the notebook's type or in its range.
    """
    if name not in names():
        raise ProfileError(f"there is no profile {name!r}; choose one of {', '.join(names())}")
    profile = settings.read(paths.PROFILES / f"{name}.yml", model(), ProfileError)
    sections = profile.model_dump(exclude_unset=True)
    shared = sections.pop("shared")
    return {book: {"profile": name, **shared, **section} for book, section in sections.items()}


def model():
    """Return the pydantic model of a profile: the section `shared` and one for each notebook.

    What every notebook has, such as the seed, stands in `shared`; a section may set it anew.
    """
    import pydantic  # takes 0.1 s

    strict = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    empty = pydantic.BeforeValidator(lambda section: {} if section is None else section)
    books = {notebook.stem: types(notebook) for notebook in notebooks()}
    common = set.intersection(*map(set, books.values()))

    def section(title, kinds, optional=()):
        fields = {name: (kind, None if name in optional else ...) for name, kind in kinds.items()}
        return Annotated[pydantic.create_model(title, __config__=strict, **fields), empty], ...

    fields = {book: section(book, kinds, common) for book, kinds in books.items()}
    shared = {name: kinds[name] for kinds in books.values() for name in common}
    fields["shared"] = section("shared", shared)
    return pydantic.create_model("Profile", __config__=strict, **fields)


def types(notebook):
    """Return {parameter: its type and range} of `notebook`, but for the profile's name."""
    notes = comments(notebook)
    return {
        name: type_of(default, notes.get(name, "").rpartition("; ")[2])
        for name, default in defaults(notebook).items()
        if name != "profile"
    }


def type_of(default, allowed):
    """Return the type of a parameter that has this `default`, within the range `allowed`."""
    import pydantic

    limits = re.fullmatch(r"from (\S+)(?: to (\S+))?", allowed)
    if isinstance(default, list) and default:
        ranged = limits or allowed.startswith("one of ")
        items = list[type_of(default[0], allowed)]
        return Annotated[items, pydantic.Field(min_length=1 if ranged else 0)]
    if allowed.startswith("one of "):
        choices = allowed.removeprefix("one of ").split(", ")
        return Literal[tuple(map(type(default), choices))]
    if not limits:
        return pydantic.JsonValue if default is None else type(default)
    number = float if isinstance(default, float) else int
    least, most = number(limits[1]), number(limits[2]) if limits[2] else None
    kind = int | None if default is None else number
    return Annotated[kind, pydantic.Field(ge=least, le=most)]
