"""`PATCH FulfillmentOrder {Status}`: which way it goes, and what moves with it."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest
from tests.desk import Desk, bodies, node, statuses
from tests.life import (
    allocated,
    check_laws,
    did,
    do,
    entries,
    facts,
    move,
    moved,
    parcel,
    parcels,
    quantities,
    sold,
    stock,
)

from ordo.kernel.problems import NotFound

CATEGORIES = {
    "ACTIVATED": "Allocated",
    "FULFILLING": "Pickpack",
    "CLOSED": "Fulfilled",
    "CANCELLED": "Cancelled",
    "REJECTED": "Rejected",
}
UNDER_WAY = set(CATEGORIES)
WAYS = [
    ((), UNDER_WAY),
    (("Assigned",), UNDER_WAY),
    (("Assigned", "Allocated"), UNDER_WAY),
    (("Fulfilled",), {"CLOSED"}),
    (("Cancelled",), {"CANCELLED"}),
    (("Rejected",), {"REJECTED"}),
]


def refused(answer: httpx.Response) -> tuple[int, str, list[str]]:
    """Status, code and fields of a refusal; its message is a sentence."""
    [error] = answer.json()
    assert error["message"]
    return answer.status_code, error["errorCode"], error.get("fields", [])


async def category(desk: Desk, parcel_id: str) -> tuple[str, str]:
    row = await desk.get("FulfillmentOrder", parcel_id)
    return row["Status"], row["StatusCategory"]


@pytest.mark.parametrize(("before", "allowed"), WAYS, ids=lambda value: "-".join(sorted(value)) or "new")
async def test_the_ways_between_categories(desk: Desk, before: tuple[str, ...], allowed: set[str]) -> None:
    """S0-128: 204 for each way there is; 400 with the reason for an illegal jump, and nothing moved."""
    for target, status in (*CATEGORIES.items(), ("DRAFT", "Draft")):
        order = await parcel(desk, ("shirt", 1, "10.00"))
        await moved(desk, order, *before)
        now, said = await category(desk, order), await facts(desk, "FulfillmentOrderStatusChanged")
        answer = await move(desk, order, status)
        if target in allowed:
            assert answer.status_code == 204, answer.text
            assert await category(desk, order) == (status, target)
            continue
        assert refused(answer) == (400, "STATE_TRANSITION_NOT_ALLOWED", ["Status"])
        assert await category(desk, order) == now
        assert await facts(desk, "FulfillmentOrderStatusChanged") == said
    await desk.settle()
    await check_laws(desk)


@pytest.mark.parametrize("status", ["Assigned", "Pickpack", "Printed", "Pick Complete", "Pack Complete"])
async def test_every_default_status_of_the_way(desk: Desk, status: str) -> None:
    """S0-128, C10: fulfilling; the moment it began stays when it goes on."""
    order = await parcel(desk, ("shirt", 1, "10.00"))
    assert (await desk.get("FulfillmentOrder", order))["StartFulfillmentDate"] is None
    await moved(desk, order, status)
    begun = (await desk.get("FulfillmentOrder", order))["StartFulfillmentDate"]
    assert begun is not None
    await moved(desk, order, "Allocated", status)
    row = await desk.get("FulfillmentOrder", order)
    assert (row["StartFulfillmentDate"], row["StatusCategory"], row["ClosedDate"]) == (begun, "FULFILLING", None)
    assert await quantities(desk) == [("shirt", "ALLOCATED", 1, 0)]
    assert await stock(desk) == [("hat", 9, 0), ("shirt", 9, 1)]


@pytest.mark.parametrize("status", ["Nonsense", "", "CLOSED", "fulfilled ", "x" * 41])
async def test_an_unknown_status(desk: Desk, status: str) -> None:
    """S0-128: 400, nothing moved."""
    order = await parcel(desk, ("shirt", 1, "10.00"))
    answer = await move(desk, order, status)
    code, error, fields = refused(answer)
    assert code == 400
    assert (error, fields) in [
        ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Status"]),
        ("STRING_TOO_LONG", ["Status"]),
        ("REQUIRED_FIELD_MISSING", ["Status"]),
    ]
    assert await category(desk, order) == ("Allocated", "ACTIVATED")


async def test_no_status(desk: Desk) -> None:
    """S0-128."""
    order = await parcel(desk, ("shirt", 1, "10.00"))
    assert refused(await move(desk, order, None)) == (400, "REQUIRED_FIELD_MISSING", ["Status"])
    assert await category(desk, order) == ("Allocated", "ACTIVATED")


@pytest.mark.parametrize("status", ["Cancelled", "Canceled"])
async def test_cancelled_is_said_in_both_ways(desk: Desk, status: str) -> None:
    """C11: one category; its units are free again, nothing is fulfilled and nothing invoiced."""
    order = await parcel(desk, ("shirt", 2, "20.00"), ("hat", 1, "5.50"))
    assert await stock(desk) == [("hat", 9, 1), ("shirt", 9, 2)]
    await moved(desk, order, status)
    await desk.settle()
    assert await category(desk, order) == (status, "CANCELLED")
    await check_freed(desk, order, rejected=None)


async def test_rejected_keeps_what_was_asked_for(desk: Desk) -> None:
    """S0-128: the units are free again; RejectedQuantity says how many the location refused."""
    order = await parcel(desk, ("shirt", 2, "20.00"), ("hat", 1, "5.50"))
    await moved(desk, order, "Assigned", "Rejected")
    await desk.settle()
    await check_freed(desk, order, rejected={"shirt": 2, "hat": 1})


async def check_freed(desk: Desk, order: str, *, rejected: dict[str, int] | None) -> None:
    assert await quantities(desk) == [("hat", "ORDERED", 0, 0), ("shirt", "ORDERED", 0, 0)]
    assert await stock(desk) == [("hat", 9, 0), ("shirt", 9, 0)]
    assert await desk.rows("SELECT * FROM reservation") == []
    assert sorted(await entries(desk, "Reserved")) == [("hat", -1), ("hat", 1), ("shirt", -2), ("shirt", 2)]
    assert await entries(desk, "OnHand") == []
    lines = await desk.query(
        "SELECT OrderItemSummary.StockKeepingUnit, Quantity, OriginalQuantity, RejectedQuantity, TotalAmount "
        f"FROM FulfillmentOrderLineItem WHERE FulfillmentOrderId = '{order}' ORDER BY OriginalQuantity"
    )
    assert [
        (line["OrderItemSummary"]["StockKeepingUnit"], line["Quantity"], line["OriginalQuantity"],
         line["RejectedQuantity"], line["TotalAmount"])
        for line in lines
    ] == [(sku, 0, n, rejected and rejected[sku], 0) for sku, n in (("hat", 1), ("shirt", 2))]  # fmt: skip
    row = await desk.get("FulfillmentOrder", order)
    assert (row["GrandTotalAmount"], row["ItemCount"], row["ClosedDate"]) == (0, 0, None)
    assert await desk.rows("SELECT 1 FROM invoice UNION ALL SELECT 1 FROM payment") == []
    await check_laws(desk)


async def test_closed_consumes(desk: Desk) -> None:
    """S0-128: on hand and reserved fall together, in stock and ledger; the line stays allocated."""
    order = await parcel(desk, ("shirt", 2, "20.00"))
    await moved(desk, order, "Fulfilled")
    assert await quantities(desk) == [("shirt", "FULFILLED", 2, 2)]
    assert await stock(desk) == [("hat", 9, 0), ("shirt", 7, 0)]
    assert await desk.rows("SELECT * FROM reservation") == []
    assert await entries(desk, "Reserved") == [("shirt", 2), ("shirt", -2)]
    assert await entries(desk, "OnHand") == [("shirt", -2)]
    assert (await desk.get("FulfillmentOrder", order))["ClosedDate"] is not None
    await desk.settle()
    await check_laws(desk)


async def test_a_part_that_closes_and_a_part_that_is_cancelled(desk: Desk) -> None:
    """S0-128: the status of the order line follows by the formulas, whatever happens first."""
    summary = await sold(desk, ("shirt", 4, "40.00"), to=None)
    await desk.stock("DC1", shirt=9)
    first = await allocated(desk, summary, "DC1", shirt=1)
    assert await quantities(desk) == [("shirt", "PARTIALLYALLOCATED", 1, 0)]
    second = await allocated(desk, summary, "DC1", shirt=3)
    assert await quantities(desk) == [("shirt", "ALLOCATED", 4, 0)]
    await moved(desk, first, "Fulfilled")
    assert await quantities(desk) == [("shirt", "PARTIALLYFULFILLED", 4, 1)]
    await moved(desk, second, "Cancelled")
    assert await quantities(desk) == [("shirt", "PARTIALLYFULFILLED", 1, 1)]
    assert await stock(desk) == [("shirt", 8, 0)]
    await moved(desk, await allocated(desk, summary, "DC1", shirt=3), "Fulfilled")
    assert await quantities(desk) == [("shirt", "FULFILLED", 4, 4)]
    assert await stock(desk) == [("shirt", 5, 0)]
    await desk.settle()
    await check_laws(desk)


async def test_a_cancelled_order_is_routed_again(desk: Desk) -> None:
    """S0-128, S1-14: in the end it is shipped, invoiced and captured once, for the whole amount."""
    await desk.stock("DC2", shirt=9, hat=9)
    summary = await sold(desk, ("shirt", 3, "10.00"), ("hat", 1, "5.50"))
    await desk.route_to("DC1", "DC2")
    for status in ("Cancelled", "Rejected"):
        [*_, last] = await parcels(desk, summary)
        await moved(desk, last["Id"], status)
        answer = await did(desk, "route-order", order_summary_id=summary["Id"])
        assert (len(answer.fulfillment_order_ids), answer.parked_group_ids) == (1, [])
    await desk.settle()
    found = await parcels(desk, summary)
    assert [(one["StatusCategory"], one["GrandTotalAmount"]) for one in found] == [
        ("CANCELLED", 0), ("REJECTED", 0), ("ACTIVATED", 15.5),
    ]  # fmt: skip
    await moved(desk, found[2]["Id"], "Fulfilled")
    await desk.settle()
    assert await desk.query("SELECT Amount, Status FROM Payment") == [{"Amount": 15.5, "Status": "Processed"}]
    assert await stock(desk) == [("hat", 9, 0), ("hat", 8, 0), ("shirt", 9, 0), ("shirt", 6, 0)]
    await check_laws(desk)


async def test_the_same_patch_twice(desk: Desk) -> None:
    """S0-128: said again, nothing moves again and nothing is said again."""
    for status, before in (("Assigned", "ACTIVATED"), ("Fulfilled", "FULFILLING")):
        order = await parcel(desk, ("shirt", 1, "10.00"))
        await moved(desk, order, *(["Assigned"] if before == "FULFILLING" else []), status)
        await desk.settle()
        then, said = await desk.get("FulfillmentOrder", order), await facts(desk, "FulfillmentOrderStatusChanged")
        shelves, money = await stock(desk), await desk.rows("SELECT id FROM payment")
        await moved(desk, order, status)
        await desk.settle()
        now = await desk.get("FulfillmentOrder", order)
        assert now["ClosedDate"] == then["ClosedDate"]
        assert (await stock(desk), await desk.rows("SELECT id FROM payment")) == (shelves, money)
        assert await facts(desk, "FulfillmentOrderStatusChanged") == said
    await check_laws(desk)


async def test_a_status_of_the_merchants_own(desk: Desk) -> None:
    """C10: the list is open, the category moves things; another word within it moves nothing, and a word
    after the end does not ask for money again."""
    await desk.option("fulfillment_statuses", {"At the tailor": "FULFILLING", "delivered": "CLOSED"})
    order = await parcel(desk, ("shirt", 1, "10.00"))
    await moved(desk, order, "At the tailor")
    assert await category(desk, order) == ("At the tailor", "FULFILLING")
    await moved(desk, order, "Fulfilled")
    await desk.settle()
    await moved(desk, order, "delivered")
    await desk.settle()
    assert await category(desk, order) == ("delivered", "CLOSED")
    assert await stock(desk) == [("hat", 9, 0), ("shirt", 8, 0)]
    assert await desk.query("SELECT Amount, Status FROM Payment") == [{"Amount": 10, "Status": "Processed"}]
    assert len(await desk.rows("SELECT id FROM invoice")) == 1
    await check_laws(desk)


async def test_a_status_straight_to_an_end_of_the_merchants_own(desk: Desk) -> None:
    """C10."""
    await desk.option("fulfillment_statuses", {"delivered": "CLOSED", "Sold out": "REJECTED"})
    await moved(desk, await parcel(desk, ("shirt", 1, "10.00")), "delivered")
    await moved(desk, await parcel(desk, ("hat", 1, "5.50")), "Sold out")
    await desk.settle()
    assert await quantities(desk) == [("hat", "ORDERED", 0, 0), ("shirt", "FULFILLED", 1, 1)]
    assert await desk.query("SELECT Amount FROM Payment") == [{"Amount": 10}]
    await check_laws(desk)


async def test_other_fields_with_the_status(desk: Desk) -> None:
    """S0-128: together or not at all."""
    order = await parcel(desk, ("shirt", 1, "10.00"))
    told: dict[str, Any] = {"Status": "Fulfilled", "FulfilledToName": "Ann", "Type": "Supplier"}
    assert (await desk.patch("FulfillmentOrder", order, **told)).status_code == 204
    row = await desk.get("FulfillmentOrder", order)
    assert [row[name] for name in (*told, "StatusCategory", "TypeCategory")] == [
        "Fulfilled", "Ann", "Supplier", "CLOSED", "DROPSHIP",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"FulfilledToName": None}, "REQUIRED_FIELD_MISSING"),
        ({"FulfilledFromLocationId": "DC2"}, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
        ({"InvoiceId": None}, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY"),
        ({"StatusCategory": "DRAFT"}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"GrandTotalAmount": 1}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"ItemCount": 0}, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ({"DeliveryMethodId": "2Dm000000000001"}, "INVALID_CROSS_REFERENCE_KEY"),
        ({"Nothing": 1}, "INVALID_FIELD"),
    ],
)
async def test_a_wrong_field_with_the_status(desk: Desk, told: dict[str, Any], code: str) -> None:
    """S0-128: then neither it nor the status is taken over."""
    order = await parcel(desk, ("shirt", 1, "10.00"))
    told = {name: desk.ids.get(value, value) if value else value for name, value in told.items()}
    answer = await desk.patch("FulfillmentOrder", order, Status="Fulfilled", **told)
    assert refused(answer)[:2] == (400, code)
    assert await category(desk, order) == ("Allocated", "ACTIVATED")
    assert await stock(desk) == [("hat", 9, 0), ("shirt", 9, 1)]
    await check_laws(desk)


async def test_there_is_no_such_fulfillment_order(desk: Desk) -> None:
    """S0-128, at both doors."""
    answer = await move(desk, "0a3000000000001AAA", "Fulfilled")
    assert refused(answer)[:2] == (404, "NOT_FOUND")
    told = {"fulfillment_order_id": "0a3000000000001AAA", "status": "Fulfilled"}
    with pytest.raises(NotFound):
        await did(desk, "change-fulfillment-order-status", **told)
    with pytest.raises(NotFound):
        await did(desk, "change-fulfillment-order-status", **told | {"fulfillment_order_id": desk.ids["account"]})


async def test_an_unmanaged_summary_moves_nothing(desk: Desk) -> None:
    """S0-128: it is handled elsewhere, so neither its quantities nor stock move, and no money is asked for."""
    orders = [await parcel(desk, ("shirt", 2, "20.00")) for _ in range(3)]
    await desk.rows("UPDATE ordersummary SET orderlifecycletype = 'UNMANAGED'")
    before = await stock(desk), await quantities(desk), await entries(desk, "Reserved")
    for order, status in zip(orders, ("Fulfilled", "Cancelled", "Rejected"), strict=True):
        await moved(desk, order, status)
    await desk.settle()
    assert (await stock(desk), await quantities(desk), await entries(desk, "Reserved")) == before
    totals = await desk.query("SELECT GrandTotalAmount, ItemCount FROM FulfillmentOrder")
    assert totals == [{"GrandTotalAmount": 20, "ItemCount": 2}] * 3
    assert await desk.rows("SELECT 1 FROM invoice UNION ALL SELECT 1 FROM payment") == []
    assert await desk.rows("SELECT kind, reason FROM parkedfact") == []


async def test_an_invoiced_order_stands(desk: Desk) -> None:
    """S1-14: its units are paid for, so they do not go to another location to be paid for again."""
    order = await parcel(desk, ("shirt", 1, "10.00"))
    await did(desk, "create-invoice", fulfillment_order_id=order)
    for status in ("Cancelled", "Rejected"):
        assert refused(await move(desk, order, status)) == (400, "STATE_TRANSITION_NOT_ALLOWED", ["Status"])
    assert await quantities(desk) == [("shirt", "ALLOCATED", 1, 0)]
    await moved(desk, order, "Fulfilled")
    await desk.settle()
    assert await desk.query("SELECT Amount, Status FROM Payment") == [{"Amount": 10, "Status": "Processed"}]
    assert len(await desk.rows("SELECT id FROM invoice")) == 1
    await check_laws(desk)


async def test_opposite_words_at_once(desk: Desk) -> None:
    """S0-128: through the face, where calls may share a Work: one of them wins, and everything follows it."""
    summary = await sold(desk, ("shirt", 1, "10.00"))
    for _ in range(12):
        [*_, last] = await parcels(desk, summary)
        words = ("Fulfilled", "Cancelled", "Rejected", "Assigned")
        answers = dict(
            zip(words, await asyncio.gather(*(move(desk, last["Id"], word) for word in words)), strict=True)
        )
        won = [word for word in words[:3] if answers[word].status_code == 204]
        assert len(won) == 1
        assert (await desk.get("FulfillmentOrder", last["Id"]))["Status"] == won[0]
        for word, answer in answers.items():
            if word not in won and answer.status_code != 204:
                assert refused(answer) == (400, "STATE_TRANSITION_NOT_ALLOWED", ["Status"])
        await desk.settle()
        await check_laws(desk)
        if won == ["Fulfilled"]:
            summary = await sold(desk, ("shirt", 1, "10.00"))
        else:
            await did(desk, "route-order", order_summary_id=summary["Id"])


# -- parcels ---------------------------------------------------------------------------------------


async def two_parcels(desk: Desk) -> tuple[dict[str, Any], str, str]:
    """One order in two fulfillment orders."""
    summary = await sold(desk, ("shirt", 1, "10.00"), ("hat", 1, "5.50"), to=None)
    await desk.stock("DC1", shirt=9, hat=9)
    return summary, await allocated(desk, summary, "DC1", shirt=1), await allocated(desk, summary, "DC1", hat=1)


async def test_two_shipments_of_one_fulfillment_order(desk: Desk) -> None:
    """S0-58, S0-66: one fulfillment order may be several parcels; each finds its order summary by itself."""
    summary, first, _ = await two_parcels(desk)
    made = [
        await desk.make("Shipment", FulfillmentOrderId=first, ShipToName="Jo", TrackingNumber=number)
        for number in ("T1", "T2")
    ]
    assert await desk.query(
        "SELECT Id, OrderSummaryId, FulfillmentOrderId FROM Shipment ORDER BY TrackingNumber"
    ) == [{"Id": one, "OrderSummaryId": summary["Id"], "FulfillmentOrderId": first} for one in made]


async def test_a_shipment_of_two_fulfillment_orders(desk: Desk) -> None:
    """S0-66: refused: a parcel stays with its fulfillment order."""
    _, first, second = await two_parcels(desk)
    parcel_id = await desk.make("Shipment", FulfillmentOrderId=first, ShipToName="Jo")
    answer = await desk.patch("Shipment", parcel_id, FulfillmentOrderId=second)
    assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", ["FulfillmentOrderId"])
    assert (await desk.patch("Shipment", parcel_id, FulfillmentOrderId=first, Status="Shipped")).status_code == 204
    row = await desk.get("Shipment", parcel_id)
    assert (row["FulfillmentOrderId"], row["Status"]) == (first, "Shipped")


async def test_a_shipment_of_another_order(desk: Desk) -> None:
    """S0-66: its order summary is that of its fulfillment order, at the creation and ever after."""
    other = await sold(desk, ("hat", 1, "5.50"), to=None)
    summary, first, _ = await two_parcels(desk)
    body = {"FulfillmentOrderId": first, "ShipToName": "Jo", "OrderSummaryId": other["Id"]}
    answer = await desk.post("/sobjects/Shipment", body)
    assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", ["OrderSummaryId"])
    assert await desk.rows("SELECT id FROM shipment") == []

    parcel_id = await desk.make("Shipment", **body | {"OrderSummaryId": summary["Id"]})
    for told in ({"OrderSummaryId": other["Id"]}, {"OrderSummaryId": None}, {"FulfillmentOrderId": None}):
        answer = await desk.patch("Shipment", parcel_id, **told)
        assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", list(told)), told
    row = await desk.get("Shipment", parcel_id)
    assert (row["OrderSummaryId"], row["FulfillmentOrderId"]) == (summary["Id"], first)


async def test_a_shipment_that_finds_its_fulfillment_order_later(desk: Desk) -> None:
    """S0-66: one without a fulfillment order (a return, a parcel that was not told) gets one, of its order."""
    other = await sold(desk, ("hat", 1, "5.50"), to=None)
    summary, first, _ = await two_parcels(desk)
    lost = await desk.make("Shipment", ShipToName="Jo")
    assert (await desk.patch("Shipment", lost, FulfillmentOrderId=first)).status_code == 204
    row = await desk.get("Shipment", lost)
    assert (row["OrderSummaryId"], row["FulfillmentOrderId"]) == (summary["Id"], first)
    wrong = await desk.make("Shipment", ShipToName="Jo", OrderSummaryId=other["Id"])
    answer = await desk.patch("Shipment", wrong, FulfillmentOrderId=first)
    assert refused(answer) == (400, "FIELD_INTEGRITY_EXCEPTION", ["OrderSummaryId"])


async def test_shipment_and_status_in_one_graph(desk: Desk) -> None:
    """S0-66, S0-128: a refused parcel takes the status back with it."""
    other = await sold(desk, ("hat", 1, "5.50"), to=None)
    order = await parcel(desk, ("shirt", 1, "10.00"))
    done = node("PATCH", f"FulfillmentOrder/{order}", "done", Status="Fulfilled")
    told = {"FulfillmentOrderId": order, "ShipToName": "J"}
    wrong = node("POST", "Shipment", "parcel", OrderSummaryId=other["Id"], **told)
    graph = await desk.graph(done, wrong)
    assert graph["isSuccessful"] is False
    assert statuses(graph)["parcel"] == 400
    assert await category(desk, order) == ("Allocated", "ACTIVATED")
    right = node("POST", "Shipment", "parcel", **told)
    graph = await desk.graph(done, right)
    assert graph["isSuccessful"] is True, graph
    made = await desk.get("Shipment", bodies(graph)["parcel"]["id"])
    assert made["OrderSummaryId"] == (await desk.get("FulfillmentOrder", order))["OrderSummaryId"]
    await desk.settle()
    await check_laws(desk)


async def test_stock_that_is_gone_is_not_consumed(desk: Desk) -> None:
    """Nothing is oversold: a count took the shirts away, so that nothing can leave."""
    order = await parcel(desk, ("shirt", 2, "20.00"))
    await desk.rows("UPDATE position SET onhand = 2, reserved = 0 WHERE sku = 'shirt'")
    entry = await do(desk, "change-fulfillment-order-status", fulfillment_order_id=order, status="Fulfilled")
    assert entry.error is not None
    assert await category(desk, order) == ("Allocated", "ACTIVATED")
    assert await stock(desk) == [("hat", 9, 0), ("shirt", 2, 0)]
