r"""TeX mathematics in Markdown, found as JupyterLab finds it, with the numbers of its rows."""

import dataclasses
import re

from nbtypst import environments
from nbtypst.atoms import Row, TexError
from nbtypst.tex import Parser
from nbtypst.text import quote
from nbtypst.vocabulary import COMMANDS

OPEN, CLOSE = "\ufdd0", "\ufdd1"  # noncharacters: no text has them (`notebook.clean`)
MARK = re.compile(f"{OPEN}(\\d+){CLOSE}")
FORMULA = re.compile(
    r"""(?P<code>^[ ]{0,3}(?P<fence>`{3,}|~{3,})[\s\S]*?(?:^[ ]{0,3}(?P=fence)[`~]*[ ]*$|\Z)
      | (?<!`)(?P<ticks>`+)(?!`)(?:(?!\n\s*\n)[\s\S])+?(?<!`)(?P=ticks)(?!`))
      | \\\\\[(?P<bracket>[\s\S]+?)\\\\\] | \\\\\((?P<paren>.+?)\\\\\)
      | (?P<reference>\(\\ref\{[^{}\n]+\}\)|\\(?:eq)?ref\{[^{}\n]+\})
      | (?P<escape>\\[^a-zA-Z\s])
      | \$\$(?P<display>[\s\S]+?)\$\$
      | (?P<environment>\\begin\{(?P<name>[a-zA-Z]+\*?)\}[\s\S]*?\\end\{(?P=name)\})
      | \$(?P<inline>(?:\\[\s\S]|(?!\n\s*\n)[^$\\])+?)\$""",
    re.VERBOSE | re.MULTILINE,
)
REFERENCE = re.compile(r"\(?\\(eq)?ref\{([^{}]+)\}\)?")
# What a reader who hears a formula need not hear: how it looks, and spaces.
SILENT = re.compile(
    r"\\(?:begin|end)\s*\{\w+\*?\}|\\(?:left|right|middle|(?:display|text|script)style|(?:no)?limits|[bB]igg?[lrm]?"
    r"|(?:math|text|bold|oper)[a-z]*\*?|bm|mbox|q?quad)(?![a-zA-Z])"
    r"|\\[!;,:> ]|[&~]"
)
NUMBER = re.compile(r"(?:[\d\s.,{}^+−-]|\\(?:cdot|times|pm|mp|text|%|,))+")  # with its power
WRAPPER = re.compile(r"\\begin\{(equation|subequations)(\*?)\}([\s\S]*)\\end\{\1\2\}")


@dataclasses.dataclass
class Formula:
    """A formula: what it was and what it became."""

    source: str  # as it stands in the Markdown
    tex: str
    display: bool
    rows: list = dataclasses.field(default_factory=list)
    fault: str = ""  # why it cannot be set

    def typst(self) -> str:
        """Return the Typst call that sets it, with text for who hears it."""
        alt = quote(spoken(self.tex))
        if not self.display:
            name = "number" if NUMBER.fullmatch(self.tex) else "formula"
            return f"#{name}({alt}, ${self.rows[0].typst()}$)"
        bodies = "".join(f"${row.typst()}$, " for row in self.rows)
        numbers = "".join(f"{number_of(row)}, " for row in self.rows)
        return f"#displayed({alt}, ({bodies}), ({numbers}))"


def take_out(text: str, formulas: list, macros: dict) -> str:
    """Return Markdown with a mark, the index in `formulas`, for each `Formula`, appended there.

    Macros, {name: definition} (see `tex.Parser`), are read and written.
    """
    pieces, position, end = [], 0, 0
    while match := FORMULA.search(text, end):
        start, end = match.span()
        if match["inline"] and is_money(match["inline"], text, match):
            end = start + 1
        elif not (match["code"] or match["escape"]):
            end = environment_end(text, match) if match["name"] else end
            source = text[start:end]
            display = match["display"] or match["bracket"] or (source if match["name"] else "")
            inner = display or match["inline"] or match["paren"] or match["reference"]
            pieces += [text[position:start], f"{OPEN}{len(formulas)}{CLOSE}"]
            formulas.append(parse(source, inner.strip(), bool(display), macros))
            position = end
    return "".join(pieces) + text[position:]


def is_money(content: str, text: str, match: re.Match) -> bool:
    """Return whether dollars around `content` are sums of money, as in "from $5 to $10"."""
    if content.count("`") % 2:
        return True  # the second dollar stands in code
    plain = re.sub(r"\\\\?\$|\\\\$", "", content)
    if re.search(r"[\\^_={}]", plain):
        return False
    if text[match.end() : match.end() + 1].isdigit():
        return True
    amount = re.match(r"\s*\d", content) or text[: match.start()][-1:].isdigit()
    return bool(amount and re.search(r"[^\W\d_]{3,}|\s[^\W\d_]{2,}\s|\*\*", content))


