"""Downloads that resume after a break, are verified, and never leave half a file behind.

pooch only compares checksums: its `retrieve` does not resume, follows redirects to http, replaces a
file laid by hand that does not match, and would save no line.
"""

import tarfile
import tempfile
import zlib
from pathlib import Path

import requests
import urllib3
from pooch import hashes

from helpers import files, progress

ATTEMPTS = 4  # connections in a row that may bring nothing before we give up
TIMEOUT = 10, 60  # seconds to connect, and between two pieces
PIECE = 1 << 18  # bytes


class DownloadError(RuntimeError):
    """A file could not be had; the message names address, file and remedy."""


def fetch(url, path, checksum=None):
    """Download `url` to `path` unless it is there, verify it, and return the path.

    Bytes arrive in `<path>.part`, which a later call continues (where the server answers ranges;
    else it starts again), and which takes the final name only after it has been verified.

    Args:
        url: https address; http only of this machine.
        path: where the file is to be.
        checksum: "sha256:…", "md5:…", "sha384:…". Without one, the SHA-256 of the first download
            is kept in `<path>.sha256` and holds for every later call.

    Raises:
        DownloadError: no network, an HTTP error, a broken download, a wrong checksum, an address,
            or one that it leads on to, that is not https.
        ValueError: `checksum` names no known algorithm.
    """
    path = Path(path)
    recorded = path.with_name(path.name + ".sha256")
    if checksum is None and recorded.exists():
        checksum = recorded.read_text(encoding="utf-8").partition(" ")[0]
    if path.exists():
        if not hashes.hash_matches(path, checksum):
            raise DownloadError(
                f"{path}: its checksum is not {checksum}. Delete the file and run again to "
                f"download it from {url}"
            )
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        receive(url, part)
        if not hashes.hash_matches(part, checksum):
            part.unlink()
            raise DownloadError(
                f"{url}: its checksum is not {checksum}. Nothing was kept. Run again; if it stays "
                f"so, the file at that address has changed: put the right one at {path}"
            )
        part.replace(path)
    if checksum is None:
        files.write_text(recorded, f"{hashes.file_hash(path)}  {path.name}\n")
    return path


def encrypted_session():
    """Return a session that asks, redirects included, only https addresses and this machine."""
    session = requests.Session()
    session.mount("http://127.0.0.1:", session.adapters.pop("http://"))
    return session


def receive(url, part):
    """Bring all bytes of `url` into `part`, continuing what is there.

    Raises:
        DownloadError: as `fetch`; the bytes that came stay in `part`.
    """
    failures = best = 0
    with encrypted_session() as session, progress.bar(None, part.stem, unit="MB") as bar:
        while True:
            try:
                return continue_download(url, part, bar, session)
            except requests.exceptions.InvalidSchema as error:
                raise DownloadError(f"{url}: only https is downloaded from: {error}") from error
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                now = part.stat().st_size if part.exists() else 0
                failures = 0 if now > best else failures + 1
                best = max(best, now)
                if failures == ATTEMPTS:
                    raise DownloadError(
                        f"{url}: no connection, or it broke off after {now:,} bytes ({error}). "
                        f"Check the network and run again: {part.name} will be continued. "
                        f"Without a network, put the file at {part.with_suffix('')}"
                    ) from error


def continue_download(url, part, bar, session):
    """Ask once for the bytes that `part` lacks and append them.

    Raises:
        DownloadError: the server answers with an error.
        requests.RequestException, urllib3.exceptions.HTTPError: it broke off.
    """
    start = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, or ranges do not add up
    if start:
        headers["Range"] = f"bytes={start}-"
    with session.get(url, headers=headers, stream=True, timeout=TIMEOUT) as response:
        stated = response.headers.get("Content-Range", "")  # "bytes 5-9/10", "bytes */10"
        if response.status_code == 416:  # nothing after `start`: complete, or not the same file
            if stated != f"bytes */{start}":
                part.unlink()
                continue_download(url, part, bar, session)
            return
        if not response.ok:
            raise DownloadError(
                f"{url}: the server answers {response.status_code} {response.reason}. "
                f"Check the address, or put the file at {part.with_suffix('')}"
            )
        resumed = response.status_code == 206 and stated.startswith(f"bytes {start}-")
        missing = int(response.headers.get("Content-Length", 0))
        bar.total = (start * resumed + missing) // 10**6 or None
        with open(part, "ab" if resumed else "wb") as file:
            for piece in response.raw.stream(PIECE, decode_content=False):
                file.write(piece)
                bar.update(file.tell() // 10**6 - bar.n)


def unpack(archive, folder):
    """Unpack a tar archive as `folder`, which is not there yet, all of it or nothing.

    Raises:
        DownloadError: the archive is damaged, or holds devices, or links or paths leading outside.
    """
    archive, folder = Path(archive), Path(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary:
        try:
            with tarfile.open(archive) as tar:
                tar.extractall(Path(temporary, folder.name), filter="data")
            Path(temporary, folder.name).rename(folder)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            raise DownloadError(
                f"{archive} cannot be unpacked: {error}. Delete it and run again to download it"
            ) from error
