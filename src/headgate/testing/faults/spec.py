"""The language of faults: what can go wrong, where, how often."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from headgate.errors import ConfigError


class FaultKind(StrEnum):
    """What can go wrong with one answer."""

    LATENCY = "latency"
    TOO_MANY_REQUESTS = "429"
    SERVER_ERROR = "500"
    BAD_GATEWAY = "502"
    UNAVAILABLE = "503"
    GATEWAY_TIMEOUT = "504"
    RESET = "reset"
    HANG = "hang"
    DRIP = "drip"
    TRUNCATE = "truncate"
    EMPTY = "empty"
    HTML = "html"
    PARTIAL = "partial"
    DUPLICATE = "duplicate"
    WRONG_TYPE = "wrong_type"
    NEW_FIELD = "new_field"
    RENAMED_FIELD = "renamed_field"

    @property
    def is_status(self) -> bool:
        """Whether the fault is an HTTP status of its own."""
        return self.value.isdigit()


ANY_ROUTE = "*"

_TIMED = frozenset(
    kind for kind in FaultKind if kind.is_status or kind in {FaultKind.LATENCY, FaultKind.HANG, FaultKind.DRIP}
)
_WITH_FIELD = frozenset({FaultKind.WRONG_TYPE, FaultKind.RENAMED_FIELD})
_DEFAULT_SECONDS = {FaultKind.LATENCY: 0.05, FaultKind.TOO_MANY_REQUESTS: 1.0, FaultKind.DRIP: 2.0}

_DATA_ROUTES = ("memberList", "sportList", "orgDetail")


def _on_data_routes(faults: str) -> str:
    return ";".join(f"{route}:{faults}" for route in _DATA_ROUTES)


PRESETS: Mapping[str, str] = MappingProxyType(
    {
        "none": "",
        "mild": _on_data_routes("429*0.02@1s,500*0.02,latency=5ms"),
        "moderate": _on_data_routes("429*0.08@1s,503*0.06,reset*0.04,truncate*0.03,empty*0.03,latency=10ms"),
        "hostile": _on_data_routes(
            "429*0.12@1s,500*0.1,reset*0.06,hang*0.02,drip*0.03@1s,truncate*0.06,empty*0.06,html*0.06,latency=20ms"
        )
        + ";memberList:partial*0.1,duplicate*0.1,wrong_type*0.05,new_field*0.2",
    }
)
"""Ready-made specifications by name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One way to go wrong, and how often.

    Args:
        kind: What happens.
        probability: Share of the requests it strikes, 0 to 1.
        first: Only among this many first requests of the route; ``None``: always.
        seconds: The duration of kinds that have one.
        field: The field of kinds that change one; ``None``: chosen by the kind.
    """

    kind: FaultKind
    probability: float = 1.0
    first: int | None = None
    seconds: float | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class FaultPlan:
    """The faults of each route, in the order in which they were written."""

    by_route: Mapping[str, tuple[Fault, ...]]

    def faults_of(self, route: str) -> tuple[Fault, ...]:
        """Return the faults of a route: its own, then those of every route."""
        return self.by_route.get(route, ()) + self.by_route.get(ANY_ROUTE, ())

    @classmethod
    def parse(cls, spec: str | None) -> FaultPlan:
        """Read a specification; none and an empty one mean no faults.

        Raises:
            ConfigError: The specification is malformed; the message says where.
        """
        by_route: dict[str, tuple[Fault, ...]] = {}
        for part in _expand(spec or ""):
            route, separator, faults = part.partition(":")
            route = route.strip()
            if not separator or not route:
                raise _malformed(part, "a part is 'route:fault,fault' or one of the presets " + ", ".join(PRESETS))
            by_route[route] = by_route.get(route, ()) + tuple(_parse_fault(text, part) for text in faults.split(","))
        return cls(MappingProxyType(by_route))


def _expand(spec: str) -> list[str]:
    """Split a specification into parts; put presets in place of their names, and routes before faults without one."""
    parts: list[str] = []
    for raw in spec.split(";"):
        part = raw.strip()
        whole = PRESETS.get(part, _on_data_routes(part) if _lacks_route(part) else None)
        parts += [part] if whole is None else _expand(whole)
    return [part for part in parts if part]


def _lacks_route(part: str) -> bool:
    kind = _KIND.match(part)
    return ":" not in part and kind is not None and kind["kind"] in frozenset(FaultKind)


_KIND = re.compile(r"\s*(?P<kind>\d{3}|[a-z_]+?)(?=\s|[*@=]|x\d|$)")
_SUFFIX = re.compile(
    r"\s*(?:\*\s*(?P<probability>[^\s*@=x]+)|x(?P<first>\d+)"
    r"|[@=]\s*(?P<argument>[^\s*@=]+?)(?=$|[\s*@=]|x\d+\s*(?:[*@=]|$)))\s*"
)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m)?")
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, None: 1.0}


def _parse_fault(text: str, part: str) -> Fault:
    head = _KIND.match(text)
    try:
        kind = FaultKind(head["kind"] if head else text.strip())
    except ValueError:
        raise _malformed(part, f"'{text.strip()}' is none of the kinds {', '.join(FaultKind)}") from None
    probability, first, argument = _parse_suffixes(text, head.end() if head else len(text), part)
    if kind in _WITH_FIELD:
        return Fault(kind, probability, first, field=argument)
    if argument is not None and kind not in _TIMED:
        raise _malformed(part, f"'{kind}' takes no argument, and it was given '{argument}'")
    seconds = _DEFAULT_SECONDS.get(kind) if argument is None else _parse_duration(argument, part)
    return Fault(kind, probability, first, seconds)


def _parse_suffixes(text: str, position: int, part: str) -> tuple[float, int | None, str | None]:
    probability, first, argument = 1.0, None, None
    while position < len(text.rstrip()):
        suffix = _SUFFIX.match(text, position)
        if suffix is None:
            raise _malformed(
                part, f"'{text[position:].strip()}' is none of *0.2 (probability), x3 (first), @2s, =value"
            )
        if suffix["probability"] is not None:
            probability = _parse_probability(suffix["probability"], part)
        elif suffix["first"] is not None:
            first = int(suffix["first"])
        else:
            argument = suffix["argument"]
        position = suffix.end()
    return probability, first, argument


def _parse_probability(text: str, part: str) -> float:
    try:
        probability = float(text)
    except ValueError:
        probability = -1.0
    if not 0 <= probability <= 1:
        raise _malformed(part, f"'*{text}' is not a probability from 0 to 1")
    return probability


def _parse_duration(text: str, part: str) -> float:
    duration = _DURATION.fullmatch(text)
    if duration is None:
        raise _malformed(part, f"'{text}' is not a duration such as 50ms, 2s or 1m")
    return float(duration[1]) * _UNIT_SECONDS[duration[2]]


def _malformed(part: str, why: str) -> ConfigError:
    return ConfigError(
        f"The fault specification is malformed at '{part}': {why}.",
        hint="For example: memberList:429*0.2@2s,500*0.1;orgDetail:hang*0.01;*:latency=50ms (or: moderate).",
    )
