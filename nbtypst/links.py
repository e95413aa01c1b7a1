"""Headings, anchors and what points at them: links, numbered references, citations."""

import re
import urllib.parse

from nbtypst import mathematics
from nbtypst.commands import label_of
from nbtypst.document import Fragment, typst_label
from nbtypst.text import quote, unset
from nbtypst.tree import Node

CITATION = r'#cite\(label\("(?:[^"\\]|\\.)+"\)\)'
IN_PARENTHESES = re.compile(rf"\\\(({CITATION}(?:(?:\\,|\\;|) {CITATION})*)\\\)")
SCHEMES = {"http", "https", "mailto", "ftp", "tel", "doi"}


def register(fragment: Fragment) -> None:
    """Give headings their levels and labels; note what links may find."""
    context = fragment.context
    document, location = context.document, context.location
    for number in mathematics.MARK.findall(fragment.tree.text()):
        for row in document.formulas[int(number)].rows:
            if row.label:
                row.label = context.define(row.label)
            first = document.tags.setdefault(row.tag, location) if row.tag else location
            if document.strict and first != location:
                fault = f"\\tag{{{row.tag}}} is used before by {first}; a label alone counts on"
                context.complain(fault)
    headings = 0
    for node in fragment.tree.walk():
        if re.fullmatch("h[1-6]", node.tag):
            register_heading(node, headings, fragment)
            headings += 1
        elif node.tag == "a" or (fragment.kind == "markdown" and node.tag not in ("td", "th")):
            name = node.attributes.get("id") or node.attributes.get("name")
            target = f"{location.notebook}#{name}"
            if name and target not in document.labels:
                node.label = f"anchor--{len(document.labels)}"
                document.labels[target] = node.label, location


def register_heading(node: Node, number: int, fragment: Fragment) -> None:
    """Give a heading a level that skips none, a label, and the names of other tools for it."""
    document, location = fragment.context.document, fragment.context.location
    level, previous = int(node.tag[1]), (document.levels or [0])[-1]
    if document.strict and level > previous + 1:
        fragment.context.complain(f"a heading of level {level} follows {previous}")
    document.levels = [*(above for above in document.levels if above < level), level]
    node.level = len(document.levels)
    slug = re.sub(r"\W", "-", location.notebook)
    node.label = f"{slug}--{location.number}-{number}"
    text = mathematics.put_back(node.text(), document.formulas).strip()
    words = re.sub(r"[^\w\s-]", "", text.lower())
    names = [text.replace(" ", "-"), re.sub(r"\s", "-", words), node.attributes.get("id", "")]
    names += [f"sec-{location.id}"] if location.id and not number else []
    for name in [name for name in names if name] + ([""] if level == 1 else []):
        document.labels.setdefault(f"{location.notebook}#{name}", (node.label, location))


def formula(formula: mathematics.Formula, fragment: Fragment) -> str:
    """Return a formula, a reference to one, or the source of what is neither."""
    if match := mathematics.REFERENCE.fullmatch(formula.tex):
        label = label_of(match[2])
        if label in fragment.context.document.labels:
            return f"#reference({typst_label(label)})[]"
        formula.fault = f"{formula.tex} finds no label of that name"
    if formula.fault:
        fragment.context.complain(f"{formula.fault}: {formula.source[:60]!r}")
        return unset(formula.source)
    if not formula.rows:
        return ""
    typst = formula.typst()
    fragment.context.document.fallbacks[typst] = unset(formula.source)
    return typst


def link(node: Node, content: str, fragment: Fragment) -> str:
    """Return a link around `content`: a numbered reference, a citation, a jump or an address."""
    formulas = fragment.context.document.formulas
    target = mathematics.put_back(node.attributes.get("href", ""), formulas).strip()
    if not target:
        return content
    target = urllib.parse.unquote(target)
    if target.startswith("#ref-"):
        return citation(content, target.removeprefix("#ref-"), node.text(), fragment)
    if re.fullmatch(r"#.*|[^/:]+\.ipynb(#.*)?", target):
        return within(content, target, fragment)
    scheme = re.match(r"\s*([a-zA-Z][\w+.-]*):", target)
    if (not scheme or scheme[1].lower() in SCHEMES) and not re.search(r"[\x00-\x1f]", target):
        return f"#link({quote(target)})[{content}]"
    fault = f"the address {target[:60]!r} is left out: only web pages are linked"
    fragment.context.complain(fault)
    return content


def within(content: str, target: str, fragment: Fragment) -> str:
    """Return a link to a place in the document."""
    labels = fragment.context.document.labels
    file, _, name = target.partition("#")
    full = f"{file.removesuffix('.ipynb') or fragment.context.location.notebook}#{name}"
    found = labels.get(name) or labels.get(full)
    if not found and not file:
        others = [value for key, value in labels.items() if key.endswith(target)]
        lower = {key.lower(): value for key, value in labels.items()}
        found = others[0] if len(others) == 1 else lower.get(full.lower())
    if found:
        numbered = name in labels or name.startswith("sec-")
        return f"#{'reference' if numbered else 'jump'}({typst_label(found[0])})[{content}]"
    if file and not fragment.context.document.strict:  # a file beside this one
        return f"#link({quote(target)})[{content}]"
    if target not in ("#", "#top"):
        fragment.context.complain(f"the link to {target} finds nothing of that name")
    return content


def citation(content: str, key: str, text: str, fragment: Fragment) -> str:
    """Return a citation; its number replaces a text with a year and follows any other text."""
    if key not in fragment.context.document.keys:
        fragment.context.complain(f"#ref-{key} is not in references.bib")
        return content
    fragment.context.document.cited = True
    cite = f"#cite({typst_label(key)})"
    dated = re.search(r"\b(?:19|20)\d\d\b", text)
    return cite if dated or not text else f"{content}~{cite}"
