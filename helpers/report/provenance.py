"""Where the report's numbers come from, gathered from the notebooks' results."""

import datetime
import json
from pathlib import Path

from helpers import translation
from nbtypst.problems import DocumentError


def gather(notebooks: dict[str, dict], folder: Path, language: str = "en") -> dict:
    """Return what the provenance page shows.

    Args:
        notebooks: {name: executed notebook}; papermill left the running time in its metadata.
        folder: of the results, `<name>.json` for each notebook that computes.
        language: that the sources of data are named in.

    Returns:
        {"profile", "timestamp" (seconds since 1970 of the last start), "facts" {fact: values that
        differ between the notebooks}, "versions" {package: version}, "runs" [{"notebook",
        "started", "seconds"}], "data" [{"name", "source", "sha256"}]}.

    Raises:
        DocumentError: results are unreadable, or come from different profiles.
    """
    records = read_records(notebooks, folder)
    facts: dict[str, set] = {"seed": set(), "precision": set(), "device": set(), "commit": set()}
    versions: dict[str, str] = {}
    data: dict[str, dict] = {}
    timestamp = 0.0
    for record in records.values():
        versions |= record["versions"]
        for entry in record["data"]:
            texts = {key: translation.render(entry[key], language) for key in ("name", "source")}
            data[entry["sha256"]] = entry | texts
        facts["seed"].add(str(record["seed"]))
        facts["precision"].add(record["precision"])
        facts["device"].add(device_name(record, language))
        facts["commit"].add(record["commit"] + "*" * record["dirty"])
        started = datetime.datetime.fromisoformat(record["started"])
        timestamp = max(timestamp, started.timestamp())
    return {
        "profile": next((record["profile"] for record in records.values()), ""),
        "timestamp": int(timestamp),
        "facts": {fact: sorted(values) for fact, values in facts.items()},
        "versions": versions,
        "runs": [run(name, book, records.get(name, {})) for name, book in notebooks.items()],
        "data": sorted(data.values(), key=lambda entry: entry["name"]),
    }


def read_records(notebooks: dict[str, dict], folder: Path) -> dict[str, dict]:
    """Return {notebook: provenance}; raise `DocumentError` as `gather`."""
    records = {}
    for name in notebooks:
        path = folder / f"{name}.json"
        try:
            records[name] = json.loads(path.read_text(encoding="utf-8"))["provenance"]
        except FileNotFoundError:
            continue  # a notebook of prose alone
        except (ValueError, KeyError) as error:
            raise DocumentError(
                f"{path}: no results with provenance in it ({error!r}); run make report"
            ) from error
    if len({record["profile"] for record in records.values()}) > 1:
        made = ", ".join(f"{name} {record['profile']}" for name, record in records.items())
        raise DocumentError(
            f"{folder}: results of different profiles ({made}); run make report again"
        )
    return records


def run(name: str, book: dict, record: dict) -> dict[str, str]:
    """Return a notebook's start and running time in seconds, "" where unknown."""
    papermill = book["metadata"].get("papermill", {})
    seconds = papermill.get("duration") or record.get("seconds")
    started = record.get("started") or papermill.get("start_time") or ""
    return {
        "notebook": name,
        "started": started[:19].replace("T", " "),
        "seconds": f"{seconds:.0f}" if seconds is not None else "",
    }


def device_name(record: dict, language: str) -> str:
    """Return what a notebook ran on, with the number of cores where that was a processor."""
    if "cores" not in record:
        return record["device"]
    values = {"name": record["device"], "cores": record["cores"]}
    return translation.render({"template": "{name}, {cores} cores", "values": values}, language)
