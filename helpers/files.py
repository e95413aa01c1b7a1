"""Files that a reader never meets half of, or knows to be damaged; one process at a time.

`tools/environment.py` reads this module with any Python of the system.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

SEAL = "sha256.json"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block ends well.

    On an exception the temporary file is removed and `path` stays as it was.
    """
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


def write_text(path: Path, text: str) -> None:
    """Write `text` (UTF-8) to `path` in one step."""
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_json(path: Path) -> dict:
    """Return a JSON file's object; an empty one where it is missing or damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(folder: Path) -> dict[str, str]:
    """Return {name: SHA-256} of the files in a folder; notes (.md) and the seal are left out."""
    visible = sorted(path for path in folder.glob("[!.]*") if path.is_file())
    return {
        path.name: sha256(path) for path in visible if path.suffix != ".md" and path.name != SEAL
    }


def seal(folder: Path) -> None:
    """Store the checksums of the files in a folder beside them."""
    write_text(folder / SEAL, json.dumps(checksums(folder), indent=1) + "\n")


def made(folder: Path, make: Callable[[], object], doing: str) -> Path:
    """Return a folder, after `make` has written its files unless they are there as it wrote them.

    A file that is not as it was written is told in a warning that ends with `doing`.
    """
    damage = damaged(folder) if folder.exists() else []
    if damage:
        fault = f"{folder / damage[0]} is not the file of {SEAL} beside it"
        warnings.warn(f"{fault}: {doing}", stacklevel=3)
    if damage or not folder.exists():
        make()
        seal(folder)
    return folder


def damaged(folder: Path) -> list[str]:
    """Return the names of the files in a folder that are not as they were when it was sealed."""
    sealed, present = read_json(folder / SEAL), checksums(folder)
    names = sorted({*sealed, *present} or {SEAL})
    return [name for name in names if sealed.get(name) is None or sealed[name] != present.get(name)]


@contextlib.contextmanager
def exclusive(path: Path, waiting: str) -> Iterator[None]:
    """Hold the lock file `path`; where another process holds it, print `waiting` and wait.

    Processes started meanwhile with its descriptor hold it too: it is free when the last has ended.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(waiting, flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        os.set_inheritable(lock.fileno(), True)
        yield
