"""The records a sale is made of, one kind after the other: what each stands for, and how it is asked for."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import ask, census, growth, only, order_of, refused
from tests.life import check_laws, moved, parcels
from tests.till import Sale, open_store

from ordo.providers.simulated.payment_gateway import SimulatedGateway

INTEGRITY = "FIELD_INTEGRITY_EXCEPTION"


@pytest.fixture
async def store(desk: Desk) -> Desk:
    """Goods on the shelves of DC1, a product for the delivery's charge, and a second card gateway."""
    await open_store(desk)
    await desk.stock("DC1", tea=9, cup=9, shirt=9)
    await desk.route_to("DC1")
    desk.ids["parcel"] = await desk.make("Product2", Name="Parcel", IsActive=True)
    desk.ids["parcel-price"] = await desk.make(
        "PricebookEntry", Pricebook2Id=desk.ids["book"], Product2Id=desk.ids["parcel"], UnitPrice=4.9,
        IsActive=True,
    )  # fmt: skip
    answer = await desk.patch("OrderDeliveryMethod", desk.ids["method"], ProductId=desk.ids["parcel"])
    assert answer.status_code == 204, answer.text
    return desk


async def shipped_sale(desk: Desk) -> dict[str, Any]:
    """Tea and a cup with their delivery charge, routed; the summary."""
    sale = Sale(desk).group("method", DeliverToName="Amanda Freeman")
    sale.line("tea", 2, "20.00", tax="5.20")
    sale.line("cup", 1, "6.50")
    sale.line("parcel", 1, "4.90", tax="0.64", Type="Delivery Charge")
    sale.promise("57.24")
    return await sale.sold()


# -- each object -----------------------------------------------------------------------------------


async def every_object(desk: Desk) -> dict[str, tuple[str, dict[str, Any]]]:
    """One record of each kind, most of them just created, and a change it takes."""
    sale = Sale(desk).group("method", DeliverToName="Amanda Freeman")
    sale.line("tea", 2, "20.00")
    sale.promotion("WINTER", item1="-1.00")
    sale.cash("9.00")
    sale.promise("30.00")
    summary = await sale.sold()
    found = {"OrderSummary": summary["Id"]}
    for noun in ("OrderDeliveryGroupSummary", "OrderItemSummary", "OrderPaymentSummary",
                 "OrderAdjustmentGroupSummary", "FulfillmentOrder", "FulfillmentOrderLineItem",
                 "CardPaymentMethod", "DigitalWallet", "PaymentAuthorization", "Payment",
                 "PaymentGroup"):  # fmt: skip
        rows = await desk.query(f"SELECT Id FROM {noun}")
        found[noun] = rows[0]["Id"]
    draft: dict[str, Any] = {"AccountId": desk.ids["account"], "EffectiveDate": "2026-01-31", "Status": "Draft"}
    draft["Pricebook2Id"] = desk.ids["book"]
    order = found["Order"] = await desk.make("Order", **draft)
    found["OrderDeliveryGroup"] = await desk.make("OrderDeliveryGroup", OrderId=order)
    item = found["OrderItem"] = await desk.make(
        "OrderItem", OrderId=order, PricebookEntryId=desk.ids["tea-price"], Quantity=1, UnitPrice=20
    )
    of_item = {"OrderItemId": item, "Name": "x", "Amount": 1}
    found["OrderItemTaxLineItem"] = await desk.make(
        "OrderItemTaxLineItem", **of_item, TaxEffectiveDate="2026-01-31", Type="Actual"
    )
    found["OrderAdjustmentGroup"] = await desk.make("OrderAdjustmentGroup", OrderId=order, Name="x", Type="Header")
    found["OrderItemAdjustmentLineItem"] = await desk.make("OrderItemAdjustmentLineItem", **of_item)
    found["Shipment"] = await desk.make(
        "Shipment", FulfillmentOrderId=found["FulfillmentOrder"], ShipToName="Amanda Freeman"
    )
    own = {
        "Account": "account", "Pricebook2": "book", "PricebookEntry": "tea-price", "Product2": "tea",
        "Location": "store", "OrderDeliveryMethod": "method", "SalesChannel": "channel",
        "PaymentGateway": "gateway",
    }  # fmt: skip
    found |= {noun: desk.ids[name] for noun, name in own.items()}
    changes: dict[str, dict[str, Any]] = {
        "PricebookEntry": {"UnitPrice": 21.5}, "Account": {"Site": "x"},
        "FulfillmentOrder": {"FulfilledToName": "x"}, "Shipment": {"TrackingNumber": "x"},
        "OrderPaymentSummary": {"FullName": "x"}, "PaymentGroup": {},  # which has nothing that changes
        "OrderDeliveryGroupSummary": {"DeliverToCity": "x"},
        **{noun: {"Comments": "x"} for noun in ("CardPaymentMethod", "DigitalWallet", "PaymentAuthorization",
                                                "Payment", "PaymentGateway")},
    }  # fmt: skip
    return {noun: (record_id, changes.get(noun, {"Description": "x"})) for noun, record_id in found.items()}


