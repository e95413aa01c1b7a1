"""Profiles: every parameter of every notebook in one YAML, checked before anything runs."""

import ast
import json
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from helpers import paths, settings


class ProfileError(ValueError):
    """A profile does not fit the notebooks; the message names file, key and remedy."""


def notebooks() -> list[Path]:
    """Return the numbered notebooks in the order in which they run."""
    return sorted(paths.NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))


def cells_of(notebook: Path) -> list[dict]:
    """Return a notebook's cells, or raise ProfileError: the file is none."""
    try:
        return json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    except (ValueError, KeyError, TypeError) as error:
        raise ProfileError(f"{notebook.name}: not a Jupyter notebook ({error!r})") from error


def parameters_cell(notebook: Path) -> str:
    """Return the source of the cell tagged `parameters`, or raise ProfileError unless it is one."""
    tagged = [c for c in cells_of(notebook) if "parameters" in c["metadata"].get("tags", [])]
    if len(tagged) != 1:
        raise ProfileError(f"{notebook.name}: {len(tagged)} cells are tagged `parameters`, not one")
    return "".join(tagged[0]["source"])


def defaults(notebook: Path) -> dict[str, Any]:
    """Return {name: value} assigned in the parameters cell of `notebook`.

    Raises:
        ProfileError: the cell does more than assign literals.
    """
    values, line = {}, ""
    try:
        for statement in ast.parse(parameters_cell(notebook)).body:
            line = ast.unparse(statement)
            name, _, literal = line.partition(" = ")
            if not name.isidentifier():
                raise ValueError
            values[name] = ast.literal_eval(literal)
    except (SyntaxError, ValueError) as error:
        line = line or str(getattr(error, "text", "")).strip()
        raise ProfileError(f"{notebook.name}: `{line}` is not `name = literal`") from error
    return values


def load_profile(name: str) -> dict[str, dict[str, Any]]:
    """Return {notebook name: parameters} of the profile `name`, checked against the notebooks.

    Raises:
        ProfileError: there is no such profile, or a line for each key that is missing or unknown
            and for each value that is not of the notebook's type or in its range.
    """
    known = sorted(path.stem for path in paths.PROFILES.glob("*.yml"))
    if name not in known:
        raise ProfileError(f"there is no profile {name!r}; choose one of {', '.join(known)}")
    profile = settings.read_settings(paths.PROFILES / f"{name}.yml", profile_model(), ProfileError)
    sections = profile.model_dump(exclude_unset=True)
    shared = sections.pop("shared")
    return {book: {"profile": name, **shared, **section} for book, section in sections.items()}


def profile_model() -> Any:
    """Return the pydantic model of a profile: the section `shared` and one for each notebook.

    What every notebook has, such as the seed, stands in `shared`; a section may set it anew.
    """
    import pydantic  # takes 0.1 s

    strict = pydantic.ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    empty = pydantic.BeforeValidator(lambda section: {} if section is None else section)
    books = {notebook.stem: parameter_types(notebook) for notebook in notebooks()}
    common = set.intersection(*map(set, books.values()))

    def section(title, types, optional=()):
        fields = {name: (kind, None if name in optional else ...) for name, kind in types.items()}
        return Annotated[pydantic.create_model(title, __config__=strict, **fields), empty], ...

    fields = {book: section(book, types, common) for book, types in books.items()}
    shared = {name: types[name] for types in books.values() for name in common}
    fields["shared"] = section("shared", shared)
    return pydantic.create_model("Profile", __config__=strict, **fields)


def parameter_types(notebook: Path) -> dict[str, Any]:
    """Return {parameter: its type and range} of `notebook`, but for the profile's name.

    The comment on a parameter ends with its range, after a semicolon: "from 1", "from 0 to 1" or
    "one of digits, cifar10"; of a list it is that of each item.
    """
    comments = dict(re.findall(r"^(\w+) = .*?  # (.+)$", parameters_cell(notebook), re.MULTILINE))
    return {
        name: type_of(default, comments.get(name, "").rpartition("; ")[2])
        for name, default in defaults(notebook).items()
        if name != "profile"
    }


def type_of(default: Any, allowed: str) -> Any:
    """Return the type of a parameter that has this `default`, within the range `allowed`."""
    import pydantic

    limits = re.fullmatch(r"from (\S+)(?: to (\S+))?", allowed)
    choices = allowed.removeprefix("one of ").split(", ") if allowed.startswith("one of ") else []
    if isinstance(default, list) and default:
        items = list[type_of(default[0], allowed)]  # type: ignore[misc,valid-type]
        return Annotated[items, pydantic.Field(min_length=1 if limits or choices else 0)]
    if choices:
        return Literal[tuple(map(type(default), choices))]
    if not limits:
        return pydantic.JsonValue if default is None else type(default)
    number = float if isinstance(default, float) else int
    least, most = number(limits[1]), number(limits[2]) if limits[2] else None
    kind = int | None if default is None else number
    return Annotated[kind, pydantic.Field(ge=least, le=most)]
