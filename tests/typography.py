"""What a reader's eye would stumble over on the pages of a PDF."""

import dataclasses
import itertools
import re
import statistics

import pypdf

from nbtypst.text import UNITS

MARGIN = 20 / 25.4 * 72  # above and below the text, points
CAPTION = re.compile(r"(Figure|Table|Рис\.|Таблица)\s(\d+(?:\.\d+)?)(?:\.\s| —)")
NUMBER_ENDS = re.compile(r"[\d⁰¹²³⁴-⁹]$")
CURVES = re.compile(rb"(?:[-\d.]+ ){2,6}[mlcvy](?=[\s/hfSBWnq])")
UNIT_STARTS = re.compile(rf"(?:[±·×]|(?:{'|'.join(UNITS)})(?!\w))")


@dataclasses.dataclass
class Line:
    """A line of a page: height above the foot of the paper and size of letters in points."""

    height: float
    size: float
    text: str


@dataclasses.dataclass
class Page:
    """A page's text, and its lines from the top on."""

    text: str
    lines: list[Line]


def read(page: pypdf.PageObject) -> Page:
    """Return what stands on a page, which loses the curves of its drawings.

    They would take half of pypdf's time.
    """
    pieces = {}
    content = page["/Contents"].get_object()
    content.set_data(CURVES.sub(b"", content.get_data()))

    def visit(text, outer, inner, _font, size):
        if text.strip():
            x, y = outer[4] + inner[4] * outer[0], outer[5] + inner[5] * outer[3]
            piece = x, abs(size * inner[3] * outer[3]), text.replace("\n", "")
            pieces.setdefault(round(y), []).append(piece)

    text = page.extract_text(visitor_text=visit)
    lines = []
    for height, line in sorted(pieces.items(), reverse=True):
        words = "".join(words for *_, words in sorted(line))
        lines.append(Line(height, max(size for _, size, _ in line), words))
    return Page(text, lines)


def pages_left_empty(pages: list[Page], reader: pypdf.PdfReader, least: float = 0.5) -> list[int]:
    """Return the pages (from 1) less than `least` full, but for the last one of each section."""
    chapters = [entry for entry in reader.outline if not isinstance(entry, list)]
    starts = {reader.get_destination_page_number(entry) for entry in chapters} | {len(pages)}
    tall = float(reader.pages[0].mediabox.height) - 2 * MARGIN
    result = []
    for number, page in enumerate(pages, start=1):
        heights = [line.height for line in page.lines if line.height > MARGIN]
        lowest = min(heights, default=tall + MARGIN)
        if number not in starts and 1 - (lowest - MARGIN) / tall < least:
            result.append(number)
    return result


def out_of_order(pages: list[Page]) -> list[str]:
    """Return the captions whose number is below that of one of their kind before them."""
    highest, faults = {}, []
    for line in itertools.chain(*(page.lines for page in pages)):
        if match := CAPTION.match(line.text.strip()):
            number = [int(part) for part in match[2].split(".")]
            if number < highest.get(match[1], [0]):
                faults.append(match[0])
            highest[match[1]] = max(number, highest.get(match[1], [0]))
    return faults


def torn_numbers(pages: list[Page]) -> list[str]:
    """Return the ends of lines of running text that part a number from its unit, power or ±."""
    size = statistics.mode(round(line.size, 1) for page in pages for line in page.lines)
    faults = []
    for page in pages:
        running = [line for line in page.lines if line.size > size - 0.5]
        for line, following in itertools.pairwise(running):
            end, start = line.text.rstrip(), following.text.lstrip()
            torn = NUMBER_ENDS.search(end) and UNIT_STARTS.match(start)
            if line.height - following.height < 2 * size and (
                torn or end.endswith(("±", "·", "×"))
            ):
                faults.append(f"{end[-20:]} | {start[:20]}")
    return faults
