"""A tree of HTML to Typst: text is escaped, everything else is a call of a function."""

import dataclasses
import itertools
import re

from nbtypst import images, links, mathematics, tables, tree
from nbtypst.document import Fragment, typst_label
from nbtypst.text import escape, glued, hexadecimal, quote, raw, unset
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
    textarea noscript template title head hgroup search tspan progress""".split()
)
DROPPED = {"meta", "link", "base", "col", "colgroup", "source", "track", "param", "wbr", "template"}
MEDIA = set("video audio iframe canvas object embed applet frame math portal".split())
EDGE = "\ufdd5"  # around a displayed formula that stands in a paragraph
RERUN = "In a Jupyter environment, please rerun this cell"  # scikit-learn's, of no use on paper


def write(node: Node | str, fragment: Fragment) -> str:
    """Return the Typst of an element or a text."""
    if isinstance(node, str):
        return text(node, fragment)
    style = node.style()
    if "hidden" in node.attributes or style.get("display") == "none" or node.tag in DROPPED:
        return ""
    if node.tag == "b" and node.text().strip().startswith(RERUN):
        return ""
    typst = styled(element(node, fragment), style, node)
    if node.label and not node.level:
        typst = f"#anchor() #{typst_label(node.label)}{typst}"
    return f"\n\n{typst.strip()}\n\n" if node.tag in BLOCKS else typst.replace(EDGE, "")


def children(node: Node, fragment: Fragment) -> str:
    """Return the Typst of what is in an element; a formula keeps the paragraph before it."""
    pieces = [write(child, fragment) for child in node.children]
    blocks = [number for number, piece in enumerate(pieces) if piece.strip()]
    for before, after in itertools.pairwise(blocks):
        introduces = getattr(node.children[before], "tag", "") == "p"
        if introduces and pieces[after].lstrip().startswith("#displayed("):
            if not re.search(r"#(?:displayed|align)\(", pieces[before]):
                pieces[before] = f"\n\n#lead[{pieces[before].strip()}]\n\n"
    return "".join(pieces)


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


def element(node: Node, fragment: Fragment) -> str:
    """Return the Typst of an element, without its style."""
    tag = node.tag
    if handler := HANDLERS.get(tag):
        return handler(node, fragment)
    content = children(node, fragment)
    if tag in WRAPPERS:
        return f"#{WRAPPERS[tag]}[{content.strip()}]"
    if tag in PARAGRAPHS:
        return paragraph(node, content)
    if tag in PASSED:
        return content
    shown = f"<{tag}>"
    if tag in MEDIA:  # what moves or sounds
        sources = [part.attributes.get("src", "data:") for part in node.walk()]
        source = next((s for s in sources if not s.startswith("data:")), "")[:120]
        shown, content = f"<{tag}> {source}".strip(), f" {content}"
    fragment.context.complain(f"HTML that cannot be set: {shown}")
    return unset(shown) + content


def paragraph(node: Node, content: str) -> str:
    """Return a paragraph; an image alone stands in the middle, an alert in a box."""
    parts = content.split(EDGE)
    for number in range(0, len(parts) - 1, 2):  # what introduces a formula
        parts[number] = f"#lead[{parts[number].strip()}]\n" if parts[number].strip() else ""
    content = "".join(parts)
    inner = [child for child in node.children if not isinstance(child, str) or child.strip()]
    if node.tag == "p" and "#picture(" in content:
        if len(inner) == 1:
            return f"#align(center)[{content.strip()}]"
        return f"#[#set par(justify: false)\n{content.strip()}]"
    if {"alert", "admonition"} & set(node.classes()):
        return f"#callout[{content.strip()}]"
    return content


def text(words: str, fragment: Fragment) -> str:
    """Return the Typst of text with formulas, footnotes and addresses in it."""
    words, pieces, position = glued(words), [], 0
    for match in TEXT.finditer(words):
        piece = ""
        if match[1]:
            formula = fragment.context.document.formulas[int(match[1])]
            edge = EDGE if formula.display else ""
            piece = f"{edge}{links.formula(formula, fragment)}{edge}"
        elif match["note"] in fragment.notes:
            note = fragment.notes[match["note"]]
            piece = f"#footnote[{children(note, dataclasses.replace(fragment, notes={})).strip()}]"
        elif match["address"] and not fragment.in_link:
            piece = f"#link({quote(match['address'])})[{escape(match['address'])}]"
        if piece:
            pieces += [escape(words[position : match.start()], fragment.longest), piece]
            position = match.end()
    return "".join(pieces) + escape(words[position:], fragment.longest)


def link(node: Node, fragment: Fragment) -> str:
    """Return a link; there are none within links."""
    content = children(node, dataclasses.replace(fragment, in_link=True))
    return content if fragment.in_link else links.link(node, content, fragment)


def heading(node: Node, fragment: Fragment) -> str:
    """Return a heading, with the level and label that `links.register` gave it."""
    content = children(node, fragment).strip()
    typst = f"#heading(level: {node.level})[{content}] #{typst_label(node.label)}"
    return typst if node.text().strip() or "#" in content else ""


def listing(node: Node, fragment: Fragment) -> str:
    """Return a list of points or numbers; items with paragraphs stand apart, [ ] are boxes."""
    contents, tight = "", "true"
    for item in node.elements():
        tight = "false" if any(part.tag == "p" for part in item.elements()) else tight
        content = children(item, fragment) if item.tag == "li" else write(item, fragment)
        content = re.sub(r"^\\\[ \\\]", "☐", content.strip())
        contents += "[" + re.sub(r"^\\\[[xX]\\\]", "☑", content) + "], "
    if node.tag == "ul":
        return f"#list(tight: {tight}, {contents})"
    start = re.fullmatch(r"\d{1,9}", node.attributes.get("start", ""))
    return f"#enum(tight: {tight}, start: {start[0] if start else 1}, {contents})"


def preformatted(node: Node, fragment: Fragment) -> str:
    """Return code, in a line or a block, or text as a terminal shows it."""
    source = raw(mathematics.put_back(node.text(), fragment.context.document.formulas).rstrip("\n"))
    if node.tag != "pre":  # code within a line
        return f"#raw({source})"
    codes = [part for part in node.walk() if part.tag == "code"]
    if not codes:
        return f"#terminal(({source}, arguments()))"
    names = [name for part in codes for name in part.classes() if name.startswith("language-")]
    return f"#code({source}, {quote(names[0].removeprefix('language-') if names else '')})"


def quotation(node: Node, fragment: Fragment) -> str:
    """Return a quotation; one that begins with [!NOTE] is GitHub's box."""
    content = children(node, fragment).strip()
    if match := re.match(r"\\\[\\!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\\\]", content):
        return f"#callout[#strong[{match[1].capitalize()}] {content[match.end() :].strip()}]"
    return f"#quote(block: true)[{content}]"