async def test_each_object_is_created_queried_and_patched(store: Desk) -> None:
    """S0-22, S0-23…S0-44, S0-46…S0-50: in the version of the tills and in a later one, and nothing else changes
    by it. Summaries are made by the activation, so that they are only read and changed."""
    found = await every_object(store)
    assert len(found) == 27
    for noun, (record_id, change) in found.items():
        before = await census(store)
        for version in ("49.0", "60.0"):
            one = f"/sobjects/{noun}/{record_id}"
            answer = await ask(store, "PATCH", one, change, version=version)
            assert (answer.status_code, answer.content) == (204, b""), (noun, answer.text)
            names = ", ".join(["Id", *change])
            soql = f"SELECT {names} FROM {noun} WHERE Id = '{record_id}'"
            answer = await store.client.get(f"/services/data/v{version}/query", params={"q": soql})
            assert answer.status_code == 200, (noun, answer.text)
            row = only(answer.json()["records"])
            assert row.pop("attributes") == {"type": noun, "url": f"/services/data/v{version}{one}"}
            assert row == {"Id": record_id} | change
        assert growth(before, await census(store)) == {}, noun
    await check_laws(store)


async def test_all_methods_are_payment_methods(store: Desk) -> None:
    """S0-45, S0-60: the view of cards and wallets is queried, not written."""
    found = await every_object(store)
    rows = await store.query("SELECT Id FROM PaymentMethod ORDER BY Id")
    assert {row["Id"] for row in rows} == {found["CardPaymentMethod"][0], found["DigitalWallet"][0]}
    before = await census(store)
    answer = await store.post("/sobjects/PaymentMethod", {"Status": "Active"})
    assert answer.status_code in (400, 403, 405), answer.text
    assert growth(before, await census(store)) == {}


# -- the order and its parts -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "change"),
    [
        ("OrderItemTaxLineItem", {"Amount": 1}),
        ("OrderItemAdjustmentLineItem", {"Amount": -1}),
        ("OrderDeliveryGroup", {"DeliverToName": "Li"}),
        ("OrderDeliveryGroup", {"OrderDeliveryMethodId": "taken"}),
        ("OrderAdjustmentGroup", {"Type": "SplitLine"}),
        ("OrderItem", {"TotalLineAmount": 1, "Description": "x"}),
    ],
)
async def test_an_amount_of_an_activated_order_is_not_patched(
    store: Desk, noun: str, change: dict[str, Any]
) -> None:
    """S0-52: nor who gets the goods and how; order and summary stay what they were."""
    sale = Sale(store).group("method", DeliverToName="Amanda Freeman")
    sale.line("tea", 2, "20.00", tax="5.20")
    sale.promotion("WINTER", item1="-4.00")
    await sale.sold()
    row = only(await store.query(f"SELECT Id FROM {noun}"))
    sums = "SELECT GrandTotalAmount, OriginalOrder.GrandTotalAmount FROM OrderSummary"
    before = await census(store)
    told = {name: store.ids.get(str(value), value) for name, value in change.items()}
    refused(await store.patch(noun, row["Id"], **told), 400, INTEGRITY)
    assert await store.query(sums) == [{"GrandTotalAmount": 41.2, "OriginalOrder": {"GrandTotalAmount": 41.2}}]
    assert growth(before, await census(store)) == {}


