"""`make sample`: what a visitor of the repository meets first, made from the last quick report.

reports/sample/ gets PDF and page of each language, their pictures in fewer colours, and a picture
of four pages; README.md gets the table of main results between its two marks.
"""

import io
import re
import sys
from pathlib import Path

import pypdf
from PIL import Image

from helpers import files, paths, profiles, published
from helpers.report import DocumentError, assembly
from helpers.report.title import LANGUAGES
from nbtypst import compiler

SAMPLE, README = paths.REPORTS / "sample", paths.ROOT / "README.md"
MOST = 3_000_000  # bytes of a PDF
COLOURS = 128
SHOWN = ("fig-degradation", "fig-walk", "fig-predictions")  # whose pages are drawn, after the title
TABLE = re.compile(r"(<!-- make sample: results -->\n)[\s\S]*?(<!-- end of results -->)")


def main() -> None:
    """Write the sample; say what is missing or too large."""
    try:
        for language in LANGUAGES:
            write_sample(language)
    except DocumentError as error:
        sys.exit(f"make sample: {error}")
    results = files.read_json(paths.RESULTS / "05_conclusions.json")
    if "merits" not in results:
        sys.exit("make sample: reports/results has no figures of merit: run make report first")
    text = README.read_text(encoding="utf-8")
    files.write_text(README, TABLE.sub(rf"\1{results_table(results)}\2", text))
    if large := [path.name for path in SAMPLE.glob("*.pdf") if path.stat().st_size > MOST]:
        sys.exit(f"make sample: above {MOST:,} bytes: {', '.join(large)}")


def write_sample(language: str) -> None:
    """Write PDF and page of a language; of the first one, the picture of pages too."""
    executed = [paths.EXECUTED / path.name for path in profiles.notebooks()]
    project, _notices, timestamp = assembly.assemble(executed, language, paths.RESULTS, code=False)
    project = {name: lighter(name, content) for name, content in project.items()}
    pdf = SAMPLE / f"report.{language}.pdf"
    page = SAMPLE / "html" / language / "index.html"
    assembly.compile_report(project, timestamp, pdf, page)
    text = page.read_text(encoding="utf-8")  # executed notebooks are no part of the sample
    files.write_text(page, text.replace('"../../notebooks/', '"../../../../notebooks/'))
    if language == LANGUAGES[0]:
        main_file = {"main.typ": (assembly.TEMPLATES / "report.typ").read_bytes()}
        drawn = compiler.run(project | main_file, "pdf", format="png", ppi=50.0)[0]
        side_by_side([drawn[number] for number in pages_shown(pdf)]).save(SAMPLE / "pages.png")


def lighter(name: str, content: bytes) -> bytes:
    """Return a PNG in few colours, if it is smaller so; any other file as it is."""
    if not name.endswith(".png"):
        return content
    image, buffer = Image.open(io.BytesIO(content)), io.BytesIO()
    resolution = image.info.get("dpi", (72, 72))  # its size on paper
    image.convert("RGB").quantize(COLOURS).save(buffer, "png", optimize=True, dpi=resolution)
    return min(content, buffer.getvalue(), key=len)


def pages_shown(pdf: Path) -> list[int]:
    """Return the numbers, from 0, of the title page and of the pages that have figures `SHOWN`."""
    numbers = {}
    for path in profiles.notebooks():
        for cell in files.read_json(paths.EXECUTED / path.name).get("cells", []):
            for output in cell.get("outputs", []):
                report = output.get("metadata", {}).get("report", {})
                numbers[report.get("label")] = report.get("number")
    texts = [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(pdf).pages]
    captions = [f"Figure {numbers[label]}." for label in SHOWN if label in numbers]
    found = [number for number, text in enumerate(texts) for each in captions if each in text]
    return list(dict.fromkeys([0, *found]))


def side_by_side(pages: list[bytes]) -> Image.Image:
    """Return pages (PNG) beside each other, a grey line between them."""
    images = [Image.open(io.BytesIO(page)).convert("RGB") for page in pages]
    width, height = images[0].size
    whole = Image.new("RGB", (len(images) * (width + 2), height), "lightgrey")
    for number, image in enumerate(images):
        whole.paste(image, (number * (width + 2), 0))
    return whole.quantize(COLOURS)


def results_table(results: dict) -> str:
    """Return the main results beside the papers', as Markdown, from those of notebook 05."""
    merits = results["merits"]
    errors = published.SHORTCUT_ERRORS.values()
    best, second, *_worse = sorted(error for error in errors if isinstance(error, float))
    costs = {row["name"]: (row["paper"], row["ours"]) for row in results["counts"]}
    rows = [
        (f"training error, plain-{merits['deep']} less plain-{merits['shallow']}, points",
         "above 0 on CIFAR-10", f"{merits['more']:+.1f} on {merits['images']}"),
        ("twelve layers more prolong training, plain and residual",
         "“exponentially low” is conjectured",
         f"{merits['factors'][0]:.2f} and {merits['factors'][1]:.2f} times"),
        ("the identity is the best shortcut: test error on CIFAR-10",
         f"{best:.2f} %, the next {second:.2f} %", merits["identity_best"]),
        ("healthy or hypertrophic heart, accuracy on ACDC", f"{published.ACDC_ACCURACY} %",
         f"{100 * merits['accuracy']:.1f} % of {merits['n']} drawn hearts"),
        ("walk to disease, r with the true change of the wall", "not measured",
         f"{merits['r_mean'][0]:.2f}; {merits['r_mean'][1]:.2f} in whitened codes"),
        *((f"{name}, 10⁹ multiply-adds", f"{paper:g}", f"{ours:.2f}")
          for name, (paper, ours) in costs.items() if "stride" in name or name == "ResNet-152"),
    ]  # fmt: skip
    tally = f"{merits['tally'][0]} of {merits['all']} claims are reproduced, "
    tally += f"{merits['tally'][1]} not, {merits['tally'][2]} not decided"
    header = [f"| | papers | here, profile {merits['profile']} |", "|---|---|---|"]
    lines = [*header, *(f"| {' | '.join(row)} |" for row in rows), "", f"{tally}."]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
