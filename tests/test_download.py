"""The downloader against a local server that answers ranges, breaks off, and lies."""

import errno
import fcntl
import hashlib
import http.server
import io
import os
import subprocess
import sys
import tarfile
import threading
import time

import numpy as np
import pytest
import requests

from helpers import build, download, fetch_data, paths
from helpers.deeplab import official
from helpers.images import cifar10

CONTENT = np.random.default_rng(0).bytes(900_000)
SHA256 = "sha256:" + hashlib.sha256(CONTENT).hexdigest()


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT; the server's attributes say how well it behaves."""

    def do_GET(self):
        server = self.server
        server.ranges.append(self.headers.get("Range"))
        if self.path == "/missing":
            return self.send_error(404)
        if server.answers and (status := server.answers.pop(0)):
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.send_header("Retry-After", server.retry_after)
            return self.end_headers()
        if self.path in server.pages:
            self.send_response(200)
            self.send_header("Content-Length", str(len(server.pages[self.path])))
            self.end_headers()
            return self.wfile.write(server.pages[self.path])
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("Location", self.path.removeprefix("/to/"))
            self.send_header("Content-Length", "0")
            return self.end_headers()
        start = 0
        if server.answers_ranges and (asked := self.headers.get("Range")):
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(CONTENT):
                self.send_response(416)
                self.send_header("Content-Range", f"bytes */{len(CONTENT)}")
                self.send_header("Content-Length", "0")
                return self.end_headers()
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(CONTENT) - 1}/{len(CONTENT)}")
        else:
            self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        self.wfile.write(CONTENT[start:][: server.breaks.pop(0) if server.breaks else None])
        self.wfile.flush()
        server.resumes.wait(10)  # where a test has it stall
        self.close_connection = True

    def do_HEAD(self):
        self.send_response(200)
        self.end_headers()

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers_ranges, server.breaks, server.ranges = True, [], []
        server.answers, server.retry_after, server.pages = [], "0", {}
        server.resumes = threading.Event()
        server.resumes.set()
        server.root = f"http://127.0.0.1:{server.server_port}/"
        server.url = server.root + "file.bin"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.resumes.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data set" / "file.bin"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(download, "WAIT", 0.001)
    monkeypatch.delenv("REPORT_MIRROR", raising=False)


def test_fetch_verifies_and_asks_once(server, target):
    for _ in range(2):
        assert download.fetch(server.url, target, SHA256) == target
    assert target.read_bytes() == CONTENT
    assert server.ranges == [None]
    assert list(target.parent.iterdir()) == [target]


@pytest.mark.parametrize("algorithm", ["md5", "sha384"])
def test_fetch_knows_the_published_algorithms(server, target, algorithm):
    checksum = f"{algorithm}:{hashlib.new(algorithm, CONTENT).hexdigest()}"
    assert download.fetch(server.url, target, checksum).read_bytes() == CONTENT
    with pytest.raises(ValueError, match="Algorithm 'crc' not available"):
        download.fetch(server.url, target, "crc:1234")


def test_broken_connections_are_continued(server, target):
    server.breaks = [300_000, 0, 200_000]
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT
    assert server.ranges == [None, "bytes=300000-", "bytes=300000-", "bytes=500000-"]


def test_a_later_call_continues_the_part_file(server, target, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 2)
    server.breaks = [300_000, 0, 0]
    with pytest.raises(download.DownloadError, match="broke off after 300,000 bytes"):
        download.fetch(server.url, target, SHA256)
    assert [path.name for path in target.parent.iterdir()] == ["file.bin.part"]
    server.ranges.clear()
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT
    assert server.ranges == ["bytes=300000-"]


def test_a_complete_part_file_needs_no_bytes(server, target):
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(CONTENT)
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize("answers_ranges, part", [(False, 300_000), (True, len(CONTENT) + 5)])
def test_starts_again_where_it_cannot_continue(server, target, answers_ranges, part):
    server.answers_ranges = answers_ranges
    target.parent.mkdir()
    target.with_name("file.bin.part").write_bytes(bytes(part))
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize(
    "path, checksum, message",
    [
        ("missing", SHA256, "the server answers 404"),
        ("file.bin", "sha256:" + "0" * 64, "its checksum is not sha256:000"),
    ],
)
def test_faults_leave_nothing_behind(server, target, path, checksum, message):
    url = server.url.replace("file.bin", path)
    with pytest.raises(download.DownloadError, match=message) as error:
        download.fetch(url, target, checksum)
    assert url in str(error.value) and str(target) in str(error.value)
    assert not list(target.parent.iterdir())


def test_no_network_is_one_clear_error(target):
    with pytest.raises(download.DownloadError, match="Check the network.*put the file at") as error:
        download.fetch("http://127.0.0.1:9/file.bin", target)
    assert (
        str(target) in str(error.value) and ".part" not in str(error.value).split("put the file")[1]
    )
    assert not target.exists()


