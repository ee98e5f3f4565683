"""The Connect resources over HTTP: shapes, codes, errors with their output, and who may."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import httpx
import pytest
from tests.counting import least_statements
from tests.desk import Desk, bodies, node
from tests.faces.asserted import ask, census, growth, order_of
from tests.faces.conftest import As
from tests.rooms.test_create_fulfillment_orders import Sold, sold

from ordo.platform.roles import Role

FULFILLMENT = "/commerce/fulfillment/fulfillment-orders"
MULTIPLE = "/commerce/fulfillment/actions/create-multiple"
SUMMARIES = "/commerce/order-management/order-summaries"
PAYMENTS = "/commerce/order-management/order-payment-summaries"
NOWHERE = "131000000000001AAP"


@pytest.fixture
async def it(desk: Desk) -> Sold:
    await desk.stock("DC1", shirt=50, hat=5)
    await desk.route_to()
    return await sold(desk)


def of_group(desk: Desk, *items: tuple[str, object], **more: Any) -> dict[str, Any]:
    lines = [{"orderItemSummaryId": item, "quantity": quantity} for item, quantity in items]
    told = {"fulfilledFromLocationId": desk.ids["DC1"], "fulfillmentType": "warehouse"}
    return told | {"orderItemSummaries": lines} | more


def body_of(it: Sold, *groups: dict[str, Any], **more: Any) -> dict[str, Any]:
    told = {"orderSummaryId": it["summary"], "orderDeliveryGroupSummaryId": it["here"]}
    return told | {"fulfillmentGroups": list(groups)} | more


def refused_with(answer: httpx.Response, status: int, code: str, message: str, **output: Any) -> None:
    """Reference 1.4: an array of one, the error twice, the rest of the output empty."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    (error,) = answer.json()
    told = error["message"]
    assert (error["errorCode"], message in told) == (code, True), error
    assert error == {
        "errorCode": code,
        "message": told,
        "enhancedErrorType": None,
        "output": {"success": False, "errors": [{"errorCode": code, "message": told}], **output},
    }


# -- 4.1 ------------------------------------------------------------------------------------------


async def test_fulfillment_orders_are_created(desk: Desk, it: Sold) -> None:
    """S0-57, S0-58: one per group, in their order; ids of 15 characters and numbers as texts are taken."""
    before = await census(desk)
    told = body_of(
        {name: value[:15] for name, value in it.items()},
        of_group(desk, (it["shirts"][:15], "2"), (it["charge"], 1)),
        of_group(desk, (it["shirts"], 1.0), fulfillmentType="Retail Store", referenceId="mine"),
        defaultActivationStatus="Allocated",
    )
    answer = await desk.post(FULFILLMENT, told)
    assert answer.status_code == 201, answer.text
    ids = answer.json()["fulfillmentOrderIds"]
    assert answer.json() == {"success": True, "errors": [], "fulfillmentOrderIds": ids}
    orders = [await desk.get("FulfillmentOrder", one) for one in ids]
    assert [(order["Type"], order["ItemCount"], order["TotalAmount"]) for order in orders] == [
        ("Warehouse", 3.0, 11.66), ("Retail Store", 1.0, 3.33),
    ]  # fmt: skip
    assert growth(before, await census(desk))["fulfillmentorder"] == 2


async def test_calls_at_once_never_promise_more_than_there_is(desk: Desk) -> None:
    """S1-30: twenty orders of one shirt each at the same moment, twelve shirts."""
    await desk.stock("DC1", shirt=12)
    await desk.route_to()
    orders = [await sold(desk) for _ in range(20)]
    told = [body_of(it, of_group(desk, (it["shirts"], 1))) for it in orders]
    answers = await asyncio.gather(*(desk.post(FULFILLMENT, one) for one in told))
    assert sorted(answer.status_code for answer in answers) == [201] * 12 + [400] * 8
    for answer in answers:
        if answer.status_code == 400:
            message = f"shirt has 0 units available at {desk.ids['DC1']}."
            refused_with(answer, 400, "INVALID_INPUT", message, fulfillmentOrderIds=[])
    (row,) = await desk.rows("SELECT reserved::int AS n FROM position WHERE sku = 'shirt'")
    assert row == {"n": 12}
    assert len(await desk.query("SELECT Id FROM FulfillmentOrder")) == 12


