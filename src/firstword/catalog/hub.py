"""Files of a model hub, over HTTPS, resumed where they broke off.

What has come is kept beside the model under the file's name: a later run, or a later process, asks
only for the rest. A file that turns out to be another is thrown away.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

import httpx2

from firstword.catalog.entries import HubRepository, ModelFile
from firstword.catalog.fetch import Told, Unfetchable, require_hash, sha256_of

CONNECT_S = 10.0
SILENCE_S = 60.0
TRIES = 4
"""Connections in a row that may bring nothing new; each that brings something counts afresh."""
OK, PARTIAL, TOO_MANY = 200, 206, 429


class _Broken(Exception):
    """A connection failed in a way that another may not."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A model hub.

    Args:
        url: its address.
        pause_s: wait before asking again after nothing came; doubled each time.
    """

    url: str
    pause_s: float = 1.0

    def fetch(self, source: HubRepository, file: ModelFile, target: Path, told: Told) -> None:
        """Brings `target`, which may hold a beginning of the file, to the whole file.

        Raises:
            Unfetchable: the hub does not give it, or gives another; what came of the right one stays.
            OSError: it cannot be written.
        """
        path = quote(f"{source.repository}/resolve/{source.revision}/{source.paths[file.name]}")
        url = f"{self.url.rstrip('/')}/{path}"
        with httpx2.Client(
            follow_redirects=True,
            timeout=httpx2.Timeout(SILENCE_S, connect=CONNECT_S),
            headers={"Accept-Encoding": "identity"},
        ) as client:
            self._persist(client, url, file, target, told)
        try:
            require_hash(file, sha256_of(target))
        except Unfetchable:
            target.unlink()
            raise

    def _persist(self, client: httpx2.Client, url: str, file: ModelFile, target: Path, told: Told) -> None:
        """Asks again and again, as long as that helps."""
        failures = 0
        while (have_bytes := _size_bytes(target)) != file.size_bytes:
            try:
                _fetch_rest(client, url, file, target, told)
            except (httpx2.TransportError, _Broken) as failure:
                failures = 0 if _size_bytes(target) > have_bytes else failures + 1
                if failures == TRIES:
                    raise Unfetchable(f"{url}: {failure or type(failure).__name__}") from failure
                time.sleep(self.pause_s * 2 ** (failures - 1) if failures else 0)
            except (httpx2.HTTPError, httpx2.InvalidURL) as failure:
                raise Unfetchable(f"{url}: {failure}") from failure


def _fetch_rest(client: httpx2.Client, url: str, file: ModelFile, target: Path, told: Told) -> None:
    """One connection: what is missing of the file, as far as it comes."""
    start = _size_bytes(target)
    if start > file.size_bytes:
        target.unlink()
        start = 0
    asked = {"Range": f"bytes={start}-"} if start else {}
    with client.stream("GET", url, headers=asked) as response:
        _require_success(response, file, start)
        # A server without ranges sends the whole file again.
        continues = response.status_code == PARTIAL
        with target.open("ab" if continues else "wb") as output:
            _append(response, output, start if continues else 0, file, told)


def _require_success(response: httpx2.Response, file: ModelFile, start: int) -> None:
    """Passes an answer that brings this file, from its beginning or from `start`."""
    status, where = response.status_code, str(response.request.url)
    if status >= 500 or status == TOO_MANY:
        raise _Broken(f"the hub answered {status}")
    if status not in (OK, PARTIAL):
        raise Unfetchable(f"{where} answered {status}")
    span, _, whole = response.headers.get("content-range", "").partition("/")
    if status == PARTIAL and not span.startswith(f"bytes {start}-"):
        raise Unfetchable(f"{where} answered with another part than was asked for")
    stated = whole if status == PARTIAL else response.headers.get("content-length", "")
    if stated.isdecimal() and int(stated) != file.size_bytes:
        raise Unfetchable(f"{where} has {stated} bytes, not {file.size_bytes}")


def _append(response: httpx2.Response, output: BinaryIO, start: int, file: ModelFile, told: Told) -> None:
    done_bytes = start
    for data in response.iter_raw():
        done_bytes += len(data)
        if done_bytes > file.size_bytes:
            raise Unfetchable(f"{response.request.url} has more than {file.size_bytes} bytes")
        output.write(data)
        told(done_bytes)
    if done_bytes < file.size_bytes:
        raise _Broken("the connection ended too early")


def _size_bytes(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
