"""LaTeX tables in outputs, as pandas, xtable and stargazer write them, to HTML."""

import html
import re

GROUP = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
TABULAR = re.compile(
    r"\\begin\{(tabular[xy*]?|longtable|tabu)\}(?:\[[^\]]*\])?(?:\{\\?\w*\})?\s*"
    rf"{GROUP}([\s\S]*?)\\end\{{\1\}}"
)
FRAME = re.compile(
    r"\\(?:begin|end)\{(?:table\*?|center|adjustbox|threeparttable|footnotesize|small)\}"
    r"(?:\[[^\]]*\])?|\\(?:centering|label|footnotesize|small|scriptsize|tiny)(?:\{[^{}]*\})?(?![a-zA-Z])"
)
RULES = re.compile(
    r"\\(?:hline|toprule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|cline\{[^{}]*\}"
    r"|cmidrule(?:\([^)]*\))?\{[^{}]*\}|\\\[[^\]]*\])"
)
MULTI = re.compile(r"\\multi(column|row)(?:\[\w\])?\{(\d+)\}\{[^{}]*\}" + GROUP)
ROW_END = re.compile(r"\\\\(?:\[[^\]]*\])?|\\tabularnewline|\\midrule")
STYLES = {"textbf": "strong", "textit": "em", "emph": "em", "texttt": "code", "underline": "u"}
CHARACTERS = {
    r"\\textasciitilde(?:\{\})?": "&#126;", r"\\textbackslash(?:\{\})?": "&#92;",
    r"\\([%$#_{}])": r"\1", r"\\&amp;": "&amp;", "~": "&nbsp;", "---": "—", "--": "–",
}  # fmt: skip


def page(source: str) -> str:
    """Return the HTML of LaTeX with tables in it; commands that are not known stay as they are."""
    source = re.sub(r"(?<!\\)%.*", "", source)
    result = ""
    parts = TABULAR.split(source)  # words, then name, columns, body and words of each table
    for number in range(0, len(parts), 4):
        if number:
            result += table(parts[number - 2], parts[number - 1])
        words = re.sub(r"\\caption\*?" + GROUP, r"\1", FRAME.sub("", parts[number]))
        result += f"<p>{inline(words)}</p>" if words.strip() else ""
    return result


def table(columns: str, body: str) -> str:
    """Return the <table> of a tabular environment."""
    columns = re.sub(r"[@!>pmb]\{[^{}]*\}|[^lcrpmbX]", "", columns)
    sides = [{"c": "center", "r": "right"}.get(column, "left") for column in columns]
    head, midrule, rest = RULES.sub("", body).partition("\\midrule")
    header, rows = (
        "".join(row(line, sides) for line in ROW_END.split(part) if line.strip())
        for part in ((head, rest) if midrule else ("", head))
    )
    return f"<table><thead>{header}</thead>{rows}</table>"


def row(line: str, sides: list[str]) -> str:
    """Return the <tr> of a row."""
    cells = ""
    for number, text in enumerate(re.split(r"(?<!\\)&", line)):
        options = f'align="{sides[number] if number < len(sides) else "left"}"'
        if multi := MULTI.search(text):
            options += f' {"colspan" if multi[1] == "column" else "rowspan"}="{multi[2]}"'
            text = MULTI.sub(lambda match: match[3], text)
        cells += f"<td {options}>{inline(text.strip())}</td>"
    return f"<tr>{cells}</tr>"


def inline(text: str) -> str:
    """Return the HTML of LaTeX text; formulas are taken out before."""
    text = html.escape(text.replace("\\\\", " "), quote=False)
    for command, tag in STYLES.items():
        text = re.sub(rf"\\{command}\{{([^{{}}]*)\}}", rf"<{tag}>\1</{tag}>", text)
    text = re.sub(r"\\[a-z]\w+\{[^{}]*\}", r"<code>\g<0></code>", text)
    for pattern, character in CHARACTERS.items():
        text = re.sub(pattern, character, text)
    return text
