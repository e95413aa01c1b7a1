"""Figures and tables with numbers and captions."""

import pytest

from nbtypst import numbered


def test_figure_and_table(read, make):
    text = read(
        make.code(
            "x",
            make.figure(caption="A caption with $x$."),
            make.table(
                ["name", "$\\Delta$, %"],
                [["a_b", "\N{MINUS SIGN}1.5"], ['q"uote', "\N{EN DASH}"]],
                ["left", "right"],
            ),
            make.shown({"kind": "caption"}, text__markdown="*A caption, again.*"),
        )
    )
    assert "Figure 1. A caption with 𝑥." in text
    assert 'name Δ, % a_b \N{MINUS SIGN}1.5 q"uote –' in text
    assert "again" not in text


def test_decimal_marks_of_a_column_stand_under_each_other(make, typeset):
    rows = [["1,5", "1.5"], ["–", "a"], ["12", "b"], ["0,125", "c"]]
    table = make.table(["n", "m"], rows, ["right", "left"])
    source, _ = typeset(make.code("x", table), language="ru")
    unseen = [("1,5", "25"), ("12", ",125")]
    for number, digits in unseen:
        assert f'[#"{number}"#unseen("{digits}")]' in source
    assert source.count("#unseen") == len(unseen)


def test_the_comma_of_thousands_is_no_decimal_mark():
    assert numbered.missing_decimals(["1,002", "916"], "right", ".") == ["", ""]
    assert numbered.missing_decimals(["1,5", "12"], "right", ",") == ["", ",5"]


def test_a_figure_without_alternative_text_names_its_cell(typeset, make):
    _, document = typeset(
        "prose", make.code("plot()", make.shown(image__png=make.png), cell_id="plot")
    )
    assert document.problems == [
        "01_test, cell 2 (plot), 'plot()': the figure has no alternative text; show it with alt=…"
    ]


def test_two_figures_of_one_label(typeset, make):
    _, document = typeset(make.code("x", make.figure(), make.figure()))
    assert "'fig-a' is used before by 01_test, cell 1" in document.problems[0]


def test_a_label_is_a_name(typeset, make):
    _, document = typeset(make.code("x", make.figure("fig-a b")))
    assert "label 'fig-a b' may hold letters" in document.problems[0]


@pytest.mark.parametrize(
    "report",
    [
        "a string",
        ["a"],
        {"kind": ["a"]},
        {"kind": "figure"},
        {"v": 1},
        {"kind": "figure", "label": 1, "caption": "c", "alt": "a"},
        {"kind": "table", "label": "t"},
    ],
)
def test_another_tools_report_is_none_of_ours(typeset, make, report):
    png, plain = make.shown(image__png=make.png), make.shown(text__plain="as it is")
    expected, _ = typeset(make.code("x", png, plain), strict=False)
    for output in (png, plain):
        output["metadata"] = {"report": report}
    assert typeset(make.code("x", png, plain), strict=False)[0] == expected


@pytest.mark.parametrize(
    "change",
    [
        {"align": ["left), panic(1), (left"]},
        {"align": []},
        {"align": "left"},
        {"rows": [["a", "b"]]},
        {"rows": "a"},
        {"columns": None},
    ],
)
def test_a_damaged_table_is_shown_as_html(read, make, change):
    table = make.table(["n"], [["a"]], ["left"])
    table["data"]["application/vnd.report.table+json"] |= change
    table["data"]["text/html"] = "<table><tr><td>its HTML</td></tr></table>"
    assert "its HTML" in read(make.code("x", table), strict=False)
