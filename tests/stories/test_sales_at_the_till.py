"""The three sales of a till, to the cent: taken along, sent home, and both in one cart."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import only
from tests.life import check_laws, entries, moved
from tests.till import Sale, books, open_store, timeline

from ordo.kernel.money import Money
from ordo.providers.simulated.payment_gateway import SimulatedGateway

TAKEN_ALONG = ["FulfillmentOrderStatusChanged Fulfilled", "InvoiceCreated"]
ROUTED = ["FulfillmentOrderStatusChanged Allocated"]
SHIPPED = ["FulfillmentOrderStatusChanged Fulfilled", "InvoiceCreated", "PaymentCaptured"]
POSTED = ["OrderActivated Activated", "OrderSummaryCreated"]


@pytest.fixture
async def store(desk: Desk) -> Desk:
    """A store with its books, and two warehouses that routing tries one after the other."""
    await open_store(desk)
    await desk.stock("store", tea=5, cup=5)
    await desk.stock("DC1", tea=1, cup=9)
    await desk.stock("DC2", tea=9, cup=9)
    await desk.route_to("DC1", "DC2")
    await desk.option("till_locations", {"POS": desk.ids["store"]})
    charge = await desk.make("Product2", Name="Parcel", IsActive=True)
    desk.ids["parcel-price"] = await desk.make(
        "PricebookEntry", Pricebook2Id=desk.ids["book"], Product2Id=charge, UnitPrice=4.9, IsActive=True
    )
    assert (await desk.patch("OrderDeliveryMethod", desk.ids["method"], ProductId=charge)).status_code == 204
    return desk


async def summed(desk: Desk) -> dict[str, float]:
    """The one summary's amounts."""
    return only(
        await desk.query(
            "SELECT TotalProductAmount, TotalAdjustedProductAmount, TotalAdjustedProductTaxAmount, "
            "TotalAdjDistAmount, TotalAdjustedDeliveryAmount, TotalAdjustedDeliveryTaxAmount, TotalAmount, "
            "TotalTaxAmount, GrandTotalAmount FROM OrderSummary"
        )
    )


async def groups(desk: Desk) -> list[dict[str, Any]]:
    """The summary's delivery groups by method, with (SKU, type, status, ordered, fulfilled) of their lines."""
    found = await desk.query(
        "SELECT OrderDeliveryMethod.Name, DeliverToName, GrandTotalAmount, "
        "(SELECT StockKeepingUnit, Type, Status, QuantityOrdered, QuantityFulfilled FROM OrderItemSummaries "
        "ORDER BY LineNumber) FROM OrderDeliveryGroupSummary ORDER BY OrderDeliveryGroupSummaryNumber"
    )
    return [
        {
            "method": row["OrderDeliveryMethod"]["Name"], "to": row["DeliverToName"],
            "charges": row["GrandTotalAmount"],
            "lines": [tuple(item.values()) for item in row["OrderItemSummaries"]],
        }
        for row in found
    ]  # fmt: skip


async def orders(desk: Desk) -> list[dict[str, Any]]:
    """Fulfillment orders, by method: where from, how they stand, what they are worth."""
    found = await desk.query(
        "SELECT Id, Type, Status, StatusCategory, FulfilledFromLocation.Name, DeliveryMethod.Name, ItemCount, "
        "TotalAmount, TotalTaxAmount, GrandTotalAmount, Invoice.TotalAmountWithTax, Invoice.Balance, "
        "Invoice.SettlementStatus FROM FulfillmentOrder ORDER BY DeliveryMethod.Name"
    )
    for row in found:
        for parent, names in (("FulfilledFromLocation", ("Name",)), ("DeliveryMethod", ("Name",)),
                              ("Invoice", ("TotalAmountWithTax", "Balance", "SettlementStatus"))):  # fmt: skip
            row[parent] = row[parent] and tuple(row[parent][name] for name in names)
    return found


async def purses(desk: Desk) -> list[tuple[Any, ...]]:
    """(method, authorized, captured, not applied, to be captured) of the payment summaries."""
    rows = await desk.query(
        "SELECT Method, AuthorizationAmount, CapturedAmount, BalanceAmount, AvailableToCaptureAmount "
        "FROM OrderPaymentSummary ORDER BY CapturedAmount DESC"
    )
    return [tuple(row.values()) for row in rows]