async def test_two_recipients_of_one_order(store: Desk) -> None:
    """S0-56, S0-57: two groups, two group summaries, a fulfillment order for each, with its own recipient."""
    sale = Sale(store).group("method", DeliverToName="Amanda Freeman", DeliverToCity="Toronto")
    sale.line("tea", 1, "20.00")
    sale.line("cup", 2, "6.50")
    sale.group("later", DeliverToName="Li Wei", DeliverToCity="Montreal")
    sale.line("tea", 3, "20.00")
    summary = await sale.sold()
    rows = await store.query(
        "SELECT DeliverToName, DeliverToCity, OrderDeliveryMethod.Name, OriginalOrderDeliveryGroup.OrderId, "
        "(SELECT StockKeepingUnit, QuantityOrdered FROM OrderItemSummaries ORDER BY LineNumber) "
        f"FROM OrderDeliveryGroupSummary WHERE OrderSummaryId = '{summary['Id']}' ORDER BY DeliverToName"
    )
    assert [
        (row["DeliverToName"], row["DeliverToCity"], row["OrderDeliveryMethod"]["Name"],
         row["OriginalOrderDeliveryGroup"]["OrderId"], [tuple(one.values()) for one in row["OrderItemSummaries"]])
        for row in rows
    ] == [
        ("Amanda Freeman", "Toronto", "ONLINE-DEFAULT", summary["OriginalOrderId"], [("tea", 1), ("cup", 2)]),
        ("Li Wei", "Montreal", "IN_STORE-PICKUP_LATER", summary["OriginalOrderId"], [("tea", 3)]),
    ]  # fmt: skip
    assert await store.query(
        "SELECT FulfilledToName, FulfilledToCity, ItemCount, DeliveryMethod.Name FROM FulfillmentOrder "
        "ORDER BY FulfilledToName"
    ) == [
        {"FulfilledToName": "Amanda Freeman", "FulfilledToCity": "Toronto", "ItemCount": 3,
         "DeliveryMethod": {"Name": "ONLINE-DEFAULT"}},
        {"FulfilledToName": "Li Wei", "FulfilledToCity": "Montreal", "ItemCount": 3,
         "DeliveryMethod": {"Name": "IN_STORE-PICKUP_LATER"}},
    ]  # fmt: skip


