"""Printed text, errors and long words, as a terminal shows them."""

import pytest

from nbtypst.terminal import terminal


def test_failed_cell(typeset, make):
    error = {"output_type": "error", "ename": "ValueError", "evalue": "bad", "traceback": []}
    assert "the cell failed: ValueError: bad" in typeset(make.code("x", error))[1].problems[0]
    assert "ValueError: bad" in typeset(make.code("x", error), strict=False)[0]


def test_the_report_leaves_stderr_out_with_a_notice(typeset, make):
    source, document = typeset(make.code("x", make.stream("a warning", "stderr")))
    assert "a warning" not in source and "a warning" in document.notices[0]
    assert (
        "a warning" in typeset(make.code("x", make.stream("a warning", "stderr")), strict=False)[0]
    )


@pytest.mark.parametrize(
    ("text", "typst"),
    [
        ("a\rb\rc\nd", '("c\\nd", arguments())'),
        ("abcdef\rXY", '("XYcdef", arguments())'),
        ("a\r\nb", '("a\\nb", arguments())'),
        ("abc\b\bX", '("aXc", arguments())'),
        ("\r 50%\x1b[A\n\r100%\x1b[A\n\n", '("100%", arguments())'),
        (
            "see \x1b]8;id=1;https://a.b\x1b\\the link\x1b]8;;\x1b\\ end",
            '("see the link end", arguments())',
        ),
        (
            "\x1b[1;31mred\x1b[0m plain",
            '("red", arguments(fill: rgb("#b22b31"), weight: "bold")), (" plain", arguments())',
        ),
        ("\x1b[38;5;34mgreen", '("green", arguments(fill: rgb(0,175,0)))'),
        (
            "\x1b[38;2;1;2;3ma\x1b[39mb",
            '("a", arguments(fill: rgb(1,2,3))), ("b", arguments())',
        ),
        ("\x1b[4ma\x1b[24mb", '("a", arguments(line: true)), ("b", arguments())'),
        ("\x1b[38;5m\x1b[48;2;1ma", '("a", arguments())'),
    ],
)
def test_terminal(text, typst):
    assert terminal(text) == f"#terminal({typst})"


def test_a_line_that_is_erased_leaves_nothing():
    assert terminal("\x1b[38;5;34mgreen\x1b[0m\x1b[2K") == ""


def test_streams_are_joined_and_kept_in_order(typeset, make):
    parts = [("a", "stdout"), ("b\r", "stdout"), ("w", "stderr"), ("c", "stdout")]
    source, _ = typeset(make.code("x", *(make.stream(*part) for part in parts)), strict=False)
    assert [line for line in source.splitlines() if "#terminal" in line] == [
        f'#terminal(("{text}", arguments()))' for text in ("ab", "w", "c")
    ]


def test_a_long_output_is_named_and_cut_if_that_is_asked_for(typeset, make):
    cell = make.code("x", make.stream("a line\n" * 2500))
    source, document = typeset(cell, strict=False)
    assert source.count("a line") == 2500 and "an output has 2500 lines" in document.notices[0]
    source, _ = typeset(cell, strict=False, most_lines=10)
    assert source.count("a line") == 10 and "… 2490 lines more" in source


def test_long_words_are_broken_into_lines(read, make):
    text = read(make.code("y" * 300)).replace("\u200b", "")
    assert "y" * 60 in text and "y" * 300 not in text
