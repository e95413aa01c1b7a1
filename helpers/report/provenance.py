"""Where the report's numbers come from, gathered from the notebooks' results."""

import datetime
import json
from collections.abc import Iterable
from pathlib import Path

from helpers import translation
from nbtypst.problems import DocumentError


def gather(notebooks: Iterable[str], folder: Path, language: str) -> dict:
    """Return what the provenance page shows.

    Args:
        notebooks: their names.
        folder: of their results, `<name>.json`.
        language: that the sources of data are named in.

    Returns:
        {"profile", "timestamp" (seconds since 1970 of the last start), "facts" {fact: values that
        differ between the notebooks}, "versions" {package: version}, "runs" [{"notebook",
        "started", "seconds"}], "data" [{"name", "source", "sha256"}]}.

    Raises:
        DocumentError: results are missing or unreadable, or come from different profiles.
    """
    records = read_records(notebooks, folder)
    facts: dict[str, set] = {"seed": set(), "precision": set(), "device": set(), "commit": set()}
    versions, data, runs, starts = {}, {}, [], []
    for name, record in records.items():
        versions |= record["versions"]
        for entry in record["data"]:
            texts = {key: translation.render(entry[key], language) for key in ("name", "source")}
            data[entry["sha256"]] = entry | texts
        facts["seed"].add(str(record["seed"]))
        facts["precision"].add(record["precision"])
        facts["device"].add(device_name(record, language))
        facts["commit"].add(record["commit"] + "*" * record["dirty"])
        starts.append(datetime.datetime.fromisoformat(record["started"]))
        seconds = f"{record['seconds']:.0f}"
        runs.append({"notebook": name, "started": f"{starts[-1]:%F %T}", "seconds": seconds})
    return {
        "profile": record["profile"],
        "timestamp": int(max(starts).timestamp()),
        "facts": {fact: sorted(values) for fact, values in facts.items()},
        "versions": versions,
        "runs": runs,
        "data": sorted(data.values(), key=lambda entry: entry["name"]),
    }


def read_records(notebooks: Iterable[str], folder: Path) -> dict[str, dict]:
    """Return {notebook: provenance}; raise `DocumentError` as `gather`."""
    records = {}
    for name in notebooks:
        path = folder / f"{name}.json"
        try:
            records[name] = json.loads(path.read_text(encoding="utf-8"))["provenance"]
        except (OSError, ValueError, KeyError) as error:
            raise DocumentError(
                f"{path}: no results with provenance in it ({error!r}); run make report"
            ) from error
    if len({record["profile"] for record in records.values()}) > 1:
        made = ", ".join(f"{name} {record['profile']}" for name, record in records.items())
        raise DocumentError(
            f"{folder}: results of different profiles ({made}); run make report again"
        )
    return records


def device_name(record: dict, language: str) -> str:
    """Return what a notebook ran on, with the number of cores where that was a processor."""
    if "cores" not in record:
        return record["device"]
    values = {"name": record["device"], "cores": record["cores"]}
    return translation.render({"template": "{name}, {cores} cores", "values": values}, language)
