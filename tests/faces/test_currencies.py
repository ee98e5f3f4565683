"""An amount is never read in another currency than it was told in."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import census, growth

PARTS = ("group", "item1", "payments", "authorization")


def in_currency(nodes: list[dict[str, Any]], reference: str, code: str) -> list[dict[str, Any]]:
    return [
        one | {"body": one["body"] | {"CurrencyIsoCode": code}} if one["referenceId"] == reference else one
        for one in nodes
    ]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("code", ["JPY", "ZZZ"])
async def test_a_part_in_another_currency_is_refused(desk: Desk, part: str, code: str) -> None:
    """10 yen that are authorised are not 10 euros that are captured; the whole graph is refused."""
    nodes = in_currency(desk.order_nodes([("shirt", 1, "10.00")]), part, code)

    graph = await desk.graph(*nodes)

    assert graph["isSuccessful"] is False
    assert bodies(graph)[part] == [
        {"message": f"the currency is EUR, not {code}", "errorCode": "FIELD_INTEGRITY_EXCEPTION",
         "fields": ["CurrencyIsoCode"]}
    ]  # fmt: skip
    assert await desk.query("SELECT Id FROM Order") == []


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_may_say_the_currency_it_has(desk: Desk, part: str) -> None:
    nodes = in_currency(desk.order_nodes([("shirt", 1, "10.00")]), part, "EUR")
    assert (await desk.graph(*nodes))["isSuccessful"] is True


async def test_a_tax_in_another_currency_is_refused(desk: Desk) -> None:
    nodes = desk.order_nodes([("shirt", 1, "10.00")], activate=False)
    tax = node(
        "POST", "OrderItemTaxLineItem", "tax", Name="VAT", Amount=1, OrderItemId="@{item1.id}", Type="Actual",
        TaxEffectiveDate="2026-01-31", CurrencyIsoCode="USD",
    )  # fmt: skip
    graph = await desk.graph(*nodes, tax)
    assert bodies(graph)["tax"][0]["fields"] == ["CurrencyIsoCode"]


async def test_a_payment_without_an_order_has_a_currency_that_exists(desk: Desk) -> None:
    told = {"Amount": 5, "Status": "Processed", "Type": "Sale", "ProcessingMode": "External"}
    answer = await desk.post("/sobjects/Payment", told | {"CurrencyIsoCode": "ZZZ"})
    assert answer.status_code == 400
    assert answer.json()[0]["errorCode"] == "INVALID_CURRENCY_ISO"
    assert await desk.query("SELECT Id FROM Payment") == []


async def _priced(desk: Desk, currency: str) -> None:
    """The shirt's price is one of this currency from now on."""
    desk.ids["shirt-price"] = await desk.make(
        "PricebookEntry", Pricebook2Id=desk.ids["book"], Product2Id=desk.ids["shirt"], UnitPrice=58, IsActive=True,
        CurrencyIsoCode=currency,
    )  # fmt: skip


async def test_a_price_in_another_currency_than_the_order(desk: Desk) -> None:
    """58 dollars are not 58 yen: the line is refused and nothing is left of the order."""
    await _priced(desk, "USD")
    before = await census(desk)
    graph = await desk.graph(*desk.order_nodes([("shirt", 1, "58")], currency="JPY"))
    assert graph["isSuccessful"] is False
    assert bodies(graph)["item1"] == [
        {
            "message": "the price book entry is in USD, the order in JPY",
            "errorCode": "FIELD_INTEGRITY_EXCEPTION",
            "fields": ["PricebookEntryId"],
        }
    ]
    assert growth(before, await census(desk)) == {}


@pytest.mark.parametrize("told", ["JPY", None])
async def test_a_price_in_the_order_s_currency_or_of_none(desk: Desk, told: str | None) -> None:
    """An entry that tells no currency is good for orders of any: tills make such."""
    if told is not None:
        await _priced(desk, told)
    graph = await desk.graph(*desk.order_nodes([("shirt", 1, "58")], currency="JPY"))
    assert graph["isSuccessful"] is True, graph
    [item] = await desk.query("SELECT UnitPrice, CurrencyIsoCode, PricebookEntryId FROM OrderItem")
    assert (item["CurrencyIsoCode"], item["PricebookEntryId"]) == ("JPY", desk.ids["shirt-price"])
