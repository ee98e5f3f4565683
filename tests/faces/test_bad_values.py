"""What a field refuses: wrong types, ids, lengths, amounts; each by its code and name, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import ask, assert_error, census, faulty, only, order_of, refused


def _cannot(kind: str, token: str, shown: str = "") -> str:
    return f"Cannot deserialize instance of {kind} from {token}{shown} or request may be missing a required field"


# noun, field, value, code, message
_VALUES: dict[str, tuple[str, str, Any, str, str]] = {
    "text from true": (
        "Account", "Name", True, "JSON_PARSER_ERROR", _cannot("string", "VALUE_TRUE", " value true"),
    ),
    "text from a list": ("Account", "Name", ["x"], "JSON_PARSER_ERROR", _cannot("string", "START_ARRAY")),
    "text from an object": ("Account", "Name", {"a": 1}, "JSON_PARSER_ERROR", _cannot("string", "START_OBJECT")),
    "text with U+0000": (
        "Account", "Name", "a\0b",
        "JSON_PARSER_ERROR", "Illegal character ((CTRL-CHAR, code 0)) in a string value",
    ),
    "text over its length": (
        "Account", "Name", "n" * 256,
        "STRING_TOO_LONG", f"Account Name: data value too large: {'n' * 255} (max length=255)",
    ),
    "boolean from null": (
        "Pricebook2", "IsActive", None, "JSON_PARSER_ERROR", _cannot("boolean", "VALUE_NULL", " value null"),
    ),
    "boolean from a number": (
        "Pricebook2", "IsActive", 1, "JSON_PARSER_ERROR", _cannot("boolean", "VALUE_NUMBER_INT", " value 1"),
    ),
    "boolean from a text": (
        "Pricebook2", "IsActive", "yes", "JSON_PARSER_ERROR", _cannot("boolean", "VALUE_STRING", " value yes"),
    ),
    "number from a text": (
        "Account", "AnnualRevenue", "much", "JSON_PARSER_ERROR", _cannot("double", "VALUE_STRING", " value much"),
    ),
    "number from false": (
        "Account", "AnnualRevenue", False, "JSON_PARSER_ERROR", _cannot("double", "VALUE_FALSE", " value false"),
    ),
    "number from NaN": (
        "Account", "AnnualRevenue", "NaN", "JSON_PARSER_ERROR", _cannot("double", "VALUE_STRING", " value NaN"),
    ),
    "number from Infinity": (
        "Account", "AnnualRevenue", "-Infinity",
        "JSON_PARSER_ERROR", _cannot("double", "VALUE_STRING", " value -Infinity"),
    ),
    "number with a line": (
        "Account", "AnnualRevenue", "1_000",
        "JSON_PARSER_ERROR", _cannot("double", "VALUE_STRING", " value 1_000"),
    ),
    "number beyond its digits": (
        "Account", "AnnualRevenue", 10**18,
        "NUMBER_OUTSIDE_VALID_RANGE", "AnnualRevenue: value outside of valid range",
    ),
    "number beyond any": (
        "Account", "AnnualRevenue", "1e999999",
        "NUMBER_OUTSIDE_VALID_RANGE", "AnnualRevenue: value outside of valid range",
    ),
    "number with an exponent beyond all reason": (
        "Account", "AnnualRevenue", "1e99999999999999999999",
        "NUMBER_OUTSIDE_VALID_RANGE", "AnnualRevenue: value outside of valid range",
    ),
    "nothing with a huge exponent": (
        "Account", "AnnualRevenue", "0e999999",
        "NUMBER_OUTSIDE_VALID_RANGE", "AnnualRevenue: value outside of valid range",
    ),
    "whole number from a fraction": (
        "Account", "NumberOfEmployees", 1.5,
        "JSON_PARSER_ERROR", _cannot("int", "VALUE_NUMBER_FLOAT", " value 1.5"),
    ),
    "whole number beyond its digits": (
        "Account", "NumberOfEmployees", 10**9,
        "NUMBER_OUTSIDE_VALID_RANGE", "NumberOfEmployees: value outside of valid range",
    ),
    "date from nonsense": (
        "Account", "PersonBirthdate", "31.01.2026",
        "JSON_PARSER_ERROR", _cannot("date", "VALUE_STRING", " value 31.01.2026"),
    ),
    "date that does not exist": (
        "Account", "PersonBirthdate", "2026-02-30",
        "JSON_PARSER_ERROR", _cannot("date", "VALUE_STRING", " value 2026-02-30"),
    ),
    "date from a number": (
        "Account", "PersonBirthdate", 20260131,
        "JSON_PARSER_ERROR", _cannot("date", "VALUE_NUMBER_INT", " value 20260131"),
    ),
    "moment without a zone": (
        "Product2", "AvailabilityDate", "2026-01-31 10:00:00",
        "JSON_PARSER_ERROR", _cannot("datetime", "VALUE_STRING", " value 2026-01-31 10:00:00"),
    ),
    "moment that does not exist": (
        "Product2", "AvailabilityDate", "2026-01-31T25:00:00Z",
        "JSON_PARSER_ERROR", _cannot("datetime", "VALUE_STRING", " value 2026-01-31T25:00:00Z"),
    ),
    "restricted picklist": (
        "Account", "BillingGeocodeAccuracy", "Roughly",
        "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
        "bad value for restricted picklist field: BillingGeocodeAccuracy",
    ),
    "email": (
        "Account", "PersonEmail", "nobody", "INVALID_EMAIL_ADDRESS", "Email: invalid email address: nobody",
    ),
    "reference malformed": ("Account", "ParentId", "001xyz", "MALFORMED_ID", "malformed id 001xyz"),
    "reference with a wrong checksum": (
        "Account", "ParentId", "001D000000IqhSLAAA", "MALFORMED_ID", "malformed id 001D000000IqhSLAAA",
    ),
    "reference from a number": (
        "Account", "ParentId", 1, "MALFORMED_ID", "Parent Account ID: id value of incorrect type: 1",
    ),
    "reference of another noun": (
        "Account", "ParentId", "003000000000001AAA",
        "MALFORMED_ID", "Parent Account ID: id value of incorrect type: 003000000000001AAA",
    ),
    "reference of no noun": (
        "Account", "ParentId", "zzz000000000001",
        "MALFORMED_ID", "Parent Account ID: id value of incorrect type: zzz000000000001AAA",
    ),
    "reference to nothing": (
        "Account", "ParentId", "001000000000001",
        "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id: 001000000000001AAA",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", _VALUES)
async def test_a_value_its_field_refuses(desk: Desk, case: str) -> None:
    """By create and by update: the same code, message and field, and nothing is written."""
    noun, field, value, code, message = _VALUES[case]
    record_id = await desk.make(noun, Name="x")
    before, row = await census(desk), await desk.get(noun, record_id)
    refused(await desk.post(f"/sobjects/{noun}", {"Name": "y", field: value}), 400, code, message, field)
    refused(await desk.patch(noun, record_id, **{field: value}), 400, code, message, field)
    assert await census(desk) == before
    assert await desk.get(noun, record_id) == row


@pytest.mark.parametrize("field", ["PaymentMethodId", "PaymentGroupId"])
async def test_an_id_of_no_object_at_all(desk: Desk, field: str) -> None:
    """S0-60: polymorphic references take ids of their objects only."""
    before = await census(desk)
    body = {
        "Status": "Processed",
        "Type": "Sale",
        "ProcessingMode": "External",
        "Amount": 1,
        field: "zzz000000000001",
    }
    refused(await desk.post("/sobjects/Payment", body), 400, "MALFORMED_ID", None, field)
    assert await census(desk) == before


async def test_missing_required_fields_are_all_named(desk: Desk) -> None:
    """Null, the empty text and absence are the same."""
    before = await census(desk)
    required = "Required fields are missing: [Status, EffectiveDate]"
    for body in ({}, {"Status": None, "EffectiveDate": None}, {"Status": ""}):
        answer = await desk.post("/sobjects/Order", body)
        refused(answer, 400, "REQUIRED_FIELD_MISSING", required, "Status", "EffectiveDate")
    refused(
        await desk.post("/sobjects/OrderItem", {"Quantity": 1}), 400, "REQUIRED_FIELD_MISSING",
        "Required fields are missing: [OrderId]", "OrderId",
    )  # fmt: skip
    assert await census(desk) == before


@pytest.mark.parametrize("value", [None, ""])
async def test_a_field_with_a_default_goes_back_to_it(desk: Desk, value: object) -> None:
    """It is never null: a row that says so could not be read again."""
    await order_of(desk, activate=True)
    summary = only(await desk.query("SELECT Id FROM OrderSummary"))["Id"]
    for status, shown in (("Waiting", "Waiting"), (value, "Created")):
        assert (await desk.patch("OrderSummary", summary, Status=status)).status_code == 204
        assert (await desk.get("OrderSummary", summary))["Status"] == shown
    gateway = desk.ids["gateway"]
    assert (await desk.patch("PaymentGateway", gateway, PaymentStatus=value)).status_code == 204
    assert (await desk.get("PaymentGateway", gateway))["PaymentStatus"] == "Disabled"


async def test_a_required_field_cannot_be_cleared(desk: Desk) -> None:
    for value in (None, ""):
        answer = await desk.patch("Product2", desk.ids["hat"], Name=value)
        refused(answer, 400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", "Name")
    assert (await desk.get("Product2", desk.ids["hat"]))["Name"] == "Hat"


@pytest.mark.parametrize(
    ("field", "code"),
    [
        ("CreatedDate", "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("IsDeleted", "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("BillingAddress", "INVALID_FIELD_FOR_INSERT_UPDATE"),
        ("IsPersonAccount", "INVALID_FIELD_FOR_INSERT_UPDATE"),
    ],
)
async def test_a_field_that_is_read_only(desk: Desk, field: str, code: str) -> None:
    before = await census(desk)
    message = (
        f"Unable to create/update fields: {field}. Please check the security settings of this field and verify "
        "that it is read/write for your profile or permission set."
    )
    refused(await desk.post("/sobjects/Account", {"Name": "x", field: True}), 400, code, message, field)
    refused(await desk.patch("Account", desk.ids["account"], **{field: True}), 400, code, message, field)
    assert await census(desk) == before


async def test_names_the_record_does_not_have(desk: Desk) -> None:
    for name in ("Nome", "custom", "Custom", "name\0", "'; DROP TABLE account"):
        answer = await desk.post("/sobjects/Account", {"Name": "x", name: "y"})
        refused(answer, 400, "INVALID_FIELD", f"No such column '{name}' on sobject of type Account")
    refused(
        await desk.post("/sobjects/Account", {"Name": "x", "Id": desk.ids["account"]}), 400, "INVALID_FIELD",
        "The Id field should not be specified in the sobject data.", "Id",
    )  # fmt: skip
    refused(
        await desk.post("/sobjects/Account", {"Name": "x", "NAME": "y"}), 400, "INVALID_FIELD",
        "duplicate field: Name", "Name",
    )  # fmt: skip


async def test_fifteen_characters_are_taken_eighteen_are_given(desk: Desk) -> None:
    """Ids are accepted in both forms, in bodies and in paths."""
    account = desk.ids["account"]
    contact = await desk.make("Contact", LastName="Jo", AccountId=account[:15])
    assert (await desk.get("Contact", contact[:15]))["AccountId"] == account
    assert (await desk.get("Contact", contact[:15]))["Id"] == contact
    assert (await desk.patch("Contact", contact[:15], LastName="Li")).status_code == 204
    graph = await desk.graph(node("GET", f"Contact/{contact[:15]}?fields=AccountId", "read"))
    assert bodies(graph)["read"]["AccountId"] == account
    rows = await desk.query(f"SELECT Id, AccountId FROM Contact WHERE AccountId = '{account[:15]}'")
    assert rows == [{"Id": contact, "AccountId": account}]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_ids_in_the_path(desk: Desk, method: str) -> None:
    """Malformed: 404; of another object: MALFORMED_ID; of nothing: 404."""
    body = {"Name": "x"} if method == "PATCH" else None
    before = await census(desk)
    for text in ("nonsense", "001000000000001AA", "001D000000IqhSLAAA", "001-00000000001"):
        answer = await ask(desk, method, f"/sobjects/Account/{text}", body)
        message = f"Provided external ID field does not exist or is not accessible: {text}"
        refused(answer, 404, "NOT_FOUND", message)
    answer = await ask(desk, method, f"/sobjects/Account/{desk.ids['book']}", body)
    message = f"Account ID: id value of incorrect type: {desk.ids['book']}"
    refused(answer, 400, "MALFORMED_ID", message, "Id")
    answer = await ask(desk, method, "/sobjects/Account/001000000000001", body)
    refused(answer, 404, "NOT_FOUND", "The requested resource does not exist")
    assert await census(desk) == before


async def test_a_deleted_parent_is_none(desk: Desk) -> None:
    """A foreign key would let it pass."""
    parent = await desk.make("Account", Name="gone")
    ids = await order_of(desk)
    assert (await ask(desk, "DELETE", f"/sobjects/Account/{parent}")).status_code == 204
    assert (await ask(desk, "DELETE", f"/sobjects/Order/{ids['order']}")).status_code == 204
    before = await census(desk)
    message = f"invalid cross reference id: {parent}"
    body = {"LastName": "Jo", "AccountId": parent}
    refused(await desk.post("/sobjects/Contact", body), 400, "INVALID_CROSS_REFERENCE_KEY", message, "AccountId")
    answer = await desk.post("/sobjects/OrderDeliveryGroup", {"OrderId": ids["order"]})
    refused(answer, 400, "INVALID_CROSS_REFERENCE_KEY", f"invalid cross reference id: {ids['order']}", "OrderId")
    own = faulty(await desk.graph(node("POST", "Contact", "c", **body)))
    assert_error(own["body"], "INVALID_CROSS_REFERENCE_KEY", message, "AccountId")
    assert await census(desk) == before


async def test_what_is_taken_and_how_it_is_given_back(desk: Desk) -> None:
    """Empty text is null, picklists take any case, times come back in UTC with milliseconds, amounts as sent."""
    record_id = await desk.make(
        "Account", Name="n" * 255, Description="", AnnualRevenue="12.50", NumberOfEmployees=3.0,
        BillingGeocodeAccuracy="address", Rating="of our own", BillingLatitude=50.5, PersonBirthdate="2001-02-03",
    )  # fmt: skip
    row = await desk.get("Account", record_id)
    told = ("Name", "Description", "AnnualRevenue", "NumberOfEmployees", "BillingGeocodeAccuracy", "Rating")
    assert [row[name] for name in told] == ["n" * 255, None, 12.5, 3, "Address", "of our own"]
    assert (row["BillingLatitude"], row["PersonBirthdate"]) == (50.5, "2001-02-03")
    for given, shown in (
        ("2026-01-31T10:00:00Z", "2026-01-31T10:00:00.000+0000"),
        ("2026-01-31T10:00:00.123456+02:00", "2026-01-31T08:00:00.123+0000"),
        ("2026-01-31T10:00:00.5-0530", "2026-01-31T15:30:00.500+0000"),
    ):
        assert (await desk.patch("Product2", desk.ids["hat"], AvailabilityDate=given)).status_code == 204
        assert (await desk.get("Product2", desk.ids["hat"]))["AvailabilityDate"] == shown


_DEEP: dict[str, Callable[[], bytes]] = {
    "an array in a field": lambda: b'{"Name":' + b"[" * 700 + b"]" * 700 + b"}",
    "an object in a field": lambda: b'{"Name":' + b'{"a":' * 700 + b"1" + b"}" * 700 + b"}",
    "a reference far down": lambda: b'{"Name":' + b"[" * 700 + b'"@{a.id}"' + b"]" * 700 + b"}",
    "no end": lambda: b"[" * 200_000,
}


@pytest.mark.parametrize("case", _DEEP)
async def test_bodies_that_are_nested_too_deep(desk: Desk, case: str) -> None:
    body = _DEEP[case]()
    refused(await ask(desk, "POST", "/sobjects/Account", body), 400, "JSON_PARSER_ERROR")
    url = b'"/services/data/v60.0/sobjects/Account"'
    request = b'{"method":"POST","referenceId":"a","url":' + url + b',"body":' + body + b"}"
    graph = b'{"graphs":[{"graphId":"g","compositeRequest":[' + request + b"]}]}"
    answer = await ask(desk, "POST", "/composite/graph", graph)
    if answer.status_code == 200:
        assert_error(faulty(only(answer.json()["graphs"]))["body"], "JSON_PARSER_ERROR")
    else:
        refused(answer, 400, "JSON_PARSER_ERROR")
