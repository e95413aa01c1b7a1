"""Downloads that resume after a break, are verified, and never leave half a file behind.

pooch only compares checksums: its `retrieve` does not resume, follows redirects to http, and
replaces a file laid by hand that does not match.
"""

import contextlib
import os
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import requests
import tqdm
import urllib3
from pooch import hashes

from helpers import files, paths, progress

ATTEMPTS = 4  # connections in a row that may bring nothing before we give up
WAIT, LONGEST_WAIT = 0.5, 60  # seconds before the next of them: doubled each time; at most
BUSY = 429, 500, 502, 503, 504  # answers that may be others a moment later
CONNECT, STALL = 5, 30  # seconds to connect, and between two pieces
PIECE = 1 << 18  # bytes
UNPACKED = 10, 10**7  # an archive may unpack to so many times its size, and so many bytes more


class DownloadError(RuntimeError):
    """A file could not be had; the message names address, file and remedy."""


def fetch(
    url: str,
    path: Path,
    checksum: str | None = None,
    check: Callable[[Path], str | None] | None = None,
) -> Path:
    """Download `url` to `path` unless it is there, verify it, and return the path.

    Bytes arrive in `<path>.part`, which a later call continues, and which takes the final name only
    after it has been verified.

    Args:
        url: https address; http only of this machine. REPORT_MIRROR names another folder of the
            same files, an https address or a path.
        path: where the file is to be.
        checksum: "sha256:…", "md5:…", "sha384:…". Without one, the SHA-256 of the first download
            is kept in `<path>.sha256` and holds for every later call.
        check: where no checksum is known, returns what is wrong with a file's content, or None.

    Raises:
        DownloadError: no network, an HTTP error, a broken download, no room, a wrong checksum or
            content, an address, or one that it leads on to, that is not https.
        ValueError: `checksum` names no known algorithm.
    """
    part, record = (path.with_name(path.name + suffix) for suffix in (".part", ".sha256"))
    source = mirrored(url)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with download_lock():
            origin = checksum
            if checksum is None and record.exists():
                checksum = record.read_text(encoding="utf-8").partition(" ")[0]
                origin = f"{checksum}, which {record} holds"
            arrived = not path.exists()
            if arrived:
                receive(source, part)
            file = part if arrived else path
            fault = None if hashes.hash_matches(file, checksum) else f"its checksum is not {origin}"
            if checksum is None and check:
                fault = check(file)
            if fault and arrived:
                part.unlink()
                raise DownloadError(
                    f"{source}: {fault}. Nothing was kept. Run again; if it stays so, the file at "
                    f"that address is another one: put the right one at {path}"
                )
            if fault:
                remedy = f"Delete the file and run again to download it from {url}"
                raise DownloadError(f"{path}: {fault}. {remedy}")
            if arrived:
                part.replace(path)
            if checksum is None:
                files.write_text(record, f"{hashes.file_hash(path)}  {path.name}\n")
    except OSError as error:
        fault = f"{path} cannot be written: {error}"
        raise DownloadError(f"{fault}. Mend that and run again") from error
    return path


def mirrored(url: str) -> str:
    """Return the address, or the path, that `url` is fetched from: its own, or a mirror's."""
    mirror = os.environ.get("REPORT_MIRROR")
    return f"{mirror.rstrip('/')}/{url.rpartition('/')[2]}" if mirror else url


def download_lock() -> contextlib.AbstractContextManager:
    """Return a context that one process after the other enters: downloads do not mix."""
    waiting = "Another process is downloading into the data folder; waiting for it to end …"
    return files.exclusive(paths.DATA / ".lock", waiting)


def patient_session() -> requests.Session:
    """Return a session that asks busy servers again, when they say or ever later.

    It asks, redirects included, only https addresses and this machine.
    """
    retries = urllib3.Retry(
        ATTEMPTS - 1, connect=0, read=0, status_forcelist=BUSY, raise_on_status=False,
        backoff_factor=WAIT, backoff_max=LONGEST_WAIT, retry_after_max=LONGEST_WAIT,
    )  # fmt: skip
    session = requests.Session()
    session.adapters.clear()
    for address in ("https://", "http://127.0.0.1:"):
        session.mount(address, requests.adapters.HTTPAdapter(max_retries=retries))
    return session


