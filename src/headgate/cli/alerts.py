"""``headgate alerts``: what fires, whether the targets can be reached, and a look at the rules now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich import box
from rich.table import Table
from rich.text import Text

from headgate import pipeline
from headgate.cli.console import print_json, result_console
from headgate.cli.opening import load_settings
from headgate.cli.options import ConfigOption, DatabaseOption, JsonOption
from headgate.cli.running import run
from headgate.config.operation import AlertRule, AlertsConfig
from headgate.config.settings import PipelineConfig
from headgate.errors import ConfigError, RetryLaterError
from headgate.observe.alerts import Checked, KnownAlert, check_alerts, known_alerts, rules_in_force
from headgate.observe.alerts.sending import Message, open_target, send
from headgate.observe.alerts.wording import describe
from headgate.observe.exposition import metrics_page

app = typer.Typer(help="Alerts at the end of runs, without a Prometheus.", no_args_is_help=True)

_STYLES = {"critical": "bold red", "warning": "yellow", "info": "cyan"}
_TEST = Message(
    "headgate: a test", "This is a test by 'headgate alerts test'. Alerts will come here, and nothing is wrong.", "info"
)


@app.command("list")
def list_(*, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Show the rules in force, and the alerts that fired when they were judged last."""
    settings = load_settings(config, database)
    rules = rules_in_force(settings.alerts)
    known = list(run(_known(settings)).values())
    if as_json:
        shown = {name: rule.model_dump(exclude={"enabled"}) for name, rule in rules.items()}
        alerts = [one.as_dict() for one in known]
        print_json({"alerts": alerts, "rules": shown, "targets": _targets(settings.alerts)})
        return
    console = result_console()
    console.print(_rules_table(rules))
    targets = ", ".join(settings.alerts.targets) or "nobody: set alerts.targets.NAME.url"
    console.print(f"Told: {targets}.", soft_wrap=True)
    _print_alerts(known)


@app.command()
def check(*, database: DatabaseOption = None, as_json: JsonOption = False, config: ConfigOption = None) -> None:
    """Judge the rules now and tell whoever has to be told: for cron, to notice that runs have stopped.

    A target that cannot be reached ends with exit code 4.
    """
    checked = run(_checked(load_settings(config, database)))
    if as_json:
        alerts = [one.as_dict() for one in checked.alerts]
        print_json({"alerts": alerts, "told": dict(checked.told), "problems": list(checked.problems)})
    else:
        _print_alerts(checked.alerts)
        for problem in checked.problems:
            result_console().print(Text(problem, style="red"), soft_wrap=True)
    if checked.problems:
        raise typer.Exit(RetryLaterError.exit_code)


@app.command("test")
def send_test(
    *,
    target: Annotated[
        list[str] | None, typer.Option("--target", metavar="NAME", help="Only this target; may be given again.")
    ] = None,
    as_json: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Send a test to every target. One that cannot be reached ends with exit code 4."""
    settings = load_settings(config, None)
    results = run(_tested(settings.alerts, target or list(settings.alerts.targets)))
    if as_json:
        print_json({"targets": {name: {"reached": not problem, "problem": problem} for name, problem in results}})
    else:
        for name, problem in results:
            words = Text(f": {problem}.", style="red") if problem else Text(": sent.", style="green")
            result_console().print(Text.assemble(name, words), soft_wrap=True)
    if any(problem for _, problem in results):
        raise typer.Exit(RetryLaterError.exit_code)


async def _known(settings: PipelineConfig) -> dict[str, KnownAlert]:
    async with pipeline.open_store(settings) as store:
        return await known_alerts(store)


async def _checked(settings: PipelineConfig) -> Checked:
    async with pipeline.open_store(settings) as store:
        page = await metrics_page(store.db)
        return await check_alerts(store, page, settings.alerts, source=None)


async def _tested(config: AlertsConfig, names: list[str]) -> list[tuple[str, str | None]]:
    if not config.targets:
        raise ConfigError("There is no target to send a test to.", hint="Set alerts.targets.NAME.url to a URL.")
    if unknown := sorted(set(names) - config.targets.keys()):
        raise ConfigError(f"There is no target '{unknown[0]}'.", hint=f"There are: {', '.join(config.targets)}.")
    services = {name: open_target(name, config.targets[name]) for name in names}
    return [(name, await send(service, _TEST, seconds=config.timeout)) for name, service in services.items()]


def _targets(config: AlertsConfig) -> dict[str, Any]:
    """Return the targets without their URLs, which hold secrets."""
    return {name: {"severity": target.severity} for name, target in config.targets.items()}


def _rules_table(rules: dict[str, AlertRule]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for column in ("rule", "severity", "when"):
        table.add_column(column, overflow="fold")
    for name, rule in rules.items():
        table.add_row(name, Text(rule.severity, style=_STYLES[rule.severity]), Text(_condition(rule)))
    return table


def _condition(rule: AlertRule) -> str:
    labels = ", ".join(f"{name}={value}" for name, value in rule.labels.items())
    number = f"{rule.metric} ({labels})" if labels else rule.metric
    limit = f"> {rule.above:g}" if rule.above is not None else f"< {rule.below:g}"
    return f"share of {number} {limit}" if rule.share else f"{number} {limit}"


def _print_alerts(alerts: Sequence[KnownAlert]) -> None:
    console = result_console()
    for known in alerts:
        alert, over = known.alert, known.ended_at is not None
        state = Text("over", style="green") if over else Text(alert.severity, style=_STYLES[alert.severity])
        line = f"  {describe(known)} is {alert.value:g}, limit {alert.limit:g}, since {known.since:%Y-%m-%d %H:%M} UTC."
        console.print(Text.assemble(state, line), soft_wrap=True)
    if not alerts:
        console.print(Text("Nothing fires.", style="green"))
