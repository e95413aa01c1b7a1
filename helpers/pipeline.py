"""From a profile to the report: run each notebook that is out of date, then set it."""

import argparse
import json
import shutil
import sys
import time

from helpers import dependencies, environment, files, paths, profiles, report
from helpers.report import ReportError, title

STATE = paths.REPORTS / "state.json"
CONCLUSIONS = "05_conclusions"  # reads the results of all the others


def main():
    """Parse the command line and build; errors that a user can mend end with one message."""
    parser = argparse.ArgumentParser(prog="make report", description=__doc__)
    parser.add_argument("--profile", default="quick", help="smoke, quick or full")
    parser.add_argument("--language", action="append", help="default: all")
    parser.add_argument("--code", action="store_true", help="print all code in an appendix")
    arguments = parser.parse_args()
    waiting = "Another make report is running here; waiting for it to end …"
    wanted = arguments.language or languages()
    try:
        check_languages(wanted)
        parameters = profiles.load(arguments.profile)
        for language in wanted:
            title.read(paths.ROOT / "report.yml", language)
        with environment.exclusive(paths.REPORTS / ".lock", waiting):
            if arguments.profile == "quick" and not (STATE.exists() or paths.RUNS.exists()):
                minutes = 10 if len(wanted) == 1 else 12
                say(f"first run: about {minutes} minutes on two idle cores")
            build(parameters, wanted, arguments.code)
    except (profiles.ProfileError, ReportError) as error:
        sys.exit(f"make report: {error}")
    except KeyboardInterrupt:
        sys.exit("make report: interrupted; what is finished is kept, the next run goes on from it")


def languages():
    """Return English and every language that has a catalogue."""
    return ["en", *sorted(folder.parent.name for folder in paths.LOCALE.glob("*/LC_MESSAGES"))]


def check_languages(wanted):
    """Raise ReportError for the first of the `wanted` languages that there is not."""
    for language in wanted:
        if language not in languages():
            known = " or ".join(languages())
            raise ReportError(f"REPORT_LANG must be {known}, not {language!r}")


def build(parameters, wanted, code=False):
    """Bring executed notebooks, PDF and HTML in the `wanted` languages up to date.

    Args:
        parameters: {notebook name: its parameters}, from `profiles.load`.
        wanted: languages.
        code: print every code cell in an appendix.

    Raises:
        ReportError: an executed notebook cannot be set.
        SystemExit: a notebook failed.
    """
    notebooks = profiles.notebooks()
    state = read_state()
    for position, notebook in enumerate(notebooks, 1):
        for language in wanted:
            name = f"[{position}/{len(notebooks)}] {notebook.stem} ({language})"
            run_if_changed(notebook, language, parameters[notebook.stem], state, name)
    for language in wanted:
        render_if_changed(notebooks, language, code, state)


def run_if_changed(notebook, language, parameters, state, name):
    """Execute `notebook` unless nothing that it is made from has changed since it last ran."""
    key = f"{notebook.stem}.{language}"
    sources, data = dependencies.of_notebook(notebook, language)
    if notebook.stem == CONCLUSIONS:
        others = [other for other in profiles.notebooks() if other != notebook]
        sources += [results_of(other, language) for other in others]
    current = dependencies.state(sources, parameters=parameters)
    output = paths.EXECUTED / f"{key}.ipynb"
    made = [*data, results_of(notebook, language)]  # or read; changed by hand they are not valid
    previous = state.get(key, {"inputs": None})
    reason = dependencies.difference(
        previous.get("inputs", {}), {**current, **dependencies.state(made)}
    )
    if not reason and output.exists():
        return
    kept = paths.RUNS / "once" / notebook.stem
    runs = [state.get(f"{notebook.stem}.{other}", {}).get("inputs") for other in languages()]
    neutral = without_language({**current, **dependencies.state(data)})
    if neutral not in [without_language(run) for run in runs if run]:
        shutil.rmtree(kept, ignore_errors=True)
    say(f"{name}: {reason or 'its output is missing'}")
    # Not up to date until it has finished.
    state[key] = {"inputs": {}, "seconds": previous.get("seconds")}
    write_state(state)

    from helpers import execution

    started = time.monotonic()
    try:
        execution.execute(
            notebook, output, parameters, language, name, kept, previous.get("seconds")
        )
    except execution.NotebookFailed as error:
        sys.exit(f"make report: {error}")
    seconds = round(time.monotonic() - started, 1)
    say(f"{name}: done in {seconds:.0f} s")
    _, data = dependencies.of_notebook(notebook, language)  # with the caches of this run
    made = [*data, results_of(notebook, language)]
    state[key] = {"inputs": {**current, **dependencies.state(made)}, "seconds": seconds}
    write_state(state)


def render_if_changed(notebooks, language, code, state):
    """Set PDF and HTML of one language unless nothing that they are made from has changed."""
    executed = [paths.EXECUTED / f"{notebook.stem}.{language}.ipynb" for notebook in notebooks]
    sources = [paths.ROOT / "report.yml", paths.NOTEBOOKS / "references.bib"]
    sources += dependencies.files_below(paths.ROOT / "helpers" / "report")
    results = [results_of(notebook, language) for notebook in notebooks]
    current = dependencies.state([*executed, *results, *sources], code=code)
    pdf, html = paths.REPORTS / f"report.{language}.pdf", paths.HTML / language
    names = f"{pdf.relative_to(paths.ROOT)} and {html.relative_to(paths.ROOT)}/index.html"
    done = pdf.exists() and (html / "index.html").exists()
    if done and not dependencies.difference(state.get(pdf.stem), current):
        say(f"{names} are up to date")
        return
    started = time.monotonic()
    notices = report.build(executed, pdf, language, code=code)
    report.build_html(executed, html, language, code=code)
    for notice in notices:
        say(notice)
    say(f"{names} written in {time.monotonic() - started:.1f} s")
    state[pdf.stem] = current
    write_state(state)


def without_language(inputs):
    """Return the inputs of a run that runs in all languages share."""
    own = f"{paths.LOCALE.name}/", f"{paths.RESULTS.relative_to(paths.ROOT)}/"
    return {name: value for name, value in inputs.items() if not name.startswith(own)}


def results_of(notebook, language):
    """Return the path of the results that `notebook` writes when it runs in `language`."""
    return paths.results(language) / f"{notebook.stem}.json"


def read_state():
    """Return what earlier runs recorded; nothing if there is none or it cannot be read."""
    try:
        return json.loads(STATE.read_text(encoding="utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def write_state(state):
    """Record what each output was made from."""
    files.write_text(STATE, json.dumps(state, indent=1))


def say(message):
    """Print a line of progress to standard error."""
    print(message, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
