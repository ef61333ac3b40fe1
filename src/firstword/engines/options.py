"""Reads an engine's options into its dataclass: unknown names and wrong types are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from types import NoneType
from typing import TYPE_CHECKING, TypeVar, get_args, get_origin, get_type_hints

from firstword.core.errors import ConfigurationError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

    Options = TypeVar("Options", bound=DataclassInstance)
else:
    Options = TypeVar("Options")


def override(options: Options, given: Mapping[str, object]) -> Options:
    """A copy of `options` with the values of `given`.

    Raises:
        ValueError: a name is unknown, or a value has the wrong type or is out of range.
    """
    known = [field.name for field in fields(options)]
    unknown = sorted(str(name) for name in given if name not in known)
    if unknown:
        raise ValueError(f"unknown option {', '.join(unknown)}; known: {', '.join(known)}")
    hints = get_type_hints(type(options))
    for name, value in given.items():
        if not _fits(value, hints[name]):
            raise ValueError(f"option {name} cannot be {value!r}")
    return replace(options, **given)


def configured(engine: str, options: Options, given: Mapping[str, object]) -> Options:
    """`override`, with what the settings give an engine.

    Raises:
        ConfigurationError: an option is wrong; the message names the engine.
    """
    try:
        return override(options, given)
    except ValueError as failure:
        raise ConfigurationError(f"The engine {engine}: {failure}.") from failure


def _fits(value: object, hint: object) -> bool:
    """Whether `value` is of the annotated type: a scalar, one of several, or a table of one kind of scalar.

    An int is a float too.
    """
    if get_origin(hint) is dict:
        key, item = get_args(hint)
        return isinstance(value, dict) and all(_fits(k, key) and _fits(v, item) for k, v in value.items())
    allowed = get_args(hint) or (hint,)
    if value is None:
        return NoneType in allowed
    if type(value) is int and float in allowed:
        return True
    return type(value) in allowed
