"""What is fetched is verified, whole or not there; each fault is told in one line."""

import errno
import fcntl
import hashlib
import io
import os
import threading

import pytest
from file_server import CONTENT, SHA256

from helpers import download, paths


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


def test_two_downloads_wait_for_each_other(server, target, capfd):
    with open(paths.DATA / ".lock", "w", encoding="utf-8") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        thread = threading.Thread(target=download.fetch, args=(server.url, target, SHA256))
        thread.start()
        while "Another process is downloading" not in capfd.readouterr().out:
            assert not target.exists()
    thread.join()
    assert target.read_bytes() == CONTENT
