"""The requests of the till's integration guide, as it sends them to v49.0, one by one and as one sale."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import ask, census, growth, only

NAME = "SHOPNOW20140910-en_US-US"


async def _made(desk: Desk, noun: str, body: dict[str, Any], prefix: str) -> str:
    """201 with the platform's reply; exactly one row more."""
    before = await census(desk)
    answer = await ask(desk, "POST", f"/sobjects/{noun}", body, version="49.0")
    assert answer.status_code == 201, answer.text
    record_id: str = answer.json()["id"]
    assert answer.json() == {"id": record_id, "success": True, "errors": []}
    assert record_id[:3] == prefix
    assert growth(before, await census(desk)) == {noun.lower(): 1}
    return record_id


async def _found(desk: Desk, encoded: str, noun: str) -> list[str]:
    """What the till's lookup answers, to the letter."""
    answer = await desk.client.get(f"http://ordo.test/services/data/v49.0/query/?q={encoded}")
    assert answer.status_code == 200, answer.text
    body = answer.json()
    ids = [record["Id"] for record in body["records"]]
    assert body == {
        "totalSize": len(ids),
        "done": True,
        "records": [
            {"attributes": {"type": noun, "url": f"/services/data/v49.0/sobjects/{noun}/{one}"}, "Id": one}
            for one in ids
        ],
    }
    return ids


@pytest.mark.parametrize(
    ("noun", "encoded", "body", "prefix"),
    [
        # S0-88
        ("Account", f"SELECT+Id+FROM+Account+WHERE+Name+%3D+%27{NAME}%27", {"Name": NAME}, "001"),
        # S0-90
        ("Pricebook2", f"SELECT+Id+FROM+Pricebook2+WHERE+Name+%3D+%27{NAME}%27",
         {"Name": NAME, "Description": NAME, "IsActive": True}, "01s"),
        # S0-91, C4
        ("SalesChannel", f"SELECT+Id+FROM+SalesChannel+WHERE+SalesChannel+%3D+%27{NAME}-POS%27",
         {"SalesChannelName": f"{NAME}-POS"}, "0bI"),
        # S0-92
        ("OrderDeliveryMethod", "SELECT+Id+FROM+OrderDeliveryMethod+WHERE+Name+%3D+%27IN_STORE-DEFAULT%27",
         {"Name": "IN_STORE-DEFAULT"}, "2Dm"),
    ],
)  # fmt: skip
async def test_looked_up_else_created(
    desk: Desk, noun: str, encoded: str, body: dict[str, Any], prefix: str
) -> None:
    """S0-88, S0-89, S0-90, S0-91, S0-92, C4, C5: not found, created, found; the version is the one asked."""
    assert await _found(desk, encoded, noun) == []
    made = await _made(desk, noun, body, prefix)
    assert await _found(desk, encoded, noun) == [made]


async def test_the_channel_of_the_till(desk: Desk) -> None:
    """S0-91, C4, C5: `SalesChannel` is an alias of SalesChannelName; the answer's type is the true one."""
    encoded = "SELECT+Id+FROM+SalesChannel+WHERE+SalesChannel+%3D+%27POS%27"
    assert await _found(desk, encoded, "SalesChannel") == [desk.ids["channel"]]


async def test_an_account_by_its_customers_email(desk: Desk) -> None:
    """S0-87, S0-03: the guide's own URL."""
    email = "amanda.freeman@predictspring.com"
    made = await desk.make("Account", FirstName="Amanda", LastName="Freeman", PersonEmail=email)
    await desk.make("Account", LastName="Freeman", PersonEmail="x" + email)
    assert await _found(
        desk, "SELECT+Id+FROM+Account+WHERE+PersonEmail+%3D+%27amanda.freeman@predictspring.com%27", "Account"
    ) == [made]


async def _looked_up(desk: Desk, noun: str, *conditions: str, **body: Any) -> str:
    """The guide's script: the first of the lookups that finds something, else the record is created."""
    for condition in conditions:
        field, name = condition.split("=")
        encoded = f"SELECT+Id+FROM+{noun}+WHERE+{field}+%3D+%27{name}%27"
        found = await _found(desk, encoded, noun)
        if found:
            (one,) = found
            return one
    return await _made(desk, noun, body, {"Account": "001", "SalesChannel": "0bI"}[noun])


