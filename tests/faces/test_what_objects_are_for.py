"""What some objects stand for: described, and found by what makes them different."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import ask, only, order_of
from tests.faces.test_describe import by_name, described, values
from tests.life import parcel


async def test_locations_are_listed_by_type(desk: Desk) -> None:
    """S0-59: warehouses and stores; the type is an open list, which the merchant writes."""
    for name in ("Soho", "Camden"):
        await desk.make("Location", Name=name, LocationType="Retail Store")
    found = by_name(await described(desk, "Location"))["LocationType"]
    assert (found["type"], found["nillable"], found["restrictedPicklist"]) == ("picklist", False, False)
    for kind, names in (("Warehouse", ["DC1", "DC2"]), ("Retail Store", ["Camden", "Soho"]), ("Van", [])):
        rows = await desk.query(f"SELECT Name FROM Location WHERE LocationType = '{kind}' ORDER BY Name")
        assert [row["Name"] for row in rows] == names


async def test_a_delivery_methods_product_is_the_delivery_charge(desk: Desk) -> None:
    """S0-61, S0-67: its line on the order is a charge there and on the summary, beside the goods."""
    await desk.sell("shipping", "4.90")
    await desk.patch("OrderDeliveryMethod", desk.ids["method"], ProductId=desk.ids["shipping"])
    field = by_name(await described(desk, "OrderDeliveryMethod"))["ProductId"]
    assert (field["referenceTo"], field["relationshipName"]) == (["Product2"], "Product")
    nodes = desk.order_nodes([("shirt", 2, "20.00"), ("shipping", 1, "4.90")])
    charge = only([one for one in nodes if one["referenceId"] == "item2"])
    charge["body"]["Type"] = "Delivery Charge"
    graph = await desk.graph(*nodes)
    assert graph["isSuccessful"] is True, graph
    rows = await desk.query(
        "SELECT Type, TypeCode, Product2Id, TotalLineAmount FROM OrderItemSummary ORDER BY TotalLineAmount DESC"
    )
    shirt = {
        "Type": "Order Product",
        "TypeCode": "Product",
        "Product2Id": desk.ids["shirt"],
        "TotalLineAmount": 20,
    }
    shipping = {"Type": "Delivery Charge", "TypeCode": "Charge", "Product2Id": desk.ids["shipping"]}
    assert rows == [shirt, shipping | {"TotalLineAmount": 4.9}]
    [summary] = await desk.query(
        "SELECT TotalAdjustedProductAmount, TotalAdjustedDeliveryAmount FROM OrderSummary"
    )
    assert summary == {"TotalAdjustedProductAmount": 20, "TotalAdjustedDeliveryAmount": 4.9}


async def test_orders_are_found_by_their_channel(desk: Desk) -> None:
    """S0-62: on the order and on its summary, by id and by name."""
    till = desk.ids["channel"]
    desk.ids["channel"] = await desk.make("SalesChannel", SalesChannelName="Web", Type="B2C")
    web = (await order_of(desk, activate=True))["order"]
    desk.ids["channel"] = till
    sold = (await order_of(desk, activate=True))["order"]
    for name, order in (("Web", web), ("POS", sold)):
        where = f"WHERE SalesChannel.SalesChannelName = '{name}'"
        assert await desk.query(f"SELECT Id FROM Order {where}") == [{"Id": order}]
        assert await desk.query(f"SELECT OriginalOrderId FROM OrderSummary {where}") == [
            {"OriginalOrderId": order}
        ]
    assert await desk.query(f"SELECT Id FROM Order WHERE SalesChannelId = '{till}'") == [{"Id": sold}]
    assert values(by_name(await described(desk, "SalesChannel"))["Type"]) == ["B2B", "B2C", "Other"]


async def test_a_payment_group_has_all_of_an_orders_payments(desk: Desk) -> None:
    """S0-63: and none of another order's."""

    def paid(number: int) -> list[dict[str, Any]]:
        payment = node(
            "POST", "Payment", "payment", PaymentGroupId="@{payments.id}", PaymentMethodId="@{card.id}",
            PaymentGatewayId=desk.ids["gateway"], AccountId=desk.ids["account"], Amount=number,
            ProcessingMode="External", Type="Sale", Status="Processed",
        )  # fmt: skip
        return [*desk.order_nodes([("shirt", 1, "10.00")], activate=False), payment]

    first, _ = [bodies(await desk.graph(*paid(number))) for number in (3, 4)]
    group, order = first["payments"]["id"], first["order"]["id"]
    [found] = await desk.query(
        "SELECT SourceObjectId, (SELECT Id FROM PaymentAuthorizations), (SELECT Id, Amount FROM Payments), "
        f"(SELECT Id FROM Refunds) FROM PaymentGroup WHERE Id = '{group}'"
    )
    assert found == {
        "SourceObjectId": order,
        "PaymentAuthorizations": [{"Id": first["authorization"]["id"]}],
        "Payments": [{"Id": first["payment"]["id"], "Amount": 3}],
        "Refunds": None,
    }
    children = (await described(desk, "PaymentGroup"))["childRelationships"]
    assert {(child["childSObject"], child["field"]) for child in children} >= {
        (noun, "PaymentGroupId") for noun in ("Payment", "PaymentAuthorization", "Refund")
    }


