"""The title page's fields, from report.yml."""

from pathlib import Path

from helpers.report.problems import ReportError

LANGUAGES = ("en", "ru")


def read(path, language):
    """Return the title page's fields in `language` as a dictionary of strings.

    Raises:
        ReportError: one line for each field that is missing, unknown, empty or of a wrong type.
    """
    import pydantic
    import yaml

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
        content = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportError(f"{path}: {error.strerror}") from error
    except yaml.YAMLError as error:
        raise ReportError(f"{path}: not YAML: {' '.join(str(error).split())}") from error
    try:
        fields = report.model_validate(content)
    except pydantic.ValidationError as error:
        faults = [
            f"{path}: {'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}, "
            f"found {fault['input']!r:.60}"
            for fault in error.errors()
        ]
        raise ReportError("\n".join(faults)) from error
    return {key: str(value) for key, value in getattr(fields, language).model_dump().items()}
