"""The quality of a run for people."""

from __future__ import annotations

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from headgate.pipeline import RunQuality
from headgate.quality import Severity
from headgate.quality.report import EntityQuality, RuleReport

_STYLES = {
    Severity.INFO.value: "dim",
    Severity.WARNING.value: "yellow",
    Severity.ERROR.value: "red",
    Severity.CRITICAL.value: "bold red",
}


def print_quality(found: RunQuality, console: Console) -> None:
    """Print the score with its trend, then every entity: what was found on rows, on the whole, and the drift."""
    report = found.report
    console.print(
        Text.assemble(
            ("Quality ", "bold"), (f"{report.score:.1f}", "bold"), f" of 100  {found.source}, run {report.run}"
        ),
        soft_wrap=True,
    )
    if len(found.trend) > 1:
        scores = " → ".join(f"{point.score:.1f}" for point in found.trend)
        console.print(Text(f"Trend over {len(found.trend)} runs: {scores}", style="dim"), soft_wrap=True)
    for entity in report.entities:
        _print_entity(entity, console)


def _print_entity(entity: EntityQuality, console: Console) -> None:
    before = "" if entity.score_before is None else f" (before {entity.score_before:.1f})"
    console.print()
    console.print(
        Text.assemble(
            (entity.entity, "bold"),
            f"  {entity.score:.1f}{before}: {entity.rows:,} rows, {entity.valid:,} went on, "
            f"{entity.invalid:,} refused, {entity.duplicates:,} duplicates",
        ),
        soft_wrap=True,
    )
    if entity.rules:
        console.print(_table(entity.rules))
    for finding in entity.run_findings:
        severity = finding["severity"]
        console.print(
            Text.assemble(
                f"{severity.capitalize()}: ",
                (f"{finding['field']}, {finding['rule']}: {finding['message']}", _STYLES[severity]),
                f"  {finding['value']}" if finding["kind"] == "contract" else "",
            ),
            soft_wrap=True,
        )
    if not entity.rules and not entity.run_findings:
        console.print(Text("No rule was broken.", style="dim"))


def _table(rules: tuple[RuleReport, ...]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in ("severity", "field", "rule"):
        table.add_column(name)
    for name in ("rows", "share", "before"):
        table.add_column(name, justify="right")
    table.add_column("examples")
    for rule in rules:
        table.add_row(
            Text(rule.severity.value, style=_STYLES[rule.severity.value]),
            Text(rule.field),
            Text(rule.rule),
            f"{rule.count:,}",
            f"{rule.share:.2%}",
            "" if rule.before is None else f"{rule.before:,}",
            Text(_examples(rule)),
        )
    return table


def _examples(rule: RuleReport) -> str:
    values = ", ".join(dict.fromkeys(example["value"] for example in rule.examples))
    return f"{values}: {rule.examples[0]['message']}" if rule.examples else ""
