"""`POST /v1/realtime/client_secrets`: a token that a page may hold."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request, Response

from firstword.server import errors, schema
from firstword.server.context import context
from firstword.server.limits import read_body
from firstword.wire.client_secrets import Secret, SecretBody

router = APIRouter()
OPENAPI: dict[str, Any] = {
    "requestBody": {"content": {"application/json": {"schema": schema.ref(SecretBody)}}},
    "responses": {"200": {"content": {"application/json": {"schema": schema.ref(Secret)}}}},
}


@router.post(
    "/v1/realtime/client_secrets",
    summary="A short-lived token",
    response_class=Response,
    responses={},
    openapi_extra=OPENAPI,
)
async def create_secret(request: Request) -> Response:
    """A token that works as a key for a while; only a key itself can ask for one."""
    here = context(request)
    owner = here.owner(request)
    settings = here.application.settings
    raw = await read_body(request, max_bytes=settings.max_body_bytes, timeout_s=settings.request_timeout_s)
    asked = errors.parsed(SecretBody, raw or b"{}")
    value, expires_at = here.keys.token(owner, seconds=asked.expires_after.seconds, scope=asked.scope)
    secret = Secret.of(value, expires_at, asked, "sess_" + secrets.token_hex(12))
    return Response(
        secret.model_dump_json(), media_type="application/json", headers={"Cache-Control": "no-store"}
    )
