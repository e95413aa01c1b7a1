"""LaTeX tables in outputs, as pandas, xtable and stargazer write them, to a tree of HTML."""

import re

from nbtypst import mathematics
from nbtypst.document import Document
from nbtypst.tree import Node

TABULAR = re.compile(
    r"\\begin\{(tabular[xy*]?|longtable|tabu)\}(?:\[[^\]]*\])?(?:\{\\?\w*\})?\s*"
    r"\{((?:[^{}]|\{[^{}]*\})*)\}([\s\S]*?)\\end\{\1\}"
)
FRAME = re.compile(
    r"\\(?:begin|end)\{(?:table\*?|center|adjustbox|threeparttable|footnotesize|small)\}"
    r"(?:\[[^\]]*\])?|\\(?:centering|label|footnotesize|small|scriptsize|tiny)(?:\{[^{}]*\})?(?![a-zA-Z])"
)
RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|cline\{[^{}]*\}"
    r"|cmidrule(?:\([^)]*\))?\{[^{}]*\}|\\\[[^\]]*\])"
)
MULTI = re.compile(r"\\multi(column|row)(?:\[\w\])?\{(\d+)\}\{[^{}]*\}\{((?:[^{}]|\{[^{}]*\})*)\}")
STYLES = {"textbf": "strong", "textit": "em", "emph": "em", "texttt": "code", "underline": "u"}


def tables(source: str) -> bool:
    """Return whether there is a LaTeX table in an output."""
    return bool(TABULAR.search(source))


def tree(source: str, document: Document) -> Node:
    """Return LaTeX with tables in it as a tree of HTML; other commands stay as they are."""
    root, position = Node("root"), 0
    source = re.sub(r"(?<!\\)%.*", "", source)
    for match in TABULAR.finditer(source):
        outside(source[position : match.start()], root, document)
        root.children.append(tabular(match[2], match[3], document))
        position = match.end()
    outside(source[position:], root, document)
    return root


def outside(source: str, root: Node, document: Document) -> None:
    """Add what stands around a table, such as its caption."""
    source = re.sub(r"\\caption\*?\{((?:[^{}]|\{[^{}]*\})*)\}", r"\1", FRAME.sub("", source))
    if source.strip():
        root.children.append(Node("p", {}, inline(source, document)))


def tabular(columns: str, body: str, document: Document) -> Node:
    """Return the <table> of a tabular environment."""
    columns = re.sub(r"[@!>pmb]\{[^{}]*\}|[^lcrpmbX]", "", columns)
    sides = [{"l": "left", "c": "center", "r": "right"}.get(c, "left") for c in columns]
    head, separator, rest = body.partition("\\midrule")
    rows = [Node("thead", {}, lines(head, sides, document))] if separator else []
    rows += lines(rest if separator else body, sides, document)
    return Node("table", {}, rows)


def lines(source: str, sides: list[str], document: Document) -> list[Node]:
    """Return the <tr> elements of rows."""
    rows = []
    for line in re.split(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline", RULES.sub("", source)):
        if not line.strip():
            continue
        row = Node("tr")
        for number, text in enumerate(re.split(r"(?<!\\)&", line)):
            attributes = {"align": sides[number] if number < len(sides) else "left"}
            if multi := MULTI.search(text):
                attributes["colspan" if multi[1] == "column" else "rowspan"] = multi[2]
                text = MULTI.sub(lambda match: match[3], text)
            row.children.append(Node("td", attributes, inline(text.strip(), document)))
        rows.append(row)
    return rows


def inline(text: str, document: Document) -> list:
    """Return the texts and elements of LaTeX text."""
    text = mathematics.take_out(text, document.formulas, document.macros)
    text = re.sub(r"\\text(?:asciitilde|backslash)(?:\{\})?", "~", text)
    position = 0
    result: list[Node | str] = []
    for match in re.finditer(r"\\(\w+)\{([^{}]*)\}", text):
        result.append(plain(text[position : match.start()]))
        known = match[1] in STYLES
        result.append(
            Node(STYLES[match[1]], {}, [plain(match[2])]) if known else Node("code", {}, [match[0]])
        )
        position = match.end()
    return [*result, plain(text[position:])]


def plain(text: str) -> str:
    """Return text without LaTeX's escapes."""
    text = text.replace("\\\\", " ").replace("~", "\N{NO-BREAK SPACE}")
    text = re.sub(r"\\([%&$#_{}])", r"\1", text)
    return text.replace("---", "—").replace("--", "–")
