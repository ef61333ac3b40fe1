"""The page at `/` and what it is made of, as the server gives them out."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hatchling.builders.wheel import WheelBuilder

import firstword.server
from tests.sockets.conftest import Running, StartServer

pytestmark = pytest.mark.socket

STATIC = Path(firstword.server.__file__).parent / "static"
FILES = sorted(path.relative_to(STATIC).as_posix() for path in STATIC.rglob("*") if path.is_file())
TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
REPOSITORY = Path(__file__).parent.parent.parent


def test_the_page_is_at_the_root(server: Running) -> None:
    answer = server.request("GET", "/")

    assert 200 == answer.status
    assert "text/html; charset=utf-8" == answer.getheader("content-type")
    assert (STATIC / "index.html").read_bytes() == answer.read()


@pytest.mark.parametrize("path", FILES)
def test_each_file_comes_as_it_is_with_its_type_and_the_policy(server: Running, path: str) -> None:
    answer = server.request("GET", f"/static/{path}")

    assert 200 == answer.status
    assert TYPES[path.rpartition(".")[2]] == (answer.getheader("content-type") or "").partition(";")[0]
    policy = answer.getheader("content-security-policy") or ""
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    assert "nosniff" == answer.getheader("x-content-type-options")
    assert "no-cache" == answer.getheader("cache-control")
    assert (STATIC / path).read_bytes() == answer.read()


@pytest.mark.parametrize("path", ["/", "/static/player/player.js"])
def test_head_tells_the_same_without_the_body(server: Running, path: str) -> None:
    got = server.request("GET", path)
    told = server.request("HEAD", path)

    assert 200 == told.status
    assert b"" == told.read()
    for name in ("content-type", "content-length", "etag", "content-security-policy"):
        assert got.getheader(name) == told.getheader(name) is not None


def test_a_file_that_the_browser_has_is_not_sent_again(server: Running) -> None:
    etag = server.request("GET", "/static/app.js").getheader("etag") or ""

    again = server.request("GET", "/static/app.js", headers={"If-None-Match": f'W/{etag}, "x"'})
    changed = server.request("GET", "/static/app.js", headers={"If-None-Match": '"x"'})

    assert (304, b"") == (again.status, again.read())
    assert etag == again.getheader("etag")
    assert 200 == changed.status


@pytest.mark.parametrize(
    "path",
    ["/static/", "/static/none.js", "/static/../app.py", "/static/%2e%2e/app.py", "/index.html", "/none"],
)
def test_what_is_not_there_is_a_404_in_the_error_shape(server: Running, path: str) -> None:
    answer = server.request("GET", path)

    assert 404 == answer.status
    assert {"message", "type", "param", "code"} == set(json.loads(answer.read())["error"])


def test_the_page_is_only_read(server: Running) -> None:
    assert 405 == server.request("POST", "/", {}).status


def test_the_page_asks_for_no_key_and_gives_none_away(start_server: StartServer) -> None:
    server = start_server(api_keys=("fw-secret",))

    assert 200 == server.request("GET", "/").status
    assert 200 == server.request("GET", "/static/app.js").status
    assert 401 == server.request("GET", "/v1/models").status


def test_the_page_names_only_files_that_there_are_and_nobody_else() -> None:
    page = (STATIC / "index.html").read_text("utf-8")
    named = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert {"static/app.js", "static/style.css"} < set(named)
    for name in named:
        assert urlsplit(name).netloc == ""
        assert name == "docs" or name.removeprefix("static/") in FILES
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\bsrc=)", page)


@pytest.mark.parametrize("path", [path for path in FILES if path.endswith(".js")])
def test_a_module_imports_only_modules_that_there_are(path: str) -> None:
    source = (STATIC / path).read_text("utf-8")

    for name in re.findall(r"^(?!//).*from '([^']+)'", source, re.MULTILINE):
        assert name.startswith("./"), f"{path} imports somebody else's {name}"
        found = ((STATIC / path).parent / name).resolve().relative_to(STATIC)
        assert found.as_posix() in FILES
    assert not re.search(r"https?://", source), f"{path} names an address"
    if path.startswith("player/"):
        assert "../" not in source, "the player depends on nothing outside its folder"


def test_the_wheel_carries_every_file() -> None:
    carried = {file.distribution_path for file in WheelBuilder(str(REPOSITORY)).recurse_included_files()}

    assert set() == {f"firstword/server/static/{path}" for path in FILES} - carried
