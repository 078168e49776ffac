"""Write the reference pages that say what the code says: settings, commands, errors. Run by ``make reference``."""  # noqa: INP001 - a script

from __future__ import annotations

import contextlib
import importlib
import inspect
import pkgutil
import re
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

import headgate
from headgate import errors
from headgate.cli.commands import application
from headgate.config.known import EACH, as_named_sections, as_section
from headgate.config.operation import AlertRule
from headgate.config.provenance import plain
from headgate.config.settings import PipelineConfig
from headgate.config.variables import variable_of
from headgate.observe.alerts import BUILT_IN
from headgate.observe.catalogue import GROUPS
from headgate.web.app import create_app

FOLDER = Path(__file__).parent.parent / "docs" / "reference"
MARK = "<!-- What follows is written by 'make reference'. -->\n"


def main() -> None:
    """Write the pages."""
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def pages() -> dict[str, str]:
    """Return the text of each page by its file name: what a person wrote above the mark, and what is generated."""
    tails = {
        "configuration.md": configuration(),
        "cli.md": commands(),
        "errors.md": error_classes(),
        "python.md": public_names(),
        "metrics.md": metrics(),
        "web.md": routes(),
    }
    return {name: _head(FOLDER / name) + MARK + tail for name, tail in tails.items()}


def _head(page: Path) -> str:
    return page.read_text(encoding="utf-8").partition(MARK)[0]


# --- settings ------------------------------------------------------------------------------------

_SECTIONS = {
    "events": "How events are delivered, and how handlers in the process are kept apart.",
    "web": "Where the dashboard listens, and who may do what there.",
    "circuit": "When a breaker opens, for how long, and how it closes again. One breaker per host.",
    "rate_limit": "How fast one host may be asked, and by how many requests at once.",
    "retry": "How often, and after what delays, a failed request is tried again.",
    "cache": "How long answers are kept, where, and what may be served when they are stale.",
    "http": "How requests are sent and what a response may be.",
    "retention": "How long the past stays known; nothing is removed by itself.",
    "extract": "How a source is read: after an interruption, and from where its cursor stands.",
    "enrich": "What rows are enriched with. Off until it names a file, a provider or a geocoder.",
    "guard": "How far a run may change what is known before a person has to look; judged per entity.",
    "metrics": "Where the metrics of a command go at its end; `headgate serve` shows them at `/metrics`.",
    "alerts": "Who is told, at the end of a run, when a metric is beyond its limit.",
    "tracing": "Traces over OTLP, with the extra `otel`: a span for each run, stage, request and attempt.",
}


def configuration() -> str:
    """Return a table of the settings of each section."""
    fields = PipelineConfig.model_fields
    plain_settings = {
        name: field for name, field in fields.items() if as_section(field) is None and as_named_sections(field) is None
    }
    parts = ["\n## General\n\n", _table(plain_settings, ())]
    for name, field in fields.items():
        section, named = as_section(field), as_named_sections(field)
        if named is not None:
            parts += [f"\n## `[{name}.{EACH}]`\n\n{field.description}\n\n", _table(named.model_fields, (name, EACH))]
        elif section is not None:
            parts += [f"\n## `[{name}]`\n\n{_SECTIONS[name]}\n\n", *_section(section, (name,))]
    return "".join(parts)


def _section(section: type[BaseModel], prefix: tuple[str, ...]) -> Iterator[str]:
    """Yield the table of a section, then those of the sections in it that a person names."""
    named = {name: model for name, field in section.model_fields.items() if (model := as_named_sections(field))}
    yield _table({name: field for name, field in section.model_fields.items() if name not in named}, prefix)
    for name, model in named.items():
        path = (*prefix, name, EACH)
        yield f"\n### `[{'.'.join(path)}]`\n\n{section.model_fields[name].description}\n\n"
        yield _table(model.model_fields, path)


def _table(fields: dict[str, FieldInfo], prefix: tuple[str, ...]) -> str:
    lines = ["| setting | type | default | meaning | variable |", "|---|---|---|---|---|"]
    for name, field in fields.items():
        kind = _type_name(field.annotation) + _range(field)
        meaning = (field.description or "").replace("|", "\\|")
        lines.append(f"| `{name}` | {kind} | `{_default(field)}` | {meaning} | `{variable_of((*prefix, name))}` |")
    return "\n".join(lines) + "\n"


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    default = field.get_default(call_default_factory=True)
    value = plain(None if default == () else default)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else str(value)


def _type_name(annotation: Any) -> str:
    origin = get_origin(annotation)
    if origin is Annotated:
        return _type_name(get_args(annotation)[0])
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in get_args(annotation))
    if origin in {dict, tuple}:
        return "table" if origin is dict else "list"
    if origin in {Union, types.UnionType}:
        return " or ".join("none" if part is type(None) else _type_name(part) for part in get_args(annotation))
    names = {
        bool: "true or false",
        int: "whole number",
        float: "number",
        str: "text",
        Path: "path",
        SecretStr: "secret text",
    }
    if annotation in names:
        return names[annotation]
    return " or ".join(f"`{member.value}`" for member in annotation)


_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}


def _range(field: FieldInfo) -> str:
    limits = [
        f"{sign} {getattr(constraint, word):g}"
        for constraint in _constraints(field)
        for word, sign in _SIGNS.items()
        if getattr(constraint, word, None) is not None
    ]
    return f" ({', '.join(limits)})" if limits else ""


