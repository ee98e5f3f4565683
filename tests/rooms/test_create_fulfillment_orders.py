"""The verb create-fulfillment-orders: what it makes, moves and reserves, and everything it refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import census, growth
from tests.rooms.atoms import Do, work

from ordo.journeys.create_fulfillment_orders import (
    CreateFulfillmentOrders,
    FulfillmentGroupInput,
    OrderItemSummaryInput,
    create_fulfillment_orders,
)
from ordo.journeys.summarize_order import need_family, summarize
from ordo.kernel.problems import Problem
from ordo.objects.orders import Order
from ordo.platform.unit import Unit
from ordo.platform.work import Entry

UNKNOWN = {"summary": "1Os000000000001AAA", "location": "131000000000001AAA", "item": "10u000000000001AAA"}
Sold = dict[str, str]


async def sold(desk: Desk, *, unmanaged: bool = False) -> Sold:
    """Three shirts and a delivery charge to one recipient, two hats to another; the ids of their summaries."""
    nodes = desk.order_nodes([("shirt", 3, "10.00"), ("hat", 2, "11.00"), ("shirt", 1, "4.99")])
    by_name = {one["referenceId"]: one["body"] for one in nodes}
    by_name["item3"]["Type"] = "Delivery Charge"
    by_name["item2"]["OrderDeliveryGroupId"] = "@{other.id}"
    nodes.insert(2, node("POST", "OrderDeliveryGroup", "other", OrderId="@{order.id}", DeliverToName="Li",
                         OrderDeliveryMethodId=desk.ids["method"]))  # fmt: skip
    if unmanaged:
        await desk.option("summary_on_activation", False)
    graph = await desk.graph(*nodes)
    assert graph["isSuccessful"] is True, graph
    order_id = bodies(graph)["order"]["id"]
    if unmanaged:
        await _summarized(desk, order_id)
    shirts, hats, charge = await desk.query(
        "SELECT Id, LineNumber, OrderDeliveryGroupSummaryId, OrderSummaryId FROM OrderItemSummary "
        f"WHERE OrderSummary.OriginalOrderId = '{order_id}' ORDER BY LineNumber"
    )
    return {
        "order": order_id, "summary": shirts["OrderSummaryId"], "shirts": shirts["Id"], "hats": hats["Id"],
        "charge": charge["Id"], "here": shirts["OrderDeliveryGroupSummaryId"],
        "there": hats["OrderDeliveryGroupSummaryId"],
    }  # fmt: skip


async def _summarized(desk: Desk, order_id: str) -> None:
    def act(unit: Unit) -> None:
        order = unit.get(Order, order_id)
        assert order is not None
        summarize(unit, order, order_life_cycle_type="UNMANAGED")

    (entry,) = await work(desk, Do(act, lambda reading: need_family(reading, order_id)))
    assert entry.error is None, entry.error


def group(desk: Desk, *items: tuple[str, object], location: str = "DC1", kind: str = "warehouse") -> Any:
    told = [OrderItemSummaryInput(item, Decimal(str(quantity))) for item, quantity in items]
    return FulfillmentGroupInput(desk.ids.get(location, location), kind, told)


def command(it: Sold, *groups: FulfillmentGroupInput, **more: Any) -> CreateFulfillmentOrders:
    told = {"order_summary_id": it["summary"], "order_delivery_group_summary_id": it["here"]} | more
    return CreateFulfillmentOrders(**told, fulfillment_groups=list(groups))


def atom(told: CreateFulfillmentOrders) -> Do:
    verb = create_fulfillment_orders
    return Do(lambda unit: verb(unit, told), lambda reading: verb.needs(reading, [told]))


async def done(desk: Desk, told: CreateFulfillmentOrders) -> list[str]:
    (entry,) = await work(desk, atom(told))
    assert entry.error is None, entry.error
    answer: Any = entry.answer
    ids: list[str] = answer.fulfillment_order_ids
    return ids


@pytest.fixture
async def it(desk: Desk) -> Sold:
    await desk.stock("DC1", shirt=5, hat=5)
    await desk.stock("DC2", shirt=5, hat=5)
    await desk.route_to()
    return await sold(desk)


async def test_groups_become_fulfillment_orders(desk: Desk, it: Sold) -> None:
    """S0-57, S0-58, S1-12, S1-30: one order per group in their order, money by unit, stock reserved."""
    before = await census(desk)

    ids = await done(
        desk,
        command(
            it,
            group(desk, (it["shirts"], 1), location="DC2", kind="RETAIL STORE"),
            group(desk, (it["shirts"], 2), (it["charge"], 1)),
        ),
    )

    assert len(set(ids)) == 2
    orders = [await desk.get("FulfillmentOrder", one) for one in ids]
    for order in orders:
        assert (order["Status"], order["StatusCategory"]) == ("Allocated", "ACTIVATED")
        assert (order["OrderSummaryId"], order["FulfilledToName"]) == (it["summary"], "Jo Example")
    assert [
        (o["Type"], o["FulfilledFromLocationId"], o["ItemCount"], o["TotalAmount"], o["TotalProductAmount"],
         o["TotalDeliveryAmount"])
        for o in orders
    ] == [
        ("Retail Store", desk.ids["DC2"], 1.0, 3.34, 3.34, 0.0),
        ("Warehouse", desk.ids["DC1"], 3.0, 11.65, 6.66, 4.99),
    ]  # fmt: skip
    assert await _allocated(desk) == {it["shirts"]: 3, it["hats"]: 0, it["charge"]: 1}
    assert await _reserved(desk) == {("shirt", "DC1"): 2, ("shirt", "DC2"): 1}
    grown = growth(before, await census(desk))
    assert {name: grown[name] for name in ("fulfillmentorder", "fulfillmentorderlineitem", "reservation")} == {
        "fulfillmentorder": 2, "fulfillmentorderlineitem": 3, "reservation": 2,
    }  # fmt: skip
    facts = await desk.rows("SELECT body FROM fact WHERE kind = 'FulfillmentOrderStatusChanged' ORDER BY number")
    assert [msgspec.json.decode(fact["body"])["FulfillmentOrderId"] for fact in facts] == ids


async def test_the_platform_never_adds_the_delivery_charge(desk: Desk, it: Sold) -> None:
    """Reference 4.1: only what is listed."""
    (made,) = await done(desk, command(it, group(desk, (it["shirts"], 3))))
    assert (await desk.get("FulfillmentOrder", made))["TotalAmount"] == 10.0
    assert (await _allocated(desk))[it["charge"]] == 0


async def test_any_status_of_the_category_activated_may_be_asked_for(desk: Desk, it: Sold) -> None:
    """C10: the list of statuses is the merchant's, the categories are not."""
    await desk.option("fulfillment_statuses", {"Taken On": "ACTIVATED"})
    for told, status in (("allocated", "Allocated"), ("taken on", "Taken On")):
        (made,) = await done(desk, command(it, group(desk, (it["shirts"], 1)), default_activation_status=told))
        order = await desk.get("FulfillmentOrder", made)
        assert (order["Status"], order["StatusCategory"]) == (status, "ACTIVATED")


