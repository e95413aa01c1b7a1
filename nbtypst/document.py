"""What the cells of one document add up to: files, labels, faults."""

import dataclasses
import hashlib
import json
import re

from nbtypst.problems import Location, Problems
from nbtypst.tree import Node


@dataclasses.dataclass
class Fragment:
    """A piece of a cell: Markdown or HTML still to convert, or finished Typst."""

    text: str
    location: Location
    kind: str = "typst"  # "markdown", "html" or "latex" before conversion
    attachments: dict = dataclasses.field(default_factory=dict)
    tree: Node | None = None  # what is in the text
    notes: dict = dataclasses.field(default_factory=dict)  # {footnote: its tree}
    styles: dict = dataclasses.field(default_factory=dict)  # {id of an element: its CSS}


@dataclasses.dataclass
class Document:
    """State shared by all cells of a document.

    With `strict` whatever cannot be set is a fault that ends the build; without, it is shown
    as its source and noted.
    """

    strict: bool = True
    language: str = "en"
    most_lines: int = 0  # of a printed output that are kept; 0 keeps all
    folders: tuple = ()  # where relative image paths are looked up
    outside: bool = False  # whether images may lie outside these folders
    keys: frozenset = frozenset()  # of the bibliography
    files: dict = dataclasses.field(default_factory=dict)  # {path in the Typst project: bytes}
    labels: dict = dataclasses.field(default_factory=dict)  # {link target: (label, Location)}
    tags: dict = dataclasses.field(default_factory=dict)  # {number of an equation: its Location}
    formulas: list = dataclasses.field(default_factory=list)  # `mathematics.Formula`, numbered
    macros: dict = dataclasses.field(default_factory=dict)  # of TeX, see `tex.Parser`
    cited: bool = False
    targets: set = dataclasses.field(default_factory=set)  # anchors that links point at
    level: int = 0  # of the last heading
    levels: list = dataclasses.field(default_factory=list)  # of the headings that it stands under
    problems: Problems = dataclasses.field(default_factory=Problems)
    notices: Problems = dataclasses.field(default_factory=Problems)

    def complain(self, location: Location, fault: str) -> None:
        """Note what cannot be set: a fault of a strict document, a notice otherwise."""
        (self.problems if self.strict else self.notices).add(location, fault)

    def define(self, label: str, location: Location) -> str:
        """Register a label and return it; "", with a complaint, where it cannot be used."""
        if not re.fullmatch(r"[\w.:-]+", label):
            self.complain(location, f"label {label!r} may hold letters, digits, - and . only")
        elif label in self.labels:
            self.complain(location, f"label {label!r} is used before by {self.labels[label][1]}")
        else:
            self.labels[label] = label, location
            return label
        return ""

    def add_file(self, content: bytes, extension: str) -> str:
        """Store an image's bytes; return its path in the Typst project."""
        path = f"assets/{hashlib.sha256(content).hexdigest()[:16]}.{extension}"
        self.files[path] = content
        return path


def typst_label(name: str) -> str:
    """Return the Typst expression of a label, whatever characters `name` has."""
    return f"label({quote(name)})"


def labelled(name: str) -> str:
    """Return what gives the content before it the label `name`; nothing if that is empty."""
    return f" #{typst_label(name)}" if name else ""


def quote(text: str) -> str:
    """Return `text` as a Typst string."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)
    return json.dumps(text, ensure_ascii=False)


def keys_of(bibliography: bytes) -> frozenset:
    """Return the keys of a BibTeX file's bytes."""
    return frozenset(re.findall(r"@\w+\{([^,\s]+)", bibliography.decode()))
