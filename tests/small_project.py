"""A small project of four notebooks without TensorFlow, and make in it."""

import json
import shutil
import subprocess
import sys

import nbformat

from helpers import paths

HEADER = "# {title}\n\n**Shows.** A test.\n\n**Papers.** None."
SETUP = """from helpers import inputs, paths, results, runtime{extra}
session = runtime.start("{name}", profile, seed, tensorflow=False)
value = {value}
results.dump(session, {{"value": value}})"""
FIGURE = """from helpers.say import say, show, text
from matplotlib.figure import Figure
say("The value is {value:.1f}.", value=value)
figure = Figure()
axes = figure.subplots()
axes.set(xlabel="depth", xticks=[0, 1], xticklabels=["low", text("{n} of {n}", n=2)])
show(figure, "fig-depth", caption="Depth {n}.", alt="An axis.", n=3)"""
NOTEBOOKS = {
    "00_first": {"value": "seed + 20"},
    "01_second": {"value": "epochs * extra.FACTOR", "extra": ", extra"},
    "02_third": {
        "value": """len(inputs.used(paths.DATA / "hearts.txt").read_text())
__import__("os").system("echo native >&2; echo more")"""
    },
    "05_conclusions": {"value": "results.read_results('01_second')['value'] + 1"},
}


def write_notebook(folder, name, value, extra="", prose="Nothing."):
    parameters = 'profile = "quick"\nseed = 0' + ("\nepochs = 2" if name == "01_second" else "")
    cells = [
        nbformat.v4.new_markdown_cell(HEADER.format(title=name[3:]), id="header"),
        nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]}, id="parameters"),
        nbformat.v4.new_code_cell(SETUP.format(name=name, value=value, extra=extra), id="setup"),
        nbformat.v4.new_markdown_cell(f"## What this showed\n\n{prose}", id="closing"),
    ]
    if name == "00_first":
        cells.append(nbformat.v4.new_code_cell(FIGURE, id="figure"))
        cells.append(nbformat.v4.new_markdown_cell("See [figure](#fig-depth).", id="see"))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, folder / "notebooks" / f"{name}.ipynb")


def write_profile(root, epochs):
    sections = "".join(
        f"{name}: {{epochs: {epochs}}}\n" if name == "01_second" else f"{name}: {{}}\n"
        for name in NOTEBOOKS
    )
    (root / "notebooks" / "profiles" / "quick.yml").write_text("shared: {seed: 0}\n" + sections)


def write_catalogue(root, **texts):
    folder = root / "locale" / "ru" / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    entries = "".join(
        f'msgid "{english}"\nmsgstr "{russian}"\n\n' for english, russian in texts.items()
    )
    header = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "figures.po").write_text(header + entries, encoding="utf-8")


def write_project(root):
    """Write the project: the code of this one, notebooks, a profile, data, a catalogue."""
    ignored = shutil.ignore_patterns("__pycache__")
    for name in ("helpers", "nbtypst", "docs"):
        shutil.copytree(paths.ROOT / name, root / name, ignore=ignored)
    (root / "helpers" / "extra.py").write_text("FACTOR = 10\n")
    for name in ("Makefile", "report.yml", "requirements.txt"):
        shutil.copy2(paths.ROOT / name, root / name)
    (root / "notebooks" / "profiles").mkdir(parents=True)
    shutil.copy2(paths.NOTEBOOKS / "references.bib", root / "notebooks" / "references.bib")
    write_profile(root, epochs=2)
    for name, content in NOTEBOOKS.items():
        write_notebook(root, name, **content)
    (root / "data").mkdir()
    (root / "data" / "hearts.txt").write_text("12")
    write_catalogue(root, **{"depth": "глубина", "The value is {value:.1f}.": "Это {value:.1f}."})


def start(root, *arguments, target="report"):
    command = ["make", target, f"RUN='{sys.executable}'", "PYTHON=true", *arguments]
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(root)}
    return subprocess.Popen(
        command,
        cwd=root,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # a group of processes, as a terminal's Ctrl-C reaches them
    )


def run(root, *arguments, code=0, target="report"):
    process = start(root, *arguments, target=target)
    output = process.communicate()[0]
    assert process.returncode == code, output
    return output


def finished(output):
    return [name for name in NOTEBOOKS if f"{name}: done" in output]


def status(root):
    """Return what `make status` prints: {name: reason}."""
    return dict(line.split(": ", 1) for line in run(root, target="status").splitlines())


def result(root, name, folder="results"):
    return json.loads((root / "reports" / folder / f"{name}.json").read_text())["value"]
