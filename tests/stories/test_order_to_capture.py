"""An order's whole life: shipped, invoiced, captured."""

from __future__ import annotations

from typing import Any

from tests.desk import Desk, bodies, node, statuses


async def placed(desk: Desk, *lines: tuple[str, int, str]) -> dict[str, Any]:
    """A routed order's fulfillment order."""
    await desk.stock("DC1", shirt=9, hat=9)
    await desk.route_to("DC1")
    graph = await desk.order(*lines)
    assert graph["isSuccessful"] is True, graph
    await desk.settle()
    orders = await desk.query(
        "SELECT Id, OrderId, OrderSummaryId, Status, GrandTotalAmount FROM FulfillmentOrder "
        f"WHERE OrderId = '{bodies(graph)['order']['id']}'"
    )
    assert len(orders) == 1
    return orders[0]


async def shipped(desk: Desk, order: dict[str, Any]) -> dict[str, Any]:
    return await desk.graph(
        node(
            "POST", "Shipment", "parcel", FulfillmentOrderId=order["Id"], OrderSummaryId=order["OrderSummaryId"],
            TrackingNumber="TRACK-1", ShipToName="Jo Example",
        ),
        node("PATCH", f"FulfillmentOrder/{order['Id']}", "done", Status="Fulfilled"),
    )  # fmt: skip


async def test_a_shipped_order_is_invoiced_and_captured(desk: Desk) -> None:
    """S0-08, S0-58, S0-64, S0-66, S0-128, S1-14, S3-11."""
    order = await placed(desk, ("shirt", 2, "20.00"), ("hat", 1, "5.50"))

    graph = await shipped(desk, order)

    assert graph["isSuccessful"] is True, graph
    assert statuses(graph) == {"parcel": 201, "done": 204}
    assert bodies(graph)["parcel"]["id"].startswith("0OB")
    await desk.settle()
    assert await desk.query("SELECT Status, StatusCategory, InvoiceId, ItemCount FROM FulfillmentOrder") == [
        {"Status": "Fulfilled", "StatusCategory": "CLOSED", "InvoiceId": await _invoice_id(desk), "ItemCount": 3}
    ]
    assert await desk.query(
        "SELECT StockKeepingUnit, Status, QuantityAllocated, QuantityFulfilled FROM OrderItemSummary "
        "ORDER BY StockKeepingUnit"
    ) == [
        {"StockKeepingUnit": "hat", "Status": "FULFILLED", "QuantityAllocated": 1, "QuantityFulfilled": 1},
        {"StockKeepingUnit": "shirt", "Status": "FULFILLED", "QuantityAllocated": 2, "QuantityFulfilled": 2},
    ]
    assert await desk.rows("SELECT sku, onhand, reserved FROM position ORDER BY sku") == [
        {"sku": "hat", "onhand": 8, "reserved": 0},
        {"sku": "shirt", "onhand": 7, "reserved": 0},
    ]
    assert await desk.rows("SELECT * FROM reservation") == []
    assert await desk.query(
        "SELECT Status, TotalAmountWithTax, Balance, NetPaymentsApplied, SettlementStatus, ReferenceEntityId, "
        "(SELECT Type, ChargeAmount, Quantity, ReferenceEntityItemType FROM InvoiceLines ORDER BY ChargeAmount) "
        "FROM Invoice"
    ) == [
        {
            "Status": "Posted", "TotalAmountWithTax": 25.5, "Balance": 0, "NetPaymentsApplied": 25.5,
            "SettlementStatus": "Settled", "ReferenceEntityId": order["OrderSummaryId"],
            "InvoiceLines": [
                {"Type": "Charge", "ChargeAmount": 5.5, "Quantity": 1, "ReferenceEntityItemType": "Order Product"},
                {"Type": "Charge", "ChargeAmount": 20, "Quantity": 2, "ReferenceEntityItemType": "Order Product"},
            ],
        }
    ]  # fmt: skip
    assert await desk.query(
        "SELECT AuthorizationAmount, CapturedAmount, PendingCaptureAmount, BalanceAmount, "
        "AvailableToCaptureAmount, AvailableToRefundAmount FROM OrderPaymentSummary"
    ) == [
        {
            "AuthorizationAmount": 25.5, "CapturedAmount": 25.5, "PendingCaptureAmount": 0, "BalanceAmount": 0,
            "AvailableToCaptureAmount": 0, "AvailableToRefundAmount": 25.5,
        }
    ]  # fmt: skip
    assert await desk.query("SELECT Balance, TotalPaymentCaptureAmount FROM PaymentAuthorization") == [
        {"Balance": 0, "TotalPaymentCaptureAmount": 25.5}
    ]
    assert await desk.query(
        "SELECT Type, Status, Amount, Balance, ProcessingMode, (SELECT Type, Amount FROM PaymentLinesInvoice) "
        "FROM Payment"
    ) == [
        {"Type": "Capture", "Status": "Processed", "Amount": 25.5, "Balance": 0, "ProcessingMode": "Salesforce",
         "PaymentLinesInvoice": [{"Type": "Applied", "Amount": 25.5}]}
    ]  # fmt: skip
    assert await desk.query("SELECT InteractionType, InteractionStatus, SfResultCode FROM PaymentGatewayLog") == [
        {"InteractionType": "Capture", "InteractionStatus": "Success", "SfResultCode": "Success"}
    ]
    assert await desk.query("SELECT Status, Error FROM BackgroundOperation") == [
        {"Status": "Complete", "Error": None}
    ]
    assert await desk.rows("SELECT * FROM job") == []
    assert [row["kind"] for row in await desk.rows("SELECT kind FROM fact ORDER BY root, number")] == [
        "OrderActivated", "OrderSummaryCreated", "FulfillmentOrderStatusChanged",
        "FulfillmentOrderStatusChanged", "InvoiceCreated", "PaymentCaptured",
    ]  # fmt: skip
    assert await desk.rows("SELECT * FROM parkedfact") == []


async def _invoice_id(desk: Desk) -> str:
    [invoice] = await desk.query("SELECT Id FROM Invoice")
    invoice_id: str = invoice["Id"]
    return invoice_id
