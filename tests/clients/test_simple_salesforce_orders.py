"""Unmodified simple-salesforce 1.12.10 posts the tills' order graph to real processes and follows the order."""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
import requests
from simple_salesforce.exceptions import SalesforceAuthenticationFailed, SalesforceMalformedRequest
from tests.clients.adapter import by_app, by_soap
from tests.processes import Running, eventually


class Till(NamedTuple):
    """A logged-in client, and the ids of what it sells."""

    sf: Any
    ids: dict[str, str]


@pytest.fixture(scope="module")
def till(running: Running, session: requests.Session) -> Till:
    """S0-89: what the till finds or makes before it sells; each create answers id, success and errors."""
    sf = by_app(running, session)

    def made(noun: str, **body: object) -> str:
        answer = getattr(sf, noun).create(body)
        assert {**answer, "id": ""} == {"id": "", "success": True, "errors": []}
        assert len(answer["id"]) == 18
        return str(answer["id"])

    ids = {
        "account": made("Account", Name="Default shopper"),
        "book": made("Pricebook2", Name="shop-en-GB", IsActive=True),
        "method": made("OrderDeliveryMethod", Name="ONLINE-DEFAULT", IsActive=True),
        "channel": made("SalesChannel", SalesChannelName="POS"),
        "provider": made("PaymentGatewayProvider", DeveloperName="Simulated", MasterLabel="Sim"),
    }
    ids["gateway"] = made(
        "PaymentGateway", PaymentGatewayName="Sim", PaymentGatewayProviderId=ids["provider"], Status="Active",
        MerchantCredentialId="0XA000000000001",
    )  # fmt: skip
    for sku, price in (("till-shirt", 10), ("till-hat", 5.5), ("till-rare", 99)):
        ids[sku] = made("Product2", Name=sku.title(), StockKeepingUnit=sku, IsActive=True)
        ids[f"{sku}-price"] = made(
            "PricebookEntry", Pricebook2Id=ids["book"], Product2Id=ids[sku], UnitPrice=price, IsActive=True
        )
    return Till(sf, ids)


def node(method: str, path: str, reference: str, **body: object) -> dict[str, object]:
    url = f"/services/data/v59.0/sobjects/{path}"
    return {"method": method, "url": url, "referenceId": reference, "body": body}


def order_graph(till: Till, reference: str, *lines: tuple[str, int, float]) -> dict[str, object]:
    """The sale as the connector posts it: order, group, products with tax, card, authorization, activation."""
    ids = till.ids
    nodes = [
        node("POST", "Order", "order", AccountId=ids["account"], Pricebook2Id=ids["book"], Status="Draft",
             EffectiveDate="2026-01-31", CurrencyIsoCode="GBP", SalesChannelId=ids["channel"],
             OrderManagementReferenceIdentifier=reference, BillingEmailAddress="jo@example.com"),
        node("POST", "OrderDeliveryGroup", "group", OrderId="@{order.id}", OrderDeliveryMethodId=ids["method"],
             DeliverToName="Jo Example", DeliverToCity="Town", EmailAddress="jo@example.com"),
    ]  # fmt: skip
    for number, (sku, quantity, amount) in enumerate(lines, 1):
        nodes += [
            node("POST", "OrderItem", f"item{number}", OrderId="@{order.id}", Quantity=quantity,
                 OrderDeliveryGroupId="@{group.id}", PricebookEntryId=ids[f"{sku}-price"], LineNumber=number,
                 UnitPrice=amount / quantity, TotalLineAmount=amount, Type="Order Product"),
            node("POST", "OrderItemTaxLineItem", f"tax{number}", OrderItemId=f"@{{item{number}.id}}",
                 Name="VAT", Amount=amount / 5, Rate=20, TaxEffectiveDate="2026-01-31", Type="Actual"),
        ]  # fmt: skip
    total = sum(amount for _, _, amount in lines) * 6 / 5
    nodes += [
        node("POST", "PaymentGroup", "payments", SourceObjectId="@{order.id}"),
        node("POST", "CardPaymentMethod", "card", PaymentGatewayId=ids["gateway"], AccountId=ids["account"],
             ProcessingMode="Salesforce", Status="Active", CardLastFour=1111, CardType="Visa"),
        node("POST", "PaymentAuthorization", "authorization", PaymentGroupId="@{payments.id}",
             PaymentMethodId="@{card.id}", PaymentGatewayId=ids["gateway"], AccountId=ids["account"],
             Amount=total, ProcessingMode="Salesforce", Status="Processed"),
        node("PATCH", "Order/@{order.id}", "activated", Status="Activated"),
    ]  # fmt: skip
    return {"graphs": [{"graphId": "sale", "compositeRequest": nodes}]}


