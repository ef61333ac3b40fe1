"""The OpenAPI document: bodies that routes read themselves are written into it here."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel

from firstword.wire.chat import ChatBody
from firstword.wire.client_secrets import Secret, SecretBody
from firstword.wire.errors import ErrorBody
from firstword.wire.speech import SpeechBody
from firstword.wire.transcriptions import TranscriptionForm, TranslationForm

WRITTEN: tuple[type[BaseModel], ...] = (
    SpeechBody,
    TranscriptionForm,
    TranslationForm,
    ChatBody,
    SecretBody,
    Secret,
    ErrorBody,
)
_REF = "#/components/schemas/{model}"


def ref(model: type[BaseModel]) -> dict[str, str]:
    """A reference to a model's schema."""
    return {"$ref": _REF.format(model=model.__name__)}


REFUSED: dict[str, Any] = {
    "description": "OpenAI's error object: what is wrong, and what to do.",
    "content": {"application/json": {"schema": ref(ErrorBody)}},
}
"""How every failure of an operation is documented."""


def install(app: FastAPI) -> None:
    """Adds the schemas of the models that `ref` may name."""
    generate = app.openapi

    def openapi() -> dict[str, Any]:
        document = generate()
        for path in document["paths"].values():
            for operation in path.values():
                operation["responses"].pop("422", None)  # never sent: our errors are 400s
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in WRITTEN:
            schema = model.model_json_schema(ref_template=_REF)
            schemas.update(schema.pop("$defs", {}))
            schemas[model.__name__] = schema
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way FastAPI documents