@pytest.mark.parametrize("url", ["http://example.invalid/file.bin", "ftp://example.invalid/f"])
def test_what_is_not_encrypted_is_not_asked_for(server, target, url, monkeypatch):
    monkeypatch.setattr(download, "ATTEMPTS", 1)
    root = server.url.removesuffix("file.bin")
    for address in (url, f"{root}to/{url}"):
        with pytest.raises(download.DownloadError, match=f"only https .*'{url}'"):
            download.fetch(address, target)
        assert not target.parent.exists() or not list(target.parent.iterdir())
    assert download.fetch(f"{root}to//file.bin", target, SHA256).read_bytes() == CONTENT


@pytest.mark.parametrize("url", [cifar10.URL, official.URL, official.PHOTOGRAPHS_URL])
def test_the_projects_own_addresses_are_https(url):
    assert url.startswith("https://")


def test_without_a_checksum_the_first_download_sets_it(server, target):
    download.fetch(server.url, target)
    download.fetch(server.url, target)
    assert server.ranges == [None]
    target.write_bytes(CONTENT[:-1] + b"x")
    record = target.with_name("file.bin.sha256")
    with pytest.raises(
        download.DownloadError, match=f"file.bin: its checksum .*, which {record} holds. Delete the"
    ):
        download.fetch(server.url, target)


def test_what_is_not_the_file_is_not_recorded(server, target):
    """As a network's login page, which comes with status 200 in place of any file."""
    server.pages["/file.bin"] = b"<html>Please log in</html>"

    def fault(path):
        return None if path.read_bytes() == CONTENT else "it is no archive"

    for _ in range(2):
        with pytest.raises(download.DownloadError, match="file.bin: it is no archive. Nothing was"):
            download.fetch(server.url, target, check=fault)
        assert not list(target.parent.iterdir())
    target.write_bytes(b"laid by hand")
    with pytest.raises(download.DownloadError, match="file.bin: it is no archive. Delete the file"):
        download.fetch(server.url, target, check=fault)
    target.unlink()
    server.pages.clear()
    assert download.fetch(server.url, target, check=fault).read_bytes() == CONTENT


