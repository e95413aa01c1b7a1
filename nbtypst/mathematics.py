r"""TeX mathematics in Markdown, found as JupyterLab finds it, with the numbers of its rows."""

import dataclasses
import re

from nbtypst import tex as tex_parser
from nbtypst.commands import TexError
from nbtypst.document import quote
from nbtypst.environments import ALIGNED, aligned, cells_of
from nbtypst.spoken import spoken

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
NUMBERED = {"equation", "align", "gather", "multline", "eqnarray", "alignat", "flalign"}
ROWS = {"align", "gather", "eqnarray", "alignat", "flalign"}  # each row has its number
WHOLE = NUMBERED | ALIGNED | {"gathered", "subequations"}


@dataclasses.dataclass
class Row:
    """A row of a displayed formula."""

    typst: str
    tag: str = ""
    label: str = ""
    counted: bool = False  # numbered by the document's count

    def number(self) -> str:
        """Return the Typst expression of (number, label), "none" for a row without."""
        if not (self.tag or self.label or self.counted):
            return "none"
        number = tag_content(self.tag) if self.tag else "auto"
        return f"({number}, {quote(self.label) if self.label else 'none'})"


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
            return f"#formula({alt}, ${self.rows[0].typst}$)"
        bodies = "".join(f"${row.typst}$, " for row in self.rows)
        numbers = "".join(f"{row.number()}, " for row in self.rows)
        return f"#displayed({alt}, ({bodies}), ({numbers}))"


def take_out(text: str, formulas: list, macros: dict) -> str:
    """Return Markdown with each formula replaced by a mark, and appended to `formulas`.

    Args:
        text: Markdown.
        formulas: list of `Formula`; a mark holds an index of it.
        macros: {TeX macro: its definition}, read and written.
    """
    pieces, position, search_from = [], 0, 0
    while match := FORMULA.search(text, search_from):
        end = match.end()
        search_from = end
        if match["code"] or match["escape"]:
            continue
        if match["inline"] and is_money(match["inline"], text, match):
            search_from = match.start() + 1
            continue
        if name := match["name"]:
            end = environment_end(text, match, name)
            search_from = end
        source = text[match.start() : end]
        display = match["display"] or match["bracket"] or (source if name else "")
        inner = display or match["inline"] or match["paren"] or match["reference"]
        pieces += [text[position : match.start()], f"{OPEN}{len(formulas)}{CLOSE}"]
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
    amount = (
        re.match(r"\s*\d", content) or text[max(0, match.start() - 1) : match.start()].isdigit()
    )
    return bool(amount and re.search(r"[^\W\d_]{3,}|\s[^\W\d_]{2,}\s|\*\*", content))


def environment_end(text: str, match: re.Match, name: str) -> int:
    r"""Return where the environment ends whose first \end is `match`'s."""
    begin, end = f"\\begin{{{name}}}", f"\\end{{{name}}}"
    stop, depth = match.end(), match[0].count(begin) - 1
    while depth and (position := text.find(end, stop)) >= 0:
        depth += text.count(begin, stop, position) - 1
        stop = position + len(end)
    return stop


def put_back(text: str, formulas: list) -> str:
    """Return `text` with its marks replaced by the source of the formulas."""
    return MARK.sub(lambda match: formulas[int(match[1])].source, text)


def parse(source: str, tex: str, display: bool, macros: dict) -> "Formula":
    """Return the `Formula` of TeX; what cannot be set has a fault."""
    formula = Formula(source, tex, display)
    if REFERENCE.fullmatch(tex):
        return formula
    try:
        formula.rows = displayed_rows(tex, macros) if display else [single(tex, macros)]
    except TexError as error:
        formula.fault = f"the formula cannot be set: {error}"
    except RecursionError:
        formula.fault = "the formula cannot be set: it is nested too deeply"
    return formula


def single(tex: str, macros: dict) -> Row:
    """Return the row of TeX that has no rows."""
    tex, tag, label, _ = numbering(tex)
    return Row(tex_parser.converted(tex, macros), tag, label)


def displayed_rows(tex: str, macros: dict) -> list[Row]:
    """Return the rows of displayed TeX, with the number of each or, on the last, of all."""
    counted, each, starred = False, False, False
    tex = tex.strip()
    tags = []
    while begun := re.match(r"\\begin\{([a-zA-Z]+)(\*?)\}", tex):
        name, star = begun.groups()
        if name not in WHOLE or not tex.endswith(f"\\end{{{name}{star}}}"):
            break
        inner = tex[begun.end() :]
        parser = tex_parser.Parser(inner, macros)
        if name in ("alignat", "alignedat"):
            parser.raw()
        rows = cells_of(parser, name + star)
        if parser.peek():  # something follows it
            break
        starred = starred or bool(star)
        counted = counted or (name in NUMBERED and not star)
        each = each or (name in ROWS and not star)
        if name in ("equation", "subequations"):
            tex = inner.removesuffix(f"\\end{{{name}{star}}}").strip()
            if name == "equation":
                tex, *tag = numbering(tex)
                tags.append(tag)
            continue
        return numbered(rows, tags, counted, each, macros)
    rows = cells_of(tex_parser.Parser(tex + "\\end{all}", macros), "all")
    return numbered(rows, tags, counted, False, macros)


def numbered(rows: list, tags: list, counted: bool, each: bool, macros: dict) -> list[Row]:
    """Return the `Row`s of lists of cells of TeX."""
    result, hidden = [], False
    for row in rows:
        tag = label = ""
        cells, silent = [], False
        for cell in row:
            cell, *(cell_tag, cell_label, cell_silent) = numbering(cell)
            cells.append(tex_parser.converted(cell, macros))
            tag, label, silent = tag or cell_tag, label or cell_label, silent or cell_silent
        hidden = hidden or silent
        result.append(Row(aligned(cells), tag, label, each and not silent))
    for tag, label, silent in tags:
        result[-1].tag, result[-1].label = result[-1].tag or tag, result[-1].label or label
        hidden = hidden or silent
    if counted and not each and not hidden:
        result[-1].counted = True
    if not any(row.typst for row in result):  # macro definitions only
        return []
    return result


def numbering(tex: str) -> tuple[str, str, str, bool]:
    r"""Return (TeX without them, tag, label, whether it is to have no number)."""
    given = {"tag": "", "label": ""}
    while match := re.search(r"\\(tag|label)\*?\s*(?=\{)", tex):
        parser = tex_parser.Parser(tex[match.end() :], {})
        content = parser.raw()
        given[match[1]] = content.strip()
        tex = tex[: match.start()] + "".join(parser.tokens[::-1])
    silent = re.search(r"\\no(?:number|tag)(?![a-zA-Z])", tex)
    label = label_of(given["label"]) if given["label"] else ""
    return tex, given["tag"], label, bool(silent)


def tag_content(tag: str) -> str:
    """Return the Typst expression of a tag in parentheses; $…$ in it is mathematics."""
    pieces = []
    for number, part in enumerate(tag.split("$")):
        if number % 2:
            try:
                pieces.append(f"${tex_parser.converted(part, {})}$")
            except TexError:
                pieces.append(quote(part))
        elif part:
            pieces.append(quote(part))
    return " + ".join([quote("("), *pieces, quote(")")])


def label_of(name: str) -> str:
    r"""Return the Typst label for TeX's \label{name}."""
    return re.sub(r"[^\w.-]+", "-", name)
