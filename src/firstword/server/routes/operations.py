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
    """200 once the models are loaded and warm, and until the server drains; 503 otherwise."""
    application = context(request).application
    if application.admission.draining:
        return JSONResponse({"status": "draining"}, status_code=503)
    if not application.host.settled:
        return JSONResponse({"status": "loading"}, status_code=503)
    if not application.host.speaks:
        return JSONResponse({"status": "failed", "see": "/v1/models"}, status_code=503)
    return JSONResponse({"status": "ready"})


@router.get("/metrics", summary="Prometheus metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Counters and histograms in Prometheus' text format."""
    here = context(request)
    here.caller(request)
    return Response(here.application.meter.exposition(), media_type=CONTENT_TYPE)
