"""What happens at once: several Works of one process, and several processes, on the same rows."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Any

import asyncpg
import pytest
from tests.desk import Desk, Face, bodies
from tests.processes import SOURCES
from tests.rooms.atoms import Do, work

from ordo.api.sobjects import Update
from ordo.bootstrap import Machine, opened
from ordo.platform import refusals
from ordo.platform.events import Consumer, sequence
from ordo.platform.reading import Reading
from ordo.platform.records import noun
from ordo.platform.unit import Unit
from ordo.platform.work import Entry

ONE = Decimal(1)
PROCESSES = 3


@pytest.fixture(scope="module")
async def others(database_url: str, face: Face) -> AsyncIterator[list[Machine]]:
    """Two more machine rooms on the same database, as two more workers would have; after the face's."""
    async with AsyncExitStack() as stack:
        settings = face.machine.settings
        yield [await stack.enter_async_context(opened(settings, database_url)) for _ in range(2)]


async def routed_by_all(desk: Desk, machines: list[Machine]) -> None:
    """Several workers work off the same feed at once, until nothing is left."""
    handler, actor = desk.face.flows._handler, desk.face.flows._actor

    async def one(machine: Machine) -> int:
        await machine.refresh_options()
        return await sequence(machine.database) + await Consumer("flows", handler, actor).step(machine.worker)

    for _ in range(200):
        done = await asyncio.gather(*(one(machine) for machine in machines))
        if not any(done) and not await desk.rows("SELECT 1 FROM factinbox"):
            return
    raise AssertionError("facts keep causing facts")


async def position(desk: Desk, sku: str, location: str) -> tuple[int, int]:
    (row,) = await desk.rows(
        "SELECT onhand::int, reserved::int FROM position WHERE sku = $1 AND location = $2", sku, desk.ids[location]
    )
    return row["onhand"], row["reserved"]


async def test_two_hundred_orders_want_sixty_units(desk: Desk, others: list[Machine]) -> None:
    """S1-30: exactly 60 are sent and 140 wait; three workers route at once and nothing is oversold."""
    await desk.stock("DC1", shirt=60)
    await desk.route_to("DC1")
    graphs = await asyncio.gather(*(desk.order(("shirt", 1, "10.00"), reference=f"p{n}") for n in range(200)))
    assert [graph["isSuccessful"] for graph in graphs] == [True] * 200

    await routed_by_all(desk, [desk.face.machine, *others])

    assert await position(desk, "shirt", "DC1") == (60, 60)
    (counts,) = await desk.rows(
        "SELECT (SELECT count(*) FROM fulfillmentorder) AS orders, "
        "(SELECT count(DISTINCT ordersummaryid) FROM fulfillmentorder) AS summaries, "
        "(SELECT sum(quantity)::int FROM reservation) AS reserved, "
        "(SELECT count(*) FROM fact WHERE kind = 'RoutingParked') AS waiting, "
        "(SELECT count(DISTINCT root) FROM fact WHERE kind = 'RoutingParked') AS roots, "
        "(SELECT count(*) FROM parkedfact) AS parked, (SELECT count(*) FROM ordersummary) AS all"
    )
    assert counts == {
        "orders": 60, "summaries": 60, "reserved": 60, "waiting": 140, "roots": 140, "parked": 0, "all": 200,
    }  # fmt: skip


async def test_lines_in_reverse_order_deadlock_nobody(desk: Desk, others: list[Machine]) -> None:
    """S1-30: half of the orders ask for shirt and hat, half for hat and shirt; every one is sent."""
    await desk.stock("DC1", shirt=100, hat=100)
    await desk.route_to("DC1")
    lines = [("shirt", 1, "10.00"), ("hat", 1, "5.50")]
    graphs = await asyncio.gather(*(desk.order(*lines[:: 1 if n % 2 else -1]) for n in range(100)))
    assert [graph["isSuccessful"] for graph in graphs] == [True] * 100

    await routed_by_all(desk, [desk.face.machine, *others])

    assert await position(desk, "shirt", "DC1") == await position(desk, "hat", "DC1") == (100, 100)
    assert await desk.rows("SELECT * FROM parkedfact") == []
    (orders,) = await desk.rows("SELECT count(*) AS n FROM fulfillmentorder")
    assert orders["n"] == 100


def increment(*keys: tuple[str, str]) -> Do:
    def needs(reading: Reading) -> None:
        reading.positions(keys)

    def act(unit: Unit) -> None:
        for sku, location in keys:
            unit.move_stock(sku, location, "count", on_hand=ONE)

    return Do(act, needs)


