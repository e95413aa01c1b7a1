"""An archive is unpacked whole or not at all."""

import errno
import io
import os
import tarfile

import pytest
from file_server import CONTENT, make_archive

from helpers import download


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
