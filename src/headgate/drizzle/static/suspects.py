"""Which exports that could not be evaluated may be tables, so that none goes missing in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from headgate.drizzle.static.syntax import children, field, text
from headgate.drizzle.static.values import Foreign, Unknown

if TYPE_CHECKING:
    from tree_sitter import Node

    from headgate.drizzle.static.modules import Module


def may_be_table(module: Module, name: str, value: Unknown) -> bool:
    """Whether an export of unknown value could be a table.

    What a foreign package makes is no table, unless it is made like one: from a name and columns.
    """
    declared = module.types.get(name)
    if declared is not None and declared.type == "class_declaration":
        return False
    node = module.initialiser(name)
    if node is None:
        return not isinstance(value, Foreign)
    while node.type in {"as_expression", "satisfies_expression", "parenthesized_expression", "non_null_expression"}:
        node = children(node)[0]
    if node.type != "call_expression":
        return node.type in {"ternary_expression", "identifier", "subscript_expression"} and not isinstance(
            value, Foreign
        )
    if isinstance(value, Foreign) and not value.specifier.startswith("."):
        return _made_like_a_table(node)
    return not value.reason.endswith("is not modelled")


def _made_like_a_table(call: Node) -> bool:
    arguments = children(field(call, "arguments"))
    if len(arguments) < 2 or arguments[0].type not in {"string", "template_string"}:  # noqa: PLR2004 - a name and columns
        return False
    return (
        arguments[1].type in {"object", "arrow_function", "identifier"} and text(field(call, "function")) != "z.object"
    )
