"""A page asks here, and has no key; the speech server is asked with one, and passed on as it comes."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

SPEECH = f"{os.environ['OPENAI_BASE_URL']}/audio/speech"
KEY = os.environ["OPENAI_API_KEY"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    # One client for all requests: its connections are kept, which saves a listener some milliseconds.
    timeout = httpx.Timeout(10, read=60)
    async with httpx.AsyncClient(
        timeout=timeout, headers={"Authorization": f"Bearer {KEY}"}
    ) as app.state.upstream:
        yield


app = FastAPI(lifespan=lifespan)


class Wanted(BaseModel):
    """What a page may ask for; the rest is decided here."""

    input: str = Field(min_length=1, max_length=4096)
    voice: str = "alloy"
    response_format: str = "opus"


@app.post("/speech")
async def speech(wanted: Wanted) -> Response:
    upstream: httpx.AsyncClient = app.state.upstream
    request = upstream.build_request("POST", SPEECH, json={"model": "tts-1", **wanted.model_dump()})
    answer = await upstream.send(request, stream=True)  # returns with the first audio, or with a refusal
    kind = answer.headers["content-type"]
    if answer.status_code != 200:
        try:
            return Response(await answer.aread(), answer.status_code, media_type=kind)
        finally:
            await answer.aclose()
    return StreamingResponse(
        pieces(answer),
        media_type=kind,
        headers={"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"},
    )


async def pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():  # without a size: bytes as they arrive
            yield piece
    finally:  # a listener who leaves ends the work behind it, too
        await answer.aclose()