async def test_two_hundred_increments_give_two_hundred(desk: Desk, others: list[Machine]) -> None:
    """Each a Work of its own, on three machine rooms; the ledger says the same as the position."""
    await desk.stock("DC1", shirt=0)
    key, machines = ("shirt", desk.ids["DC1"]), [desk.face.machine, *others]

    async def one(number: int) -> Exception | None:
        entry = Entry(increment(key), "")
        await machines[number % len(machines)].worker.run([entry])
        return entry.error

    errors = await asyncio.gather(*(one(number) for number in range(200)))

    assert [error for error in errors if error is not None] == []
    assert await position(desk, "shirt", "DC1") == (200, 0)
    (ledger,) = await desk.rows(
        "SELECT count(*) AS n, sum(amount)::int AS units FROM ledger WHERE subject = $1 AND debit = 'OnHand'",
        f"shirt@{desk.ids['DC1']}",
    )
    assert ledger == {"n": 200, "units": 200}


async def test_increments_of_two_positions_in_either_order(desk: Desk, others: list[Machine]) -> None:
    await desk.stock("DC1", shirt=0, hat=0)
    keys = [("shirt", desk.ids["DC1"]), ("hat", desk.ids["DC1"])]
    machines = [desk.face.machine, *others]

    async def one(number: int) -> Exception | None:
        entry = Entry(increment(*keys[:: 1 if number % 2 else -1]), "")
        await machines[number % len(machines)].worker.run([entry])
        return entry.error

    errors = await asyncio.gather(*(one(number) for number in range(100)))

    assert [error for error in errors if error is not None] == []
    assert await position(desk, "shirt", "DC1") == await position(desk, "hat", "DC1") == (100, 0)


BUSY = """
import asyncio, sys
from decimal import Decimal
from ordo.bootstrap import opened
from ordo.platform.settings import Settings
from ordo.platform.work import Entry


class Increment:
    def __init__(self, sku, location):
        self.key = (sku, location)

    def prefetch(self, reading):
        reading.positions([self.key])

    def run(self, unit):
        unit.move_stock(*self.key, "count", on_hand=Decimal(1))


async def main(dsn, sku, location, times):
    async with opened(Settings(), dsn) as machine:
        entries = [Entry(Increment(sku, location), "") for _ in range(int(times))]
        await asyncio.gather(*(machine.worker.run([entry]) for entry in entries))
        for entry in entries:
            entry.result()


asyncio.run(main(*sys.argv[1:]))
"""


async def test_increments_of_parallel_processes(desk: Desk, database_url: str) -> None:
    await desk.stock("DC1", shirt=0)
    own = {**os.environ, "PYTHONPATH": SOURCES}
    told = [database_url, "shirt", desk.ids["DC1"], "100"]

    async def ended() -> tuple[int | None, bytes]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", BUSY, *told, env=own, stderr=asyncio.subprocess.PIPE
        )
        _, said = await asyncio.wait_for(process.communicate(), 60)
        return process.returncode, said

    assert await asyncio.gather(*(ended() for _ in range(PROCESSES))) == [(0, b"")] * PROCESSES
    assert await position(desk, "shirt", "DC1") == (100 * PROCESSES, 0)
    holders = await desk.rows("SELECT count(*) AS n, count(DISTINCT id) AS d FROM ledger WHERE debit = 'OnHand'")
    assert holders == [{"n": 100 * PROCESSES, "d": 100 * PROCESSES}]  # no two processes made the same id


async def test_two_patches_of_different_fields_both_survive(desk: Desk, others: list[Machine]) -> None:
    """Through the face they may share a Work; through two machine rooms they cannot."""
    account = desk.ids["account"]
    for turn in range(10):
        answers = await asyncio.gather(
            desk.patch("Account", account, Site=f"site {turn}"), desk.patch("Account", account, Fax=f"fax {turn}")
        )
        assert [answer.status_code for answer in answers] == [204, 204]
        read = await desk.get("Account", account)
        assert (read["Site"], read["Fax"]) == (f"site {turn}", f"fax {turn}")


async def test_patches_of_two_processes_both_survive(desk: Desk, others: list[Machine]) -> None:
    shape, account = noun("Account"), desk.ids["account"]
    assert shape is not None
    for turn in range(10):
        entries = [
            Entry(Update(shape, account, values), desk.face.machine.organization.administrator_id)
            for values in ({"site": f"site {turn}"}, {"fax": f"fax {turn}"})
        ]
        await asyncio.gather(
            *(machine.worker.run([entry]) for machine, entry in zip(others, entries, strict=True))
        )
        assert [entry.error for entry in entries] == [None, None]
        read = await desk.get("Account", account)
        assert (read["Site"], read["Fax"]) == (f"site {turn}", f"fax {turn}")