async def asked(desk: Desk, gateway: SimulatedGateway) -> list[Decimal]:
    """What the gateway took; it was asked for nothing else, and nobody is going to ask."""
    log = await desk.rows("SELECT id FROM paymentgatewaylog")
    assert len(log) == len(gateway.books)
    assert await desk.rows("SELECT id FROM job") == []
    return [line.amount.amount for line in gateway.books]


async def nothing_to_tell(desk: Desk) -> None:
    assert await desk.rows("SELECT message FROM processexception") == []
    await check_laws(desk)


async def test_an_in_store_sale(store: Desk, gateway: SimulatedGateway) -> None:
    """S0-07, S0-84, S0-94, S0-95, S0-97, S0-98, S0-100, S0-105, S0-106, S0-109, S0-128: a summary that needs no
    shipping; its goods left the store, its money was in the drawer and on the terminal."""
    sale = Sale(store).group("taken")
    sale.line("tea", 2, "20.00", tax="4.68")
    sale.line("cup", 1, "6.50", tax="0.76")
    sale.override("tea")
    sale.promotion("WINTER10", item1="-4.00", item2="-0.65")
    sale.cash("40.00")
    sale.card("7.29")

    summary = await sale.post()

    assert await orders(store) == []
    assert await groups(store) == [
        {"method": "IN_STORE-DEFAULT", "to": None, "charges": 0, "lines": [
            ("tea", "Order Product", "ORDERED", 2, 0), ("cup", "Order Product", "ORDERED", 1, 0),
        ]}
    ]  # fmt: skip
    assert await purses(store) == [("Cash", 0, 40, 40, 0), ("Card - 4242", 0, 7.29, 7.29, 0)]

    await store.settle()

    assert await summed(store) == {
        "TotalProductAmount": 46.5, "TotalAdjustedProductAmount": 46.5, "TotalAdjustedProductTaxAmount": 5.44,
        "TotalAdjDistAmount": -4.65,
        "TotalAdjustedDeliveryAmount": 0, "TotalAdjustedDeliveryTaxAmount": 0, "TotalAmount": 41.85,
        "TotalTaxAmount": 5.44, "GrandTotalAmount": 47.29,
    }  # fmt: skip
    assert [one["lines"] for one in await groups(store)] == [
        [("tea", "Order Product", "FULFILLED", 2, 2), ("cup", "Order Product", "FULFILLED", 1, 1)]
    ]
    order = only(await orders(store))
    assert order == {
        "Id": order["Id"], "Type": "Retail Store", "Status": "Fulfilled", "StatusCategory": "CLOSED",
        "FulfilledFromLocation": ("Main Street",), "DeliveryMethod": ("IN_STORE-DEFAULT",), "ItemCount": 3,
        "TotalAmount": 41.85, "TotalTaxAmount": 5.44, "GrandTotalAmount": 47.29,
        "Invoice": (47.29, 0, "Settled"),
    }  # fmt: skip
    lines = await store.query("SELECT Type, ChargeAmount, AdjustmentAmount, TaxAmount FROM InvoiceLine")
    assert sorted((line.pop("Type"), sum(filter(None, line.values()))) for line in lines) == [
        ("Adjustment", -4.0), ("Adjustment", -0.65), ("Charge", 6.5), ("Charge", 40.0), ("Tax", 0.76),
        ("Tax", 4.68),
    ]  # fmt: skip
    assert await purses(store) == [("Cash", 0, 40, 0, 0), ("Card - 4242", 0, 7.29, 0, 0)]
    assert await store.query("SELECT Amount, Type FROM PaymentLineInvoice ORDER BY Amount") == [
        {"Amount": 7.29, "Type": "Applied"}, {"Amount": 40.0, "Type": "Applied"},
    ]  # fmt: skip
    assert await books(store) == [
        ("DC1", "cup", 9, 0), ("DC1", "tea", 1, 0), ("DC2", "cup", 9, 0), ("DC2", "tea", 9, 0),
        ("Main Street", "cup", 4, 0), ("Main Street", "tea", 3, 0),
    ]  # fmt: skip
    assert sorted(await entries(store, "OnHand")) == [("cup", -1), ("tea", -2)]
    assert await entries(store, "Reserved") == []
    assert await timeline(store, summary) == POSTED + TAKEN_ALONG
    assert await asked(store, gateway) == []
    assert await store.rows("SELECT closeddate = createddate AS at_once FROM fulfillmentorder") == [
        {"at_once": True}
    ]
    assert await store.rows("SELECT 1 FROM shipment UNION ALL SELECT 1 FROM reservation") == []
    await nothing_to_tell(store)


