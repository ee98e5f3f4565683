"""Records one by one: create, read, update, delete, in every version that is served."""

from __future__ import annotations

import re

import pytest
from tests.desk import Desk, node
from tests.faces.asserted import ask, census, growth, order_of, refused

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+0000")


@pytest.mark.parametrize("version", ["48.0", "49.0", "60.0", "67.0"])
async def test_a_records_life(desk: Desk, version: str) -> None:
    """S0-22, S0-89: shapes and headers of create, read, update and both deletes."""
    before = await census(desk)
    path = "/sobjects/Account"
    made = await ask(desk, "POST", path, {"Name": "Jo", "Type": "Shop"}, version=version)
    assert made.status_code == 201
    record_id = made.json()["id"]
    assert made.json() == {"id": record_id, "success": True, "errors": []}
    assert list(made.json()) == ["id", "success", "errors"]
    assert (len(record_id), record_id[:3]) == (18, "001")
    url = f"/services/data/v{version}/sobjects/Account/{record_id}"
    assert made.headers["location"] == url

    one = f"{path}/{record_id}"
    read = await ask(desk, "GET", one + "?fields=Type,Name", version=version)
    assert read.status_code == 200
    assert list(read.json()) == ["attributes", "Type", "Name", "Id"]
    assert read.json() == {
        "attributes": {"type": "Account", "url": url},
        "Type": "Shop",
        "Name": "Jo",
        "Id": record_id,
    }

    changed = await ask(desk, "PATCH", one, {"Name": "Li", "Type": None}, version=version)
    assert (changed.status_code, changed.content) == (204, b"")
    row = (await ask(desk, "GET", one, version=version)).json()
    assert (row["Name"], row["Type"], row["IsDeleted"]) == ("Li", None, False)

    deleted = await ask(desk, "DELETE", one, version=version)
    assert (deleted.status_code, deleted.content) == (204, b"")
    refused(await ask(desk, "DELETE", one, version=version), 404, "ENTITY_IS_DELETED", "entity is deleted")
    refused(
        await ask(desk, "PATCH", one, {"Name": "x"}, version=version),
        404,
        "ENTITY_IS_DELETED",
        "entity is deleted",
    )
    refused(
        await ask(desk, "GET", one, version=version), 404, "NOT_FOUND", "The requested resource does not exist"
    )
    assert growth(before, await census(desk)) == {"account": 1}
    assert await desk.rows("SELECT name, isdeleted FROM account WHERE id = $1", record_id) == [
        {"name": "Li", "isdeleted": True}
    ]


async def test_a_record_read_whole(desk: Desk) -> None:
    """Every visible field once, system fields filled, compound addresses, no hidden ones."""
    record_id = await desk.make("Account", Name="Jo", BillingCity="Köln", BillingLatitude=50.9375)
    row = await desk.get("Account", record_id)
    assert next(iter(row)) == "attributes"
    assert row["BillingAddress"] == {
        "city": "Köln", "country": None, "countryCode": None, "geocodeAccuracy": None, "latitude": 50.9375,
        "longitude": None, "postalCode": None, "state": None, "stateCode": None, "street": None,
    }  # fmt: skip
    assert row["ShippingAddress"] is None
    assert "Custom" not in row
    administrator = desk.face.machine.organization.administrator_id
    assert {row["CreatedById"], row["LastModifiedById"], row["OwnerId"]} == {administrator}
    assert row["CreatedDate"] == row["LastModifiedDate"] == row["SystemModstamp"]
    assert MOMENT.fullmatch(row["CreatedDate"])


async def test_a_change_moves_the_modification_only(desk: Desk) -> None:
    account = desk.ids["account"]
    before = await desk.get("Account", account)
    assert (await desk.patch("Account", account, Type="Shop")).status_code == 204
    after = await desk.get("Account", account)
    differing = {name for name in before if before[name] != after[name]}
    assert differing == {"Type", "LastModifiedDate", "SystemModstamp"}


async def test_fields_that_are_asked_for(desk: Desk) -> None:
    """In the order asked, names as the platform spells them, an unknown one refused."""
    one = f"/sobjects/Account/{desk.ids['account']}"
    read = await ask(desk, "GET", one + "?fields=ISDELETED,name,Id")
    assert list(read.json()) == ["attributes", "IsDeleted", "Name", "Id"]
    for name in ("Nome", "custom", "Contacts"):
        answer = await ask(desk, "GET", f"{one}?fields=Name,{name}")
        refused(answer, 400, "INVALID_FIELD", f"No such column '{name}' on sobject of type Account")


async def test_an_empty_change_is_no_change(desk: Desk) -> None:
    before = await census(desk)
    assert (await desk.patch("Account", desk.ids["account"])).status_code == 204
    assert await census(desk) == before