async def test_units_come_back_and_go_out_again(desk: Desk, it: Sold) -> None:
    """S0-51: 10.00 for three shirts stays 10.00 when the first of them was cancelled and sent by another."""
    ids = []
    for quantity in (1, 1):
        answer = await desk.post(FULFILLMENT, body_of(it, of_group(desk, (it["shirts"], quantity))))
        ids += answer.json()["fulfillmentOrderIds"]
    assert (await desk.patch("FulfillmentOrder", ids[0], Status="Cancelled")).status_code == 204
    answer = await desk.post(FULFILLMENT, body_of(it, of_group(desk, (it["shirts"], 2))))
    ids += answer.json()["fulfillmentOrderIds"]
    orders = [await desk.get("FulfillmentOrder", one) for one in ids]
    assert [(o["StatusCategory"], o["ItemCount"], o["TotalAmount"]) for o in orders] == [
        ("CANCELLED", 0.0, 0.0), ("ACTIVATED", 1.0, 3.33), ("ACTIVATED", 2.0, 6.67),
    ]  # fmt: skip
    (line,) = await desk.rows("SELECT units FROM fulfillmentorderlineitem WHERE fulfillmentorderid = $1", ids[2])
    assert line == {"units": "0-1 2-3"}
    assert "Units" not in await desk.get("FulfillmentOrderLineItem", await _line_of(desk, ids[2]))


async def _line_of(desk: Desk, order_id: str) -> str:
    where = f"FulfillmentOrderId = '{order_id}'"
    (line,) = await desk.query(f"SELECT Id FROM FulfillmentOrderLineItem WHERE {where}")
    record_id: str = line["Id"]
    return record_id


@pytest.mark.parametrize("version", ["48.0", "67.0"])
async def test_every_version_serves_it(desk: Desk, it: Sold, version: str) -> None:
    answer = await ask(desk, "POST", FULFILLMENT, body_of(it, of_group(desk, (it["shirts"], 1))), version=version)
    assert answer.status_code == 201, answer.text


async def test_a_quantity_that_is_not_there_is_refused_with_the_output(desk: Desk, it: Sold) -> None:
    before = await census(desk)
    answer = await desk.post(FULFILLMENT, body_of(it, of_group(desk, (it["shirts"], 4))))
    message = f"The quantity 4 is more than the quantity available to fulfill (3) of {it['shirts']}."
    refused_with(answer, 400, "INVALID_INPUT", message, fulfillmentOrderIds=[])
    assert await census(desk) == before


def without(name: str) -> Any:
    return lambda told: {key: value for key, value in told.items() if key != name}


def with_(**more: Any) -> Any:
    return lambda told: told | more


def in_group(**more: Any) -> Any:
    return lambda told: told | {"fulfillmentGroups": [told["fulfillmentGroups"][0] | more]}


def in_item(**more: Any) -> Any:
    return lambda told: in_group(
        orderItemSummaries=[told["fulfillmentGroups"][0]["orderItemSummaries"][0] | more]
    )(told)


