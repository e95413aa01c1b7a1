import html.parser
import re

import pytest

from helpers.report import write_report


class Page(html.parser.HTMLParser):
    """What a page refers to and defines."""

    def __init__(self, source):
        super().__init__()
        self.ids, self.links, self.sources, self.images, self.text = [], [], [], [], ""
        self.feed(source)
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.links += [attributes["href"]] if tag == "a" else []
        if tag in ("img", "script", "link", "iframe", "source", "video"):
            self.sources += [attributes.get("src") or attributes.get("href") or ""]
        self.images += [attributes.get("alt")] if tag == "img" else []

    def handle_data(self, data):
        self.text += data


@pytest.fixture
def page(project, make):
    def write(*cells, **options):
        given = project({"01_a": cells})
        written = given["results"] / "index.html"
        assert (
            write_report(given["executed"], page=written, results=given["results"], **options) == []
        )
        return written.read_text(encoding="utf-8")

    return write


def test_the_page_needs_no_other_file_and_no_network(page, make):
    source = page(
        make.markdown(
            "# One\n[He, 2015](#ref-he2015), [equation](#eq-a), [figure](#fig-a), `c`\n\n"
            "$$\n\\frac{a}{b}\n\\tag{5}\\label{eq-a}\n$$\n\n"
            "and $x$\n\n| h |\n|---|\n| cell |\n\n---"
        ),
        make.code(
            "x", make.figure(), make.table(["n", "m"], [["1", "a"], ["2", "b"]], ["right", "left"])
        ),
    )
    seen = Page(source)
    assert {link[1:] for link in seen.links if link.startswith("#")} <= set(seen.ids)
    assert all(address.startswith("data:") for address in seen.sources if address)
    assert not re.search(r"@import|url\(|fetch\(", source)
    assert seen.images[:-1] == ["A grey square."]
    assert seen.images[-1].startswith("Packages as boxes")
    for words in (
        "1 One",
        "equation (5)",
        "figure 1.1",
        "Figure 1.1. A caption.",
        "Table 1.1. A table.",
        "cell",
    ):
        assert words in seen.text
    assert source.count("<math") == 2 and source.count("<svg") == 1  # displayed: drawn, and MathML
    assert '<td class="right">2</td><td class="left">b</td>' in source


def test_both_languages(page, make):
    russian = page(make.markdown("# 1"), language="ru")
    assert '<html lang="ru">' in russian and "Содержание" in russian
    assert "по дисциплине «Методы машинного обучения»" in " ".join(russian.split())
    assert '<html lang="en">' in page(make.markdown("# Part"))


def test_two_pages_are_byte_identical(page, make):
    cells = [make.markdown("# One\n$$x$$"), make.code("x", make.figure())]
    assert page(*cells) == page(*cells)


def test_code_appendix(page, make):
    cells = [make.markdown("# One"), make.code("secret = 1")]
    assert "secret" not in page(*cells)
    assert "secret" in page(*cells, code=True)


def test_everything_has_an_anchor(page, make):
    """Those that a text refers to keep their label's; no two are alike."""
    source = page(
        make.markdown("# One\n[figure](#fig-a)\n\n$$x$$\n\n| h |\n|---|\n| cell |\n\n## Two"),
        make.code("x", make.figure(), make.figure("fig-b"), make.table(["n"], [["1"]], ["right"])),
    )
    kinds = r'<(h[2-6]|figure|table|div class="equation")(?: [^>]*)?>'
    assert len(re.findall(kinds, source)) > 15
    bare = [match[0] for match in re.finditer(kinds, source) if " id=" not in match[0]]
    assert bare == []
    ids = Page(source).ids
    assert len(ids) == len(set(ids)) and "fig-a" in ids


def test_the_page_opens_with_abstract_walk_and_links(page, make):
    abstract = make.code("s", make.shown(text__markdown="Summed up."), tags=("abstract",))
    walk = make.code("x", make.figure("fig-walk"), cell_id="walk")
    source = page(make.markdown("# One"), walk, abstract)
    seen = Page(source)
    assert seen.text.index("Summed up.") < seen.text.index("Contents")
    assert {"../../report.en.pdf", "../ru/index.html", "../../notebooks/01_a.ipynb"} < set(
        seen.links
    )
    assert source.index('id="walk"') < source.index("Contents")
    assert 'id="walk"' not in page(make.markdown("# One"))
