"""Markdown and HTML of notebook cells to Typst: cross-references, images, numbered equations."""

import re
import urllib.parse

from helpers.report import images, markup, mathematics, pandoc
from helpers.report.document import localised, quote

FORMATS = {
    "markdown": pandoc.MARKDOWN,
    "html": "html-auto_identifiers",
    "latex": "latex-auto_identifiers",
}
# Elements that pandoc writes as a call, such as #strong[…].
CALLS = {
    "Emph",
    "Strong",
    "Strikeout",
    "Underline",
    "Superscript",
    "Subscript",
    "SmallCaps",
    "Note",
}
REFERENCE = re.compile(r"#((?:fig|tab|eq)-.+)")


def typeset(fragments, document):
    """Return the Typst source of each `Fragment`, all of them in a few pandoc calls.

    Faults are noted in `document`, each with the cell it stands in.
    """
    waiting = [fragment for fragment in fragments if fragment.kind != "typst"]
    formulas, trees = [], {}
    for kind, source_format in FORMATS.items():
        if group := [fragment for fragment in waiting if fragment.kind == kind]:
            texts = [prepared(fragment, formulas, document) for fragment in group]
            trees.update(zip(map(id, group), pandoc.read(texts, source_format), strict=True))
    macros = mathematics.definitions(formulas)
    read_html(trees, [fragment for fragment in waiting if fragment.kind == "markdown"], document)
    for fragment in waiting:
        trees[id(fragment)] = labelled(trees[id(fragment)], fragment, formulas, document)
    for fragment in waiting:
        trees[id(fragment)] = prepare(trees[id(fragment)], fragment, formulas, macros, document)
    written = write([trees[id(fragment)] for fragment in waiting], waiting, document)
    sources = dict(zip(map(id, waiting), written, strict=True))
    return [sources.get(id(fragment), fragment.text) for fragment in fragments]


def prepared(fragment, formulas, document):
    """Return a fragment's text as pandoc is to read it."""
    if fragment.kind == "markdown":
        return mathematics.take_out(fragment.text, formulas)
    return readable(fragment.text, fragment, document) if fragment.kind == "html" else fragment.text


def write(trees, fragments, document):
    """Return Typst for each tree; on an error go through them one by one to name the cell."""
    try:
        return [mathematics.after_pandoc(text) for text in pandoc.write(trees)]
    except pandoc.PandocError:
        texts = []
        for tree, fragment in zip(trees, fragments, strict=True):
            try:
                texts += pandoc.write([tree])
            except pandoc.PandocError as error:
                document.complain(fragment.place, f"pandoc: {error}")
                texts += pandoc.write([pandoc.transform(tree, shown_as_source)])
        return [mathematics.after_pandoc(text) for text in texts]


def shown_as_source(element):
    """Replace a formula that cannot be set by its TeX."""
    if element["t"] != "Math":
        return None
    try:
        pandoc.write([[{"t": "Para", "c": [element]}]])
    except pandoc.PandocError:
        return [typst(f"#unset({quote(element['c'][1])});")]
    return None


def read_html(trees, fragments, document):
    """Read the raw HTML in Markdown's trees as HTML, in place."""
    found = []

    def collect(element):
        if element["t"] in ("RawBlock", "RawInline") and element["c"][0] == "html":
            if re.fullmatch(r"\s*<!--[\s\S]*?-->\s*", element["c"][1]):
                return []  # a comment is for the author
            found.append(fragment)
        return None

    for fragment in fragments:
        trees[id(fragment)] = pandoc.transform(trees[id(fragment)], collect)
    if found := list({id(fragment): fragment for fragment in found}.values()):
        pages = pandoc.write([trees[id(fragment)] for fragment in found], "html")
        pages = [readable(*pair, document) for pair in zip(pages, found, strict=True)]
        trees.update(zip(map(id, found), pandoc.read(pages, FORMATS["html"]), strict=True))


