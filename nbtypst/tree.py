"""HTML as a tree, read as forgivingly as a browser does."""

import base64
import dataclasses
import html.parser
import re
from collections.abc import Iterator

VOID = set("area base br col embed hr img input link meta param source track wbr".split())
# {tag: (tags that its start ends, tags that it does not look beyond)}
ENDS = {
    "li": ({"li"}, {"ul", "ol"}),
    "dt": ({"dt", "dd"}, {"dl"}),
    "dd": ({"dt", "dd"}, {"dl"}),
    "td": ({"td", "th"}, {"table"}),
    "th": ({"td", "th"}, {"table"}),
    "tr": ({"tr", "td", "th", "caption", "colgroup"}, {"table"}),
    "option": ({"option"}, {"select"}),
}
ENDS |= dict.fromkeys(
    ("thead", "tbody", "tfoot"),
    ({"thead", "tbody", "tfoot", "tr", "td", "th", "caption", "colgroup"}, {"table"}),
)
BLOCKS = set(
    """address article aside blockquote center details div dl fieldset figure footer form h1 h2 h3
    h4 h5 h6 header hr main nav ol p pre section table ul""".split()
)
DEEPEST = 60  # elements in elements: Typst gives up soon after
SVG = re.compile(r"<svg\b[\s\S]*?</svg\s*>", re.IGNORECASE)


@dataclasses.dataclass
class Node:
    """An element: children are elements and texts."""

    tag: str
    attributes: dict = dataclasses.field(default_factory=dict)
    children: list = dataclasses.field(default_factory=list)

    def classes(self) -> list[str]:
        """Return the names of its classes."""
        return (self.attributes.get("class") or "").split()

    def style(self) -> dict[str, str]:
        """Return {property: value} of its style attribute."""
        return declarations(self.attributes.get("style") or "")

    def walk(self) -> Iterator["Node"]:
        """Yield the element and those in it, in order."""
        yield self
        for child in self.children:
            if isinstance(child, Node):
                yield from child.walk()

    def text(self) -> str:
        """Return the text in it."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


class Reader(html.parser.HTMLParser):
    """Builds the tree; style sheets go to `sheets`, scripts are counted and left out."""

    def __init__(self) -> None:
        """Begin with an empty tree."""
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]
        self.sheets = []
        self.scripts = 0
        self.skipped = ""

    def handle_starttag(self, tag: str, attributes: list) -> None:
        """Open an element; those that it ends are closed."""
        if tag in ("script", "style"):
            self.skipped = tag
            self.scripts += tag == "script"
            return
        if tag in BLOCKS:
            self.end({"p"}, {"td", "th", "li", "blockquote", "div", "details", "table"})
        if tag in ENDS:
            self.end(*ENDS[tag])
        node = Node(tag, {name: value or "" for name, value in attributes})
        self.open[-1].children.append(node)
        if tag not in VOID and len(self.open) < DEEPEST:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        """Take <br/> as <br>; other tags are only begun, as browsers have it."""
        self.handle_starttag(tag, attributes)

    def end(self, tags: set[str], limits: set[str]) -> None:
        """Close open elements of `tags`, up to an element of `limits`."""
        for index in range(len(self.open) - 1, 0, -1):
            if self.open[index].tag in limits:
                return
            if self.open[index].tag in tags:
                del self.open[index:]
                if tags == {"p"}:
                    return

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and those in it that are open."""
        if tag == self.skipped:
            self.skipped = ""
            return
        limits = set() if tag in ("table", "div", "body", "html") else {"table"}
        for index in range(len(self.open) - 1, 0, -1):
            if self.open[index].tag == tag:
                del self.open[index:]
                return
            if self.open[index].tag in limits:
                return

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self.skipped == "style":
            self.sheets.append(data)
        elif not self.skipped:
            self.open[-1].children.append(data)


def read(source: str) -> tuple[Node, str, int]:
    """Return (the root `Node` of HTML, its style sheets, the number of its scripts)."""
    reader = Reader()
    reader.feed(SVG.sub(drawing, source))
    reader.close()  # the text after the last tag
    return reader.root, "".join(reader.sheets), reader.scripts


def drawing(match: re.Match) -> str:
    """Return an <img> of an <svg>."""
    svg = match[0]
    if "xmlns=" not in svg:
        svg = svg.replace("<svg", '<svg xmlns="http://www.w3.org/2000/svg"', 1)
    content = base64.b64encode(svg.encode()).decode()
    return f'<img alt="drawing" src="data:image/svg+xml;base64,{content}">'


def declarations(style: str) -> dict[str, str]:
    """Return {property: value} of CSS declarations."""
    pairs = (part.partition(":") for part in re.sub(r"/\*.*?\*/", "", style).split(";"))
    return {
        name.strip().lower(): value.replace("!important", "").strip()
        for name, _, value in pairs
        if value.strip()
    }


def rules(sheet: str) -> dict[str, dict[str, str]]:
    """Return {id of an element: its declarations} of a style sheet such as pandas' Styler makes."""
    result = {}
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet):
        for selector in selectors.split(","):
            if match := re.fullmatch(r"\s*#([\w-]+)\s*", selector):
                result.setdefault(match[1], {}).update(declarations(body))
    return result
