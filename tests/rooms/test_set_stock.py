"""`set-stock`: a count, and who is told when it is below what is promised."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from decimal import Decimal
from itertools import chain
from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import census, growth
from tests.life import check_laws, did, do, entries, facts, moved, parcels, sold, stock

from ordo.bootstrap import Machine, opened
from ordo.journeys.set_stock import SetStock, StockSet, set_stock
from ordo.kernel.problems import Problem
from ordo.platform.settings import Settings
from ordo.platform.verbs import VerbAtom
from ordo.platform.work import Entry

NOWHERE = "131000000000001AAA"
EXCEPTIONS = "SELECT Message, Category, AttachedToId, OrderSummaryId FROM ProcessException ORDER BY Id"


async def count(desk: Desk, units: str, sku: str = "shirt", location: str = "DC1", **more: Any) -> StockSet:
    answer = await did(
        desk, "set-stock", stock_keeping_unit=sku, location_id=desk.ids[location], on_hand=Decimal(units), **more
    )
    assert isinstance(answer, StockSet)
    return answer


async def positions(desk: Desk) -> list[tuple[int, ...]]:
    """(on hand, reserved, short) of every position."""
    rows = await desk.rows("SELECT onhand::int, reserved::int, short::int FROM position ORDER BY sku, location")
    return [tuple(row.values()) for row in rows]


def answer(outcome: str, *quantities: int) -> StockSet:
    return StockSet(outcome, *map(Decimal, quantities))


async def test_counts_make_change_and_leave(desk: Desk) -> None:
    """Each difference is a ledger entry with its reason and a fact; a count that agrees writes nothing."""
    assert await count(desk, "7") == answer("made", 7, 0, 0)
    before = await census(desk)
    assert await count(desk, "7.0") == answer("unchanged", 7, 0, 0)
    assert growth(before, await census(desk)) == {}
    assert await count(desk, "4", reason="Damaged") == answer("changed", 4, 0, 0)
    assert growth(before, await census(desk)) == {"fact": 1, "factinbox": 1, "ledger": 1}
    assert await desk.rows("SELECT debit, credit, amount::int, because FROM ledger ORDER BY id") == [
        {"debit": "OnHand", "credit": "outside", "amount": 7, "because": "Count"},
        {"debit": "outside", "credit": "OnHand", "amount": 3, "because": "Damaged"},
    ]
    assert await facts(desk, "StockCounted") == 2
    await desk.settle()
    await check_laws(desk)


async def test_a_new_position_of_nothing_is_there(desk: Desk) -> None:
    assert await count(desk, "0") == answer("made", 0, 0, 0)
    assert await count(desk, "0") == answer("unchanged", 0, 0, 0)
    assert await stock(desk) == [("shirt", 0, 0)]


async def test_a_product_s_spelling_is_that_of_its_stock(desk: Desk) -> None:
    await count(desk, "3", sku="SHIRT")
    assert await stock(desk) == [("shirt", 3, 0)]
    await desk.make("Product2", Name="Other", StockKeepingUnit="Shirt", IsActive=True)
    await count(desk, "4", sku="shirt")
    refused = await do(
        desk, "set-stock", stock_keeping_unit="SHIRT", location_id=desk.ids["DC1"], on_hand=Decimal(5)
    )
    assert isinstance(refused.error, Problem)
    assert refused.error.code == "DUPLICATE_EXTERNAL_ID"
    assert await stock(desk) == [("shirt", 4, 0)]


@pytest.mark.parametrize(
    ("told", "code", "field"),
    [
        ({"stock_keeping_unit": "nothing"}, "INVALID_CROSS_REFERENCE_KEY", "StockKeepingUnit"),
        ({"location_id": NOWHERE}, "INVALID_CROSS_REFERENCE_KEY", "LocationId"),
        ({"on_hand": Decimal(-1)}, "NUMBER_OUTSIDE_VALID_RANGE", "OnHand"),
        ({"on_hand": Decimal("NaN")}, "NUMBER_OUTSIDE_VALID_RANGE", "OnHand"),
        ({"on_hand": Decimal("1e12")}, "NUMBER_OUTSIDE_VALID_RANGE", "OnHand"),
        ({"on_hand": Decimal("0.0000001")}, "NUMBER_OUTSIDE_VALID_RANGE", "OnHand"),
        ({"reason": "x" * 256}, "STRING_TOO_LONG", "Reason"),
    ],
)
async def test_what_is_no_count_is_refused(desk: Desk, told: dict[str, Any], code: str, field: str) -> None:
    before = await census(desk)
    good = {"stock_keeping_unit": "shirt", "location_id": desk.ids["DC1"], "on_hand": Decimal(1)}
    entry = await do(desk, "set-stock", **good | told)
    assert isinstance(entry.error, Problem)
    assert (entry.error.code, tuple(entry.error.fields)) == (code, (field,))
    assert growth(before, await census(desk)) == {}


async def test_a_count_below_what_is_promised(desk: Desk) -> None:
    """The orders promised last are told of, once; nothing more is promised, and shortness ends with its cause."""
    orders = [await sold(desk, ("shirt", 2, "20.00")) for _ in range(3)]
    [[first], [second], [third]] = [await parcels(desk, one) for one in orders]
    assert await positions(desk) == [(9, 0, 0), (9, 6, 0)]
    assert await count(desk, "5") == answer("changed", 5, 6, 1)
    told = "A count leaves 1 too few of shirt at DC1: 5 there, 6 promised."
    assert await desk.query(EXCEPTIONS) == [
        {
            "Message": told, "Category": "Fulfillment", "AttachedToId": third["Id"],
            "OrderSummaryId": orders[2]["Id"],
        }
    ]  # fmt: skip
    assert await count(desk, "3") == answer("changed", 3, 6, 3)
    assert [one["AttachedToId"] for one in await desk.query(EXCEPTIONS)] == [
        third["Id"],
        third["Id"],
        second["Id"],
    ]
    await desk.settle()
    await check_laws(desk)

    late = await desk.order(("shirt", 1, "10.00"))
    assert late["isSuccessful"] is True
    await desk.settle()
    assert await positions(desk) == [(9, 0, 0), (3, 6, 3)]  # not routed: nothing is available

    await moved(desk, third["Id"], "Cancelled")
    assert await positions(desk) == [(9, 0, 0), (3, 4, 1)]
    await moved(desk, second["Id"], "Cancelled")
    assert await positions(desk) == [(9, 0, 0), (3, 2, 0)]
    await moved(desk, first["Id"], "Fulfilled")
    assert await positions(desk) == [(9, 0, 0), (1, 0, 0)]
    assert (
        len(await desk.query(f"SELECT Id FROM ProcessException WHERE OrderSummaryId = '{orders[0]['Id']}'")) == 0
    )
    await desk.settle()
    await check_laws(desk)


async def test_a_short_position_makes_no_room_for_others(desk: Desk) -> None:
    """S1-30: units that are lacking are lacking, also for who decided on what was there before."""
    [order] = await parcels(desk, await sold(desk, ("shirt", 2, "20.00")))
    await count(desk, "0")
    await moved(desk, order["Id"], "Cancelled")
    assert await positions(desk) == [(9, 0, 0), (0, 0, 0)]
    assert await count(desk, "1") == answer("changed", 1, 0, 0)
    assert len(await desk.query(EXCEPTIONS)) == 1


@pytest.fixture
async def others(desk: Desk, database_url: str) -> AsyncIterator[list[Machine]]:
    """Two more machine rooms on the same database."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(opened(Settings(), database_url)) for _ in range(2)]


