"""The guard: whether a plan looks like the upstream or like an accident. Pure; nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from headgate.config.guard import GuardConfig, GuardLimits
from headgate.store.plan import EntityPlan, Plan


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says.

    Args:
        reasons: Why the plan is suspicious, in sentences; empty if it is not.
    """

    reasons: tuple[str, ...] = ()

    @property
    def held(self) -> bool:
        """Whether a person has to decide."""
        return bool(self.reasons)


def judge(
    plan: Plan,
    limits: GuardConfig | None = None,
    earlier: Mapping[str, Sequence[int]] | None = None,
) -> Verdict:
    """Judge a plan.

    Args:
        plan: The plan.
        limits: The limits, and those of single entities; none: the defaults.
        earlier: By entity, the rows fetched by the applied runs before, as :meth:`Run.earlier` returns them.
    """
    limits = limits or GuardConfig()
    earlier = earlier or {}
    reasons = [
        reason
        for name, entity in plan.entities.items()
        for reason in _reasons(entity, limits.of(name), earlier.get(name, ()))
    ]
    allowed = all(limits.of(name).allow_empty for name in plan.entities)
    if not reasons and not allowed and _is_deserted(plan):
        reasons.append("The upstream lists no row of anything. An empty upstream is rarely the truth.")
    return Verdict(tuple(reasons))


def _is_deserted(plan: Plan) -> bool:
    """Tell whether the upstream was read to its end, and nothing was there; nothing need be known of it before."""
    return bool(plan.entities) and all(
        entity.counts.fetched == 0 and entity.complete for entity in plan.entities.values()
    )


def _reasons(entity: EntityPlan, limits: GuardLimits, earlier: Sequence[int]) -> Iterator[str]:
    counts = entity.counts
    if counts.fetched == 0 and entity.complete:
        if entity.known and not limits.allow_empty:
            yield (
                f"{entity.name}: the upstream lists no row at all, and {entity.known:,} are known. "
                "An empty upstream is rarely the truth."
            )
        return
    if entity.known and counts.deleted > limits.max_delete_share * entity.known:
        yield (
            f"{entity.name}: {counts.deleted:,} of {entity.known:,} known rows would be deleted "
            f"({_percent(counts.deleted, entity.known)}); the limit is {limits.max_delete_share:.0%}."
        )
    if limits.max_deleted is not None and counts.deleted > limits.max_deleted:
        yield f"{entity.name}: {counts.deleted:,} known rows would be deleted; the limit is {limits.max_deleted:,}."
    if counts.quarantined > limits.max_quarantine_share * counts.fetched:
        yield (
            f"{entity.name}: {counts.quarantined:,} of {counts.fetched:,} fetched rows are in quarantine "
            f"({_percent(counts.quarantined, counts.fetched)}); the limit is {limits.max_quarantine_share:.0%}."
        )
    if limits.max_quarantined is not None and counts.quarantined > limits.max_quarantined:
        yield f"{entity.name}: {counts.quarantined:,} rows are in quarantine; the limit is {limits.max_quarantined:,}."
    usual = median(earlier) if earlier else 0
    if not entity.partial and counts.fetched < (1 - limits.max_drop_share) * usual:
        runs = "1 run" if len(earlier) == 1 else f"{len(earlier)} runs"
        yield (
            f"{entity.name}: {counts.fetched:,} rows were fetched, and {usual:,.0f} are usual "
            f"(the median of {runs}); the limit is a drop of {limits.max_drop_share:.0%}."
        )


def _percent(part: int, whole: int) -> str:
    return f"{part / whole:.1%}"
