"""What grows must not make a life dearer. Counted are the rows the database looks at, not the time it takes."""

from __future__ import annotations

import itertools
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

import psycopg
import pytest
from tests.conftest import cloned
from tests.desk import Desk, Face, bodies
from tests.faces.asserted import GRAPH, ask, only, payload
from tests.faces.conftest import in_hands_of
from tests.faces.test_connect import FULFILLMENT, body_of, of_group
from tests.house.full_tables import fill
from tests.stories.test_flows_switched import LARGE_ONLY
from tests.stories.test_order_to_capture import placed, shipped

from ordo.bootstrap import opened
from ordo.console.last_orders import last_orders
from ordo.flows import catalogue
from ordo.platform import database
from ordo.platform.roles import Role
from ordo.platform.settings import Settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence
    from pathlib import Path

MORE_MAX = 60
"""Rows of a table: what a process reads once, such as a block of each number, and what lives leave behind."""
# An index scan counts in both columns, its entries and its rows; a whole index counts even if no row fits.
_COUNTED = """
SELECT t.relname, t.seq_scan + coalesce(t.idx_scan, 0) + t.n_tup_ins AS touched,
  t.seq_tup_read + coalesce(t.idx_tup_fetch, 0) + coalesce(sum(i.idx_tup_read), 0)::bigint AS rows
FROM pg_stat_user_tables t LEFT JOIN pg_stat_user_indexes i USING (relid)
GROUP BY t.relid, t.relname, t.seq_scan, t.idx_scan, t.n_tup_ins, t.seq_tup_read, t.idx_tup_fetch
"""
_PLANS = "SELECT name FROM pg_prepared_statements"
_keys = itertools.count()


class Count(NamedTuple):
    """How often a table was scanned or inserted into, and how many rows and index entries that looked at."""

    touched: int
    rows: int


class Shop(NamedTuple):
    """A machine on a database of its own, and the company that sells with it."""

    dsn: str
    face: Face
    ids: dict[str, str]

    @asynccontextmanager
    async def desk(self) -> AsyncIterator[Desk]:
        async with self.face.client() as client:
            yield Desk(self.face, client, self.ids)


@pytest.fixture
async def shop(worker_id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shop]:
    """Almost empty, and known to the planner to be; its plans last as long as the test."""
    monkeypatch.setattr(database, "PLAN_SECONDS", 600)
    with cloned(f"ordo_growth_{worker_id}") as dsn:
        async with opened(Settings(home=tmp_path), dsn) as machine:
            face = await Face.opened(machine)
            async with face.client() as client:
                desk = await Desk.furnished(face, client)
            await catalogue.put(machine.database, LARGE_ONLY)  # a flow that asks a condition
            await machine.refresh_flows()
            analyze(dsn)
            yield Shop(dsn, face, desk.ids)


async def test_full_tables_make_a_life_look_at_no_more_rows(shop: Shop, tmp_path: Path) -> None:
    """With plans made while the tables were empty; by a process that starts when they are full, before and after
    the database knows that they are. The failure names the tables."""
    await life(shop)
    empty = await life(shop)
    plans = await write_plans(shop)
    touched = [table for table, count in empty.items() if count.touched]
    assert {"order", "fulfillmentorder", "payment", "invoice", "position", "session", "job"} <= set(touched)
    fill(shop.dsn, touched)

    dearer = dearer_than(empty, await life(shop), "with plans of empty tables")
    assert await write_plans(shop) == plans  # none was made anew
    async with opened(Settings(home=tmp_path), shop.dsn) as machine:
        fresh = shop._replace(face=await Face.over(machine, shop.face.app_secrets))
        dearer += dearer_than(empty, await life(fresh), "in a new process")
        analyze(shop.dsn)
        dearer += dearer_than(empty, await life(fresh), "with statistics of full tables")

    assert not dearer, "\n".join(dearer)


