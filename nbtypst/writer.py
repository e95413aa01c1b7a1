"""A tree of HTML to Typst: text is escaped, everything else is a call of a function."""

import dataclasses
import re

from nbtypst import images, links, mathematics, tables, tree
from nbtypst.commands import hexadecimal
from nbtypst.document import quote, typst_label
from nbtypst.text import State, escape, raw, unset
from nbtypst.tree import Node

TEXT = re.compile(
    f"{mathematics.MARK.pattern}"
    r"|\[\^(?P<note>[^\]\s]+)\]"
    r"|(?P<address>https?://[^\s<>\"\ufdd0]*[^\s<>\"\ufdd0.,:;!?'*)\]])"
)
WRAPPERS = {
    "strong": "strong", "b": "strong", "em": "emph", "i": "emph", "cite": "emph", "dfn": "emph",
    "var": "emph", "address": "emph", "del": "strike", "s": "strike", "strike": "strike",
    "u": "underline", "ins": "underline", "mark": "highlight", "sub": "sub", "sup": "super",
    "small": "text(size: 0.85em)", "big": "text(size: 1.2em)", "center": "align(center)",
    "caption": "align(center)", "figcaption": "align(center)", "dt": "strong",
    "dd": "pad(left: 1.5em)", "legend": "strong", "summary": "strong",
}  # fmt: skip
PARAGRAPHS = set(
    "p div details section article main header footer nav aside figure dl address form".split()
)
BLOCKS = tree.BLOCKS | {"caption", "figcaption", "dt", "dd", "summary", "legend"}
PASSED = set(
    """root html body span font a abbr time label nobr wbr tt big colgroup col thead tbody tfoot tr
    td th optgroup output bdi bdo ruby rt rp area map data center fieldset form button option select
    textarea noscript template title head hgroup search tspan""".split()
)
DROPPED = {"meta", "link", "base", "col", "colgroup", "source", "track", "param", "wbr", "template"}
MEDIA = set("video audio iframe canvas object embed applet frame math portal".split())
RERUN = "In a Jupyter environment, please rerun this cell"


def write(node: Node | str, state: State) -> str:
    """Return the Typst of an element or a text."""
    if isinstance(node, str):
        return text(node, state)
    style = node.style()
    if "hidden" in node.attributes or style.get("display") == "none" or node.tag in DROPPED:
        return ""
    if node.text().strip().startswith(RERUN) and node.tag == "b":
        return ""
    anchor = links.anchor(node, state)
    typst = anchor + styled(element(node, state), style, node)
    if node.tag in BLOCKS:
        return f"\n\n{typst.strip()}\n\n"
    return typst


def children(node: Node, state: State) -> str:
    """Return the Typst of what is in an element."""
    pieces = []
    for number, child in enumerate(node.children):
        before = node.children[number - 1] if number else None
        if isinstance(child, str) and isinstance(before, Node) and before.tag == "img":
            child = re.sub(r"^\{[^{}\n]*\}", "", child)  # ![](file){width=50%}: see `sized`
        elif isinstance(child, Node) and child.tag == "img":
            sized(child, node.children[number + 1 : number + 2])
        pieces.append(write(child, state))
    return "".join(pieces)


def sized(node: Node, following: list) -> None:
    """Give an image the size that Quarto's and pandoc's Markdown write behind it."""
    if following and isinstance(following[0], str):
        if match := re.match(r"\{([^{}\n]*)\}", following[0]):
            for name, value in re.findall(r"(width|height)\s*=\s*\"?([\w.%]+)", match[1]):
                node.attributes.setdefault(name, value)


def styled(typst: str, style: dict[str, str], node: Node) -> str:
    """Return Typst in the colour, weight and place that a style attribute or <font> gives it."""
    if not typst.strip():
        return typst
    fill = hexadecimal(style.get("color") or node.attributes.get("color") or "")
    ground = hexadecimal(style.get("background-color") or style.get("background") or "")
    if fill and node.tag not in ("td", "th", "table", "div"):
        typst = f"#text(fill: rgb({quote(fill)}))[{typst}]"
    if ground and node.tag in ("span", "mark", "font", "code", "b", "strong"):
        typst = f"#highlight(fill: rgb({quote(ground)}))[{typst}]"
    if style.get("font-weight") in ("bold", "600", "700", "800") and node.tag == "span":
        typst = f"#strong[{typst}]"
    side = style.get("text-align") or node.attributes.get("align")
    if side in ("center", "right") and node.tag in (*PARAGRAPHS, "h1", "h2", "h3", "h4"):
        typst = f"#align({side})[{typst}]"
    return typst


def element(node: Node, state: State) -> str:
    """Return the Typst of an element, without its style."""
    tag = node.tag
    if handler := HANDLERS.get(tag):
        return handler(node, state)
    if tag in WRAPPERS:
        return f"#{WRAPPERS[tag]}[{children(node, state).strip()}]"
    if tag in PARAGRAPHS:
        return paragraph(node, state)
    if tag in MEDIA:
        return media(node, state)
    if tag in PASSED:
        return children(node, state)
    state.document.complain(state.location, f"HTML that cannot be set: <{tag}>")
    return unset(f"<{tag}>") + children(node, state)


def paragraph(node: Node, state: State) -> str:
    """Return a paragraph; an image alone stands in the middle, an alert in a box."""
    content = children(node, state)
    inner = [child for child in node.children if not isinstance(child, str) or child.strip()]
    if node.tag == "p" and len(inner) == 1 and "#picture(" in content:
        return f"#align(center)[{content.strip()}]"
    if node.tag == "p" and "#picture(" in content:
        return f"#[#set par(justify: false)\n{content.strip()}]"
    if {"alert", "admonition"} & set(node.classes()):
        return f"#callout[{content.strip()}]"
    return content


