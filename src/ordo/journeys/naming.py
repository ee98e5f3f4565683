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
_ORDERS = f"""
SELECT id FROM "order" WHERE id = $1 OR ordernumber = $2 OR orderreferencenumber = $2
UNION SELECT id FROM "order" WHERE ordermanagementreferenceidentifier = $2
UNION SELECT originalorderid FROM ordersummary
  WHERE id = $1 OR ordernumber = $2 OR externalreferenceidentifier = $2
ORDER BY 1 LIMIT {SHOWN_MAX}
"""


class NameIsUnknown(InvalidInput):
    """No row has the name or id, or several have the name."""


async def location_id(database: Database, said: str) -> str:
    """The id of a location, by id, Name or ExternalReference. NameIsUnknown says which ones there are."""
    return await _row_id(database, Location, said, "Name", "ExternalReference")


async def gateway_id(database: Database, said: str) -> str:
    """The id of a payment gateway, by id or PaymentGatewayName. NameIsUnknown says which ones there are."""
    return await _row_id(database, PaymentGateway, said, "PaymentGatewayName")


async def order_id(database: Database, said: str) -> str:
    """The id of an order: by its id or that of its summary, by the number of either, or by a reference of either.
    NameIsUnknown if there is none, or several."""
    rows = await database.fetch(_ORDERS, normalize(said) or "", said) if is_storable(said) else []
    if len(rows) == 1:
        found: str = rows[0]["id"]
        return found
    if rows:
        several = ", ".join(row["id"] for row in rows)
        raise NameIsUnknown(f"several orders are called {said}: say an id, of {several}")
    raise NameIsUnknown(f"there is no order {said}")


async def _row_id(database: Database, record: type[Record], said: str, *names: str) -> str:
    shape = record.__noun__
    columns = [shape.by_name[name.lower()].column for name in names]
    live = f"FROM {shape.table} WHERE NOT isdeleted"
    rows = []
    if is_storable(said):
        called = " OR ".join(f"{column} = $2" for column in columns)
        found = f"SELECT id {live} AND (id = $1 OR {called}) ORDER BY id LIMIT 2"
        rows = list(await database.fetch(found, normalize(said) or "", said))
    if len(rows) == 1:
        row_id: str = rows[0]["id"]
        return row_id
    if rows:
        raise NameIsUnknown(f"several rows of {shape.api} have the {names[0]} {said}: say an id")
    known = await database.fetch(f"SELECT {columns[0]} AS n {live} ORDER BY 1 LIMIT {SHOWN_MAX + 1}")
    there_are = [row["n"] for row in known[:SHOWN_MAX]] + ["…"] * (len(known) > SHOWN_MAX)
    there = f"there are {', '.join(map(str, there_are))}" if there_are else "there is none at all"
    raise NameIsUnknown(f"there is no {shape.api} {said}; {there}")
