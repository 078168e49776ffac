"""What each module of drizzle-orm exports."""

from __future__ import annotations

from functools import cache
from typing import Final

from headgate.drizzle.static.orm.constraints import CONSTRAINTS, Policy
from headgate.drizzle.static.orm.pg import make_enum
from headgate.drizzle.static.orm.relations import RELATIONS
from headgate.drizzle.static.orm.sql import OPERATORS, SQL, Raw
from headgate.drizzle.static.orm.tables import (
    COLUMNS,
    Role,
    Schema,
    Sequence,
    Table,
    TableAlias,
    build_table,
    table_creator,
    table_function,
)
from headgate.drizzle.static.orm.views import View, view_function
from headgate.drizzle.static.values import (
    Function,
    JSArray,
    JSObject,
    Native,
    Unknown,
    Unresolved,
    Value,
    arg,
    known,
    prop,
)

PACKAGE: Final = "drizzle-orm"
_DIALECTS: Final = {"pg-core": "pg", "mysql-core": "mysql", "sqlite-core": "sqlite"}
_UNSUPPORTED: Final = {"singlestore-core", "gel-core", "cockroach-core", "mssql-core"}


def exports(specifier: str) -> dict[str, Value] | None:
    """Return what a module of drizzle-orm exports as far as it is modelled.

    Args:
        specifier: The module as imported, such as `drizzle-orm/pg-core`.

    Returns:
        Values by name; `None` if the module is not drizzle-orm's.
    """
    head, _, rest = specifier.partition("/")
    if head == "drizzle-kit":
        return {"defineConfig": Native("defineConfig", lambda args: arg(args, 0))}
    if head != PACKAGE:
        return None
    return _module(rest.split("/")[0] if rest else "")


def missing(specifier: str, name: str) -> Unknown:
    """Return the unknown for a name that is not modelled."""
    part = specifier.partition("/")[2].split("/")[0]
    if part in _UNSUPPORTED:
        return Unknown(f"schemas for '{part}' are not supported: pg-core, mysql-core and sqlite-core are")
    return Unknown(f"'{name}' of '{specifier}' is not modelled")


@cache
def _module(part: str) -> dict[str, Value]:
    if part in _DIALECTS:
        return _dialect(_DIALECTS[part])
    if part == "supabase":
        return _supabase()
    if part == "neon":
        return _neon()
    return {
        **OPERATORS,
        **RELATIONS,
        "getTableColumns": Native("getTableColumns", _table_columns),
        "getTableName": Native("getTableName", _table_name),
    }


def _table_columns(args: list[Value]) -> Value:
    table = known(arg(args, 0))
    if isinstance(table, Table):
        return table.column_object()
    if isinstance(table, View):
        return table.columns
    raise Unresolved(Unknown("getTableColumns needs a table"))


def _table_name(args: list[Value]) -> Value:
    table = known(arg(args, 0))
    if isinstance(table, Table):
        return table.name
    raise Unresolved(Unknown("getTableName needs a table"))


def _alias(args: list[Value]) -> Value:
    table = known(arg(args, 0))
    if isinstance(table, Table):
        return TableAlias(table, arg(args, 1))
    return Unknown("aliases of views are not modelled")


def _dialect(dialect: str) -> dict[str, Value]:
    prefix = dialect
    out: dict[str, Value] = {
        **COLUMNS[dialect],
        **CONSTRAINTS,
        f"{prefix}Table": table_function(dialect),
        f"{prefix}TableCreator": table_creator(dialect),
        f"{prefix}View": view_function(dialect),
        "view": view_function(dialect),
        "alias": Native("alias", _alias),
    }
    if dialect == "sqlite":
        return out
    out[f"{prefix}Schema"] = Native("schema", lambda args: Schema(dialect, arg(args, 0)))
    out[f"{prefix}Database"] = out[f"{prefix}Schema"]
    if dialect == "pg":
        out["pgEnum"] = make_enum(None)
        out["pgMaterializedView"] = view_function(dialect, materialized=True)
        out["pgSequence"] = Native("pgSequence", lambda args: Sequence(arg(args, 0), None, arg(args, 1)))
        out["pgRole"] = Native("pgRole", lambda args: Role(arg(args, 0)))
    return out


def _column(kind: str, *args: Value) -> Value:
    return COLUMNS["pg"][kind].call(list(args))


def _call(value: Value, method: str, *args: Value) -> Value:
    function = prop(value, method)
    return function.call(list(args)) if isinstance(function, Function) else Unknown(f"'{method}' is not modelled")


def _supabase() -> dict[str, Value]:
    zoned = JSObject({"withTimezone": True})
    stamps = {
        "emailConfirmedAt": "email_confirmed_at",
        "phoneConfirmedAt": "phone_confirmed_at",
        "lastSignInAt": "last_sign_in_at",
        "createdAt": "created_at",
        "updatedAt": "updated_at",
    }
    columns: dict[str, Value] = {
        "id": _call(_column("uuid"), "primaryKey"),
        "email": _column("varchar", JSObject({"length": 255})),
        "phone": _call(_column("text"), "unique"),
        **{key: _column("timestamp", name, zoned) for key, name in stamps.items()},
    }
    roles = {
        "anonRole": "anon",
        "authenticatedRole": "authenticated",
        "serviceRole": "service_role",
        "postgresRole": "postgres_role",
        "supabaseAuthAdminRole": "supabase_auth_admin",
    }
    return {
        "authUsers": build_table("pg", "users", ["users", JSObject(columns)], "auth"),
        "authUid": SQL([Raw("(select auth.uid())")]),
        "realtimeTopic": SQL([Raw("realtime.topic()")]),
        **{key: Role(name) for key, name in roles.items()},
    }


def _crud_policy(args: list[Value]) -> Value:
    role = prop(arg(args, 0), "role")
    roles = list(role.items()) if isinstance(role, JSArray) else [role]
    names = [r.name if isinstance(r, Role) else r for r in roles]
    joined = "-".join(name for name in names if isinstance(name, str))
    out = JSArray()
    for option, actions in (("read", ("select",)), ("modify", ("insert", "update", "delete"))):
        if prop(arg(args, 0), option) is not None:
            out.extend(
                Policy(f"crud-{joined}-policy-{action}", JSObject({"for": action, "to": role})) for action in actions
            )
    return out


def _neon() -> dict[str, Value]:
    return {
        "crudPolicy": Native("crudPolicy", _crud_policy),
        "authUid": Native("authUid", lambda a: SQL([Raw("(select auth.user_id() = "), arg(a, 0), Raw(")")])),
        "authenticatedRole": Role("authenticated"),
        "anonymousRole": Role("anonymous"),
    }