async def test_counts_and_orders_at_once(desk: Desk, others: list[Machine]) -> None:
    """S1-30: counts of one position go on while orders reserve, ship and free it. The last count's units are
    there, less what left afterwards; the books agree with their entries."""
    await desk.stock("DC1", shirt=0)
    await count(desk, "60")
    await desk.route_to("DC1")
    graphs = await asyncio.gather(*(desk.order(("shirt", 1, "10.00")) for _ in range(40)))
    assert {graph["isSuccessful"] for graph in graphs} == {True}
    for machine in others:
        await machine.refresh_options()

    async def counted(number: int) -> Exception | None:
        told = SetStock("shirt", desk.ids["DC1"], Decimal(10 + number % 30))
        entry = Entry(VerbAtom(set_stock, told), desk.face.machine.organization.administrator_id)
        await others[number % 2].worker.run([entry])
        return entry.error

    errors, _ = await asyncio.gather(asyncio.gather(*(counted(n) for n in range(60))), desk.settle())
    assert [error for error in errors if error is not None] == []
    await desk.settle()
    await count(desk, "15")
    [_, (on_hand, reserved, short)] = [(0, 0, 0), *await positions(desk)]
    assert (on_hand, short) == (15, max(reserved - 15, 0))
    assert sum(amount for _, amount in await entries(desk, "OnHand")) == 15
    [row] = await desk.rows("SELECT coalesce(sum(quantity), 0)::int AS n FROM reservation")
    assert row["n"] == reserved
    await check_laws(desk)


async def test_new_positions_are_opened_once(desk: Desk, others: list[Machine]) -> None:
    """Two lists of the same goods in either order, at once: each position is made by one, nobody deadlocks."""
    for number in range(20):
        await desk.sell(f"thing{number}", "1.00")
    admin = desk.face.machine.organization.administrator_id

    async def listed(machine: Machine, step: int) -> list[str]:
        told = [SetStock(f"thing{n}", desk.ids["DC1"], Decimal(5)) for n in range(20)][::step]
        batch = [Entry(VerbAtom(set_stock, one), admin) for one in told]
        await machine.worker.run(batch)
        return [entry.result().outcome for entry in batch]  # type: ignore[attr-defined]

    outcomes = await asyncio.gather(*(listed(machine, step) for machine in others for step in (1, -1)))
    assert sorted(chain.from_iterable(outcomes)) == ["made"] * 20 + ["unchanged"] * 60
    assert await facts(desk, "StockCounted") == 20