def posted(till: Till, graph: dict[str, object]) -> dict[str, Any]:
    (answer,) = till.sf.restful("composite/graph", method="POST", json=graph)["graphs"]
    found: dict[str, Any] = answer
    return found


def test_both_logins_reach_the_same_organization(running: Running, session: requests.Session) -> None:
    """S0-21, S0-139: by connected app and by SOAP with the security token."""
    soap, app = by_soap(running, session), by_app(running, session)
    assert soap.sf_instance == app.sf_instance == f"127.0.0.1:{running.port}"
    assert soap.session_id != app.session_id
    people = [sf.oauth2("userinfo") for sf in (soap, app)]
    assert {one["preferred_username"] for one in people} == {running.credentials["username"]}
    assert len({one["organization_id"] for one in people}) == 1


def test_a_wrong_password_is_refused_and_printed_nowhere(running: Running, session: requests.Session) -> None:
    """S0-139."""
    with pytest.raises(SalesforceAuthenticationFailed) as refused:
        by_soap(running, session, password="wrong-word")
    assert refused.value.code == "INVALID_LOGIN"
    logs = running.server.log.read_text() + running.worker.log.read_text()
    assert "wrong-word" not in logs
    assert [secret for secret in running.credentials.values() if len(secret) > 25 and secret in logs] == []


def test_a_sale_becomes_a_fulfillment_order(running: Running, till: Till) -> None:
    """S0-01, S0-08, S0-57, S0-76, S0-77, S0-84, S0-89, S0-93, S0-100, S0-105, S0-109, S1-25."""
    graph = posted(till, order_graph(till, "till-1", ("till-shirt", 2, 20.0), ("till-hat", 1, 5.5)))

    assert graph["isSuccessful"] is True
    assert graph["graphId"] == "sale"
    parts = {one["referenceId"]: one for one in graph["graphResponse"]["compositeResponse"]}
    assert [(name, one["httpStatusCode"]) for name, one in parts.items()] == [
        ("order", 201), ("group", 201), ("item1", 201), ("tax1", 201), ("item2", 201), ("tax2", 201),
        ("payments", 201), ("card", 201), ("authorization", 201), ("activated", 204),
    ]  # fmt: skip
    order_id = parts["order"]["body"]["id"]
    assert parts["order"]["body"] == {"id": order_id, "success": True, "errors": []}
    where = f"/services/data/v59.0/sobjects/Order/{order_id}"
    assert parts["order"]["httpHeaders"] == {"Location": where}

    found: list[Any] = []
    asked = (
        "SELECT Status, StatusCategory, OrderId, ItemCount, TotalAmount, GrandTotalAmount, "
        "(SELECT Quantity, TotalPrice, TotalTaxAmount FROM FulfillmentOrderLineItems ORDER BY TotalPrice) "
        f"FROM FulfillmentOrder WHERE OrderId = '{order_id}'"
    )

    def is_routed() -> bool:
        found[:] = till.sf.query(asked)["records"]
        return found != []

    eventually(is_routed, "the order is routed")

    (order,) = found
    assert order["attributes"]["type"] == "FulfillmentOrder"
    assert (order["Status"], order["StatusCategory"], order["OrderId"]) == ("Allocated", "ACTIVATED", order_id)
    assert (order["ItemCount"], order["TotalAmount"], order["GrandTotalAmount"]) == (3.0, 25.5, 30.6)
    lines = order["FulfillmentOrderLineItems"]
    assert (lines["totalSize"], lines["done"]) == (2, True)
    assert [(one["Quantity"], one["TotalPrice"], one["TotalTaxAmount"]) for one in lines["records"]] == [
        (1.0, 5.5, 1.1), (2.0, 20.0, 4.0),
    ]  # fmt: skip
    summary = till.sf.query(
        "SELECT Status, GrandTotalAmount, OrderLifeCycleType, ExternalReferenceIdentifier, "
        "(SELECT StockKeepingUnit, Status, QuantityAllocated FROM OrderItemSummaries ORDER BY LineNumber), "
        "(SELECT AuthorizationAmount, CapturedAmount FROM OrderPaymentSummaries) "
        f"FROM OrderSummary WHERE OriginalOrderId = '{order_id}'"
    )["records"][0]
    assert (summary["GrandTotalAmount"], summary["OrderLifeCycleType"]) == (30.6, "MANAGED")
    assert summary["ExternalReferenceIdentifier"] == "till-1"
    assert [
        (one["StockKeepingUnit"], one["Status"], one["QuantityAllocated"])
        for one in summary["OrderItemSummaries"]["records"]
    ] == [("till-shirt", "ALLOCATED", 2.0), ("till-hat", "ALLOCATED", 1.0)]
    (payment,) = summary["OrderPaymentSummaries"]["records"]
    assert (payment["AuthorizationAmount"], payment["CapturedAmount"]) == (30.6, 0.0)
    reserved = running.rows("SELECT sku, reserved FROM position WHERE reserved > 0 ORDER BY sku")
    assert [(sku, int(units)) for sku, units in reserved] == [("till-hat", 1), ("till-shirt", 2)]


