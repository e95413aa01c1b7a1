"""Writing files so that a reader never meets half of one, and knows a damaged one."""

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path

SEAL = "sha256.json"


@contextlib.contextmanager
def replacing(path):
    """Yield a temporary path beside `path` that takes its place when the block ends well.

    On an exception the temporary file is removed and `path` stays as it was.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o644)  # mkstemp's 0600 would shut other readers out
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path, text):
    """Write `text` (UTF-8) to `path` in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path):
    """Return a JSON file's object; an empty one where it is missing or damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def checksums(folder):
    """Return {name: SHA-256} of the files in a folder; notes (.md) and the seal are left out."""
    visible = (path for path in sorted(folder.glob("[!.]*")) if path.is_file())
    data = (path for path in visible if path.suffix != ".md" and path.name != SEAL)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in data}


def seal(folder):
    """Store the checksums of the files in a folder beside them."""
    write_text(folder / SEAL, json.dumps(checksums(folder), indent=1) + "\n")


def damaged(folder):
    """Return the names of the files in a folder that are not as they were when it was sealed."""
    sealed, found = read_json(folder / SEAL), checksums(folder)
    names = sorted({*sealed, *found} or {SEAL})
    return [name for name in names if sealed.get(name) is None or sealed[name] != found.get(name)]