def readable(html, fragment, document):
    """Return HTML of tags that can be set; others are noted."""
    html, unknown = markup.settable(html)
    if unknown:
        tags = ", ".join(f"<{tag}>" for tag in unknown)
        document.complain(fragment.place, f"HTML that cannot be set: {tags}")
    return html


def labelled(tree, fragment, formulas, document):
    """Return the tree with headings labelled; register them and numbered equations for links."""
    place = fragment.place
    count = 0

    def register(element):
        nonlocal count
        if element["t"] == "Header":
            label = f"{place.notebook}--{place.number}-{count}"
            names = [f"{place.notebook}#{plain(element['c'][2], formulas).replace(' ', '-')}"]
            if not count and place.id:
                names.append(f"{place.notebook}#sec-{place.id}")
            level = element["c"][0]
            if document.strict and level > document.level + 1:
                document.complain(place, f"a heading of level {level} follows {document.level}")
            document.level = level
            if level == 1:
                names.append(f"{place.notebook}#")
            for name in names:
                document.labels.setdefault(name, (label, place))
            count += 1
            return [{"t": "Header", "c": [element["c"][0], [label, [], []], element["c"][2]]}]
        if element["t"] == "Str":
            for number in mathematics.MARK.findall(element["c"]):
                if label := formulas[int(number)].label:
                    document.define(label, place)
        return None

    return pandoc.transform(tree, register)


def prepare(tree, fragment, formulas, macros, document):
    """Return the tree as Typst is to set it: formulas, links, images and quotation marks."""

    def change(element):
        kind, content = element["t"], element.get("c")
        if kind == "Str":
            return inlines(content, formulas, macros, document, fragment)
        if kind == "Math":  # from HTML or LaTeX
            formula = mathematics.parse(content[1], content[1], content[0]["t"] == "DisplayMath")
            return equation(formula, macros, document, fragment)
        if kind in ("Code", "CodeBlock", "RawBlock", "RawInline"):
            return [{"t": kind, "c": [content[0], mathematics.put_back(content[1], formulas)]}]
        if kind == "Link":
            return link(
                content[1], mathematics.put_back(content[2][0], formulas), fragment, document
            )
        if kind == "Image":
            return image(content, formulas, fragment, document)
        if kind in CALLS:  # or Typst would read **init**.py as a field of the call
            return [element, typst(";")]
        if kind in ("Span", "Div"):
            content[0][0] = ""  # identifiers of HTML would clash between notebooks
        if kind == "Para" and [item["t"] for item in content] == ["RawInline"]:
            if content[0]["c"][1].startswith("#picture("):
                return [typst("#align(center)[", "RawBlock"), element, typst("]", "RawBlock")]
        return None

    # Alternative texts are read before their own characters are changed.
    return pandoc.transform(pandoc.transform(tree, lambda e: keep_alt(e, formulas)), change)


def keep_alt(element, formulas):
    """Turn an image's alternative text into one string, safe from typesetting."""
    if element["t"] == "Image":
        element["c"][1] = [{"t": "Code", "c": [["", [], []], plain(element["c"][1], formulas)]}]
        return [element]
    return None


def typst(text, kind="RawInline"):
    """Return an element of Typst source."""
    return {"t": kind, "c": ["typst", text]}


def plain(content, formulas):
    """Return the text of inline elements."""
    words = []

    def collect(element):
        if element["t"] in ("Str", "Code"):
            words.append(element["c"] if element["t"] == "Str" else element["c"][1])
        elif element["t"] in ("Space", "SoftBreak", "LineBreak"):
            words.append(" ")
        return None

    pandoc.transform(content, collect)
    return mathematics.put_back("".join(words), formulas)


def inlines(text, formulas, macros, document, fragment):
    """Return a word with its formulas and quotation marks as elements."""
    result = []
    for part in re.split(f"({mathematics.OPEN}\\d+{mathematics.CLOSE}|[\"'])", text):
        if part in ("'", '"'):
            result.append(typst(part))  # Typst sets the language's own marks
        elif match := mathematics.MARK.fullmatch(part):
            result += equation(formulas[int(match[1])], macros, document, fragment)
        elif part:
            part = localised(part, document.language) if fragment.computed else part
            result.append({"t": "Str", "c": part})
    return result


