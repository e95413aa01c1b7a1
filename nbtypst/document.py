"""What the cells of one document add up to: files, labels, faults."""

import dataclasses
import hashlib
import json
import re

from nbtypst.problems import Place, Problems


@dataclasses.dataclass
class Fragment:
    """A piece of a cell: Markdown or HTML still to convert, or finished Typst."""

    text: str
    place: Place
    kind: str = "typst"  # "markdown", "html" or "latex" before conversion
    attachments: dict = dataclasses.field(default_factory=dict)
    tree: list | None = None  # pandoc's syntax tree of the text


@dataclasses.dataclass
class Document:
    """State shared by all cells of a document.

    With `strict` whatever cannot be set is a fault that ends the build; without, it is shown
    as its source and noted.
    """

    strict: bool = True
    language: str = "en"
    folders: tuple = ()  # where relative image paths are looked up
    keys: frozenset = frozenset()  # of the bibliography
    files: dict = dataclasses.field(default_factory=dict)  # {path in the Typst project: bytes}
    labels: dict = dataclasses.field(default_factory=dict)  # {link target: (Typst label, Place)}
    tags: dict = dataclasses.field(default_factory=dict)  # {number of an equation: its Place}
    formulas: list = dataclasses.field(default_factory=list)  # `mathematics.Formula`, numbered
    macros: dict = dataclasses.field(default_factory=dict)  # {TeX macro: its definition}
    cited: bool = False
    level: int = 0  # of the last heading
    problems: Problems = dataclasses.field(default_factory=Problems)
    notices: Problems = dataclasses.field(default_factory=Problems)

    def complain(self, place, fault):
        """Note what cannot be set: a fault of a strict document, a notice otherwise."""
        (self.problems if self.strict else self.notices).add(place, fault)

    def define(self, label, place):
        """Register a label and return it; a second of that name, or an unusable one, is a fault."""
        if not re.fullmatch(r"[\w.:-]+", label):
            self.complain(place, f"label {label!r} may hold letters, digits, - and . only")
        if label in self.labels:
            self.problems.add(place, f"label {label!r} is used before by {self.labels[label][1]}")
        else:
            self.labels[label] = label, place
        return label

    def add_file(self, content, extension):
        """Store an image's bytes; return its path in the Typst project."""
        path = f"assets/{hashlib.sha256(content).hexdigest()[:16]}.{extension}"
        self.files[path] = content
        return path


def typst_label(name):
    """Return the Typst expression of a label, whatever characters `name` has."""
    return f"label({quote(name)})"


def quote(text):
    """Return `text` as a Typst string."""
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text)
    return json.dumps(text, ensure_ascii=False)


def keys_of(bibliography):
    """Return the keys of a BibTeX file's bytes."""
    return frozenset(re.findall(r"@\w+\{([^,\s]+)", bibliography.decode()))
