"""The local server, and the file that is fetched from it."""

import http.server
import threading

import pytest
from file_server import Handler

from helpers import download, paths


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
def impatient(monkeypatch, tmp_path_factory):
    monkeypatch.setattr(download, "WAIT", 0.001)
    monkeypatch.setattr(paths, "DATA", tmp_path_factory.mktemp("data"))
    monkeypatch.delenv("REPORT_MIRROR", raising=False)
