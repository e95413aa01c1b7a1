"""What a terminal shows: overwritten lines, colours, links."""

import html
import re
from collections.abc import Iterator

from nbtypst.text import quote
from nbtypst.text import raw

ERASE_REST, ERASE_LINE, UP = "\ufdd2\ufdd3\ufdd4"  # noncharacters: no text has them
MOVES = re.compile(f"([\n\r\b{ERASE_REST}{ERASE_LINE}{UP}])")
CURSOR = re.compile(r"\x1b\[([\d;?]*)([AFK])")
# Addresses of links, alphabets, and what else is not between \x1b[ and a letter.
OTHER = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b(?!\[)[=>78cDEHM]?")
COLOURS = {
    "black": "#222222", "red": "#b22b31", "green": "#00713f", "yellow": "#8a6d00",
    "blue": "#1f5fa8", "magenta": "#8b3f8f", "cyan": "#00757a", "white": "#666666",
}  # fmt: skip
CHUNK = 200  # lines in one block: Typst's time grows faster than a block


def terminal(text: str) -> str:
    """Return the Typst of text as a terminal shows it; its time is linear in the text."""
    lines, lengths, row, column = [[]], [0], 0, 0
    for words, style in spans(text.replace("\r\n", "\n")):
        for piece in MOVES.split(words):
            if not piece:
                continue
            if piece == "\n":
                row, column = row + 1, 0
                if row == len(lines):
                    lines.append([])
                    lengths.append(0)
            elif piece == "\r":
                column = 0
            elif piece == "\b":
                column = max(0, column - 1)
            elif piece == UP and row:
                row -= 1
            elif piece == UP:  # above the first line of this output
                lines.insert(0, [])
                lengths.insert(0, 0)
            elif piece in (ERASE_REST, ERASE_LINE):
                cells = [(c, look) for part, look in lines[row] for c in part]
                lines[row] = cells[: column * (piece == ERASE_REST)]
                lengths[row] = len(lines[row])
            elif column >= lengths[row]:
                lines[row].append((" " * (column - lengths[row]) + piece, style))
                column = lengths[row] = column + len(piece)
            else:
                cells = [(c, look) for part, look in lines[row] for c in part]
                cells[column : column + len(piece)] = [(c, style) for c in piece]
                lines[row], lengths[row] = cells, len(cells)
                column += len(piece)
    while lines and not "".join(words for words, _ in lines[-1]).strip():
        lines.pop()
    while "\x1b[" in text and lines and not lines[0]:
        del lines[0]
    blocks = [lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK)]
    return "\n".join(block(part) for part in blocks)


def spans(text: str) -> Iterator[tuple[str, tuple]]:
    """Yield (text, style) of text with ANSI's codes, those that move the cursor as `MOVES`."""
    if "\x1b" not in text:
        yield text, ()
        return
    from nbconvert.filters import ansi2html

    style: tuple = ()
    marked = ansi2html(CURSOR.sub(moved, OTHER.sub("", text)))
    for part in re.split(r"(</?span[^>]*>)", marked):
        if part.startswith(("<span", "</span")):
            style = tuple(options(part))
        elif part:
            yield html.unescape(part), style


def moved(match: re.Match) -> str:
    """Return the characters of `MOVES` for a code that moves the cursor or erases."""
    if match[2] == "K":
        return ERASE_LINE if match[1] in ("1", "2") else ERASE_REST
    return UP * (int(match[1][:2]) if match[1].isdecimal() else 1)


def options(tag: str) -> Iterator[tuple[str, str]]:
    """Yield (option of Typst's text, value) of a <span> that nbconvert makes of ANSI's codes."""
    for name, ground in re.findall(r"ansi-(\w+?)(?:-intense)?-([fb])g", tag):
        colour = f'rgb("{COLOURS.get(name, COLOURS["black"])}")'
        yield ("fill", colour) if ground == "f" else ("ground", f"{colour}.lighten(70%)")
    for ground, colour in re.findall(r"(background-)?color: rgb\(([\d,]+)\)", tag):
        yield ("ground" if ground else "fill"), f"rgb({colour})"
    if "ansi-bold" in tag:
        yield "weight", quote("bold")
    if "ansi-underline" in tag:
        yield "line", "true"


def block(lines: list) -> str:
    """Return the Typst of lines, lists of (text, style)."""
    merged = []
    for number, line in enumerate(lines):
        last = number + 1 == len(lines)
        for words, style in line if last else [*line, ("\n", ())]:
            if merged and (merged[-1][1] == style or not words.strip()):
                merged[-1][0].append(words)
            else:
                merged.append(([words], style))
    arguments = []
    for words, style in merged:
        looks = ", ".join(f"{name}: {value}" for name, value in style)
        arguments.append(f"({raw(''.join(words))}, arguments({looks}))")
    return f"#terminal({', '.join(arguments)})"
