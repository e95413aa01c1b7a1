"""Make `.venv` from the pinned requirements. Run by make with the system's Python: stdlib only.

Of `helpers` it imports `files`, which keeps to the same.
"""

from __future__ import annotations  # an old Python must come as far as the message that names it

import hashlib
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from helpers import files

ROOT = Path(__file__).resolve().parents[1]
STAMP = ROOT / ".venv" / "installed.json"
SUPPORTED = (3, 11), (3, 13)
SIZES = {"cpu": "2.6 GiB on the disk", "gpu": "3.2 GiB to download, with CUDA"}


def fingerprint(requirements: Path) -> str:
    """Return a digest of all that the environment is made from, but for the Python."""
    import tomllib  # not there before Python 3.11

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    parts = [project["project"], project["build-system"], requirements.read_text(encoding="utf-8")]
    return hashlib.sha256(repr([str(ROOT), *parts]).encode()).hexdigest()


def installed() -> dict[str, str]:
    """Return what `.venv` holds: {"python", "kind", "fingerprint"}, empty values without one."""
    try:
        return json.loads(STAMP.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {"python": "", "kind": "", "fingerprint": ""}


def install(kind: str) -> None:
    """Create `.venv` with the pins of `kind`, or bring it up to date.

    One of another Python, or without its stamp (an interrupted installation), is made anew.

    Args:
        kind: "gpu", or "" for whichever is installed; the CPU's in a new environment.
    """
    before = installed()
    kind = kind or before["kind"] or "cpu"
    requirements = ROOT / {"cpu": "requirements.txt", "gpu": "requirements-gpu.txt"}[kind]
    python = ".".join(map(str, sys.version_info[:3]))
    wanted = {"python": python, "kind": kind, "fingerprint": fingerprint(requirements)}
    if before == wanted:
        return
    started = time.monotonic()
    size = f"about two minutes, once; {SIZES[kind]}"
    print(f"Setting up .venv with {requirements.name} ({size}) …", flush=True)
    STAMP.unlink(missing_ok=True)
    if (before["python"], before["kind"]) != (python, kind):
        base = getattr(sys, "_base_executable", sys.executable)  # not the one to be cleared
        subprocess.run([base, "-m", "venv", "--clear", str(ROOT / ".venv")], check=True)
    pip = [str(ROOT / ".venv/bin/python"), "-m", "pip", "install", "--quiet"]
    pip += ["--disable-pip-version-check", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "-r", str(requirements)], check=True)
    subprocess.run([*pip, "--no-build-isolation", "-e", str(ROOT)], check=True)
    STAMP.write_text(json.dumps(wanted), encoding="utf-8")
    print(f".venv is ready after {time.monotonic() - started:.0f} s.", flush=True)


def check_gpu() -> None:
    """End with one line where this machine has no NVIDIA GPU whose driver works."""
    if shutil.which("nvidia-smi"):
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True)
        works = listed.stdout.startswith("GPU ")
    else:
        works = any(Path("/proc/driver/nvidia/gpus").glob("*"))
    if not works:
        sys.exit("GPU=1: no NVIDIA GPU with a working driver is here; leave GPU=1 out")


def main() -> None:
    """Check the Python version, then install under a lock."""
    if not SUPPORTED[0] <= sys.version_info[:2] <= SUPPORTED[1]:
        low, high = (".".join(map(str, version)) for version in SUPPORTED)
        sys.exit(
            f"Python {sys.version.split()[0]} found, but TensorFlow needs {low} to {high}: "
            "name another one with make PYTHON=python3.12"
        )
    kind = sys.argv[1] if len(sys.argv) > 1 else ""
    if kind == "gpu":
        check_gpu()
    with files.exclusive(ROOT / ".venv.lock", "Another make is setting up .venv; waiting for it …"):
        try:
            install(kind)
        except subprocess.CalledProcessError as error:
            step = "pip" if "pip" in error.cmd else "python -m venv (Debian: python3-venv?)"
            sys.exit(f".venv is not set up: {step} ended with status {error.returncode}, see above")


if __name__ == "__main__":
    main()
