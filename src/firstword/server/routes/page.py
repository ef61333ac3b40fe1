"""`GET /` and `/static/...`: the web page, exactly the files of `server/static`, asked for without a key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from importlib import resources
from importlib.resources.abc import Traversable

from fastapi import APIRouter, Request, Response

from firstword.core.errors import NotFound

router = APIRouter(include_in_schema=False)

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
HEADERS = {
    # All from here, nothing inline, in nobody's frame: what a page is made to load could read its key.
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'; object-src 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",  # kept, but asked for each time: the page belongs to its server's version
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file."""

    content: bytes
    media_type: str
    etag: str


def _read(folder: Traversable, prefix: str = "") -> dict[str, Asset]:
    """Every file below a folder, by its path."""
    found: dict[str, Asset] = {}
    for entry in folder.iterdir():
        path = prefix + entry.name
        if entry.is_dir():
            found |= _read(entry, f"{path}/")
        elif (media_type := TYPES.get(entry.name[entry.name.rfind(".") :])) is not None:
            content = entry.read_bytes()
            etag = f'"{hashlib.sha256(content).hexdigest()[:16]}"'
            found[path] = Asset(content, media_type, etag)
    return found


ASSETS = _read(resources.files("firstword.server") / "static")
"""Read once: a page of some 100 kB, and no path of a request ever reaches the disk."""


@router.api_route("/", methods=["GET", "HEAD"])
async def page(request: Request) -> Response:
    """The page."""
    return _answer(request, "index.html")


@router.api_route("/static/{path:path}", methods=["GET", "HEAD"])
async def asset(request: Request, path: str) -> Response:
    """What the page is made of."""
    return _answer(request, path)


def _answer(request: Request, path: str) -> Response:
    found = ASSETS.get(path)
    if found is None:
        raise NotFound(f"There is nothing at GET {request.url.path}; see / for the page, /docs for the API.")
    headers = {**HEADERS, "ETag": found.etag}
    if found.etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)
