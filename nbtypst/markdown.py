"""Markdown and HTML of notebook cells to Typst: cross-references, images, numbered equations."""

import re
import urllib.parse

from nbtypst import images, markup, mathematics, pandoc
from nbtypst.document import quote, typst_label

HTML = "html-auto_identifiers"
FORMATS = {"markdown": pandoc.MARKDOWN, "html": HTML, "latex": "latex-auto_identifiers"}
# Elements that pandoc writes as a call, such as #strong[…].
CALLS = "Emph Strong Strikeout Underline Superscript Subscript SmallCaps Note".split()
CITATION = r'#cite\(label\("(?:[^"\\]|\\.)+"\)\);'
IN_PARENTHESES = re.compile(rf"\(({CITATION}(?:(?:,|\\;|) {CITATION})*)\)")


def typeset(fragments, document):
    """Return the Typst source of each `Fragment`, all of them in a few pandoc calls.

    Faults are noted in `document`, each with the cell it stands in.
    """
    waiting = [fragment for fragment in fragments if fragment.kind != "typst"]
    for kind, source_format in FORMATS.items():
        if group := [fragment for fragment in waiting if fragment.kind == kind]:
            texts = [prepared(fragment, document) for fragment in group]
            for fragment, tree in zip(group, pandoc.read(texts, source_format), strict=True):
                fragment.tree = tree
    document.macros = mathematics.definitions(document.formulas)
    read_html([fragment for fragment in waiting if fragment.kind == "markdown"], document)
    for fragment in waiting:
        fragment.tree = labelled(fragment, document)
    for fragment in waiting:
        fragment.tree = ready(fragment, document)
    for fragment, text in zip(waiting, write(waiting, document), strict=True):
        fragment.text = IN_PARENTHESES.sub(r"\1", mathematics.after_pandoc(text))
    return [fragment.text for fragment in fragments]


def prepared(fragment, document):
    """Return a fragment's text as pandoc is to read it."""
    if fragment.kind == "markdown":
        return mathematics.take_out(fragment.text, document.formulas)
    return readable(fragment.text, fragment, document) if fragment.kind == "html" else fragment.text


def readable(html, fragment, document):
    """Return HTML of tags that can be set; others are noted."""
    html, unknown = markup.settable(html)
    if unknown:
        tags = ", ".join(f"<{tag}>" for tag in unknown)
        document.complain(fragment.place, f"HTML that cannot be set: {tags}")
    return html


def read_html(fragments, document):
    """Read the raw HTML in Markdown's trees as HTML."""
    found = []

    def collect(element):
        if element["t"] in ("RawBlock", "RawInline") and element["c"][0] == "html":
            if re.fullmatch(r"\s*<!--[\s\S]*?-->\s*", element["c"][1]):
                return []  # a comment is for the author
            if not found or found[-1] is not fragment:
                found.append(fragment)
        return None

    for fragment in fragments:
        fragment.tree = pandoc.transform(fragment.tree, collect)
    if found:
        pages = pandoc.write([fragment.tree for fragment in found], "html")
        pages = [readable(*pair, document) for pair in zip(pages, found, strict=True)]
        for fragment, tree in zip(found, pandoc.read(pages, HTML), strict=True):
            fragment.tree = tree


def write(fragments, document):
    """Return Typst for each tree; on an error go through them one by one to name the cell."""
    try:
        return pandoc.write([fragment.tree for fragment in fragments])
    except pandoc.PandocError:
        texts = []
    for fragment in fragments:
        try:
            texts += pandoc.write([fragment.tree])
        except pandoc.PandocError as error:
            document.complain(fragment.place, f"pandoc: {error}")
            texts += pandoc.write([pandoc.transform(fragment.tree, shown_as_source)])
    return texts


def shown_as_source(element):
    """Replace a formula that cannot be set by its TeX."""
    if element["t"] != "Math":
        return None
    try:
        pandoc.write([[{"t": "Para", "c": [element]}]])
    except pandoc.PandocError:
        return [typst(f"#unset({quote(element['c'][1])});")]
    return None


def labelled(fragment, document):
    """Return the tree with headings labelled; register them and numbered equations for links."""
    place = fragment.place
    labels = []

    def register(element):
        if element["t"] == "Str":
            for number in mathematics.MARK.findall(element["c"]):
                formula = document.formulas[int(number)]
                if formula.label:
                    document.define(formula.label, place)
                first = document.tags.setdefault(formula.tag, place) if formula.tag else place
                if document.strict and first != place:
                    fault = (
                        f"\\tag{{{formula.tag}}} is used before by {first}; a label alone counts on"
                    )
                    document.complain(place, fault)
        if element["t"] != "Header":
            return None
        level, _, text = element["c"]
        if document.strict and level > document.level + 1:
            document.complain(place, f"a heading of level {level} follows {document.level}")
        document.level = level
        names = [plain(text, document).replace(" ", "-")]  # the anchor that JupyterLab makes
        names += [f"sec-{place.id}"] if place.id and not labels else []
        names += [""] if level == 1 else []
        slug = re.sub(r"\W", "-", place.notebook)
        labels.append(f"{slug}--{place.number}-{len(labels)}")
        for name in names:
            document.labels.setdefault(f"{place.notebook}#{name}", (labels[-1], place))
        return [{"t": "Header", "c": [level, [labels[-1], [], []], text]}]

    return pandoc.transform(fragment.tree, register)


