"""Markdown, HTML and LaTeX tables of notebook cells to Typst."""

import functools
import re
from typing import TYPE_CHECKING

from nbtypst import latex, links, mathematics, tree, writer
from nbtypst.document import Fragment

if TYPE_CHECKING:
    from markdown_it import MarkdownIt

NOTE = re.compile(r"(?m)^\[\^([^\]\s]+)\]:[ \t]*(.*(?:\n(?:[ ]{2,}|\t).+|\n(?!\[\^|\s).+)*)\n?")
FENCES = re.compile(r"(?m)(^[ ]{0,3}(?:```|~~~)[\s\S]*?(?:^[ ]{0,3}(?:```|~~~)[ ]*$|\Z))")
SIZED = re.compile(r"(<img [^<>]*?)\s*/?>\{([^{}<>\n]*)\}")  # ![](file){width=50%}, as in Quarto


@functools.cache
def parser() -> "MarkdownIt":
    """Return the parser of Jupyter's Markdown, which is GitHub's."""
    import markdown_it

    options = {"html": True, "maxNesting": 50}
    markdown = markdown_it.MarkdownIt("commonmark", options).enable(["table", "strikethrough"])
    # `links` decides which addresses are left out.
    setattr(markdown, "validateLink", lambda url: True)  # noqa: B010
    return markdown


def typeset(fragments: list[Fragment]) -> None:
    """Make the text of each `Fragment` Typst; faults are noted with the cell they stand in."""
    for fragment in fragments:
        read(fragment)
        links.register(fragment)
    for fragment in fragments:
        typst = writer.write(fragment.tree, fragment).replace(writer.EDGE, "")
        text = links.IN_PARENTHESES.sub(r"\1", typst)
        fragment.text = re.sub(r"\n[ \n]*\n", "\n\n", text).strip()


def read(fragment: Fragment) -> None:
    """Give a fragment its tree, its footnotes and its styles."""
    document, source = fragment.context.document, fragment.text
    if fragment.kind == "latex":
        pieces = re.split(r"(\\(?:begin|end)\{[^{}]*\})", source)  # a table is no formula
        taken = [mathematics.take_out(p, document.formulas, document.macros) for p in pieces]
        source = latex.page("".join(taken))
    elif fragment.kind == "markdown":
        source = mathematics.take_out(source, document.formulas, document.macros)
        source, notes = footnotes(source)
        for name, note in notes.items():
            fragment.notes[name] = tree.Reader(parser().render(note)).root
        source = SIZED.sub(with_size, parser().render(source))
    reader = tree.Reader(source)
    fragment.tree, fragment.styles = reader.root, tree.rules(reader.sheet)
    around = [reader.root]
    for node in around:  # plain <div>s, as pandas has them, are nothing around a table
        node.outermost = True
        for child in node.elements():
            if child.tag == "table" or (child.tag == "div" and not child.attributes):
                around.append(child)


def footnotes(text: str) -> tuple[str, dict[str, str]]:
    """Return (Markdown without the definitions of footnotes, {name: definition})."""
    notes, parts = {}, FENCES.split(text)
    used = set(re.findall(r"\[\^([^\]\s]+)\](?!:)", text))
    for number in range(0, len(parts), 2):
        for note in NOTE.finditer(parts[number]):
            if note[1] in used:
                notes[note[1]] = note[2]
                parts[number] = parts[number].replace(note[0], "\n", 1)
    return "".join(parts), notes


def with_size(match: re.Match) -> str:
    """Return an <img> with the size that stands in braces behind it."""
    sizes = re.findall(r"(width|height)\s*=\s*(?:&quot;)?([\w.%]+)", match[2])
    return match[1] + "".join(f' {name}="{value}"' for name, value in sizes) + ">"
