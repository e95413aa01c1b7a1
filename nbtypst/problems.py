"""What cannot be set, and the cell it stands in."""

import dataclasses
import re


class DocumentError(ValueError):
    """A document cannot be set; one fault a line, each with its place and remedy."""


class ExportError(SystemExit, DocumentError):
    """A `DocumentError` that ends nbconvert: Python prints the message and exits with status 1."""


@dataclasses.dataclass(frozen=True)
class Location:
    """A cell as a reader of messages finds it: notebook, number from 1, id, first line."""

    notebook: str
    number: int
    id: str
    first_line: str

    def __str__(self) -> str:
        """Return what messages begin with."""
        name = f" ({self.id})" if self.id else ""
        return f"{self.notebook}, cell {self.number}{name}, {self.first_line!r}"


def cell_location(notebook: str, number: int, cell: dict) -> Location:
    """Return the `Location` of a notebook's cell (nbformat dictionary)."""
    lines = [line for line in cell.get("source", "").splitlines() if line.strip()]
    name = "".join(str(cell.get("id", "")).split())  # it stands in a comment of one line
    return Location(notebook, number, name, lines[0][:60] if lines else "")


class Problems(list):
    """Faults found so far, so that one run names them all."""

    def add(self, where: Location | str, fault: str) -> None:
        """Note a fault: where is a `Location` or a file name."""
        line = re.sub(r"\s*\n\s*", " ", f"{where}: {fault}")
        if line not in self:
            self.append(line)

    def check(self) -> None:
        """Raise `DocumentError` if there are any."""
        if self:
            raise DocumentError("\n".join(self))
