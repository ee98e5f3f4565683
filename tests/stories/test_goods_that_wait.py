"""Goods that wait for a person: what was cancelled, and what a suspended fulfillment order rejected."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import only
from tests.life import (
    allocated,
    check_laws,
    did,
    facts,
    moved,
    parcels,
    release,
    sold,
    summary_of,
    suspend,
)

Parcels = list[tuple[str, str, int]]


@pytest.fixture
async def shirts(desk: Desk) -> dict[str, Any]:
    """The summary of an order of three, routed nowhere; two houses hold nine of each."""
    summary = await sold(desk, ("shirt", 3, "30.00"), to=None)
    for name in ("DC1", "DC2"):
        await desk.stock(name, shirt=9, hat=9)
    await desk.route_to("DC1", "DC2")
    return summary


async def became(desk: Desk, parcel_id: str, status: str) -> None:
    """And everything that follows from it."""
    await moved(desk, parcel_id, status)
    await desk.settle()


async def sent(desk: Desk) -> Parcels:
    """(status, location's name, units) of every fulfillment order, the earliest first."""
    rows = await desk.query(
        "SELECT Status, FulfilledFromLocation.Name, ItemCount FROM FulfillmentOrder "
        "ORDER BY FulfillmentOrderNumber"
    )
    return [(row["Status"], row["FulfilledFromLocation"]["Name"], row["ItemCount"]) for row in rows]


async def test_a_rejection_leaves_goods_alone_that_a_person_cancelled(desk: Desk, shirts: dict[str, Any]) -> None:
    """S0-19, S0-128: what is rejected goes on; a person's own routing takes the rest along."""
    gone = await allocated(desk, shirts, "DC1", shirt=2)
    rejected = await allocated(desk, shirts, "DC1", shirt=1)
    await became(desk, gone, "Cancelled")
    await became(desk, rejected, "Rejected")
    expected: Parcels = [("Cancelled", "DC1", 0), ("Rejected", "DC1", 0), ("Allocated", "DC2", 1)]
    assert await sent(desk) == expected

    await did(desk, "route-order", order_summary_id=shirts["Id"])
    assert await sent(desk) == [*expected, ("Allocated", "DC2", 2)]
    await check_laws(desk)


async def test_a_released_order_leaves_goods_alone_that_a_person_cancelled(desk: Desk) -> None:
    """S0-128: nor is anybody told; the next rejection is nobody's leave either."""
    summary = await sold(desk, ("shirt", 1, "10.00"))
    await became(desk, only(await parcels(desk, summary))["Id"], "Cancelled")
    for _ in range(2):
        await suspend(desk, summary["Id"])
        await release(desk, summary["Id"])
    assert await sent(desk) == [("Cancelled", "DC1", 0)]
    assert await desk.query("SELECT Id FROM ProcessException") == []
    assert await facts(desk, "RoutingParked") == 0
    await check_laws(desk)


async def test_goods_of_a_suspended_rejection_wait_for_its_own_release(desk: Desk, shirts: dict[str, Any]) -> None:
    """S0-19: another's rejection does not send them, nor does the release of the order."""
    held = await allocated(desk, shirts, "DC1", shirt=2)
    other = await allocated(desk, shirts, "DC1", shirt=1)
    await suspend(desk, held)
    await became(desk, held, "Rejected")
    await became(desk, other, "Rejected")
    expected: Parcels = [("Rejected", "DC1", 0), ("Rejected", "DC1", 0), ("Allocated", "DC2", 1)]
    assert await sent(desk) == expected
    await suspend(desk, shirts["Id"])
    await release(desk, shirts["Id"])
    assert await sent(desk) == expected

    await release(desk, held)
    assert await sent(desk) == [*expected, ("Allocated", "DC2", 2)]
    await suspend(desk, held)
    await release(desk, held)
    assert len(await sent(desk)) == 4
    await check_laws(desk)


async def test_a_persons_routing_takes_what_a_suspended_fulfillment_order_rejected(
    desk: Desk, shirts: dict[str, Any]
) -> None:
    """S0-128: and its release finds nothing left."""
    held = await allocated(desk, shirts, "DC1", shirt=3)
    await suspend(desk, held)
    await became(desk, held, "Rejected")
    await did(desk, "route-order", order_summary_id=shirts["Id"])
    await release(desk, held)
    assert await sent(desk) == [("Rejected", "DC1", 0), ("Allocated", "DC2", 3)]
    await check_laws(desk)


async def test_cancelled_goods_that_a_person_sent_again_are_routed_when_rejected(
    desk: Desk, shirts: dict[str, Any]
) -> None:
    """S0-19: the last fulfillment order of a unit counts."""
    await became(desk, await allocated(desk, shirts, "DC1", shirt=3), "Cancelled")
    await became(desk, await allocated(desk, shirts, "DC1", shirt=2), "Rejected")
    assert await sent(desk) == [("Cancelled", "DC1", 0), ("Rejected", "DC1", 0), ("Allocated", "DC2", 2)]
    await check_laws(desk)


async def test_a_draft_takes_its_units_when_it_is_allocated(desk: Desk, shirts: dict[str, Any]) -> None:
    """S0-51: not when it was made. What was cancelled in between is what it took."""
    item = only(await desk.query("SELECT Id FROM OrderItemSummary"))["Id"]
    told = {
        "OrderSummaryId": shirts["Id"], "FulfilledFromLocationId": desk.ids["DC1"], "Type": "Warehouse",
        "Status": "Draft", "FulfilledToName": "Jo Example",
    }  # fmt: skip
    line = {
        "FulfillmentOrderId": "@{draft.id}", "OrderItemSummaryId": item, "Quantity": 3, "OriginalQuantity": 3,
        "Type": "Order Product", "TypeCode": "Product",
    }  # fmt: skip
    graph = await desk.graph(
        node("POST", "FulfillmentOrder", "draft", **told),
        node("POST", "FulfillmentOrderLineItem", "line", **line),
    )
    assert graph["isSuccessful"] is True, graph
    [draft] = await parcels(desk, shirts)
    await became(desk, await allocated(desk, shirts, "DC1", shirt=3), "Cancelled")
    await became(desk, draft["Id"], "Allocated")
    await became(desk, draft["Id"], "Rejected")
    assert await sent(desk) == [("Rejected", "DC1", 0), ("Cancelled", "DC1", 0), ("Allocated", "DC2", 3)]
    await check_laws(desk)


async def test_charges_wait_with_their_goods(desk: Desk) -> None:
    """S0-128: a charge of which nobody cancelled anything is sent with nothing, and nobody is told of it."""
    await desk.route_to()
    nodes = desk.order_nodes([("shirt", 1, "10.00"), ("hat", 1, "4.00")])
    next(one["body"] for one in nodes if one["referenceId"] == "item2")["Type"] = "Delivery Charge"
    graph = await desk.graph(*nodes)
    await desk.settle()
    summary = await summary_of(desk, bodies(graph)["order"]["id"])
    await desk.stock("DC1", shirt=9)
    await desk.route_to("DC1")
    await became(desk, await allocated(desk, summary, "DC1", shirt=1), "Cancelled")
    await suspend(desk, summary["Id"])
    await release(desk, summary["Id"])
    assert await sent(desk) == [("Cancelled", "DC1", 0)]
    assert await desk.query("SELECT Message FROM ProcessException") == [
        {"Message": "Not routed: no location is configured."}  # when it was sold
    ]
    await did(desk, "route-order", order_summary_id=summary["Id"])
    assert (await sent(desk))[-1] == ("Allocated", "DC1", 2)
    await check_laws(desk)
