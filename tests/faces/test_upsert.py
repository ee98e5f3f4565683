"""Records by a key of their own: `sobjects/X/{field}/{value}`, and references told by a key."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import quote, quote_plus

import pytest
from tests.desk import Desk
from tests.faces.asserted import ask, census, growth, only, order_of, refused
from tests.faces.conftest import As

from ordo.platform.roles import Role

NOT_A_KEY = "Provided external ID field does not exist or is not accessible: {}"
GATEWAY = "/sobjects/PaymentGateway/ExternalReference/"


async def _gateway(desk: Desk, reference: str, **body: Any) -> Any:
    told = {"PaymentGatewayName": "Sim", "PaymentGatewayProviderId": desk.ids["provider"], "Status": "Active"}
    return await ask(desk, "PATCH", GATEWAY + quote(reference, safe=""), told | body)


@pytest.mark.parametrize("version", ["48.0", "60.0", "67.0"])
async def test_the_first_makes_the_second_changes(desk: Desk, version: str) -> None:
    """201 with `created` true and the Location, then 200 with `created` false, by the same key."""
    before = await census(desk)
    path = "/sobjects/Account/Name/Jo%20Shop"
    made = await ask(desk, "PATCH", path, {"Type": "Shop"}, version=version)
    assert made.status_code == 201, made.text
    record_id = made.json()["id"]
    assert made.json() == {"id": record_id, "success": True, "errors": [], "created": True}
    assert made.headers["location"] == f"/services/data/v{version}/sobjects/Account/{record_id}"

    changed = await ask(desk, "PATCH", path, {"Type": "Till"}, version=version)
    assert changed.status_code == 200
    assert changed.json() == {"id": record_id, "success": True, "errors": [], "created": False}
    assert "location" not in changed.headers

    read = await ask(desk, "GET", path + "?fields=Type,Name", version=version)
    assert read.status_code == 200
    url = f"/services/data/v{version}/sobjects/Account/{record_id}"
    attributes = {"type": "Account", "url": url}
    assert read.json() == {"attributes": attributes, "Type": "Till", "Name": "Jo Shop", "Id": record_id}
    assert growth(before, await census(desk)) == {"account": 1}


async def test_a_unique_key_is_found_as_its_index_compares(desk: Desk) -> None:
    """An external reference folds case; the row is one."""
    made = await _gateway(desk, "Shop-1")
    assert made.status_code == 201, made.text
    changed = await _gateway(desk, "SHOP-1", Status="Inactive")
    assert (changed.status_code, changed.json()["id"]) == (200, made.json()["id"])
    row = await desk.get("PaymentGateway", made.json()["id"])
    assert (row["ExternalReference"], row["Status"]) == ("Shop-1", "Inactive")


async def test_a_summary_by_its_reference(desk: Desk) -> None:
    """S0-84: an external system finds the order it posted, and changes what may be changed; the case counts."""
    await order_of(desk, activate=True, reference="Web 1/a+b")
    summary = only(await desk.query("SELECT Id FROM OrderSummary"))["Id"]
    path = "/sobjects/OrderSummary/ExternalReferenceIdentifier/" + quote("Web 1/a+b", safe="")
    assert (await ask(desk, "GET", path + "?fields=Id")).json()["Id"] == summary
    changed = await ask(desk, "PATCH", path, {"Status": "Packing"})
    assert (changed.status_code, changed.json()["created"]) == (200, False)
    assert (await desk.get("OrderSummary", summary))["Status"] == "Packing"
    before = await census(desk)
    for path in ("web%201%2Fa%2Bb", "nothing"):
        answer = await ask(desk, "PATCH", "/sobjects/OrderSummary/ExternalReferenceIdentifier/" + path, {})
        refused(answer, 400, "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY")
    assert await census(desk) == before


@pytest.mark.parametrize(
    "value", ["a b", "a+b", "a/b", "a%b", "ä ö", "100%25", "a?b=c&d", "x#y", "@{a.b}", "..%2F"]
)
@pytest.mark.parametrize("code", [quote_plus, lambda value: quote(value, safe="")])
async def test_values_as_clients_send_them(desk: Desk, value: str, code: Any) -> None:
    """simple-salesforce sends quote_plus, jsforce encodeURIComponent: both mean the same."""
    made = await ask(desk, "PATCH", f"/sobjects/Account/Name/{code(value)}", {})
    assert made.status_code == 201, made.text
    assert (await desk.get("Account", made.json()["id"]))["Name"] == value
    read = await ask(desk, "GET", f"/sobjects/Account/Name/{code(value)}/")
    assert read.json()["Id"] == made.json()["id"]


async def test_several_records_have_the_key(desk: Desk) -> None:
    """300 with their relative URLs, and nothing done."""
    ids = sorted([await desk.make("Account", Name="twin"), await desk.make("Account", Name="Twin")])
    before = await census(desk)
    for method, body in (("GET", None), ("PATCH", {"Type": "x"}), ("DELETE", None)):
        answer = await ask(desk, method, "/sobjects/account/NAME/TWIN", body, version="61.0")
        assert answer.status_code == 300
        assert answer.json() == [f"/services/data/v61.0/sobjects/Account/{one}" for one in ids]
    assert await census(desk) == before
    assert await desk.query("SELECT Type FROM Account WHERE Name = 'twin'") == [{"Type": None}] * 2


async def test_no_record_has_the_key(desk: Desk) -> None:
    before = await census(desk)
    for method, path in (("GET", "Name/x"), ("DELETE", "Name/x"), ("PATCH", "Name/x?updateOnly=true"),
                         ("GET", "Name/%20"), ("PATCH", "Id/001000000000001AAA")):  # fmt: skip
        answer = await ask(desk, method, f"/sobjects/Account/{path}", {} if method == "PATCH" else None)
        refused(answer, 404, "NOT_FOUND", "The requested resource does not exist")
    assert await census(desk) == before


async def test_update_only_changes(desk: Desk) -> None:
    answer = await ask(desk, "PATCH", "/sobjects/Account/Name/Jo+Example?updateOnly=true", {"Type": "x"})
    assert (answer.status_code, answer.json()["created"]) == (200, False)
    assert (await desk.get("Account", desk.ids["account"]))["Type"] == "x"


@pytest.mark.parametrize("field", ["Nome", "Type", "custom", "AccountNumber", "ParentId"])
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE", "POST"])
async def test_fields_that_are_no_keys(desk: Desk, method: str, field: str) -> None:
    """404 NOT_FOUND, whether or not there is such a field."""
    before = await census(desk)
    body = {"Name": "x"} if method in ("PATCH", "POST") else None
    answer = await ask(desk, method, f"/sobjects/Account/{field}/x", body)
    refused(answer, 404, "NOT_FOUND", NOT_A_KEY.format(field))
    assert await census(desk) == before


@pytest.mark.parametrize("name", ["Name", "name", "NAME"])
async def test_the_key_is_not_repeated_in_the_body(desk: Desk, name: str) -> None:
    before = await census(desk)
    message = "The Name field should not be specified in the sobject data."
    for value in ("x", "Jo Example"):
        answer = await ask(desk, "PATCH", f"/sobjects/Account/Name/{quote(value)}", {name: value, "Type": "x"})
        refused(answer, 400, "INVALID_FIELD", message, "Name")
    assert await census(desk) == before


_BAD: dict[str, tuple[str, Any, int, str]] = {
    "a key too long": ("Account/Name/" + "x" * 256, {}, 400, "STRING_TOO_LONG"),
    "a zero": ("Account/Name/a%00b", {}, 400, "JSON_PARSER_ERROR"),
    "no UTF-8": ("Account/Name/%ff%fe?updateOnly=true", {}, 404, "NOT_FOUND"),
    "no e-mail": ("Contact/Email/x", {"LastName": "x"}, 400, "INVALID_EMAIL_ADDRESS"),
    "an unknown field": ("Account/Name/x", {"Nome": "x"}, 400, "INVALID_FIELD"),
    "a required field missing": ("Contact/Email/x%40example.com", {}, 400, "REQUIRED_FIELD_MISSING"),
    "a body that is a list": ("Account/Name/x", [], 400, "JSON_PARSER_ERROR"),
    "no JSON": ("Account/Name/x", b"{", 400, "JSON_PARSER_ERROR"),
    "no body": ("Account/Name/x", None, 400, "JSON_PARSER_ERROR"),
    "an unknown reference": (
        "Contact/Email/x%40example.com", {"LastName": "x", "AccountId": "001000000000001AAA"},
        400, "INVALID_CROSS_REFERENCE_KEY",
    ),
    "a number of the platform's": ("Order/OrderNumber/12345678", {}, 400, "INVALID_FIELD_FOR_INSERT_UPDATE"),
    "another noun's id": ("Account/Id/003000000000001AAA", {}, 400, "MALFORMED_ID"),
    "no id": ("Account/Id/x", {}, 404, "NOT_FOUND"),
    "an unknown object": ("Nonsense/Name/x", {}, 404, "NOT_FOUND"),
    "deeper": ("Account/Name", {"Name": "x"}, 404, "NOT_FOUND"),
}  # fmt: skip


@pytest.mark.parametrize("case", _BAD)
async def test_bad_upserts(desk: Desk, case: str) -> None:
    path, body, status, code = _BAD[case]
    before = await census(desk)
    refused(await ask(desk, "PATCH", f"/sobjects/{path}", body), status, code)
    assert await census(desk) == before


async def test_the_id_is_a_key_too(desk: Desk) -> None:
    """Read, changed and deleted by it; a POST to it is a create (37.0)."""
    made = await ask(desk, "POST", "/sobjects/Account/Id", {"Name": "x"})
    assert made.status_code == 201
    record_id = made.json()["id"]
    path = f"/sobjects/Account/Id/{record_id[:15]}"
    assert (await ask(desk, "GET", path + "?fields=Name")).json()["Name"] == "x"
    changed = await ask(desk, "PATCH", path, {"Name": "y"})
    assert (changed.status_code, changed.json()["id"], changed.json()["created"]) == (200, record_id, False)
    deleted = await ask(desk, "DELETE", path)
    assert (deleted.status_code, deleted.content) == (204, b"")
    refused(await ask(desk, "PATCH", path, {"Name": "y"}), 404, "ENTITY_IS_DELETED")
    refused(await ask(desk, "POST", path, {"Name": "z"}), 400, "INVALID_FIELD")


async def test_a_post_with_a_key_makes(desk: Desk) -> None:
    made = await ask(desk, "POST", "/sobjects/Account/Name/new", {"Type": "x"})
    assert made.status_code == 201
    assert made.json() == {"id": made.json()["id"], "success": True, "errors": []}
    assert (await desk.get("Account", made.json()["id"]))["Name"] == "new"
    await _gateway(desk, "one")
    body = {"PaymentGatewayName": "x", "PaymentGatewayProviderId": desk.ids["provider"], "Status": "Active"}
    answer = await ask(desk, "POST", GATEWAY + "one", body)
    refused(answer, 400, "DUPLICATE_VALUE")


async def test_a_deleted_record_is_not_found(desk: Desk) -> None:
    """Its key makes a new one."""
    first = (await ask(desk, "PATCH", "/sobjects/Account/Name/x", {})).json()["id"]
    assert (await ask(desk, "DELETE", "/sobjects/Account/Name/x")).status_code == 204
    refused(await ask(desk, "GET", "/sobjects/Account/Name/x"), 404, "NOT_FOUND")
    again = await ask(desk, "PATCH", "/sobjects/Account/Name/x", {})
    assert again.status_code == 201
    assert again.json()["id"] != first


async def test_the_keyed_upsert_is_written_once(desk: Desk) -> None:
    """A repeat with an Idempotency-Key gets the first answer: created, though the row is there."""
    before = await census(desk)
    answers = [await ask(desk, "PATCH", "/sobjects/Account/Name/x", {}, Idempotency_Key="k") for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    assert growth(before, await census(desk)) == {"account": 1, "idempotency": 1}


async def test_the_right_to_make_is_asked_when_a_row_is_made(desk: Desk, acting_as: As) -> None:
    """A service agent changes order summaries and accounts, and no products; an integration sets up nothing."""
    agent, till = await acting_as(Role.SERVICE_AGENT), await acting_as(Role.INTEGRATION)
    await order_of(desk, activate=True, reference="web-1")
    before = await census(desk)
    path = "/sobjects/OrderSummary/ExternalReferenceIdentifier/"
    assert (await ask(agent, "PATCH", path + "web-1", {"Status": "x"})).status_code == 200
    refused(await ask(agent, "PATCH", path + "web-2", {"Status": "x"}), 403, "INSUFFICIENT_ACCESS")
    refused(await ask(agent, "PATCH", "/sobjects/Product2/Name/x", {}), 403, "INSUFFICIENT_ACCESS")
    refused(await ask(agent, "DELETE", "/sobjects/Account/Name/x"), 403, "INSUFFICIENT_ACCESS")
    refused(await _gateway(till, "x"), 403, "INSUFFICIENT_ACCESS")
    assert {name: n for name, n in growth(before, await census(desk)).items() if "fact" not in name} == {}


async def test_without_a_session(desk: Desk) -> None:
    answer = await ask(desk, "PATCH", "/sobjects/Nonsense/Name/x", {}, Authorization="Bearer x")
    refused(answer, 401, "INVALID_SESSION_ID")


async def test_methods_that_are_not_there(desk: Desk) -> None:
    answer = await ask(desk, "PUT", "/sobjects/Account/Name/x", {})
    refused(
        answer, 405, "METHOD_NOT_ALLOWED", "HTTP Method 'PUT' not allowed. Allowed are DELETE,GET,HEAD,PATCH,POST"
    )
    refused(await ask(desk, "POST", "/sobjects/Account/001000000000001", {}), 405, "METHOD_NOT_ALLOWED")
    assert (await desk.client.head("/services/data/v60.0/sobjects/Account/Name/Jo%20Example")).status_code == 200


# -- references told by a key -------------------------------------------------------------------


async def test_a_reference_by_name(desk: Desk) -> None:
    """6.4: in a create and a change, by the relationship's name in any case, `attributes` allowed."""
    other = await desk.make("Account", Name="Other")
    made = await desk.post("/sobjects/Contact", {"LastName": "Jo", "account": {"name": "jo example"}})
    assert made.status_code == 201, made.text
    contact = made.json()["id"]
    assert (await desk.get("Contact", contact))["AccountId"] == desk.ids["account"]
    for told in ({"Name": "Other"}, {"Id": other[:15]}, {"attributes": {"type": "Account"}, "Name": "OTHER"}):
        assert (await desk.patch("Contact", contact, Account={"Name": "Jo Example"})).status_code == 204
        assert (await desk.patch("Contact", contact, Account=told)).status_code == 204
        assert (await desk.get("Contact", contact))["AccountId"] == other
    assert (await desk.patch("Contact", contact, Account=None)).status_code == 204
    assert (await desk.get("Contact", contact))["AccountId"] is None