def environment_end(text: str, match: re.Match) -> int:
    r"""Return where the environment ends whose first \end is `match`'s."""
    begin, end = f"\\begin{{{match['name']}}}", f"\\end{{{match['name']}}}"
    stop, depth = match.end(), match[0].count(begin) - 1
    while depth and (position := text.find(end, stop)) >= 0:
        depth += text.count(begin, stop, position) - 1
        stop = position + len(end)
    return stop


def put_back(text: str, formulas: list) -> str:
    """Return `text` with its marks replaced by the source of the formulas."""
    return MARK.sub(lambda match: formulas[int(match[1])].source, text)


def parse(source: str, tex: str, display: bool, macros: dict) -> Formula:
    """Return the `Formula` of TeX; what cannot be set has a fault."""
    formula = Formula(source, tex, display)
    if REFERENCE.fullmatch(tex):
        return formula
    try:
        formula.rows = displayed(tex, macros) if display else [inline(tex, macros)]
    except TexError as error:
        formula.fault = f"the formula cannot be set: {error}"
    except RecursionError:
        formula.fault = "the formula cannot be set: it is nested too deeply"
    return formula


def inline(tex: str, macros: dict) -> Row:
    """Return TeX in a line as a `Row`; macros that it defines are added to `macros`.

    Raises:
        TexError: the TeX cannot be set.
    """
    parser = Parser(tex, macros, COMMANDS)
    parser.row.cells = [parser.sequence()]
    if parser.peek():
        raise TexError(f"{parser.peek()} stands alone")
    return parser.row


def displayed(tex: str, macros: dict) -> list[Row]:
    """Return the rows of displayed TeX, each with its number; none if it only defines macros."""
    counted = False
    while wrapper := WRAPPER.fullmatch(tex.strip()):
        counted = counted or (wrapper[1] == "equation" and not wrapper[2])
        tex = wrapper[3]
    # A label before an environment is the last of its rows'.
    tex = re.sub(r"^\s*(\\label\s*\{[^{}]*\})([\s\S]*)", r"\2\1", tex)
    rows, name = outermost(tex, macros)
    if name in environments.ROWS:
        for row in rows:
            row.counted = not row.silent
    elif counted or name in environments.NUMBERED:
        rows[-1].counted = not any(row.silent for row in rows)
    return rows if any(row.typst() for row in rows) else []


def outermost(tex: str, macros: dict) -> tuple[list[Row], str]:
    """Return (rows, name) of the environment that displayed TeX is; name "" if it is none."""
    begun = re.match(r"\s*\\begin\{([a-zA-Z]+\*?)\}", tex)
    if begun and begun[1].removesuffix("*") in environments.DISPLAYED:
        parser = Parser(tex[begun.end() :], macros, COMMANDS)
        rows = environments.displayed_rows(parser, begun[1])
        rest = parser.rows()
        if len(rest) == 1 and not rest[0].typst():  # nothing but a tag or a label follows
            rows[-1].take_name(rest[0])
            return rows, begun[1]
    return Parser(tex, macros, COMMANDS).rows(), ""


def number_of(row: Row) -> str:
    """Return the Typst expression of a row's (number, label), "none" for a row without."""
    if not (row.tag or row.label or row.counted):
        return "none"
    label = quote(row.label) if row.label else "none"
    if not row.tag:
        return f"(auto, {label})"
    pieces = []
    for number, part in enumerate(row.tag.split("$")):  # $…$ in a tag is mathematics
        formula = parse(part, part, False, {}) if number % 2 else None
        if formula and formula.rows:
            pieces.append(f"${formula.rows[0].typst()}$")
        elif part:
            pieces.append(quote(part))
    tag = " + ".join(pieces if row.starred else [quote("("), *pieces, quote(")")])
    return f"({tag}, {label})"


def spoken(tex: str) -> str:
    """Return a line of plain text for a reader who hears the formula: x_(l+1) = x_l + F(x_l)."""
    tex = re.sub(r"\\text\{([\d.,]+)\}", r"\1", tex)  # a number with a decimal comma
    tex = re.sub(r"\{(\w*)\}", r"\1", SILENT.sub(" ", tex))
    tex = re.sub(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", r"(\1)/(\2)", tex)
    tex = tex.replace("\\\\", "; ").translate(str.maketrans("{}\\", "() "))
    return " ".join(tex.split()) or "formula"
