"""The ASGI application: routes, errors, CORS, and the life of the engines."""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from starlette.middleware.cors import CORSMiddleware

from firstword import __version__
from firstword.assembly import Application
from firstword.server import errors, schema
from firstword.server.auth import Keyring, Origins
from firstword.server.context import Context
from firstword.server.request_id import RequestIdMiddleware
from firstword.server.routes import (
    chat,
    client_secrets,
    listings,
    operations,
    page,
    speech,
    speech_stream,
    transcriptions,
    transcriptions_realtime,
)
from firstword.server.tokens import Tokens
from firstword.settings import LOCALHOST_ORIGINS

log = logging.getLogger("firstword.server")

EXPOSED_HEADERS = (
    "X-Voice",
    "X-Model",
    "X-Sample-Rate",
    "X-Audio-Encoder-Delay",
    "X-Ignored",
    "X-Request-Id",
    "Retry-After",
)


def create_app(application: Application) -> FastAPI:
    """The application, ready for any ASGI server. Models load in the background once it starts."""
    settings = application.settings

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(application.host.start)
            yield
            tasks.cancel_scope.cancel()
        await application.aclose()

    app = FastAPIOffline(  # its /docs asks nobody else for its scripts
        title="firstword",
        version=__version__,
        summary="An OpenAI-compatible speech server in which audio starts at the first word.",
        lifespan=lifespan,
    )
    signing = settings.token_key.get_secret_value() if settings.token_key else None
    keys = Keyring(settings.api_keys, Tokens(signing))
    origins = Origins(settings.cors_origins, same_host=not keys.open)
    app.state.context = Context(application, keys, origins, int(time.time()))
    hearing = (transcriptions, transcriptions_realtime)
    for module in (speech, speech_stream, *hearing, chat, listings, client_secrets, operations, page):
        app.include_router(module.router)
    errors.install(app)
    schema.install(app)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=settings.cors_origins,
        allow_origin_regex=LOCALHOST_ORIGINS,
        allow_methods=("GET", "POST", "OPTIONS"),
        allow_headers=("*",),
        expose_headers=EXPOSED_HEADERS,
    )
    app.add_middleware(RequestIdMiddleware)
    return app