async def test_one_of_two_activations_makes_the_summary(desk: Desk) -> None:
    """S0-109: the other finds it done, as a repeated PATCH does; there is one summary, and one fact of it."""
    order = bodies(await desk.order(("shirt", 1, "10.00"), activate=False))["order"]["id"]

    answers = await asyncio.gather(*(desk.patch("Order", order, Status="Activated") for _ in range(2)))

    await check_one_summary(desk, order)
    assert [answer.status_code for answer in answers] == [204, 204]


async def test_one_of_two_processes_makes_the_summary(desk: Desk, others: list[Machine]) -> None:
    shape = noun("Order")
    assert shape is not None
    order = bodies(await desk.order(("shirt", 1, "10.00"), activate=False))["order"]["id"]
    entries = [
        Entry(Update(shape, order, {"status": "Activated"}), desk.face.machine.organization.administrator_id)
        for _ in others
    ]

    await asyncio.gather(*(machine.worker.run([entry]) for machine, entry in zip(others, entries, strict=True)))

    await check_one_summary(desk, order)
    assert [entry.error for entry in entries] == [None, None]


async def check_one_summary(desk: Desk, order: str) -> None:
    kinds = await desk.rows("SELECT kind FROM fact WHERE root = $1 ORDER BY number", order)
    assert [row["kind"] for row in kinds] == ["OrderActivated", "OrderSummaryCreated"]
    made = await desk.rows("SELECT id FROM ordersummary WHERE originalorderid = $1", order)
    items = await desk.rows("SELECT id FROM orderitemsummary WHERE ordersummaryid = $1", made[0]["id"])
    assert (len(made), len(items)) == (1, 1)


async def test_lines_joining_a_draft_at_once_all_count(desk: Desk) -> None:
    """Twenty lines posted at once to one draft: the order's total is their sum."""
    parts = bodies(await desk.order(("shirt", 1, "10.00"), activate=False))
    order, group = parts["order"]["id"], parts["group"]["id"]

    async def line(number: int) -> Any:
        return await desk.post("/sobjects/OrderItem", {
            "OrderId": order, "OrderDeliveryGroupId": group, "PricebookEntryId": desk.ids["hat-price"],
            "Quantity": 1, "UnitPrice": 5.5, "TotalLineAmount": 5.5, "LineNumber": number, "Type": "Order Product",
        })  # fmt: skip

    answers = await asyncio.gather(*(line(number) for number in range(2, 22)))

    assert [answer.status_code for answer in answers] == [201] * 20
    assert (await desk.get("Order", order))["TotalAmount"] == 120.0


async def test_one_of_two_lines_gets_the_line_number(desk: Desk) -> None:
    """S0-101: two lines posted at once under one number."""
    parts = bodies(await desk.order(("shirt", 1, "10.00"), activate=False))
    body = {
        "OrderId": parts["order"]["id"], "OrderDeliveryGroupId": parts["group"]["id"], "Quantity": 1,
        "PricebookEntryId": desk.ids["hat-price"], "UnitPrice": 5.5, "LineNumber": 2, "Type": "Order Product",
    }  # fmt: skip

    answers = await asyncio.gather(*(desk.post("/sobjects/OrderItem", body) for _ in range(4)))

    assert sorted(answer.status_code for answer in answers) == [201, 400, 400, 400]
    stored = await desk.rows("SELECT id FROM orderitem WHERE linenumber = 2")
    assert len(stored) == 1


async def test_a_work_of_many_atoms_moves_one_position_once(desk: Desk) -> None:
    """Fifty increments in one Work are one demand of fifty, and fifty ledger rows."""
    await desk.stock("DC1", shirt=0)
    entries = await work(desk, *[increment(("shirt", desk.ids["DC1"])) for _ in range(50)])

    assert [entry.error for entry in entries] == [None] * 50
    assert await position(desk, "shirt", "DC1") == (50, 0)
    (ledger,) = await desk.rows("SELECT count(*) AS n FROM ledger WHERE debit = 'OnHand'")
    assert ledger["n"] == 50


async def test_a_refusal_says_what_is_held(desk: Desk, database_url: str) -> None:
    """Rows that others change, where one is locked."""
    lock = "SELECT 1 FROM account WHERE id = $1 FOR UPDATE NOWAIT"
    database = desk.face.machine.database
    holder = await asyncpg.connect(database_url)
    try:
        async with holder.transaction():
            await holder.execute(lock, desk.ids["account"])
            with pytest.raises(asyncpg.LockNotAvailableError) as locked:
                await database.fetchrow(lock, desk.ids["account"])
    finally:
        await holder.close()
    problem = refusals.fallback(locked.value)
    assert (problem.code, problem.message) == (
        "UNABLE_TO_LOCK_ROW",
        "unable to obtain exclusive access to this record or 1 records: rows that others change",
    )
