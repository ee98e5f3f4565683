"""What holds of an order whatever door it comes by: amounts, quantities, activation, and what is frozen then."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import ask, assert_error, census, faulty, growth, only, order_of, refused

RANGE = "NUMBER_OUTSIDE_VALID_RANGE"
INTEGRITY = "FIELD_INTEGRITY_EXCEPTION"
ACTIVATED = "the order is activated: its products, taxes and adjustments cannot change"


def _line(desk: Desk, amount: str, currency: str) -> list[dict[str, Any]]:
    nodes = desk.order_nodes([("hat", 1, "1")], activate=False, currency=currency)
    nodes[2]["body"]["TotalLineAmount"] = float(amount)
    return nodes[:3]


@pytest.mark.parametrize(
    ("currency", "amount"),
    [("EUR", "1.005"), ("JPY", "1.5"), ("KWD", "1.2345"), ("USD", "0.001"), ("EUR", "1e-20")],
)
async def test_totals_finer_than_the_currency_are_refused(desk: Desk, currency: str, amount: str) -> None:
    """By create, by change, and of taxes and adjustments; the field is named and nothing is rounded."""
    before = await census(desk)
    own = faulty(await desk.graph(*_line(desk, amount, currency)))
    assert own["referenceId"] == "item1"
    assert_error(own["body"], RANGE, None, "TotalLineAmount")
    assert own["body"][0]["message"].endswith(f" has more digits than {currency}")
    assert await census(desk) == before

    item_id = bodies(await desk.graph(*_line(desk, "1", currency)))["item1"]["id"]
    before = await census(desk)
    refused(
        await desk.patch("OrderItem", item_id, TotalLineAmount=float(amount)), 400, RANGE, None, "TotalLineAmount"
    )
    tax = {"Name": "VAT", "Rate": 19.0, "TaxEffectiveDate": "2026-01-31", "OrderItemId": item_id, "Type": "Actual"}
    answer = await desk.post("/sobjects/OrderItemTaxLineItem", tax | {"Amount": float(amount)})
    refused(answer, 400, RANGE, None, "Amount")
    answer = await desk.post(
        "/sobjects/OrderItemAdjustmentLineItem", {"Name": "less", "OrderItemId": item_id, "Amount": -float(amount)}
    )
    refused(answer, 400, RANGE, None, "Amount")
    assert await census(desk) == before
    assert (await desk.get("OrderItem", item_id))["TotalLineAmount"] == 1.0


@pytest.mark.parametrize(
    ("currency", "amount"), [("EUR", "1.05"), ("JPY", "15"), ("KWD", "1.234"), ("JPY", "15.0")]
)
async def test_totals_that_fit_are_kept_to_the_digit(desk: Desk, currency: str, amount: str) -> None:
    found = bodies(await desk.graph(*_line(desk, amount, currency)))
    assert (await desk.get("OrderItem", found["item1"]["id"]))["TotalLineAmount"] == float(amount)
    order = await desk.get("Order", found["order"]["id"])
    assert (order["TotalAmount"], order["CurrencyIsoCode"]) == (float(amount), currency)


async def test_unit_prices_may_be_finer(desk: Desk) -> None:
    """They are informational; the line amount leads."""
    nodes = _line(desk, "1.00", "EUR")
    nodes[2]["body"]["UnitPrice"] = 0.3333
    nodes[2]["body"]["Quantity"] = 3
    item_id = bodies(await desk.graph(*nodes))["item1"]["id"]
    item = await desk.get("OrderItem", item_id)
    assert (item["UnitPrice"], item["TotalPrice"]) == (0.3333, 1.0)


async def test_a_payment_finer_than_its_currency(desk: Desk) -> None:
    body = {"Status": "Processed", "Type": "Sale", "ProcessingMode": "External", "CurrencyIsoCode": "EUR"}
    before = await census(desk)
    refused(await desk.post("/sobjects/Payment", body | {"Amount": 1.005}), 400, RANGE, None, "Amount")
    assert await census(desk) == before


@pytest.mark.parametrize("quantity", [0, -1, -0.5, 0.0])
async def test_quantities_are_positive(desk: Desk, quantity: float) -> None:
    nodes = desk.order_nodes([("hat", 1, "5.50")], activate=False)
    nodes[2]["body"]["Quantity"] = quantity
    before = await census(desk)
    message = "Quantity: value must be greater than zero"
    assert_error(faulty(await desk.graph(*nodes))["body"], RANGE, message, "Quantity")
    assert await census(desk) == before
    ids = await order_of(desk)
    refused(await desk.patch("OrderItem", ids["item1"], Quantity=quantity), 400, RANGE, message, "Quantity")
    assert (await desk.get("OrderItem", ids["item1"]))["Quantity"] == 2.0


async def test_a_line_beyond_all_amounts(desk: Desk) -> None:
    """Quantity × price without a line amount: refused, not a fault of the server."""
    nodes = desk.order_nodes([("hat", 1, "5.50")], activate=False)
    nodes[2]["body"] |= {"Quantity": 10**15, "UnitPrice": 10**15}
    del nodes[2]["body"]["TotalLineAmount"]
    before = await census(desk)
    own = faulty(await desk.graph(*nodes))
    assert own["httpStatusCode"] == 400
    assert own["body"][0]["errorCode"] == RANGE
    assert await census(desk) == before


@pytest.mark.parametrize("code", ["XYZ", "XXX", "XTS"])
async def test_a_currency_nobody_uses(desk: Desk, code: str) -> None:
    """Nor what ISO 4217 has for no currency and for tests."""
    before = await census(desk)
    own = faulty(await desk.graph(*_line(desk, "1", code)))
    assert_error(own["body"], "INVALID_CURRENCY_ISO", f"invalid currency: {code}", "CurrencyIsoCode")
    assert await census(desk) == before


async def test_a_delivery_group_of_another_order(desk: Desk) -> None:
    """S0-56: by create and by change."""
    other, ids = await order_of(desk), await order_of(desk)
    before = await census(desk)
    body = desk.item(2, "hat", 1, "5.50")["body"] | {
        "OrderId": ids["order"],
        "OrderDeliveryGroupId": other["group"],
    }
    message = "the delivery group is not of this order"
    answer = await desk.post("/sobjects/OrderItem", body)
    refused(answer, 400, INTEGRITY, message, "OrderDeliveryGroupId")
    answer = await desk.patch("OrderItem", ids["item1"], OrderDeliveryGroupId=other["group"])
    refused(answer, 400, INTEGRITY, message, "OrderDeliveryGroupId")
    assert await census(desk) == before


async def _family(desk: Desk, order_id: str) -> list[dict[str, Any]]:
    rows = await desk.rows('SELECT to_jsonb(t) AS row FROM "order" t WHERE id = $1', order_id)
    for table in ("orderitem", "orderdeliverygroup", "orderitemtaxlineitem", "orderitemadjustmentlineitem"):
        rows += await desk.rows(
            f"SELECT to_jsonb(t) AS row FROM {table} t WHERE orderid = $1 ORDER BY id", order_id
        )
    return rows


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("TotalAmount", 1, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("GrandTotalAmount", 1, "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("AccountId", None, INTEGRITY),
        ("CurrencyIsoCode", "USD", INTEGRITY),
        ("EffectiveDate", "2026-02-01", INTEGRITY),
        ("SalesChannelId", None, INTEGRITY),
        ("Pricebook2Id", None, INTEGRITY),
        ("OrderManagementReferenceIdentifier", "other", INTEGRITY),
        ("Status", "Draft", "STATE_TRANSITION_NOT_ALLOWED"),
    ],
)
async def test_an_activated_order_is_frozen(desk: Desk, field: str, value: Any, code: str) -> None:
    """S0-52: its values do not change, alone or beside a field that may."""
    ids = await order_of(desk, activate=True)
    before, rows = await census(desk), await _family(desk, ids["order"])
    refused(await desk.patch("Order", ids["order"], **{field: value}), 400, code, None, field)
    refused(await desk.patch("Order", ids["order"], Description="x", **{field: value}), 400, code, None, field)
    assert await census(desk) == before
    assert await _family(desk, ids["order"]) == rows


@pytest.mark.parametrize("field", ["ActivatedDate", "StatusCode", "ActivatedById"])
async def test_how_it_was_activated_stays(desk: Desk, field: str) -> None:
    """S0-52: the record of the activation is not rewritten."""
    ids = await order_of(desk, activate=True)
    before = await desk.get("Order", ids["order"])
    value = {"ActivatedDate": "2001-01-01T00:00:00Z", "StatusCode": "Draft", "ActivatedById": None}[field]
    await desk.patch("Order", ids["order"], **{field: value})
    assert (await desk.get("Order", ids["order"]))[field] == before[field]


async def test_what_may_still_be_said_of_an_activated_order(desk: Desk) -> None:
    """S0-52: remarks, and frozen fields set to what they are."""
    ids = await order_of(desk, activate=True)
    same = {"AccountId": desk.ids["account"], "Status": "Activated", "CurrencyIsoCode": "EUR"}
    assert (await desk.patch("Order", ids["order"], Description="leave at the door", **same)).status_code == 204
    assert (await desk.get("Order", ids["order"]))["Description"] == "leave at the door"
    assert len(await desk.rows("SELECT 1 FROM ordersummary")) == 1


@pytest.mark.parametrize(
    "change",
    [{"Quantity": 3}, {"UnitPrice": 1}, {"TotalLineAmount": 1}, {"OrderDeliveryGroupId": None}, {"Type": "Fee"},
     {"Description": "x", "Quantity": 3}],
)  # fmt: skip
async def test_lines_of_an_activated_order_are_frozen(desk: Desk, change: dict[str, Any]) -> None:
    """S0-52."""
    ids = await order_of(desk, activate=True)
    before, rows = await census(desk), await _family(desk, ids["order"])
    refused(await desk.patch("OrderItem", ids["item1"], **change), 400, INTEGRITY, ACTIVATED)
    assert await census(desk) == before
    assert await _family(desk, ids["order"]) == rows


async def test_parts_of_an_activated_order_are_neither_added_nor_removed(desk: Desk) -> None:
    """S0-52: lines, groups, taxes, adjustments."""
    ids = await order_of(desk)
    tax = {
        "Name": "VAT",
        "Amount": 1,
        "TaxEffectiveDate": "2026-01-31",
        "OrderItemId": ids["item1"],
        "Type": "Actual",
    }
    tax_id = await desk.make("OrderItemTaxLineItem", **tax)
    assert (await desk.patch("Order", ids["order"], Status="Activated")).status_code == 204
    before, rows = await census(desk), await _family(desk, ids["order"])
    item = desk.item(2, "hat", 1, "5.50")["body"] | {"OrderId": ids["order"], "OrderDeliveryGroupId": ids["group"]}
    added = {
        "OrderItem": item,
        "OrderDeliveryGroup": {"OrderId": ids["order"]},
        "OrderItemTaxLineItem": tax,
        "OrderItemAdjustmentLineItem": {"Name": "less", "Amount": -1, "OrderItemId": ids["item1"]},
        "OrderAdjustmentGroup": {"Name": "promo", "OrderId": ids["order"], "Type": "Header"},
    }
    for noun, body in added.items():
        refused(await desk.post(f"/sobjects/{noun}", body), 400, INTEGRITY, ACTIVATED)
    removed = {"OrderItem": ids["item1"], "OrderDeliveryGroup": ids["group"], "OrderItemTaxLineItem": tax_id}
    for noun, record_id in removed.items():
        refused(await ask(desk, "DELETE", f"/sobjects/{noun}/{record_id}"), 400, INTEGRITY, ACTIVATED)
    answer = await ask(desk, "DELETE", f"/sobjects/Order/{ids['order']}")
    refused(answer, 400, "DELETE_FAILED", "only draft orders can be deleted")
    assert await census(desk) == before
    assert await _family(desk, ids["order"]) == rows


async def _refused_activation(desk: Desk, nodes: list[dict[str, Any]], message: str, field: str) -> None:
    """By one graph, and by a PATCH of what was posted before: nothing is activated, no summary, no fact."""
    before = await census(desk)
    last = node("PATCH", "Order/@{order.id}", "activated", Status="Activated")
    own = faulty(await desk.graph(*nodes, last))
    assert own["referenceId"] == "activated"
    assert_error(own["body"], INTEGRITY, message, field)
    assert await census(desk) == before
    order_id = bodies(await desk.graph(*nodes))["order"]["id"]
    before, rows = await census(desk), await _family(desk, order_id)
    refused(await desk.patch("Order", order_id, Status="Activated"), 400, INTEGRITY, message, field)
    assert await census(desk) == before
    assert await _family(desk, order_id) == rows


async def test_an_order_without_lines_is_not_activated(desk: Desk) -> None:
    """S0-109."""
    nodes = desk.order_nodes([], activate=False)[:2]
    message = "an order without order products cannot be activated"
    await _refused_activation(desk, nodes, message, "Status")


async def test_a_line_without_a_delivery_group_is_not_activated(desk: Desk) -> None:
    """C22, S0-109: the link may come late, but before activation."""
    nodes = desk.order_nodes([("hat", 1, "5.50")], activate=False)
    del nodes[2]["body"]["OrderDeliveryGroupId"]
    before = await census(desk)
    last = node("PATCH", "Order/@{order.id}", "activated", Status="Activated")
    own = faulty(await desk.graph(*nodes, last))
    assert_error(own["body"], INTEGRITY, None, "OrderDeliveryGroupId")
    assert own["body"][0]["message"].startswith("order products without OrderDeliveryGroupId: ")
    assert await census(desk) == before


async def test_a_group_without_a_method_is_not_activated(desk: Desk) -> None:
    """S0-109."""
    nodes = desk.order_nodes([("hat", 1, "5.50")], activate=False)
    del nodes[1]["body"]["OrderDeliveryMethodId"]
    await _refused_activation(
        desk, nodes, "a delivery group lacks its OrderDeliveryMethodId", "OrderDeliveryMethodId"
    )


async def test_activation_changes_nothing_else(desk: Desk) -> None:
    """S0-109: other fields in the same PATCH are refused, in any order of the fields."""
    ids = await order_of(desk)
    before, rows = await census(desk), await _family(desk, ids["order"])
    message = "activating changes Status and nothing else"
    for body in ({"Status": "Activated", "Description": "x"}, {"Description": "x", "Status": "Activated"}):
        refused(await desk.patch("Order", ids["order"], **body), 400, INTEGRITY, message, "Description")
    assert await census(desk) == before
    assert await _family(desk, ids["order"]) == rows


async def test_an_order_begins_as_a_draft(desk: Desk) -> None:
    before = await census(desk)
    body = {"AccountId": desk.ids["account"], "EffectiveDate": "2026-01-31"}
    message = "An order is created with a status of category Draft"
    answer = await desk.post("/sobjects/Order", body | {"Status": "Activated"})
    refused(answer, 400, INTEGRITY, message, "Status")
    answer = await desk.post("/sobjects/Order", body | {"Status": "Nonsense"})
    refused(answer, 400, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", None, "Status")
    assert await census(desk) == before


async def test_activation_is_once(desk: Desk) -> None:
    """S0-51, S0-109: again is no change; one summary, one set of facts."""
    ids = await order_of(desk, activate=True)
    before = await census(desk)
    assert (await desk.patch("Order", ids["order"], Status="Activated")).status_code == 204
    assert growth(before, await census(desk)) == {}
    summary = only(await desk.query("SELECT OriginalOrderId, GrandTotalAmount FROM OrderSummary"))
    assert summary == {"OriginalOrderId": ids["order"], "GrandTotalAmount": 20.0}