async def test_an_order_tells_its_references_by_name(desk: Desk) -> None:
    """Where a rule reads what it is told, it reads what the key names."""
    order = {"Account": {"Name": "Jo Example"}, "Pricebook2": {"Name": "shop-en-GB"}, "Status": "Draft",
             "EffectiveDate": "2026-01-31", "SalesChannel": {"SalesChannelName": "POS"}}  # fmt: skip
    record_id = (await desk.post("/sobjects/Order", order)).json()["id"]
    row = await desk.get("Order", record_id)
    assert (row["AccountId"], row["Pricebook2Id"]) == (desk.ids["account"], desk.ids["book"])
    item = {"Order": {"OrderNumber": row["OrderNumber"]}, "Quantity": 1, "Type": "Order Product", "LineNumber": 1,
            "PricebookEntryId": desk.ids["hat-price"], "UnitPrice": 5.5, "TotalLineAmount": 5.5}  # fmt: skip
    made = await desk.post("/sobjects/OrderItem", item)
    assert made.status_code == 201, made.text
    assert (await desk.get("Order", record_id))["TotalAmount"] == 5.5


async def test_an_owner_is_told_with_its_type(desk: Desk) -> None:
    """A reference to several nouns needs the type in `attributes`, where more than one of them is served."""
    (user,) = await desk.query("SELECT Id, Username FROM User LIMIT 1")
    owner = {"attributes": {"type": "User"}, "Username": user["Username"].upper()}
    made = await desk.make("Account", Name="x", Owner=owner)
    assert (await desk.get("Account", made))["OwnerId"] == user["Id"]


