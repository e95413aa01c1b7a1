"""What a notebook shows: figures, tables and sentences, each once for every language.

A sentence, a caption or a table is kept as template and values in the output's metadata under
"report", and put into words when the report is set. A figure is drawn in every language at once.
JupyterLab shows the notebook's own language, with the caption as a paragraph below.
"""

import base64
import inspect
import io
import os
import pickle
import textwrap
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.figure import Figure
from matplotlib.text import Text

from helpers import profiles, translation
from helpers.bundles import FRAMES, PICTURES, TABLE, table_in
from helpers.translation import pack_template, text

__all__ = ["say", "show", "show_control", "show_source", "show_table", "text"]

KINDS = {
    "en": {"figure": "Figure", "table": "Table"},
    "ru": {"figure": "Рис.", "table": "Таблица"},
}
numbered: dict[str, list[str]] = {}  # {kind: labels in the order in which they were first shown}
set_text = Text.set_text


def say(template: str, **values: Any) -> None:
    """Show a computed sentence (Markdown, template and values as for `text`) as running text."""
    packed = pack_template(template, values)
    sentence = translation.wording(packed, translation.language)
    display_bundle({"text/markdown": sentence}, {"kind": "sentence", "text": packed})


def show(
    figure: Figure | Callable[[], Figure],
    label: str,
    caption: str,
    alt: str,
    raster: bool = False,
    frames: Callable[[], list[bytes]] | None = None,
    **values: Any,
) -> None:
    """Show a figure once, with its caption, and close it.

    Args:
        figure: a Matplotlib figure, or a function that draws one; a function is called for every
            language, as a figure needs whose layout is measured from its words.
        label: such as "fig-degradation"; `[figure](#fig-degradation)` in Markdown refers to it.
        caption: one or two sentences that say what to see, a template as for `text`.
        alt: what the figure shows, with its key numbers, for a reader who cannot see it; likewise.
        raster: store pixels (200 dpi) where a vector drawing would be too heavy.
        frames: returns PNGs, of which pages show the one at their slider, not the figure.
        values: of both templates.

    Raises:
        ValueError: the label does not start with "fig-", or caption or alt is empty.
    """
    check_label(label, "fig-", caption and alt)
    pictures: dict[str, dict[str, Any]] = {}
    texts = set()
    draw = copies(figure) if isinstance(figure, Figure) else figure
    languages = translation.languages() if "REPORT_RUN" in os.environ else [translation.language]
    for language in languages:
        with translation.drawing(language) as drawn:
            pictures[language] = picture(draw(), raster)
            if frames:
                encoded = [base64.b64encode(frame).decode() for frame in frames()]
                pictures[language][FRAMES] = {"png": encoded}
            texts |= set(translation.templates(drawn))
    report = {"kind": "figure", "label": label, "texts": sorted(texts)}
    report |= {"caption": pack_template(caption, values), "alt": pack_template(alt, values)}
    data = pictures.pop(translation.language)
    data["text/plain"] = translation.wording(report["alt"], translation.language, markdown=False)
    display_numbered(data | ({PICTURES: pictures} if pictures else {}), report)


def show_table(
    frame: pd.DataFrame,
    label: str,
    caption: str,
    formats: dict[str, str] | None = None,
    **values: Any,
) -> None:
    """Show a DataFrame, headers with units, as a numbered table, without its index.

    Args:
        frame: None and NaN show as a dash; texts are translated.
        label: such as "tab-architectures".
        caption: what the table holds, a template as for `text`.
        formats: {column: format such as "{:.2f}"}; without one, numbers get four significant
            figures and integers are whole.
        values: of the caption.

    Raises:
        ValueError: the label does not start with "tab-", or the caption is empty.
    """
    check_label(label, "tab-", caption)
    cells = frame.astype(object).where(frame.notna(), None)
    report = {
        "kind": "table",
        "label": label,
        "caption": pack_template(caption, values),
        "columns": [translation.pack_value(str(column)) for column in frame.columns],
        "rows": translation.pack_value(list(cells.itertuples(index=False, name=None))),
        "formats": [(formats or {}).get(column) for column in frame.columns],
    }
    table = table_in(report, translation.language)
    html = pd.DataFrame(table["rows"], columns=table["columns"]).to_html(index=False, border=0)
    display_numbered({TABLE: table, "text/html": html}, report)


def show_source(*functions: Any) -> None:
    """Show the source of functions or classes, as the report is to print it."""
    source = "\n\n".join(textwrap.dedent(inspect.getsource(each)).strip() for each in functions)
    display_bundle({"text/markdown": f"```python\n{source}\n```"}, {"kind": "source"})


def show_control(make: Callable[[], Any]) -> None:
    """Show an interactive control, made by a function, in a notebook that runs by hand alone."""
    if "REPORT_RUN" not in os.environ:
        display(make())


def display_bundle(data: dict, report: dict) -> None:
    """Display a MIME bundle with its report metadata."""
    display(data, metadata={"report": report}, raw=True)


def display_numbered(data: dict, report: dict) -> None:
    """Display a bundle with a label between an anchor, which links reach, and its caption.

    Its number is the report's: "4.2" for the second figure of notebook 03.
    """
    label, kind, language = report["label"], report["kind"], translation.language
    labels = numbered.setdefault(kind, [])
    if label not in labels:
        labels.append(label)
    notebooks = [path.stem for path in profiles.notebooks()]
    name = os.environ.get("REPORT_NOTEBOOK")
    section = notebooks.index(name) + 1 if name in notebooks else 1
    report["number"] = f"{section}.{labels.index(label) + 1}"
    words = translation.wording(report["caption"], language)
    caption = f"**{KINDS[language][kind]} {report['number']}.** *{words}*"
    beside = {"report": {"kind": "caption"}}
    display(Markdown(f'<a id="{label}" data-jupyter-id="{label}"></a>'), metadata=beside)
    display_bundle(data, report)
    display(Markdown(caption), metadata=beside)


def check_label(label: str, prefix: str, texts: str) -> None:
    """Raise ValueError unless the label has its prefix and its texts say something."""
    if not label.startswith(prefix):
        raise ValueError(f"label {label!r} must start with {prefix!r}")
    if not texts:
        raise ValueError(f"{label} needs a caption, and a figure alternative text")


def copies(figure: Figure) -> Callable[[], Figure]:
    """Return a function that gives copies of a figure as it was made: laying one out changes it.

    A copy's texts are set anew, so that they pass through `set_localised_text`.
    """
    plt.close(figure)  # or each copy would open as a figure of pyplot's
    stored = pickle.dumps(figure)

    def copy():
        fresh = pickle.loads(stored)
        for artist in fresh.findobj(Text):
            artist.set_text(artist.get_text())
        return fresh

    return copy


def set_localised_text(self: Text, s: Any) -> None:
    """Set a text of a figure, tick labels too, in the language in which it is being drawn."""
    set_text(self, translation.localised(str(s)) if s else s)


Text.set_text = set_localised_text  # type: ignore[method-assign]


def picture(figure: Figure, raster: bool) -> dict[str, str]:
    """Return {MIME type: picture} of a figure, and close it."""
    buffer, metadata = io.BytesIO(), {} if raster else {"Date": None}
    figure.savefig(buffer, format="png" if raster else "svg", metadata=metadata)
    plt.close(figure)
    if raster:
        return {"image/png": base64.b64encode(buffer.getvalue()).decode()}
    return {"image/svg+xml": buffer.getvalue().decode("utf-8")}