async def test_a_promotion_over_three_lines(store: Desk) -> None:
    """S0-65: one group with three adjustments, and the same of the summary; the group is worth their sum."""
    sale = Sale(store).group("method", DeliverToName="Amanda Freeman")
    for sku, price in (("tea", "20.00"), ("cup", "6.50"), ("shirt", "10.00")):
        sale.line(sku, 1, price)
    sale.promotion("WINTER10", item1="-2.00", item2="-0.65", item3="-1.00")
    summary = await sale.sold()
    expected = {"Name": "WINTER10", "Type": "Header", "TotalAmount": -3.65, "GrandTotalAmount": -3.65}
    lines = [{"Name": "WINTER10", "Amount": amount} for amount in (-2.0, -1.0, -0.65)]
    group = only(
        await store.query(
            "SELECT Name, Type, TotalAmount, GrandTotalAmount, OrderId, (SELECT Name, Amount FROM "
            "OrderItemAdjustmentLineItems ORDER BY Amount) FROM OrderAdjustmentGroup"
        )
    )
    assert group == {
        **expected, "OrderId": summary["OriginalOrderId"], "OrderItemAdjustmentLineItems": lines,
    }  # fmt: skip
    of_summary = only(
        await store.query(
            "SELECT Name, Type, TotalAmount, GrandTotalAmount, OrderSummaryId, OriginalOrderAdjGroup.OrderId, "
            "(SELECT Name, Amount FROM OrderItemAdjustmentLineItemSummaries ORDER BY Amount) "
            "FROM OrderAdjustmentGroupSummary"
        )
    )
    assert of_summary == {
        **expected, "OrderSummaryId": summary["Id"],
        "OriginalOrderAdjGroup": {"OrderId": summary["OriginalOrderId"]},
        "OrderItemAdjustmentLineItemSummaries": lines,
    }  # fmt: skip
    assert await store.query("SELECT GrandTotalAmount FROM OrderSummary") == [{"GrandTotalAmount": 32.85}]


async def test_a_promotion_is_of_one_order(store: Desk) -> None:
    """S0-65: an adjustment does not join the group of another order, by create or by change."""
    body = {"AccountId": store.ids["account"], "Pricebook2Id": store.ids["book"], "EffectiveDate": "2026-01-31"}
    mine, other = [await store.make("Order", **body, Status="Draft") for _ in range(2)]
    item = await store.make(
        "OrderItem", OrderId=mine, PricebookEntryId=store.ids["tea-price"], Quantity=1, UnitPrice=20
    )
    promotion = {"Name": "WINTER10", "Type": "Header"}
    right, wrong = [await store.make("OrderAdjustmentGroup", OrderId=one, **promotion) for one in (mine, other)]
    less = {"Name": "WINTER10", "Amount": -1, "OrderItemId": item}
    before = await census(store)
    message = "the adjustment group is not of this order"
    answer = await store.post("/sobjects/OrderItemAdjustmentLineItem", less | {"OrderAdjustmentGroupId": wrong})
    refused(answer, 400, INTEGRITY, message, "OrderAdjustmentGroupId")
    assert growth(before, await census(store)) == {}
    made = await store.make("OrderItemAdjustmentLineItem", **less, OrderAdjustmentGroupId=right)
    answer = await store.patch("OrderItemAdjustmentLineItem", made, OrderAdjustmentGroupId=wrong)
    refused(answer, 400, INTEGRITY, message, "OrderAdjustmentGroupId")
    assert await store.query("SELECT TotalAmount FROM OrderAdjustmentGroup ORDER BY TotalAmount") == [
        {"TotalAmount": -1}, {"TotalAmount": 0},
    ]  # fmt: skip


async def test_a_tax_is_of_the_line_whose_adjustment_it_names(store: Desk) -> None:
    """By create or by change, of the same order or of another."""
    ids = [await order_of(store, ("shirt", 1, "10.00"), ("hat", 1, "5.50")) for _ in range(2)]
    mine = ids[0]["item1"]
    less = [
        await store.make("OrderItemAdjustmentLineItem", Name="x", Amount=-1, OrderItemId=one)
        for one in (mine, ids[0]["item2"], ids[1]["item1"])
    ]
    tax = {"Name": "HST", "Amount": 1, "TaxEffectiveDate": "2026-01-31", "OrderItemId": mine, "Type": "Actual"}
    made = await store.make("OrderItemTaxLineItem", **tax, OrderItemAdjustmentLineItemId=less[0])
    message = "the adjustment is not of this order product"
    before = await census(store)
    for wrong in less[1:]:
        named = {"OrderItemAdjustmentLineItemId": wrong}
        answer = await store.post("/sobjects/OrderItemTaxLineItem", tax | named)
        refused(answer, 400, INTEGRITY, message, *named)
        refused(await store.patch("OrderItemTaxLineItem", made, **named), 400, INTEGRITY, message, *named)
    assert growth(before, await census(store)) == {}
    assert (await store.get("OrderItemTaxLineItem", made))["OrderItemAdjustmentLineItemId"] == less[0]