async def test_a_suspended_order_is_for_flows_to_respect(desk: Desk, it: Sold) -> None:
    assert (await desk.patch("OrderSummary", it["summary"], IsSuspended=True)).status_code == 204
    assert len(await done(desk, command(it, group(desk, (it["shirts"], 1))))) == 1


async def _unmanaged(desk: Desk, it: Sold) -> CreateFulfillmentOrders:
    other = await sold(desk, unmanaged=True)
    return command(other, group(desk, (other["shirts"], 1)))


async def _of_another_order(desk: Desk, it: Sold) -> CreateFulfillmentOrders:
    other = await sold(desk)
    return command(it, group(desk, (other["shirts"], 1)))


async def _group_of_another_order(desk: Desk, it: Sold) -> CreateFulfillmentOrders:
    other = await sold(desk)
    return command(it, group(desk, (it["shirts"], 1)), order_delivery_group_summary_id=other["here"])


async def _inactive_location(desk: Desk, it: Sold) -> CreateFulfillmentOrders:
    assert (await desk.patch("Location", desk.ids["DC1"], Status="Inactive")).status_code == 204
    return command(it, group(desk, (it["shirts"], 1)))


async def _closed_location(desk: Desk, it: Sold) -> CreateFulfillmentOrders:
    assert (await desk.patch("Location", desk.ids["DC1"], CloseDate="2020-01-31")).status_code == 204
    return command(it, group(desk, (it["shirts"], 1)))


async def _no_stock(desk: Desk, it: Sold) -> CreateFulfillmentOrders:
    await desk.stock("DC1", shirt=1)
    return command(it, group(desk, (it["shirts"], 2)))


Case = Callable[[Desk, Sold], Awaitable[CreateFulfillmentOrders]]


def of(make: Callable[[Desk, Sold], CreateFulfillmentOrders]) -> Case:
    async def case(desk: Desk, it: Sold) -> CreateFulfillmentOrders:
        return make(desk, it)

    return case


def quantity(*told: object) -> Case:
    return of(lambda desk, it: command(it, group(desk, *((it["shirts"], one) for one in told))))