def _constraints(field: FieldInfo) -> Iterator[Any]:
    yield from field.metadata
    for part in get_args(field.annotation):
        for constraint in getattr(part, "__metadata__", ()):
            yield from getattr(constraint, "metadata", [constraint])


# --- routes --------------------------------------------------------------------------------------


def routes() -> str:
    """Return a table of what the dashboard answers to, by tag."""
    by_tag: dict[str, list[str]] = {}
    for path, methods in create_app(PipelineConfig(), "for the description only").openapi()["paths"].items():
        for method, operation in methods.items():
            line = f"| `{method.upper()} {path}` | {operation['summary']} |"
            by_tag.setdefault(operation["tags"][0], []).append(line)
    return "".join(
        f"\n## {tag}\n\n" + "\n".join(["| route | what it is |", "|---|---|", *lines]) + "\n"
        for tag, lines in by_tag.items()
    )


# --- commands ------------------------------------------------------------------------------------


def commands() -> str:
    """Return a section for each command."""
    return "".join(_command(typer.main.get_command(application()), "headgate"))


def _command(command: Any, name: str) -> Iterator[str]:
    subcommands = getattr(command, "commands", {})
    if not subcommands:
        yield f"\n## `{name}`\n\n{inspect.cleandoc(command.help or '')}\n\n"
        arguments = [_option(parameter) for parameter in command.params if parameter.name != "help"]
        yield "\n".join(["| argument | default | meaning |", "|---|---|---|", *arguments]) + "\n" if arguments else ""
    for word, subcommand in subcommands.items():
        yield from _command(subcommand, f"{name} {word}")


def _option(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        spelled = parameter.metavar or parameter.name.upper()
    elif getattr(parameter, "is_flag", False):
        spelled = ", ".join(parameter.opts)
    else:
        spelled = ", ".join(parameter.opts) + f" {parameter.metavar or 'VALUE'}"
    default = parameter.default
    shown = "" if default is None or default is False or parameter.required else f"`{default}`"
    return f"| `{spelled}` | {shown} | {(parameter.help or '').replace('|', chr(92) + '|')} |"


# --- metrics -------------------------------------------------------------------------------------


def metrics() -> str:
    """Return a table of the metrics of each group, and one of the built-in rules over them."""
    parts = []
    for title, families in GROUPS:
        rows = [
            f"| `{one.full_name}` | {one.kind.value} | {', '.join(f'`{label}`' for label in one.labels)} | {one.help} |"
            for one in families
        ]
        parts.append(
            "\n".join([f"\n## {title}\n", "| name | kind | labels | meaning |", "|---|---|---|---|", *rows]) + "\n"
        )
    rules = [f"| `{name}` | {rule.severity} | {_condition(rule)} | {rule.summary} |" for name, rule in BUILT_IN.items()]
    head = ["\n## Built-in alerts\n", "| rule | severity | when | meaning |", "|---|---|---|---|"]
    return "".join(parts) + "\n".join([*head, *rules]) + "\n"


def _condition(rule: AlertRule) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in rule.labels.items())
    number = f"`{rule.metric}`" + (f" ({labels})" if labels else "")
    limit = f"> {rule.above:g}" if rule.above is not None else f"< {rule.below:g}"
    least = f", of {rule.at_least:g} or more" if rule.at_least else ""
    return f"{'share of ' if rule.share else ''}{number} {limit}{least}"


# --- errors --------------------------------------------------------------------------------------

_GROUPS: dict[type[errors.HeadgateError], str] = {
    errors.RetryLaterError: "Retry later",
    errors.ConfigError: "Fix the configuration",
    errors.DataError: "Fix the data",
    errors.HeldError: "A person decides",
    errors.BugError: "Report it",
}


def error_classes() -> str:
    """Return a table of the errors of each group."""
    _import_every_room()
    parts = []
    for group, title in _GROUPS.items():
        parts.append(f"\n## {title}: exit code {group.exit_code}\n\n| class | kind of | meaning |\n|---|---|---|\n")
        for error in _family(group):
            meaning = inspect.cleandoc(error.__doc__ or "").split("\n\n")[0].replace("\n", " ")
            parts.append(f"| `{error.__name__}` | `{error.__mro__[1].__name__}` | {meaning.replace('``', '`')} |\n")
    return "".join(parts)


def _family(error: type[errors.HeadgateError]) -> Iterator[type[errors.HeadgateError]]:
    """Yield an error and its kinds: those of every room first, then those that a room keeps to itself."""
    yield error
    for child in sorted(error.__subclasses__(), key=lambda kind: (kind.__module__ != errors.__name__, kind.__module__)):
        if child.__module__.startswith("headgate."):
            yield from _family(child)


def _import_every_room() -> None:
    """Import all modules, so that every error is known; modules of extras that are not installed are left out."""
    for module in pkgutil.walk_packages(headgate.__path__, "headgate."):
        with contextlib.suppress(ImportError, errors.MissingExtraError):
            importlib.import_module(module.name)


# --- names ---------------------------------------------------------------------------------------


def public_names() -> str:
    """Return a table of the names that can be imported from the package itself."""
    lines = ["", "## The names", "", "| name | what it is |", "|---|---|"]
    for name in headgate.__all__:
        sentence = inspect.cleandoc(getattr(headgate, name).__doc__ or "").split("\n\n")[0].replace("\n", " ")
        # the roles and double backquotes of docstrings, as Markdown
        sentence = re.sub(r":\w+:`~?([^`]+)`", r"`\1`", sentence).replace("``", "`")
        lines.append(f"| `{name}` | {sentence} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
