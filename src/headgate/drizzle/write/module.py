"""The source of the models of one table."""

from __future__ import annotations

from dataclasses import dataclass

from headgate.drizzle.ir import Check, Column, ColumnType, ForeignKey, Index, Relation, Table
from headgate.drizzle.write.checkcode import Translated, translate
from headgate.drizzle.write.fields import (
    Facts,
    factory,
    facts,
    left_out,
    literal_default,
    nullable,
    row_value,
    with_default,
)
from headgate.drizzle.write.jsontypes import JsonModels
from headgate.drizzle.write.layout import (
    Doc,
    call,
    declaration,
    docstring,
    flat,
    keyword,
    render,
    string,
    tuple_of,
    width,
)
from headgate.drizzle.write.naming import pascal
from headgate.drizzle.write.options import WriteOptions
from headgate.drizzle.write.plan import EnumClass, NamePlan, TableNames
from headgate.drizzle.write.pytypes import TypeContext, python_type
from headgate.drizzle.write.sqlparse import Untranslatable


@dataclass(slots=True)
class _Field:
    name: str
    column: Column
    facts: Facts
    annotation: Doc
    enum: EnumClass | None


@dataclass(frozen=True, slots=True)
class Section:
    """The source of one table's models.

    Args:
        lines: The source without imports.
        imports: The names it imports, by module.
        enums: The enums it uses.
        exports: The classes and the constant it defines.
    """

    lines: list[str]
    imports: dict[str, set[str]]
    enums: set[str]
    exports: tuple[str, ...]


