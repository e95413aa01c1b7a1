"""`make report`: check what people edit, see what has changed, and let make bring it up to date."""

import argparse
import os
import subprocess
import sys

from helpers import environment, inputs, paths, profiles, translation
from helpers.report import DocumentError, title


def main():
    """Parse the command line and build; errors that a user can mend end with one message."""
    parser = argparse.ArgumentParser(prog="make report", description=__doc__)
    parser.add_argument("--profile", default="quick", help="smoke, quick or full")
    parser.add_argument("--languages", default="", help="default: all")
    parser.add_argument("--code", action="store_true", help="print all code in an appendix")
    parser.add_argument("--status", action="store_true", help="tell what would run, and why")
    parser.add_argument("make", nargs="*", help="the command that makes the reports' targets")
    arguments = parser.parse_args()
    waiting = "Another make report is running here; waiting for it to end …"
    try:
        parameters = profiles.load(arguments.profile)
        languages = checked(arguments.languages.split() or translation.languages())
        if arguments.status:
            print(*stale(parameters, languages, arguments.code), sep="\n")
            return
        with environment.exclusive(paths.REPORTS / ".lock", waiting):
            build(parameters, languages, arguments.code, arguments.make)
    except (profiles.ProfileError, DocumentError) as error:
        sys.exit(f"make report: {error}")
    except KeyboardInterrupt:
        sys.exit("make report: interrupted; what is finished is kept, the next run goes on from it")


def checked(languages):
    """Return the languages, each with a title page and a catalogue that can be read.

    Raises:
        DocumentError: the first that has not.
    """
    for language in languages:
        if language not in translation.languages():
            known = " or ".join(translation.languages())
            raise DocumentError(f"REPORT_LANG must be {known}, not {language!r}")
        title.read(paths.ROOT / "report.yml", language)
        try:
            translation.catalogue(language)
        except ValueError as error:
            raise DocumentError(str(error)) from error
    return languages


def records(parameters, languages, code):
    """Yield (name, function of its inputs, parameters) of every notebook and report."""
    for notebook in profiles.notebooks():
        yield notebook.stem, inputs.of_notebook, parameters[notebook.stem]
    for language in languages:
        yield f"report.{language}", inputs.of_report, {"code": code}


def stale(parameters, languages, code):
    """Return a line for each notebook and report that would be made, with the reason."""
    lines = []
    for name, of, its_parameters in records(parameters, languages, code):
        record = inputs.present(name, of, its_parameters)
        if reason := inputs.difference(record["made"], record["now"]):
            lines.append(f"{name}: {reason}")
    return lines or ["everything is up to date"]


def build(parameters, languages, code, make):
    """Write what has changed and run `make` on it; leave with its status if it fails."""
    pdfs = [paths.REPORTS / f"report.{language}.pdf" for language in languages]
    before = [pdf.exists() and pdf.stat().st_mtime_ns for pdf in pdfs]
    if not paths.INPUTS.exists() and "quick" in [each["profile"] for each in parameters.values()]:
        print("first run: about ten minutes on two idle cores", file=sys.stderr)
    for name, of, its_parameters in records(parameters, languages, code):
        inputs.write(name, inputs.present(name, of, its_parameters))
    executed = [paths.EXECUTED / notebook.name for notebook in profiles.notebooks()]
    shared = "--jobserver" in os.environ.get("MAKEFLAGS", "")  # make -j: its jobs are ours
    together = [] if shared else [f"-j{len(pdfs)}"]
    for options, targets in (([], executed), (together, pdfs)):
        command = [*make, *options, *map(inputs.named, targets)]
        if status := subprocess.call(command, close_fds=False):  # jobs and the lock are such
            sys.exit(status)
    for pdf, old in zip(pdfs, before, strict=True):
        if old and pdf.stat().st_mtime_ns == old:
            print(f"{inputs.named(pdf)} is up to date", file=sys.stderr)


if __name__ == "__main__":
    os.chdir(paths.ROOT)
    main()