async def test_objects_that_are_not_there(desk: Desk) -> None:
    """S0-22."""
    for method, path in (("POST", "Nonsense"), ("GET", "Nonsense/001000000000001"), ("PATCH", "Nonsense/x"),
                         ("DELETE", "pg_class/001000000000001"), ("POST", "factinbox")):  # fmt: skip
        answer = await ask(desk, method, f"/sobjects/{path}", {})
        refused(answer, 404, "NOT_FOUND", "The requested resource does not exist")


@pytest.mark.parametrize(
    "noun",
    ["OrderSummary", "OrderItemSummary", "OrderDeliveryGroupSummary", "OrderPaymentSummary",
     "OrderItemSummaryChange", "OrderAdjustmentGroupSummary", "OrderItemAdjustmentLineSummary",
     "OrderItemTaxLineItemSummary"],
)  # fmt: skip
async def test_what_only_actions_make(desk: Desk, noun: str) -> None:
    """S0-51: a summary is made by activation, never from outside."""
    before = await census(desk)
    refused(await desk.post(f"/sobjects/{noun}", {}), 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    assert await census(desk) == before


@pytest.mark.parametrize("noun", ["OrderSummary", "OrderItemSummary", "OrderPaymentSummary"])
async def test_what_only_actions_delete(desk: Desk, noun: str) -> None:
    """S0-51."""
    await order_of(desk, activate=True)
    (row,) = await desk.query(f"SELECT Id FROM {noun}")
    answer = await ask(desk, "DELETE", f"/sobjects/{noun}/{row['Id']}")
    assert answer.status_code == 400, answer.text
    assert len(await desk.query(f"SELECT Id FROM {noun}")) == 1


@pytest.mark.parametrize(
    ("noun", "field"),
    [("OrderSummary", "GrandTotalAmount"), ("OrderSummary", "TotalAmount"),
     ("OrderItemSummary", "QuantityOrdered"), ("OrderItemSummary", "QuantityAllocated"),
     ("OrderPaymentSummary", "CapturedAmount")],
)  # fmt: skip
async def test_sums_are_read_only(desk: Desk, noun: str, field: str) -> None:
    """S0-51: a summary's totals and quantities are moved by actions alone."""
    await order_of(desk, activate=True)
    (row,) = await desk.query(f"SELECT Id, {field} FROM {noun}")
    answer = await desk.patch(noun, row["Id"], **{field: 1000})
    refused(answer, 400, "INVALID_FIELD_FOR_INSERT_UPDATE", None, field)
    assert await desk.query(f"SELECT Id, {field} FROM {noun}") == [row]


async def test_a_draft_takes_its_parts_into_the_bin(desk: Desk) -> None:
    """Lines, taxes and groups go with their order, whichever door deletes it."""
    ids = await order_of(desk, ("shirt", 1, "10.00"), ("hat", 1, "5.50"))
    tax = await desk.make(
        "OrderItemTaxLineItem",
        Name="VAT",
        Amount=1,
        TaxEffectiveDate="2026-01-31",
        OrderItemId=ids["item1"],
        Type="Actual",
    )
    assert (await ask(desk, "DELETE", f"/sobjects/Order/{ids['order']}")).status_code == 204
    for noun in ("OrderItem", "OrderDeliveryGroup", "OrderItemTaxLineItem"):
        assert await desk.query(f"SELECT Id FROM {noun}") == [], noun
    refused(await ask(desk, "DELETE", f"/sobjects/OrderItemTaxLineItem/{tax}"), 404, "ENTITY_IS_DELETED")


async def test_a_deleted_line_leaves_the_sums(desk: Desk) -> None:
    """The order's totals follow its lines, by delete, update and a graph alike."""
    ids = await order_of(desk, ("shirt", 1, "10.00"), ("hat", 1, "5.50"))
    assert (await desk.get("Order", ids["order"]))["TotalAmount"] == 15.5
    assert (await ask(desk, "DELETE", f"/sobjects/OrderItem/{ids['item2']}")).status_code == 204
    assert (await desk.get("Order", ids["order"]))["TotalAmount"] == 10.0
    assert (await desk.patch("OrderItem", ids["item1"], TotalLineAmount=7.25)).status_code == 204
    assert (await desk.get("Order", ids["order"]))["TotalAmount"] == 7.25
    graph = await desk.graph(node("DELETE", f"OrderItem/{ids['item1']}", "d"))
    assert graph["isSuccessful"] is True
    assert (await desk.get("Order", ids["order"]))["TotalAmount"] == 0.0


async def test_of_several_wrong_references_the_first_is_named(desk: Desk) -> None:
    """The same one every time, in every process."""
    wrong = {"AccountId": "001000000000001AAA", "Pricebook2Id": "01s000000000001AAA"}
    for told in (wrong, dict(reversed(wrong.items()))):
        answer = await desk.post("/sobjects/Order", {**told, "Status": "Draft", "EffectiveDate": "2026-01-31"})
        assert answer.status_code == 400
        assert answer.json()[0]["fields"] == [next(iter(told))]