def ready(fragment, document):
    """Return the tree as Typst is to set it: formulas, links, images and quotation marks."""

    def keep_alt(element):
        """Make an image's alternative text one string, safe from typesetting."""
        if element["t"] != "Image":
            return None
        attributes, alt, target = element["c"]
        alt = [{"t": "Code", "c": [["", [], []], plain(alt, document)]}]
        return [{"t": "Image", "c": [attributes, alt, target]}]

    def change(element):
        kind, content = element["t"], element.get("c")
        if kind == "Str":
            return inlines(content, fragment, document)
        if kind == "Math":  # from HTML or LaTeX
            display = content[0]["t"] == "DisplayMath"
            return equation(mathematics.parse(content[1], content[1], display), fragment, document)
        if kind in ("Code", "CodeBlock", "RawBlock", "RawInline"):
            source = mathematics.put_back(content[1], document.formulas)
            return [{"t": kind, "c": [content[0], source]}]
        if kind == "Link":
            target = mathematics.put_back(content[2][0], document.formulas)
            return link(content[1], urllib.parse.unquote(target), fragment, document)
        if kind == "Image":
            return image(content, fragment, document)
        if kind in CALLS:  # or Typst would read **init**.py as a field of the call
            return [element, typst(";")]
        if kind in ("Span", "Div"):
            content[0][0] = ""  # identifiers of HTML would clash between notebooks
        if kind == "Para" and len(content) == 1 and "#picture(" in str(content[0]["c"]):
            return [typst("#align(center)[", "RawBlock"), element, typst("]", "RawBlock")]
        return None

    return pandoc.transform(pandoc.transform(fragment.tree, keep_alt), change)


def typst(text, kind="RawInline"):
    """Return an element of Typst source."""
    return {"t": kind, "c": ["typst", text]}


def plain(content, document):
    """Return the text of inline elements."""
    words = []

    def collect(element):
        if element["t"] in ("Str", "Code"):
            words.append(element["c"] if element["t"] == "Str" else element["c"][1])
        elif element["t"] in ("Space", "SoftBreak", "LineBreak"):
            words.append(" ")

    pandoc.transform(content, collect)
    return mathematics.put_back("".join(words), document.formulas)


def inlines(text, fragment, document):
    """Return a word with its formulas and quotation marks as elements."""
    result = []
    for part in re.split(f"({mathematics.OPEN}\\d+{mathematics.CLOSE}|[\"'])", text):
        if part in ("'", '"'):
            result.append(typst(part))  # Typst sets the language's own marks
        elif match := mathematics.MARK.fullmatch(part):
            result += equation(document.formulas[int(match[1])], fragment, document)
        elif part:
            result.append({"t": "Str", "c": part})
    return result


def equation(formula, fragment, document):
    """Return the elements of a formula, with alternative text; with a tag it is numbered."""
    if reference := re.fullmatch(r"\\(?:eq)?ref\{([^{}]+)\}", formula.tex):
        return link([], "#" + mathematics.label_of(reference[1]), fragment, document)
    if not formula.tex:  # macro definitions only
        return []
    number = quote(f"({formula.tag})") if formula.tag else "auto" if formula.label else "none"
    kind = "DisplayMath" if formula.display else "InlineMath"
    return [
        typst(f"#formula({quote(mathematics.spoken(formula.tex))}, number: {number})["),
        {"t": "Math", "c": [{"t": kind}, mathematics.for_pandoc(formula.tex, document.macros)]},
        typst(f" #{typst_label(formula.label)}];" if formula.label else "];"),
    ]


def link(text, target, fragment, document):
    """Return a link's elements: a numbered reference, a citation or a plain link."""
    if target.startswith("#ref-"):
        return citation(text, target.removeprefix("#ref-"), fragment, document)
    if not re.fullmatch(r"#.*|[^/:]+\.ipynb(#.*)?", target):
        return [{"t": "Link", "c": [["", [], []], text, [target, ""]]}, typst(";")]
    file, _, anchor = target.partition("#")
    name = f"{file.removesuffix('.ipynb') or fragment.place.notebook}#{anchor}"
    found = document.labels.get(anchor) or document.labels.get(name)
    if not found and not file:  # a section of another notebook
        others = [value for key, value in document.labels.items() if key.endswith(target)]
        found = others[0] if len(others) == 1 else None
    if found:
        numbered = anchor in document.labels or anchor.startswith("sec-")
        function = "reference" if numbered else "jump"
        return [typst(f"#{function}({typst_label(found[0])})["), *text, typst("];")]
    if file and not document.strict:  # a file beside this one
        return [{"t": "Link", "c": [["", [], []], text, [target, ""]]}, typst(";")]
    document.complain(fragment.place, f"the link to {target} finds nothing of that name")
    return text


def citation(text, key, fragment, document):
    """Return a citation; its number replaces a text with a year and follows any other text."""
    if key not in document.keys:
        document.complain(fragment.place, f"#ref-{key} is not in references.bib")
        return text
    document.cited = True
    cite = typst(f"#cite({typst_label(key)});")
    dated = re.search(r"\b(?:19|20)\d\d\b", plain(text, document))
    return [cite] if dated or not text else [*text, typst("~"), cite]


def image(content, fragment, document):
    """Return an image's elements; its file becomes part of the document."""
    attributes, alt, (source, _) = content
    alt, source = plain(alt, document), mathematics.put_back(source, document.formulas)
    try:
        path = document.add_file(*images.load(source, fragment.attachments, document.folders))
    except ValueError as error:
        document.complain(fragment.place, str(error))
        return [typst(f"#unset({quote(f'image {source}')});")]
    if not alt:
        fault = f"the image {source[:60]} needs alternative text: ![text](file)"
        document.complain(fragment.place, fault)
        alt = "image without a description"
    size = re.fullmatch(r"([\d.]+)(%|px|)", dict(attributes[2]).get("width", "").strip())
    width = "auto"
    if size:
        width = f"{size[1]}%" if size[2] == "%" else f"{float(size[1]) * 0.75}pt"
    return [typst(f"#picture({quote(path)}, alt: {quote(alt)}, width: {width});")]
