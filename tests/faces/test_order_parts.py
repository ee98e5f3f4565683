"""Parts of a draft that go, and what stays consistent: sums, taxes, groups, currency; and many at once."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from tests.desk import Desk
from tests.faces.asserted import ask, assert_error, census, faulty, only, order_of, refused


async def test_a_delivery_group_that_went_away(desk: Desk) -> None:
    """Its lines are without a group then: the activation is refused, not a fault of the server."""
    ids = await order_of(desk)
    gone = await ask(desk, "DELETE", f"/sobjects/OrderDeliveryGroup/{ids['group']}")
    if gone.status_code == 204:
        answer = await desk.patch("Order", ids["order"], Status="Activated")
        refused(answer, 400, "FIELD_INTEGRITY_EXCEPTION", None, "OrderDeliveryGroupId")
        other = await desk.make(
            "OrderDeliveryGroup", OrderId=ids["order"], OrderDeliveryMethodId=desk.ids["method"]
        )
        answer = await desk.patch("Order", ids["order"], Status="Activated")
        refused(answer, 400, "FIELD_INTEGRITY_EXCEPTION", None, "OrderDeliveryGroupId")
        linked = await desk.patch("OrderItem", ids["item1"], OrderDeliveryGroupId=other)
        assert linked.status_code == 204
    assert (await desk.patch("Order", ids["order"], Status="Activated")).status_code == 204


@pytest.mark.parametrize("noun", ["OrderItemTaxLineItem", "OrderItemAdjustmentLineItem"])
async def test_a_line_takes_its_taxes_and_adjustments_along(desk: Desk, noun: str) -> None:
    """The order left is activated, and its summary has neither."""
    ids = await order_of(desk, ("shirt", 1, "10.00"), ("hat", 1, "5.50"))
    body = {"Name": "x", "Amount": 1, "OrderItemId": ids["item2"]}
    if noun == "OrderItemTaxLineItem":
        body |= {"TaxEffectiveDate": "2026-01-31", "Type": "Actual"}
    await desk.make(noun, **body)
    assert (await desk.get("Order", ids["order"]))["GrandTotalAmount"] == 16.5
    assert (await ask(desk, "DELETE", f"/sobjects/OrderItem/{ids['item2']}")).status_code == 204
    assert (await desk.get("Order", ids["order"]))["GrandTotalAmount"] == 10.0
    answer = await desk.patch("Order", ids["order"], Status="Activated")
    assert answer.status_code == 204, answer.text
    assert only(await desk.query("SELECT GrandTotalAmount FROM OrderSummary")) == {"GrandTotalAmount": 10.0}
    assert await desk.query("SELECT Id FROM OrderItemTaxLineItemSummary") == []
    assert await desk.query("SELECT Id FROM OrderItemAdjustmentLineSummary") == []


async def test_taxes_and_adjustments_move_the_sums(desk: Desk) -> None:
    """S0-105: by create, update and delete alike."""
    ids = await order_of(desk, ("shirt", 2, "20.00"))
    tax = await desk.make(
        "OrderItemTaxLineItem", Name="VAT", Amount=3.8, TaxEffectiveDate="2026-01-31", OrderItemId=ids["item1"],
        Type="Actual",
    )  # fmt: skip
    less = await desk.make("OrderItemAdjustmentLineItem", Name="less", Amount=-5, OrderItemId=ids["item1"])

    async def sums() -> tuple[float, float, float]:
        row = await desk.get("Order", ids["order"])
        return row["TotalAmount"], row["TotalTaxAmount"], row["GrandTotalAmount"]

    assert await sums() == (15.0, 3.8, 18.8)
    assert (await desk.patch("OrderItemTaxLineItem", tax, Amount=2.85)).status_code == 204
    assert await sums() == (15.0, 2.85, 17.85)
    assert (await ask(desk, "DELETE", f"/sobjects/OrderItemAdjustmentLineItem/{less}")).status_code == 204
    assert await sums() == (20.0, 2.85, 22.85)
    assert (await ask(desk, "DELETE", f"/sobjects/OrderItemTaxLineItem/{tax}")).status_code == 204
    assert await sums() == (20.0, 0.0, 20.0)


async def test_an_adjustment_without_a_name(desk: Desk) -> None:
    """Its name is never null, as described: it was stored so."""
    ids = await order_of(desk, ("shirt", 2, "20.00"))
    before = await census(desk)
    body = {"Amount": -5, "OrderItemId": ids["item1"]}
    answer = await ask(desk, "POST", "/sobjects/OrderItemAdjustmentLineItem", body)
    refused(answer, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", "Name")
    assert await census(desk) == before


async def test_the_currency_stays_when_there_are_lines(desk: Desk) -> None:
    """Amounts of one currency are none of another: EUR 5.50 is no amount of JPY."""
    ids = await order_of(desk, ("hat", 1, "5.50"))
    before = await desk.get("Order", ids["order"])
    answer = await desk.patch("Order", ids["order"], CurrencyIsoCode="JPY")
    assert answer.status_code == 400, answer.text
    assert answer.json()[0]["fields"] == ["CurrencyIsoCode"]
    assert await desk.get("Order", ids["order"]) == before


async def test_the_currency_of_an_empty_draft_may_change(desk: Desk) -> None:
    order = await desk.make("Order", EffectiveDate="2026-01-31", Status="Draft", CurrencyIsoCode="EUR")
    assert (await desk.patch("Order", order, CurrencyIsoCode="JPY")).status_code == 204
    assert (await desk.get("Order", order))["CurrencyIsoCode"] == "JPY"


async def test_a_line_priced_by_the_book(desk: Desk) -> None:
    """S0-100: without price or amount the entry's price counts; nulls are as good as nothing said."""
    ids = await order_of(desk, ("hat", 1, "5.50"))
    for told in ({}, {"UnitPrice": None, "TotalLineAmount": None}):
        item = await desk.make(
            "OrderItem", OrderId=ids["order"], OrderDeliveryGroupId=ids["group"],
            PricebookEntryId=desk.ids["shirt-price"], Quantity=2, **told,
        )  # fmt: skip
        row = await desk.get("OrderItem", item)
        assert (row["UnitPrice"], row["ListPrice"], row["TotalPrice"]) == (10.0, 10.0, 20.0)


