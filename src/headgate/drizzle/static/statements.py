"""Statements."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from headgate.drizzle.static.functions import Closure, bind, pattern_names
from headgate.drizzle.static.literals import iterate, string
from headgate.drizzle.static.operators import strictly_equal, to_number
from headgate.drizzle.static.scope import Scope
from headgate.drizzle.static.syntax import children, field, has_keyword, shorten, text
from headgate.drizzle.static.values import (
    UNDEFINED,
    Accessor,
    JSArray,
    JSObject,
    Unknown,
    Unresolved,
    Value,
    number,
    truthy,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tree_sitter import Node

    from headgate.drizzle.static.evaluator import Evaluator


@dataclass(frozen=True, slots=True)
class Completion:
    """How a statement ended other than by reaching its end."""

    kind: str
    value: Value = UNDEFINED


def run_body(ev: Evaluator, body: Node, scope: Scope) -> Value:
    """Run the block of a function and return what it returns.

    Raises:
        Unresolved: If a decision in it cannot be taken.
    """
    hoist_variables(body, scope)
    done = run_block(ev, children(body), scope)
    return done.value if done is not None and done.kind == "return" else UNDEFINED


def run_block(ev: Evaluator, statements: list[Node], scope: Scope) -> Completion | None:
    """Run statements in order, function declarations first.

    Raises:
        Unresolved: If a decision in them cannot be taken.
    """
    for statement in statements:
        hoist(ev, statement, scope)
    for statement in statements:
        done = run(ev, statement, scope)
        if done is not None:
            return done
    return None


def hoist(ev: Evaluator, statement: Node, scope: Scope) -> None:
    """Bind a function declaration."""
    if statement.type in {"function_declaration", "generator_function_declaration"}:
        scope.names[text(field(statement, "name"))] = Closure(ev, statement, scope)


def hoist_variables(body: Node, scope: Scope) -> None:
    """Bind what `var` declares anywhere in a function or module: it is `undefined` until the statement is reached."""
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type == "variable_declaration":
            for declarator in children(node):
                for name in pattern_names(field(declarator, "name")):
                    scope.names.setdefault(name, UNDEFINED)
        elif node.type == "for_in_statement" and has_keyword(node, "var"):
            for name in pattern_names(field(node, "left")):
                scope.names.setdefault(name, UNDEFINED)
        stack.extend(child for child in node.named_children if child.type not in _OWN_VARIABLES)


_OWN_VARIABLES = {
    "arrow_function", "function_expression", "generator_function", "function_declaration",
    "generator_function_declaration", "method_definition", "class_declaration", "abstract_class_declaration", "class",
    "internal_module", "module", "ambient_declaration",
}  # fmt: skip


def run(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    """Run one statement.

    Raises:
        Unresolved: If a decision in it cannot be taken.
    """
    handler = _STATEMENTS.get(statement.type)
    if handler is None:
        raise Unresolved(Unknown(f"a {statement.type} is not evaluated", scope.file.where(statement)))
    return handler(ev, statement, scope)


def _declare(ev: Evaluator, statement: Node, scope: Scope) -> None:
    for declarator in children(statement):
        if declarator.type != "variable_declarator":
            continue
        value_node = declarator.child_by_field_name("value")
        var = statement.type == "variable_declaration"
        if var and value_node is None:
            continue
        value = ev.eval(value_node, scope) if value_node is not None else UNDEFINED
        inner = Scope(scope.file, scope) if var else scope
        bind(ev, field(declarator, "name"), value, inner)
        if var:
            scope.function_scope().names.update(inner.names)


def _expression(ev: Evaluator, statement: Node, scope: Scope) -> None:
    inner = children(statement)[0]
    if inner.type in {"internal_module", "module"}:
        _namespace(ev, inner, scope)
        return
    ev.eval(inner, scope)


def _return(ev: Evaluator, statement: Node, scope: Scope) -> Completion:
    parts = children(statement)
    return Completion("return", ev.eval(parts[0], scope) if parts else UNDEFINED)


def _if(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    if truthy(ev.eval(field(statement, "condition"), scope)):
        return run(ev, field(statement, "consequence"), Scope(scope.file, scope))
    alternative = statement.child_by_field_name("alternative")
    if alternative is None:
        return None
    return run(ev, children(alternative)[0], Scope(scope.file, scope))


def _block(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    inner = Scope(scope.file, scope)
    return run_block(ev, children(statement), inner)


def _for_in(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    source = ev.sure(field(statement, "right"), scope)
    of = text(field(statement, "operator")) == "of"
    if of:
        items = iterate(source)
    elif isinstance(source, JSObject) and source.taint is None:
        items = list(source.keys())
    elif isinstance(source, JSArray):
        items = [str(i) for i in range(len(list(source.items())))]
    else:
        raise Unresolved(Unknown("the keys of this value are not known", scope.file.where(statement)))
    declared, var = statement.child_by_field_name("kind") is not None, has_keyword(statement, "var")
    for item in items:
        inner = Scope(scope.file, scope)
        bind(ev, field(statement, "left"), item, inner, declare=declared)
        if var:
            scope.function_scope().names.update(inner.names)
        done = run(ev, field(statement, "body"), inner)
        if done is not None and done.kind == "break":
            break
        if done is not None and done.kind == "return":
            return done
    return None


def _loop(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    inner = Scope(scope.file, scope)
    initializer = statement.child_by_field_name("initializer")
    if initializer is not None and initializer.type != "empty_statement":
        run(ev, initializer, inner)
    condition = statement.child_by_field_name("condition")
    increment = statement.child_by_field_name("increment")
    while condition is None or condition.type == "empty_statement" or truthy(_condition(ev, condition, inner)):
        done = run(ev, field(statement, "body"), Scope(scope.file, inner))
        if done is not None and done.kind == "break":
            break
        if done is not None and done.kind == "return":
            return done
        following = Scope(scope.file, scope)
        following.names = dict(inner.names)
        inner = following
        if increment is not None:
            ev.eval(increment, inner)
    return None


def _do(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    while True:
        done = run(ev, field(statement, "body"), Scope(scope.file, scope))
        if done is not None and done.kind == "break":
            return None
        if done is not None and done.kind == "return":
            return done
        if not truthy(ev.eval(field(statement, "condition"), scope)):
            return None


def _condition(ev: Evaluator, condition: Node, scope: Scope) -> Value:
    return ev.eval(children(condition)[0] if condition.type == "expression_statement" else condition, scope)


def _throw(ev: Evaluator, statement: Node, scope: Scope) -> None:
    del ev
    raise Unresolved(Unknown(f"the program throws here: {shorten(text(statement))}", scope.file.where(statement)))


def _switch(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    value = ev.sure(field(statement, "value"), scope)
    inner = Scope(scope.file, scope)
    cases = children(field(statement, "body"))
    start = None
    for i, case in enumerate(cases):
        if case.type == "switch_case" and strictly_equal(ev.sure(field(case, "value"), inner), value):
            start = i
            break
    if start is None:
        start = next((i for i, case in enumerate(cases) if case.type == "switch_default"), len(cases))
    for case in cases[start:]:
        done = run_block(ev, case.children_by_field_name("body"), inner)
        if done is not None:
            return None if done.kind == "break" else done
    return None


def _try(ev: Evaluator, statement: Node, scope: Scope) -> Completion | None:
    before = ev.unknowns
    done = run(ev, field(statement, "body"), scope)
    if statement.child_by_field_name("handler") is not None and ev.unknowns != before:
        raise Unresolved(Unknown("whether this code throws is not known", scope.file.where(statement)))
    finalizer = statement.child_by_field_name("finalizer")
    last = run(ev, field(finalizer, "body"), scope) if finalizer is not None else None
    return last or done


def _enum(ev: Evaluator, statement: Node, scope: Scope) -> None:
    name = text(field(statement, "name"))
    holder = scope.names.get(name)
    out = holder if isinstance(holder, JSObject) else JSObject()
    scope.names[name] = out
    inner = Scope(scope.file, scope)
    following: Value = 0
    for member in children(field(statement, "body")):
        assigned = member.type == "enum_assignment"
        key_node = field(member, "name") if assigned else member
        key = string(key_node) if key_node.type == "string" else text(key_node)
        value = ev.eval(field(member, "value"), inner) if assigned else following
        out.props[key] = value
        inner.names[key] = value
        following = UNDEFINED
        if isinstance(value, int | float):
            out.props[str(value)] = key
            following = number(to_number(value) + 1)


def _namespace(ev: Evaluator, statement: Node, scope: Scope) -> None:
    body = statement.child_by_field_name("body")
    if body is None:
        return
    name = text(field(statement, "name"))
    holder = scope.names.get(name)
    out = holder if isinstance(holder, JSObject) else JSObject()
    inner = Scope(scope.file, scope)
    inner.function_level = True
    inner.names.update(out.entries())
    scope.names[name] = out
    hoist_variables(body, inner)
    parts = [(part, part.child_by_field_name("declaration")) for part in children(body)]
    for part, declaration in parts:
        hoist(ev, declaration or part, inner)
    for part, declaration in parts:
        if part.type != "export_statement":
            run(ev, part, inner)
        elif declaration is not None:
            run(ev, declaration, inner)
            _export(declaration, out, inner)


DECLARATIONS = {
    "lexical_declaration",
    "variable_declaration",
    "function_declaration",
    "generator_function_declaration",
    "class_declaration",
    "abstract_class_declaration",
    "enum_declaration",
}


def declared_names(node: Node) -> list[str]:
    """Return the names a declaration binds as values."""
    if node.type in {"lexical_declaration", "variable_declaration"}:
        return [n for d in children(node) if d.type == "variable_declarator" for n in pattern_names(field(d, "name"))]
    if node.type == "expression_statement" and children(node):
        return declared_names(children(node)[0])
    if node.type == "ambient_declaration" and children(node):
        return declared_names(children(node)[0])
    name = node.child_by_field_name("name")
    return [text(name)] if name is not None and (node.type in DECLARATIONS or "module" in node.type) else []


def _export(declaration: Node, out: JSObject, inner: Scope) -> None:
    """Put what a declaration in a namespace declares into the namespace; what can change is read anew each time."""
    changing = declaration.type in {"lexical_declaration", "variable_declaration"} and not has_keyword(
        declaration, "const"
    )
    for name in declared_names(declaration):
        out.props[name] = Accessor(partial(inner.lookup, name)) if changing else inner.names[name]


def _class(ev: Evaluator, statement: Node, scope: Scope) -> None:
    del ev
    unknown = Unknown("classes are not evaluated", scope.file.where(statement))
    scope.names[text(field(statement, "name"))] = unknown


def _nothing(_ev: Evaluator, _statement: Node, _scope: Scope) -> None:
    return


def _break(_ev: Evaluator, _statement: Node, _scope: Scope) -> Completion:
    return Completion("break")


def _continue(_ev: Evaluator, _statement: Node, _scope: Scope) -> Completion:
    return Completion("continue")


_STATEMENTS: dict[str, Callable[[Evaluator, Node, Scope], Completion | None]] = {
    "lexical_declaration": _declare,
    "variable_declaration": _declare,
    "expression_statement": _expression,
    "return_statement": _return,
    "if_statement": _if,
    "statement_block": _block,
    "for_in_statement": _for_in,
    "for_statement": _loop,
    "while_statement": _loop,
    "do_statement": _do,
    "throw_statement": _throw,
    "switch_statement": _switch,
    "try_statement": _try,
    "enum_declaration": _enum,
    "internal_module": _namespace,
    "module": _namespace,
    "class_declaration": _class,
    "abstract_class_declaration": _class,
    "break_statement": _break,
    "continue_statement": _continue,
    "function_declaration": _nothing,
    "generator_function_declaration": _nothing,
    "function_signature": _nothing,
    "type_alias_declaration": _nothing,
    "interface_declaration": _nothing,
    "ambient_declaration": _nothing,
    "empty_statement": _nothing,
    "comment": _nothing,
}
