"""The exporter against XeLaTeX: the same notebook through nbconvert to PDF."""

import base64
import importlib.util
import io
import logging
import os
import shutil
import statistics
import time
from pathlib import Path

import matplotlib.pyplot as plt
import nbformat.v4 as v4
from nbconvert.exporters import get_exporter
from nbformat import NotebookNode

PROSE = (
    "## Section {number}\n\nA residual unit adds its input $x_{{{number}}}$ to weighted layers, "
    "so that the layers learn the difference from the *identity*; see `unit({number})`.\n\n"
    "$$\n\\frac{{\\partial \\mathcal{{E}}_{{{number}}}}}{{\\partial x_l}} = "
    "\\frac{{\\partial \\mathcal{{E}}}}{{\\partial x_L}} \\left(1 + \\frac{{\\partial}}"
    "{{\\partial x_l}} \\sum_{{i=l}}^{{L-1}} \\mathcal{{F}}(x_i)\\right)\n$$\n\n"
    "- first point\n- second point\n"
)


def rows() -> list[dict]:
    """Return the row `render_vs_xelatex`; `low` and `high` are the ratio's extremes."""
    row = {
        "id": "render_vs_xelatex",
        "work": "a notebook of 20 sections with formulas, code and pictures to PDF",
        "peer_name": "nbconvert --to pdf (XeLaTeX)",
        "goal": 10,
    }
    wheel = importlib.util.find_spec("pypandoc")
    if wheel and wheel.origin:  # pypandoc-binary brings pandoc
        folder = Path(wheel.origin).parent / "files"
        os.environ["PATH"] += os.pathsep + str(folder)  # nbconvert looks there
    missing = [program for program in ("xelatex", "pandoc") if not shutil.which(program)]
    if missing:
        return [row | {"skipped": f"not on the PATH: {', '.join(missing)}"}]
    logging.getLogger("traitlets").setLevel(logging.ERROR)
    ours = seconds("typst-pdf", repeats=7)
    peer = seconds("pdf", repeats=3)
    return [
        row
        | {
            "ours": statistics.median(ours),
            "peer": statistics.median(peer),
            "unit": "s",
            "ratio": statistics.median(peer) / statistics.median(ours),
            "low": min(peer) / max(ours),
            "high": max(peer) / min(ours),
        }
    ]


def notebook(sections: range) -> NotebookNode:
    """Return a notebook of prose, formulas, code, printed text and pictures."""
    figure, ax = plt.subplots(figsize=(4, 2.5))
    ax.plot([1, 3, 2])
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=100)
    plt.close(figure)
    picture = {"image/png": base64.b64encode(buffer.getvalue()).decode()}
    cells = [v4.new_markdown_cell("# Residual learning")]
    for number in sections:
        outputs = [
            v4.new_output("stream", name="stdout", text="norm 0.25\n"),
            v4.new_output("display_data", data=picture),
        ]
        code = f"def unit_{number}(x):\n    return x + branch(x)  # the identity and a branch"
        cells += [
            v4.new_markdown_cell(PROSE.format(number=number)),
            v4.new_code_cell(code, outputs=outputs, execution_count=number + 1),
        ]
    return v4.new_notebook(cells=cells, metadata={"language_info": {"name": "python"}})


def seconds(name: str, repeats: int) -> list[float]:
    """Return the seconds of each of `repeats` exports, after one that loads fonts and formats.

    Each notebook is another, because Typst keeps what it has set.
    """
    exporter = get_exporter(name)()
    exporter.from_notebook_node(notebook(range(20)))
    times = []
    for repeat in range(repeats):
        book = notebook(range(20 * repeat + 20, 20 * repeat + 40))
        started = time.perf_counter()
        exporter.from_notebook_node(book)
        times.append(time.perf_counter() - started)
    return times
