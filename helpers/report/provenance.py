"""Where the report's numbers come from, gathered from the notebooks' results."""

import datetime
import json
from pathlib import Path

from helpers import translation
from nbtypst.problems import DocumentError


def gather(notebooks, folder, language="en"):
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
    records = {}
    for name in notebooks:
        path = Path(folder) / f"{name}.json"
        try:
            records[name] = json.loads(path.read_text(encoding="utf-8"))["provenance"]
        except FileNotFoundError:
            continue  # a notebook of prose alone
        except (ValueError, KeyError) as error:
            raise DocumentError(
                f"{path}: no results with provenance in it ({error!r}); run make report"
            ) from error
    profiles = {record["profile"] for record in records.values()}
    if len(profiles) > 1:
        made = ", ".join(f"{name} {record['profile']}" for name, record in records.items())
        raise DocumentError(
            f"{folder}: results of different profiles ({made}); run make report again"
        )
    data, versions = {}, {}
    for record in records.values():
        versions |= record.get("versions", {})
        for entry in record.get("data", []):
            texts = {key: translation.render(entry[key], language) for key in ("name", "source")}
            data[entry["sha256"]] = entry | texts
    facts = {
        fact: sorted({str(record[fact]) for record in records.values() if fact in record})
        for fact in ("seed", "precision")
    }
    facts["device"] = sorted({device_name(record, language) for record in records.values()})
    facts["commit"] = sorted({r["commit"] + "*" * bool(r["dirty"]) for r in records.values()})
    started = {name: datetime.datetime.fromisoformat(r["started"]) for name, r in records.items()}
    return {
        "profile": profiles.pop() if profiles else "",
        "timestamp": int(max(started.values()).timestamp()) if started else 0,
        "facts": facts,
        "versions": versions,
        "runs": [run(name, book, records.get(name, {})) for name, book in notebooks.items()],
        "data": sorted(data.values(), key=lambda entry: entry["name"]),
    }


def run(name, book, record):
    """Return a notebook's start and running time in seconds, "" where unknown."""
    papermill = book["metadata"].get("papermill", {})
    seconds = papermill.get("duration") or record.get("seconds")
    started = record.get("started") or papermill.get("start_time") or ""
    return {
        "notebook": name,
        "started": started[:19].replace("T", " "),
        "seconds": f"{seconds:.0f}" if seconds is not None else "",
    }


def device_name(record, language):
    """Return what a notebook ran on, with the number of cores where that was a processor."""
    if "cores" not in record:
        return record["device"]
    values = {"name": record["device"], "cores": record["cores"]}
    return translation.render({"template": "{name}, {cores} cores", "values": values}, language)
