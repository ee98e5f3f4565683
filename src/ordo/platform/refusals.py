"""When the database refuses a write: which atom it means, and what its caller is told."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

import asyncpg
import msgspec

from ordo.kernel.problems import DuplicateValue, FieldIntegrity, InvalidCrossReference, Problem, RowIsLocked
from ordo.kernel.quantities import plain
from ordo.platform.records import Noun, Record, noun
from ordo.platform.statement import STOCK_REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ordo.platform.database import Database
    from ordo.platform.unit import Unit

# Key (externalreferenceidentifier)=(web-1) already exists. / is not present in table "account".
_DETAIL = re.compile(r"Key \((?P<columns>.*?)\)=\((?P<values>.*)\) (?:already exists|is not present)", re.DOTALL)


# What others hold, as far as the database says.
_CONTENTION = {
    "40P01": "rows that others change",
    "40001": "rows that others change",
    "55P03": "rows that others change",
}


class _HeldBack(NamedTuple):
    """What the guard tells of a position: its units as they are, and what the write adds to them."""

    sku: str
    location: str
    on_hand: Decimal
    reserved: Decimal
    more_on_hand: Decimal
    more_reserved: Decimal


class StockDoesNotAllow(FieldIntegrity):
    """A position as it stands has fewer units than the write takes or promises: to try again is in vain."""

    def __init__(self, position: _HeldBack) -> None:
        before = position.on_hand, position.reserved
        after = position.on_hand + position.more_on_hand, position.reserved + position.more_reserved
        super().__init__(
            f"not enough stock: {position.sku} at {position.location} has {plain(before[0])} on hand and "
            f"{plain(before[1])} reserved, which would become {plain(after[0])} and {plain(after[1])}"
        )


def _held_back(error: asyncpg.PostgresError) -> _HeldBack:
    """The first of the positions that the guard names."""
    first = msgspec.json.decode(error.detail or "", type=list[str])[0]
    return msgspec.json.decode(first, type=_HeldBack)


class _Named(NamedTuple):
    """The key an error names; `folded` when the index does not tell upper from lower case."""

    shape: Noun
    columns: list[str]
    values: str
    folded: bool

    def writer(self, unit: Unit, record: Record) -> int | None:
        """The atom that gave the row this key: others may have changed the rest of it."""
        fields = [self.shape.by_name.get(column) for column in self.columns]
        return unit.writer(record.id, {field.attribute for field in fields if field is not None})

    def is_key_of(self, record: Record) -> bool:
        key = ", ".join(_shown(record, column) for column in self.columns)
        return key.lower() == self.values.lower() if self.folded else key == self.values


def _named(error: asyncpg.PostgresError) -> _Named | None:
    shape = noun(error.table_name or "")
    match = _DETAIL.match(error.detail or "")
    if shape is None or match is None:
        return None
    columns = re.findall(r"[a-z_0-9]+", match["columns"].replace("lower", "").replace("::text", ""))
    return _Named(shape, columns, match["values"], "lower(" in match["columns"])


def _written(unit: Unit, shape: Noun) -> Iterator[Record]:
    yield from (record for record in unit.added.values() if record.__noun__ is shape)
    yield from (record for record, _ in unit.changes() if record.__noun__ is shape)


def atoms_named(error: asyncpg.PostgresError, unit: Unit) -> set[int]:
    """The atoms that wrote the key in the error; all but the first of them for a duplicate in one Work."""
    named = _named(error)
    if named is None:
        return set()
    owners: list[int] = []
    for record in _written(unit, named.shape):
        writer = named.writer(unit, record) if named.is_key_of(record) else None
        if writer is not None:
            owners.append(writer)
    if isinstance(error, asyncpg.UniqueViolationError) and len(set(owners)) > 1:
        return set(owners[1:])
    return set(owners)


def atoms_seeking(error: asyncpg.PostgresError, unit: Unit) -> set[int]:
    """The atoms that added the row in the error because they had found none with that very key: somebody else
    was faster, and they would find it now."""
    named = _named(error)
    if named is None or not isinstance(error, asyncpg.UniqueViolationError):
        return set()
    return {
        writer
        for record in unit.added.values()
        if [unit.sought.get(record.id)] == named.columns
        and record.__noun__ is named.shape
        and named.is_key_of(record)
        if (writer := named.writer(unit, record)) is not None
    }


def _shown(record: Record, column: str) -> str:
    """As the database words it in a key."""
    field = record.__noun__.by_name.get(column)
    value = getattr(record, field.attribute) if field else ""
    return "null" if value is None else str(value)


async def problem_for(error: asyncpg.PostgresError, database: Database) -> Problem:
    """The platform's error for a constraint: a duplicate names the record that is in the way."""
    named = _named(error)
    if named is None:
        return fallback(error)
    shape, columns, values, _ = named
    field = shape.by_name.get(columns[0])
    api = field.api if field else columns[0]
    if isinstance(error, asyncpg.ForeignKeyViolationError):
        return InvalidCrossReference(api, values)
    if len(columns) == 1 and field is not None:
        return duplicate(shape, api, await _holder(database, named))
    return duplicate(shape, ", ".join(columns), None)


def duplicate(shape: Noun, api: str, holder: str | None) -> DuplicateValue:
    where = f"record with id: {holder}" if holder else f"another {shape.api} in the same request"
    return DuplicateValue(f"duplicate value found: {api} duplicates value on {where}", fields=(api,))


async def _holder(database: Database, named: _Named) -> str | None:
    column = f'"{named.columns[0]}"'
    same = f"lower({column}) = lower($1)" if named.folded else f"{column} = $1"
    sql = f'SELECT id FROM "{named.shape.table}" WHERE {column} IS NOT NULL AND {same} LIMIT 1'
    row: Any = await database.fetchrow(sql, named.values)
    return row["id"] if row else None


def fallback(error: asyncpg.PostgresError) -> Problem:
    """What cannot be pinned on a field: contention asks to try again, stock says what is there, the rest names
    the rule."""
    if error.sqlstate in _CONTENTION:
        return RowIsLocked(_CONTENTION[error.sqlstate])
    if error.sqlstate == STOCK_REFUSED:
        return StockDoesNotAllow(_held_back(error))
    return FieldIntegrity(f"the data breaks the rule {error.constraint_name or error.sqlstate}")
