"""Laws of shares: however an order line is allocated, cancelled and allocated again, its money stays whole."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.desk import Desk
from tests.laws.test_stock_and_ledger import LAW, ORDERS, Made, posted
from tests.life import check_laws, moved, parcels
from tests.rooms.atoms import Do, work

from ordo.domain.fulfillment.shares import share
from ordo.domain.fulfillment.units import Span, Units, count, first, free, read, written
from ordo.journeys.create_fulfillment_orders import Allocation, make_fulfillment_order, need_summary
from ordo.kernel.money import digits
from ordo.objects.fulfillment import FulfillmentOrder
from ordo.objects.summaries import OrderDeliveryGroupSummary, OrderItemSummary
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit

ZERO = Decimal()
CURRENCIES = st.sampled_from(["JPY", "EUR", "KWD"])
# A step takes that many units (as far as there are), or, negative, gives back one of the parts taken.
STEPS = st.lists(st.integers(-9, 9).filter(bool), max_size=12)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(currency=CURRENCIES, minor=st.integers(-50_000, 50_000), whole=st.integers(1, 12), steps=STEPS)
def test_shares_are_those_of_the_units(currency: str, minor: int, whole: int, steps: list[int]) -> None:
    """S0-51: no unit is taken twice, parts carry what their units carry, and together the whole."""
    amount, size = Decimal(minor).scaleb(-digits(currency)), Decimal(whole)
    of_unit = [
        share(amount, size, (Span(Decimal(n), Decimal(n + 1)),), currency) if whole > 1 else amount
        for n in range(whole)
    ]
    taken: list[Units] = []
    for step in [*steps, whole]:
        if step < 0 and taken:
            taken.pop(-step % len(taken))
        elif step > 0:
            left = size - sum(map(count, taken), ZERO)
            units = first(free(size, taken), min(Decimal(step), left))
            assert count(units) == min(Decimal(step), left)
            taken += [units] if units else []
        _no_overlap(taken)
        for units in taken:
            assert read(written(units), count(units)) == units
            mine = [of_unit[n] for start, end in units for n in range(int(start), int(end))]
            assert share(amount, size, units, currency) == sum(mine, ZERO)
    assert sum((share(amount, size, units, currency) for units in taken), ZERO) == amount


def _no_overlap(taken: list[Units]) -> None:
    numbers = [n for units in taken for start, end in units for n in range(int(start), int(end))]
    assert len(numbers) == len(set(numbers))


@LAW
@given(made=ORDERS, data=st.data())
async def test_fulfillment_orders_come_and_go_and_the_money_stays(
    desk: Desk, made: Made, data: st.DataObject
) -> None:
    """S0-51, S1-01: whatever was cancelled on the way, live lines carry the whole line, taxes and adjustments."""
    if not await desk.rows("SELECT 1 FROM position"):
        await desk.stock("DC1", shirt=100_000, hat=100_000)
        await desk.route_to()
    order = await posted(desk, made)
    await desk.settle()
    (summary,) = await desk.rows("SELECT id FROM ordersummary WHERE originalorderid = $1", order)
    for step in [*data.draw(STEPS, label="steps"), 100]:
        if step < 0:
            await _cancel_one(desk, summary["id"], -step)
        else:
            (entry,) = await work(desk, _allocating(desk, summary["id"], step))
            assert entry.error is None, entry.error
        await _check_live_lines(desk, summary["id"], made.currency)
    await check_laws(desk)
    await _check_whole(desk, summary["id"])


def _allocating(desk: Desk, summary_id: str, size: int) -> Do:
    def needs(reading: Reading) -> None:
        need_summary(reading, summary_id)
        reading.rows(FulfillmentOrder, "order_summary_id", [summary_id])
        reading.positions([("shirt", desk.ids["DC1"]), ("hat", desk.ids["DC1"])])

    return Do(lambda unit: _allocated(unit, summary_id, desk.ids["DC1"], size), needs)


def _allocated(unit: Unit, summary_id: str, location: str, size: int) -> None:
    """Up to `size` units of every line go on one fulfillment order."""
    (group,) = unit.children(OrderDeliveryGroupSummary, "order_summary_id", summary_id)
    items = unit.children(OrderItemSummary, "order_summary_id", summary_id)
    wanted = [Allocation(item, min(Decimal(size), item.quantity_available_to_fulfill)) for item in items]
    some = [allocation for allocation in wanted if allocation.quantity > 0]
    if some:
        make_fulfillment_order(unit, group, location, some)


async def _cancel_one(desk: Desk, summary_id: str, which: int) -> None:
    live = [one for one in await parcels(desk, {"Id": summary_id}) if one["Status"] == "Allocated"]
    if live:
        await moved(desk, live[which % len(live)]["Id"], "Cancelled")


async def _check_live_lines(desk: Desk, summary_id: str, currency: str) -> None:
    """Live lines of an order line share no unit and carry what their units carry."""
    rows = await desk.rows(
        "SELECT l.orderitemsummaryid AS item, l.units, l.quantity, l.totallineamount AS amount, "
        "l.totallinetaxamount AS tax, i.totallineamount AS whole, i.totallinetaxamount AS wholetax, "
        "i.quantityordered AS n, i.quantityallocated AS allocated FROM fulfillmentorderlineitem l "
        "JOIN orderitemsummary i ON i.id = l.orderitemsummaryid WHERE i.ordersummaryid = $1 AND l.quantity > 0",
        summary_id,
    )
    by_item: dict[str, list[Units]] = {}
    for row in rows:
        units = read(row["units"], row["quantity"])
        assert count(units) == row["quantity"]
        assert row["amount"] == share(row["whole"], row["n"], units, currency)
        assert row["tax"] == share(row["wholetax"], row["n"], units, currency)
        by_item.setdefault(row["item"], []).append(units)
    for taken in by_item.values():
        _no_overlap(taken)
    for row in rows:
        assert row["allocated"] == sum(map(count, by_item[row["item"]]), ZERO)


async def _check_whole(desk: Desk, summary_id: str) -> None:
    """All is allocated, so that the laws of whole lines speak of every one."""
    off = await desk.rows(
        "SELECT i.id FROM orderitemsummary i LEFT JOIN fulfillmentorderlineitem l "
        "ON l.orderitemsummaryid = i.id AND l.quantity > 0 WHERE i.ordersummaryid = $1 GROUP BY i.id "
        "HAVING i.quantityallocated <> i.quantityordered OR count(l.id) = 0",
        summary_id,
    )
    assert off == []


async def test_nothing_more_is_read_while_nothing_is_allocated(desk: Desk) -> None:
    """The way of nearly every order: other lines are not looked for where there are none."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to()
    await desk.order(("shirt", 3, "10.00"))
    (row,) = await desk.rows("SELECT id FROM ordersummary")
    step = _allocating(desk, row["id"], 1)
    (entry,) = await work(desk, step)
    assert (entry.error, step.runs) == (None, 1)
    again = _allocating(desk, row["id"], 1)
    (entry,) = await work(desk, again)
    assert (entry.error, again.runs) == (None, 2)
    lines = await desk.rows("SELECT units, totallineamount FROM fulfillmentorderlineitem ORDER BY id")
    assert [(line["units"], line["totallineamount"]) for line in lines] == [
        (None, Decimal("3.34")),
        ("1-2", Decimal("3.33")),
    ]