BAD_BODIES: dict[str, tuple[str, str, Any]] = {
    "unknown property": ("JSON_PARSER_ERROR", 'Unrecognized field "x"', with_(x=1)),
    "unknown property of a group": ("JSON_PARSER_ERROR", 'Unrecognized field "x"', in_group(x=1)),
    "its own spelling": ("JSON_PARSER_ERROR", 'Unrecognized field "OrderSummaryId"', with_(OrderSummaryId="")),
    "missing": ("REQUIRED_FIELD_MISSING", "[orderSummaryId]", without("orderSummaryId")),
    "null": ("REQUIRED_FIELD_MISSING", "[orderSummaryId]", with_(orderSummaryId=None)),
    "empty": ("REQUIRED_FIELD_MISSING", "[orderSummaryId]", with_(orderSummaryId="")),
    "no id": ("INVALID_ID_FIELD", "Invalid identifier: hat", with_(orderSummaryId="hat")),
    "a number for an id": ("INVALID_ID_FIELD", "Invalid identifier: 5", with_(orderSummaryId=5)),
    "an id of something else": ("INVALID_ID_FIELD", "Invalid identifier: 131", with_(orderSummaryId=NOWHERE)),
    "a location that is none": ("INVALID_ID_FIELD", "Invalid identifier: 001",
                                in_group(fulfilledFromLocationId="001000000000001")),
    "an unknown location": ("INVALID_ID_FIELD", "Invalid identifier: 131",
                            in_group(fulfilledFromLocationId=NOWHERE[:15])),
    "groups that are no list": ("JSON_PARSER_ERROR", "array for fulfillmentGroups", with_(fulfillmentGroups={})),
    "a group that is null": ("JSON_PARSER_ERROR", "must not hold null", with_(fulfillmentGroups=[None])),
    "a group that is text": ("JSON_PARSER_ERROR", "Cannot deserialize an object", with_(fulfillmentGroups=["x"])),
    "no groups": ("INVALID_INPUT", "fulfillmentGroups must hold", with_(fulfillmentGroups=[])),
    "a type that is a list": ("JSON_PARSER_ERROR", "Cannot deserialize", in_group(fulfillmentType=["x"])),
    "a zero byte": ("JSON_PARSER_ERROR", "Illegal character", in_group(referenceId="a\0b")),
    "a quantity that is text": ("JSON_PARSER_ERROR", "Cannot deserialize", in_item(quantity="two")),
    "a quantity that is no number": ("JSON_PARSER_ERROR", "Cannot deserialize", in_item(quantity="NaN")),
    "a quantity without end": ("NUMBER_OUTSIDE_VALID_RANGE", "outside of valid", in_item(quantity="1e999999999")),
    "a quantity that is true": ("JSON_PARSER_ERROR", "Cannot deserialize", in_item(quantity=True)),
    "a fraction": ("INVALID_INPUT", "is not a whole number", in_item(quantity=1.5)),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD_BODIES)
async def test_bad_bodies_are_refused(desk: Desk, it: Sold, name: str) -> None:
    code, message, spoil = BAD_BODIES[name]
    before = await census(desk)
    answer = await desk.post(FULFILLMENT, spoil(body_of(it, of_group(desk, (it["shirts"], 1)))))
    refused_with(answer, 400, code, message, fulfillmentOrderIds=[])
    assert await census(desk) == before


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "REQUIRED_FIELD_MISSING"),
        (b"[]", "JSON_PARSER_ERROR"),
        (b"{", "JSON_PARSER_ERROR"),
        (b"null", "JSON_PARSER_ERROR"),
        (b'"x"', "JSON_PARSER_ERROR"),
    ],
)
async def test_bodies_that_are_no_object(desk: Desk, body: bytes, code: str) -> None:
    answer = await ask(desk, "POST", FULFILLMENT, body)
    refused_with(answer, 400, code, "", fulfillmentOrderIds=[])


async def test_other_doors(desk: Desk) -> None:
    """Only POST; no such resource; no such version; nobody."""
    assert (await ask(desk, "GET", FULFILLMENT)).json()[0]["errorCode"] == "METHOD_NOT_ALLOWED"
    assert (await desk.post("/commerce/fulfillment/pigeons", {})).status_code == 404
    assert (await ask(desk, "POST", FULFILLMENT, {}, version="47.0")).status_code == 404
    answer = await ask(desk, "POST", FULFILLMENT, {}, Authorization="Bearer nobody")
    assert (answer.status_code, answer.json()[0]["errorCode"]) == (401, "INVALID_SESSION_ID")


async def test_who_may(desk: Desk, it: Sold, acting_as: As) -> None:
    """Administrator, integration and service agent may; a store associate may not, and nothing is said. What it
    may is in test_store_rights."""
    for role in (Role.ADMINISTRATOR, Role.INTEGRATION, Role.SERVICE_AGENT):
        someone = await acting_as(role)
        answer = await someone.post(FULFILLMENT, body_of(it, of_group(desk, (it["shirts"], 1))))
        assert answer.status_code == 201, answer.text
    associate = await acting_as(Role.STORE_ASSOCIATE, "DC1")
    before = await census(desk)
    for path in (
        FULFILLMENT, MULTIPLE, SUMMARIES, PAYMENTS,
        f"{SUMMARIES}/{it['summary']}/async-actions/ensure-funds-async",
    ):  # fmt: skip
        answer = await associate.post(path, {})
        assert (answer.status_code, answer.json()[0]["errorCode"]) == (403, "INSUFFICIENT_ACCESS"), path
    assert await census(desk) == before


