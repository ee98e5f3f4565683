"""Fields as JSON, written by PostgreSQL exactly as the platform shows them."""

from __future__ import annotations

from collections.abc import Iterable

from ordo.platform.fields import Field, Kind
from ordo.platform.records import Noun
from ordo.soql.sources import Column, column_sql, quoted

_NUMBERS = frozenset({Kind.DOUBLE, Kind.CURRENCY, Kind.PERCENT})
_PAIRS = 49  # a PostgreSQL function takes 100 arguments
_ADDRESS = (
    "city", "country", "countryCode", "geocodeAccuracy", "latitude", "longitude", "postalCode", "state",
    "stateCode", "street",
)  # fmt: skip
_LOCATION = ("latitude", "longitude")


def json_of(column: Column) -> str:
    kind, sql = column.field.kind, column.sql
    if kind is Kind.DATETIME:
        return moment(sql)
    if kind is Kind.TIME:
        return f"to_char({sql}, 'HH24:MI:SS.MS\"Z\"')"
    if kind in _NUMBERS:
        return fraction(f"{sql}::numeric" if column.field.approximate else sql)
    return sql


def moment(sql: str) -> str:
    return f"to_char({sql} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"+0000\"')"


def fraction(sql: str) -> str:
    """Exactly as stored, and 10 as 10.0: a sum has the finer scale of its terms."""
    return f"({sql} + 0.0)"


def json_object(pairs: Iterable[tuple[str, str]]) -> str:
    """Keys (declared names) and SQL values, in this order."""
    members = list(pairs)
    if len(members) <= _PAIRS:
        return f"json_build_object({', '.join(f'{quoted(key)}, {sql}' for key, sql in members)})"
    columns = ", ".join(f'{sql} AS "{key}"' for key, sql in members)
    return f"(SELECT row_to_json(wide) FROM (SELECT {columns}) wide)"


def compound(of: Noun, field: Field, table: str) -> str:
    """An address or a location from the parts the noun has; null if all are empty."""
    names = _ADDRESS if field.kind is Kind.ADDRESS else _LOCATION
    prefix = field.values[0] if field.values else ""
    parts = {part: of.field(prefix + part) for part in names}
    columns = {part: Column(column_sql(table, found), found) for part, found in parts.items() if found}
    told = ", ".join(column.sql for column in columns.values())
    pairs = [(part, json_of(columns[part]) if part in columns else "null::text") for part in names]
    return f"CASE WHEN num_nonnulls({told}) > 0 THEN {json_object(pairs)} END"
