"""What `firstword doctor` looks at: facts, each with what to do where it is not as it must be."""

from __future__ import annotations

import asyncio
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, cast

from firstword.core.errors import ConfigurationError

if TYPE_CHECKING:
    from firstword.core.protocols import ChatEngine, Engine, EnginePlugin, Files
    from firstword.core.types import EngineInfo
    from firstword.runtime.supply import Supply
    from firstword.settings import Settings

OLDEST_PYTHON = (3, 11)
LEAST_MEMORY_BYTES = 512 * 1024 * 1024
"""A server with hibari loaded and some streams stays under half of this."""

_REQUIREMENT = re.compile(r"(?P<name>[\w.-]+)\s*(?:\[[^]]*\])?\s*\(?(?P<bounds>[^;)]*)\)?\s*(?P<marker>;.*)?")
_BOUND = re.compile(r"(==|>=|<)\s*([\d.]+)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    fact: str
    remedy: str | None = None
    """What to do; None where all is well."""


def checkup(config: Path | None, flags: Mapping[str, object]) -> Iterator[Finding]:
    """Looks at everything, in order; the findings come as they are made.

    Args:
        config: the settings file.
        flags: settings that were given on the command line.
    """
    yield _python()
    yield from _packages()
    yield _telemetry()
    yield _machine()
    yield from _formats()
    yield from _devices()
    yield from _settings(config, flags)


def _python() -> Finding:
    fact = f"Python {'.'.join(map(str, sys.version_info[:3]))}"
    if sys.version_info >= OLDEST_PYTHON:
        return Finding(fact)
    return Finding(fact, f"Install Python {'.'.join(map(str, OLDEST_PYTHON))} or newer.")


def _packages() -> Iterator[Finding]:
    """One line for all that is as it must be, and one for each that is not."""
    wrong = [finding for line in metadata.requires("firstword") or () if (finding := _package(line))]
    yield from wrong
    if not wrong:
        yield Finding(f"firstword {metadata.version('firstword')}, every package it needs in its version")


def _package(requirement: str) -> Finding | None:
    """What is wrong with a required package, or None. Requirements are those of our own pyproject."""
    parts = _REQUIREMENT.match(requirement)
    if parts is None or "extra ==" in (parts["marker"] or ""):
        return None
    name, bounds = parts["name"], parts["bounds"].strip()
    remedy = f"pip install '{name}{bounds}'"
    try:
        version = metadata.version(name)
    except metadata.PackageNotFoundError:
        return None if parts["marker"] else Finding(f"{name} is not installed", remedy)
    fits = all(_fits(version, relation, bound) for relation, bound in _BOUND.findall(bounds))
    return None if fits else Finding(f"{name} is {version}, and must be {bounds}", remedy)


def _fits(version: str, relation: str, bound: str) -> bool:
    have, want = _release(version), _release(bound)
    return {"==": have == want, ">=": have >= want, "<": have < want}[relation]


def _release(version: str) -> tuple[int, ...]:
    """The numbers of a version, without trailing zeros: 1.0 and 1 are one version."""
    found = re.match(r"[\d.]*\d", version)
    return tuple(int(part) for part in re.sub(r"(\.0)+$", "", found[0] if found else "0").split("."))


def _telemetry() -> Finding:
    fact = "Telemetry of the model runtime is off"
    if os.environ.get("ORT_DISABLE_TELEMETRY") == "1":
        return Finding(fact)
    return Finding("Telemetry of the model runtime is on", "unset ORT_DISABLE_TELEMETRY, or set it to 1.")


def _machine() -> Finding:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    names = getattr(os, "sysconf_names", {})
    if "SC_PHYS_PAGES" not in names:
        return Finding(f"{cores} cores")
    memory_bytes = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    fact = f"{cores} cores, {memory_bytes / 2**30:.1f} GiB of memory"
    enough = memory_bytes >= LEAST_MEMORY_BYTES
    return Finding(fact, None if enough else f"Give it {LEAST_MEMORY_BYTES // 2**20} MiB of memory.")


def _formats() -> Iterator[Finding]:
    """Encodes a tenth of a second in each format, opus in each of its containers."""
    import numpy as np

    from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Container
    from firstword.formats import registry

    made: list[str] = []
    asked = {str(name): AudioSpec(name, registry.default_rate(name)) for name in AudioFormat}
    asked["webm"] = AudioSpec(AudioFormat.OPUS, container=Container.WEBM)
    for name, spec in asked.items():
        try:
            encoder = registry.encoder(spec)
            encoder.feed(AudioChunk(np.zeros(spec.sample_rate // 10, np.float32), spec.sample_rate))
            encoder.flush()
        except Exception as failure:  # whatever a codec library raises is a finding
            yield Finding(f"{name} cannot be encoded: {failure}", "pip install --force-reinstall av lameenc")
        else:
            made.append(name)
    yield Finding(f"Formats: {' '.join(made)}")


def _devices() -> Iterator[Finding]:
    """Where `firstword say` is heard, and what `firstword listen` hears.

    A server needs none, so that none is nothing to mend.
    """
    from firstword.client.playing.devices import Direction, listed

    try:
        yield Finding(f"Output devices: {listed(Direction.OUTPUT)}")
        yield Finding(f"Input devices: {listed(Direction.INPUT)}")
    except ConfigurationError as missing:
        yield Finding(f"Nothing is played or recorded here. {missing.message}")


def _settings(config: Path | None, flags: Mapping[str, object]) -> Iterator[Finding]:
    from firstword import settings

    try:
        chosen = settings.load(config, flags)
    except ConfigurationError as failure:
        yield Finding("The settings are wrong", failure.message)
        return
    yield Finding(f"Settings: {config}" if config else "Settings: defaults and FIRSTWORD_* variables")
    yield _binding(chosen)
    yield _port(chosen)
    yield from _engines(chosen)


def _binding(chosen: Settings) -> Finding:
    from firstword.server.auth import Keyring, require_safe_binding

    keys = len(chosen.api_keys)
    try:
        require_safe_binding(
            chosen.host, keys=Keyring(chosen.api_keys), allow_anonymous=chosen.allow_anonymous
        )
    except ConfigurationError as failure:
        return Finding(f"{chosen.host} without a key", failure.message)
    return Finding(f"Callers: {f'{keys} keys' if keys else 'anybody'} on {chosen.host}")


def _port(chosen: Settings) -> Finding:
    from firstword.server.serve import listen

    try:
        listen(chosen).close()
    except ConfigurationError as failure:
        return Finding(f"Port {chosen.port} cannot be used", failure.message)
    return Finding(f"Port {chosen.port} is free")


def _engines(chosen: Settings) -> Iterator[Finding]:
    """Loads every model that is here and has it work once; tells what becomes of the others."""
    from firstword import assembly
    from firstword.runtime.supply import Supply

    store = assembly.store_of(chosen)
    supply = Supply(store, fetch=chosen.fetch)
    try:
        plugins = assembly.discover(chosen.engines)
        assembly.catalogue(chosen, plugins)
    except ConfigurationError as failure:
        yield Finding("The models do not fit the settings", failure.message)
        return
    for name, plugin in plugins.items():
        for model in assembly.offered({name: plugin}, chosen, store):
            options = chosen.engine_options.get(name, {})
            yield _missing(model.info, supply) or _engine(plugin, model.info, supply.files, options)


def _missing(info: EngineInfo, supply: Supply) -> Finding | None:
    """What becomes of a model that is not all here; None for one that is."""
    from firstword.runtime.places import State

    missing = supply.missing(info)
    if not missing:
        return None
    status = supply.obstacle(missing)
    if status is None:
        return Finding(f"{info.model_id} is not here yet: `firstword serve` fetches it when it starts")
    if status.state is State.AVAILABLE:
        return Finding(f"{info.model_id} is not here, and nothing needs it. To have it: {status.remedy}")
    return Finding(f"{info.model_id} is not installed", status.remedy)


def _engine(plugin: EnginePlugin, info: EngineInfo, files: Files, options: Mapping[str, object]) -> Finding:
    began = time.perf_counter()
    try:
        engine = plugin.load(info, files, options)
        loaded = time.perf_counter()
        try:
            does = _work(engine)
            worked = time.perf_counter()
        finally:
            engine.close()
    except Exception as failure:  # whatever a model library raises is a finding
        return Finding(f"{info.model_id} does not work", getattr(failure, "message", repr(failure)))
    return Finding(
        f"{info.model_id} loads in {1000 * (loaded - began):.0f} ms, "
        f"and {does} in {1000 * (worked - loaded):.0f} ms"
    )


def _work(engine: Engine) -> str:
    """Has an engine work once; gives what it did."""
    from firstword.core.types import Task
    from firstword.runtime.trial import ask, try_out

    match engine.info.task:
        case Task.CHAT:
            return f"writes {asyncio.run(ask(cast('ChatEngine', engine)))} letters"
        case Task.SPEECH:
            return f"makes {try_out(engine):.1f} s of speech"
        case _:
            return f"listens to {try_out(engine):.2f} s of audio"
