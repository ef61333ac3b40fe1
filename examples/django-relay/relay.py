"""Django and django-ninja: a page asks here, and has no key; speech is passed on as it comes.

A whole project in one file: settings, the endpoint, the page, and `application` for an ASGI server. Under
WSGI a streamed response holds a worker for as long as somebody listens.
"""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import django
import httpx
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path

SPEECH = f"{os.environ['OPENAI_BASE_URL']}/audio/speech"
KEY = os.environ["OPENAI_API_KEY"]
HERE = Path(__file__).parent
PLAYER = HERE / "../../src/firstword/server/static/player"  # a folder of files; copy it to your static files

settings.configure(
    SECRET_KEY=os.environ.get("SECRET_KEY", "only for trying it out"),
    ALLOWED_HOSTS=["127.0.0.1", "localhost"],
    ROOT_URLCONF=__name__,
    # No GZipMiddleware: it would gather the whole answer to compress it.
)
django.setup()

from ninja import NinjaAPI, Schema  # noqa: E402  # needs the settings

api = NinjaAPI()
upstream = httpx.AsyncClient(timeout=httpx.Timeout(10, read=60), headers={"Authorization": f"Bearer {KEY}"})


class AudioRequest(Schema):
    """What a page may ask for."""

    input_text: str
    model: str = "tts-1"
    voice: str = "alloy"
    response_format: str = "opus"


@api.post("/stream_audio/")
async def stream_audio(request: HttpRequest, payload: AudioRequest) -> HttpResponse | StreamingHttpResponse:
    wanted = {
        "model": payload.model,
        "input": payload.input_text,
        "voice": payload.voice,
        "response_format": payload.response_format,
    }
    answer = await upstream.send(upstream.build_request("POST", SPEECH, json=wanted), stream=True)
    kind = answer.headers["content-type"]
    if answer.status_code != 200:
        body = await answer.aread()
        return HttpResponse(body, status=answer.status_code, content_type=kind)
    response = StreamingHttpResponse(pieces(answer), content_type=kind)
    response["Cache-Control"] = "no-cache, no-transform"
    response["X-Accel-Buffering"] = "no"
    return response


async def pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse((HERE / "page.html").read_bytes())


def player(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse((PLAYER / f"{name}.js").read_bytes(), content_type="text/javascript")


urlpatterns = [
    path("", page),
    path("player/<slug:name>.js", player),
    path("api/", api.urls),
]
application = get_asgi_application()
