"""The title page's fields, from report.yml."""

from pathlib import Path

from helpers import paths
from nbtypst.problems import DocumentError

LANGUAGES = ("en", "ru")
FAULTS = {  # pydantic's kinds of error
    "missing": "is missing; every field of the template is needed",
    "extra_forbidden": "is no field of the title page; is it misspelt?",
    "string_type": 'must be text, found {found}; put it in quotes: {name}: "{found}"',
    "string_too_short": "must not be empty",
    "model_type": "must hold the fields of the title page, one a line, indented",
}
OTHER = "must be a number from 1, found {found}"


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
    import pydantic
    import yaml

    from helpers import yaml_errors

    text = pydantic.constr(strip_whitespace=True, min_length=1)

    class Title(pydantic.BaseModel):
        model_config = pydantic.ConfigDict(extra="forbid")
        ministry: str
        university: text
        faculty: str
        department: text
        course: text
        work: pydantic.PositiveInt
        title: text
        student: text
        group: text
        instructor: text
        city: text
        date: text

    report = pydantic.create_model(
        "Report",
        __config__=pydantic.ConfigDict(extra="forbid"),
        **{name: (Title, ...) for name in LANGUAGES},
    )
    try:
        source = Path(path).read_text(encoding="utf-8")
        content = yaml.safe_load(source)
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise DocumentError(yaml_errors.one_line(path, source, error)) from error
    try:
        fields = report.model_validate(content)
    except pydantic.ValidationError as error:
        raise DocumentError("\n".join(f"{path}: {explain(e)}" for e in error.errors())) from error
    return {key: str(value) for key, value in getattr(fields, language).model_dump().items()}


def explain(fault):
    """Return which field a fault of pydantic's is in, what it is and what to do."""
    name = ".".join(map(str, fault["loc"])) or "the file"
    template = FAULTS.get(fault["type"], OTHER)
    found = "nothing" if fault["input"] is None else fault["input"]
    return f"{name} {template.format(found=found, name=name.split('.')[-1])}"
