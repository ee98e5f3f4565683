"""The database schema as one SQLAlchemy metadata; Alembic compares it with the database.

A noun is a table: API name and field names lower-cased. What is unusual about it:

* ids and references sort as bytes; text carries no length (the edge checks lengths), amounts no scale (a scale
  would round a Kuwaiti dinar in silence);
* a reference to one noun is a foreign key, checked at the end of a statement so that one may insert a whole
  graph; none to rows that everything refers to (users, locations, products, channels): each check would lock
  that one row, and orders would queue for it; Work looks them up before it writes, and nothing deletes rows;
* indexes leave empty keys out: a reference that is usually null costs an insert nothing.
"""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
    Time,
    false,
    func,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from ordo.platform.fields import Field, Kind
from ordo.platform.records import Noun, noun, nouns

metadata = MetaData()
views = MetaData()  # nouns that show the rows of others: described like tables, never created as such

_POSTGRESQL = postgresql.dialect()  # type: ignore[no-untyped-call]
_KEY = Text(collation="C")
_TYPES: dict[Kind, TypeEngine[Any]] = {
    Kind.ID: _KEY,
    Kind.REFERENCE: _KEY,
    Kind.BOOLEAN: Boolean(),
    Kind.DATE: Date(),
    Kind.DATETIME: DateTime(timezone=True),
    Kind.TIME: Time(),
}
_AMOUNTS = (Kind.DOUBLE, Kind.CURRENCY, Kind.PERCENT)
_UNCHECKED = ("created_by_id", "last_modified_by_id", "owner_id")
_NAME_LENGTH_MAX = 63


def noun_tables() -> list[Table]:
    """A table in `metadata` for every declared noun that has rows of its own, by name."""
    return [table_of(shape) for shape in nouns() if not shape.view]


def table_of(shape: Noun) -> Table:
    """The table of a noun (or, for a view, what it looks like); made when first asked for."""
    holder = views if shape.view else metadata
    table = holder.tables.get(shape.table)
    if table is not None:
        return table
    options: dict[str, Any] = {"postgresql_with": {"fillfactor": "80"}} if shape.busy else {}
    table = Table(shape.table, holder, *(_column(field) for field in shape.stored), **options)
    if not shape.view:
        _add_keys(table, shape)
        _add_indexes(table, shape)
    return table


def view_definition(shape: Noun) -> str:
    """The CREATE VIEW statement of a noun whose rows are those of several others."""
    arms = " UNION ALL ".join(_arm(shape, part) for api in shape.view if (part := noun(api)))
    return f'CREATE VIEW "{shape.table}" AS {arms}'


def _arm(shape: Noun, part: Noun) -> str:
    columns = ", ".join(_shown_as(field, shape, part) for field in shape.stored)
    return f'SELECT {columns} FROM "{part.table}"'


def _shown_as(field: Field, shape: Noun, part: Noun) -> str:
    if field is shape.name_field and part.name_field:
        return f"{part.name_field.column} AS {field.column}"
    if field.attribute == "implementor_type":
        return f"'{part.api}'::text AS {field.column}"
    if field.attribute in part.fields:
        return field.column
    return f"NULL::{_type_name(field)} AS {field.column}"


def _type_name(field: Field) -> str:
    return type_of(field).compile(dialect=_POSTGRESQL).split(" COLLATE")[0].lower()


def type_of(field: Field) -> TypeEngine[Any]:
    if field.attribute == "custom":
        return JSONB()
    if field.kind is Kind.INT:
        return BigInteger() if field.is_long else Integer()
    if field.kind in _AMOUNTS:
        return Double() if field.approximate else Numeric()
    return _TYPES.get(field.kind, Text())


def _column(field: Field) -> Column[Any]:
    if field.kind is Kind.BOOLEAN:
        return Column(field.column, type_of(field), nullable=False, server_default=false())
    return Column(field.column, type_of(field), nullable=field.kind is not Kind.ID)


def _add_keys(table: Table, shape: Noun) -> None:
    table.append_constraint(PrimaryKeyConstraint("id", name=f"{shape.table}_pkey"))
    for field in shape.stored:
        target = checked_target(field)
        if target is None:
            continue
        table.append_constraint(
            ForeignKeyConstraint(
                [field.column],
                [f"{target.table}.id"],
                name=constraint_name(shape.table, field.column, "fkey"),
                deferrable=True,
                initially="IMMEDIATE",
                use_alter=target is not shape and _leads_to(target, shape, set()),
                link_to_name=True,
            )
        )


def checked_target(field: Field) -> Noun | None:
    """The noun whose rows the database checks this reference against, if it does."""
    if field.kind is not Kind.REFERENCE or len(field.targets) != 1 or field.attribute in _UNCHECKED:
        return None
    target = noun(field.targets[0])
    return None if target is None or target.view or target.shared else target


def _leads_to(start: Noun, goal: Noun, seen: set[str]) -> bool:
    """Whether foreign keys lead from `start` (back) to `goal`: then neither table can be made whole first."""
    if start is goal:
        return True
    seen.add(start.table)
    targets = {target.table: target for field in start.stored if (target := checked_target(field))}
    return any(_leads_to(target, goal, seen) for name, target in targets.items() if name not in seen)


def _add_indexes(table: Table, shape: Noun) -> None:
    for field in shape.stored:
        column = table.c[field.column]
        if field.unique:
            key = column if field.case_sensitive else func.lower(column)
            name = constraint_name(shape.table, field.column, "key")
            Index(name, key, unique=True, postgresql_where=column.is_not(None))
        elif field.indexed or (field.children and field.indexed is None):
            key = column if field.kind is Kind.REFERENCE else func.lower(column)
            name = constraint_name(shape.table, field.column, "idx")
            Index(name, key, postgresql_where=column.is_not(None))
    for attributes in shape.unique:
        columns = [table.c[shape.fields[attribute].column] for attribute in attributes]
        name = constraint_name(shape.table, "_".join(column.name for column in columns), "key")
        Index(
            name, *columns, unique=True, postgresql_nulls_not_distinct=True,
            postgresql_where=~table.c.isdeleted,
        )  # fmt: skip


def constraint_name(table: str, column: str, kind: str) -> str:
    """PostgreSQL's own pattern; where that is too long, a digest keeps it apart from its siblings."""
    name = f"{table}_{column}_{kind}"
    if len(name) <= _NAME_LENGTH_MAX:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: _NAME_LENGTH_MAX - 10 - len(kind)]}_{digest}_{kind}"
