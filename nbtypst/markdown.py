"""Markdown, HTML and LaTeX tables of notebook cells to Typst."""

import functools
import re
from typing import TYPE_CHECKING

from nbtypst import latex, links, mathematics, tree, writer
from nbtypst.document import Document, Fragment
from nbtypst.text import State

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

NOTE = re.compile(
    r"^\[\^([^\]\s]+)\]:[ \t]*(.*(?:\n(?:[ ]{2,}|\t).+|\n(?!\[\^|\s).+)*)\n?", re.MULTILINE
)
FENCES = re.compile(r"(^[ ]{0,3}(?:```|~~~)[\s\S]*?(?:^[ ]{0,3}(?:```|~~~)[ ]*$|\Z))", re.MULTILINE)


@functools.cache
def parser() -> "MarkdownIt":
    """Return the parser of Jupyter's Markdown, which is GitHub's."""
    import markdown_it

    options = {"html": True, "maxNesting": 50}
    markdown = markdown_it.MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    # `links` decides which addresses are left out.
    setattr(markdown, "validateLink", lambda url: True)  # noqa: B010
    return markdown


def typeset(fragments: list[Fragment], document: Document) -> list[str]:
    """Return the Typst source of each `Fragment`.

    Faults are noted in `document`, each with the cell it stands in.
    """
    waiting = [fragment for fragment in fragments if fragment.kind != "typst"]
    for fragment in waiting:
        read(fragment, document)
        document.targets |= links.targets(fragment)
    for fragment in waiting:
        links.register(fragment, document)
    for fragment in waiting:
        state = State(
            document, fragment.location, fragment.attachments, fragment.notes, fragment.styles
        )
        text = links.IN_PARENTHESES.sub(r"\1", writer.write(fragment.tree, state))
        fragment.text = re.sub(r"\n[ \n]*\n", "\n\n", text).strip()
    return [fragment.text for fragment in fragments]


def read(fragment: Fragment, document: Document) -> None:
    """Give a fragment its tree, its footnotes and its styles."""
    if fragment.kind == "latex":
        fragment.tree = latex.tree(fragment.text, document)
        return
    source = fragment.text
    if fragment.kind == "markdown":
        source = mathematics.take_out(source, document.formulas, document.macros)
        source, notes = footnotes(source)
        fragment.notes = {name: tree.read(parser().render(note))[0] for name, note in notes.items()}
        source = parser().render(source)
    fragment.tree, sheet, _ = tree.read(source)
    fragment.styles = tree.rules(sheet)


def footnotes(text: str) -> tuple[str, dict[str, str]]:
    """Return (Markdown without the definitions of footnotes, {name: definition})."""
    notes, parts = {}, FENCES.split(text)
    used = set(re.findall(r"\[\^([^\]\s]+)\](?!:)", text))

    def take(match: re.Match) -> str:
        if match[1] not in used:
            return match[0]
        notes[match[1]] = match[2]
        return "\n"

    if "[^" in text:
        parts[::2] = [NOTE.sub(take, part) for part in parts[::2]]
    return "".join(parts), notes