def dearer_than(empty: dict[str, Count], full: dict[str, Count], when: str) -> list[str]:
    """The tables that were looked at more than a life may, with the rows before and now."""
    return [
        f"{when}: {table}, {empty[table].rows} rows, then {count.rows}"
        for table, count in sorted(full.items())
        if count.rows > empty[table].rows + MORE_MAX
    ]


async def life(shop: Shop) -> dict[str, Count]:
    """Lives through two orders; what that cost, by table."""
    before = await counted(shop)
    async with shop.desk() as desk:
        await routed_life(desk)
        await told_life(desk)
    return spent(before, await counted(shop))


def spent(before: dict[str, Count], after: dict[str, Count]) -> dict[str, Count]:
    nothing = Count(0, 0)
    return {
        table: Count(*(now - then for now, then in zip(count, before.get(table, nothing), strict=True)))
        for table, count in after.items()
    }


async def routed_life(desk: Desk) -> None:
    """Posted, routed by the worker, shipped, invoiced, captured."""
    await fulfilled(desk, await placed(desk, ("shirt", 2, "20.00"), ("hat", 1, "5.50")))


async def told_life(desk: Desk) -> None:
    """Posted with a key, sent by the merchant's own call, then the same."""
    nodes = desk.order_nodes([("shirt", 1, "10.00")])
    answer = await ask(desk, "POST", GRAPH, payload({"g": nodes}), Idempotency_Key=f"k{next(_keys)}")
    order_id = bodies(answer.json()["graphs"][0])["order"]["id"]
    item = only(
        await desk.query(
            "SELECT Id, OrderSummaryId, OrderDeliveryGroupSummaryId FROM OrderItemSummary "
            f"WHERE OrderSummary.OriginalOrderId = '{order_id}'"
        )
    )
    it = {"summary": item["OrderSummaryId"], "here": item["OrderDeliveryGroupSummaryId"]}
    answer = await desk.post(FULFILLMENT, body_of(it, of_group(desk, (item["Id"], 1))))
    assert answer.status_code == 201, answer.text
    await desk.settle()
    (sent,) = answer.json()["fulfillmentOrderIds"]
    await fulfilled(desk, {"Id": sent, "OrderSummaryId": item["OrderSummaryId"]})


async def fulfilled(desk: Desk, order: dict[str, str]) -> None:
    graph = await shipped(desk, order)
    assert graph["isSuccessful"] is True, graph
    await desk.settle()
    paid = f"SELECT Invoice.SettlementStatus FROM FulfillmentOrder WHERE Id = '{order['Id']}'"
    assert await desk.query(paid) == [{"Invoice": {"SettlementStatus": "Settled"}}]


async def counted(shop: Shop) -> dict[str, Count]:
    """What the database has counted so far, by table, the machine's own connections included."""
    async with AsyncExitStack() as held:
        for connection in await connections(shop, held):
            await connection.execute("SELECT pg_stat_force_next_flush()")
    with psycopg.connect(shop.dsn) as reader:
        return {table: Count(*count) for table, *count in reader.execute(_COUNTED)}


STORE_QUERIES = (
    "SELECT Id FROM FulfillmentOrder",
    "SELECT COUNT() FROM FulfillmentOrder WHERE Status = 'Fulfilled'",
    "SELECT Id, (SELECT Id FROM FulfillmentOrderLineItems) FROM FulfillmentOrder",
    "SELECT Id, FulfillmentOrder.Status FROM FulfillmentOrderLineItem ORDER BY CreatedDate",
    "SELECT Id FROM Shipment WHERE TrackingNumber = 'TRACK-1'",
    "SELECT COUNT() FROM ShipmentItem",
    "SELECT Id, Shipment.FulfillmentOrder.Status FROM ShipmentItem",
)
QUERIES_OF_ONE = (
    "SELECT Id, (SELECT Id FROM FulfillmentOrderLineItems), (SELECT Id FROM FulfillmentOrderShipments) "
    "FROM FulfillmentOrder WHERE Id = '{0}'",
    "SELECT COUNT() FROM FulfillmentOrderLineItem WHERE FulfillmentOrderId = '{0}'",
    "SELECT Id, FulfillmentOrder.Status FROM Shipment WHERE Id = '{1}'",
    "SELECT Id, Shipment.FulfillmentOrder.Status FROM ShipmentItem WHERE Id = '{2}'",
)