async def test_the_tills_script_run_twice_creates_once(desk: Desk) -> None:
    """S0-88, S0-91: by e-mail, else the default account, else created; by the channel POS, else the default one,
    else created. The second run creates nothing, and a customer who is known is preferred."""
    assert (await ask(desk, "DELETE", f"/sobjects/SalesChannel/{desk.ids['channel']}")).status_code == 204

    async def script() -> tuple[str, str]:
        email = "PersonEmail=amanda.freeman@predictspring.com"
        account = await _looked_up(desk, "Account", email, f"Name={NAME}", Name=NAME)
        channels = ("SalesChannel=POS", f"SalesChannel={NAME}-POS")
        return account, await _looked_up(desk, "SalesChannel", *channels, SalesChannelName=f"{NAME}-POS")

    first = await script()
    before = await census(desk)
    assert await script() == first
    assert growth(before, await census(desk)) == {}
    amanda = await desk.make("Account", LastName="Freeman", PersonEmail="amanda.freeman@predictspring.com")
    pos = await desk.make("SalesChannel", SalesChannelName="POS")
    assert await script() == (amanda, pos)


async def test_a_shopper_is_a_person_account_or_an_account_with_a_contact(desk: Desk) -> None:
    """S0-53: each kind with its shape."""
    person = await desk.make("Account", FirstName="Amanda", LastName="Freeman", PersonEmail="a@example.com")
    row = await desk.get("Account", person)
    assert (row["IsPersonAccount"], row["Name"], row["PersonEmail"]) == (True, "Amanda Freeman", "a@example.com")
    assert row["PersonContactId"] is not None
    contact = only(await desk.query(f"SELECT Id, LastName, Email FROM Contact WHERE AccountId = '{person}'"))
    assert contact == {"Id": row["PersonContactId"], "LastName": "Freeman", "Email": "a@example.com"}

    business = await desk.make("Account", Name="Freeman Ltd")
    await desk.make("Contact", FirstName="Amanda", LastName="Freeman", AccountId=business)
    assert await desk.query(
        "SELECT Name, IsPersonAccount, PersonContactId, (SELECT Name FROM Contacts) FROM Account "
        f"WHERE Id = '{business}'"
    ) == [
        {
            "Name": "Freeman Ltd", "IsPersonAccount": False, "PersonContactId": None,
            "Contacts": [{"Name": "Amanda Freeman"}],
        }
    ]  # fmt: skip


async def test_an_account_needs_a_name_or_a_last_name(desk: Desk) -> None:
    """S0-53."""
    before = await census(desk)
    answer = await desk.post("/sobjects/Account", {"Description": "nobody"})
    assert answer.status_code == 400, answer.text
    assert answer.json()[0]["errorCode"] == "REQUIRED_FIELD_MISSING"
    assert await census(desk) == before


async def _sale(desk: Desk) -> dict[str, str]:
    """Every record of a sale at the till, in the guide's order and words."""
    ids = dict(desk.ids)
    ids["order"] = await desk.make(
        "Order", AccountId=ids["account"], Pricebook2Id=ids["book"], EffectiveDate="2021-01-03", Status="Draft",
        CurrencyIsoCode="CAD", SalesChannelId=ids["channel"],
    )  # fmt: skip
    source = {"SourceObjectId": ids["order"]}
    ids["group"] = await _made(desk, "OrderDeliveryGroup", source, "2Dg")
    ids["payments"] = await _made(desk, "PaymentGroup", source, "9zx")
    wallet = {
        "PaymentGatewayId": ids["gateway"], "ProcessingMode": "External", "Status": "Active",
        "AccountId": ids["account"], "Type": "Cash",
    }  # fmt: skip
    ids["wallet"] = await _made(desk, "DigitalWallet", wallet, "1DW")
    paid = {
        "PaymentGatewayId": ids["gateway"], "PaymentGroupId": ids["payments"], "PaymentMethodId": ids["wallet"],
        "ProcessingMode": "External", "Status": "Processed", "Amount": 10.17, "AccountId": ids["account"],
        "Type": "Sale",
    }  # fmt: skip
    ids["payment"] = await _made(desk, "Payment", paid, "0aQ")
    other = await desk.make("CardPaymentMethod", Status="Active", ProcessingMode="External")
    ids["card"] = await _made(desk, "CardPaymentMethod", paid | {"PaymentMethodId": other, "Amount": 6.10}, "03O")
    product = await desk.make("Product2", Name="tea", IsActive=True)
    entry = {"Pricebook2Id": ids["book"], "Product2Id": product, "UnitPrice": 20.00, "UseStandardPrice": False}
    ids["entry"] = await _made(desk, "PricebookEntry", entry, "01u")
    item = {
        "OrderDeliveryGroupId": ids["group"], "OrderId": ids["order"], "PricebookEntryId": ids["entry"],
        "LineNumber": 1, "Quantity": 1, "UnitPrice": 20.00, "Type": "Order Product",
    }  # fmt: skip
    ids["item"] = await _made(desk, "OrderItem", item, "802")
    tax = {
        "Name": "HST", "Amount": 0.90, "Rate": 13.0, "TaxEffectiveDate": "2021-01-03T19:48:20.790Z",
        "OrderItemId": ids["item"], "Type": "Actual",
    }  # fmt: skip
    ids["tax"] = await _made(desk, "OrderItemTaxLineItem", tax, "0au")
    override = "PRICE_OVERRIDE_abn-petrowhat-rio-15ml"
    adjustment = {"Name": override, "OrderId": ids["order"], "Type": "Header", "Description": override}
    ids["adjustment"] = await _made(desk, "OrderItemAdjustmentLineItem", adjustment, "3qZ")
    return ids


