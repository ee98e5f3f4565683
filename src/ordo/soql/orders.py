"""ORDER BY: text without regard to case, picklists in their own order, nulls first unless told otherwise."""

from __future__ import annotations

from collections.abc import Callable

from ordo.platform.fields import TEXT_KINDS, Kind
from ordo.soql.errors import invalid_field
from ordo.soql.sources import Column, quoted
from ordo.soql.tree import Call, Order, Path


def order_terms(orders: tuple[Order, ...], operand: Callable[[Path | Call], Column]) -> list[str]:
    return [term for order in orders for term in _terms(order, operand(order.what))]


def _terms(order: Order, column: Column) -> list[str]:
    field = column.field
    if not field.sortable:
        raise invalid_field(f"field '{field.api}' can not be sorted in a query call", order.what.at)
    direction = " DESC" if order.descending else ""
    if column.nullable:  # else the order of nulls does not matter, and PostgreSQL's own lets it use an index
        direction += " NULLS LAST" if order.nulls_last else " NULLS FIRST"
    return [key + direction for key in _keys(column)]


def _keys(column: Column) -> list[str]:
    field = column.field
    if field.kind not in TEXT_KINDS:
        return [column.sql]
    if field.kind is not Kind.PICKLIST or not field.values:
        return [f"lower({column.sql})"]
    places = "".join(f" WHEN {quoted(value)} THEN {place}" for place, value in enumerate(field.values))
    rank = f"CASE {column.sql}{places} ELSE CASE WHEN {column.sql} IS NOT NULL THEN {len(field.values)} END END"
    return [rank, f"lower({column.sql})"]