# -- where, how, through whom ----------------------------------------------------------------------


async def test_the_delivery_charge_is_the_line_of_the_methods_product(store: Desk) -> None:
    """S0-61, S0-67: it counts as delivery, not as a product, on the order, its group, and what is sent."""
    await shipped_sale(store)
    charge = only(
        await store.query(
            "SELECT Product2Id, TypeCode, TotalPrice, "
            "OrderDeliveryGroupSummary.OrderDeliveryMethod.ProductId, OrderDeliveryGroupSummary.GrandTotalAmount "
            "FROM OrderItemSummary WHERE Type = 'Delivery Charge'"
        )
    )
    assert charge == {
        "Product2Id": store.ids["parcel"], "TypeCode": "Charge", "TotalPrice": 4.9,
        "OrderDeliveryGroupSummary": {
            "OrderDeliveryMethod": {"ProductId": store.ids["parcel"]}, "GrandTotalAmount": 5.54,
        },
    }  # fmt: skip
    assert await store.query(
        "SELECT TotalProductAmount, TotalDeliveryAmount, TotalDeliveryTaxAmount, OrderProductLineCount "
        "FROM OrderSummary"
    ) == [
        {"TotalProductAmount": 46.5, "TotalDeliveryAmount": 4.9, "TotalDeliveryTaxAmount": 0.64,
         "OrderProductLineCount": 2}
    ]  # fmt: skip


async def test_one_fulfillment_order_in_two_parcels(store: Desk) -> None:
    """S0-58, S0-66: goods and delivery charge of one location and recipient, two shipments of one order."""
    summary = await shipped_sale(store)
    order = only(await parcels(store, summary))["Id"]
    for number in ("T1", "T2"):
        await store.make("Shipment", FulfillmentOrderId=order, ShipToName="Amanda", TrackingNumber=number)
    found = only(
        await store.query(
            "SELECT OrderSummaryId, FulfilledFromLocation.Name, FulfilledToName, DeliveryMethod.Name, ItemCount, "
            "TotalProductAmount, TotalDeliveryAmount, GrandTotalAmount, "
            "(SELECT Type, Quantity, TotalAmount FROM FulfillmentOrderLineItems ORDER BY TotalAmount), "
            "(SELECT TrackingNumber, OrderSummaryId FROM FulfillmentOrderShipments ORDER BY TrackingNumber) "
            "FROM FulfillmentOrder"
        )
    )
    assert found == {
        "OrderSummaryId": summary["Id"], "FulfilledFromLocation": {"Name": "DC1"},
        "FulfilledToName": "Amanda Freeman", "DeliveryMethod": {"Name": "ONLINE-DEFAULT"}, "ItemCount": 4,
        "TotalProductAmount": 46.5, "TotalDeliveryAmount": 4.9, "GrandTotalAmount": 57.24,
        "FulfillmentOrderLineItems": [
            {"Type": "Delivery Charge", "Quantity": 1, "TotalAmount": 5.54},
            {"Type": "Order Product", "Quantity": 1, "TotalAmount": 6.5},
            {"Type": "Order Product", "Quantity": 2, "TotalAmount": 45.2},
        ],
        "FulfillmentOrderShipments": [
            {"TrackingNumber": one, "OrderSummaryId": summary["Id"]} for one in ("T1", "T2")
        ],
    }  # fmt: skip