# -- 4.4 ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [MULTIPLE, FULFILLMENT + "/actions/create-multiple"])
async def test_groups_of_several_orders_stand_alone(desk: Desk, it: Sold, path: str) -> None:
    """Reference 4.4: what fails comes back to be sent again, the rest is done."""
    other = await sold(desk)
    told = {
        "fulfillmentOrders": [
            body_of(
                it,
                of_group(desk, (it["shirts"], 1), referenceId="g1"),
                of_group(desk, (it["charge"], 1), (it["shirts"], 5), referenceId="g2"),
                of_group(desk, (it["shirts"], 2), referenceId="g3"),
            ),
            body_of(other, of_group(desk, (other["shirts"], 1), fulfillmentType="Pigeon")),
        ]
    }
    answer = await desk.post(path, told)
    assert answer.status_code == 201, answer.text
    first, second, third, fourth = answer.json()["fulfillmentOrders"]
    assert (answer.json()["success"], answer.json()["errors"]) == (False, [])
    for one, reference, amount in ((first, "g1", 3.34), (third, "g3", 6.66)):
        assert one == {
            "success": True, "errors": [], "referenceId": reference,
            "fulfillmentOrderId": one["fulfillmentOrderId"], "orderSummaryId": None,
            "orderDeliveryGroupSummaryId": None, "fulfilledFromLocationId": None, "fulfillmentType": None,
            "orderItemSummaries": [],
        }  # fmt: skip
        assert (await desk.get("FulfillmentOrder", one["fulfillmentOrderId"]))["TotalAmount"] == amount
    message = f"The quantity 5 is more than the quantity available to fulfill (2) of {it['shirts']}."
    assert second == {
        "success": False, "errors": [], "referenceId": "g2", "fulfillmentOrderId": None,
        "orderSummaryId": it["summary"], "orderDeliveryGroupSummaryId": it["here"],
        "fulfilledFromLocationId": desk.ids["DC1"], "fulfillmentType": "warehouse",
        "orderItemSummaries": [
            {"orderItemSummaryId": it["charge"], "quantity": 1, "errors": []},
            {"orderItemSummaryId": it["shirts"], "quantity": 5,
             "errors": [{"errorCode": "INVALID_INPUT", "message": message}]},
        ],
    }  # fmt: skip
    unknown = {"errorCode": "INVALID_INPUT", "message": "The fulfillment type Pigeon is not known."}
    assert (fourth["success"], fourth["errors"], fourth["referenceId"]) == (False, [unknown], None)
    assert fourth["orderItemSummaries"] == [{"orderItemSummaryId": other["shirts"], "quantity": 1, "errors": []}]
    assert len(await desk.query("SELECT Id FROM FulfillmentOrder")) == 2
    (row,) = await desk.rows("SELECT sum(reserved)::int AS n FROM position")
    assert row == {"n": 3}


async def test_payloads_that_are_refused_whole(desk: Desk, it: Sold) -> None:
    one = of_group(desk, (it["shirts"], 1))
    before = await census(desk)
    for told, code in (
        ({"fulfillmentOrders": []}, "INVALID_INPUT"),
        ({"fulfillmentOrders": [body_of(it)]}, "INVALID_INPUT"),
        ({"fulfillmentOrders": [body_of(it, *[one] * 501)]}, "INVALID_INPUT"),
        ({"fulfillmentOrders": [body_of(it, one), body_of(it, one | {"x": 1})]}, "JSON_PARSER_ERROR"),
        ({}, "REQUIRED_FIELD_MISSING"),
    ):
        refused_with(await desk.post(MULTIPLE, told), 400, code, "", fulfillmentOrders=[])
    assert await census(desk) == before


