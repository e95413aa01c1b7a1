r"""TeX mathematics to Typst's: what MathJax sets, read token by token.

Every character of the TeX is escaped or stands in a string, and every bracket written is closed,
so that nothing of a formula becomes Typst code.
"""

import re

from nbtypst import commands, vocabulary
from nbtypst.commands import NOTHING, Row, TexError, joined
from nbtypst.document import quote

TOKEN = re.compile(r"\\[a-zA-Z@]+|\\[\s\S]|%[^\n]*\n?|\s+|[\s\S]")
PROSE = re.compile("[^\\W\\d_\0-\x7fͰ-Ͽ℀-\U0010ffff]")  # letters of words, such as Cyrillic
ENDS = {"}", "&", "\\\\", "\\cr", "\\end", "\\right", "\\middle"}
LIMITS = "\\limits"
DEEPEST = 40  # of groups in groups: Typst gives up soon after
MOST = 30_000  # tokens after the expansion of macros


class Parser:
    """One formula on its way to Typst; `macros` ({name: (number of arguments, default, body)})
    are read and, where the formula defines some, written."""

    def __init__(self, tex: str, macros: dict) -> None:
        """Take the TeX apart."""
        self.tokens = []  # a stack: the next one is the last
        self.macros = macros
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
            if token.isspace() or token.startswith("%"):
                self.tokens.pop()
            elif token in self.macros:
                self.tokens.pop()
                self.expand(token)
            else:
                return token
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

    def skip_spaces(self) -> None:
        """Step over white space, but expand nothing."""
        while self.tokens and self.tokens[-1].isspace():
            self.tokens.pop()

    def raw(self) -> str:
        """Return the next argument as TeX, without its braces."""
        self.skip_spaces()
        if not self.tokens:
            raise TexError("an argument is missing")
        token = self.tokens.pop()
        return self.up_to("}") if token == "{" else token

    def optional(self) -> str | None:
        """Return the TeX between [ and ], None where there is none."""
        self.skip_spaces()
        if not self.tokens or self.tokens[-1] != "[":
            return None
        self.tokens.pop()
        return self.up_to("]")

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
            outer.tag, outer.label = outer.tag or row.tag, outer.label or row.label
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
            if token in commands.INFIX:
                self.next()
                numerator, denominator = joined(pieces) or NOTHING, self.sequence() or NOTHING
                pieces = [commands.INFIX[token].format(numerator, denominator)]
            elif token in commands.SWITCHES:
                self.next()
                pieces.append(commands.SWITCHES[token].format(self.sequence() or NOTHING))
            elif token == "\\color":  # of a group, as MathJax has it, or of all the rest
                self.next()
                name = self.raw()
                body = self.argument() if self.peek() == "{" else self.sequence()
                pieces.append(commands.coloured(name, body or NOTHING))
            else:
                pieces.append(self.scripted(self.atom()))
        self.depth -= 1
        return joined(pieces)

    def scripted(self, base: str) -> str:
        """Return `base` with the primes, superscripts and subscripts that follow it."""
        scripts = {"^": [], "_": []}
        while (token := self.peek()) in ("^", "_", "'", "’", LIMITS, "\\nolimits"):
            self.next()
            if token in scripts:
                scripts[token].append(self.argument())
            elif token in ("'", "’"):
                scripts["^"].append("′")
            elif base:
                base = f"{'limits' if token == LIMITS else 'scripts'}({base})"
        options = "".join(
            f", {side}: {joined(scripts[mark])}" for side, mark in ("t^", "b_") if scripts[mark]
        )
        return f"attach({base or NOTHING}{options})" if options else base

    def atom(self, alone: bool = False) -> str:
        """Return the Typst of the next atom: a command, a group or a character.

        Digits and letters of prose go together unless the character is an argument `alone`.
        """
        token = self.next()
        if token == "{":
            return self.group()
        if token == "~":
            return commands.gap(1 / 3)
        if token in ("^", "_"):  # a script of nothing
            self.tokens.append(token)
            return ""
        if token == "}":
            raise TexError("a { is missing")
        if not token.startswith("\\"):
            return commands.escaped(token) if alone else self.characters(token)
        if (command := vocabulary.COMMANDS.get(token)) is not None:
            return command if isinstance(command, str) else command(self)
        if symbol := vocabulary.SYMBOLS.get(token[1:]):
            return commands.escaped(symbol)
        raise TexError(f"{token} is not known")

    def characters(self, token: str) -> str:
        """Return the Typst of a number, a word of prose or any other character."""
        if token.isdecimal():
            while self.tokens and re.fullmatch(r"\d+\.?\d*", token + self.tokens[-1]):
                token += self.tokens.pop()
            if token.endswith("."):
                self.tokens.append(".")
            return commands.escaped(token.rstrip("."))
        if not PROSE.fullmatch(token):
            return commands.escaped(token)
        while self.tokens and PROSE.fullmatch(self.tokens[-1]):
            token += self.tokens.pop()
        return quote(token)

    def delimiter(self) -> str:
        r"""Return the Typst of the delimiter after \left, \big or the like; "" for a point."""
        token = self.next()
        if token == ".":
            return ""
        symbols = vocabulary.SYMBOLS
        character = commands.DELIMITERS.get(token) or symbols.get(token[1:], token)
        if len(character) > 1 or token in "{}":
            raise TexError(f"{token} is no delimiter")
        return f"\\{character}"


def inline(tex: str, macros: dict) -> Row:
    """Return TeX in a line as a `Row`; macros that it defines are added to `macros`.

    Raises:
        TexError: the TeX cannot be set.
    """
    parser = Parser(tex, macros)
    parser.row.cells = [parser.sequence()]
    if parser.peek():
        raise TexError(f"{parser.peek()} stands alone")
    return parser.row
