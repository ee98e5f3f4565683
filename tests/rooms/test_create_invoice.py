"""The verb create-invoice: what is on a fulfillment order, to the cent."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.desk import Desk, node
from tests.life import (
    allocated,
    check_laws,
    did,
    do,
    facts,
    moved,
    parcel,
    parcels,
    promised,
    sold,
    sold_for,
)

from ordo.journeys.create_invoice import CannotBeInvoiced
from ordo.kernel.problems import InvalidIdentifier


def tax(reference: str, item: int, amount: str, **more: str) -> dict[str, Any]:
    return node(
        "POST", "OrderItemTaxLineItem", reference, Name=f"VAT {reference}", OrderItemId=f"@{{item{item}.id}}",
        Amount=Decimal(amount), Rate=19, TaxEffectiveDate="2026-01-31", Type="Actual", **more,
    )  # fmt: skip


def discount(reference: str, item: int, amount: str, **more: str) -> dict[str, Any]:
    return node(
        "POST", "OrderItemAdjustmentLineItem", reference, Name=reference, Amount=Decimal(amount),
        OrderItemId=f"@{{item{item}.id}}", **more,
    )  # fmt: skip


async def rich(desk: Desk) -> dict[str, Any]:
    """Three shirts and their delivery, with a discount of the line and one of the order, and every tax."""
    await desk.sell("shipping", "4.90")
    await desk.stock("DC1", shirt=9)
    await desk.stock("DC2", shirt=9)
    await desk.route_to()
    charge = desk.item(2, "shipping", 1, "4.90")
    charge["body"]["Type"] = "Delivery Charge"
    return await sold_for(
        desk, [("shirt", 3, "10.00")], promised(desk, 1, "16.22"), charge,
        node("POST", "OrderAdjustmentGroup", "header", Name="Loyal", OrderId="@{order.id}", Type="Header"),
        tax("tax1", 1, "1.90"), tax("tax2", 2, "0.93"),
        discount("own", 1, "-1.00"), tax("owntax", 1, "-0.19", OrderItemAdjustmentLineItemId="@{own.id}"),
        discount("all", 1, "-0.27", OrderAdjustmentGroupId="@{header.id}"),
        tax("alltax", 1, "-0.05", OrderItemAdjustmentLineItemId="@{all.id}"),
    )  # fmt: skip


async def invoice(desk: Desk, invoice_id: str) -> dict[str, Any]:
    [found] = await desk.query(
        "SELECT TotalChargeAmount, TotalAdjustmentAmount, TotalAmount, TotalTaxAmount, TotalAmountWithTax, "
        "TotalChargeTaxAmount, TotalAdjustmentTaxAmount, Balance, Status, SettlementStatus, ReferenceEntityId, "
        f"CurrencyIsoCode FROM Invoice WHERE Id = '{invoice_id}'"
    )
    return found


async def lines(desk: Desk, invoice_id: str) -> list[tuple[Any, ...]]:
    """(type, amount, of what, under which type of line) of its lines."""
    rows = await desk.query(
        "SELECT Type, LineAmount, ReferenceEntityItemType, RelatedLine.Type, GroupReferenceEntityItemId "
        f"FROM InvoiceLine WHERE InvoiceId = '{invoice_id}' ORDER BY LineAmount"
    )
    assert None not in {row["GroupReferenceEntityItemId"] for row in rows}
    return sorted(
        (row["Type"], row["LineAmount"], row["ReferenceEntityItemType"], (row["RelatedLine"] or {}).get("Type"))
        for row in rows
    )


async def test_every_kind_of_line(desk: Desk) -> None:
    """S1-14, S0-58: a charge per order line, delivery included, a row per adjustment and per tax below it;
    the header is their sum, and what the fulfillment order is worth."""
    summary = await rich(desk)
    order = await allocated(desk, summary, "DC1", shirt=3, shipping=1)
    made = (await did(desk, "create-invoice", fulfillment_order_id=order)).invoice_id

    assert await invoice(desk, made) == {
        "TotalChargeAmount": 14.9, "TotalAdjustmentAmount": -1.27, "TotalAmount": 13.63, "TotalTaxAmount": 2.59,
        "TotalAmountWithTax": 16.22, "TotalChargeTaxAmount": 2.83, "TotalAdjustmentTaxAmount": -0.24,
        "Balance": 16.22, "Status": "Posted", "SettlementStatus": "Not Settled",
        "ReferenceEntityId": summary["Id"], "CurrencyIsoCode": "EUR",
    }  # fmt: skip
    goods, charge = "Order Product", "Delivery Charge"
    assert await lines(desk, made) == [
        ("Adjustment", -1.0, goods, "Charge"), ("Adjustment", -0.27, goods, "Charge"),
        ("Charge", 4.9, charge, None), ("Charge", 10.0, goods, None),
        ("Tax", -0.19, goods, "Adjustment"), ("Tax", -0.05, goods, "Adjustment"),
        ("Tax", 0.93, charge, "Charge"), ("Tax", 1.9, goods, "Charge"),
    ]  # fmt: skip
    row = await desk.get("FulfillmentOrder", order)
    assert (row["InvoiceId"], row["GrandTotalAmount"]) == (made, 16.22)
    assert await desk.rows("SELECT 1 FROM payment") == []  # it moves no money
    assert await facts(desk, "InvoiceCreated") == 1
    await check_laws(desk)


async def test_two_fulfillment_orders_are_two_captures(desk: Desk) -> None:
    """S1-14: each when it ships and of what is on it; together they are the total, to the cent."""
    summary = await rich(desk)
    first = await allocated(desk, summary, "DC1", shirt=1, shipping=1)
    second = await allocated(desk, summary, "DC2", shirt=2)
    await moved(desk, first, "Fulfilled")
    await desk.settle()
    [taken] = await desk.query("SELECT Amount FROM Payment")
    await moved(desk, second, "Fulfilled")
    await desk.settle()

    worth = [one["GrandTotalAmount"] for one in await parcels(desk, summary)]
    captures = await desk.query("SELECT Amount, Status FROM Payment ORDER BY PaymentNumber")
    assert [one["Amount"] for one in captures] == worth
    assert {one["Status"] for one in captures} == {"Processed"}
    assert taken["Amount"] == worth[0]
    assert sum(Decimal(str(amount)) for amount in worth) == Decimal("16.22")
    assert await desk.query("SELECT CapturedAmount, BalanceAmount, AvailableToCaptureAmount "
                            "FROM OrderPaymentSummary") == [
        {"CapturedAmount": 16.22, "BalanceAmount": 0, "AvailableToCaptureAmount": 0}
    ]  # fmt: skip
    assert (
        await desk.query("SELECT SettlementStatus, Balance FROM Invoice")
        == [{"SettlementStatus": "Settled", "Balance": 0}] * 2
    )
    await check_laws(desk)


async def test_a_second_invoice_is_refused(desk: Desk) -> None:
    """S1-14: one per fulfillment order, before and after it is fulfilled; nothing is written."""
    order = await parcel(desk, ("shirt", 1, "10.00"))
    made = (await did(desk, "create-invoice", fulfillment_order_id=order)).invoice_id
    for status in (None, "Fulfilled"):
        if status is not None:
            await moved(desk, order, status)
            await desk.settle()
        with pytest.raises(CannotBeInvoiced) as refused:
            await did(desk, "create-invoice", fulfillment_order_id=order)
        assert (refused.value.code, made in refused.value.message) == ("INVALID_INPUT", True)
    assert [row["id"] for row in await desk.rows("SELECT id FROM invoice")] == [made]
    assert len(await desk.rows("SELECT id FROM invoiceline")) == 1
    assert (await desk.get("FulfillmentOrder", order))["InvoiceId"] == made


@pytest.mark.parametrize("status", ["Cancelled", "Rejected"])
async def test_nothing_to_invoice(desk: Desk, status: str) -> None:
    order = await parcel(desk, ("shirt", 1, "10.00"))
    await moved(desk, order, status)
    with pytest.raises(CannotBeInvoiced):
        await did(desk, "create-invoice", fulfillment_order_id=order)
    assert await desk.rows("SELECT 1 FROM invoice") == []


async def test_no_such_fulfillment_order(desk: Desk) -> None:
    for wrong in ("0a3000000000001AAA", "", desk.ids["account"]):
        entry = await do(desk, "create-invoice", fulfillment_order_id=wrong)
        assert isinstance(entry.error, InvalidIdentifier)
    assert await desk.rows("SELECT 1 FROM invoice") == []


async def test_an_unmanaged_summary_has_no_invoice_here(desk: Desk) -> None:
    order = await parcel(desk, ("shirt", 1, "10.00"))
    await desk.rows("UPDATE ordersummary SET orderlifecycletype = 'UNMANAGED'")
    with pytest.raises(CannotBeInvoiced):
        await did(desk, "create-invoice", fulfillment_order_id=order)
    told = {"order_summary_id": (await desk.get("FulfillmentOrder", order))["OrderSummaryId"]}
    answer = await did(desk, "collect-payment", fulfillment_order_id=order, **told)
    assert (answer.invoice_id, answer.background_operation_id) == (None, None)
    assert await desk.rows("SELECT 1 FROM invoice") == []


@pytest.mark.parametrize(
    ("currency", "amounts"),
    [("JPY", ["334", "333", "333"]), ("EUR", ["3.34", "3.33", "3.33"]), ("KWD", ["0.334", "0.333", "0.333"])],
)
async def test_a_line_in_three_invoices(desk: Desk, currency: str, amounts: list[str]) -> None:
    """S1-14: 1000 minor units in three: no cent is lost, none is taken twice."""
    total = str(sum((Decimal(amount) for amount in amounts), Decimal()))
    await desk.stock("DC1", shirt=9)
    await desk.route_to()
    summary = await sold_for(desk, [("shirt", 3, total)], promised(desk, 1, total), currency=currency)
    for _ in amounts:
        await moved(desk, await allocated(desk, summary, "DC1", shirt=1), "Fulfilled")
    await desk.settle()
    payments = await desk.rows("SELECT amount, currencyisocode AS c FROM payment ORDER BY paymentnumber")
    assert [row["amount"] for row in payments] == [Decimal(amount) for amount in amounts]
    assert {row["c"] for row in payments} == {currency}
    await check_laws(desk)


async def test_units_that_come_back_carry_their_own_money(desk: Desk) -> None:
    """S1-14: the first unit's fulfillment order is cancelled after the others were sent; sent again, it takes the
    cent it always had, and the sum is the total."""
    await desk.stock("DC1", shirt=9)
    await desk.route_to()
    summary = await sold_for(desk, [("shirt", 3, "10.00")], promised(desk, 1, "10.00"))
    first = await allocated(desk, summary, "DC1", shirt=1)
    await moved(desk, await allocated(desk, summary, "DC1", shirt=2), "Fulfilled")
    await moved(desk, first, "Cancelled")
    await moved(desk, await allocated(desk, summary, "DC1", shirt=1), "Fulfilled")
    await desk.settle()
    assert await desk.query("SELECT Amount FROM Payment ORDER BY Amount") == [{"Amount": 3.34}, {"Amount": 6.66}]
    assert await desk.query("SELECT CapturedAmount, AvailableToCaptureAmount FROM OrderPaymentSummary") == [
        {"CapturedAmount": 10, "AvailableToCaptureAmount": 0}
    ]
    await check_laws(desk)


async def test_what_costs_nothing_is_invoiced_and_not_captured(desk: Desk) -> None:
    """S1-14: a gift: its invoice is settled by nobody, and no gateway is asked for 0."""
    summary = await sold(desk, ("shirt", 1, "0.00"))
    [order] = await parcels(desk, summary)
    await moved(desk, order["Id"], "Fulfilled")
    await desk.settle()
    assert await desk.query("SELECT TotalAmountWithTax, Balance FROM Invoice") == [
        {"TotalAmountWithTax": 0, "Balance": 0}
    ]
    assert await desk.rows("SELECT 1 FROM payment UNION ALL SELECT 1 FROM job") == []
    await check_laws(desk)


async def test_collecting_twice_asks_once(desk: Desk) -> None:
    """S1-14: the automation's verb finds the invoice that is there, and what was asked for."""
    [order] = await parcels(desk, await sold(desk, ("shirt", 1, "10.00")))
    told = {"fulfillment_order_id": order["Id"], "order_summary_id": order["OrderSummaryId"]}
    first = await did(desk, "collect-payment", **told)
    again = await did(desk, "collect-payment", **told)
    await desk.settle()
    late = await did(desk, "collect-payment", **told)
    assert first.invoice_id == again.invoice_id == late.invoice_id
    assert late.background_operation_id is None  # paid: there is nothing to ask for
    await desk.settle()
    assert await desk.query("SELECT Amount, Status FROM Payment") == [{"Amount": 10, "Status": "Processed"}]
    await check_laws(desk)


async def test_collecting_for_another_order(desk: Desk) -> None:
    [order] = await parcels(desk, await sold(desk, ("shirt", 1, "10.00")))
    other = await sold(desk, ("hat", 1, "5.50"))
    for told in ((order["Id"], other["Id"]), ("0a3000000000001AAA", other["Id"]), (order["Id"], "")):
        entry = await do(desk, "collect-payment", fulfillment_order_id=told[0], order_summary_id=told[1])
        assert isinstance(entry.error, InvalidIdentifier)
    assert await desk.rows("SELECT 1 FROM invoice") == []


async def test_an_invoice_of_nothing_is_not_waited_for(desk: Desk) -> None:
    """Nobody owes anything: no capture, no exception, and it does not stand among the unsettled."""
    await moved(desk, await parcel(desk, ("shirt", 1, "0.00")), "Fulfilled")
    await desk.settle()
    [invoice] = await desk.query("SELECT Balance, SettlementStatus FROM Invoice")
    assert invoice == {"Balance": 0, "SettlementStatus": "Not Applicable"}
    assert await desk.query("SELECT Id FROM Payment") == []
    assert await desk.query("SELECT Id FROM ProcessException") == []