async def test_one_group_costs_as_much_as_fifty(desk: Desk) -> None:
    """S1-26, S1-27: statements of a call, refusals among its groups included."""
    await desk.stock("DC1", shirt=10_000)
    await desk.route_to()
    quantities = {1: [1], 50: [1] * 49 + [5000]}
    orders = []
    for _ in range(6):
        ids = await order_of(desk, ("shirt", 100, "1000.00"), activate=True)
        (row,) = await desk.rows(
            "SELECT i.id, i.ordersummaryid, i.orderdeliverygroupsummaryid FROM orderitemsummary i "
            "WHERE i.originalorderitemid = $1", ids["item1"],
        )  # fmt: skip
        orders.append({"summary": row["ordersummaryid"], "here": row["orderdeliverygroupsummaryid"],
                       "shirts": row["id"]})  # fmt: skip

    async def call(count: int) -> None:
        it = orders.pop()
        groups = [of_group(desk, (it["shirts"], quantity)) for quantity in quantities[count]]
        answer = await desk.post(MULTIPLE, {"fulfillmentOrders": [body_of(it, *groups)]})
        made = [one["success"] for one in answer.json()["fulfillmentOrders"]]
        assert made == [quantity == 1 for quantity in quantities[count]]

    one = await least_statements(lambda: call(1))
    assert await least_statements(lambda: call(50)) == one


