"""Images, links and citations of Markdown."""

import base64
import re

import pytest


def test_backward_and_jupyter_anchors(typeset):
    source, document = typeset(
        "# One thing\n[here](#One-thing)\n\n# One thing\n[other](01_test.ipynb)"
    )
    assert not document.problems
    assert source.count('#jump(label("01_test--1-0"))') == 2


def test_brackets_of_citations_replace_parentheses(typeset):
    source, _ = typeset(
        "said ([A, 2015](#ref-a); [B, 2016](#ref-b)) (see [A](#ref-a))", keys={"a", "b"}
    )
    assert r'said #cite(label("a"))\; #cite(label("b")) \(see A~#cite(label("a"))\)' in source


def test_citations(typeset):
    source, document = typeset("[He et al., 2015](#ref-he2015); [He](#ref-he2015)", keys={"he2015"})
    assert source.rstrip().endswith('#cite(label("he2015"))\\; He~#cite(label("he2015"))')
    assert document.cited


def test_images(typeset, make, tmp_path):
    (tmp_path / "beside it.png").write_bytes(base64.b64decode(make.png))
    cell = make.markdown(
        "![alt](attachment:a.png) ![b](beside%20it.png) "
        '<img src="attachment:a.png" width="40" alt="c">',
        attachments={"a.png": {"image/png": make.png}},
    )
    source, document = typeset(cell, folders=(tmp_path,))
    assert not document.problems and len(document.files) == 1  # the same bytes, kept once
    assert re.findall(r'alt: "(\w+)"', source) == ["alt", "b", "c"]
    assert "width: 30.00pt" in source


def test_an_image_needs_alternative_text(typeset, make):
    cell = make.markdown("![](attachment:a.png)", attachments={"a.png": {"image/png": make.png}})
    assert "alternative text" in typeset(cell)[1].problems[0]


def test_a_hostile_address_is_named(typeset):
    for address in (
        "javascript:alert(1)",
        "JavaScript:x",
        "file:///etc/passwd",
        "data:text/html,x",
    ):
        source, document = typeset(f"[text]({address})", strict=False)
        assert "#link" not in source and "is left out" in document.notices[0]


@pytest.mark.parametrize(
    "target", ["#My-Results-A", "#my-results-a", "#my-results-ä", "#here", "#there"]
)
def test_anchors_of_all_tools_are_found(typeset, target):
    text = f"[a]({target})\n\n## My Results ä\n<a id='here'></a> <a name=there></a>"
    if target.endswith("A") or target.endswith("a"):
        text = text.replace(" ä", " A")
    source, document = typeset(text, strict=False)
    assert "#jump(" in source and not document.notices


def test_images_are_as_large_as_they_say(typeset, make):
    data = f"data:image/png;base64,{make.png}"
    text = (
        f'<img src="{data}" alt=a height=40> <img src="{data}" alt=b style="width: 50%">\n\n'
        f"![c]({data}){{width=30%}} ![d]({data})"
    )
    source, _ = typeset(text)
    sizes = re.findall(r'alt: "(\w)"\), width: (\S+), height: (\w[^)]*)\)', source)
    assert sizes == [
        ("a", "auto", "30.00pt"), ("b", "50%", "auto"), ("c", "30%", "auto"), ("d", "auto", "auto")
    ]  # fmt: skip
    assert "{width" not in source.replace("\\", "")


def test_images_outside_the_folder_are_refused(typeset, make, tmp_path):
    folder = tmp_path / "book"
    folder.mkdir()
    for path in (tmp_path / "secret.png", folder / "own.png"):
        path.write_bytes(base64.b64decode(make.png))
    text = f"![a](../secret.png) ![b]({tmp_path}/secret.png) ![c](own.png)"
    source, document = typeset(text, strict=False, folders=(folder,))
    assert len(document.notices) == 2 and "outside the notebook's folder" in document.notices[0]
    assert source.count("#picture(") == 1
    assert typeset(text, folders=(folder,), outside=True)[0].count("#picture(") == 3


def test_nothing_is_fetched(typeset):
    _, document = typeset('<iframe src="http://127.0.0.1:9/"></iframe>text')
    assert "<iframe>" in document.problems[0]