def media(node: Node, state: State) -> str:
    """Return the name of what moves or sounds, and name it."""
    sources = [part.attributes.get("src", "") for part in node.walk()]
    source = next((s for s in sources if s and not s.startswith("data:")), "")[:120]
    state.document.complain(
        state.location, f"HTML that cannot be set: <{node.tag}> {source}".strip()
    )
    return unset(f"<{node.tag}> {source}".strip()) + " " + children(node, state)


def text(words: str, state: State) -> str:
    """Return the Typst of text with formulas, footnotes and addresses in it."""
    pieces, position = [], 0
    for match in TEXT.finditer(words):
        piece = ""
        if match[1]:
            piece = links.formula(state.document.formulas[int(match[1])], state)
        elif match["note"] in state.notes:
            note = state.notes[match["note"]]
            piece = f"#footnote[{children(note, dataclasses.replace(state, notes={})).strip()}]"
        elif match["address"] and not state.in_link:
            piece = f"#link({quote(match['address'])})[{escape(match['address'])}]"
        if piece:
            pieces += [escape(words[position : match.start()], state.longest), piece]
            position = match.end()
    return "".join(pieces) + escape(words[position:], state.longest)


def link(node: Node, state: State) -> str:
    """Return a link; there are none within links."""
    content = children(node, dataclasses.replace(state, in_link=True))
    return content if state.in_link else links.link(node, content, state)


def heading(node: Node, state: State) -> str:
    """Return a heading, with the level and label that `links.register` gave it."""
    level, label = node.attributes["typst-level"], node.attributes["typst-label"]
    content = children(node, state).strip()
    if not node.text().strip() and "#" not in content:
        return ""
    return f"#heading(level: {level})[{content}] #{typst_label(label)}"


def listing(node: Node, state: State) -> str:
    """Return a list of points or numbers; items with paragraphs stand apart."""
    items = [child for child in node.children if isinstance(child, Node)]
    loose = any(
        isinstance(part, Node) and part.tag == "p" for item in items for part in item.children
    )
    contents = "".join(f"[{item_content(item, state)}], " for item in items)
    options = f"tight: {str(not loose).lower()}, "
    if node.tag == "ol":
        start = node.attributes.get("start", "1")
        options += f"start: {start if start.isdecimal() and len(start) < 10 else 1}, "
        return f"#enum({options}{contents})"
    return f"#list({options}{contents})"


def item_content(item: Node, state: State) -> str:
    """Return what stands in an item; [ ] and [x] before it are boxes."""
    content = (children(item, state) if item.tag == "li" else write(item, state)).strip()
    content = re.sub(r"^\\\[ \\\]", "☐", content)
    return re.sub(r"^\\\[[xX]\\\]", "☑", content)


def preformatted(node: Node, state: State) -> str:
    """Return a block of code, or text as a terminal shows it."""
    source = mathematics.put_back(node.text(), state.document.formulas).rstrip("\n")
    codes = [part for part in node.walk() if part.tag == "code"]
    names = [name for part in codes for name in part.classes() if name.startswith("language-")]
    if codes:
        language = names[0].removeprefix("language-") if names else ""
        return f"#code({raw(source)}, {quote(language)})"
    return f"#terminal(({raw(source)}, arguments()))"


def code(node: Node, state: State) -> str:
    """Return code within a line."""
    return f"#raw({raw(mathematics.put_back(node.text(), state.document.formulas))})"


def quotation(node: Node, state: State) -> str:
    """Return a quotation; one that begins with [!NOTE] is GitHub's box."""
    content = children(node, state).strip()
    if match := re.match(r"\\\[\\!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\\\]", content):
        return f"#callout[#strong[{match[1].capitalize()}] {content[match.end() :].strip()}]"
    return f"#quote(block: true)[{content}]"


def image(node: Node, state: State) -> str:
    """Return an image; its file becomes part of the document."""
    document, attributes = state.document, node.attributes
    source = mathematics.put_back(attributes.get("src", ""), document.formulas)
    alt = mathematics.put_back(attributes.get("alt", ""), document.formulas).strip()
    try:
        content = images.load(source, state.attachments, document.folders, document.outside)
        path = document.add_file(*content)
    except ValueError as error:
        document.complain(state.location, str(error))
        return unset(f"image {source[:200] if not source.startswith('data:') else alt}")
    if not alt:
        fault = f"the image {source[:60]} needs alternative text: ![text](file)"
        if document.strict:
            document.complain(state.location, fault)
        alt = "image without a description"
    style = node.style()
    sizes = {name: style.get(name) or attributes.get(name, "") for name in ("width", "height")}
    options = "".join(f", {name}: {images.size(value)}" for name, value in sizes.items())
    return f"#picture({quote(path)}, alt: {quote(alt)}{options})"


def checkbox(node: Node, state: State) -> str:
    """Return a box to tick; other fields hold nothing to print but their value."""
    if node.attributes.get("type") in ("checkbox", "radio"):
        return "☑ " if "checked" in node.attributes else "☐ "
    return escape(node.attributes.get("value", ""))


HANDLERS = {f"h{level}": heading for level in range(1, 7)}
HANDLERS |= {
    "ul": listing, "ol": listing, "pre": preformatted, "code": code, "kbd": code, "samp": code,
    "tt": code, "blockquote": quotation, "img": image, "input": checkbox, "a": link,
    "table": lambda node, state: tables.table(node, state, children), "br": lambda node,
    state: "#linebreak()",
    "hr": lambda node, state: "#divider()",
    "q": lambda node, state: f'"{children(node, state)}"',
    "progress": lambda node, state: "",
}  # fmt: skip