_NO_REFERENCE: dict[str, tuple[Any, str, str | None]] = {
    "unknown": (
        {"Name": "nobody"},
        "INVALID_FIELD",
        "Foreign key external ID: nobody not found for field Name in entity Account",
    ),
    "no key": (
        {"Type": "x"},
        "INVALID_FIELD",
        "Field name provided, Type does not match an External ID, Salesforce Id, or indexed field for Account",
    ),
    "no field": ({"Nome": "x"}, "INVALID_FIELD", "No such column 'Nome' on sobject of type Account"),
    "no value": ({"Name": None}, "INVALID_FIELD", None),
    "a blank": ({"Name": ""}, "INVALID_FIELD", None),
    "two fields": ({"Name": "Jo Example", "Type": "x"}, "JSON_PARSER_ERROR", None),
    "nothing": ({}, "JSON_PARSER_ERROR", None),
    "a text": ("Jo Example", "JSON_PARSER_ERROR", None),
    "a list": (["Jo Example"], "JSON_PARSER_ERROR", None),
    "an object for a name": ({"Name": {"x": 1}}, "JSON_PARSER_ERROR", None),
    "another type": ({"attributes": {"type": "Contact"}, "Name": "Jo Example"}, "INVALID_FIELD", None),
    "too long": ({"Name": "x" * 256}, "STRING_TOO_LONG", None),
    "an id of another noun": ({"Id": "003000000000001AAA"}, "MALFORMED_ID", None),
    "an id of nothing": ({"Id": "001000000000001AAA"}, "INVALID_CROSS_REFERENCE_KEY", None),
}