class TableWriter:
    """Writes the models of one table.

    Args:
        names: The names decided for it.
        plan: The names of the whole package.
        options: How models are written.
        taken: Class names in use in the module.
    """

    def __init__(self, names: TableNames, plan: NamePlan, options: WriteOptions, taken: set[str]) -> None:
        self._names = names
        self._plan = plan
        self._options = options
        self._table = names.table
        self._enums: set[str] = set()
        self._context = TypeContext(enum=lambda _of: "", custom=options.types)
        taken |= {names.row, f"{names.row}Insert", f"{names.row}Update"}
        self._json = JsonModels(self._context, taken)
        self._fields = [self._field(name, column) for name, column in names.columns()]

    def _field(self, name: str, column: Column) -> _Field:
        owner = self._names.row + pascal(name)
        found: list[str] = []

        def enum(of: ColumnType) -> str:
            made = self._plan.enum(of, owner)
            found.append(made)
            return made

        self._context.enum = enum
        annotation = self._json_type(column, owner) or python_type(column.type, self._context, column.ts_type)
        self._enums |= set(found)
        table = self._table
        what = (
            facts(column, table)
            if isinstance(table, Table)
            else Facts(not column.not_null, filled=False, written=False)
        )
        return _Field(name, column, what, annotation, self._plan.enums[found[0]] if found else None)

    def _json_type(self, column: Column, owner: str) -> Doc | None:
        if column.type.data_type != "json" or column.ts_type is None or "Json" not in column.type.column_type:
            return None
        annotation = self._json.annotation(column.ts_type, owner)
        if annotation is None:
            return None
        return self._context.annotated(
            annotation, "_t.JsonbSafe" if column.type.column_type == "PgJsonb" else "_t.JsonSafe"
        )

    def write(self) -> Section:
        """Return the source."""
        names = self._names
        exports = [names.constant, names.row]
        lines = [*self._json.source(), *self._metadata(), "", "", *self._row()]
        if isinstance(self._table, Table):
            lines += ["", "", *self._insert(self._table), "", "", *self._update(self._table)]
            exports += [f"{names.row}Insert", f"{names.row}Update"]
        self._context.need("typing", "ClassVar")
        return Section(lines, self._context.imports, self._enums, tuple(exports))

    # --- metadata --------------------------------------------------------------------------------

    def _metadata(self) -> list[str]:
        table = self._table
        items: list[Doc] = [
            keyword("name", string(table.name)),
            keyword("dialect", string(table.dialect)),
            keyword("columns", tuple_of([self._column_info(field) for field in self._fields])),
        ]
        if table.schema is not None:
            items.append(keyword("schema", string(table.schema)))
        if isinstance(table, Table):
            items += self._keys(table)
        head = f"{self._names.constant} = "
        return (head + render(call("_t.Table", *items), before=len(head))).split("\n")

    def _column_info(self, field: _Field) -> Doc:
        column, what = field.column, field.facts
        items: list[Doc] = [string(part) for part in (field.name, column.key, column.db_name, column.type.sql_type)]
        flags = {
            "nullable": (what.nullable, True),
            "has_default": (what.filled, False),
            "generated": (not what.written and isinstance(self._table, Table), False),
        }
        items += [keyword(name, repr(value)) for name, (value, usual) in flags.items() if value != usual]
        return call("_t.Column", *items)

    def _keys(self, table: Table) -> list[Doc]:
        primary = _primary_key(table)
        unique: list[tuple[str, ...]] = [(c.db_name,) for c in table.columns if c.is_unique]
        unique += [key.columns for key in table.uniques]
        unique += [_plain(i.columns) for i in table.indexes if i.unique and i.where is None and _plain(i.columns)]
        parts: dict[str, list[Doc]] = {
            "primary_key": [string(c) for c in primary],
            "natural_keys": [tuple_of([string(c) for c in key]) for key in dict.fromkeys(unique)],
            "foreign_keys": [_foreign_key(key) for key in table.foreign_keys],
            "relations": [_relation(relation) for relation in self._names.relations],
            "indexes": [_index(index) for index in table.indexes],
        }
        return [keyword(name, tuple_of(items)) for name, items in parts.items() if items]

    # --- classes ---------------------------------------------------------------------------------

    def _class(self, suffix: str, base: str, summary: list[str], fields: list[str]) -> list[str]:
        head = f"    __table__: ClassVar[_t.Table] = {self._names.constant}"
        if len(head) > width.get():
            head = f"    __table__: ClassVar[_t.Table] = (\n        {self._names.constant}\n    )"
        body = ["", *fields] if fields else []
        return [f"class {self._names.row}{suffix}(_t.{base}):", *docstring(summary, 4), "", *head.split("\n"), *body]

    def _row(self) -> list[str]:
        table = self._table
        kind = "table" if isinstance(table, Table) else "view"
        summary = [f"A row of the {kind} `{table.name}`, as it is read.", "", "Attributes:"]
        summary += [f"    {field.name}: {self._describe(field)}" for field in self._fields]
        fields = [
            declaration(
                field.name,
                nullable(field.annotation, accepts_null=field.facts.nullable),
                row_value(field.name, field.column),
            )
            for field in self._fields
        ]
        return self._class("", "Row", summary, fields)

    def _describe(self, field: _Field) -> str:
        column = field.column
        parts = [column.type.sql_type]
        if not field.facts.nullable:
            parts.append("not null")
        if column.primary:
            parts.append("primary key")
        if column.is_unique:
            parts.append("unique")
        table = self._table
        keys = table.foreign_keys if isinstance(table, Table) else ()
        parts += [
            f"references {key.foreign_table}({', '.join(key.foreign_columns)})"
            for key in keys
            if key.columns == (column.db_name,)
        ]
        if column.generated is not None:
            parts.append("computed by the database")
        if column.ts_type is not None and column.type.data_type != "json":
            parts.append("narrowed in TypeScript")
        return ", ".join(parts) + "."

    def _insert(self, table: Table) -> list[str]:
        fields = [self._insert_field(field) for field in self._fields if field.facts.written]
        checks, notes = self._checks(table)
        summary = [f"A row to be inserted into `{table.name}`.", *notes]
        return [*self._class("Insert", "Insert", summary, fields), *checks]

    def _insert_field(self, field: _Field) -> str:
        annotation = nullable(field.annotation, accepts_null=field.facts.nullable)
        return declaration(field.name, annotation, self._insert_value(field))

    def _insert_value(self, field: _Field) -> Doc | None:
        column = field.column
        mapped = self._options.factories.get(f"{self._table.export}.{column.key}")
        if mapped is not None:
            module, _, name = mapped.partition(":")
            return with_default(field.name, column, self._context.need(module, name), factory=True)
        if field.facts.filled:
            literal = literal_default(column, field.enum)
            if literal is None or not self._fits(literal, field):
                return left_out(field.name, column)
            return with_default(field.name, column, literal[0], factory=literal[1])
        made = factory(column)
        if made is not None:
            return with_default(field.name, column, made, factory=True)
        if field.facts.nullable:
            return with_default(field.name, column, "None", factory=False)
        return row_value(field.name, column)

    def _fits(self, literal: tuple[Doc, bool], field: _Field) -> bool:
        """Whether a literal has the type of the field: a JSON default with a model of its own has not."""
        if field.column.type.data_type != "json":
            return True
        annotation = flat(field.annotation)
        if literal[0] == "list":
            return "list[" in annotation or annotation.startswith("_t.Json")
        if literal[0] == "dict":
            return "dict[" in annotation or annotation.startswith("_t.Json")
        return annotation.startswith("_t.Json")

    def _update(self, table: Table) -> list[str]:
        primary = set() if self._options.update_keys else set(_primary_key(table))
        fields = [
            declaration(
                field.name,
                nullable(field.annotation, accepts_null=field.facts.nullable),
                left_out(field.name, field.column),
            )
            for field in self._fields
            if field.facts.written and field.column.db_name not in primary
        ]
        written = {field.name for field in self._fields if field.column.db_name not in primary}
        checks, _notes = self._checks(table, written)
        return [*self._class("Update", "Update", [f"Changes to a row of `{table.name}`."], fields), *checks]

    # --- checks ----------------------------------------------------------------------------------

    def _checks(self, table: Table, written: set[str] | None = None) -> tuple[list[str], list[str]]:
        """Return the validator of all checks that have a twin in Python, and a note on the others."""
        columns = {field.column.db_name: (field.name, field.column) for field in self._fields if field.facts.written}
        code: list[str] = []
        notes: list[str] = []
        for check in table.checks:
            try:
                translated = translate(check.value, table.dialect, columns)
            except Untranslatable:
                notes.append(f"    {check.name}: {' '.join(check.value.split())}")
                continue
            if written is None or set(translated.columns) <= written:
                code += _requirement(check, translated)
        if notes:
            notes = ["", "Checked by the database only:", *notes]
        if not code:
            return [], notes
        self._context.need("typing", "Self")
        head = [
            "",
            '    @_t.model_validator(mode="after")',
            "    def _check_constraints(self) -> Self:",
            '        """Apply the CHECK constraints of the table."""',
        ]
        return [*head, *code, "        return self"], notes


