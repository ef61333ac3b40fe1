"""Every setting, in one frozen class: the only reader of the environment.

Order: flag, then environment (`FIRSTWORD_` prefix), then the TOML file, then the default. Unknown
names are errors in the file and the flags, not in the environment: an orchestrator with a service
called firstword injects names such as `FIRSTWORD_PORT=tcp://10.0.0.1:8000`, which are passed over.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from firstword.core import lexicon as lexicons
from firstword.core.errors import ConfigurationError

KEY_PREFIX = "sha256:"


def hashed(key: str) -> str:
    """A key as it is kept: `sha256:<hex>`. Keys are long and random, so one plain hash is enough."""
    if key.startswith(KEY_PREFIX):
        return key.lower()
    return KEY_PREFIX + hashlib.sha256(key.encode()).hexdigest()


LOCALHOST_ORIGINS = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"


class OwnVoice(BaseModel):
    """A voice of the operator's own making: another's, at another pace and loudness."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    voice: str
    """Id of the voice that speaks."""
    speed: float = Field(1.0, ge=0.25, le=4.0)
    """Its usual pace; what a request asks for multiplies it."""
    gain_db: float = Field(0.0, ge=-40.0, le=20.0)
    """Louder or softer; peaks are rounded off, never clipped."""
    lexicon: dict[str, str] = Field(default_factory=dict)
    """Words this voice says otherwise than others: word -> respelling or `/phonemes/`."""

    @field_validator("lexicon")
    @classmethod
    def _fit(cls, entries: dict[str, str]) -> dict[str, str]:
        wrong = lexicons.fault(entries)
        if wrong is not None:
            raise ValueError(wrong)
        return entries