async def test_locations_by_their_type(store: Desk) -> None:
    """S0-59: warehouses and stores, each listed alone, and counted."""
    await store.make("Location", Name="Harbour", LocationType="Retail Store")
    asked = "SELECT Name FROM Location WHERE LocationType = '{}' ORDER BY Name"
    assert await store.query(asked.format("Retail Store")) == [{"Name": "Harbour"}, {"Name": "Main Street"}]
    assert await store.query(asked.format("Warehouse")) == [{"Name": "DC1"}, {"Name": "DC2"}]
    assert await store.query(asked.format("Van")) == []
    assert await store.query(
        "SELECT LocationType, COUNT(Id) n FROM Location GROUP BY LocationType ORDER BY LocationType"
    ) == [{"LocationType": "Retail Store", "n": 2}, {"LocationType": "Warehouse", "n": 2}]


async def test_orders_by_their_channel(store: Desk) -> None:
    """S0-62: of the order and of its summary, by the channel's id and by its name."""
    web = await store.make("SalesChannel", SalesChannelName="Web")
    sold: dict[str, list[str]] = {}
    for channel in (store.ids["channel"], web, web):
        sale = Sale(store, SalesChannelId=channel).group("method", DeliverToName="Amanda Freeman")
        sale.line("tea", 1, "20.00")
        sold.setdefault(channel, []).append((await sale.sold())["OriginalOrderId"])
    for channel, name in ((store.ids["channel"], "POS"), (web, "Web")):
        for condition in (f"SalesChannelId = '{channel}'", f"SalesChannel.SalesChannelName = '{name}'"):
            found = await store.query(f"SELECT Id FROM Order WHERE {condition} ORDER BY Id")
            assert [row["Id"] for row in found] == sorted(sold[channel])
            found = await store.query(
                f"SELECT OriginalOrderId FROM OrderSummary WHERE {condition} ORDER BY OriginalOrderId"
            )
            assert [row["OriginalOrderId"] for row in found] == sorted(sold[channel])


# -- money -----------------------------------------------------------------------------------------


async def test_a_payment_group_holds_the_orders_transactions(store: Desk) -> None:
    """S0-63, S0-64: a sale, an authorization and the capture that follows, of this order and of no other."""
    sales = []
    for _ in range(2):
        sale = Sale(store).group("method", DeliverToName="Amanda Freeman")
        sale.line("tea", 2, "20.00")
        sale.cash("15.00")
        sale.promise("25.00")
        sales.append(await sale.sold())
    summary = sales[0]
    await moved(store, only(await parcels(store, summary))["Id"], "Fulfilled")
    await store.settle()
    of_order = f"WHERE SourceObjectId = '{summary['OriginalOrderId']}'"
    group = only(
        await store.query(
            "SELECT Id, SourceObjectId, "
            "(SELECT Type, Status, Amount, ProcessingMode FROM Payments ORDER BY Amount), "
            f"(SELECT Status, Amount, Balance FROM PaymentAuthorizations) FROM PaymentGroup {of_order}"
        )
    )
    assert group == {
        "Id": group["Id"], "SourceObjectId": summary["OriginalOrderId"],
        "Payments": [
            {"Type": "Sale", "Status": "Processed", "Amount": 15, "ProcessingMode": "External"},
            {"Type": "Capture", "Status": "Processed", "Amount": 25, "ProcessingMode": "Salesforce"},
        ],
        "PaymentAuthorizations": [{"Status": "Processed", "Amount": 25, "Balance": 0}],
    }  # fmt: skip
    for noun, amounts in (("Payment", [15, 25]), ("PaymentAuthorization", [25])):
        rows = await store.query(
            f"SELECT Amount FROM {noun} WHERE PaymentGroupId = '{group['Id']}' ORDER BY Amount"
        )
        assert [row["Amount"] for row in rows] == amounts


