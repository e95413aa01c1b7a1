"""What a terminal shows: overwritten lines, colours, links."""

import re

from nbtypst.document import quote
from nbtypst.text import raw

CONTROL = re.compile(
    r"\x1b\[(?P<style>[\d;:]*)m|\x1b\[(?P<count>[\d;?]*)(?P<move>[A-Za-ln-z])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78cDEHM]"
)
COLOURS = ("#222222", "#b22b31", "#00713f", "#8a6d00", "#1f5fa8", "#8b3f8f", "#00757a", "#666666")
CHUNK = 200  # lines in one block: Typst's time grows faster than a block


def terminal(text: str) -> str:
    """Return the Typst of text as a terminal shows it; its time is linear in the text."""
    lines, row, style = [[]], 0, ()
    for line in re.split(r"(\n)", text.replace("\r\n", "\n")):
        if line == "\n":
            row += 1
            if row == len(lines):
                lines.append([])
        elif line:
            row, style = show(line, lines, row, style)
    while lines and not "".join(words for words, _ in lines[-1]).strip():
        lines.pop()
    while "\x1b[" in text and lines and not lines[0]:
        del lines[0]
    blocks = [lines[start : start + CHUNK] for start in range(0, len(lines), CHUNK)]
    return "\n".join(block(part) for part in blocks)


def block(lines):
    """Return the Typst of lines, lists of (text, style)."""
    spans = []
    for number, line in enumerate(lines):
        for words, style in [*line, ("\n", ())] if number + 1 < len(lines) else line:
            if spans and (spans[-1][1] == style or not words.strip()):
                spans[-1][0].append(words)
            else:
                spans.append(([words], style))
    arguments = ", ".join(
        f"({raw(''.join(words))}, arguments({', '.join(f'{k}: {v}' for k, v in style)}))"
        for words, style in spans
    )
    return f"#terminal({arguments})"


def show(text, lines, row, style):
    """Write a line at a row of `lines`; return the row and the style at its end."""
    if "\r" not in text and "\b" not in text and "\x1b" not in text:
        lines[row] = [*lines[row], (text, style)] if style or lines[row] else [(text, style)]
        return row, style
    if "\b" not in text and "\x1b" not in text and not lines[row]:
        shown = ""
        for part in text.split("\r"):  # each is written over the one before
            shown = part + shown[len(part) :]
        lines[row] = [(shown, style)] if shown else []
        return row, style
    column = sum(len(words) for words, _ in lines[row])
    cells = [(c, look) for words, look in lines[row] for c in words]
    position = 0
    for match in [*CONTROL.finditer(text), None]:
        for character in text[position : match.start() if match else len(text)]:
            if character == "\r":
                column = 0
            elif character == "\b":
                column = max(0, column - 1)
            elif character != "\x1b":
                cells[column : column + 1] = [(character, style)]
                column += 1
        if not match:
            break
        position = match.end()
        if match["style"] is not None:
            style = restyled(style, match["style"])
        elif match["move"] == "K":
            cells = [(" ", ())] * column if match["count"] in ("1", "2") else cells[:column]
        elif match["move"] in ("A", "F"):
            lines[row] = joined(cells)
            row -= int(match["count"][:2]) if match["count"].isdecimal() else 1
            while row < 0:  # above the first line of this output
                lines.insert(0, [])
                row += 1
            cells = [(c, look) for words, look in lines[row] for c in words]
            column = min(column, len(cells))
    lines[row] = joined(cells)
    return row, style


def joined(cells):
    """Return (character, style) pairs as (text, style) pairs."""
    spans = []
    for character, style in cells:
        if spans and spans[-1][1] == style:
            spans[-1][0].append(character)
        else:
            spans.append(([character], style))
    return [("".join(characters), style) for characters, style in spans]


def restyled(style: tuple, codes: str) -> tuple:
    """Return the style, pairs of Typst's options of text, after codes such as '1;38;5;208'."""
    style, numbers = dict(style), [int(code[:4] or 0) for code in re.split("[;:]", codes)]
    while numbers:
        number = numbers.pop(0)
        if number in (38, 48):
            kind = numbers.pop(0) if numbers else 0
            count = {5: 1, 2: 3}.get(kind, 0)
            values, numbers = numbers[:count], numbers[count:]
            if len(values) == count and count:
                style["fill" if number == 38 else "ground"] = f"rgb({quote(extended(values))})"
        elif number == 0:
            style = {}
        elif number == 1:
            style["weight"] = '"bold"'
        elif number == 3:
            style["style"] = '"italic"'
        elif number == 4:
            style["line"] = "true"
        elif number == 22:
            style.pop("weight", None)
        elif number == 23:
            style.pop("style", None)
        elif number == 24:
            style.pop("line", None)
        elif number in range(30, 38) or number in range(90, 98):
            style["fill"] = f'rgb("{COLOURS[number % 10]}")'
        elif number in range(40, 48) or number in range(100, 108):
            style["ground"] = f'rgb("{COLOURS[number % 10]}").lighten(70%)'
        elif number == 39:
            style.pop("fill", None)
        elif number == 49:
            style.pop("ground", None)
    return tuple(sorted(style.items()))


def extended(values: list[int]) -> str:
    """Return the colour #rrggbb of three parts of 255, or of a number of xterm's 256 colours."""
    if len(values) == 1:
        number = min(values[0], 255)
        if number < 16:
            return COLOURS[number % 8]
        if number > 231:
            values = [8 + 10 * (number - 232)] * 3
        else:
            levels = (0, 95, 135, 175, 215, 255)
            number -= 16
            values = [levels[number // 36], levels[number // 6 % 6], levels[number % 6]]
    return "#" + "".join(f"{min(value, 255):02x}" for value in values)