def test_the_same_sale_again_is_refused_whole(running: Running, till: Till) -> None:
    """S0-84, S0-85: a repeat with the same external identity leaves nothing behind."""
    graph = order_graph(till, "till-2", ("till-hat", 1, 5.5))
    first = posted(till, graph)
    counts = 'SELECT (SELECT count(*) FROM "order"), (SELECT count(*) FROM cardpaymentmethod)'
    before = running.rows(counts)

    again = posted(till, graph)

    assert (first["isSuccessful"], again["isSuccessful"]) == (True, False)
    errors = {
        one["referenceId"]: one["body"][0]["errorCode"] for one in again["graphResponse"]["compositeResponse"]
    }
    assert errors.pop("activated") == "DUPLICATE_VALUE"
    assert set(errors.values()) == {"PROCESSING_HALTED"}
    assert running.rows(counts) == before
    same = "SELECT COUNT() FROM OrderSummary WHERE ExternalReferenceIdentifier = 'till-2'"
    assert till.sf.query(same)["totalSize"] == 1


def test_one_bad_node_leaves_nothing_of_the_graph(running: Running, till: Till) -> None:
    """S0-84, S0-101: the second product repeats a line number."""
    graph: Any = order_graph(till, "till-3", ("till-hat", 1, 5.5), ("till-shirt", 1, 10.0))
    for one in graph["graphs"][0]["compositeRequest"]:
        if one["referenceId"] == "item2":
            one["body"]["LineNumber"] = 1

    answer = posted(till, graph)

    assert answer["isSuccessful"] is False
    parts = {one["referenceId"]: one for one in answer["graphResponse"]["compositeResponse"]}
    assert (parts["item2"]["httpStatusCode"], parts["item2"]["body"][0]["errorCode"]) == (400, "DUPLICATE_VALUE")
    assert parts["item2"]["body"][0]["fields"] == ["LineNumber"]
    mine = "SELECT count(*) FROM \"order\" WHERE ordermanagementreferenceidentifier = 'till-3'"
    assert running.rows(mine) == [(0,)]


def test_an_order_nobody_can_send_stays_with_its_summary(running: Running, till: Till) -> None:
    """S1-30: it is parked, and no fulfillment order or reservation is made."""
    graph = posted(till, order_graph(till, "till-4", ("till-rare", 1, 99.0)))
    assert graph["isSuccessful"] is True
    order_id = graph["graphResponse"]["compositeResponse"][0]["body"]["id"]

    parked = "SELECT count(*) FROM fact WHERE root = %s AND kind = 'RoutingParked'"
    eventually(lambda: running.rows(parked, order_id) == [(1,)], "the order is parked")

    orders = till.sf.query(f"SELECT Id FROM FulfillmentOrder WHERE OrderId = '{order_id}'")
    assert (orders["totalSize"], orders["records"]) == (0, [])
    assert running.rows("SELECT count(*) FROM reservation WHERE sku = 'till-rare'") == [(0,)]


