"""The title page's fields and the report's look, from report.yml."""

from pathlib import Path
from typing import Annotated, Any, Literal

from helpers import paths, settings
from nbtypst.problems import DocumentError

LANGUAGES = ("en", "ru")
TEXTS = (
    "university", "department", "course", "title", "student", "group", "instructor", "city", "date",
)  # fmt: skip
OPTIONAL_TEXTS = ("ministry", "faculty")  # may be empty


def check_language(language: str) -> None:
    """Raise DocumentError unless title page and fixed words are there in `language`."""
    if language not in LANGUAGES:
        raise DocumentError(
            f"the report is written in {' or '.join(LANGUAGES)}, not in {language!r}: name one of "
            f"them in REPORT_LANG, and remove locale/{language} if there is one"
        )


def read_title(path: Path, language: str) -> dict[str, Any]:
    """Return the title page's fields in `language`, "theme" and "lists".

    Raises:
        DocumentError: there is no such language, or it has no catalogues; or one line for each
            field that is missing, unknown, empty or of a wrong type.
    """
    check_language(language)
    catalogues = paths.LOCALE / language / "LC_MESSAGES"
    if language != "en" and not any(catalogues.glob("*.po")):
        raise DocumentError(
            f"{catalogues} holds no strings: make messages REPORT_LANG={language} lists what to "
            f"translate there, REPORT_LANG=en does without"
        )
    import pydantic  # takes 0.1 s

    strict = pydantic.ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)
    text = Annotated[str, pydantic.Field(min_length=1)]
    fields: dict = dict.fromkeys(TEXTS, text) | dict.fromkeys(OPTIONAL_TEXTS, str)
    fields["work"] = Annotated[int, pydantic.Field(ge=1)]
    page = pydantic.create_model("Title", __config__=strict, **fields)
    both: dict = dict.fromkeys(LANGUAGES, page)
    both |= {"theme": (Literal["standard", "gost"], "standard"), "lists": (bool, False)}
    model = pydantic.create_model("Report", __config__=strict, **both)
    content = settings.read_settings(path, model, DocumentError).model_dump()
    options = {"theme": content["theme"], "lists": content["lists"]}
    return {key: str(value) for key, value in content[language].items()} | options