async def test_a_payment_leads_to_its_method_whatever_it_is(store: Desk) -> None:
    """S0-60, S0-64: one reference to a card, a wallet or another kind; the view answers for each."""
    sale = Sale(store).group("taken")
    sale.line("tea", 3, "20.00")
    sale.cash("10.00")
    sale.card("20.00")
    other = sale.add("AlternativePaymentMethod", "voucher", NickName="Voucher", Status="Active",
                     ProcessingMode="External")  # fmt: skip
    sale.add("Payment", "by_voucher", PaymentGroupId="@{payments.id}", PaymentMethodId=other, Amount=30,
             ProcessingMode="External", Status="Processed", Type="Sale")  # fmt: skip
    await sale.sold()
    rows = await store.query(
        "SELECT Amount, PaymentMethodId, PaymentMethod.Id, PaymentMethod.Status FROM Payment ORDER BY Amount"
    )
    assert [(row["Amount"], row["PaymentMethodId"][:3]) for row in rows] == [(10, "1DW"), (20, "03O"), (30, "8Z7")]
    for row in rows:
        assert row["PaymentMethod"]["Id"] == row["PaymentMethodId"]
    assert [row["PaymentMethod"]["Status"] for row in rows] == ["Active", "Processed", "Active"]
    paid = await store.query("SELECT Method, CapturedAmount FROM OrderPaymentSummary ORDER BY CapturedAmount")
    assert [tuple(row.values()) for row in paid] == [("Cash", 10), ("Card - 4242", 20), ("Voucher", 30)]
    assert await store.query("SELECT Balance, SettlementStatus FROM Invoice") == [
        {"Balance": 0, "SettlementStatus": "Settled"}
    ]


async def test_each_card_is_captured_through_its_own_gateway(store: Desk, gateway: SimulatedGateway) -> None:
    """S0-67, S0-96: a gateway is a connection to somebody outside: it names its provider, and what was asked of
    it stands in its own log."""
    other = await store.make(
        "PaymentGateway", PaymentGatewayName="Other", PaymentGatewayProviderId=store.ids["provider"],
        Status="Active", MerchantCredentialId="0XA000000000001",
    )  # fmt: skip
    sale = Sale(store).group("method", DeliverToName="Amanda Freeman")
    sale.line("tea", 2, "20.00")
    sale.promise("15.00")
    first, store.ids["gateway"] = store.ids["gateway"], other
    sale.promise("25.00")
    summary = await sale.sold()
    await moved(store, only(await parcels(store, summary))["Id"], "Fulfilled")
    await store.settle()
    assert await store.query(
        "SELECT Amount, PaymentGateway.PaymentGatewayName, PaymentGateway.PaymentGatewayProvider.DeveloperName "
        "FROM Payment ORDER BY Amount"
    ) == [
        {"Amount": amount, "PaymentGateway": {
            "PaymentGatewayName": name, "PaymentGatewayProvider": {"DeveloperName": "Simulated"},
        }}
        for amount, name in ((15, "Sim"), (25, "Other"))
    ]  # fmt: skip
    logged = await store.query(
        "SELECT PaymentGatewayId, InteractionType, InteractionStatus FROM PaymentGatewayLog"
    )
    assert sorted(tuple(row.values()) for row in logged) == sorted(
        (one, "Capture", "Success") for one in (first, other)
    )
    assert sorted(line.amount.amount for line in gateway.books) == [Decimal(15), Decimal(25)]


# -- names and ways --------------------------------------------------------------------------------