def receive(source: str, part: Path) -> None:
    """Bring all bytes of an address or a local file into `part`, continuing what is there.

    Raises:
        DownloadError: as `fetch`; the bytes that came stay in `part`.
    """
    if "://" not in source:
        shutil.copyfile(Path(source).expanduser(), part)
        return
    failures = most = 0
    with patient_session() as session, progress.bar(None, part.stem, unit="MB") as bar:
        while True:
            try:
                return continue_download(source, part, bar, session)
            except requests.exceptions.InvalidSchema as error:
                raise DownloadError(f"{source}: only https is downloaded from: {error}") from error
            except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
                failures = 0 if size(part) > most else failures + 1
                most = max(most, size(part))
                if failures == ATTEMPTS:
                    raise DownloadError(
                        f"{source}: no connection, or it broke off after {most:,} bytes ({error}). "
                        f"Check the network and run again: {part.name} will be continued. "
                        f"Without a network, put the file at {part.with_suffix('')}"
                    ) from error
                time.sleep(WAIT * 2**failures / 2)


def size(file: Path) -> int:
    """Return the bytes of a file, 0 where there is none."""
    return file.stat().st_size if file.exists() else 0


def continue_download(url: str, part: Path, bar: tqdm.tqdm, session: requests.Session) -> None:
    """Ask once for the bytes that `part` lacks and append them.

    Raises:
        DownloadError: the server answers with an error.
        requests.RequestException, urllib3.exceptions.HTTPError: the connection broke off.
    """
    start = size(part)
    headers = {"Accept-Encoding": "identity"}  # the file's own bytes, or ranges do not add up
    if start:
        headers["Range"] = f"bytes={start}-"
    with session.get(url, headers=headers, stream=True, timeout=(CONNECT, STALL)) as response:
        stated = response.headers.get("Content-Range", "")  # "bytes 5-9/10", "bytes */10"
        if response.status_code == 416 and stated == f"bytes */{start}":
            return  # complete
        if response.status_code == 416:  # not the same file
            part.unlink()
            return continue_download(url, part, bar, session)
        if not response.ok:
            raise DownloadError(
                f"{url}: the server answers {response.status_code} {response.reason}. "
                f"Check the address, or put the file at {part.with_suffix('')}"
            )
        resumed = response.status_code == 206 and stated.startswith(f"bytes {start}-")
        missing = int(response.headers.get("Content-Length", 0))
        bar.total = (start * resumed + missing) // 10**6 or None
        with open(part, "ab" if resumed else "wb") as file:
            while piece := response.raw.read1(PIECE, decode_content=False):
                file.write(piece)
                bar.update(file.tell() // 10**6 - bar.n)


def unpack(archive: Path, folder: Path) -> None:
    """Unpack a tar archive as `folder` unless it is there, all of it or nothing.

    The files named ._* that macOS puts beside others are left out.

    Raises:
        DownloadError: the archive is damaged, empty, unpacks to far more than its size, or holds
            devices, or links or paths leading outside; or there is no room.
    """
    factor, more = UNPACKED
    left = factor * archive.stat().st_size + more  # bytes
    with (
        download_lock(),
        tempfile.TemporaryDirectory(dir=folder.parent, prefix=f".{folder.name}-") as temporary,
    ):
        if folder.exists():
            return
        inside = Path(temporary, folder.name)
        try:
            with tarfile.open(archive, "r:gz") as tar:
                for member in tar:
                    left -= member.size
                    if left < 0:
                        raise tarfile.TarError(f"it unpacks to over {factor} times its size")
                    if not Path(member.name).name.startswith("._"):
                        tar.extract(member, inside, filter="data")
            if not inside.exists():
                raise tarfile.TarError("it is empty")
            inside.rename(folder)
        except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
            remedy = "Mend it" if getattr(error, "errno", None) else "Delete it"
            fault = f"{archive} cannot be unpacked: {error}"
            raise DownloadError(f"{fault}. {remedy} and run again") from error
