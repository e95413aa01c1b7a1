"""What a terminal shows: overwritten lines, colours, links."""

import html
import itertools
import re
from collections.abc import Iterator

from nbtypst.text import quote, raw

ERASE_REST, ERASE_LINE, UP = "\ufdd2\ufdd3\ufdd4"  # noncharacters: no text has them
CURSOR = re.compile(r"\x1b\[([\d;?]*)([AFK])")
# Addresses of links, alphabets, and what else is not between \x1b[ and a letter.
OTHER = re.compile(r"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b(?!\[)[=>78cDEHM]?")
COLOURS = {
    "black": "#222222", "red": "#b22b31", "green": "#00713f", "yellow": "#8a6d00",
    "blue": "#1f5fa8", "magenta": "#8b3f8f", "cyan": "#00757a", "white": "#666666",
}  # fmt: skip
CHUNK = 200  # lines in one block: Typst's time grows faster than a block
Spans = list[tuple[str, tuple]]  # texts and their styles: options of Typst's text


def terminal(text: str) -> str:
    """Return the Typst of text as a terminal shows it; its time is linear in the text."""
    text = text.replace("\r\n", "\n")
    if re.search("[\r\b\x1b]", text):
        lines = drawn(text)
    else:
        lines = [[(line, ())] for line in text.split("\n")]
    while lines and not "".join(words for words, _ in lines[-1]).strip():
        lines.pop()
    while "\x1b[" in text and lines and not lines[0]:
        del lines[0]
    blocks = [lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK)]
    return "\n".join(block(part) for part in blocks)


def drawn(text: str) -> list[Spans]:
    """Return the lines of a text that moves the cursor or has ANSI's codes in it."""
    lines, row, column = [[]], 0, 0  # of (character, style)
    for words, style in styled(text):
        for character in words:
            line = lines[row]
            if character == "\n":
                row, column = row + 1, 0
                if row == len(lines):
                    lines.append([])
            elif character == "\r":
                column = 0
            elif character == "\b":
                column = max(0, column - 1)
            elif character == UP and row:
                row -= 1
            elif character == UP:  # above the first line of this output
                lines.insert(0, [])
            elif character in (ERASE_REST, ERASE_LINE):
                del line[column * (character == ERASE_REST) :]
            else:
                line += [(" ", style)] * (column - len(line))
                line[column : column + 1] = [(character, style)]
                column += 1
    return [
        [
            ("".join(c for c, _ in part), look)
            for look, part in itertools.groupby(line, lambda c: c[1])
        ]
        for line in lines
    ]


def styled(text: str) -> Iterator[tuple[str, tuple]]:
    """Yield (text, style) of text with ANSI's codes; one character stands for a cursor's move."""
    from nbconvert.filters import ansi2html

    style: tuple = ()
    for part in re.split(r"(</?span[^>]*>)", ansi2html(CURSOR.sub(moved, OTHER.sub("", text)))):
        if part.startswith(("<span", "</span")):
            style = tuple(options(part))
        elif part:
            yield html.unescape(part), style


def moved(match: re.Match) -> str:
    """Return the characters that stand for a code that moves the cursor or erases."""
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


def block(lines: list[Spans]) -> str:
    """Return the Typst of lines; white space takes the style of what is before it."""
    merged = []
    for words, style in itertools.chain(*([*line, ("\n", ())] for line in lines)):
        if merged and (merged[-1][1] == style or not words.strip()):
            merged[-1][0].append(words)
        else:
            merged.append(([words], style))
    merged[-1][0].pop()  # the last line's end
    arguments = []
    for parts, style in merged:
        looks = ", ".join(f"{name}: {value}" for name, value in style)
        arguments.append(f"({raw(''.join(parts))}, arguments({looks}))")
    return f"#terminal({', '.join(arguments)})"
