"""The docs say what the code does: generated pages, links, commands, code."""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.util
import pkgutil
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

import headgate
from headgate.cli.commands import application
from headgate.config.known import settings_of
from headgate.config.settings import PipelineConfig
from headgate.config.variables import variable_of
from headgate.errors import HeadgateError, MissingExtraError

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
FENCE = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
# top-level await is fine in a snippet
COMPILE_FLAGS = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT | ast.PyCF_ONLY_AST


def page_id(page: Path) -> str:
    """Name a page in the test report."""
    return str(page.relative_to(ROOT))


def fences(page: Path, language: str) -> list[str]:
    """Return the code of a language on a page."""
    return [code for found, code in FENCE.findall(page.read_text(encoding="utf-8")) if found == language]


def load_script(path: Path) -> ModuleType:
    """Import a script that is in no package."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def all_errors() -> set[type[HeadgateError]]:
    """Return every error class of the package, wherever it is defined."""
    for module in pkgutil.walk_packages(headgate.__path__, "headgate."):
        with contextlib.suppress(ImportError, MissingExtraError):  # a module of an extra that is not installed
            importlib.import_module(module.name)
    found: set[type[HeadgateError]] = set()
    waiting = [HeadgateError]
    while waiting:
        error = waiting.pop()
        children = [child for child in error.__subclasses__() if child.__module__.startswith("headgate.")]
        found.update(children)
        waiting.extend(children)
    return found


def test_generated_reference_is_up_to_date() -> None:
    """What the reference says of settings, commands and errors is what the code says; else run: make reference."""
    for name, text in load_script(ROOT / "tools" / "reference.py").pages().items():
        assert (ROOT / "docs" / "reference" / name).read_text(encoding="utf-8") == text, f"{name}: run make reference"


def test_every_error_and_exit_code_is_documented() -> None:
    """Each error class stands on the page of errors, and each exit code in its table."""
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    for error in all_errors():
        assert f"| `{error.__name__}` |" in page, f"{error.__name__} is missing in docs/reference/errors.md"
        assert f"\n| {error.exit_code} | " in page, (
            f"exit code {error.exit_code} is missing in docs/reference/errors.md"
        )


def test_every_setting_is_documented_and_described() -> None:
    """Each setting has a sentence, and its variable stands on the page of the configuration."""
    page = (ROOT / "docs" / "reference" / "configuration.md").read_text(encoding="utf-8")
    for path, field in settings_of(PipelineConfig):
        assert field.description, path
        assert f"`{variable_of(path)}`" in page, path


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_links_lead_somewhere(page: Path) -> None:
    """Each relative link of a page names a file that exists."""
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target and not target.startswith(("#", "mailto:")):
            assert (page.parent / target.partition("#")[0]).exists(), f"{page_id(page)} links to {target}"


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_python_on_a_page_compiles_and_imports(page: Path) -> None:
    """Each Python snippet is valid, and every name it imports from Headgate is there."""
    for code in fences(page, "python"):
        if code.startswith("--8<--"):
            assert (ROOT / code.split('"')[1]).is_file()
            continue
        tree = compile(code, page_id(page), "exec", flags=COMPILE_FLAGS)
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("headgate"):
                assert [alias.name for alias in node.names if not is_there(node.module, alias.name)] == []


def is_there(module: str, name: str) -> bool:
    """Tell whether a module has a name, or a module of that name in it."""
    return hasattr(importlib.import_module(module), name) or importlib.util.find_spec(f"{module}.{name}") is not None


def commands(page: Path) -> Iterator[list[str]]:
    """Yield the words of each Headgate command on a page, without variables set before it."""
    for code in fences(page, "sh"):
        for line in code.splitlines():
            words = shlex.split(line, comments=True)
            while words and re.fullmatch(r"[A-Z_]+=.*", words[0]):
                del words[0]
            if words[:1] == ["headgate"]:
                yield words[1:]


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_commands_on_a_page_are_understood(page: Path) -> None:
    """Each command on a page exists, and takes the options that it is shown with."""
    for words in commands(page):
        command: Any = typer.main.get_command(application())
        rest = words[:]
        while rest and rest[0] in getattr(command, "commands", {}):
            command = command.commands[rest.pop(0)]
        assert not getattr(command, "commands", {}), f"{page_id(page)}: no such command: {words}"
        command.make_context("headgate", rest)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_variables_on_a_page_exist(page: Path) -> None:
    """Each HEADGATE variable that a page names is a setting, or one of the two that mean something else."""
    known = {variable_of(path) for path, _ in settings_of(PipelineConfig)} | {"HEADGATE_CONFIG", "HEADGATE_SHARED_DATA"}
    assert set(re.findall(r"\bHEADGATE_[A-Z_]+[A-Z]\b", page.read_text(encoding="utf-8"))) <= known


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_toml_on_a_page_is_a_configuration(page: Path, tmp_path: Path) -> None:
    """Each TOML snippet with settings can be read as headgate.toml."""
    for code in fences(page, "toml"):
        if "[project." not in code:
            included = code.startswith("--8<--")
            text = (ROOT / code.split('"')[1]).read_text(encoding="utf-8") if included else code
            (tmp_path / "headgate.toml").write_text(text, encoding="utf-8")
            PipelineConfig(tmp_path / "headgate.toml")


async def test_every_number_of_an_extractor_is_documented() -> None:
    """Each key of the summary stands in its table, and the table has no other."""
    async with headgate.RobustExtractor(None) as extractor:
        summary = extractor.get_metrics_summary()
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    table = page.partition("## The numbers")[2].partition("\n## ")[0].partition("|---|---|\n")[2]
    documented = {
        key for line in table.splitlines() for key in re.findall(r"`(\w+)`", line.split("|")[1] if line else "")
    }
    assert documented == set(summary)


def test_every_page_is_in_the_navigation() -> None:
    """Whoever browses the documentation finds each of its pages, and no page is named that is not there."""
    docs = ROOT / "docs"
    listed = set(re.findall(r"[\w./-]+\.md$", (ROOT / "mkdocs.yml").read_text(encoding="utf-8"), re.MULTILINE))
    assert listed == {str(page.relative_to(docs)) for page in docs.glob("**/*.md")}
