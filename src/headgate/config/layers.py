"""Reading the layers, and laying one over the other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic_settings import BaseSettings

from headgate.config.file import file_layer
from headgate.config.known import EACH, Known, may_be_none, settings_of, unknown_setting
from headgate.config.origin import Layer, Origin, OriginKind, Origins
from headgate.config.shorthands import SHORTHANDS, in_step
from headgate.config.variables import variable_layer


def read_layers(model: type[BaseSettings], file: Path | None, flags: Mapping[str, Any]) -> list[Layer]:
    """Return the layers that say something, the weakest first.

    Raises:
        ConfigError: A layer cannot be read, or names an unknown setting.
    """
    known = Known.of(model)
    layers = [variable_layer(model, known), _argument_layer(flags, known)]
    return [file_layer(file, known), *layers] if file else layers


def merge(model: type[BaseSettings], layers: list[Layer]) -> tuple[dict[str, Any], Origins]:
    """Return the nested values of all layers, the later ones on top, and where each came from.

    Raises:
        ConfigError: One layer contradicts itself.
    """
    values: dict[str, Any] = {}
    origins: Origins = {}
    for layer in layers:
        laid = in_step(layer.values, layer.name)
        values = _over(values, laid)
        origins.update(layer.origins)
        origins.update(_through_shorthands(layer.origins))
    for path, field in settings_of(model):
        if may_be_none(field):
            _read_none(values, path)
    return values, origins


def _argument_layer(flags: Mapping[str, Any], known: Known) -> Layer:
    """Return the layer of the flags, or of the keyword arguments when the settings are made in Python."""
    origins: Origins = {}
    for name, value in flags.items():
        nested = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        is_section = isinstance(nested, Mapping) and nested and not known.is_setting((name,))
        paths = [(name, inner) for inner in nested] if is_section else [(name,)]
        for path in paths:
            dotted = ".".join(path)
            if path not in known:
                raise unknown_setting(dotted, "the arguments", known.settings)
            origins[path] = Origin(OriginKind.FLAG, f"argument {dotted}")
    return Layer("The arguments", dict(flags), origins)


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Lay nested values over others; a section given as an instance counts with what was set on it."""
    result = dict(below)
    for name, value in above.items():
        nested = value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value
        under = result.get(name)
        # also with nothing below: the result must not share a section with the caller
        result[name] = (
            _over(under if isinstance(under, Mapping) else {}, nested) if isinstance(nested, Mapping) else nested
        )
    return result


def _through_shorthands(origins: Origins) -> Origins:
    """Return the origins of the settings that a layer set by their other name."""
    derived: Origins = {}
    for shorthand in SHORTHANDS:
        short, target = (shorthand.name,), (shorthand.section, shorthand.setting)
        for here, there, name in ((short, target, shorthand.name), (target, short, shorthand.target)):
            if here in origins and there not in origins:
                derived[there] = Origin(origins[here].kind, origins[here].place, through=name)
    return derived


def _read_none(values: dict[str, Any], path: tuple[str, ...]) -> None:
    """Read the word ``none`` as no value: TOML and variables have no other way to say it."""
    name, *inner = path
    if inner:
        for part in list(values) if name == EACH else [name]:
            if isinstance(values.get(part), dict):
                _read_none(values[part], tuple(inner))
    elif isinstance(values.get(name), str) and values[name].lower() in {"none", ""}:
        values[name] = None