async def test_names_in_any_case(store: Desk) -> None:
    """C13: of objects in the URL, of fields in the body, the query string and SOQL, of relationships, by every
    door; the answer spells them as the platform does."""
    before = await census(store)
    answer = await ask(store, "POST", "/sobjects/account", {"NAME": "Jo", "tYpE": "Shop"}, version="49.0")
    assert answer.status_code == 201, answer.text
    made = answer.json()["id"]
    answer = await ask(store, "PATCH", f"/sobjects/ACCOUNT/{made}", {"site": "Harbour"})
    assert answer.status_code == 204, answer.text
    answer = await ask(store, "GET", f"/sobjects/aCCount/{made}?fields=NAME,type,SITE")
    assert answer.json() == {
        "attributes": {"type": "Account", "url": f"/services/data/v60.0/sobjects/Account/{made}"},
        "Name": "Jo", "Type": "Shop", "Site": "Harbour", "Id": made,
    }  # fmt: skip
    assert growth(before, await census(store)) == {"account": 1}

    root = "/services/data/v60.0/sobjects"
    nodes = [
        {"method": "POST", "url": f"{root}/ACCOUNT", "referenceId": "a", "body": {"name": "Li"}},
        {"method": "POST", "url": f"{root}/contact", "referenceId": "c",
         "body": {"LASTNAME": "Li", "accountid": "@{a.id}"}},
    ]  # fmt: skip
    graph = await store.graph(*nodes)
    assert graph["isSuccessful"] is True, graph
    assert await store.query(
        "select ACCOUNT.name, lastNAME from CONTACT where aCCount.NAME = 'Li' order by LASTname"
    ) == [{"Account": {"Name": "Li"}, "LastName": "Li"}]
    assert await store.query("SELECT name, (SELECT lastname FROM CONTACTS) FROM account WHERE NAME = 'Li'") == [
        {"Name": "Li", "Contacts": [{"LastName": "Li"}]}
    ]


async def test_the_two_spellings_of_the_life_cycle(store: Desk) -> None:
    """C13: the article's OrderLifeCycleType and the platform's OrderLifecycleType are one field."""
    summary = await shipped_sale(store)
    for name in ("OrderLifeCycleType", "OrderLifecycleType", "orderlifecycletype"):
        assert await store.query(f"SELECT {name} FROM OrderSummary WHERE {name} = 'MANAGED'") == [
            {"OrderLifeCycleType": "MANAGED"}
        ]
        answer = await ask(store, "GET", f"/sobjects/OrderSummary/{summary['Id']}?fields={name}")
        assert answer.json()["OrderLifeCycleType"] == "MANAGED"


async def test_fulfillment_orders_are_reached_both_ways(store: Desk) -> None:
    """C14: down from the summary and down from its lines, and up again from the line of the fulfillment order."""
    summary = await shipped_sale(store)
    order = only(await parcels(store, summary))["Id"]
    found = only(
        await store.query(
            "SELECT Id, (SELECT Id, Status FROM FulfillmentOrders), (SELECT Id, StockKeepingUnit FROM "
            "OrderItemSummaries ORDER BY LineNumber) FROM OrderSummary"
        )
    )
    assert found["FulfillmentOrders"] == [{"Id": order, "Status": "Allocated"}]
    items = {row["StockKeepingUnit"]: row["Id"] for row in found["OrderItemSummaries"]}
    below = await store.query(
        "SELECT Id, (SELECT Id, FulfillmentOrderId, Quantity FROM FulfillmentOrderLineItems) FROM OrderItemSummary"
    )
    by_item = {row["Id"]: only(row["FulfillmentOrderLineItems"]) for row in below}
    assert {row["FulfillmentOrderId"] for row in by_item.values()} == {order}
    assert {sku: by_item[item]["Quantity"] for sku, item in items.items()} == {"tea": 2, "cup": 1, None: 1}
    lines = only(await store.query("SELECT (SELECT Id FROM FulfillmentOrderLineItems) FROM FulfillmentOrder"))
    ids = {row["Id"] for row in lines["FulfillmentOrderLineItems"]}
    assert ids == {row["Id"] for row in by_item.values()}
    up = await store.query(
        "SELECT Id, FulfillmentOrder.OrderSummaryId, OrderItemSummary.OrderSummaryId, OrderItemSummaryId "
        "FROM FulfillmentOrderLineItem"
    )
    assert {row["Id"]: row["OrderItemSummaryId"] for row in up} == {
        line["Id"]: item for item, line in by_item.items()
    }
    for row in up:
        assert row["FulfillmentOrder"] == row["OrderItemSummary"] == {"OrderSummaryId": summary["Id"]}
