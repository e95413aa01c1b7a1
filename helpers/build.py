"""`make report`: check what people edit, see what has changed, and let make bring it up to date."""

import argparse
import os
import subprocess
import sys

from helpers import files, inputs, paths, profiles, translation
from helpers.report import DocumentError, title


def main() -> None:
    """Parse the command line and build; errors that a user can mend end with one message."""
    parser = argparse.ArgumentParser(prog="make report", description=__doc__)
    parser.add_argument("--profile", default="quick", help="smoke, quick or full")
    parser.add_argument("--languages", default="", help="default: all")
    parser.add_argument("--code", action="store_true", help="print all code in an appendix")
    parser.add_argument("--offline", action="store_true", help="download nothing")
    parser.add_argument("--status", action="store_true", help="tell what would run, and why")
    parser.add_argument("make", nargs="*", help="the command that makes the reports' targets")
    arguments = parser.parse_args()
    waiting = "Another make report is running here; waiting for it to end …"
    try:
        parameters = profiles.load_profile(arguments.profile)
        languages = arguments.languages.split() or translation.languages()
        for language in languages:
            title.read_title(paths.ROOT / "report.yml", language)
            translation.catalogue(language)
        parameters |= {f"report.{language}": {"code": arguments.code} for language in languages}
        if arguments.status:
            tell_status(parameters)
            return
        with files.exclusive(paths.REPORTS / ".lock", waiting):
            if not arguments.offline:
                from helpers import fetch_data  # takes 0.3 s

                fetch_data.fetch_for_report(parameters.get("04_deeplab", {}).get("checkpoints", []))
            make_reports(parameters, languages, arguments.make)
    except (profiles.ProfileError, DocumentError, translation.CatalogueError) as error:
        sys.exit(f"make report: {error}")
    except KeyboardInterrupt:
        sys.exit("make report: interrupted; what is finished is kept, the next run goes on from it")


def tell_status(parameters: dict[str, dict]) -> None:
    """Print a line for each notebook and report that would be made, with the reason."""
    records = {name: inputs.current_record(name, values) for name, values in parameters.items()}
    reasons = {name: inputs.difference(each["made"], each["now"]) for name, each in records.items()}
    lines = [f"{name}: {reason}" for name, reason in reasons.items() if reason]
    print(*lines or ["everything is up to date"], sep="\n")


def make_reports(parameters: dict[str, dict], languages: list[str], make: list[str]) -> None:
    """Write what has changed and run the command `make` on it; leave with its status if it fails.

    `parameters` is {notebook or "report.<language>": its parameters}.
    """
    pdfs = [paths.REPORTS / f"report.{language}.pdf" for language in languages]
    before = {pdf: pdf.stat().st_mtime_ns for pdf in pdfs if pdf.exists()}
    chosen = {values.get("profile") for values in parameters.values()}
    if not paths.INPUTS.exists() and "quick" in chosen:
        print("first run: about ten minutes on two idle cores", file=sys.stderr)
    for name, values in parameters.items():
        inputs.write_record(name, inputs.current_record(name, values))
    executed = [paths.EXECUTED / notebook.name for notebook in profiles.notebooks()]
    shared = "--jobserver" in os.environ.get("MAKEFLAGS", "")  # make -j: its jobs are ours
    together = [] if shared else [f"-j{len(pdfs)}"]
    for options, targets in (([], executed), (together, pdfs)):
        command = [*make, *options, *map(inputs.relative_name, targets)]
        if status := subprocess.call(command, close_fds=False):  # jobs and the lock are such
            sys.exit(status)
    for pdf, written in before.items():
        if pdf.stat().st_mtime_ns == written:
            print(f"{inputs.relative_name(pdf)} is up to date", file=sys.stderr)


if __name__ == "__main__":
    os.chdir(paths.ROOT)
    main()