async def test_an_endless_aisle_sale(store: Desk, gateway: SimulatedGateway) -> None:
    """S0-08, S0-58, S0-61, S0-84, S0-96, S0-109, S1-25: sold in the store, sent by the first warehouse that has
    it, delivery charge included; the card's gateway takes the money when it leaves."""
    sale = Sale(store).group("method", DeliverToName="Amanda Freeman", EmailAddress="a@example.com")
    sale.line("tea", 2, "20.00", tax="5.20")
    sale.line("parcel", 1, "4.90", tax="0.64", Type="Delivery Charge")
    sale.promise("50.74")

    summary = await sale.post()
    assert await orders(store) == []
    await store.settle()

    assert await summed(store) == {
        "TotalProductAmount": 40, "TotalAdjustedProductAmount": 40, "TotalAdjustedProductTaxAmount": 5.2,
        "TotalAdjDistAmount": 0,
        "TotalAdjustedDeliveryAmount": 4.9, "TotalAdjustedDeliveryTaxAmount": 0.64, "TotalAmount": 44.9,
        "TotalTaxAmount": 5.84, "GrandTotalAmount": 50.74,
    }  # fmt: skip
    assert await groups(store) == [
        {"method": "ONLINE-DEFAULT", "to": "Amanda Freeman", "charges": 5.54, "lines": [
            ("tea", "Order Product", "ALLOCATED", 2, 0), (None, "Delivery Charge", "ALLOCATED", 1, 0),
        ]}
    ]  # fmt: skip
    allocated = {
        "Type": "Warehouse", "Status": "Allocated", "StatusCategory": "ACTIVATED",
        "FulfilledFromLocation": ("DC2",), "DeliveryMethod": ("ONLINE-DEFAULT",), "ItemCount": 3,
        "TotalAmount": 44.9, "TotalTaxAmount": 5.84, "GrandTotalAmount": 50.74,
        "Invoice": None,
    }  # fmt: skip
    order = only(await orders(store))
    assert order == {"Id": order["Id"]} | allocated
    before = [
        ("DC1", "cup", 9, 0), ("DC1", "tea", 1, 0), ("DC2", "cup", 9, 0), ("DC2", "tea", 9, 2),
        ("Main Street", "cup", 5, 0), ("Main Street", "tea", 5, 0),
    ]  # fmt: skip
    assert await books(store) == before
    assert await purses(store) == [("Visa - 1111", 50.74, 0, 0, 50.74)]
    assert await asked(store, gateway) == []

    await moved(store, order["Id"], "Pickpack", "Fulfilled")
    await store.settle()

    sent = {
        "Status": "Fulfilled", "StatusCategory": "CLOSED", "Invoice": (50.74, 0, "Settled"),
    }  # fmt: skip
    assert await orders(store) == [{"Id": order["Id"]} | allocated | sent]
    assert await books(store) == [
        row if row[:2] != ("DC2", "tea") else ("DC2", "tea", 7, 0) for row in before
    ]  # fmt: skip
    assert await purses(store) == [("Visa - 1111", 50.74, 50.74, 0, 0)]
    assert await store.query("SELECT PaymentGatewayId, Type, ProcessingMode FROM Payment") == [
        {"PaymentGatewayId": store.ids["gateway"], "Type": "Capture", "ProcessingMode": "Salesforce"}
    ]
    assert await asked(store, gateway) == [Decimal("50.74")]
    assert await timeline(store, summary) == [
        *POSTED, *ROUTED, "FulfillmentOrderStatusChanged Pickpack", *SHIPPED,
    ]  # fmt: skip
    await nothing_to_tell(store)