def image(node: Node, fragment: Fragment) -> str:
    """Return an image; its file becomes part of the document."""
    document = fragment.context.document
    source, alt = (
        mathematics.put_back(node.attributes.get(name, ""), document.formulas).strip()
        for name in ("src", "alt")
    )
    try:
        content = images.load(source, fragment.context)
    except ValueError as error:
        fragment.context.complain(str(error))
        return unset(f"image {source[:200] if not source.startswith('data:') else alt}")
    if not alt and document.strict:
        fragment.context.complain(f"the image {source[:60]} needs alternative text: ![text](file)")
    style = node.style()
    width, height = (
        images.size(style.get(name) or node.attributes.get(name)) for name in ("width", "height")
    )
    still = document.add_image(*content, alt or "image without a description")
    return f"#picture({still}, width: {width}, height: {height})"


def field(node: Node, fragment: Fragment) -> str:
    """Return a box to tick; other fields hold nothing to print but their value."""
    if node.attributes.get("type") in ("checkbox", "radio"):
        return "☑ " if "checked" in node.attributes else "☐ "
    return escape(node.attributes.get("value", ""))


HANDLERS = {
    **{f"h{level}": heading for level in range(1, 7)},
    **dict.fromkeys(("pre", "code", "kbd", "samp", "tt"), preformatted),
    "ul": listing, "ol": listing, "blockquote": quotation, "img": image, "input": field, "a": link,
    "table": lambda node, fragment: tables.table(node, fragment, children),
    "br": lambda node, fragment: "#linebreak()",
    "hr": lambda node, fragment: "#divider()",
    "q": lambda node, fragment: f'"{children(node, fragment)}"',
    "progress": lambda node, fragment: "",
}  # fmt: skip
