"""What is in deploy/ fits the program: metrics exist, rules fire when they should, files can be read."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from headgate.config.known import settings_of
from headgate.config.settings import PipelineConfig
from headgate.config.variables import variable_of
from headgate.observe.catalogue import FAMILIES, Kind

DEPLOY = Path(__file__).parent.parent / "deploy"
DASHBOARDS = sorted(DEPLOY.glob("grafana/dashboards/*.json"))
needs_promtool = pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed")


def promtool(*words: str) -> subprocess.CompletedProcess[str]:
    """Run promtool in the folder of Prometheus."""
    folder = DEPLOY / "prometheus"
    return subprocess.run(["promtool", *words], cwd=folder, capture_output=True, text=True, check=False)


def exported() -> dict[str, set[str]]:
    """Return the labels of every series that can be queried, by its name."""
    names: dict[str, set[str]] = {}
    for family in FAMILIES.values():
        labels = set(family.labels)
        if family.kind is Kind.HISTOGRAM:
            names |= {f"{family.name}_{part}": labels for part in ("count", "sum")}
            names[f"{family.name}_bucket"] = labels | {"le"}
        else:
            names[family.full_name] = labels
    return names


def expressions() -> Iterator[tuple[str, str]]:
    """Yield every query of rules and dashboards, and where it stands."""
    for group in yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for page in DASHBOARDS:
        board = json.loads(page.read_text())
        for panel in board["panels"]:
            for target in panel["targets"]:
                yield f"{page.name}: {panel['title']}", target["expr"]
        for variable in board["templating"]["list"]:
            yield f"{page.name}: ${variable['name']}", variable["query"]["query"]


@pytest.mark.parametrize(("where", "expression"), list(expressions()), ids=[where for where, _ in expressions()])
def test_queries_name_metrics_and_labels_that_exist(where: str, expression: str) -> None:
    """Every metric in a rule or a dashboard is exported, with the labels it is selected by."""
    names = exported()
    found = re.findall(r"\b(headgate_\w+)(?:\{([^}]*)\})?", expression)
    assert found, where
    for name, selector in found:
        assert name in names, f"{where}: {name}"
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) <= names[name], f"{where}: {selector}"
    grouped = {label for group in re.findall(r"\bby \(([^)]*)\)", expression) for label in group.split(", ")}
    assert grouped <= set().union(*(names[name] for name, _ in found)), where


@needs_promtool
def test_rules_fire_when_they_should() -> None:
    """The rules are valid, and fire and are silent as their own test file says."""
    for words in (("check", "rules", "rules.yml"), ("test", "rules", "rules_test.yml")):
        done = subprocess.run(
            ["promtool", *words], cwd=DEPLOY / "prometheus", capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


@needs_promtool
def test_the_configuration_of_prometheus_is_valid() -> None:
    """Prometheus can read its file."""
    done = promtool("check", "config", "--syntax-only", "prometheus.yml")
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_rule_is_tested() -> None:
    """No rule is without a test that it fires."""
    rules = yaml.safe_load((DEPLOY / "prometheus" / "rules.yml").read_text())["groups"][0]["rules"]
    tests = yaml.safe_load((DEPLOY / "prometheus" / "rules_test.yml").read_text())["tests"]
    fired = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert {rule["alert"] for rule in rules} == fired


@pytest.mark.parametrize("page", DASHBOARDS, ids=lambda page: page.stem)
def test_dashboards_are_whole(page: Path) -> None:
    """Panels have ids of their own, do not lie on each other, and ask the data source that is provisioned."""
    board = json.loads(page.read_text())
    source = yaml.safe_load((DEPLOY / "grafana/provisioning/datasources/prometheus.yml").read_text())["datasources"][0]
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    cells: set[tuple[int, int]] = set()
    for panel in panels:
        assert panel["datasource"]["uid"] == source["uid"]
        place = panel["gridPos"]
        covered = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not covered & cells, panel["title"]
        assert place["x"] + place["w"] <= 24
        cells |= covered


def compose() -> dict[str, Any]:
    """Return the file of compose."""
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


def test_compose_names_files_settings_and_services_that_exist() -> None:
    """What is mounted is there, what Headgate is told is a setting, and nothing listens beyond this machine."""
    services = compose()["services"]
    assert set(services) == {"postgres", "redis", "headgate", "prometheus", "alertmanager", "grafana"}
    variables = {variable_of(path) for path, _ in settings_of(PipelineConfig)}
    assert set(services["headgate"]["environment"]) <= variables
    for service in services.values():
        for mounted in service.get("volumes", []):
            origin = mounted.split(":")[0]
            assert origin in compose()["volumes"] or (DEPLOY / origin).exists(), mounted
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))
        assert all(other in services for other in service.get("depends_on", []))
    assert (DEPLOY / services["headgate"]["build"]["context"] / services["headgate"]["build"]["dockerfile"]).is_file()


def test_the_image_is_made_of_files_that_exist() -> None:
    """Every file that is copied into the image is in the repository, and the process is nobody special."""
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    for line in lines:
        if line.startswith("COPY ") and "--from" not in line:
            for name in line.split()[1:-1]:
                assert (DEPLOY.parent / name).exists(), name
    assert "USER headgate" in lines
