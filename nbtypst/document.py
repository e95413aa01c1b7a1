"""What the cells of one document add up to: files, labels, faults."""

import dataclasses
import hashlib
import re

from nbtypst.problems import Location, Problems
from nbtypst.text import quote
from nbtypst.tree import Node


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
    fallbacks: dict = dataclasses.field(default_factory=dict)  # {Typst: what is set if it fails}
    cited: bool = False
    levels: list = dataclasses.field(default_factory=list)  # of the last heading and those above
    problems: Problems = dataclasses.field(default_factory=Problems)
    notices: Problems = dataclasses.field(default_factory=Problems)

    def add_image(self, content: bytes, extension: str, alt: str) -> str:
        """Store an image's bytes; return the Typst expression of it, with alternative text."""
        path = f"assets/{hashlib.sha256(content).hexdigest()[:16]}.{extension}"
        self.files[path] = content
        typst = f"image({quote(path)}, alt: {quote(alt)})"
        self.fallbacks[typst] = "unreadable"
        return typst


@dataclasses.dataclass
class Context:
    """The cell that is being converted."""

    document: Document
    location: Location
    attachments: dict = dataclasses.field(default_factory=dict)  # {name: {MIME type: base64}}

    def complain(self, fault: str) -> None:
        """Note what cannot be set: a fault of a strict document, a notice otherwise."""
        document = self.document
        (document.problems if document.strict else document.notices).add(self.location, fault)

    def notice(self, message: str) -> None:
        """Note what is left out knowingly."""
        self.document.notices.add(self.location, message)

    def define(self, label: str) -> str:
        """Register a label and return it; "", with a complaint, where it cannot be used."""
        labels = self.document.labels
        if not re.fullmatch(r"[\w.:-]+", label):
            self.complain(f"label {label!r} may hold letters, digits, - and . only")
        elif label in labels:
            self.complain(f"label {label!r} is used before by {labels[label][1]}")
        else:
            labels[label] = label, self.location
            return label
        return ""


@dataclasses.dataclass
class Fragment:
    """A piece of a cell that is still to convert; once converted, its `text` is Typst."""

    text: str
    context: Context
    kind: str  # "markdown", "html" or "latex"
    tree: Node = dataclasses.field(default_factory=lambda: Node("root"))  # what is in the text
    notes: dict = dataclasses.field(default_factory=dict)  # {footnote: its tree}
    styles: dict = dataclasses.field(default_factory=dict)  # {id of an element: its CSS}
    in_link: bool = False  # while it is written: there are no links within links
    longest: int = 60  # a longer word may be broken anywhere


Part = str | Fragment  # a string is finished Typst


def typst_label(name: str) -> str:
    """Return the Typst expression of a label, whatever characters `name` has."""
    return f"label({quote(name)})"


def labelled(name: str) -> str:
    """Return what gives the content before it the label `name`; nothing if that is empty."""
    return f" #{typst_label(name)}" if name else ""


def keys_of(bibliography: bytes) -> frozenset:
    """Return the keys of a BibTeX file's bytes."""
    return frozenset(re.findall(r"@\w+\{([^,\s]+)", bibliography.decode()))
