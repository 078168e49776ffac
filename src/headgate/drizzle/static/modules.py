"""Modules: what they import, declare and export, and the values behind the names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from headgate.drizzle.static.builtins import lift
from headgate.drizzle.static.evaluator import OutOfBudget, located
from headgate.drizzle.static.interpreter import evaluator
from headgate.drizzle.static.literals import string
from headgate.drizzle.static.orm import package
from headgate.drizzle.static.resolution import Resolver
from headgate.drizzle.static.scope import UNINITIALISED, Scope, Uninitialised
from headgate.drizzle.static.skipped import forget
from headgate.drizzle.static.statements import DECLARATIONS, declared_names, hoist, hoist_variables, run
from headgate.drizzle.static.syntax import SourceFile, children, field, has_keyword, text
from headgate.drizzle.static.values import Foreign, Host, JSObject, Unknown, Unresolved, Value, Where

if TYPE_CHECKING:
    from tree_sitter import Node

_TYPES = {"type_alias_declaration", "interface_declaration", "enum_declaration", "class_declaration", "internal_module"}
_PENDING, _RUNNING, _DONE = range(3)


@dataclass(frozen=True, slots=True)
class Link:
    """A name that another module gives.

    Args:
        specifier: The module as written in the import.
        name: The exported name; `*` for all of them as one object.
        where: The place of the import.
    """

    specifier: str
    name: str
    where: Where


class Graph:
    """All modules reached from the entries.

    Args:
        resolver: Finds the file behind an import.
    """

    def __init__(self, resolver: Resolver) -> None:
        self.resolver = resolver
        self.evaluator = evaluator()
        self._modules: dict[Path, Module | JSObject] = {}

    def module(self, path: Path) -> Module:
        """Return the module of a TypeScript file."""
        found = self.load(path)
        if not isinstance(found, Module):
            message = f"{path} is not a module"
            raise TypeError(message)
        return found

    def load(self, path: Path) -> Module | JSObject:
        """Return a module, or the content of a JSON file as what it exports."""
        path = path.resolve()
        if path not in self._modules:
            if path.suffix == ".json":
                content = _json_content(path)
                exported = JSObject(dict(content.props) if isinstance(content, JSObject) else {})
                exported.props["default"] = content
                self._modules[path] = exported
            else:
                self._modules[path] = Module(self, SourceFile.load(path))
        return self._modules[path]

    def files(self) -> list[Path]:
        """Return every file that was read."""
        return sorted(self._modules)

    def modules(self) -> list[Module]:
        """Return every module that was read."""
        return [m for m in self._modules.values() if isinstance(m, Module)]

    def in_order(self, first: Module) -> list[Module]:
        """Return the modules JavaScript would run for one that has not run, what is imported before what imports it.

        Each is linked on the way, so that its functions can be called before its statements run.
        """
        order: list[Module] = []
        first.link()
        open_modules = [(first, iter(first.requests))]
        while open_modules:
            module, requests = open_modules[-1]
            link = next(requests, None)
            if link is None:
                order.append(module)
                open_modules.pop()
                continue
            source = self.follow(link, module.file.path)
            if isinstance(source, Module) and not source.linked:
                source.link()
                open_modules.append((source, iter(source.requests)))
        return order

    def follow(self, link: Link, importer: Path) -> Source:
        """Return the module behind a link: its exports, or why it cannot be read."""
        modelled = package.exports(link.specifier)
        if modelled is not None:
            return modelled
        path = self.resolver.resolve(link.specifier, importer)
        if path is None:
            kind = "the module" if link.specifier.startswith(".") else "the package"
            return Unknown(f"{kind} '{link.specifier}' is not found among the sources", link.where)
        return self.load(path)


class Namespace(Host):
    """`import * as x`: the exports of a module as an object."""

    def __init__(self, module: Module) -> None:
        self.module = module

    def get(self, name: str) -> Value:
        """Return an export."""
        return self.module.export(name)

    def entries(self) -> list[tuple[str, Value]]:
        """Return all exports, sorted as JavaScript sorts them."""
        return [(name, self.module.export(name)) for name in sorted(self.module.export_names())]


class Module:
    """One file: its scope, and how far its statements have run.

    Args:
        graph: The graph it belongs to.
        file: Its parsed source.
    """

    def __init__(self, graph: Graph, file: SourceFile) -> None:
        self.graph = graph
        self.file = file
        self.scope = Scope(file, late=self._late)
        self.scope.owner = self
        self.types: dict[str, Node] = {}
        self.imports: dict[str, Link] = {}
        self.reexports: dict[str, Link] = {}
        self.stars: list[Link] = []
        self.requests: list[Link] = []
        self.effects: list[Link] = []
        self.linked = False
        self._locals: dict[str, str] = {}
        self._statements: list[Node] = []
        self._state: list[int] = []
        self._declares: dict[str, int] = {}
        for node in children(file.root):
            self._survey(node)

    # --- reading the outline ---------------------------------------------------------------------

    def _survey(self, node: Node) -> None:
        if node.type == "import_statement":
            self._survey_import(node)
        elif node.type == "export_statement":
            self._survey_export(node)
        else:
            self._add(node)

    def _survey_import(self, node: Node) -> None:
        source = node.child_by_field_name("source")
        if source is None:
            return
        specifier, where = string(source), self.file.where(node)
        clause = next((child for child in children(node) if child.type == "import_clause"), None)
        if not has_keyword(node, "type"):
            self.requests.append(Link(specifier, "*", where))
        if clause is None:
            self.effects.append(Link(specifier, "*", where))
        for part in children(clause) if clause is not None else []:
            if part.type == "identifier":
                self.imports[text(part)] = Link(specifier, "default", where)
            elif part.type == "namespace_import":
                self.imports[text(children(part)[0])] = Link(specifier, "*", where)
            else:
                for name, local in _specifiers(part):
                    self.imports[local] = Link(specifier, name, where)

    def _survey_export(self, node: Node) -> None:
        declaration = node.child_by_field_name("declaration")
        if declaration is not None:
            names = self._add(declaration)
            if has_keyword(node, "default"):
                self._locals["default"] = next(iter(names), "default")
            else:
                self._locals.update({name: name for name in names})
            return
        value = node.child_by_field_name("value")
        if value is not None:
            self._locals["default"] = "*default*"
            self._declares["*default*"] = len(self._statements)
            self._append(node)
            return
        source = node.child_by_field_name("source")
        clause = next((child for child in children(node) if child.type in {"export_clause", "namespace_export"}), None)
        self._survey_clause(node, clause, source)

    def _survey_clause(self, node: Node, clause: Node | None, source: Node | None) -> None:
        where = self.file.where(node)
        if source is not None and not has_keyword(node, "type"):
            self.requests.append(Link(string(source), "*", where))
        if clause is None:
            if source is not None:
                self.stars.append(Link(string(source), "*", where))
        elif clause.type == "namespace_export":
            if source is not None:
                self.reexports[text(children(clause)[-1])] = Link(string(source), "*", where)
        else:
            for name, alias in _specifiers(clause):
                if source is not None:
                    self.reexports[alias] = Link(string(source), name, where)
                else:
                    self._locals[alias] = name

    def _add(self, node: Node) -> list[str]:
        """Note a statement and return the names it declares as values."""
        inner = children(node)[0] if node.type == "expression_statement" and children(node) else node
        if inner.type == "ambient_declaration":
            inner = children(inner)[0]
        if inner.type in _TYPES:
            declared = inner.child_by_field_name("name")
            if declared is not None:
                self.types[text(declared)] = inner
        names = _declared(inner) if inner.type in DECLARATIONS or inner.type in {"internal_module", "module"} else []
        for name in names:
            self._declares.setdefault(name, len(self._statements))
        self._append(node)
        return names

    def _append(self, node: Node) -> None:
        self._statements.append(node)
        self._state.append(_PENDING)

    # --- values ----------------------------------------------------------------------------------

    def run(self) -> None:
        """Run every statement that has not run yet, after those of the modules it imports."""
        if self.linked:
            return
        for module in self.graph.in_order(self):
            module.run_statements()

    def run_statements(self) -> None:
        """Run its own statements that have not run yet, from the first to the last."""
        for i in range(len(self._statements)):
            self._run(i)

    def link(self) -> None:
        """Bind what can be used before the first statement runs."""
        self.linked = True
        hoist_variables(self.file.root, self.scope)
        for statement in self._statements:
            hoist(self.graph.evaluator, statement, self.scope)

    def _run(self, i: int) -> None:
        if self._state[i] != _PENDING:
            return
        self._state[i] = _RUNNING
        statement = self._statements[i]
        try:
            self._execute(statement)
        except Unresolved as signal:
            cause = located(signal.cause, statement, self.scope)
            if not isinstance(signal, OutOfBudget):
                cause = forget(statement, self.scope, cause)
            for name in _declared(statement):
                self.scope.names.setdefault(name, cause)
        self._state[i] = _DONE

    def _execute(self, statement: Node) -> None:
        ev = self.graph.evaluator
        if statement.type == "export_statement":
            self.scope.names["*default*"] = ev.eval(field(statement, "value"), self.scope)
        elif not statement.has_error:
            run(ev, statement, self.scope)
        else:
            raise Unresolved(Unknown("a syntax error", self.file.where(statement)))

    def _late(self, name: str) -> Value | Uninitialised:
        """Give a name this module imports, or declares further down."""
        link = self.imports.get(name)
        if link is not None:
            value = self._linked(link)
            if not self._reassignable(link):
                self.scope.names[name] = value
            return value
        i = self._declares.get(name)
        if i is None:
            return UNINITIALISED
        if self._state[i] == _RUNNING:
            raise Unresolved(Unknown(f"'{name}' is used while it is being made: a cycle"))
        self._run(i)
        return self.scope.names.get(name, UNINITIALISED)

    def imported(self, name: str) -> Value | Uninitialised:
        """Give a name this module imports."""
        return self._late(name) if name in self.imports else UNINITIALISED

    def _reassignable(self, link: Link) -> bool:
        """Tell whether the module behind an import may give the name another value later: the import sees it."""
        source = self.graph.follow(link, self.file.path)
        if not isinstance(source, Module) or link.name == "*":
            return False
        return any(module.declares_variable(local) for module, local in source.origins(link.name))

    def declares_variable(self, local: str) -> bool:
        """Tell whether a name is declared with `let` or `var`."""
        i = self._declares.get(local)
        if i is None:
            return False
        statement = self._statements[i]
        return statement.type == "variable_declaration" or (
            statement.type == "lexical_declaration" and has_keyword(statement, "let")
        )

    def origins(self, name: str, seen: frozenset[Path] = frozenset()) -> set[tuple[Module, str]]:
        """Return the declarations that an export may stand for: more than one if `export *` is ambiguous."""
        local = self._locals.get(name)
        link = self.reexports.get(name) if local is None else self.imports.get(local)
        if local is not None and link is None:
            return {(self, local)}
        if self.file.path in seen:
            return set()
        seen |= {self.file.path}
        if link is not None:
            source = self.graph.follow(link, self.file.path)
            if not isinstance(source, Module):
                return {(self, name)}
            return {(source, "*")} if link.name == "*" else source.origins(link.name, seen)
        if name == "default":
            return set()
        found: set[tuple[Module, str]] = set()
        for star in self.stars:
            source = self.graph.follow(star, self.file.path)
            if isinstance(source, Module):
                found |= source.origins(name, seen)
        return found

    def _linked(self, link: Link) -> Value:
        source = self.graph.follow(link, self.file.path)
        if isinstance(source, Module):
            return Namespace(source) if link.name == "*" else source.export(link.name, link.where)
        if isinstance(source, Unknown):
            return Foreign(source.reason, source.where, specifier=link.specifier, name=link.name)
        found = source.props if isinstance(source, JSObject) else source
        if link.name == "*":
            return _PackageNamespace(link.specifier, found)
        return found[link.name] if link.name in found else package.missing(link.specifier, link.name)

    def export(self, name: str, where: Where | None = None, seen: frozenset[Path] = frozenset()) -> Value:
        """Return the value of an export; an unknown one if there is none of this name."""
        self.run()
        local = self._locals.get(name)
        if local is not None:
            try:
                return self.scope.lookup(local)
            except Unresolved as signal:
                return Unknown(signal.cause.reason, signal.cause.where or where)
        link = self.reexports.get(name)
        if link is not None:
            return self._linked(link)
        return self._starred(name, where, seen)

    def _starred(self, name: str, where: Where | None, seen: frozenset[Path]) -> Value:
        if len(self.stars) > 1 and len(origins := self.origins(name)) > 1:
            files = " and ".join(sorted({f"'{module.file.path.name}'" for module, _ in origins}))
            reason = f"'{name}' is exported by {files}: two `export *` of one name export neither"
            return Unknown(reason, self.stars[0].where)
        seen |= {self.file.path}
        for star in self.stars:
            source = self.graph.follow(star, self.file.path)
            if isinstance(source, Module) and source.file.path not in seen and name in source.export_names(seen):
                return source.export(name, where, seen)
            if isinstance(source, dict) and name in source:
                return source[name]
        return Unknown(f"'{self.file.path.name}' has no export '{name}'", where)

    def export_names(self, seen: frozenset[Path] = frozenset()) -> set[str]:
        """Return the names of all exports that are values, those of `export *` included."""
        names = {name for name, local in self._locals.items() if local in self._declares or local in self.imports}
        names |= set(self.reexports)
        seen |= {self.file.path}
        for star in self.stars:
            source = self.graph.follow(star, self.file.path)
            if isinstance(source, Module) and source.file.path not in seen:
                names |= source.export_names(seen) - {"default"}
        return names

    # --- types -----------------------------------------------------------------------------------

    def find_type(self, name: str) -> tuple[Node, Scope] | None:
        """Return the declaration of a type that a name stands for here, and the scope it stands in."""
        if "." in name:
            head, _, rest = name.partition(".")
            link = self.imports.get(head)
            source = self.graph.follow(link, self.file.path) if link is not None else None
            return source.exported_type(rest) if isinstance(source, Module) else None
        if name in self.types:
            return self.types[name], self.scope
        link = self.imports.get(name)
        return self._linked_type(link, frozenset()) if link is not None else None

    def exported_type(self, name: str, seen: frozenset[Path] = frozenset()) -> tuple[Node, Scope] | None:
        """Return the declaration behind an exported type."""
        local = self._locals.get(name, name)
        if local in self.types or local in self.imports:
            return self.find_type(local)
        link = self.reexports.get(name)
        seen |= {self.file.path}
        if link is not None:
            return self._linked_type(link, seen)
        for star in self.stars:
            found = self._linked_type(Link(star.specifier, name, star.where), seen)
            if found is not None:
                return found
        return None

    def _linked_type(self, link: Link, seen: frozenset[Path]) -> tuple[Node, Scope] | None:
        source = self.graph.follow(link, self.file.path)
        if not isinstance(source, Module) or source.file.path in seen:
            return None
        return source.exported_type(link.name, seen)

    def unread_stars(self) -> list[Unknown]:
        """Return why `export * from` statements cannot be followed."""
        return self._unread(self.stars)

    def unread_effects(self) -> list[Unknown]:
        """Return why own files that are imported for what they do, not for a name, cannot be followed."""
        return self._unread([link for link in self.effects if link.specifier.startswith(".")])

    def _unread(self, links: list[Link]) -> list[Unknown]:
        sources = [self.graph.follow(link, self.file.path) for link in links]
        return [source for source in sources if isinstance(source, Unknown)]

    def initialiser(self, name: str) -> Node | None:
        """Return the expression an export is declared with, if it is declared here."""
        i = self._declares.get(self._locals.get(name, ""))
        if i is None:
            return None
        statement = self._statements[i]
        for declarator in children(statement):
            target = declarator.child_by_field_name("name")
            if target is not None and text(target) == self._locals[name]:
                return declarator.child_by_field_name("value")
        return statement.child_by_field_name("value")

    def place(self, name: str) -> Where:
        """Return the place of an export's declaration, or of the file's first line."""
        i = self._declares.get(self._locals.get(name, ""))
        if i is not None:
            return self.file.where(self._statements[i])
        link = self.reexports.get(name)
        return link.where if link is not None else Where(str(self.file.path), 1, name)


Source: TypeAlias = Module | JSObject | dict[str, Value] | Unknown


class _PackageNamespace(Host):
    """`import * as p from 'drizzle-orm/pg-core'`."""

    def __init__(self, specifier: str, found: dict[str, Value]) -> None:
        self._specifier = specifier
        self._found = found

    def get(self, name: str) -> Value:
        return self._found[name] if name in self._found else package.missing(self._specifier, name)


def _json_content(path: Path) -> Value:
    try:
        return lift(json.loads(path.read_text(encoding="utf-8-sig")))
    except ValueError:
        return Unknown("the file is not JSON", Where(str(path), 1, path.name))


def _specifiers(clause: Node) -> list[tuple[str, str]]:
    """Return the pairs of exported and local names in braces."""
    out = []
    for part in children(clause):
        name = part.child_by_field_name("name")
        if name is not None:
            out.append((_plain_name(name), _plain_name(part.child_by_field_name("alias") or name)))
    return out


def _plain_name(node: Node) -> str:
    return string(node) if node.type == "string" else text(node)


def _declared(node: Node) -> list[str]:
    """Return the names a statement of a module binds."""
    return ["*default*"] if node.type == "export_statement" else declared_names(node)
