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

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.text import Text

from helpers import profiles, translation
from helpers.bundles import FRAMES, PICTURES, TABLE, set_table
from helpers.translation import text

__all__ = ["say", "show", "show_control", "show_source", "show_table", "text"]

KINDS = {
    "en": {"figure": "Figure", "table": "Table"},
    "ru": {"figure": "Рис.", "table": "Таблица"},
}
numbered = {}  # {kind: labels in the order in which they were first shown}
set_text = Text.set_text


def say(template, **values):
    """Show a computed sentence (Markdown); it is set as running text in the report.

    Args:
        template: as for `text`.
        values: numbers, texts, or lists of them.
    """
    packed = translation.pack_template(template, values)
    emit({"text/markdown": shown(packed)}, {"kind": "sentence", "text": packed})


def show(figure, label, caption, alt, raster=False, frames=None, **values):
    """Show a figure once, with its caption, and close it.

    Args:
        figure: a Matplotlib figure, or a function that draws one; a function is called for every
            language, as a figure needs whose layout is measured from its words.
        label: such as "fig-degradation"; `[figure](#fig-degradation)` in Markdown refers to it.
        caption: one or two sentences that say what to see, a template as for `text`.
        alt: what the figure shows, with its key numbers, for a reader who cannot see it; likewise.
        raster: store pixels (200 dpi) where a vector drawing would be too heavy.
        frames: a function that returns PNGs (bytes), of which pages show the one that their
            reader's slider points at, instead of the figure.
        values: of both templates.

    Raises:
        ValueError: the label does not start with "fig-", or caption or alt is empty.
    """
    check(label, "fig-", caption=caption, alt=alt)
    pictures, texts = {}, set()
    draw = figure if callable(figure) else copies(figure)
    for language in drawn_languages():
        with translation.drawing(language) as drawn:
            pictures[language] = picture(draw(), raster)
            if frames:
                encoded = [base64.b64encode(frame).decode() for frame in frames()]
                pictures[language][FRAMES] = {"png": encoded}
            texts |= {each for packed in drawn for each in translation.templates(packed)}
    report = {"kind": "figure", "label": label, "texts": sorted(texts)}
    report |= {
        "caption": translation.pack_template(caption, values),
        "alt": translation.pack_template(alt, values),
    }
    data = pictures.pop(translation.language)
    data["text/plain"] = shown(report["alt"], markdown=False)
    emit(data | ({PICTURES: pictures} if pictures else {}), report)


def show_table(frame, label, caption, formats=None, **values):
    """Show a DataFrame as a numbered table; the index is not shown.

    Args:
        frame: pandas.DataFrame, one row a line, headers with units; texts are translated.
        label: such as "tab-architectures".
        caption: what the table holds, a template as for `text`.
        formats: {column: format such as "{:.2f}"}; without one, numbers get four significant
            figures and integers are whole. None and NaN show as a dash.
        values: of the caption.

    Raises:
        ValueError: the label does not start with "tab-", or the caption is empty.
    """
    check(label, "tab-", caption=caption)
    rows = [
        [None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell for cell in row]
        for row in frame.itertuples(index=False)
    ]
    report = {"kind": "table", "label": label}
    report |= {
        "caption": translation.pack_template(caption, values),
        "columns": [translation.pack(str(column)) for column in frame.columns],
        "rows": translation.pack(rows),
        "formats": [(formats or {}).get(column) for column in frame.columns],
    }
    table = set_table(report, translation.language)
    html = pd.DataFrame(table["rows"], columns=table["columns"]).to_html(index=False, border=0)
    emit({TABLE: table, "text/html": html}, report)


def show_source(*functions):
    """Show the source of functions or classes, as the report is to print it."""
    source = "\n\n".join(textwrap.dedent(inspect.getsource(each)).strip() for each in functions)
    emit({"text/markdown": f"```python\n{source}\n```"}, {"kind": "source"})


def show_control(make):
    """Show an interactive control, made by a function, in a notebook that runs by hand alone."""
    if "REPORT_RUN" not in os.environ:
        display(make())


def emit(data, report):
    """Display a MIME bundle with its report metadata; one with a label between anchor and caption.

    Links to the label reach the anchor; the caption has the number that the report gives it.
    """
    if "label" not in report:
        display(data, metadata={"report": report}, raw=True)
        return
    label, kind = report["label"], KINDS[translation.language][report["kind"]]
    report["number"] = number(report["kind"], label)
    anchor = f'<a id="{label}" data-jupyter-id="{label}"></a>'
    caption = f"**{kind} {report['number']}.** *{shown(report['caption'])}*"
    display(Markdown(anchor), metadata={"report": {"kind": "caption"}})
    display(data, metadata={"report": report}, raw=True)
    display(Markdown(caption), metadata={"report": {"kind": "caption"}})


def number(kind, label):
    """Return the number of a label in its section: "4.2" for the second figure of notebook 03."""
    labels = numbered.setdefault(kind, [])
    if label not in labels:
        labels.append(label)
    notebooks = [path.stem for path in profiles.notebooks()]
    name = os.environ.get("REPORT_NOTEBOOK")
    section = notebooks.index(name) + 1 if name in notebooks else 1
    return f"{section}.{labels.index(label) + 1}"


def shown(packed, markdown=True):
    """Return a packed text in the notebook's language."""
    return translation.shown(packed, translation.language, markdown)


def check(label, prefix, **texts):
    """Raise ValueError unless the label has its prefix and every text says something."""
    if not label.startswith(prefix):
        raise ValueError(f"label {label!r} must start with {prefix!r}")
    for name, content in texts.items():
        if not content:
            raise ValueError(f"{label} needs {'alternative text' if name == 'alt' else name}")


def drawn_languages():
    """Return the languages to draw figures in: all under `make report`, else the notebook's."""
    return translation.languages() if "REPORT_RUN" in os.environ else [translation.language]


def copies(figure):
    """Return a function that gives copies of a figure, each made as if nothing had drawn it.

    Laying a figure out changes it, so every language starts from the figure as it was made; and a
    copy's texts are set anew, so that they pass through `set_localised_text`.
    """
    plt.close(figure)  # or each copy would open as a figure of pyplot's
    stored = pickle.dumps(figure)

    def copy():
        fresh = pickle.loads(stored)
        for artist in fresh.findobj(Text):
            artist.set_text(artist.get_text())
        return fresh

    return copy


def set_localised_text(artist, content):
    """Set a text of a figure, tick labels too, in the language in which it is being drawn."""
    set_text(artist, translation.localised(str(content)) if content else content)


Text.set_text = set_localised_text


def picture(figure, raster):
    """Return {MIME type: picture} of a figure, and close it."""
    kind, mime = ("png", "image/png") if raster else ("svg", "image/svg+xml")
    buffer = io.BytesIO()
    figure.savefig(buffer, format=kind, metadata={} if raster else {"Date": None})
    plt.close(figure)
    content = buffer.getvalue()
    return {mime: base64.b64encode(content).decode() if raster else content.decode("utf-8")}
