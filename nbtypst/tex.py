r"""TeX mathematics to Typst's: what MathJax sets, read token by token.

Every character of the TeX is escaped or stands in a string, and every bracket written is closed,
so that nothing of a formula becomes Typst code.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from nbtypst.atoms import NOTHING, PROSE, Row, TexError, escaped, gap, joined

# A command, a comment, spaces, a number, a word of prose, any other character.
TOKEN = re.compile(rf"\\[a-zA-Z@]+|\\[\s\S]|%[^\n]*\n?|\s+|\d+(?:\.\d+)?|{PROSE}+|[\s\S]")
ENDS = {"}", "&", "\\\\", "\\cr", "\\end", "\\right", "\\middle"}
DEEPEST = 40  # of groups in groups: Typst gives up soon after
MOST = 30_000  # tokens after the expansion of macros
DELIMITERS = {
    ".": "", "\\{": "{", "\\}": "}", "<": "⟨", ">": "⟩", "\\|": "‖", "\\vert": "|", "\\Vert": "‖",
    "\\lvert": "|", "\\rvert": "|", "\\lVert": "‖", "\\rVert": "‖",
}  # fmt: skip
# What these make of all before and behind them, or of all behind them, in a group.
INFIX = {
    "\\over": "frac({}, {})", "\\choose": "binom({}, {})", "\\atop": "mat(delim: #none, {}; {})",
}  # fmt: skip


class Parser:
    """One formula on its way to Typst."""

    def __init__(self, tex: str, macros: dict, commands: Mapping[str, Command]) -> None:
        """Take the TeX apart.

        Args:
            tex: the formula.
            macros: {name: (number of arguments, default of the first, body)}, read and written.
            commands: what sets each command, see `vocabulary.COMMANDS`.
        """
        self.tokens = []  # a stack: the next one is the last
        self.macros = macros
        self.commands = commands
        self.row = Row()  # the one that \label, \tag and \hline are about
        self.depth = 0
        self.read = 0
        self.push(tex)

    def push(self, tex: str) -> None:
        """Put TeX before what is left."""
        self.tokens += TOKEN.findall(tex)[::-1]

    def peek(self) -> str:
        """Return the next token that is no space, expanding macros; "" at the end."""
        while self.tokens:
            token = self.tokens[-1]
            if not (token.isspace() or token.startswith("%") or token in self.macros):
                return token
            self.tokens.pop()
            if token in self.macros:
                self.expand(token)
        return ""

    def next(self) -> str:
        """Return the next token and step over it.

        Raises:
            TexError: there is none, or macros that call each other never end.
        """
        token = self.peek()
        if not token:
            raise TexError("the formula ends too early")
        self.read += 1
        if self.read > MOST:
            raise TexError("the formula is too long")
        return self.tokens.pop()

    def expand(self, name: str) -> None:
        """Replace a macro, whose name is read, by its body."""
        count, default, body = self.macros[name]
        arguments = [""] * 10
        for number in range(1, count + 1):
            given = self.optional() if number == 1 and default is not None else self.raw()
            arguments[number] = default if given is None else given
        text = re.sub(r"#([1-9])", lambda match: arguments[int(match[1])], body)
        self.read += 1 + len(text)
        if self.read > MOST:
            raise TexError(f"the macro {name} never ends")
        self.push(text + " ")

    def follows(self, token: str) -> bool:
        """Return whether a token is the next but for spaces, and step over it; expand nothing."""
        while self.tokens and self.tokens[-1].isspace():
            self.tokens.pop()
        if not self.tokens or self.tokens[-1] != token:
            return False
        self.tokens.pop()
        return True

    def raw(self) -> str:
        """Return the next argument as TeX, without its braces."""
        if self.follows("{"):
            return self.up_to("}")
        if not self.tokens:
            raise TexError("an argument is missing")
        return self.first(self.tokens.pop())

    def first(self, token: str) -> str:
        r"""Return the first character of a token that is no command, such as the 1 of \frac12."""
        if token.startswith("\\"):
            return token
        self.push(token[1:])
        return token[0]

    def optional(self) -> str | None:
        """Return the TeX between [ and ], None where there is none."""
        return self.up_to("]") if self.follows("[") else None

    def up_to(self, closing: str) -> str:
        """Return the TeX before a bracket that is in no group, and step over it."""
        parts, level = [], 0
        while self.tokens:
            token = self.tokens.pop()
            if token == closing and not level:
                return "".join(parts)
            level += (token == "{") - (token == "}")
            parts.append(token)
        raise TexError(f"a {closing} is missing")

    def sub(self, tex: str) -> str:
        """Return the Typst of a piece of TeX that belongs to this formula; "" is visible."""
        self.push(tex + "\n}")
        return self.group() or NOTHING

    def argument(self) -> str:
        """Return the Typst of the next argument; "" is visible."""
        if self.peek() == "{":
            self.next()
            return self.group() or NOTHING
        return self.atom(alone=True) or NOTHING

    def group(self) -> str:
        """Return the Typst of a group whose { is read, up to its }."""
        typst = self.sequence()
        if self.peek() != "}":
            raise TexError("a } is missing")
        self.next()
        return typst

    def rows(self, name: str = "") -> list[Row]:
        r"""Return the rows up to \end{name}, whose \begin is read, or else to the end."""
        outer = self.row
        rows = [Row()]
        while True:
            self.row = rows[-1]
            self.row.cells[-1] = self.sequence()
            token = self.next() if name or self.peek() else ""
            if token == "&":
                self.row.cells.append("")
            elif token in ("\\\\", "\\cr"):
                rows.append(Row())
                if self.tokens and self.tokens[-1] == "[":  # \\[2pt]: room below the row
                    self.optional()
            elif not token or (token == "\\end" and name):
                break
            else:
                raise TexError(f"{token} stands alone")
        if name and (end := self.raw()) != name:
            raise TexError(f"\\begin{{{name}}} ends with \\end{{{end}}}")
        self.row = outer
        for row in rows:  # what stands in a split numbers the equation around it
            outer.take_name(row)
            outer.silent = outer.silent or row.silent
        last = rows[-1]
        return rows if "".join(last.cells) or last.ruled or len(rows) == 1 else rows[:-1]

    def sequence(self) -> str:
        """Return the Typst of atoms with their scripts, up to what ends a group or a cell."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TexError("the formula is nested too deeply")
        pieces = []
        while (token := self.peek()) and token not in ENDS:
            if token in INFIX:
                self.next()
                before, behind = joined(pieces) or NOTHING, self.sequence() or NOTHING
                pieces = [INFIX[token].format(before, behind)]
            else:
                pieces.append(self.scripted(self.atom()))
        self.depth -= 1
        return joined(pieces)

    def scripted(self, base: str) -> str:
        """Return `base` with the primes, superscripts and subscripts that follow it."""
        scripts = {"^": [], "_": []}
        while (token := self.peek()) in ("^", "_", "'", "’", "\\limits", "\\nolimits"):
            self.next()
            if token in scripts:
                scripts[token].append(self.argument())
            elif token in ("'", "’"):
                scripts["^"].append("′")
            elif base:
                base = f"limits({base})" if token == "\\limits" else f"scripts({base})"
        options = f", t: {joined(scripts['^'])}" if scripts["^"] else ""
        options += f", b: {joined(scripts['_'])}" if scripts["_"] else ""
        return f"attach({base or NOTHING}{options})" if options else base

    def atom(self, alone: bool = False) -> str:
        """Return the Typst of the next atom; numbers and words are one unless `alone`."""
        token = self.next()
        if token == "{":
            return self.group()
        if token == "~":
            return gap(1 / 3)
        if token in ("^", "_"):  # a script of nothing
            self.tokens.append(token)
            return ""
        if token == "}":
            raise TexError("a { is missing")
        if not token.startswith("\\"):
            return escaped(self.first(token) if alone else token)
        if (command := self.commands.get(token)) is None:
            raise TexError(f"{token} is not known")
        return command(self) if callable(command) else self.filled(command)

    def filled(self, typst: str) -> str:
        """Return Typst with the next arguments in place of #1 and #2, [that] in place of #0."""
        below = self.optional() if "#0" in typst else None
        arguments = {"#0": self.sub(below) if below else NOTHING}
        for name in ("#1", "#2"):
            if name in typst:
                arguments[name] = self.argument()
        return re.sub("#[012]", lambda match: arguments[match[0]], typst)

    def delimiter(self) -> str:
        r"""Return the Typst of the delimiter after \left, \big or the like; "" for a point."""
        token = self.next()
        typst = DELIMITERS[token] if token in DELIMITERS else self.commands.get(token, token)
        character = typst.removeprefix("\\") if isinstance(typst, str) else token
        if len(character) > 1 or token in "{}":
            raise TexError(f"{token} is no delimiter")
        return f"\\{character}" if character else ""


Command = str | Callable[[Parser], str]  # Typst, see `Parser.filled`, or what reads on itself