async def test_the_records_of_a_sale(desk: Desk) -> None:
    """S0-89, S0-93, S0-94, S0-95, S0-97, S0-98, S0-99, S0-100, S0-105, S0-106, C7, C8, C9."""
    ids = await _sale(desk)
    assert (await desk.get("OrderDeliveryGroup", ids["group"]))["OrderId"] == ids["order"]
    assert (await desk.get("PaymentGroup", ids["payments"]))["SourceObjectId"] == ids["order"]
    wallet = await desk.get("DigitalWallet", ids["wallet"])
    assert (wallet["Type"], wallet["ProcessingMode"]) == ("Cash", "External")
    card = await desk.get("CardPaymentMethod", ids["card"])
    assert (card["Status"], card["ProcessingMode"], card["PaymentGatewayId"]) == (
        "Processed", "External", ids["gateway"],
    )  # fmt: skip
    assert "Amount" not in card
    item = await desk.get("OrderItem", ids["item"])
    assert [item[name] for name in ("LineNumber", "Quantity", "UnitPrice", "TotalPrice", "TotalTaxAmount")] == [
        1, 1.0, 20.0, 20.0, 0.9,
    ]  # fmt: skip
    tax = await desk.get("OrderItemTaxLineItem", ids["tax"])
    assert (tax["TaxEffectiveDate"], tax["Amount"], tax["Rate"]) == ("2021-01-03", 0.9, 13.0)
    adjustment = await desk.get("OrderItemAdjustmentLineItem", ids["adjustment"])
    assert (adjustment["OrderId"], adjustment["OrderItemId"], adjustment["Amount"]) == (ids["order"], None, None)
    order = await desk.get("Order", ids["order"])
    assert (order["TotalAmount"], order["TotalTaxAmount"], order["GrandTotalAmount"]) == (20.0, 0.9, 20.9)


async def test_a_sale_at_the_till_is_captured_when_it_is_activated(desk: Desk) -> None:
    """S0-07, S0-94, S0-95, S0-98, S0-106, S0-109, C7: the payment counts, the card with an amount does not."""
    ids = await _sale(desk)
    assert (
        await desk.patch("OrderDeliveryGroup", ids["group"], OrderDeliveryMethodId=ids["method"])
    ).status_code == 204
    assert (await desk.patch("Order", ids["order"], Status="Activated")).status_code == 204
    assert await desk.query(
        "SELECT GrandTotalAmount, (SELECT Method, PaymentMethodId, CapturedAmount, AuthorizationAmount, "
        "AvailableToCaptureAmount FROM OrderPaymentSummaries), "
        "(SELECT Id FROM OrderItemAdjustmentLineItemSummaries) FROM OrderSummary"
    ) == [
        {
            "GrandTotalAmount": 20.9,
            "OrderPaymentSummaries": [
                {"Method": "Cash", "PaymentMethodId": ids["wallet"], "CapturedAmount": 10.17,
                 "AuthorizationAmount": 0.0, "AvailableToCaptureAmount": 0.0},
            ],
            "OrderItemAdjustmentLineItemSummaries": None,
        }
    ]  # fmt: skip
    await desk.settle()
    assert await desk.rows("SELECT 1 FROM paymentgatewaylog") == []  # the money moved at the till


async def test_a_payment_method_is_a_card_or_a_wallet(desk: Desk) -> None:
    """S0-60: the polymorphic reference resolves to each, and to nothing else."""
    ids = await _sale(desk)
    assert await desk.query(f"SELECT PaymentMethodId FROM Payment WHERE Id = '{ids['payment']}'") == [
        {"PaymentMethodId": ids["wallet"]}
    ]
    rows = await desk.query("SELECT Id FROM PaymentMethod")
    assert {ids["wallet"], ids["card"]} <= {row["Id"] for row in rows}


async def test_a_search_with_a_newline_behind_it(desk: Desk) -> None:
    """S0-133: percent-encoded, LIKE, and the guide's trailing line feed."""
    await desk.make("Order", Name="testingca big zenkraft", EffectiveDate="2026-01-31", Status="Draft")
    await desk.make("Order", Name="other", EffectiveDate="2026-01-31", Status="Draft")
    encoded = "SELECT%20Name%20FROM%20Order%20WHERE%20Name%20LIKE%20%27Testingca%25%27%0A"
    answer = await desk.client.get(f"http://ordo.test/services/data/v49.0/query/?q={encoded}")
    assert answer.json()["totalSize"] == 1
    assert only(answer.json()["records"])["Name"] == "testingca big zenkraft"