def equation(formula, macros, document, fragment):
    """Return the elements of a formula, with alternative text; with a tag it is numbered."""
    if reference := re.fullmatch(r"\\(?:eq)?ref\{([^{}]+)\}", formula.tex):
        return link([], "#" + reference[1].replace(":", "-"), fragment, document)
    if not formula.tex:  # macro definitions only
        return []
    number = f"({formula.tag})" if formula.tag else "(1)"
    options = f", number: {quote(number)}" if formula.tag or formula.label else ""
    label = f" <{formula.label}>" if formula.label else ""
    kind = "DisplayMath" if formula.display else "InlineMath"
    return [
        typst(f"#formula({quote(mathematics.spoken(formula.tex))}{options})["),
        {"t": "Math", "c": [{"t": kind}, mathematics.for_pandoc(formula.tex, macros)]},
        typst(f"{label}];"),
    ]


def link(text, target, fragment, document):
    """Return a link's elements: a numbered reference, a citation or a plain link."""
    target = urllib.parse.unquote(target)
    notebook = fragment.place.notebook
    if target.startswith("#ref-"):
        return citation(text, target.removeprefix("#ref-"), fragment, document)
    if REFERENCE.fullmatch(target) or target[1:] in document.labels:
        if target[1:] in document.labels:
            label = document.labels[target[1:]][0]
            return [typst(f"#reference(<{label}>)["), *text, typst("];")]
    elif target.startswith("#") or re.fullmatch(r"[^/:]+\.ipynb(#.*)?", target):
        name, _, anchor = target.partition("#")
        name = name.removesuffix(".ipynb")
        found = document.labels.get(f"{name or notebook}#{anchor}")
        others = [value for key, value in document.labels.items() if key.endswith(target)]
        if not found and not name and len(others) == 1:
            found = others[0]  # a section of another notebook
        if found:
            function = "reference" if anchor.startswith("sec-") else "jump"
            return [typst(f"#{function}(<{found[0]}>)["), *text, typst("];")]
        if name and not document.strict:  # a file beside this one
            return [{"t": "Link", "c": [["", [], []], text, [target, ""]]}, typst(";")]
    else:
        return [{"t": "Link", "c": [["", [], []], text, [target, ""]]}, typst(";")]
    document.complain(fragment.place, f"the link to {target} finds nothing of that name")
    return text


def citation(text, key, fragment, document):
    """Return a citation; its number replaces a text with a year and follows any other text."""
    if key not in document.keys:
        document.complain(fragment.place, f"#ref-{key} is not in notebooks/references.bib")
        return text
    document.cited = True
    cite = typst(f"#cite(<{key}>);")
    if re.search(r"\b(?:19|20)\d\d\b", plain(text, [])) or not text:
        return [cite]
    return [*text, typst("~"), cite]


def image(content, formulas, fragment, document):
    """Return an image's elements; its file becomes part of the document."""
    attributes, alt, (source, _) = content
    alt = plain(alt, formulas)
    source = mathematics.put_back(source, formulas)
    try:
        path = document.add_file(*images.load(source, fragment.attachments, document.folders))
    except ValueError as error:
        document.complain(fragment.place, str(error))
        return [typst(f"#unset({quote(f'image {source}')});")]
    if not alt:
        document.complain(
            fragment.place, f"the image {source[:60]} needs alternative text: ![text](file)"
        )
    options = f", alt: {quote(alt or 'image without a description')}"
    for name, value in attributes[2]:
        if name == "width" and (size := re.fullmatch(r"([\d.]+)(%|px|)", value.strip())):
            options += (
                f", width: {size[1]}%" if size[2] == "%" else f", width: {float(size[1]) * 0.75}pt"
            )
    return [typst(f"#picture({quote(path)}{options});")]