async def test_a_line_of_another_book(desk: Desk) -> None:
    """S0-100."""
    ids = await order_of(desk)
    book = await desk.make("Pricebook2", Name="other", IsActive=True)
    entry = await desk.make("PricebookEntry", Pricebook2Id=book, Product2Id=desk.ids["hat"], UnitPrice=1)
    before = await census(desk)
    body = {"OrderId": ids["order"], "PricebookEntryId": entry, "Quantity": 1}
    message = "the price book entry is not of the order's price book"
    answer = await desk.post("/sobjects/OrderItem", body)
    refused(answer, 400, "FIELD_INTEGRITY_EXCEPTION", message, "PricebookEntryId")
    answer = await desk.post("/sobjects/OrderItem", {"OrderId": ids["order"], "Quantity": 1})
    refused(answer, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [PricebookEntryId]")
    assert await census(desk) == before


async def test_without_price_books_none_is_needed(desk: Desk) -> None:
    """S0-55."""
    await desk.option("optional_price_books", True)
    try:
        ids = await order_of(desk)
        item = await desk.make(
            "OrderItem", OrderId=ids["order"], OrderDeliveryGroupId=ids["group"], Product2Id=desk.ids["hat"],
            Quantity=2, UnitPrice=3,
        )  # fmt: skip
        assert (await desk.get("OrderItem", item))["TotalPrice"] == 6.0
    finally:
        await desk.option("optional_price_books", False)


async def test_the_same_reference_many_times_at_once(desk: Desk) -> None:
    """S0-84: one order, whichever came first; all others are DUPLICATE_VALUE."""
    nodes = [desk.order_nodes([("hat", 1, "5.50")], reference="web-1") for _ in range(12)]
    found = await asyncio.gather(*(desk.graph(*some) for some in nodes))
    assert sorted(graph["isSuccessful"] for graph in found) == [False] * 11 + [True]
    for graph in found:
        if not graph["isSuccessful"]:
            assert_error(faulty(graph)["body"], "DUPLICATE_VALUE", None, "ExternalReferenceIdentifier")
    counted = await desk.rows(
        'SELECT (SELECT count(*) FROM "order")::int AS orders, (SELECT count(*) FROM orderitem)::int AS items, '
        "(SELECT count(*) FROM ordersummary)::int AS summaries"
    )
    assert counted == [{"orders": 1, "items": 1, "summaries": 1}]


async def test_lines_added_at_once_all_count(desk: Desk) -> None:
    """S0-101: the order's sum is that of all its lines; a line number is given once."""
    ids = await order_of(desk, ("hat", 1, "5.50"))
    common = {
        "OrderId": ids["order"], "OrderDeliveryGroupId": ids["group"], "Quantity": 1,
        "PricebookEntryId": desk.ids["hat-price"],
    }  # fmt: skip
    bodies = [common | {"LineNumber": 2 + number // 2} for number in range(12)]
    answers = await asyncio.gather(*(desk.post("/sobjects/OrderItem", body) for body in bodies))
    assert sorted(answer.status_code for answer in answers) == [201] * 6 + [400] * 6
    assert {answer.json()[0]["errorCode"] for answer in answers if answer.status_code == 400} == {
        "DUPLICATE_VALUE"
    }
    rows = await desk.rows("SELECT linenumber FROM orderitem ORDER BY linenumber")
    assert [row["linenumber"] for row in rows] == [1, 2, 3, 4, 5, 6, 7]
    assert (await desk.get("Order", ids["order"]))["TotalAmount"] == float(Decimal("5.50") * 7)


async def test_activated_many_times_at_once(desk: Desk) -> None:
    """S0-109: one summary, and one fact of each kind."""
    ids = await order_of(desk)
    answers = await asyncio.gather(*(desk.patch("Order", ids["order"], Status="Activated") for _ in range(10)))
    assert [answer.status_code for answer in answers] == [204] * 10
    assert len(await desk.rows("SELECT 1 FROM ordersummary")) == 1
    facts = await desk.rows("SELECT kind FROM fact WHERE root = $1 ORDER BY number", ids["order"])
    assert [fact["kind"] for fact in facts] == ["OrderActivated", "OrderSummaryCreated"]


async def test_a_line_races_the_activation(desk: Desk) -> None:
    """S0-52: it is on the order and its summary, or on neither."""
    for _ in range(5):
        ids = await order_of(desk, ("hat", 1, "5.50"))
        line = {
            "OrderId": ids["order"], "OrderDeliveryGroupId": ids["group"], "Quantity": 1,
            "PricebookEntryId": desk.ids["shirt-price"],
        }  # fmt: skip
        added, activated = await asyncio.gather(
            desk.post("/sobjects/OrderItem", line), desk.patch("Order", ids["order"], Status="Activated")
        )
        assert activated.status_code == 204
        (row,) = await desk.query(
            "SELECT GrandTotalAmount, OriginalOrder.GrandTotalAmount FROM OrderSummary "
            f"WHERE OriginalOrderId = '{ids['order']}'"
        )
        expected = 15.5 if added.status_code == 201 else 5.5
        assert row == {"GrandTotalAmount": expected, "OriginalOrder": {"GrandTotalAmount": expected}}