class Settings(BaseSettings):
    """How this server runs. `docs/settings.md` lists every field."""

    model_config = SettingsConfigDict(env_prefix="FIRSTWORD_", frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address to listen on. Other than loopback needs a key, or `allow_anonymous`."""
    port: int = Field(8000, ge=0, le=65535)
    """0 picks a free port."""
    tls_cert: Path | None = None
    """PEM certificate chain."""
    tls_key: Path | None = None
    """PEM private key."""

    api_keys: tuple[str, ...] = ()
    """Keys that callers may use: each plain, or `sha256:<hex>`. Kept hashed either way."""
    token_key: SecretStr | None = Field(None, min_length=16)
    """What short-lived tokens are signed with: the same for every server behind one address. By default each
    start makes its own, and the tokens of the one before end with it."""
    allow_anonymous: bool = False
    """Serve without a key on an address that is not loopback."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call, besides localhost; `*` for all."""

    default_model: str = "hibari"
    """What the OpenAI speech model names mean here."""
    default_recognizer: str = "moonshine-base"
    """What the OpenAI transcription model names mean here."""
    default_chat: str = "smollm2-135m"
    """What the OpenAI audio chat model names mean here; it is heard by `default_recognizer` and spoken by
    `default_model`."""
    spoken_prompt: str = (
        "Your answer will be read aloud. Write it as one speaks: short plain sentences, no lists, no "
        "headings, no code, no emoji."
    )
    """What a chat model is told besides, where its answer is spoken; empty for nothing."""
    engines: tuple[str, ...] | None = None
    """Names of engine plugins to use; by default every one installed but `tone`, a test signal."""
    engine_options: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Options by engine plugin."""
    model_aliases: dict[str, str] = Field(default_factory=dict)
    """Further names for models: name -> model id."""
    voice_aliases: dict[str, str] = Field(default_factory=dict)
    """Further names for voices, or other targets for OpenAI's: name -> voice id."""
    voices: dict[str, OwnVoice] = Field(default_factory=dict)
    """Voices of one's own: name -> `voice`, `speed`, `gain_db`, `lexicon`."""
    lexicon: Path | None = None
    """TOML file of words and how each is said: `"word" = "respelling"`, or `"/phonemes/"`."""

    models: Path | None = None
    """Folder of the fetched models; by default `firstword/models` where the user's data is kept."""
    fetch: bool = True
    """Whether a server fetches, at start, the default models that its engines need and that are missing."""
    hub_url: str = Field("https://huggingface.co", pattern="^https?://")
    """Model hub, or a mirror with the same paths."""

    store: Path | None = None
    """SQLite file of what outlives a request; by default `firstword/store.sqlite3` where the user's data is
    kept. The processes of a server share it."""
    audio_id_expiry_s: int = Field(3_600, ge=1)
    """Time a spoken answer can be referred to by its audio id."""

    workers: int | None = Field(default=None, ge=1, le=256)
    """Threads for model steps; by default one for each core."""
    max_input_chars: int = Field(100_000, ge=1)
    """Characters in one request; longer is refused, never cut."""
    max_body_bytes: int = Field(2_000_000, ge=1_000)
    """Bytes in one request body."""
    max_chat_body_bytes: int = Field(40_000_000, ge=1_000)
    """Bytes in the body of one chat request, with its recordings in base64."""
    max_upload_bytes: int = Field(4_000_000_000, ge=1_000)
    """Bytes in one uploaded recording, form and all; it is kept in a temporary file while it is heard."""
    max_message_bytes: int = Field(2_000_000, ge=1_000)
    """Bytes in one message on a socket."""
    max_header_bytes: int = Field(32_768, ge=1_024)
    """Bytes in one request's line and headers."""
    max_streams: int = Field(512, ge=1)
    """Responses at once; more are told 503."""
    max_streams_per_caller: int | None = Field(default=None, ge=1)
    """Responses at once for one key, or one address where there is no key; more are told 429."""
    max_late_s: float = Field(1.0, gt=0)
    """When a listener has waited this long for its next block, newcomers are told 503."""
    request_timeout_s: float = Field(20.0, gt=0)
    """Time for a caller to send its headers, and again to send its body."""
    idle_timeout_s: float = Field(300.0, gt=0)
    """Time a socket's client may send nothing."""
    max_session_s: float = Field(86_400.0, gt=0)
    """Time a socket that listens may be open."""
    stall_timeout_s: float = Field(300.0, gt=0)
    """Time a response may wait for a reader that takes nothing."""
    drain_s: int = Field(30, ge=0)
    """Time for running responses to finish after SIGTERM."""
    send_buffer_bytes: int = Field(65_536, ge=4_096)
    """Kernel send buffer of a connection: audio made ahead of a slow reader."""

    log_level: str = Field("info", pattern="^(debug|info|warning|error)$")
    """Least severe level that is logged. Text and audio are never logged."""
    log_format: str = Field("text", pattern="^(text|json)$")
    """`text` for people, `json` for machines; one line an event, to stderr."""

    @property
    def models_folder(self) -> Path:
        """Where fetched models are: `models`, or the default of this platform."""
        return (self.models or _data_home() / "firstword/models").expanduser().absolute()

    @property
    def store_file(self) -> Path:
        """What outlives a request: `store`, or the default of this platform."""
        return (self.store or _data_home() / "firstword/store.sqlite3").expanduser().absolute()

    @field_validator("api_keys")
    @classmethod
    def _hash(cls, keys: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(hashed(key) for key in keys)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags and file (already merged by `load`) count only where the environment is silent on a flag."""
        return init_settings, _Environment(settings_cls)


class _Environment(EnvSettingsSource):
    """The environment, without what an orchestrator put there."""

    def __call__(self) -> dict[str, Any]:
        """Values by field; service addresses that only look like settings are left out."""
        self.env_vars = {k: v for k, v in self.env_vars.items() if not (v or "").startswith("tcp://")}
        return super().__call__()


def load(file: Path | None = None, flags: Mapping[str, object] | None = None) -> Settings:
    """Settings from flags, environment, file and defaults.

    Args:
        file: a TOML file.
        flags: values given on the command line; None values are passed over.

    Raises:
        ConfigurationError: a value or a name is wrong; the message names it.
    """
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    written = _read(file) if file else {}
    try:
        environment = _Environment(Settings)()
        unknown = sorted(set(written) - set(Settings.model_fields))
        if unknown:
            raise ConfigurationError(f"{file}: unknown setting {unknown[0]!r}; see docs/settings.md.")
        return Settings(**{**written, **environment, **given})
    except SettingsError as failure:
        raise ConfigurationError(
            f"The environment: {failure}. Lists and tables are written as JSON there, such as "
            """FIRSTWORD_API_KEYS='["KEY"]'."""
        ) from failure
    except ValidationError as failure:
        error = failure.errors()[0]
        name = ".".join(str(part) for part in error["loc"]) or "settings"
        raise ConfigurationError(f"Setting {name}: {error['msg']}.", param=name) from failure


def lexicon_entries(file: Path) -> dict[str, str]:
    """The words of a lexicon file, and how each is said.

    Raises:
        ConfigurationError: it cannot be read, or a line is wrong; the message names the word.
    """
    entries = _read(file, "lexicon")
    wrong = lexicons.fault(entries)
    if wrong is not None:
        raise ConfigurationError(
            f'Lexicon {file}: {wrong}. A line is "word" = "respelling", or "word" = "/phonemes/".',
            param="lexicon",
        )
    return entries


def revealed(value: str) -> str:
    """A secret of the settings: the value itself, or, of `env:NAME`, that of a variable of the environment.

    Raises:
        ConfigurationError: there is no such variable, or it is empty.
    """
    name = value.removeprefix("env:")
    if name == value:
        return value
    if not os.environ.get(name):
        raise ConfigurationError(f"The settings name the variable {name}, and the environment has none.")
    return os.environ[name]


def child_environment(**changes: str) -> dict[str, str]:
    """The environment for a program that we start, with changes."""
    return {**os.environ, **changes}


def _data_home() -> Path:
    """Where programs keep a user's data. Source: XDG Base Directory 0.8; vendors' guides."""
    named = Path(os.environ.get("XDG_DATA_HOME", ""))
    if named.is_absolute():
        return named
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData/Local")
    return Path.home() / ("Library/Application Support" if sys.platform == "darwin" else ".local/share")


def _read(file: Path, kind: str = "settings file") -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as failure:
        raise ConfigurationError(f"Cannot read {kind} {file}: {failure.strerror}.") from failure
    except tomllib.TOMLDecodeError as failure:
        raise ConfigurationError(f"{file} is not valid TOML: {failure}.") from failure
