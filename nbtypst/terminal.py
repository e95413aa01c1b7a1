"""What a terminal shows: overwritten lines, colours, links."""

import re

from nbtypst.document import quote
from nbtypst.text import raw

CONTROL = re.compile(
    r"\x1b\[(?P<style>[\d;:]*)m|\x1b\[(?P<count>[\d;?]*)(?P<move>[A-Za-ln-z])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][A-Z0-9]|\x1b[=>78cDEHM]"
)
COLOURS = ("#222222", "#b22b31", "#00713f", "#8a6d00", "#1f5fa8", "#8b3f8f", "#00757a", "#666666")
# ANSI codes: options of Typst's text that they set, or clear.
SET = {1: ("weight", '"bold"'), 3: ("style", '"italic"'), 4: ("line", "true")}
CLEARED = {22: "weight", 23: "style", 24: "line", 39: "fill", 49: "ground"}
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


def block(lines: list) -> str:
    """Return the Typst of lines, lists of (text, style)."""
    spans = []
    for number, line in enumerate(lines):
        last = number + 1 == len(lines)
        for words, style in line if last else [*line, ("\n", ())]:
            if spans and (spans[-1][1] == style or not words.strip()):
                spans[-1][0].append(words)
            else:
                spans.append(([words], style))
    arguments = []
    for words, style in spans:
        options = ", ".join(f"{name}: {value}" for name, value in style)
        arguments.append(f"({raw(''.join(words))}, arguments({options}))")
    return f"#terminal({', '.join(arguments)})"


def show(text: str, lines: list, row: int, style: tuple) -> tuple[int, tuple]:
    """Write a line at a row of `lines`; return the row and the style at its end."""
    if "\r" not in text and "\b" not in text and "\x1b" not in text:
        lines[row] = [*lines[row], (text, style)] if style or lines[row] else [(text, style)]
        return row, style
    if "\b" not in text and "\x1b" not in text and not lines[row]:
        overwritten = ""
        for part in text.split("\r"):  # each is written over the one before
            overwritten = part + overwritten[len(part) :]
        lines[row] = [(overwritten, style)] if overwritten else []
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


def joined(cells: list) -> list[tuple[str, tuple]]:
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
    options: dict[str, str] = dict(style)
    numbers = [int(code[:4] or 0) for code in re.split("[;:]", codes)]
    while numbers:
        number = numbers.pop(0)
        if number in (38, 48):
            kind = numbers.pop(0) if numbers else 0
            count = {5: 1, 2: 3}.get(kind, 0)
            values, numbers = numbers[:count], numbers[count:]
            if len(values) == count and count:
                options["fill" if number == 38 else "ground"] = f"rgb({quote(extended(values))})"
        elif number == 0:
            options = {}
        elif number in SET:
            option, value = SET[number]
            options[option] = value
        elif number in CLEARED:
            options.pop(CLEARED[number], None)
        elif number in range(30, 38) or number in range(90, 98):
            options["fill"] = f'rgb("{COLOURS[number % 10]}")'
        elif number in range(40, 48) or number in range(100, 108):
            options["ground"] = f'rgb("{COLOURS[number % 10]}").lighten(70%)'
    return tuple(sorted(options.items()))


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
