"""`python -m helpers.report report.en`: what make calls to set the report in one language."""

import sys
import time

from helpers import inputs, paths, profiles
from helpers.report import DocumentError, write_report


def main() -> None:
    """Set PDF and HTML page of one language from what the notebooks left, and record it."""
    name = sys.argv[1]  # such as "report.ru"
    language = name.removeprefix("report.")
    pdf, page = paths.REPORTS / f"{name}.pdf", paths.HTML / language / "index.html"
    record = inputs.current_record(name)
    if inputs.difference(record["made"], record["now"]):
        started = time.monotonic()
        executed = [paths.EXECUTED / path.name for path in profiles.notebooks()]
        try:
            code = record["parameters"]["code"]
            notices = write_report(executed, language, pdf, page, code=code)
        except DocumentError as error:
            sys.exit(f"make report: {error}")
        now = inputs.of_report(name, record["parameters"])
        record |= {"now": now, "made": now}
        written = f"{inputs.relative_name(pdf)} and {inputs.relative_name(page)} written"
        seconds = f"in {time.monotonic() - started:.1f} s"
        print(*notices, f"{written} {seconds}", sep="\n", file=sys.stderr)
    inputs.write_record(name, record)
    pdf.touch()  # newer than its record


if __name__ == "__main__":
    main()
