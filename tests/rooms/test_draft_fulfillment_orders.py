"""Fulfillment orders through the records API: drafted with their lines, then set to Allocated."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import ask, census, faulty, growth, order_of, refused
from tests.rooms.test_create_fulfillment_orders import Sold, sold

FULFILLMENT_ORDER, LINE = "FulfillmentOrder", "FulfillmentOrderLineItem"


@pytest.fixture
async def it(desk: Desk) -> Sold:
    await desk.stock("DC1", shirt=5, hat=5)
    await desk.route_to()
    return await sold(desk)


def draft(desk: Desk, it: Sold, **more: Any) -> dict[str, Any]:
    told = {
        "OrderSummaryId": it["summary"], "FulfilledFromLocationId": desk.ids["DC1"], "Type": "Warehouse",
        "Status": "Draft", "FulfilledToName": "Jo Example", "DeliveryMethodId": desk.ids["method"],
    }  # fmt: skip
    return {name: value for name, value in (told | more).items() if value is not None}


def line(it: Sold, item: str, quantity: float, **more: Any) -> dict[str, Any]:
    told = {
        "FulfillmentOrderId": "@{fo.id}", "OrderItemSummaryId": it[item], "Quantity": quantity,
        "OriginalQuantity": quantity, "Type": "Order Product", "TypeCode": "Product",
    }  # fmt: skip
    return {name: value for name, value in (told | more).items() if value is not None}


def nodes(
    desk: Desk, it: Sold, *lines: dict[str, Any], allocate: bool = True, **more: Any
) -> list[dict[str, Any]]:
    found = [node("POST", FULFILLMENT_ORDER, "fo", **draft(desk, it, **more))]
    found += [node("POST", LINE, f"line{number}", **one) for number, one in enumerate(lines, 1)]
    if allocate:
        found.append(node("PATCH", f"{FULFILLMENT_ORDER}/@{{fo.id}}", "allocated", Status="Allocated"))
    return found


async def test_a_draft_is_filled_and_allocated(desk: Desk, it: Sold) -> None:
    """S0-51, S1-30: in one graph; amounts become the shares of the units, stock is reserved, the fact is said."""
    shirts = line(it, "shirts", 2, TotalLineAmount=6.66)
    charge = line(it, "charge", 1, Type="Delivery Charge", TypeCode="Charge")

    graph = await desk.graph(*nodes(desk, it, shirts, charge))

    assert graph["isSuccessful"] is True, graph
    order = await desk.get(FULFILLMENT_ORDER, bodies(graph)["fo"]["id"])
    assert [order[name] for name in (
        "Status", "StatusCategory", "OrderId", "AccountId", "CurrencyIsoCode", "ItemCount", "TotalProductAmount",
        "TotalDeliveryAmount", "TotalAmount", "GrandTotalAmount",
    )] == [
        "Allocated", "ACTIVATED", it["order"], desk.ids["account"], "EUR", 3.0, 6.67, 4.99, 11.66, 11.66,
    ]  # fmt: skip
    assert order["ActivatedDate"] is not None
    rows = await desk.query(
        "SELECT Quantity, TotalLineAmount, UnitPrice, Product2Id, OrderItemId FROM FulfillmentOrderLineItem "
        "ORDER BY Quantity DESC"
    )
    assert [(row["Quantity"], row["TotalLineAmount"]) for row in rows] == [(2.0, 6.67), (1.0, 4.99)]
    assert rows[0]["Product2Id"] == desk.ids["shirt"]
    assert rows[0]["OrderItemId"] is not None
    assert await _moved(desk) == {"allocated": 3, "reserved": 2}
    facts = await desk.rows("SELECT body FROM fact WHERE kind = 'FulfillmentOrderStatusChanged'")
    assert len(facts) == 1
    assert b'"OldStatus":"Draft"' in facts[0]["body"]
    assert b'"NewStatusCategory":"ACTIVATED"' in facts[0]["body"]


async def test_a_draft_moves_nothing(desk: Desk, it: Sold) -> None:
    before = await census(desk)
    graph = await desk.graph(*nodes(desk, it, line(it, "shirts", 3), allocate=False))
    assert graph["isSuccessful"] is True, graph
    order_id = bodies(graph)["fo"]["id"]
    order = await desk.get(FULFILLMENT_ORDER, order_id)
    assert (order["StatusCategory"], order["TotalAmount"], order["ItemCount"]) == ("DRAFT", 10.0, 3.0)
    assert await _moved(desk) == {"allocated": 0, "reserved": 0}
    assert growth(before, await census(desk)) == {"fulfillmentorder": 1, "fulfillmentorderlineitem": 1}
    # Its lines stand for no units: the order can be allocated elsewhere, and the draft cancelled.
    other = await desk.graph(*nodes(desk, it, line(it, "shirts", 3)))
    assert other["isSuccessful"] is True, other
    refused(
        await desk.patch(FULFILLMENT_ORDER, order_id, Status="Allocated"), 400, "INVALID_INPUT",
        f"The quantity 3 is more than the quantity available to fulfill (0) of {it['shirts']}.",
    )  # fmt: skip
    assert (await desk.patch(FULFILLMENT_ORDER, order_id, Status="Cancelled")).status_code == 204
    assert await _moved(desk) == {"allocated": 3, "reserved": 3}


async def test_one_call_after_the_other(desk: Desk, it: Sold) -> None:
    """As a client without graphs does it; other fields may be told with the status."""
    order_id = await desk.make(FULFILLMENT_ORDER, **draft(desk, it))
    await desk.make(LINE, **line(it, "shirts", 1, FulfillmentOrderId=order_id))
    await desk.make(LINE, **line(it, "shirts", 2, FulfillmentOrderId=order_id))
    answer = await desk.patch(FULFILLMENT_ORDER, order_id, Status="Allocated", FulfilledToCity="Ulm")
    assert answer.status_code == 204, answer.text
    order = await desk.get(FULFILLMENT_ORDER, order_id)
    assert (order["Status"], order["FulfilledToCity"], order["TotalAmount"]) == ("Allocated", "Ulm", 10.0)
    assert await _moved(desk) == {"allocated": 3, "reserved": 3}
    refused(
        await desk.post(f"/sobjects/{LINE}", line(it, "shirts", 1, FulfillmentOrderId=order_id)),
        400, "FIELD_INTEGRITY_EXCEPTION", "a fulfillment order is filled while it is a draft, not as Allocated",
        "FulfillmentOrderId",
    )  # fmt: skip
    refused(
        await ask(desk, "DELETE", f"/sobjects/{FULFILLMENT_ORDER}/{order_id}"),
        400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    )  # fmt: skip


async def test_an_unmanaged_order_is_tracked_only_this_way(desk: Desk) -> None:
    """Reference 3.1: amounts stay as told, neither quantities nor stock move, whatever becomes of it."""
    await desk.stock("DC1", shirt=0)
    it = await sold(desk, unmanaged=True)
    shirts = line(it, "shirts", 2, TotalLineAmount=1.23)
    tax = node(
        "POST", "FulfillmentOrderItemTax", "tax", FulfillmentOrderId="@{fo.id}", Amount=0.45, Type="Actual",
        FulfillmentOrderLineItemId="@{line1.id}", TaxEffectiveDate="2026-01-31",
    )  # fmt: skip
    *made, allocated = nodes(desk, it, shirts)
    graph = await desk.graph(*made, tax, allocated)
    assert graph["isSuccessful"] is True, graph
    order_id = bodies(graph)["fo"]["id"]
    order = await desk.get(FULFILLMENT_ORDER, order_id)
    assert (order["Status"], order["TotalAmount"], order["TotalTaxAmount"]) == ("Allocated", 1.23, 0.45)
    assert (await desk.patch(FULFILLMENT_ORDER, order_id, Status="Fulfilled")).status_code == 204
    assert await _moved(desk) == {"allocated": 0, "reserved": 0}


async def test_told_adjustments_and_taxes_become_exact_and_missing_ones_are_added(desk: Desk, it: Sold) -> None:
    """S0-51: what was told within a cent a unit is put right, what was not told is there all the same."""
    order = await _discounted(desk)
    (adjustment,) = await desk.query("SELECT Id FROM OrderItemAdjustmentLineSummary")
    told = node(
        "POST", "FulfillmentOrderItemAdjustment", "adjustment", FulfillmentOrderId="@{fo.id}", Amount=-0.66,
        FulfillmentOrderLineItemId="@{line1.id}", OrderItemAdjustLineSummaryId=adjustment["Id"],
    )  # fmt: skip
    *made, allocated = nodes(desk, order, line(order, "shirts", 2))
    graph = await desk.graph(*made, told, allocated)
    assert graph["isSuccessful"] is True, graph
    assert await desk.query("SELECT Amount, TotalTaxAmount FROM FulfillmentOrderItemAdjustment") == [
        {"Amount": -0.67, "TotalTaxAmount": 0.0}
    ]
    assert await desk.query("SELECT Amount, FulfillmentOrderItemAdjustId FROM FulfillmentOrderItemTax") == [
        {"Amount": 1.34, "FulfillmentOrderItemAdjustId": None}
    ]
    assert await desk.query("SELECT TotalAmount, TotalTaxAmount, TotalAdjustmentAmount FROM FulfillmentOrder") == [
        {"TotalAmount": 6.0, "TotalTaxAmount": 1.34, "TotalAdjustmentAmount": -0.67}
    ]


async def _discounted(desk: Desk) -> Sold:
    """Three shirts at 10.00 with 1.00 off and 2.00 of tax."""
    *posted, activated = desk.order_nodes([("shirt", 3, "10.00")])
    graph = await desk.graph(
        *posted,
        node("POST", "OrderItemAdjustmentLineItem", "off", Name="off", OrderItemId="@{item1.id}", Amount=-1),
        node("POST", "OrderItemTaxLineItem", "tax", Name="VAT", OrderItemId="@{item1.id}", Amount=2,
             TaxEffectiveDate="2026-01-31", Type="Actual"),
        activated,
    )  # fmt: skip
    assert graph["isSuccessful"] is True, graph
    order_id = bodies(graph)["order"]["id"]
    (row,) = await desk.rows(
        "SELECT i.id, i.ordersummaryid FROM orderitemsummary i JOIN ordersummary s ON s.id = i.ordersummaryid "
        "WHERE s.originalorderid = $1",
        order_id,
    )
    return {"order": order_id, "summary": row["ordersummaryid"], "shirts": row["id"]}


REFUSED_DRAFTS: dict[str, tuple[str, dict[str, Any]]] = {
    "no order": ("REQUIRED_FIELD_MISSING", {"OrderSummaryId": None}),
    "no location": ("REQUIRED_FIELD_MISSING", {"FulfilledFromLocationId": None}),
    "no type": ("REQUIRED_FIELD_MISSING", {"Type": None}),
    "no recipient": ("REQUIRED_FIELD_MISSING", {"FulfilledToName": None}),
    "unknown order": ("INVALID_CROSS_REFERENCE_KEY", {"OrderSummaryId": "1Os000000000001"}),
    "unknown location": ("INVALID_CROSS_REFERENCE_KEY", {"FulfilledFromLocationId": "131000000000001AAA"}),
    "allocated at once": ("FIELD_INTEGRITY_EXCEPTION", {"Status": "Allocated"}),
    "unknown status": ("INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", {"Status": "On its way"}),
    "a total": ("INVALID_FIELD_FOR_INSERT_UPDATE", {"TotalAmount": 1}),
    "another currency": ("FIELD_INTEGRITY_EXCEPTION", {"CurrencyIsoCode": "USD"}),
}


@pytest.mark.parametrize("name", REFUSED_DRAFTS)
async def test_drafts_that_are_refused(desk: Desk, it: Sold, name: str) -> None:
    code, more = REFUSED_DRAFTS[name]
    before = await census(desk)
    refused(await desk.post(f"/sobjects/{FULFILLMENT_ORDER}", draft(desk, it, **more)), 400, code)
    assert await census(desk) == before


async def test_a_draft_names_its_own_order_and_no_invoice(desk: Desk, it: Sold) -> None:
    other = (await order_of(desk))["order"]
    refused(
        await desk.post(f"/sobjects/{FULFILLMENT_ORDER}", draft(desk, it, OrderId=other)), 400,
        "FIELD_INTEGRITY_EXCEPTION", f"OrderId must be that of the order: {it['order']}", "OrderId",
    )  # fmt: skip
    assert await desk.query("SELECT Id FROM FulfillmentOrder") == []


REFUSED_LINES: dict[str, tuple[str, str, dict[str, Any]]] = {
    "no order line": ("line1", "REQUIRED_FIELD_MISSING", {"OrderItemSummaryId": None}),
    "nothing": ("line1", "NUMBER_OUTSIDE_VALID_RANGE", {"Quantity": 0}),
    "a fraction": ("line1", "NUMBER_OUTSIDE_VALID_RANGE", {"Quantity": 0.5}),
    "more than there was": ("line1", "NUMBER_OUTSIDE_VALID_RANGE", {"Quantity": 3}),
    "more than ordered": ("line1", "NUMBER_OUTSIDE_VALID_RANGE", {"Quantity": 4, "OriginalQuantity": 4}),
    "another type": ("line1", "FIELD_INTEGRITY_EXCEPTION", {"Type": "Fee", "TypeCode": "Charge"}),
    "finer than a cent": ("line1", "NUMBER_OUTSIDE_VALID_RANGE", {"TotalLineAmount": 6.665}),
    "another amount": ("allocated", "FIELD_INTEGRITY_EXCEPTION", {"TotalLineAmount": 6.64}),
    "rejected already": ("line1", "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", {"RejectedQuantity": 1}),
}


@pytest.mark.parametrize("name", REFUSED_LINES)
async def test_lines_that_are_refused(desk: Desk, it: Sold, name: str) -> None:
    where, code, more = REFUSED_LINES[name]
    before = await census(desk)
    own = faulty(await desk.graph(*nodes(desk, it, line(it, "shirts", 2, **more))))
    assert (own["referenceId"], own["body"][0]["errorCode"]) == (where, code), own
    assert await census(desk) == before
    assert await _moved(desk) == {"allocated": 0, "reserved": 0}


async def test_allocations_that_are_refused(desk: Desk, it: Sold) -> None:
    """Without lines, of several recipients, without stock, from a location that is closed, of foreign parts."""
    other = await sold(desk)
    foreign = node(
        "POST", "FulfillmentOrderItemAdjustment", "part", FulfillmentOrderId="@{fo.id}", Amount=-1,
        FulfillmentOrderLineItemId="@{line1.id}",
    )  # fmt: skip
    *made, allocated = nodes(desk, it, line(it, "shirts", 1))
    cases = (
        (nodes(desk, it), "allocated", "a fulfillment order without lines cannot be allocated"),
        (nodes(desk, it, line(it, "shirts", 1), line(it, "hats", 1)), "allocated",
         "the lines are of several delivery groups"),
        (nodes(desk, it, line(other, "shirts", 1)), "line1", "the order line is of another order"),
        (nodes(desk, it, line(it, "shirts", 1), FulfilledFromLocationId=desk.ids["DC2"]), "allocated",
         f"shirt has 0 units available at {desk.ids['DC2']}."),
        ([*made, foreign, allocated], "allocated", "must name, once, a part of the order line it is on"),
        (nodes(desk, it, line(it, "shirts", 2), line(it, "shirts", 2)), "allocated",
         f"The quantity 2 is more than the quantity available to fulfill (1) of {it['shirts']}."),
    )  # fmt: skip
    before = await census(desk)
    for posted, where, message in cases:
        own = faulty(await desk.graph(*posted))
        assert own["referenceId"] == where, own
        assert message in own["body"][0]["message"]
    assert (await desk.patch("Location", desk.ids["DC1"], Status="Inactive")).status_code == 204
    own = faulty(await desk.graph(*nodes(desk, it, line(it, "shirts", 1))))
    assert "is not active" in own["body"][0]["message"]
    assert await census(desk) == before
    assert await _moved(desk) == {"allocated": 0, "reserved": 0}


async def _moved(desk: Desk) -> dict[str, int]:
    (row,) = await desk.rows(
        "SELECT (SELECT sum(quantityallocated)::int FROM orderitemsummary) AS allocated, "
        "(SELECT sum(reserved)::int FROM position) AS reserved"
    )
    return row