async def test_a_payment_gateway_names_its_provider(desk: Desk) -> None:
    """S0-67: the connection to an outside gateway; which one, the provider says."""
    found = by_name(await described(desk, "PaymentGateway"))
    provider = found["PaymentGatewayProviderId"]
    assert (provider["referenceTo"], provider["nillable"]) == (["PaymentGatewayProvider"], False)
    assert found["Status"]["restrictedPicklist"] is True
    assert {"Active", "Inactive"} <= set(values(found["Status"]))
    rows = await desk.query("SELECT PaymentGatewayName, PaymentGatewayProvider.DeveloperName FROM PaymentGateway")
    assert rows == [{"PaymentGatewayName": "Sim", "PaymentGatewayProvider": {"DeveloperName": "Simulated"}}]


@pytest.mark.parametrize("name", ["paymentgateway", "PAYMENTGATEWAY"])
async def test_an_objects_name_has_no_case(desk: Desk, name: str) -> None:
    """C13."""
    answer = await ask(desk, "GET", f"/sobjects/{name}/describe")
    assert answer.json()["name"] == "PaymentGateway"
    changed = await desk.patch(name, desk.ids["gateway"], STATUS="Inactive", comments="x")
    assert changed.status_code == 204, changed.text
    row = f"/sobjects/{name}/{desk.ids['gateway']}?fields=PAYMENTGATEWAYNAME,status"
    told = (await ask(desk, "GET", row)).json()
    assert (told["PaymentGatewayName"], told["Status"]) == ("Sim", "Inactive")
    rows = await desk.query(f"SELECT COMMENTS, paymentgatewayname FROM {name} WHERE STATUS = 'Inactive'")
    assert rows == [{"Comments": "x", "PaymentGatewayName": "Sim"}]


async def test_a_fulfillment_order_is_found_under_its_summary_and_its_lines_under_the_items(desk: Desk) -> None:
    """C14."""
    parcel_id = await parcel(desk, ("shirt", 2, "20.00"))
    [line] = await desk.query("SELECT Id, FulfillmentOrder.OrderSummary.Status FROM FulfillmentOrderLineItem")
    assert line["FulfillmentOrder"] == {"OrderSummary": {"Status": "Created"}}
    orders = "SELECT Id, (SELECT Id FROM FulfillmentOrderLineItems) FROM FulfillmentOrders"
    [summary] = await desk.query(f"SELECT ({orders}) FROM OrderSummary")
    assert summary == {"FulfillmentOrders": [{"Id": parcel_id, "FulfillmentOrderLineItems": [{"Id": line["Id"]}]}]}
    [item] = await desk.query(
        "SELECT (SELECT Id, FulfillmentOrderId FROM FulfillmentOrderLineItems) FROM OrderItemSummary"
    )
    assert item == {"FulfillmentOrderLineItems": [{"Id": line["Id"], "FulfillmentOrderId": parcel_id}]}
