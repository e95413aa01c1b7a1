"""`make bench`: run every benchmark, write reports/bench.json and print its rows.

Each module of this package offers `rows()`; it runs in a process of its own, because a peer may
need settings that TensorFlow reads only once. The file holds the rows of this run alone.
"""

import argparse
import json
import multiprocessing
import pkgutil
from typing import Any

import benchmarks
from helpers import files, paths, runtime


def main() -> None:
    """Run the named modules, or all of them."""
    modules = {module.name for module in pkgutil.iter_modules(benchmarks.__path__)}
    known = sorted(modules - {"__main__", "side_by_side"})
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("only", nargs="*", help=f"some of {', '.join(known)}")
    chosen = parser.parse_args().only or known
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"no benchmark {', '.join(unknown)}; there are {', '.join(known)}")
    rows: list[dict] = []
    record: dict[str, Any] = {}
    for name in chosen:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            measured = pool.apply(benchmarks.measure, [name])
        if name == "pipeline":  # times of one report, no comparison
            record["pipeline"] = measured
            print(json.dumps(measured), flush=True)
            continue
        for row in measured:
            print(json.dumps(row), flush=True)
        rows += measured
    record |= {"machine": runtime.processor(), "versions": runtime.versions(), "rows": rows}
    files.write_text(paths.REPORTS / "bench.json", json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