def test_a_busy_server_is_asked_again_when_it_says(server, target, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    server.answers, server.retry_after = [503, 429, 502], "7"
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT
    assert waited == [7, 7, 7]
    target.unlink()
    waited.clear()
    server.answers, server.retry_after = [503] * 9, "4000"
    with pytest.raises(download.DownloadError, match="503"):
        download.fetch(server.url, target, SHA256)
    assert waited == [60, 60, 60]
    waited.clear()
    server.answers, server.retry_after = [503] * 3, "soon"
    download.fetch(server.url, target, SHA256)
    assert waited == [0.001, 0.002, 0.004]


def test_a_stalled_connection_is_given_up_and_continued(server, target, monkeypatch):
    monkeypatch.setattr(download, "STALL", 0.2)
    server.breaks = [300_000]
    server.resumes.clear()
    threading.Timer(0.5, server.resumes.set).start()
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT
    assert "bytes=300000-" in server.ranges


def test_nothing_lasts_longer_than_its_deadline(server, target):
    with pytest.raises(download.DownloadError, match=r"time was over .* file\.bin\.part"):
        download.fetch(server.url, target, SHA256, deadline=time.monotonic())
    assert target.with_name("file.bin.part").exists() and not target.exists()
    server.resumes.clear()  # all has come but the end: nothing more does
    server.breaks = [0, 0]
    with pytest.raises(download.DownloadError, match=r"file\.bin\.part will be continued"):
        download.fetch(server.url, target, SHA256, deadline=time.monotonic() + 0.3)


def test_a_mirror_is_asked_in_place_of_the_address(server, target, tmp_path, monkeypatch):
    elsewhere = "https://example.invalid/folder/file.bin"
    monkeypatch.setenv("REPORT_MIRROR", server.root)
    assert download.fetch(elsewhere, target, SHA256).read_bytes() == CONTENT
    target.unlink()
    monkeypatch.setenv("REPORT_MIRROR", str(tmp_path))
    with pytest.raises(download.DownloadError, match=f"No such file .*{tmp_path}/file.bin"):
        download.fetch(elsewhere, target, SHA256)
    (tmp_path / "file.bin").write_bytes(CONTENT)
    assert download.fetch(elsewhere, target, SHA256).read_bytes() == CONTENT
    target.unlink()
    (tmp_path / "file.bin").write_bytes(CONTENT[:-1])
    with pytest.raises(download.DownloadError, match="its checksum is not sha256"):
        download.fetch(elsewhere, target, SHA256)
    assert not list(target.parent.iterdir())


def test_no_room_is_told_in_one_line(server, target, monkeypatch):
    class Full(io.BytesIO):
        def write(self, piece):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(download, "open", lambda *_: Full(), raising=False)
    with pytest.raises(download.DownloadError, match="file.bin cannot be written: .*No space left"):
        download.fetch(server.url, target, SHA256)
    assert not target.exists()


def test_a_file_in_the_folder_s_place_is_told(server, target):
    target.parent.write_text("a file")
    with pytest.raises(download.DownloadError, match="file.bin cannot be written: .*data set"):
        download.fetch(server.url, target, SHA256)


def test_two_downloads_into_one_folder_do_not_mix(server, target):
    target.parent.mkdir()
    other = os.open(target.parent, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with pytest.raises(download.DownloadError, match="another process is downloading into it"):
        download.fetch(server.url, target, SHA256)
    os.close(other)
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT


def test_a_server_that_answers_is_reachable_and_none_other(server, monkeypatch):
    assert download.unreachable(server.url) is None
    assert "refused" in download.unreachable("http://127.0.0.1:9/file.bin")
    monkeypatch.setenv("REPORT_MIRROR", "/some/folder")
    assert download.unreachable("https://example.invalid/") is None
    monkeypatch.delenv("REPORT_MIRROR")
    monkeypatch.setattr(download, "CONNECT", 0.1)
    blocked = threading.Event()
    monkeypatch.setattr(requests.Session, "head", lambda *_, **__: blocked.wait(10))
    assert download.unreachable(server.url) == "no answer within 0.1 seconds"
    blocked.set()


GRAPH = "folder/frozen_inference_graph.pb", tarfile.REGTYPE


def make_archive(path, *members, content=CONTENT):
    with tarfile.open(path, "w:gz") as tar:
        for name, kind in members or [GRAPH]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "../outside"
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(content))
    return path


def test_unpack(tmp_path):
    archive = make_archive(tmp_path / "a.tar.gz", ("inner/file.bin", tarfile.REGTYPE))
    download.unpack(archive, tmp_path / "out")
    assert (tmp_path / "out" / "inner" / "file.bin").read_bytes() == CONTENT
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.tar.gz", "out"]


@pytest.mark.parametrize(
    "name, kind",
    [
        ("../evil", tarfile.REGTYPE),
        ("link", tarfile.SYMTYPE),
        ("hard", tarfile.LNKTYPE),
        ("pipe", tarfile.FIFOTYPE),
    ],
)
def test_unpack_refuses_what_leads_outside(tmp_path, name, kind):
    archive = make_archive(tmp_path / "a.tar.gz", ("good", tarfile.REGTYPE), (name, kind))
    with pytest.raises(download.DownloadError, match="a.tar.gz"):
        download.unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


@pytest.mark.parametrize("kept", [0, 100, 400_000])
def test_unpack_names_a_truncated_archive(tmp_path, kept):
    archive = make_archive(tmp_path / "a.tar.gz", ("file.bin", tarfile.REGTYPE))
    archive.write_bytes(archive.read_bytes()[:kept])
    with pytest.raises(download.DownloadError, match="a.tar.gz cannot be unpacked: .* Delete it"):
        download.unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


def test_unpack_names_an_archive_without_files(tmp_path):
    archive = make_archive(tmp_path / "a.tar.gz", ("._hidden", tarfile.REGTYPE))
    with pytest.raises(download.DownloadError, match="it is empty. Delete it"):
        download.unpack(archive, tmp_path / "out")


def test_unpack_leaves_out_what_macos_adds(tmp_path):
    members = ("._file.bin", "inner/file.bin", "inner/._file.bin")
    archive = make_archive(tmp_path / "a.tar.gz", *((name, tarfile.REGTYPE) for name in members))
    download.unpack(archive, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["inner", "file.bin"]


def test_unpack_stops_at_a_bomb(tmp_path):
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz", compresslevel=1) as tar:
        member = tarfile.TarInfo("zeros")
        member.size = 30_000_000
        tar.addfile(member, io.BytesIO(bytes(member.size)))
    with pytest.raises(download.DownloadError, match="unpacks to over 10 times its size"):
        download.unpack(tmp_path / "bomb.tar.gz", tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["bomb.tar.gz"]


def test_unpack_tells_that_there_is_no_room(tmp_path, monkeypatch):
    archive = make_archive(tmp_path / "a.tar.gz", ("file.bin", tarfile.REGTYPE))

    def full(*_arguments, **_options):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tarfile.TarFile, "extract", full)
    with pytest.raises(download.DownloadError, match="No space left on device. Mend it and run"):
        download.unpack(archive, tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir()] == ["a.tar.gz"]


# What `make data` and `make report` fetch.


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


@pytest.mark.parametrize("fault", ["no network", "slow", "another file"])
def test_a_report_is_set_without_what_does_not_come(site, tmp_path, monkeypatch, capsys, fault):
    if fault == "no network":
        monkeypatch.setenv("REPORT_MIRROR", "http://127.0.0.1:9")
    elif fault == "slow":
        monkeypatch.setattr(fetch_data, "SECONDS", 0)
    else:
        site.pages["/image1.jpg"] = b"<html>Please log in</html>"
    fetch_data.fetch_for_report(["mobilenetv2_coco_voctrainaug"])
    told = capsys.readouterr().err.splitlines()
    told = [line for line in told if line.startswith("make report:")]
    assert len(told) == 1 and "OFFLINE=1 does not ask" in told[0]
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
