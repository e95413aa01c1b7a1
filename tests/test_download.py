"""The downloader against a local server that answers ranges, breaks off, and lies."""

import hashlib
import http.server
import io
import tarfile
import threading

import numpy as np
import pytest

from helpers import download
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
        self.close_connection = True

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.answers_ranges, server.breaks, server.ranges = True, [], []
        server.url = f"http://127.0.0.1:{server.server_port}/file.bin"
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def target(tmp_path):
    return tmp_path / "data set" / "file.bin"


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


@pytest.mark.parametrize("url", [cifar10.URL, official.URL, official.PHOTOGRAPHS])
def test_the_projects_own_addresses_are_https(url):
    assert url.startswith("https://")


def test_without_a_checksum_the_first_download_sets_it(server, target):
    download.fetch(server.url, target)
    download.fetch(server.url, target)
    assert server.ranges == [None]
    target.write_bytes(CONTENT[:-1] + b"x")
    with pytest.raises(download.DownloadError, match="file.bin: its checksum .* Delete the file"):
        download.fetch(server.url, target)


def make_archive(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for name, kind in members:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "../outside"
            member.size = len(CONTENT) if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(CONTENT))
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


def test_unpack_names_a_truncated_archive(tmp_path):
    archive = make_archive(tmp_path / "a.tar.gz", ("file.bin", tarfile.REGTYPE))
    archive.write_bytes(archive.read_bytes()[:400_000])
    with pytest.raises(download.DownloadError, match="a.tar.gz cannot be unpacked"):
        download.unpack(archive, tmp_path / "out")
    assert not (tmp_path / "out").exists()