async def test_a_store_looks_at_its_own_rows_among_those_of_many(shop: Shop) -> None:
    """S0-110: a few fulfillment orders, then with 20,000 of other stores beside them; and when those are its own,
    at the one it asks for. With statistics as autovacuum keeps them: queries are planned each time."""
    async with shop.desk() as desk:
        for _ in range(3):
            order = await placed(desk, ("shirt", 1, "10.00"))
            parcel = bodies(await shipped(desk, order))["parcel"]["id"]
            item = await desk.make("ShipmentItem", ShipmentId=parcel, Quantity=1)
    of_one = [soql.format(order["Id"], parcel, item) for soql in QUERIES_OF_ONE]
    few, one = await looks(shop, STORE_QUERIES, 3), await looks(shop, of_one, 1)
    tables = ["fulfillmentorder", "fulfillmentorderlineitem", "shipment", "shipmentitem"]
    assert all(few[table].rows and one[table].rows for table in tables)

    fill(shop.dsn, tables)
    analyze(shop.dsn)
    dearer = dearer_than(few, await looks(shop, STORE_QUERIES, 3), "among others' rows")
    with psycopg.connect(shop.dsn, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute("UPDATE fulfillmentorder SET fulfilledfromlocationid = %s", [shop.ids["DC1"]])
    analyze(shop.dsn)
    dearer += dearer_than(one, await looks(shop, of_one, 1), "among its own rows")

    assert not dearer, "\n".join(dearer)


async def looks(shop: Shop, queries: Sequence[str], found: int) -> dict[str, Count]:
    """What queries of a store associate cost, by table; each finds so many rows."""
    async with shop.desk() as desk, in_hands_of(desk, Role.STORE_ASSOCIATE, "DC1") as associate:
        before = await counted(shop)
        for soql in queries:
            answer = await ask(associate, "GET", f"/query?q={quote(soql)}")
            assert answer.json()["totalSize"] == found, (soql, answer.text)
        return spent(before, await counted(shop))


async def test_the_start_page_looks_at_its_ten_orders_among_those_of_many(shop: Shop) -> None:
    """With statistics as autovacuum keeps them: queries are planned each time."""
    async with shop.desk() as desk:
        await routed_life(desk)
    few = await shown(shop)
    tables = [table for table, count in few.items() if count.touched]
    assert {"ordersummary", "account", "orderpaymentsummary", "fact", "location", "invoice"} <= set(tables)

    fill(shop.dsn, tables)
    analyze(shop.dsn)
    dearer = dearer_than(few, await shown(shop), "among those of many")

    assert not dearer, "\n".join(dearer)


async def shown(shop: Shop) -> dict[str, Count]:
    """What the last orders cost, by table."""
    before = await counted(shop)
    assert await last_orders(shop.face.machine.database) != []
    return spent(before, await counted(shop))


async def connections(shop: Shop, held: AsyncExitStack) -> list[database.Connection]:
    """Every connection there is, given back in an order that leaves the pools as they were."""
    pools = (shop.face.machine.database._read, shop.face.machine.database.write)
    return [await held.enter_async_context(pool.acquire()) for pool in pools for _ in range(pool.get_size())]


async def write_plans(shop: Shop) -> set[str]:
    """The names of the statements that are prepared on the one connection that has written so far."""
    write = shop.face.machine.database.write
    assert write.get_size() == 1
    async with write.acquire() as connection:
        return {row["name"] for row in await connection.fetch(_PLANS)}


def analyze(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET default_statistics_target = 10")  # 3,000 rows tell enough
        connection.execute("ANALYZE")
