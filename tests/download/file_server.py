"""A local server that answers ranges, breaks off, and lies; archives for it."""

import hashlib
import http.server
import io
import tarfile

import numpy as np

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


GRAPH = "folder/frozen_inference_graph.pb", tarfile.REGTYPE


def make_archive(path, *members, content=CONTENT):
    with tarfile.open(path, "w:gz") as tar:
        for name, kind in members or [GRAPH]:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, "../outside"
            member.size = len(content) if kind == tarfile.REGTYPE else 0
            tar.addfile(member, io.BytesIO(content))
    return path
