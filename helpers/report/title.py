"""The title page's fields, from report.yml."""

from typing import Annotated

from helpers import paths, settings
from nbtypst.problems import DocumentError

LANGUAGES = ("en", "ru")


def check_language(language):
    """Raise DocumentError unless title page and fixed words are there in `language`."""
    if language not in LANGUAGES:
        raise DocumentError(
            f"the report is written in {' or '.join(LANGUAGES)}, not in {language!r}: remove "
            f"locale/{language} if there is one, or add the language to helpers/report/title.py, "
            "its words.yml and report.yml"
        )


def read(path, language):
    """Return the title page's fields in `language` as a dictionary of strings.

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

    class Title(pydantic.BaseModel):
        model_config = strict
        ministry: str
        university: text
        faculty: str
        department: text
        course: text
        work: Annotated[int, pydantic.Field(ge=1)]
        title: text
        student: text
        group: text
        instructor: text
        city: text
        date: text

    titles = {name: (Title, ...) for name in LANGUAGES}
    report = pydantic.create_model("Report", __config__=strict, **titles)
    fields = getattr(settings.read(path, report, DocumentError), language)
    return {key: str(value) for key, value in fields.model_dump().items()}
