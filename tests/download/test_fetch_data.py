"""What `make data` and `make report` fetch, from a mirror with files of a few bytes."""

import hashlib
import socket
import subprocess
import sys
import tarfile
import threading

import pytest
from file_server import make_archive

from helpers import build, download, fetch_data, paths
from helpers.deeplab import official


@pytest.fixture
def site(server, tmp_path, monkeypatch):
    """A mirror with photographs and checkpoints of a few bytes, and an empty data folder."""
    graph = b"\n\x13SemanticPredictions"  # field 1, 19 bytes
    archive = make_archive(tmp_path / "site.tar.gz", content=graph).read_bytes()
    checksum = "sha256:" + hashlib.sha256(archive).hexdigest()
    for name, (file, megabytes, published) in official.CHECKPOINTS.items():
        changed = file, megabytes, checksum if published else None
        monkeypatch.setitem(official.CHECKPOINTS, name, changed)
        server.pages[f"/{file}"] = archive
    for name in official.PHOTOGRAPHS:
        server.pages[f"/{name}"] = name.encode()
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        monkeypatch.setitem(official.PHOTOGRAPHS, name, f"sha256:{sha256}")
    monkeypatch.setattr(official, "FOLDER", tmp_path / "deeplab")
    monkeypatch.setattr(paths, "DATA", tmp_path)
    monkeypatch.setenv("REPORT_MIRROR", server.root)
    return server


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_make_data_fetches_what_is_wanted_smallest_first(site, tmp_path, capsys):
    fetch_data.main(["deeplab-mobilenet"])
    assert list(official.photographs()) == ["image1.jpg", "image2.jpg", "image3.jpg"]
    assert official.available([""]) == [
        "mobilenetv2_coco_voctrainaug",
        "mobilenetv2_coco_voctrainval",
    ]
    told = capsys.readouterr().out
    assert told.startswith("5 downloads, 51 MB, into ")
    fetch_data.main(["deeplab"])
    told = capsys.readouterr().out
    order = [told.index(name) for name in [*official.PHOTOGRAPHS, *official.CHECKPOINTS]]
    assert order == sorted(order)
    assert official.available([""]) == list(official.CHECKPOINTS)
    record = official.CHECKPOINTS["xception_coco_voctrainaug"][0] + ".sha256"
    assert [name for name in names_in(tmp_path / "deeplab") if "sha256" in name] == [record]
    sizes = [megabytes for megabytes, _name, _fetch in fetch_data.downloads(fetch_data.SETS)]
    assert sizes == sorted(sizes) and 170 in sizes and len(sizes) == 8


def test_make_data_tells_its_failures_at_the_end(site, capsys):
    broken = "image2.jpg", official.CHECKPOINTS["xception_coco_voctrainaug"][0]
    for name in broken:
        site.pages[f"/{name}"] = b"<html>Please log in</html>"
    with pytest.raises(SystemExit) as stopped:
        fetch_data.main(["deeplab"])
    lines = stopped.value.code.split("\n")
    assert len(lines) == 2 and all(line.startswith("make data: ") for line in lines)
    assert "image2.jpg: its checksum is not" in lines[0] and "no archive of a DeepLab" in lines[1]
    assert "xception_coco_voctrainval" in official.available([""])
    with pytest.raises(SystemExit, match="ONLY may be deeplab-mobilenet, deeplab, cifar10, not mr"):
        fetch_data.main(["mri"])


def test_make_data_can_be_interrupted(site, monkeypatch):
    def interrupt(_name):
        raise KeyboardInterrupt

    monkeypatch.setattr(official, "fetch_checkpoint", interrupt)
    with pytest.raises(SystemExit, match="interrupted; run it again"):
        fetch_data.main(["deeplab"])


def test_make_data_does_not_wait_for_tensorflow():
    code = "import sys, helpers.fetch_data; sys.exit('tensorflow' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "no archive of a DeepLab graph"),
        (b"<html>Please log in</html>", "no archive of a DeepLab graph"),
        ((b"<html>", "graph.pb"), "without a DeepLab graph"),
        ((b"\n\x13Semantic", "frozen_inference_graph.pb"), "no archive of a DeepLab graph"),
        ((b"\n\x02ab", "frozen_inference_graph.pb"), "without a DeepLab graph"),
    ],
)
def test_an_archive_without_a_known_checksum_must_hold_a_graph(tmp_path, content, fault):
    path = tmp_path / "a.tar.gz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        make_archive(path, (content[1], tarfile.REGTYPE), content=content[0])
    assert fault in official.fault_of_archive(path)


def test_a_report_fetches_the_smallest_checkpoint_and_the_photographs(site, tmp_path, capsys):
    wanted = ["mobilenetv2_coco_voctrainaug", "xception_coco_voctrainval"]
    fetch_data.fetch_for_report([])
    assert site.ranges == []
    fetch_data.fetch_for_report(wanted)
    assert official.available([""]) == wanted[:1] and len(official.photographs()) == 3
    asked = len(site.ranges)
    fetch_data.fetch_for_report(wanted)
    assert len(site.ranges) == asked  # nothing is missing
    assert "make report" not in capsys.readouterr().err


def look_up_in_vain(*_arguments, **_options):
    threading.Event().wait(0.5)
    raise socket.gaierror("no answer")


@pytest.mark.parametrize("fault", ["no network", "no name", "slow", "another file"])
def test_a_report_is_set_without_what_does_not_come(site, tmp_path, monkeypatch, capsys, fault):
    if fault == "no network":
        monkeypatch.setattr(official, "URL", "https://127.0.0.1:9/")
        monkeypatch.setattr(official, "PHOTOGRAPHS_URL", "https://127.0.0.1:9/")
        monkeypatch.delenv("REPORT_MIRROR")
    elif fault == "no name":
        monkeypatch.setattr(socket, "getaddrinfo", look_up_in_vain)
        monkeypatch.setattr(download, "CONNECT", 0.1)
        monkeypatch.delenv("REPORT_MIRROR")
    elif fault == "slow":
        monkeypatch.setattr(fetch_data, "SECONDS", 0.2)
        site.breaks = [0]
        site.pages.clear()
        site.resumes.clear()
    else:
        site.pages["/image1.jpg"] = b"<html>Please log in</html>"
    fetch_data.fetch_for_report(["mobilenetv2_coco_voctrainaug"])
    told = capsys.readouterr().err.splitlines()
    told = [line for line in told if line.startswith("make report:")]
    assert len(told) == 1 and "OFFLINE=1 does not ask" in told[0]
    assert ("0.2 seconds were over" in told[0]) == (fault == "slow")
    assert ("no answer within 0.1 seconds" in told[0]) == (fault == "no name")
    assert official.available([""]) == []


@pytest.mark.parametrize("options", [[], ["--offline"]])
def test_only_a_report_that_is_not_offline_asks(monkeypatch, tmp_path, options):
    asked = []
    monkeypatch.setattr(sys, "argv", ["build", *options, "--profile", "full"])
    monkeypatch.setattr(paths, "REPORTS", tmp_path)
    monkeypatch.setattr(build, "make_reports", lambda *_: None)
    monkeypatch.setattr(fetch_data, "fetch_for_report", asked.append)
    build.main()
    assert len(asked) == (not options)
    assert asked in ([], [["mobilenetv2", "xception"]])
