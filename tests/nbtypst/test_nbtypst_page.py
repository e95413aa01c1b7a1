import io
import re

import pypdf
import pytest

from nbtypst import compiler
from nbtypst.problems import DocumentError


def test_a_page_holds_its_looks_and_pictures_and_loads_nothing(project, make):
    """A table's missing decimals are unseen only with the style sheet."""
    table = make.table(["n"], [["1.5"], ["2"]], ["right"])
    page = compiler.compile_html(project("# One\n$$x$$", make.code("x", make.figure(), table)))
    assert page.count("<math") == 1 and page.count("<svg") == 1  # drawn, and MathML
    assert page.count("data:image/png;base64,") == 1 and 'src="http' not in page
    assert '<span class="unseen" aria-hidden="true">.5</span>' in page
    assert ".unseen { visibility: hidden" in page and "showModal" in page


def test_paper_shows_the_still_of_a_picture_that_moves(project, make):
    figure = make.figure()
    figure["data"]["image/gif"] = make.gif
    files = project("# One", make.code("x", figure))
    page = compiler.compile_html(files)
    assert "data:image/gif;base64," in page and "data:image/png" not in page
    (image,) = pypdf.PdfReader(io.BytesIO(compiler.compile_pdf(files, timestamp=0))).pages[0].images
    assert image.image.size == (4, 4)  # the PNG; the GIF is 1 × 1


def test_of_several_frames_a_page_shows_one_and_paper_the_still(project, make):
    figure = make.figure()
    figure["data"]["application/vnd.report.frames+json"] = {
        "png": [figure["data"]["image/png"]] * 3
    }
    files = project("# One", make.code("x", figure))
    page = compiler.compile_html(files)
    (frames,) = re.findall(r'<div class="frames">(.*?)</div>', page, re.DOTALL)
    assert frames.count("<img") == page.count("data:image/png;base64,") == 3
    assert 'type: "range"' in page and ".frames img[hidden] { display: none" in page
    paper = pypdf.PdfReader(io.BytesIO(compiler.compile_pdf(files, timestamp=0)))
    assert len(paper.pages[0].images) == 1


def test_what_the_page_would_leave_out_is_a_fault(project, make):
    raw = {"cell_type": "raw", "id": "r", "metadata": {"raw_mimetype": "text/vnd.typst"}}
    with pytest.raises(DocumentError, match=r"01_test, cell 2 \(r\).*ignored during HTML export"):
        compiler.compile_html(project("# One", {**raw, "source": "#place(dx: 1pt)[words]"}))


def test_rows_with_numbers_stay_aligned_on_a_page(project):
    """They are drawn in one piece; beside it stands a number, as high as its row, for each."""
    page = compiler.compile_html(
        project("# One\n\\begin{align}a &= b \\label{one}\\\\ c &= d\\end{align}\n\\eqref{one}")
    )
    assert page.count('class="drawn"') == page.count("<svg") == 1
    (numbers,) = re.findall(r'<div class="numbers">(.*?)</div></div></div>', page, re.DOTALL)
    assert re.findall(r"\((\d)\)", numbers) == ["1", "2"] and numbers.count("flex-grow: 8") == 2
    target = re.search(r'<a href="#([^"]+)">\(1\)</a>', page)
    assert f'id="{target[1]}"' in numbers
