"""pyproject.toml, requirements*.txt and environment.yml name the same environment."""

import ast
import fcntl
import json
import os
import re
import subprocess
import sys
import tomllib
import types

import pytest
import yaml

from helpers import files, paths
from tools import environment

PYPROJECT = tomllib.loads((paths.ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCKS = {"requirements.txt": ("cpu", "dev"), "requirements-gpu.txt": ("gpu", "dev")}


def normalise(requirement):
    name = re.match(r"[\w.-]+", requirement).group()
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(name):
    """Return {package: [pin lines]} of a lock file, continuation lines joined."""
    text = (paths.ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = {}
    for line in lines:
        found.setdefault(normalise(line), []).append(line)
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_dependency_is_pinned_with_hashes_and_no_index(lock):
    project = PYPROJECT["project"]
    wanted = list(project["dependencies"])
    for extra in LOCKS[lock]:
        wanted += project["optional-dependencies"][extra]
    found = pins(lock)
    assert {normalise(requirement) for requirement in wanted} <= set(found)
    for lines in found.values():
        for line in lines:
            assert re.match(r"[\w.-]+==\S+", line), line
            assert "--hash=sha256:" in line, line
    text = (paths.ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "an option, such as the address of an index"


def test_gpu_pins_differ_from_cpu_pins_only_in_tensorflow():
    cpu, gpu = pins("requirements.txt"), pins("requirements-gpu.txt")
    different = {name for name in cpu.keys() | gpu.keys() if cpu.get(name) != gpu.get(name)}
    allowed = re.compile(r"tensorflow.*|nvidia-.*")
    assert {name for name in different if not allowed.fullmatch(name)} == set()


def test_conda_users_get_the_same_pins():
    conda = yaml.safe_load((paths.ROOT / "environment.yml").read_text(encoding="utf-8"))
    assert {"pip": ["-r requirements.txt"]} in conda["dependencies"]
    (python,) = [item for item in conda["dependencies"] if str(item).startswith("python=")]
    version = tuple(int(part) for part in python.split("=")[1].split("."))
    assert environment.SUPPORTED[0] <= version <= environment.SUPPORTED[1]


def test_supported_versions_are_those_of_pyproject():
    low, high = environment.SUPPORTED
    assert PYPROJECT["project"]["requires-python"] == f">=3.{low[1]},<3.{high[1] + 1}"


def test_an_unsupported_python_is_told_which_one_to_name(monkeypatch):
    monkeypatch.setattr(environment, "SUPPORTED", ((3, 98), (3, 99)))
    with pytest.raises(SystemExit, match=r"needs 3\.98 to 3\.99.*make PYTHON="):
        environment.main()


def test_an_old_python_comes_as_far_as_that_message():
    """Nothing that Python 3.11 brought is needed before the version is checked."""
    for name in ("tools/environment.py", "helpers/files.py"):
        tree = ast.parse((paths.ROOT / name).read_text(encoding="utf-8"))
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        assert imports[0].module == "__future__" and imports[0].names[0].name == "annotations"
        assert "tomllib" not in {alias.name for node in imports for alias in node.names}


def test_a_second_process_waits_for_the_lock(tmp_path):
    lock, log = tmp_path / "lock", tmp_path / "log"
    hold = (
        "import sys, pathlib; from helpers import files\n"
        "with files.exclusive(pathlib.Path(sys.argv[1]), 'waiting'):\n"
        "    print('in', flush=True)\n"
        "    with open(sys.argv[2], 'a') as log: log.write('in ')\n"
        "    sys.stdin.read()\n"
        "    with open(sys.argv[2], 'a') as log: log.write('out ')\n"
    )
    command = [sys.executable, "-c", hold, lock, log]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    first = subprocess.Popen(command, cwd=paths.ROOT, text=True, **pipes)
    assert first.stdout.readline() == "in\n"
    second = subprocess.Popen(command, cwd=paths.ROOT, text=True, **pipes)
    assert second.stdout.readline() == "waiting\n"
    first.communicate()  # ends its input
    assert second.communicate()[0] == "in\n"
    assert log.read_text() == "in out in out "


def test_the_lock_is_held_until_the_last_process_started_under_it_has_ended(tmp_path):
    lock = tmp_path / "lock"
    with files.exclusive(lock, "waiting"):
        child = subprocess.Popen(
            [sys.executable, "-c", "input()"], stdin=subprocess.PIPE, close_fds=False
        )
    with open(lock, encoding="utf-8") as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        child.communicate(b"end\n")
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("target", ["report", "test", "lab", "bench"])
def test_gpu_without_a_gpu_stops_in_one_line_before_anything_runs(tmp_path, target):
    broken = tmp_path / "nvidia-smi"  # as where the driver does not work
    broken.write_text("#!/bin/sh\necho NVIDIA-SMI has failed; exit 9\n")
    broken.chmod(0o755)
    done = subprocess.run(
        ["make", "-C", paths.ROOT, target, "GPU=1", f"PYTHON={sys.executable}", f"RUN={tmp_path}"],
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True, text=True,
    )  # fmt: skip
    first, *others = done.stderr.splitlines()
    assert first == "GPU=1: no NVIDIA GPU with a working driver is here; leave GPU=1 out"
    assert all(line.startswith("make") for line in others)
    assert "Setting up" not in done.stdout


def test_a_gpu_that_the_driver_lists_is_found(tmp_path, monkeypatch):
    working = tmp_path / "nvidia-smi"
    working.write_text("#!/bin/sh\necho 'GPU 0: NVIDIA H100 (UUID: GPU-0)'\n")
    working.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    environment.check_gpu()


def test_fingerprint_follows_the_pins(tmp_path):
    one, other = tmp_path / "one.txt", tmp_path / "other.txt"
    one.write_text("keras==3.15.1")
    other.write_text("keras==3.15.2")
    assert environment.fingerprint(one) == environment.fingerprint(one)
    assert environment.fingerprint(one) != environment.fingerprint(other)


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function: `environment.install` by a Python, giving what it would have run."""
    for name in ("requirements.txt", "requirements-gpu.txt", "pyproject.toml"):
        (tmp_path / name).write_bytes((paths.ROOT / name).read_bytes())
    (tmp_path / ".venv").mkdir()
    monkeypatch.setattr(environment, "ROOT", tmp_path)
    monkeypatch.setattr(environment, "STAMP", tmp_path / ".venv" / "installed.json")

    def run(kind="", python=(3, 12, 1), fails=None):
        steps = []

        def step(command, check):
            words = " ".join(map(str, command))
            names = ("-m venv --clear", "requirements.txt", "requirements-gpu.txt", "-e")
            steps.append(next(name for name in names if name in words))
            if steps[-1] == fails:
                raise subprocess.CalledProcessError(1, command)

        monkeypatch.setattr(environment.subprocess, "run", step)
        interpreter = types.SimpleNamespace(version_info=python, executable=sys.executable)
        monkeypatch.setattr(environment, "sys", interpreter)
        environment.install(kind)
        return steps

    return run


VENV, CPU, GPU, PROJECT = "-m venv --clear", "requirements.txt", "requirements-gpu.txt", "-e"


def test_a_new_environment_has_the_pins_of_the_cpu_and_is_not_made_twice(install):
    assert environment.installed() == {"python": "", "kind": "", "fingerprint": ""}
    assert install() == [VENV, CPU, PROJECT]
    assert environment.installed()["kind"] == "cpu"
    assert environment.installed()["python"] == "3.12.1"
    assert install() == install("cpu") == []


def test_make_without_gpu_keeps_an_environment_for_gpus(install):
    assert install("gpu") == [VENV, GPU, PROJECT]
    assert install() == []
    assert environment.installed()["kind"] == "gpu"


def test_an_environment_for_the_cpu_is_made_anew_for_gpus(install):
    install()
    assert install("gpu") == [VENV, GPU, PROJECT]


def test_another_python_makes_the_environment_anew_and_of_the_same_kind(install):
    install("gpu")
    assert install(python=(3, 13, 0)) == [VENV, GPU, PROJECT]
    assert environment.installed()["python"] == "3.13.0"


def test_changed_pins_are_brought_up_to_date_in_place(install):
    install()
    with open(environment.ROOT / CPU, "a", encoding="utf-8") as file:
        file.write("# changed\n")
    assert install() == [CPU, PROJECT]


def test_an_interrupted_installation_is_made_anew(install):
    with pytest.raises(subprocess.CalledProcessError):
        install(fails=PROJECT)
    assert install() == [VENV, CPU, PROJECT]
    environment.STAMP.write_text(json.dumps({"python": "3.12.1"})[:-3])
    assert install() == [VENV, CPU, PROJECT]