@pytest.mark.parametrize("case", _NO_REFERENCE)
async def test_references_that_name_nothing(desk: Desk, case: str) -> None:
    told, code, message = _NO_REFERENCE[case]
    before = await census(desk)
    refused(await desk.post("/sobjects/Contact", {"LastName": "Jo", "Account": told}), 400, code, message)
    assert await census(desk) == before


async def test_a_reference_that_names_several(desk: Desk) -> None:
    ids = sorted([await desk.make("Account", Name="twin"), await desk.make("Account", Name="twin")])
    before = await census(desk)
    refused(
        await desk.post("/sobjects/Contact", {"LastName": "Jo", "Account": {"Name": "twin"}}), 400,
        "DUPLICATE_EXTERNAL_ID", f"Name: more than one record found for external id field: [{', '.join(ids)}]",
        "AccountId",
    )  # fmt: skip
    assert await census(desk) == before


async def test_a_reference_told_twice(desk: Desk) -> None:
    before = await census(desk)
    body = {"LastName": "Jo", "AccountId": desk.ids["account"], "Account": {"Name": "Jo Example"}}
    refused(
        await desk.post("/sobjects/Contact", body), 400, "INVALID_FIELD", "duplicate field: AccountId", "AccountId"
    )
    assert await census(desk) == before


# -- at once ------------------------------------------------------------------------------------


async def test_upserts_of_one_key_at_once(desk: Desk) -> None:
    """One 201, the others 200, one row: by a unique field and by a name, which no index keeps unique."""
    for number in range(5):
        for upsert in (
            lambda: _gateway(desk, f"shop-{number}"),  # noqa: B023
            lambda: ask(desk, "PATCH", f"/sobjects/Account/Name/shop-{number}", {"Type": "x"}),  # noqa: B023
        ):
            answers = await asyncio.gather(*(upsert() for _ in range(8)))
            assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
            assert len({answer.json()["id"] for answer in answers}) == 1
    counts = await desk.rows(
        "SELECT (SELECT count(*) FROM account WHERE name LIKE 'shop-%') AS accounts, "
        "(SELECT count(*) FROM paymentgateway WHERE externalreference LIKE 'shop-%') AS gateways"
    )
    assert counts == [{"accounts": 5, "gateways": 5}]
