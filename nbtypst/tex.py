r"""TeX mathematics to Typst's: what MathJax sets, read token by token.

Every character of the TeX is escaped or stands in a string, and every bracket written is closed,
so that nothing of a formula becomes Typst code.
"""

import re
from collections.abc import Collection

from nbtypst import commands, vocabulary
from nbtypst.commands import NOTHING, TexError
from nbtypst.document import quote

TOKEN = re.compile(r"\\[a-zA-Z@]+|\\[\s\S]|%[^\n]*\n?|\s+|[\s\S]")
ENDS = {"}", "&", "\\\\", "\\cr", "\\end", "\\right", "\\middle"}
LIMITS = "\\limits"
DEEPEST = 40  # of groups in groups: Typst gives up soon after
MOST = 30_000  # tokens after the expansion of macros


class Parser:
    """One formula on its way to Typst; `macros` ({name: (number of arguments, default, body)})
    are read and, where the formula defines some, written."""

    def __init__(self, tex: str, macros: dict) -> None:
        """Take the TeX apart."""
        self.tokens = TOKEN.findall(tex)[::-1]  # a stack: the next one is the last
        self.macros = macros
        self.depth = 0
        self.read = 0

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
        arguments = []
        for number in range(count):
            if number == 0 and default is not None:
                value = self.optional()
                arguments.append(default if value is None else value)
            else:
                arguments.append(self.raw())
        text = re.sub(r"#([1-9])", lambda m: (arguments + [""] * 9)[int(m[1]) - 1], body)
        self.read += 1 + len(text)
        if self.read > MOST:
            raise TexError(f"the macro {name} never ends")
        self.tokens += TOKEN.findall(text + " ")[::-1]

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
        """Return the Typst of a piece of TeX that belongs to this formula."""
        inner = Parser(tex, self.macros)
        inner.depth, inner.read = self.depth + 1, self.read
        if inner.depth > DEEPEST:
            raise TexError("the formula is nested too deeply")
        typst = inner.everything()
        self.read = inner.read
        return typst

    def argument(self) -> str:
        """Return the Typst of the next argument."""
        if self.peek() == "{":
            self.next()
            return self.group()
        return self.atom(alone=True)

    def group(self) -> str:
        """Return the Typst of a group whose { is read, up to its }."""
        typst = self.sequence()
        if self.peek() != "}":
            raise TexError("a } is missing")
        self.next()
        return typst

    def everything(self) -> str:
        """Return the Typst of all that is left; a `TexError` names what was not begun."""
        typst = self.sequence(ends=ENDS)
        if self.peek():
            raise TexError(f"{self.peek()} stands alone")
        return typst

    def sequence(self, ends: Collection[str] = ENDS) -> str:
        """Return the Typst of atoms with their scripts, up to one of `ends` or the end."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TexError("the formula is nested too deeply")
        pieces = []
        while (token := self.peek()) and token not in ends:
            if token in commands.INFIX:
                self.next()
                numerator, denominator = joined(pieces) or NOTHING, self.sequence(ends) or NOTHING
                pieces = [commands.INFIX[token].format(numerator, denominator)]
            elif token in commands.SWITCHES:
                self.next()
                pieces.append(commands.SWITCHES[token].format(self.sequence(ends) or NOTHING))
            elif token == "\\color":
                pieces.append(self.colour(ends))
            else:
                pieces.append(self.scripted(self.atom()))
        self.depth -= 1
        return joined(pieces)

    def colour(self, ends: Collection[str]) -> str:
        r"""Return what follows \color{…}: a group, as MathJax has it, or all the rest."""
        self.next()
        name = self.raw()
        body = self.argument() if self.peek() == "{" else self.sequence(ends)
        return commands.coloured(name, body or NOTHING)

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
        upper, lower = joined(scripts["^"]), joined(scripts["_"])
        if not scripts["^"] and not scripts["_"]:
            return base
        options = (f", t: {upper}" if upper else "") + (f", b: {lower}" if lower else "")
        return f"attach({base or NOTHING}{options})"

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
        if not token.startswith("\\"):
            if token in ("}", "&", "$", "#"):
                if token == "}":
                    raise TexError("a { is missing")
                return f"\\{token}"
            return commands.escaped(token) if alone else self.characters(token)
        if (command := vocabulary.COMMANDS.get(token)) is not None:
            return command if isinstance(command, str) else command(self)
        name = token[1:]
        if name in commands.SYMBOLS:
            return commands.escaped(commands.SYMBOLS[name])
        raise TexError(f"{token} is not known")

    def characters(self, token: str) -> str:
        """Return the Typst of a number, a word of prose or any other character."""
        if token.isdecimal():
            while self.tokens and re.fullmatch(r"\d+\.?\d*", token + self.tokens[-1]):
                token += self.tokens.pop()
            if token.endswith("."):
                self.tokens.append(".")
            return commands.escaped(token.rstrip("."))
        if not commands.is_word(token):
            return commands.escaped(token)
        while self.tokens and commands.is_word(self.tokens[-1]):
            token += self.tokens.pop()
        return quote(token)

    def delimiter(self) -> str:
        r"""Return the Typst of the delimiter after \left, \big or the like; "" for a point."""
        token = self.next()
        if token == ".":
            return ""
        character = commands.DELIMITERS.get(token) or commands.SYMBOLS.get(token[1:], token)
        if len(character) > 1 or token in "{}":
            raise TexError(f"{token} is no delimiter")
        return f"\\{character}"


def joined(pieces: list[str]) -> str:
    """Return pieces of Typst with spaces between them."""
    return " ".join(piece for piece in pieces if piece)


def converted(tex: str, macros: dict) -> str:
    """Return the Typst mathematics of TeX; macros that it defines are added to `macros`.

    Raises:
        TexError: the TeX cannot be set.
    """
    return Parser(tex, macros).everything()
