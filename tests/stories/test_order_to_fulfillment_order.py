"""An order's way from the shop's post to a reserved fulfillment order."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.desk import ROOT, Desk, bodies, statuses


async def test_a_posted_order_is_summarised_and_reserved(desk: Desk) -> None:
    """S0-08, S0-57, S0-84, S0-109, S1-12, S1-25, S1-30."""
    await desk.stock("DC1", shirt=1, hat=5)
    await desk.stock("DC2", shirt=9, hat=9)
    await desk.route_to("DC1", "DC2")

    graph = await desk.order(("shirt", 2, "20.00"), ("hat", 1, "5.50"))

    assert graph["isSuccessful"] is True
    assert statuses(graph) == {
        "order": 201, "group": 201, "item1": 201, "item2": 201, "payments": 201, "card": 201,
        "authorization": 201, "activated": 204,
    }  # fmt: skip
    order_id = bodies(graph)["order"]["id"]
    assert order_id.startswith("801")
    # The shopper has an answer before anything was routed: the summary says Created, nothing is allocated.
    summaries = await desk.query(
        "SELECT Id, Status, OriginalOrderId, OrderLifeCycleType, GrandTotalAmount, CurrencyIsoCode, "
        "(SELECT StockKeepingUnit, Status, QuantityOrdered, QuantityAllocated, TotalLineAmount "
        "FROM OrderItemSummaries ORDER BY LineNumber), "
        "(SELECT Method, AuthorizationAmount, AvailableToCaptureAmount, CapturedAmount "
        "FROM OrderPaymentSummaries) "
        "FROM OrderSummary"
    )
    assert summaries == [
        {
            "Id": summaries[0]["Id"],
            "Status": "Created",
            "OriginalOrderId": order_id,
            "OrderLifeCycleType": "MANAGED",
            "GrandTotalAmount": 25.5,
            "CurrencyIsoCode": "EUR",
            "OrderItemSummaries": [
                {"StockKeepingUnit": "shirt", "Status": "ORDERED", "QuantityOrdered": 2.0,
                 "QuantityAllocated": 0.0, "TotalLineAmount": 20.0},
                {"StockKeepingUnit": "hat", "Status": "ORDERED", "QuantityOrdered": 1.0,
                 "QuantityAllocated": 0.0, "TotalLineAmount": 5.5},
            ],
            "OrderPaymentSummaries": [
                {"Method": "Visa - 1111", "AuthorizationAmount": 25.5, "AvailableToCaptureAmount": 25.5,
                 "CapturedAmount": 0.0},
            ],
        }
    ]  # fmt: skip
    assert await desk.query("SELECT Id FROM FulfillmentOrder") == []

    await desk.settle()

    orders = await desk.query(
        "SELECT OrderSummaryId, OrderId, Status, StatusCategory, FulfilledFromLocationId, TotalAmount, ItemCount, "
        "FulfilledToName, (SELECT Quantity, OriginalQuantity, TotalLineAmount FROM FulfillmentOrderLineItems "
        "ORDER BY TotalLineAmount DESC) FROM FulfillmentOrder"
    )
    assert orders == [
        {
            "OrderSummaryId": summaries[0]["Id"],
            "OrderId": order_id,
            "Status": "Allocated",
            "StatusCategory": "ACTIVATED",
            "FulfilledFromLocationId": desk.ids["DC2"],
            "TotalAmount": 25.5,
            "ItemCount": 3.0,
            "FulfilledToName": "Jo Example",
            "FulfillmentOrderLineItems": [
                {"Quantity": 2.0, "OriginalQuantity": 2.0, "TotalLineAmount": 20.0},
                {"Quantity": 1.0, "OriginalQuantity": 1.0, "TotalLineAmount": 5.5},
            ],
        }
    ]
    items = await desk.query("SELECT Status, QuantityAllocated, QuantityAvailableToFulfill FROM OrderItemSummary")
    assert {item["Status"] for item in items} == {"ALLOCATED"}
    assert [item["QuantityAvailableToFulfill"] for item in items] == [0.0, 0.0]
    reserved = await desk.rows("SELECT sku, location, onhand, reserved FROM position ORDER BY location, sku")
    dc1, dc2 = desk.ids["DC1"], desk.ids["DC2"]
    assert [(row["sku"], row["location"], int(row["onhand"]), int(row["reserved"])) for row in reserved] == [
        ("hat", dc1, 5, 0), ("shirt", dc1, 1, 0), ("hat", dc2, 9, 1), ("shirt", dc2, 9, 2),
    ]  # fmt: skip


async def test_an_order_nobody_can_send_is_parked_with_its_reason(desk: Desk) -> None:
    """S1-30: nothing is reserved in part."""
    await desk.stock("DC1", shirt=1, hat=5)
    await desk.route_to("DC1")
    await desk.order(("shirt", 2, "20.00"), ("hat", 1, "5.50"))

    await desk.settle()

    assert await desk.query("SELECT Id FROM FulfillmentOrder") == []
    assert await desk.rows("SELECT sku FROM position WHERE reserved > 0") == []
    parked = await desk.rows("SELECT body FROM fact WHERE kind = 'RoutingParked'")
    assert len(parked) == 1
    assert b'"Reason":"no location holds everything"' in parked[0]["body"]
    assert b'"Lacking":{"shirt":"1"}' in parked[0]["body"]
    (told,) = await desk.query(
        "SELECT Message, Description, Category, Status, OrderSummary.ActiveProcessExceptionCount "
        "FROM ProcessException"
    )
    assert told == {
        "Message": "Not routed: no location holds everything.", "Category": "Fulfillment", "Status": "New",
        "Description": f"{desk.ids['DC1']} lacks 1 shirt",
        "OrderSummary": {"ActiveProcessExceptionCount": 1},
    }  # fmt: skip


async def test_charges_that_stand_alone_are_parked(desk: Desk) -> None:
    """A delivery charge in a group of its own goes with no parcel, so that it would never be invoiced."""
    await desk.stock("DC1", shirt=5)
    await desk.route_to("DC1")
    nodes = desk.order_nodes([("shirt", 1, "10.00"), ("hat", 1, "4.95")])
    at = next(place for place, one in enumerate(nodes) if one["referenceId"] == "group")
    nodes.insert(at, {**nodes[at], "referenceId": "charges"})
    charge = next(one["body"] for one in nodes if one["referenceId"] == "item2")
    charge |= {"Type": "Delivery Charge", "OrderDeliveryGroupId": "@{charges.id}"}
    assert (await desk.graph(*nodes))["isSuccessful"]
    await desk.settle()

    assert await desk.query("SELECT Status, ItemCount FROM FulfillmentOrder") == [
        {"Status": "Allocated", "ItemCount": 1}
    ]
    assert await desk.query("SELECT Message FROM ProcessException") == [
        {"Message": "Not routed: it holds charges only, which are sent with nothing."}
    ]


@pytest.mark.parametrize("untyped", ["item1", "item2", "both"])
async def test_an_order_with_a_line_without_a_type_is_parked(desk: Desk, untyped: str) -> None:
    """Whether such a line takes stock nobody can know, so nothing is promised and somebody is told."""
    await desk.stock("DC1", shirt=5, hat=5)
    await desk.route_to("DC1")
    nodes = desk.order_nodes([("shirt", 1, "10.00"), ("hat", 1, "5.50")])
    for one in nodes:
        if one["referenceId"] == untyped or (untyped == "both" and one["referenceId"].startswith("item")):
            del one["body"]["Type"]
    assert (await desk.graph(*nodes))["isSuccessful"]
    await desk.settle()

    assert await desk.rows("SELECT id FROM fulfillmentorder") == []
    assert await desk.rows("SELECT sum(reserved) AS n FROM position") == [{"n": Decimal(0)}]
    told = await desk.query("SELECT Message FROM ProcessException")
    assert told == [{"Message": "Not routed: a line has no Type."}]
    [parked] = await desk.rows("SELECT body FROM fact WHERE kind = 'RoutingParked'")
    assert b'"Reason":"a line has no Type"' in parked["body"]


@pytest.mark.parametrize("change", [{"Status": "Inactive"}, {"CloseDate": "2020-01-31"}, None])
async def test_a_location_that_is_closed_or_gone_sends_nothing(desk: Desk, change: dict[str, str] | None) -> None:
    """Although it has the stock and stands first in the list."""
    await desk.stock("DC1", shirt=9)
    await desk.stock("DC2", shirt=9)
    await desk.route_to("DC1", "DC2")
    if change is None:
        answer = await desk.client.delete(f"{ROOT}/sobjects/Location/{desk.ids['DC1']}")
    else:
        answer = await desk.patch("Location", desk.ids["DC1"], **change)
    assert answer.status_code == 204, answer.text
    await desk.order(("shirt", 2, "20.00"))

    await desk.settle()

    (order,) = await desk.query("SELECT FulfilledFromLocationId FROM FulfillmentOrder")
    assert order == {"FulfilledFromLocationId": desk.ids["DC2"]}


async def test_two_lines_of_one_sku_need_their_sum(desk: Desk) -> None:
    """Three shirts do not satisfy two lines of two."""
    await desk.stock("DC1", shirt=3)
    await desk.stock("DC2", shirt=4)
    await desk.route_to("DC1", "DC2")
    await desk.order(("shirt", 2, "20.00"), ("shirt", 2, "20.00"))

    await desk.settle()

    (order,) = await desk.query("SELECT FulfilledFromLocationId FROM FulfillmentOrder")
    assert order == {"FulfilledFromLocationId": desk.ids["DC2"]}
    (position,) = await desk.rows("SELECT reserved FROM position WHERE location = $1", desk.ids["DC2"])
    assert int(position["reserved"]) == 4


async def test_the_facts_of_an_order_are_its_timeline(desk: Desk) -> None:
    await desk.stock("DC1", shirt=1)
    await desk.route_to("DC1")
    order_id = bodies(await desk.order(("shirt", 1, "10.00")))["order"]["id"]
    await desk.settle()

    facts = await desk.rows(
        "SELECT number, kind, depth, cause FROM fact WHERE root = $1 ORDER BY number", order_id
    )

    assert [(fact["number"], fact["kind"], fact["depth"]) for fact in facts] == [
        (1, "OrderActivated", 0),
        (2, "OrderSummaryCreated", 0),
        (3, "FulfillmentOrderStatusChanged", 1),
    ]
    assert facts[0]["cause"] == facts[1]["cause"] == ""
    assert facts[2]["cause"] != ""
    assert await desk.rows("SELECT 1 FROM factinbox") == []
    assert len(await desk.rows("SELECT DISTINCT replayid FROM feed")) == 3
