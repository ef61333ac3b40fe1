"""`firstword bench`: how soon this machine, or a server, speaks."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import click

from firstword.cli import options
from firstword.cli.table import table

if TYPE_CHECKING:
    from firstword.bench.ttfa import Listen, Series

Item = TypeVar("Item")


@click.group("bench", short_help="Measure.", epilog="Example: firstword bench ttfa")
def command() -> None:
    """Measure this machine, or a server."""


def _comma_separated(
    of: Callable[[str], Item],
) -> Callable[[click.Context, click.Parameter, str], list[Item]]:
    def parse(context: click.Context, parameter: click.Parameter, value: str) -> list[Item]:
        try:
            return [of(part.strip()) for part in value.split(",")]
        except ValueError as failure:
            raise click.BadParameter(str(failure)) from failure

    return parse


def _words(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 10_000:
        raise ValueError(f"{value!r} is no number of words from 1 to 10000.")
    return int(value)


@command.command(
    "ttfa",
    short_help="Time to first audio.",
    epilog="Example: firstword bench ttfa --server http://127.0.0.1:8000 --formats pcm,mp3",
)
@click.option(
    "--words", metavar="N,N", default="5,15,40", show_default=True, callback=_comma_separated(_words)
)
@click.option(
    "--formats", metavar="NAME,NAME", default="pcm", show_default=True, callback=_comma_separated(str)
)
@click.option("-n", "--runs", type=click.IntRange(1, 10_000), metavar="N", default=20, show_default=True)
@click.option("--voice", metavar="NAME", default="alloy", show_default=True)
@click.option("--model", metavar="NAME", default="tts-1", show_default=True)
@options.server
@options.api_key
@options.config
@options.as_json
def ttfa(
    server: str | None,
    api_key: str | None,
    config: Path | None,
    as_json: bool,
    **asked: object,
) -> None:
    """Time from the request to the first audio, over HTTP, one request at a time.

    In pcm and wav it is the first sample that can be heard, in coded formats the first byte. Each
    sentence has so many words and no comma. Without --server, one is started for the measurement.
    """
    import asyncio

    from firstword.bench.ttfa import measure
    from firstword.cli.server_process import running_server

    with nullcontext(server) if server else running_server(config) as url:
        series = asyncio.run(measure(_listener(url, api_key), **asked))  # type: ignore[arg-type]  # click checked them
    click.echo(json.dumps(_figures(series), indent=2) if as_json else _table(series))


def _listener(url: str, api_key: str | None) -> Listen:
    """What sends a body to `url` and listens."""
    import ssl
    from functools import partial

    from firstword.bench.listener import listen

    address = urlsplit(url)
    try:
        port = address.port or {"http": 80, "https": 443}[address.scheme]
    except (KeyError, ValueError):
        raise click.UsageError(
            f"{url!r} is no server's address; it should look like http://127.0.0.1:8000."
        ) from None
    return partial(
        listen,
        address.hostname or "",
        port,
        api_key=api_key,
        tls=ssl.create_default_context() if address.scheme == "https" else None,
        path=address.path.rstrip("/").removesuffix("/v1") + "/v1/audio/speech",
    )


def _figures(every: Sequence[Series]) -> list[dict[str, object]]:
    return [
        {
            "format": series.kind.response_format,
            "words": series.kind.words,
            "moment": series.kind.moment,
            "runs": series.summary.count,
            "min_ms": round(series.summary.minimum, 2),
            "median_ms": round(series.summary.median, 2),
            "p95_ms": round(series.summary.p95, 2),
        }
        for series in every
    ]


def _table(every: Sequence[Series]) -> str:
    headings = ("FORMAT", "WORDS", "UNTIL", "RUNS", "MIN MS", "MEDIAN MS", "P95 MS")
    rows = [
        [f"{value:.1f}" if isinstance(value, float) else str(value) for value in figures.values()]
        for figures in _figures(every)
    ]
    return table(headings, rows)
