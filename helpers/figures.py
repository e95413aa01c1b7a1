"""One look for every figure and table, and the way each reaches notebook, PDF and browser.

An output carries what a reader needs beside the picture (label, caption, alternative text) in
its metadata under "report"; JupyterLab shows the caption as a paragraph below.
"""

import io
import numbers
import re

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.text import Text

from helpers import translation

# Okabe and Ito's palette: tellable apart with any colour vision.
BLUE, ORANGE, GREEN, RED, PURPLE, SKY, YELLOW = COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442",
)  # fmt: skip
WIDTH = 6.3  # inches, the text width of an A4 page
TABLE = "application/vnd.report.table+json"
# A cell that makes its column one of numbers, unlike 00, 8×8 or the arXiv's 1512.03385.
NUMBER = re.compile(
    r"(?!\d{4}\.\d{5}$|0\d)[-−+]?\d[\d.,\u202f]*"
    r"(\u202f?%| ± [\d.,]+| \([\d.,]+ – [\d.,]+\))?|\$-?(\\text\{)?\d.*\$"
)
draw_text = Text.set_text


def use_style():
    """Set Matplotlib's defaults for the whole report: the text's font and size, thin frames."""
    plt.rcParams.update(
        {
            "figure.figsize": (WIDTH, 2.8),
            "figure.constrained_layout.use": True,
            "savefig.dpi": 200,
            "font.family": "STIXGeneral",
            "mathtext.fontset": "stix",
            "font.size": 9,
            "axes.titlesize": 9,
            "axes.prop_cycle": plt.cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.linewidth": 0.6,
            "lines.linewidth": 1.2,
            "legend.frameon": False,
            "image.cmap": "cividis",
            "svg.hashsalt": "report",  # the same drawing gives the same bytes
        }
    )
    if translation.language != "en":  # Matplotlib knows no locale that is not installed
        Text.set_text = set_text


def set_text(self, text):
    """Set a text of a figure, tick labels too, with the numbers of the report's language."""
    text = translation.set_numbers(str(text)).replace("\u202f", "\u00a0") if text else text
    draw_text(self, text)  # STIX has neither the narrow space nor superscripts


def show(figure, label, caption, alt, raster=False):
    """Show a figure once, with its caption, and close it.

    Args:
        figure: a Matplotlib figure.
        label: such as "fig-degradation"; `[figure](#fig-degradation)` in Markdown refers to it.
        caption: one or two sentences that say what to see.
        alt: what the figure shows, with its key numbers, for a reader who cannot see it.
        raster: store pixels (200 dpi) where a vector drawing would be too heavy.

    Raises:
        ValueError: the label does not start with "fig-", or caption or alt is empty.
    """
    check_label(label, "fig-", caption)
    if not alt:
        raise ValueError(f"figure {label} needs alternative text")
    kind, mime = ("png", "image/png") if raster else ("svg", "image/svg+xml")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata={} if raster else {"Date": None})
    plt.close(figure)
    content = buffer.getvalue()
    emit(
        {mime: content if raster else content.decode("utf-8"), "text/plain": alt},
        {"kind": "figure", "label": label, "caption": caption, "alt": alt},
    )


def show_table(frame, label, caption, formats=None):
    """Show a DataFrame as a numbered table; the index is not shown.

    Args:
        frame: pandas.DataFrame, one row a line, headers with units.
        label: such as "tab-architectures".
        caption: what the table holds.
        formats: {column: format such as "{:.2f}"}; without one, numbers get four significant
            figures and integers are whole. None and NaN show as a dash.

    Raises:
        ValueError: the label does not start with "tab-", or the caption is empty.
    """
    check_label(label, "tab-", caption)
    formats = formats or {}
    columns = [str(column) for column in frame.columns]
    rows = [
        [
            translation.set_numbers(set_cell(value, formats.get(column)))
            for column, value in zip(columns, row, strict=True)
        ]
        for row in frame.itertuples(index=False)
    ]
    align = [
        "right" if any(map(NUMBER.fullmatch, column)) else "left"
        for column in zip(*rows, strict=True)
    ] or ["left"] * len(columns)
    html = pd.DataFrame(rows, columns=columns).to_html(index=False, border=0, escape=True)
    emit(
        {TABLE: {"columns": columns, "rows": rows, "align": align}, "text/html": html},
        {"kind": "table", "label": label, "caption": caption},
    )


def set_cell(value, pattern=None):
    """Return the text of one table cell."""
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return "–"
    if isinstance(value, bool) or not isinstance(value, numbers.Number):
        return str(value)
    if pattern:
        return pattern.format(value)
    if isinstance(value, numbers.Integral):
        return f"{value:,}"
    return f"{value:.4g}" if abs(value) < 1e4 else f"{float(f'{value:.4g}'):,.0f}"


def say(text):
    """Show a computed sentence (Markdown); it is set as running text in the report."""
    display(Markdown(translation.set_numbers(text)))


def show_control(widget):
    """Show an interactive control in the notebook; the report leaves it out."""
    display(widget, metadata={"report": {"kind": "control"}})


def check_label(label, prefix, caption):
    """Raise ValueError unless the label has its prefix and the caption says something."""
    if not label.startswith(prefix):
        raise ValueError(f"label {label!r} must start with {prefix!r}")
    if not caption:
        raise ValueError(f"{label} needs a caption")


def emit(bundle, report):
    """Display a MIME bundle with its report metadata, then its caption as a paragraph."""
    report = {**report, "caption": translation.set_numbers(report["caption"])}
    if "alt" in report:
        report["alt"] = translation.set_numbers(report["alt"], markdown=False)
    display(bundle, metadata={"report": report}, raw=True)
    display(Markdown(f"*{report['caption']}*"), metadata={"report": {"kind": "caption"}})
