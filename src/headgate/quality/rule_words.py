"""The words in which a configuration file names rules: looked up, and called with the options beside them."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from headgate.errors import ConfigError
from headgate.quality.common import ALSO_NAMED, PLAIN_RULES, RULES_WITH_ARGUMENTS
from headgate.quality.rule import ValidationRule, as_severity
from headgate.quality.suggest import suggestion


def field_rule(item: object, where: str, known: Mapping[str, ValidationRule]) -> ValidationRule:
    """Return the rule on a field that a name, or a table with ``rule`` and its arguments, stands for.

    Raises:
        ConfigError: It does not exist, or the arguments are not its own.
    """
    options = {"rule": item} if isinstance(item, str) else dict(as_table(item, where))
    name = options.pop("rule", None)
    changes: dict[str, Any] = {}
    if "message" in options:
        changes["error_message"] = str(options.pop("message"))
    if "severity" in options:
        changes["severity"] = as_severity(options.pop("severity"), where=where)
    own = {rule.name: partial(_itself, rule) for rule in known.values()}
    if isinstance(name, str) and name not in own:
        name = ALSO_NAMED.get(name, name)
    rule: ValidationRule = made(looked_up(name, {**PLAIN_RULES, **RULES_WITH_ARGUMENTS, **own}, where), options, where)
    return dataclasses.replace(rule, **changes)


def looked_up(name: object, makers: Mapping[str, Callable[..., Any]], where: str) -> Callable[..., Any]:
    """Return what makes the rule of a name; raises :class:`ConfigError` with the nearest one that is known."""
    if isinstance(name, str) and name in makers:
        return makers[name]
    known = sorted(makers)
    raise ConfigError(
        f"{where} names the rule {name!r}, which does not exist.",
        hint=f"{suggestion(str(name), known)}Known rules: {', '.join(known)}.",
    )


def made(make: Callable[..., Any], options: Mapping[str, Any], where: str) -> Any:
    """Call a factory with the options of a configuration file, and say in its words what does not fit."""
    try:
        inspect.signature(make).bind(**options)
        return make(**options)
    except TypeError as error:
        arguments = ", ".join(inspect.signature(make).parameters) or "none"
        raise ConfigError(f"{where}: {error}.", hint=f"The arguments of this rule are: {arguments}.") from None
    except ConfigError as error:
        raise ConfigError(f"{where}: {error.message}", hint=error.hint) from None


def as_table(value: object, where: str) -> Mapping[str, Any]:
    """Return a value that is a table; raises :class:`ConfigError` for any other."""
    if isinstance(value, Mapping):
        return value
    raise ConfigError(
        f"{where} is {type(value).__name__}, where a table was due.",
        hint='A rule is a name, or a table such as { rule = "between", low = 0, high = 10 }.',
    )


def as_list(value: object, where: str) -> list[Any]:
    """Return a value that is a list of rules; raises :class:`ConfigError` for any other."""
    if isinstance(value, list | tuple):
        return list(value)
    raise ConfigError(f"{where} is no list of rules.", hint=f"Write each under [[{where}]].")


def _itself(rule: ValidationRule) -> ValidationRule:
    return rule