REFUSED: dict[str, tuple[str, str, Case]] = {
    "unknown summary": (
        "INVALID_ID_FIELD", "Invalid identifier: 1Os000000000001AAA",
        of(lambda desk, it: command(it | UNKNOWN, group(desk, (it["shirts"], 1)))),
    ),
    "unmanaged summary": ("INVALID_INPUT", "is not managed", _unmanaged),
    "delivery group of another order": ("INVALID_ID_FIELD", "Invalid identifier: 0ag",
                                        _group_of_another_order),
    "item of another order": ("INVALID_INPUT", "is not of the delivery group", _of_another_order),
    "unknown item": (
        "INVALID_INPUT", "The order item summary 10u000000000001AAA is not of the delivery group",
        of(lambda desk, it: command(it, group(desk, (UNKNOWN["item"], 1)))),
    ),
    "item of another delivery group": (
        "INVALID_INPUT", "is not of the delivery group",
        of(lambda desk, it: command(it, group(desk, (it["hats"], 1)))),
    ),
    "unknown location": (
        "INVALID_ID_FIELD", "Invalid identifier: 131000000000001AAA",
        of(lambda desk, it: command(it, group(desk, (it["shirts"], 1), location=UNKNOWN["location"]))),
    ),
    "inactive location": ("INVALID_INPUT", "is not active", _inactive_location),
    "closed location": ("INVALID_INPUT", "is not active", _closed_location),
    "unknown type": (
        "INVALID_INPUT", "The fulfillment type Pigeon is not known.",
        of(lambda desk, it: command(it, group(desk, (it["shirts"], 1), kind="Pigeon"))),
    ),
    "status of another category": (
        "INVALID_INPUT", "The status Draft is not of the status category Activated.",
        of(lambda desk, it: command(it, group(desk, (it["shirts"], 1)), default_activation_status="Draft")),
    ),
    "unknown status": (
        "INVALID_INPUT", "The status On its way is not of the status category Activated.",
        of(lambda desk, it: command(it, group(desk, (it["shirts"], 1)), default_activation_status="On its way")),
    ),
    "no groups": ("INVALID_INPUT", "fulfillmentGroups must hold", of(lambda _, it: command(it))),
    "no items": ("INVALID_INPUT", "orderItemSummaries must hold", of(lambda desk, it: command(it, group(desk)))),
    "nothing": ("INVALID_INPUT", "The quantity 0 of", quantity(0)),
    "less than nothing": ("INVALID_INPUT", "The quantity -1 of", quantity(-1)),
    "a fraction": ("INVALID_INPUT", "The quantity 1.5 of", quantity(1.5)),
    "not a number": ("INVALID_INPUT", "The quantity NaN of", quantity("NaN")),
    "endless": ("INVALID_INPUT", "The quantity Infinity of", quantity("Infinity")),
    "too much": (
        "INVALID_INPUT", "The quantity 4 is more than the quantity available to fulfill (3)", quantity(4),
    ),
    "far too much": ("INVALID_INPUT", "The quantity 1E+40 is more than", quantity("1E+40")),
    "too much together": (
        "INVALID_INPUT", "The quantity 2 is more than the quantity available to fulfill (1)", quantity(2, 2),
    ),
    "too much over groups": (
        "INVALID_INPUT", "The quantity 2 is more than the quantity available to fulfill (1)",
        of(lambda desk, it: command(it, *(group(desk, (it["shirts"], 2), location=dc) for dc in ("DC1", "DC2")))),
    ),
    "no stock": ("INVALID_INPUT", "shirt has 1 units available at 131", _no_stock),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_what_is_refused_changes_nothing(desk: Desk, it: Sold, name: str) -> None:
    """Reference 4.1: each refusal with its code, and not a row of it written."""
    code, message, make = REFUSED[name]
    told = await make(desk, it)
    before, reserved = await census(desk), await _reserved(desk)

    (entry,) = await work(desk, atom(told))

    assert isinstance(entry.error, Problem)
    assert (entry.error.code, entry.error.status) == (code, 400)
    assert message in entry.error.message
    assert await census(desk) == before
    assert await _reserved(desk) == reserved
    assert set((await _allocated(desk)).values()) == {0}


async def test_the_second_group_that_fails_takes_the_first_with_it(desk: Desk, it: Sold) -> None:
    """One call, one transaction (1.5)."""
    before = await census(desk)
    told = command(it, group(desk, (it["shirts"], 1)), group(desk, (it["shirts"], 1), kind="Pigeon"))
    (entry,) = await work(desk, atom(told))
    assert isinstance(entry.error, Problem)
    assert await census(desk) == before


async def test_commands_at_once_never_promise_more_than_there_is(desk: Desk) -> None:
    """S1-30: ten orders of three shirts, ten shirts, one Work."""
    await desk.stock("DC1", shirt=10, hat=0)
    await desk.route_to()
    orders = [await sold(desk) for _ in range(10)]
    told = [command(it, group(desk, (it["shirts"], 3))) for it in orders]

    entries: list[Entry] = await work(desk, *map(atom, told))

    assert [type(entry.error).__name__ for entry in entries].count("NotEnoughStock") == 7
    assert [entry.error for entry in entries].count(None) == 3
    assert await _reserved(desk) == {("shirt", "DC1"): 9}


async def _allocated(desk: Desk) -> dict[str, int]:
    rows = await desk.rows("SELECT id, quantityallocated::int AS n FROM orderitemsummary")
    return {row["id"]: row["n"] for row in rows}


async def _reserved(desk: Desk) -> dict[tuple[str, str], int]:
    names = {desk.ids[name]: name for name in ("DC1", "DC2")}
    rows = await desk.rows("SELECT sku, location, reserved::int AS n FROM position WHERE reserved > 0")
    return {(row["sku"], names[row["location"]]): row["n"] for row in rows}
