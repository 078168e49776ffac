"""Rules made ready for one model, once per run: whole columns are judged at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from operator import attrgetter
from types import FunctionType
from typing import Any, Generic

from pydantic import BaseModel, PydanticUserError

from headgate.clock import SYSTEM_CLOCK, Clock
from headgate.errors import ConfigError
from headgate.quality.ambiguous import AmbiguousRows
from headgate.quality.annotated import annotated_rules
from headgate.quality.columns import ColumnReader, Columns, failures, map_all
from headgate.quality.findings import BatchResult, Finding, FlaggedRow, InvalidItem, M
from headgate.quality.refused import RefusedRows
from headgate.quality.row_rule import RowRule
from headgate.quality.rule import ValidationRule
from headgate.quality.short_cuts import SHORT_CUTS, ShortCut
from headgate.quality.storable import StorableCheck
from headgate.quality.suggest import suggestion
from headgate.quality.validator import DataQualityValidator, FieldRules, rule_raised

_NOTHING: Mapping[int, Exception | None] = {}


@dataclass(frozen=True, slots=True)
class _Check:
    """One rule on one column of the models, or on the models themselves."""

    rule: ValidationRule | RowRule
    subject: str
    short_cut: ShortCut | None = None
    """Faster than the rule, and true only of columns of good values."""

    def failures(self, models: list[Any], columns: Columns) -> Mapping[int, Exception | None]:
        """Return the positions of the models that it refuses, each with what was raised, if anything was."""
        values = models if isinstance(self.rule, RowRule) else columns[self.subject]
        if self.short_cut is not None:
            with suppress(Exception):  # it need not understand what it is given
                if self.short_cut(values):
                    return _NOTHING
        return failures(self.rule.validator, values)

    def finding(self, model: Any, error: Exception | None) -> Finding:
        """Return what was found on a model that it refuses."""
        value = self.rule.subject_value(model) if isinstance(self.rule, RowRule) else attrgetter(self.subject)(model)
        if error is not None:
            return rule_raised(self.rule.name, self.subject, self.rule.severity, value, error)
        return Finding(self.subject, self.rule.name, self.rule.severity, value, self.rule.error_message)


class CompiledRules(Generic[M]):
    """A model and the rules on it, ready to judge rows. Made by :func:`compile_rules`.

    Args:
        model: The model that raw rows are validated with.
        field_rules: Rules by field of the model.
        row_rules: Rules on whole rows.
        for_store: Whether rows that no database can keep are refused too.
        clock: Gives the time that refused rows are stamped with.
    """

    def __init__(
        self,
        model: type[M],
        field_rules: Mapping[str, Sequence[ValidationRule]],
        row_rules: Sequence[RowRule] = (),
        *,
        for_store: bool = False,
        clock: Clock = SYSTEM_CLOCK,
    ) -> None:
        self.model = model
        self._clock = clock
        self._validate = _core_validator(model)
        storable = StorableCheck(model) if for_store else None
        self._checks: list[_Check | StorableCheck] = [
            *(_Check(rule, field, _short_cut(rule)) for field, rules in field_rules.items() for rule in rules),
            *(_Check(rule, rule.subject) for rule in row_rules),
            *([storable] if storable is not None else []),
        ]
        self._columns = ColumnReader((*field_rules, *(() if storable is None else storable.fields)))
        self._refused = RefusedRows(model, field_rules)
        self._ambiguous = AmbiguousRows(model)

    def process(self, rows: Sequence[Any], *, start: int = 0) -> BatchResult[M]:
        """Return the valid models and the refused rows of a batch, in its order; nothing is raised for any row.

        The batch is judged column by column, so keep it to some thousand rows; :func:`validate_and_process_batch` does.

        Args:
            rows: Raw rows, anything at all.
            start: Position of the first of them in the whole input.
        """
        models, errors = map_all(self._validate, rows, len(rows))
        found: dict[int, list[Finding]] = {}
        positions: Sequence[int] = range(len(rows))
        if errors:
            found = {position: self._refused.findings(rows[position], error) for position, error in errors.items()}
            positions = [position for position in positions if position not in errors]
            models = [models[position] for position in positions]
        for position, findings in self._ambiguous.findings(rows).items():
            found.setdefault(position, []).extend(findings)
        columns = self._columns.columns(models)
        for check in self._checks:
            failed = check.failures(models, columns)
            for place, error in failed.items():
                found.setdefault(positions[place], []).append(check.finding(models[place], error))
        if not found:
            return BatchResult(models, [])
        return self._divide(rows, start, list(zip(positions, models, strict=True)), found)

    def _divide(
        self, rows: Sequence[Any], start: int, models: list[tuple[int, M]], found: dict[int, list[Finding]]
    ) -> BatchResult[M]:
        """Send each row where its findings say."""
        now = datetime.fromtimestamp(self._clock.time(), UTC)
        invalid: dict[int, InvalidItem] = {}
        flagged: list[FlaggedRow] = []
        for position in sorted(found):
            findings, index, row = tuple(found[position]), start + position, rows[position]
            if any(finding.severity.rejects for finding in findings):
                invalid[position] = InvalidItem(index, row, findings, now)
            else:
                flagged.append(FlaggedRow(index, row, findings))
        valid = [model for position, model in models if position not in invalid]
        return BatchResult(valid, list(invalid.values()), flagged)


def compile_rules(
    model: type[M],
    rules: FieldRules | None = None,
    *,
    row_rules: Iterable[RowRule] = (),
    validator: DataQualityValidator | None = None,
    for_store: bool = False,
    clock: Clock = SYSTEM_CLOCK,
) -> CompiledRules[M]:
    """Return the rules on a model, made ready once for many rows.

    The rules are those in the annotations of the model's fields (``Annotated[str, NotEmpty()]``) and those given; a
    given one replaces an annotated one of the same name on the same field.

    Args:
        model: The model that raw rows are validated with.
        rules: Rules by field, as objects or names; none: those that ``validator`` has bound to fields.
        row_rules: Rules on whole rows.
        validator: Knows the rules that are named; none: the common rules are known.
        for_store: Whether rows that the model takes and no database can keep (lone surrogates, NUL, NaN, integers
            beyond 64 bits) are refused too.
        clock: Gives the time that refused rows are stamped with.

    Raises:
        ConfigError: The model is not a finished Pydantic model, or a rule or field does not exist.
    """
    if not (isinstance(model, type) and issubclass(model, BaseModel)):
        raise ConfigError(f"{model!r} is not a Pydantic model.", hint="Give the class, derived from BaseModel.")
    if validator is None:
        validator = DataQualityValidator()
        validator.add_common_rules()
    given = validator.resolve(rules)
    _refuse_unknown_fields(model, given)
    row_rules = tuple(row_rules)
    known = {*model.model_fields, *dir(model)}  # properties too
    _refuse_unknown_fields(model, (field for rule in row_rules for field in rule.fields if field not in known))
    merged = annotated_rules(model)
    for field, field_rules in given.items():
        replaced = {rule.name for rule in field_rules}
        kept = (rule for rule in merged.get(field, ()) if rule.name not in replaced)
        merged[field] = (*kept, *field_rules)
    return CompiledRules(model, merged, row_rules, for_store=for_store, clock=clock)


def _short_cut(rule: ValidationRule) -> ShortCut | None:
    # a plain function always has a hash, which other callables need not have
    return SHORT_CUTS.get(rule.validator) if isinstance(rule.validator, FunctionType) else None


def _core_validator(model: type[BaseModel]) -> Callable[[Any], Any]:
    try:
        model.model_rebuild()
    except (PydanticUserError, NameError) as error:
        raise ConfigError(
            f"The model {model.__name__} is not finished: {error}", hint="Define the types that its fields name first."
        ) from None
    return model.__pydantic_validator__.validate_python


def _refuse_unknown_fields(model: type[BaseModel], fields: Iterable[str]) -> None:
    for field in fields:
        if field not in model.model_fields:
            raise ConfigError(
                f"There are rules for the field '{field}', which {model.__name__} does not have.",
                hint=f"{suggestion(field, model.model_fields)}Its fields are: {', '.join(model.model_fields)}.",
            )
