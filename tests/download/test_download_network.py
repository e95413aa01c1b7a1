"""Connections that break off, stall, lead astray, or do not come about."""

import threading
import time

import pytest
from file_server import CONTENT, SHA256

from helpers import download
from helpers.deeplab import official
from helpers.images import cifar10


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


def test_a_busy_server_is_asked_again_when_it_says(server, target, monkeypatch):
    waited = []
    monkeypatch.setattr(time, "sleep", waited.append)
    server.answers, server.retry_after = [503, 429, 502], "7"
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT
    assert waited == [7, 7, 7]
    target.unlink()
    waited.clear()
    server.answers, server.retry_after = [503] * 9, "4000"
    with pytest.raises(download.DownloadError, match="the server answers 503"):
        download.fetch(server.url, target, SHA256)
    assert waited == [60, 60, 60]
    waited.clear()
    server.answers, server.retry_after = [503] * 3, "Thu, 01 Jan 1970 00:00:00 GMT"
    download.fetch(server.url, target, SHA256)
    assert waited == [0.002, 0.004]  # at once, then ever later


def test_a_stalled_connection_is_given_up_and_continued(server, target, monkeypatch):
    monkeypatch.setattr(download, "STALL", 0.2)
    server.breaks = [300_000]
    server.resumes.clear()
    threading.Timer(0.5, server.resumes.set).start()
    assert download.fetch(server.url, target, SHA256).read_bytes() == CONTENT
    assert "bytes=300000-" in server.ranges
