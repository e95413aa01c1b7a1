"""Absolute paths of the project; nothing else builds a path from the working directory."""

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
PROFILES = NOTEBOOKS / "profiles"
LOCALE = ROOT / "locale"
WEIGHTS = ROOT / "data" / "weights"  # small weights that the project trained, kept in git
DATA = Path(os.environ.get("REPORT_DATA") or ROOT / "data").resolve()  # downloads and caches
RUNS = DATA / "runs"
REPORTS = ROOT / "reports"
EXECUTED = REPORTS / "notebooks"
INPUTS = REPORTS / "inputs"  # what each of them was made from
RESULTS = REPORTS / "results"
BY_HAND = REPORTS / "by_hand"  # results of notebooks that make did not run
HTML = REPORTS / "html"
