"""`GET /v1/models`, `/v1/models/{id}` and `GET /v1/audio/voices`."""

from __future__ import annotations

from fastapi import APIRouter, Request

from firstword.assembly import listed_voices
from firstword.catalog.catalog import ListedModel
from firstword.catalog.names import OPENAI_VOICES
from firstword.core.errors import InvalidRequest, UnknownModel
from firstword.server.context import Context, context
from firstword.wire.errors import ErrorBody
from firstword.wire.listings import ModelList, ModelObject, VoiceList, VoiceObject

router = APIRouter(responses={404: {"model": ErrorBody}})


@router.get("/v1/models", summary="Models, and the names they answer to")
async def list_models(request: Request, capability: str | None = None, task: str | None = None) -> ModelList:
    """Every name that may stand in `model`, with its state; filtered by capability or task."""
    here = context(request)
    here.caller(request)
    objects = [_model(listed, here) for listed in here.application.catalog.models()]
    return ModelList(
        data=[
            model
            for model in objects
            if (task is None or model.task == task)
            and (capability is None or capability in model.capabilities)
        ]
    )


@router.get("/v1/models/{model_id:path}", summary="One model")
async def get_model(request: Request, model_id: str) -> ModelObject:
    """One name that may stand in `model`."""
    here = context(request)
    here.caller(request)
    for listed in here.application.catalog.models():
        if listed.id == model_id:
            return _model(listed, here)
    raise UnknownModel(
        f"The model {model_id[:80]!r} does not exist; GET /v1/models lists those that do.", param="model"
    )


@router.get("/v1/audio/voices", summary="Voices, and the names they answer to")
async def list_voices(request: Request) -> VoiceList:
    """Every name that may stand in `voice`, and the voice that really answers."""
    here = context(request)
    here.caller(request)
    voices = listed_voices(here.application.catalog)
    behind = {voice.alias_of for voice in voices if voice.id in OPENAI_VOICES and voice.alias_of}
    note = f"OpenAI's names are all answered by {behind.pop()!r}." if len(behind) == 1 else None
    return VoiceList(voices=voices, note=note)


@router.post("/v1/audio/voices", summary="Voice cloning (no engine here offers it)", include_in_schema=False)
async def create_voice(request: Request) -> VoiceObject:
    """Refuses: no engine here makes voices."""
    context(request).caller(request)
    raise InvalidRequest(
        "No engine on this server makes new voices; GET /v1/audio/voices lists those there are.",
        code="voice_cloning_unsupported",
    )


def _model(listed: ListedModel, here: Context) -> ModelObject:
    info = listed.info
    status = here.application.host.status(info.model_id)
    return ModelObject(
        id=listed.id,
        created=here.started,
        owned_by=info.model_id.split("/")[0] if "/" in info.model_id else "firstword",
        task=info.task,
        capabilities=list(info.capabilities),
        languages=list(info.languages),
        voices=[voice.id for voice in info.voices],
        sample_rate=info.sample_rate or None,
        license=info.license,
        state=status.state,
        remedy=status.remedy,
        progress=status.progress,
        alias_of=listed.alias_of,
    )
