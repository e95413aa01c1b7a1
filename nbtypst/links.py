"""Headings, anchors and what points at them: links, numbered references, citations."""

import re
import urllib.parse

from nbtypst import mathematics
from nbtypst.document import Document, Fragment, quote, typst_label
from nbtypst.problems import Location
from nbtypst.text import State, unset
from nbtypst.tree import Node

CITATION = r'#cite\(label\("(?:[^"\\]|\\.)+"\)\)'
IN_PARENTHESES = re.compile(rf"\\\(({CITATION}(?:(?:\\,|\\;|) {CITATION})*)\\\)")
SCHEMES = {"http", "https", "mailto", "ftp", "tel", "doi"}


def register(fragment: Fragment, document: Document) -> None:
    """Give headings their levels and labels; note what links may find."""
    location, headings = fragment.location, 0
    for number in mathematics.MARK.findall(fragment.tree.text()):
        for row in document.formulas[int(number)].rows:
            if row.label:
                row.label = document.define(row.label, location)
            first = document.tags.setdefault(row.tag, location) if row.tag else location
            if document.strict and first != location:
                fault = f"\\tag{{{row.tag}}} is used before by {first}; a label alone counts on"
                document.complain(location, fault)
    for node in fragment.tree.walk():
        name = f"{location.notebook}#{node.attributes.get('id') or node.attributes.get('name')}"
        if re.fullmatch("h[1-6]", node.tag):
            register_heading(node, location, headings, document)
            headings += 1
        elif name in document.targets and name not in document.labels:
            node.attributes["typst-label"] = f"anchor--{len(document.labels)}"
            document.labels[name] = (node.attributes["typst-label"], location)


def register_heading(node: Node, location: Location, number: int, document: Document) -> None:
    """Give a heading a level that skips none, a label, and the names of other tools for it."""
    level = int(node.tag[1])
    if document.strict and level > document.level + 1:
        document.complain(location, f"a heading of level {level} follows {document.level}")
    document.level = level
    while document.levels and document.levels[-1] >= level:
        document.levels.pop()
    document.levels.append(level)
    slug = re.sub(r"\W", "-", location.notebook)
    label = f"{slug}--{location.number}-{number}"
    node.attributes |= {"typst-level": len(document.levels), "typst-label": label}
    text = mathematics.put_back(node.text(), document.formulas).strip()
    words = re.sub(r"[^\w\s-]", "", text.lower())
    names = [text.replace(" ", "-"), re.sub(r"\s", "-", words), node.attributes.get("id", "")]
    names += [f"sec-{location.id}"] if location.id and not number else []
    for name in [name for name in names if name] + ([""] if level == 1 else []):
        document.labels.setdefault(f"{location.notebook}#{name}", (label, location))


def targets(fragment: Fragment) -> set[str]:
    """Return the names of the anchors that links of a fragment point at."""
    names = set()
    for node in fragment.tree.walk():
        address = urllib.parse.unquote(node.attributes.get("href", ""))
        if node.tag == "a" and "#" in address:
            file, _, name = address.partition("#")
            names.add(f"{file.removesuffix('.ipynb') or fragment.location.notebook}#{name}")
    return names


def anchor(node: Node, state: State) -> str:
    """Return what makes an element with an id a target."""
    label = node.attributes.get("typst-label")
    if not label or "typst-level" in node.attributes:
        return ""
    return f"#anchor() #{typst_label(label)}"


def formula(formula: mathematics.Formula, state: State) -> str:
    """Return a formula, a reference to one, or the source of what is neither."""
    if match := mathematics.REFERENCE.fullmatch(formula.tex):
        label = mathematics.label_of(match[2])
        if label in state.document.labels:
            return f"#reference({typst_label(label)})[]"
        state.document.complain(state.location, f"{formula.tex} finds no label of that name")
        return unset(formula.tex)
    if formula.fault:
        state.document.complain(state.location, f"{formula.fault}: {formula.source[:60]!r}")
        return unset(formula.source)
    return formula.typst() if formula.rows else ""


def link(node: Node, content: str, state: State) -> str:
    """Return a link around `content`: a numbered reference, a citation, a jump or an address."""
    document = state.document
    target = mathematics.put_back(node.attributes.get("href", ""), document.formulas).strip()
    if not target:
        return content
    target = urllib.parse.unquote(target)
    if target.startswith("#ref-"):
        return citation(content, target.removeprefix("#ref-"), node.text(), state)
    if re.fullmatch(r"#.*|[^/:]+\.ipynb(#.*)?", target):
        return within(content, target, state)
    scheme = re.match(r"\s*([a-zA-Z][\w+.-]*):", target)
    if (scheme and scheme[1].lower() not in SCHEMES) or re.search(r"[\x00-\x1f]", target):
        document.complain(
            state.location, f"the address {target[:60]!r} is left out: only web pages are linked"
        )
        return content
    return f"#link({quote(target)})[{content}]"


def within(content: str, target: str, state: State) -> str:
    """Return a link to a place in the document."""
    document = state.document
    file, _, name = target.partition("#")
    full = f"{file.removesuffix('.ipynb') or state.location.notebook}#{name}"
    target_label = document.labels.get(name) or document.labels.get(full)
    if not target_label and not file:
        others = [value for key, value in document.labels.items() if key.endswith(target)]
        target_label = others[0] if len(others) == 1 else None
        lower = {key.lower(): value for key, value in document.labels.items()}
        target_label = target_label or lower.get(full.lower())
    if target_label:
        numbered = name in document.labels or name.startswith("sec-")
        return f"#{'reference' if numbered else 'jump'}({typst_label(target_label[0])})[{content}]"
    if file and not document.strict:  # a file beside this one
        return f"#link({quote(target)})[{content}]"
    if target not in ("#", "#top"):
        document.complain(state.location, f"the link to {target} finds nothing of that name")
    return content


def citation(content: str, key: str, text: str, state: State) -> str:
    """Return a citation; its number replaces a text with a year and follows any other text."""
    if key not in state.document.keys:
        state.document.complain(state.location, f"#ref-{key} is not in references.bib")
        return content
    state.document.cited = True
    cite = f"#cite({typst_label(key)})"
    dated = re.search(r"\b(?:19|20)\d\d\b", text)
    return cite if dated or not text else f"{content}~{cite}"
