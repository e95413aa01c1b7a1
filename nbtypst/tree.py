"""HTML as a tree, read as forgivingly as a browser does."""

import base64
import dataclasses
import html.parser
import re
from collections.abc import Iterator

VOID = set("area base br col embed hr img input link meta param source track wbr".split())
BLOCKS = set(
    """address article aside blockquote center details div dl fieldset figure footer form h1 h2 h3
    h4 h5 h6 header hr main nav ol p pre section table ul""".split()
)
CELLS = {"td", "th", "caption", "colgroup"}
# {tag: (tags that its start ends, tags that it does not look beyond)}
ENDS = dict.fromkeys(BLOCKS, ({"p"}, {"td", "th", "li", "blockquote", "div", "details", "table"}))
ENDS |= dict.fromkeys(
    ("thead", "tbody", "tfoot"), (CELLS | {"tr", "thead", "tbody", "tfoot"}, {"table"})
)
ENDS |= dict.fromkeys(("td", "th"), (CELLS, {"table", "tr"}))
ENDS |= dict.fromkeys(("dt", "dd"), ({"dt", "dd"}, {"dl"}))
ENDS |= {"tr": (CELLS | {"tr"}, {"table"}), "li": ({"li"}, {"ul", "ol"})}
DEEPEST = 60  # elements in elements: Typst gives up soon after
SVG = re.compile(r"<svg\b[\s\S]*?</svg\s*>", re.IGNORECASE)


@dataclasses.dataclass
class Node:
    """An element: children are elements and texts."""

    tag: str
    attributes: dict = dataclasses.field(default_factory=dict)
    children: list = dataclasses.field(default_factory=list)
    label: str = ""  # what `links.register` calls it
    level: int = 0  # of a heading in the document
    outermost: bool = False  # of a table: nothing but the page is around it

    def classes(self) -> list[str]:
        """Return the names of its classes."""
        return self.attributes.get("class", "").split()

    def style(self) -> dict[str, str]:
        """Return {property: value} of its style attribute."""
        return declarations(self.attributes.get("style", ""))

    def walk(self) -> Iterator["Node"]:
        """Yield the element and those in it, in order."""
        yield self
        for child in self.elements():
            yield from child.walk()

    def elements(self) -> list["Node"]:
        """Return its children that are no text."""
        return [child for child in self.children if isinstance(child, Node)]

    def text(self) -> str:
        """Return the text in it."""
        return "".join(child if isinstance(child, str) else child.text() for child in self.children)


class Reader(html.parser.HTMLParser):
    """Builds the tree; style sheets go to `sheet`, scripts are counted and left out."""

    def __init__(self, source: str) -> None:
        """Read HTML."""
        super().__init__(convert_charrefs=True)
        self.root = Node("root")
        self.open = [self.root]
        self.sheet = ""
        self.scripts = 0
        self.skipped = ""
        self.feed(SVG.sub(drawing, source))
        self.close()  # the text after the last tag

    def handle_starttag(self, tag: str, attributes: list) -> None:
        """Open an element; those that it ends are closed."""
        if tag in ("script", "style"):
            self.skipped = tag
            self.scripts += tag == "script"
            return
        while tag in ENDS and self.end(*ENDS[tag]):
            pass
        node = Node(tag, {name: value or "" for name, value in attributes})
        self.open[-1].children.append(node)
        if tag not in VOID and len(self.open) < DEEPEST:
            self.open.append(node)

    def handle_startendtag(self, tag: str, attributes: list) -> None:
        """Take <br/> as <br>; other tags are only begun, as browsers have it."""
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag: str) -> None:
        """Close the element, and those in it that are open."""
        if tag == self.skipped:
            self.skipped = ""
        else:
            self.end({tag}, set() if tag in ("table", "div", "body", "html") else {"table"})

    def end(self, tags: set[str], limits: set[str]) -> bool:
        """Close the innermost open element of `tags`, unless one of `limits` stands in it."""
        for index in range(len(self.open) - 1, 0, -1):
            if self.open[index].tag in tags:
                del self.open[index:]
                return True
            if self.open[index].tag in limits:
                break
        return False

    def handle_data(self, data: str) -> None:
        """Keep text."""
        if self.skipped == "style":
            self.sheet += data
        elif not self.skipped:
            self.open[-1].children.append(data)


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
        for name in re.findall(r"(?:^|,)\s*#([\w-]+)\s*(?=,|$)", selectors):
            result.setdefault(name, {}).update(declarations(body))
    return result
