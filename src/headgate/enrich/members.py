"""Schools in whatever form they come, as members to be matched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from headgate.enrich.states import state_code


def member_of(school: object) -> dict[str, Any]:
    """Return a school as a raw row of the member list, whatever form it has."""
    state = first_of(school, "memberOrgAddress", "state")
    if isinstance(state, Mapping):
        state = state.get("state")
    private = first_of(school, "privateFlag", "private")
    if isinstance(private, bool):
        private = "Y" if private else "N"
    return {
        "orgId": first_of(school, "orgId", "org_id"),
        "nameOfficial": first_of(school, "nameOfficial", "name") or "",
        "webSiteUrl": first_of(school, "webSiteUrl", "website"),
        "memberOrgAddress": {"state": None if state is None else state_code(str(state)) or str(state)},
        "privateFlag": private,
    }


def first_of(school: object, *names: str) -> Any:
    """Return the first of several fields that a row or a model has."""
    if isinstance(school, Mapping):
        return next((school[name] for name in names if school.get(name) is not None), None)
    return next((value for name in names if (value := getattr(school, name, None)) is not None), None)
