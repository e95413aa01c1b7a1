"""`python -m helpers.report report.en`: what make calls to set the report in one language."""

import sys
import time

from helpers import inputs, paths, profiles
from helpers.report import DocumentError, build


def main():
    """Set PDF and HTML page of one language from what the notebooks left, and record it."""
    name = sys.argv[1]  # such as "report.ru"
    language = name.removeprefix("report.")
    pdf, page = paths.REPORTS / f"{name}.pdf", paths.HTML / language / "index.html"
    record = inputs.present(name, inputs.of_report)
    if not inputs.difference(record["made"], record["now"]):  # only a time stamp is newer
        inputs.write(name, record)
        pdf.touch()
        return
    started, code = time.monotonic(), record["parameters"]["code"]
    executed = [paths.EXECUTED / path.name for path in profiles.notebooks()]
    try:
        notices = build(executed, language, pdf=pdf, page=page, code=code)
    except DocumentError as error:
        sys.exit(f"make report: {error}")
    now = inputs.of_report(name, record)
    inputs.write(name, record | {"now": now, "made": now})
    pdf.touch()  # newer than its record
    written = f"{inputs.named(pdf)} and {inputs.named(page)} written"
    print(*notices, f"{written} in {time.monotonic() - started:.1f} s", sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
