"""`/health`, `/ready` and `/metrics`: for orchestrators, never asked for a key but `/metrics`."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from firstword.runtime.metrics import CONTENT_TYPE
from firstword.server.context import context

router = APIRouter()


@router.get("/health", summary="Is the process alive, are its engines sound?")
async def health(request: Request) -> JSONResponse:
    """200 as soon as the server listens; 503 when a loaded engine has broken."""
    sound = context(request).application.host.healthy()
    return JSONResponse({"status": "ok" if sound else "failing"}, status_code=200 if sound else 503)


@router.get("/ready", summary="May requests be sent here?")
async def ready(request: Request) -> JSONResponse:
    """200 once speech is loaded and every other model is ready or has failed, until the server drains.

    503 otherwise. The body tells each model's state; `GET /v1/models` says more.
    """
    application = context(request).application
    host = application.host
    if application.admission.draining:
        status = "draining"
    elif not host.settled:
        status = "loading"
    else:
        status = "ready" if host.speaks else "failed"
    models = {name: model.state for name, model in host.statuses().items()}
    return JSONResponse({"status": status, "models": models}, status_code=200 if status == "ready" else 503)


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Counters and histograms in Prometheus' text format."""
    here = context(request)
    here.owner(request)
    return Response(here.application.meter.exposition(), media_type=CONTENT_TYPE)