async def test_a_call_with_a_key_is_done_once(desk: Desk, it: Sold) -> None:
    """Decision 0019: also where some groups were refused; a call refused whole may be tried again."""
    groups = [of_group(desk, (it["shirts"], quantity), referenceId=str(quantity)) for quantity in (2, 9)]
    told = {"fulfillmentOrders": [body_of(it, *groups)]}
    answers = [await ask(desk, "POST", MULTIPLE, told, Idempotency_Key="k1") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert [one["success"] for one in answers[0].json()["fulfillmentOrders"]] == [True, False]
    assert len(await desk.query("SELECT Id FROM FulfillmentOrder")) == 1
    one = body_of(it, groups[0])
    first = await ask(desk, "POST", FULFILLMENT, one, Idempotency_Key="k2")
    refused_with(first, 400, "INVALID_INPUT", "available to fulfill (1)", fulfillmentOrderIds=[])
    other = await ask(desk, "POST", FULFILLMENT, one, Idempotency_Key="k1")
    assert (other.status_code, other.json()[0]["errorCode"]) == (422, "UNPROCESSABLE_REQUEST")


# -- 4.3, 4.8 -------------------------------------------------------------------------------------


async def test_an_invoice_and_its_money(desk: Desk, it: Sold) -> None:
    """S1-14: created with an empty body, once; funded in the background, with a sequence or without."""
    made = await desk.post(FULFILLMENT, body_of(it, of_group(desk, (it["shirts"], 3))))
    order_id = made.json()["fulfillmentOrderIds"][0]
    path = f"{FULFILLMENT}/{order_id[:15]}/actions/create-invoice"
    answer = await ask(desk, "POST", path)
    assert answer.status_code == 201, answer.text
    invoice_id = answer.json()["invoiceId"]
    assert answer.json() == {"success": True, "errors": [], "invoiceId": invoice_id}
    assert (await desk.get("FulfillmentOrder", order_id))["InvoiceId"] == invoice_id
    again = await desk.post(path, {})
    refused_with(again, 400, "INVALID_INPUT", f"has its invoice {invoice_id} already", invoiceId=None)
    refused_with(
        await desk.post(path, {"fulfillmentOrderId": order_id}), 400, "JSON_PARSER_ERROR",
        'Unrecognized field "fulfillmentOrderId"', invoiceId=None,
    )  # fmt: skip
    other = path.replace(order_id[:15], NOWHERE)
    refused_with(await desk.post(other, {}), 400, "INVALID_ID_FIELD", "Invalid identifier", invoiceId=None)

    (purse,) = await desk.query("SELECT Id FROM OrderPaymentSummary")
    funds = f"{SUMMARIES}/{it['summary']}/async-actions/ensure-funds-async"
    told = {
        "invoiceId": invoice_id, "isAllowPartial": False, "isReservedBalanceAmountConsidered": "true",
        "sequences": [{"orderPaymentSummaryId": purse["Id"], "amount": "10.00"}],
    }  # fmt: skip
    answer = await desk.post(funds, told)
    assert answer.status_code == 201, answer.text
    operation = answer.json()["backgroundOperationId"]
    assert answer.json() == {"success": True, "errors": [], "backgroundOperationId": operation}
    assert len(await desk.rows("SELECT 1 FROM backgroundoperation WHERE id = $1", operation)) == 1
    refused_with(
        await desk.post(funds, {"invoiceId": "3tt000000000001"}), 400, "INVALID_ID_FIELD",
        "Invalid identifier: 3tt", backgroundOperationId=None,
    )  # fmt: skip
    refused_with(
        await desk.post(funds, {}), 400, "REQUIRED_FIELD_MISSING", "[invoiceId]", backgroundOperationId=None
    )


async def test_funds_are_asked_for_by_fulfillment_order(desk: Desk, it: Sold) -> None:
    """C15, S1-15: its invoice gets them; one without an invoice, of another order, or named twice is refused."""
    funds = f"{SUMMARIES}/{it['summary']}/async-actions/ensure-funds-async"
    made = await desk.post(FULFILLMENT, body_of(it, of_group(desk, (it["shirts"], 1))))
    order_id = made.json()["fulfillmentOrderIds"][0]
    told = {"targetFulfillmentOrderId": order_id}
    output = {"backgroundOperationId": None}
    before = await census(desk)
    refused_with(await desk.post(funds, told), 400, "INVALID_INPUT", "has no invoice yet", **output)
    other = (await sold(desk))["summary"]
    refused_with(
        await desk.post(funds.replace(it["summary"], other), told), 400, "INVALID_ID_FIELD", order_id, **output
    )
    assert "payment" not in growth(before, await census(desk))

    invoice = (await desk.post(f"{FULFILLMENT}/{order_id}/actions/create-invoice", {})).json()["invoiceId"]
    refused_with(
        await desk.post(funds, told | {"invoiceId": invoice}), 400, "INVALID_INPUT", "exclude each other", **output
    )
    answer = await desk.post(funds, told)
    assert answer.status_code == 201, answer.text
    (payment,) = await desk.rows("SELECT amount, status, invoiceid FROM payment")
    assert payment == {"amount": Decimal("3.34"), "status": "Pending", "invoiceid": invoice}


# -- 4.6 ------------------------------------------------------------------------------------------


async def test_the_summary_that_activation_made_is_claimed_once(desk: Desk) -> None:
    """Reference 4.6: told values are taken over, a second call is a duplicate, whatever it says."""
    ids = await order_of(desk, ("shirt", 1, "10.00"), activate=True, reference="web-1")
    (before,) = await desk.query("SELECT Id FROM OrderSummary")
    told = {"orderId": ids["order"][:15], "name": "WEB-10001", "status": "approved", "businessModel": "b2c",
            "externalReferenceIdentifier": "web-1", "sourceProcess": "Standard"}  # fmt: skip
    answer = await desk.post(SUMMARIES, told)
    assert answer.status_code == 201, answer.text
    assert answer.json() == {"success": True, "errors": [], "orderSummaryId": before["Id"]}
    summary = await desk.get("OrderSummary", before["Id"])
    assert [summary[name] for name in (
        "OrderNumber", "Status", "BusinessModel", "ExternalReferenceIdentifier", "OrderLifeCycleType",
    )] == ["WEB-10001", "Approved", "B2C", "web-1", "MANAGED"]  # fmt: skip
    assert "IsClaimed" not in summary
    facts = await desk.rows("SELECT body FROM fact WHERE kind = 'OrderSummaryStatusChanged'")
    assert len(facts) == 1
    for more, field in (
        (told, "ExternalReferenceIdentifier"),
        ({"orderId": ids["order"]}, "OriginalOrderId"),
        ({"orderId": ids["order"], "externalReferenceIdentifier": "x"}, "OriginalOrderId"),
    ):
        refused_with(
            await desk.post(SUMMARIES, more), 400, "DUPLICATE_VALUE",
            f"duplicate value found: {field} duplicates value on record with id: {before['Id']}",
            orderSummaryId=None,
        )  # fmt: skip
    assert await desk.get("OrderSummary", before["Id"]) == summary


async def test_a_reference_of_another_order_is_a_duplicate(desk: Desk) -> None:
    """The database's own word: unique, and case-sensitive."""
    first = await order_of(desk, ("shirt", 1, "10.00"), activate=True, reference="web-1")
    second = await order_of(desk, ("shirt", 1, "10.00"), activate=True)
    (summary,) = await desk.query(f"SELECT Id FROM OrderSummary WHERE OriginalOrderId = '{first['order']}'")
    told = {"orderId": second["order"], "externalReferenceIdentifier": "web-1"}
    refused_with(await desk.post(SUMMARIES, told), 400, "DUPLICATE_VALUE", summary["Id"], orderSummaryId=None)
    answer = await desk.post(SUMMARIES, told | {"externalReferenceIdentifier": "WEB-1"})
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("kind", ["MANAGED", "UNMANAGED", None])
async def test_with_the_option_off_the_call_makes_the_summary(desk: Desk, kind: str | None) -> None:
    await desk.option("summary_on_activation", False)
    ids = await order_of(desk, ("shirt", 1, "10.00"), activate=True)
    assert await desk.query("SELECT Id FROM OrderSummary") == []
    told = {"orderId": ids["order"], "orderLifeCycleType": kind and kind.lower(), "name": "N1"}
    answer = await desk.post(SUMMARIES, told)
    assert answer.status_code == 201, answer.text
    assert await desk.query("SELECT Id, OrderLifeCycleType, OrderNumber, Status FROM OrderSummary") == [
        {"Id": answer.json()["orderSummaryId"], "OrderLifeCycleType": kind or "MANAGED", "OrderNumber": "N1",
         "Status": "Created"}
    ]  # fmt: skip
    refused_with(await desk.post(SUMMARIES, told), 400, "DUPLICATE_VALUE", "OriginalOrderId", orderSummaryId=None)
    assert len(await desk.query("SELECT Id FROM OrderSummary")) == 1


async def test_summaries_that_are_refused(desk: Desk) -> None:
    draft = await order_of(desk, ("shirt", 1, "10.00"))
    active = await order_of(desk, ("shirt", 1, "10.00"), activate=True)
    before = await census(desk)
    restricted = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"
    for more, code, message in (
        ({"orderId": draft["order"]}, "INVALID_INPUT", "only an activated order"),
        ({"orderId": "801000000000001"}, "INVALID_ID_FIELD", "Invalid identifier: 801000000000001"),
        ({"orderLifeCycleType": "UNMANAGED"}, "INVALID_INPUT", "summary_on_activation"),
        ({"orderLifeCycleType": "x"}, restricted, ""),
        ({"businessModel": "x"}, restricted, ""),
        ({"sourceProcess": "x"}, restricted, ""),
        ({"externalReferenceIdentifier": "x" * 81}, "STRING_TOO_LONG", "max length=80"),
        ({"status": "x" * 41}, "STRING_TOO_LONG", "max length=40"),
    ):
        told = {"orderId": active["order"]} | more
        refused_with(await desk.post(SUMMARIES, told), 400, code, message, orderSummaryId=None)
    assert await census(desk) == before
    assert len(await desk.query("SELECT Id FROM OrderSummary WHERE Status = 'Created'")) == 1


# -- 4.5 ------------------------------------------------------------------------------------------


async def _later_money(desk: Desk, order_id: str) -> dict[str, str]:
    """An authorization and two payments of a card that came after the summary."""
    common = {"PaymentGroupId": "@{group.id}", "PaymentMethodId": "@{card.id}", "AccountId": desk.ids["account"],
              "ProcessingMode": "External", "Status": "Processed"}  # fmt: skip
    graph = await desk.graph(
        node("POST", "PaymentGroup", "group", SourceObjectId=order_id),
        node("POST", "CardPaymentMethod", "card", PaymentGatewayId=desk.ids["gateway"], CardType="Visa",
             ProcessingMode="External", Status="Active", CardLastFour=2222),
        node("POST", "PaymentAuthorization", "authorization", Amount=30, **common),
        node("POST", "Payment", "paid", Amount=4, Type="Sale", **common),
        node("POST", "Payment", "more", Amount=1, Type="Sale", **common),
        node("POST", "Payment", "draft", Amount=1, Type="Sale", **common | {"Status": "Draft"}),
    )  # fmt: skip
    assert graph["isSuccessful"] is True, graph
    return {name: body["id"] for name, body in bodies(graph).items()}


async def test_later_money_gets_its_payment_summary(desk: Desk, it: Sold) -> None:
    money = await _later_money(desk, it["order"])
    told = {"orderSummaryId": it["summary"], "paymentIds": [money["paid"], money["more"][:15], money["paid"]]}
    answer = await desk.post(PAYMENTS, told)
    assert answer.status_code == 201, answer.text
    made = answer.json()["orderPaymentSummaryId"]
    assert answer.json() == {"success": True, "errors": [], "orderPaymentSummaryId": made}
    assert (await desk.query(
        "SELECT Method, CapturedAmount, BalanceAmount, AuthorizationAmount, CurrencyIsoCode, OrderSummaryId "
        f"FROM OrderPaymentSummary WHERE Id = '{made}'"
    )) == [{"Method": "Visa - 2222", "CapturedAmount": 5.0, "BalanceAmount": 5.0, "AuthorizationAmount": 0.0,
            "CurrencyIsoCode": "EUR", "OrderSummaryId": it["summary"]}]  # fmt: skip
    for name in ("paid", "more"):
        assert (await desk.get("Payment", money[name]))["OrderPaymentSummaryId"] == made
    named = await desk.post(
        PAYMENTS,
        {"orderSummaryId": it["summary"], "paymentAuthorizationId": money["authorization"], "name": "VISA-2222"},
    )
    assert named.status_code == 201, named.text
    other = named.json()["orderPaymentSummaryId"]
    row = await desk.get("OrderPaymentSummary", other)
    assert (row["Method"], row["AvailableToCaptureAmount"]) == ("VISA-2222", 30.0)
    refused_with(
        await desk.post(PAYMENTS, told), 400, "INVALID_INPUT",
        f"{money['paid']} is in the order payment summary {made} already.", orderPaymentSummaryId=None,
    )  # fmt: skip


async def test_money_that_gets_no_payment_summary(desk: Desk, it: Sold) -> None:
    money = await _later_money(desk, it["order"])
    other = await sold(desk)
    foreign = await _later_money(desk, other["order"])
    before = await census(desk)
    for more, code, message in (
        ({}, "REQUIRED_FIELD_MISSING", "paymentAuthorizationId, paymentIds"),
        ({"paymentIds": []}, "REQUIRED_FIELD_MISSING", "paymentAuthorizationId, paymentIds"),
        ({"paymentIds": [foreign["paid"]]}, "INVALID_INPUT", "is not of the order of"),
        ({"paymentIds": [money["draft"]]}, "INVALID_INPUT", "is Draft"),
        ({"paymentIds": [money["authorization"]]}, "INVALID_ID_FIELD", "Invalid identifier: 0Xc"),
        ({"paymentAuthorizationId": "0Xc000000000001"}, "INVALID_ID_FIELD", "Invalid identifier: 0Xc"),
        ({"paymentIds": [money["paid"]], "orderSummaryId": "1Os000000000001"}, "INVALID_ID_FIELD", "1Os"),
        ({"paymentIds": [money["paid"]], "name": "x" * 256}, "STRING_TOO_LONG", "max length=255"),
    ):
        answer = await desk.post(PAYMENTS, {"orderSummaryId": it["summary"]} | more)
        refused_with(answer, 400, code, message, orderPaymentSummaryId=None)
    another = await _later_money(desk, it["order"])
    answer = await desk.post(
        PAYMENTS, {"orderSummaryId": it["summary"], "paymentIds": [money["paid"], another["paid"]]}
    )
    refused_with(answer, 400, "INVALID_INPUT", "must be of one payment method", orderPaymentSummaryId=None)
    assert "orderpaymentsummary" not in growth(before, await census(desk))