async def test_a_mixed_cart(store: Desk, gateway: SimulatedGateway) -> None:
    """S0-09, S0-56, S0-57, S0-84, S0-94, S0-96, S0-109: one order, two delivery groups; what was taken along is
    fulfilled and paid at once, what is sent is reserved, shipped and captured later."""
    sale = Sale(store).group("taken")
    sale.line("cup", 2, "6.50", tax="1.69")
    sale.group("method", DeliverToName="Amanda Freeman")
    sale.line("tea", 1, "20.00", tax="2.34")
    sale.line("parcel", 1, "4.90", tax="0.64", Type="Delivery Charge")
    sale.promotion("GIFT", item2="-2.00")
    sale.cash("14.69")
    sale.promise("25.88")

    summary = await sale.sold()

    assert (await summed(store))["GrandTotalAmount"] == 40.57
    assert await groups(store) == [
        {"method": "IN_STORE-DEFAULT", "to": None, "charges": 0, "lines": [
            ("cup", "Order Product", "FULFILLED", 2, 2),
        ]},
        {"method": "ONLINE-DEFAULT", "to": "Amanda Freeman", "charges": 5.54, "lines": [
            ("tea", "Order Product", "ALLOCATED", 1, 0), (None, "Delivery Charge", "ALLOCATED", 1, 0),
        ]},
    ]  # fmt: skip
    taken, sent = await orders(store)
    assert taken == {
        "Id": taken["Id"], "Type": "Retail Store", "Status": "Fulfilled", "StatusCategory": "CLOSED",
        "FulfilledFromLocation": ("Main Street",), "DeliveryMethod": ("IN_STORE-DEFAULT",), "ItemCount": 2,
        "TotalAmount": 13.0, "TotalTaxAmount": 1.69, "GrandTotalAmount": 14.69,
        "Invoice": (14.69, 0, "Settled"),
    }  # fmt: skip
    assert sent == {
        "Id": sent["Id"], "Type": "Warehouse", "Status": "Allocated", "StatusCategory": "ACTIVATED",
        "FulfilledFromLocation": ("DC1",), "DeliveryMethod": ("ONLINE-DEFAULT",), "ItemCount": 2,
        "TotalAmount": 22.9, "TotalTaxAmount": 2.98, "GrandTotalAmount": 25.88,
        "Invoice": None,
    }  # fmt: skip
    assert await books(store) == [
        ("DC1", "cup", 9, 0), ("DC1", "tea", 1, 1), ("DC2", "cup", 9, 0), ("DC2", "tea", 9, 0),
        ("Main Street", "cup", 3, 0), ("Main Street", "tea", 5, 0),
    ]  # fmt: skip
    assert await entries(store, "Reserved") == [("tea", 1)]
    assert await purses(store) == [("Cash", 0, 14.69, 0, 0), ("Visa - 1111", 25.88, 0, 0, 25.88)]
    assert await asked(store, gateway) == []
    told = await timeline(store, summary)
    assert told[:2] + sorted(told[2:4]) + told[4:] == [*POSTED, *ROUTED, *TAKEN_ALONG]  # in either order

    await moved(store, sent["Id"], "Fulfilled")
    await store.settle()

    assert [(one["Status"], one["Invoice"]) for one in await orders(store)] == [
        ("Fulfilled", (14.69, 0, "Settled")), ("Fulfilled", (25.88, 0, "Settled")),
    ]  # fmt: skip
    assert await purses(store) == [("Visa - 1111", 25.88, 25.88, 0, 0), ("Cash", 0, 14.69, 0, 0)]
    assert [line.amount for line in gateway.books] == [Money.of(Decimal("25.88"), "CAD")]
    assert await asked(store, gateway) == [Decimal("25.88")]
    assert ("DC1", "tea", 0, 0) in await books(store)
    assert await entries(store, "Reserved") == [("tea", 1), ("tea", -1)]
    assert (await timeline(store, summary))[5:] == SHIPPED
    await nothing_to_tell(store)


async def test_a_sale_that_is_refused_leaves_nothing(store: Desk, gateway: SimulatedGateway) -> None:
    """S0-84: the last payment names no method there is, so that nothing of the order is posted."""
    sale = Sale(store).group("taken")
    sale.line("tea", 1, "20.00")
    sale.cash("20.00")
    sale.add("Payment", "wrong", PaymentGroupId="@{payments.id}", PaymentMethodId="03O000000000001",
             ProcessingMode="External", Status="Processed", Type="Sale", Amount=1)  # fmt: skip
    before = await books(store)
    with pytest.raises(AssertionError, match="INVALID_CROSS_REFERENCE_KEY"):
        await sale.post()
    await store.settle()
    assert await store.rows('SELECT id FROM "order" UNION ALL SELECT id FROM payment') == []
    assert (await orders(store), await books(store), await asked(store, gateway)) == ([], before, [])