def test_a_refused_create_is_the_clients_own_error(till: Till) -> None:
    """S0-22: 400 with code and field; the client raises its class for it."""
    with pytest.raises(SalesforceMalformedRequest) as refused:
        till.sf.Order.create({"AccountId": till.ids["account"], "Status": "Draft"})
    assert refused.value.status == 400
    content: Any = refused.value.content
    (error,) = content
    assert (error["errorCode"], error["fields"]) == ("REQUIRED_FIELD_MISSING", ["EffectiveDate"])


def test_a_shopper_is_upserted_by_name(till: Till) -> None:
    """S0-88: 201, then 200, as the client passes them on; read and deleted by the same key."""
    name = "Name/Till + shopper/1"
    assert till.sf.Account.upsert(name, {"Type": "Shop"}) == 201
    assert till.sf.Account.upsert(name, {"Type": "Till"}) == 200
    row = till.sf.Account.get_by_custom_id("Name", "Till + shopper/1")
    assert (row["Name"], row["Type"]) == ("Till + shopper/1", "Till")
    parts = [
        node("PATCH", "Account/Name/Till%20%2B%20shopper%2F1", "shopper", Type="Shop"),
        node("GET", "Account/@{shopper.id}?fields=Type", "read"),
    ]
    told = {"allOrNone": True, "compositeRequest": parts}
    answered = till.sf.restful("composite", method="POST", json=told)["compositeResponse"]
    assert [one["httpStatusCode"] for one in answered] == [200, 200]
    assert answered[1]["body"]["Type"] == "Shop"
    assert till.sf.Account.delete(row["Id"]) == 204


def test_an_order_is_followed_to_its_captured_money(running: Running, till: Till) -> None:
    """S0-58, S0-66, S0-128, S1-14: the parcel and the status by the client's own calls, the rest by itself."""
    graph = posted(till, order_graph(till, "till-5", ("till-hat", 1, 5.5)))
    assert graph["isSuccessful"] is True
    order_id = graph["graphResponse"]["compositeResponse"][0]["body"]["id"]
    of_order = f"WHERE OrderId = '{order_id}'"
    sent = f"SELECT Id, OrderSummaryId, GrandTotalAmount FROM FulfillmentOrder {of_order}"
    eventually(lambda: till.sf.query(sent)["totalSize"] == 1, "the order is routed")
    (order,) = till.sf.query(sent)["records"]

    till.sf.Shipment.create(
        {"FulfillmentOrderId": order["Id"], "TrackingNumber": "TILL-5", "ShipToName": "Jo Example"}
    )
    assert till.sf.FulfillmentOrder.update(order["Id"], {"Status": "Fulfilled"}) == 204

    of_summary = f"WHERE OrderSummaryId = '{order['OrderSummaryId']}'"
    taken = f"SELECT CapturedAmount, PendingCaptureAmount FROM OrderPaymentSummary {of_summary}"

    def captured() -> bool:
        (purse,) = till.sf.query(taken)["records"]
        return bool(purse["CapturedAmount"] == order["GrandTotalAmount"] and purse["PendingCaptureAmount"] == 0)

    eventually(captured, "the money is captured")
    (invoice,) = till.sf.query(
        "SELECT TotalAmountWithTax, Balance, SettlementStatus FROM Invoice "
        f"WHERE ReferenceEntityId = '{order['OrderSummaryId']}'"
    )["records"]
    invoice.pop("attributes")
    total = order["GrandTotalAmount"]
    assert invoice == {"TotalAmountWithTax": total, "Balance": 0.0, "SettlementStatus": "Settled"}
    (parcel,) = till.sf.query(f"SELECT OrderSummaryId, TrackingNumber FROM Shipment {of_summary}")["records"]
    assert (parcel["OrderSummaryId"], parcel["TrackingNumber"]) == (order["OrderSummaryId"], "TILL-5")
