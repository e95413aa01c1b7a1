"""Downloads that resume after a break, are verified, and never leave half a file behind."""

import hashlib
import re
import shutil
import tarfile
import tempfile
import urllib.parse
import zlib
from pathlib import Path

import requests
import urllib3

from helpers import files, progress

ATTEMPTS = 4  # connections in a row that may bring nothing before we give up
TIMEOUT = 10, 60  # seconds to connect, and between two pieces
PIECE = 1 << 18  # bytes
LOOPBACK = "127.0.0.1", "::1", "localhost"  # needs no encryption


class DownloadError(RuntimeError):
    """A file could not be had; the message names address, file and remedy."""


def fetch(url, path, checksum=None, size=None):
    """Download `url` to `path` unless it is there, verify it, and return the path.

    Bytes arrive in `<path>.part`, which a later call continues (where the server answers ranges;
    else it starts again), and which takes the final name only after it has been verified.

    Args:
        url: https address; http only of this machine.
        path: where the file is to be.
        checksum: "sha256:…", "md5:…", "sha384:…". Without one, the SHA-256 of the first download
            is kept in `<path>.sha256` and holds for every later call.
        size: bytes expected.

    Raises:
        DownloadError: no network, an HTTP error, a broken download, wrong size or checksum, an
            address, or one that it leads on to, that is not https.
        ValueError: `checksum` names no known algorithm.
    """
    path = Path(path)
    recorded = path.with_name(path.name + ".sha256")
    if checksum is None and recorded.exists():
        checksum = "sha256:" + recorded.read_text(encoding="utf-8").split()[0]
    if checksum and checksum.partition(":")[0] not in hashlib.algorithms_available:
        raise ValueError(f"checksum {checksum!r} must start with an algorithm such as 'sha256:'")
    if path.exists():
        if fault := find_fault(path, checksum, size):
            raise DownloadError(
                f"{path}: {fault}. Delete the file and run again to download it from {url}"
            )
    else:
        check_address(url)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        receive(url, part, size)
        if fault := find_fault(part, checksum, size):
            part.unlink()
            raise DownloadError(
                f"{url}: {fault}. Nothing was kept. Run again; if it stays so, the file at that "
                f"address has changed: put the right one at {path}"
            )
        part.replace(path)
    if checksum is None:
        files.write_text(recorded, f"{digest(path, 'sha256')}  {path.name}\n")
    return path


def check_address(url):
    """Raise DownloadError unless what comes from `url` is encrypted, or comes from this machine."""
    parts = urllib.parse.urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK:
        raise DownloadError(f"{url}: only https is downloaded from; give the https address")


def check_redirect(response, **_options):
    """Raise DownloadError if an answer leads on to an address that is not https."""
    if response.is_redirect:
        check_address(urllib.parse.urljoin(response.url, response.headers["Location"]))


def receive(url, part, size=None):
    """Bring all bytes of `url` into `part`, continuing what is there.

    Raises:
        DownloadError: as `fetch`; the bytes that came stay in `part`.
    """
    failures = best = 0
    with progress.bar(size and size // 10**6, part.stem, unit="MB") as bar:
        while True:
            try:
                return continue_download(url, part, bar)
            except (
                requests.ConnectionError,
                requests.Timeout,
                urllib3.exceptions.HTTPError,
            ) as error:
                now = part.stat().st_size if part.exists() else 0
                failures = 0 if now > best else failures + 1
                best = max(best, now)
                if failures == ATTEMPTS:
                    raise DownloadError(
                        f"{url}: no connection, or it broke off after {now:,} bytes ({error}). "
                        f"Check the network and run again: {part.name} will be continued. "
                        f"Without a network, put the file at {part.with_suffix('')}"
                    ) from error


def continue_download(url, part, bar):
    """Ask once for the bytes that `part` lacks and append them.

    Raises:
        DownloadError: the server answers with an error.
        requests.ConnectionError, requests.Timeout, urllib3.exceptions.HTTPError: it broke off.
    """
    start = part.stat().st_size if part.exists() else 0
    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, or ranges do not add up
    if start:
        headers["Range"] = f"bytes={start}-"
    hooks = {"response": check_redirect}  # seen before the redirect is followed
    with requests.get(url, headers=headers, stream=True, timeout=TIMEOUT, hooks=hooks) as response:
        first, total = content_range(response)
        if response.status_code == 416:  # nothing after `start`: complete, or not the same file
            if total != start:
                part.unlink()
                continue_download(url, part, bar)
            return
        if not response.ok:
            raise DownloadError(
                f"{url}: the server answers {response.status_code} {response.reason}. "
                f"Check the address, or put the file at {part.with_suffix('')}"
            )
        resumed = response.status_code == 206 and first == start
        bar.total = bar.total or (total and total // 10**6)
        with open(part, "ab" if resumed else "wb") as file:
            for piece in response.raw.stream(PIECE, decode_content=False):
                file.write(piece)
                bar.update(file.tell() // 10**6 - bar.n)


def content_range(response):
    """Return (first byte, total bytes) of an answer, None where it does not say."""
    stated = re.fullmatch(
        r"bytes (?:(\d+)-\d+|\*)/(\d+)", response.headers.get("Content-Range", "")
    )
    if stated:
        return stated[1] and int(stated[1]), int(stated[2])
    length = response.headers.get("Content-Length")
    return 0, length and int(length)


def find_fault(path, checksum=None, size=None):
    """Return what is wrong with a file, or None."""
    found = path.stat().st_size
    if size is not None and found != size:
        return f"it has {found:,} bytes, expected {size:,}"
    if checksum:
        algorithm, expected = checksum.split(":")
        if (found := digest(path, algorithm)) != expected.lower():
            return f"its {algorithm.upper()} is {found}, expected {expected}"
    return None


def digest(path, algorithm):
    """Return the hexadecimal digest of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, algorithm).hexdigest()


def unpack(archive, folder):
    """Unpack a tar archive as `folder`, all of it or nothing, and return the folder.

    A folder that is there already is returned as it is.

    Raises:
        DownloadError: the archive is damaged, or holds links, devices or paths that lead outside.
    """
    archive, folder = Path(archive), Path(folder)
    if folder.exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}-"))
    try:
        with tarfile.open(archive) as tar:
            for member in tar:
                if not (member.isfile() or member.isdir()):
                    raise DownloadError(
                        f"{archive}: {member.name} is a link or device; not unpacked"
                    )
                tar.extract(member, temporary, filter="data")
        temporary.chmod(0o755)
        temporary.rename(folder)
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise DownloadError(
            f"{archive} cannot be unpacked: {error}. Delete it and run again to download it anew"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return folder
