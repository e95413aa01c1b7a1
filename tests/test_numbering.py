"""References of an executed copy have the report's numbers, and lead there."""

import nbformat
import pytest

from helpers import numbering, paths, profiles


@pytest.fixture
def books(tmp_path, monkeypatch):
    """Two notebooks: the first executed already, the second about to be numbered."""
    monkeypatch.setattr(paths, "EXECUTED", tmp_path)
    names = [tmp_path / "00_first.ipynb", tmp_path / "01_second.ipynb"]
    monkeypatch.setattr(profiles, "notebooks", lambda: names)
    new = nbformat.v4

    def shown(kind, label, number):
        report = {"kind": kind, "label": label, "number": number}
        output = new.new_output("display_data", {}, metadata={"report": report})
        return new.new_code_cell("x", id=label, outputs=[output])

    first = new.new_notebook(
        cells=[
            new.new_markdown_cell("# One\n## Part\n$$x \\tag{3}\\label{eq-x}$$", id="part"),
            shown("figure", "fig-a", "1.1"),
        ]
    )
    nbformat.write(first, names[0])
    prose = (
        "[Figure](#fig-b), [table](#tab-c), [figure](#fig-a), [equation](00_first.ipynb#eq-x), "
        "[part](#sec-part), [He, 2015](#ref-he2015), [gone](#fig-gone), [web](https://x.y/#fig-b)"
    )
    return new.new_notebook(
        cells=[
            new.new_markdown_cell(prose, id="prose"),
            shown("figure", "fig-b0", "2.1"),
            shown("table", "tab-c", "2.1"),
            shown("figure", "fig-b", "2.2"),
        ]
    )


def test_references_have_numbers_and_addresses(books):
    cells = numbering.with_numbers(books, "01_second").cells
    assert cells[0].source == (
        "[Figure 2.2](#cell-id=fig-b), [table 2.1](#cell-id=tab-c), "
        "[figure 1.1](00_first.ipynb#cell-id=fig-a), "
        "[equation (3)](00_first.ipynb#cell-id=part), [part 1.1](00_first.ipynb#cell-id=part), "
        "[He, 2015](https://doi.org/10.1109/CVPR.2016.90), [gone](#fig-gone), "
        "[web](https://x.y/#fig-b)"
    )
