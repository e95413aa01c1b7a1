"""Text that means nothing in Typst but itself."""

import json
import re

# Units that stay on the line of their number, as do ± and the powers of ten.
UNITS = """% ‰ ° °C pt px em nm µm mm cm m km µg mg g kg ns µs ms s min h Hz kHz MHz GHz bit B kB MB
    GB TB KiB MiB GiB dB V W kW J K N Pa rad нм мкм мм см м км мкг мг г кг нс мкс мс с мин ч Гц
    кГц МГц ГГц бит Б кБ МБ ГБ ТБ КиБ МиБ ГиБ дБ В Вт Дж К Н Па рад""".split()
GLUE = re.compile(
    rf"(?<=[\d⁰¹²³⁴-⁹)\ufdd1]) (?=[±·×]|(?:{'|'.join(UNITS)})(?!\w))|(?<=[±·×]) (?=[\d\ufdd0])"
)
PUNCTUATION = re.compile(r"[!#-&(-/:-@\[-`{-~]")  # quotation marks are Typst's to set


def quote(text: str) -> str:
    """Return `text` as a Typst string."""
    return json.dumps(re.sub(r"[\x00-\x08\x0b-\x1f\x7f]", "", text), ensure_ascii=False)


def glued(text: str) -> str:
    """Return text, formulas marked in it, whose numbers cannot leave their units."""
    return GLUE.sub("\N{NO-BREAK SPACE}", re.sub(r"[ \t\n\r\f]+", " ", text))


def escape(text: str, longest: int = 60) -> str:
    """Return `glued` text that means nothing in Typst; a word above `longest` may be broken."""
    text = re.sub(rf"[^ \xa0]{{{longest},}}", breakable, text)
    return PUNCTUATION.sub(r"\\\g<0>", text)


def breakable(match: re.Match) -> str:
    """Return a match with places to break: after its signs, or after each character."""
    word = re.sub(r"(?<=[/\-_.=&?,;:+|])(?=\w)", "\u200b", match[0])
    return re.sub(r"[^\u200b]{24,}", lambda part: "\u200b".join(part[0]), word)


def raw(text: str, longest: int = 60) -> str:
    """Return text as a Typst string whose long words may be broken."""
    return quote(re.sub(rf"\S{{{longest},}}", breakable, text))


def unset(source: str) -> str:
    """Return the mark of what cannot be set: its source."""
    return f"#unset({raw(source)})"


def hexadecimal(colour: str) -> str:
    """Return a colour of CSS (a name, #f00, rgb(…)) as #rrggbb, "" where there is no such."""
    from PIL import ImageColor

    try:
        red, green, blue, *_ = ImageColor.getrgb(colour.strip())
    except ValueError:
        return ""
    return f"#{red:02x}{green:02x}{blue:02x}"
