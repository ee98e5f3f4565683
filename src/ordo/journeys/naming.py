"""Rows by the name a person knows them by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ordo.kernel.ids import normalize
from ordo.kernel.problems import InvalidInput
from ordo.objects.inventory import Location
from ordo.objects.payments import PaymentGateway
from ordo.platform.credentials import is_storable

if TYPE_CHECKING:
    from ordo.platform.database import Database
    from ordo.platform.records import Record

SHOWN_MAX = 10


class NameIsUnknown(InvalidInput):
    """No row has the name or id, or several have the name."""


async def location_id(database: Database, said: str) -> str:
    """The id of a location, by id or Name. NameIsUnknown says which ones there are."""
    return await _row_id(database, Location, "Name", said)


async def gateway_id(database: Database, said: str) -> str:
    """The id of a payment gateway, by id or PaymentGatewayName. NameIsUnknown says which ones there are."""
    return await _row_id(database, PaymentGateway, "PaymentGatewayName", said)


async def _row_id(database: Database, record: type[Record], name: str, said: str) -> str:
    shape = record.__noun__
    field = shape.field(name)
    assert field is not None
    live = f"FROM {shape.table} WHERE NOT isdeleted"
    rows = []
    if is_storable(said):
        found = f"SELECT id {live} AND (id = $1 OR {field.column} = $2) ORDER BY id LIMIT 2"
        rows = list(await database.fetch(found, normalize(said) or "", said))
    if len(rows) == 1:
        row_id: str = rows[0]["id"]
        return row_id
    if rows:
        raise NameIsUnknown(f"several rows of {shape.api} have the {name} {said}: say an id")
    known = await database.fetch(f"SELECT {field.column} AS n {live} ORDER BY 1 LIMIT {SHOWN_MAX + 1}")
    names = [row["n"] for row in known[:SHOWN_MAX]] + ["…"] * (len(known) > SHOWN_MAX)
    there = f"there are {', '.join(map(str, names))}" if names else "there is none at all"
    raise NameIsUnknown(f"there is no {shape.api} {said}; {there}")