def _requirement(check: Check, translated: Translated) -> list[str]:
    shown = " ".join(check.value.split())
    doc = call("_t.checks.require", translated.code, string(check.name), string(shown))
    return ("        " + render(doc, indent=8, before=8)).split("\n")


def _primary_key(table: Table) -> tuple[str, ...]:
    if table.primary_keys:
        return table.primary_keys[0].columns
    return tuple(column.db_name for column in table.columns if column.primary)


def _plain(columns: tuple[object, ...]) -> tuple[str, ...]:
    return tuple(str(c) for c in columns) if all(isinstance(c, str) for c in columns) else ()


def _strings(values: tuple[str, ...]) -> Doc:
    return tuple_of([string(value) for value in values])


def _foreign_key(key: ForeignKey) -> Doc:
    items: list[Doc] = [_strings(key.columns), string(key.foreign_table), _strings(key.foreign_columns)]
    for name, value in (("schema", key.foreign_schema), ("on_delete", key.on_delete), ("on_update", key.on_update)):
        if value is not None and value != "no action":
            items.append(keyword(name, string(value)))
    return call("_t.ForeignKey", *items)


def _relation(relation: Relation) -> Doc:
    items: list[Doc] = [string(relation.key), string(relation.kind), string(relation.target)]
    if relation.fields:
        items.append(keyword("fields", _strings(relation.fields)))
    if relation.references:
        items.append(keyword("references", _strings(relation.references)))
    return call("_t.Relation", *items)


def _index(index: Index) -> Doc:
    shown = tuple(str(c["$sql"]) if isinstance(c, dict) else str(c) for c in index.columns)
    items: list[Doc] = ["None" if index.name is None else string(index.name), _strings(shown)]
    if index.unique:
        items.append("unique=True")
    if isinstance(index.where, dict):
        items.append(keyword("where", string(str(index.where["$sql"]))))
    return call("_t.Index", *items)
