"""`POST composite`: subrequests one after the other, or all or nothing (9.1)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from tests.desk import ROOT, Desk, node
from tests.faces.asserted import HALTED, ask, assert_error, census, growth, only, order_of, refused
from tests.faces.conftest import As

from ordo.platform.roles import Role

URL = f"{ROOT}/sobjects/Account"
NO_VALUE = "Invalid reference specified. No value for {0} found in {1}."
AND_HOW = (
    " Provided referenceId ('{0}') must start with a letter or a number, and it can contain only letters, numbers "
    "and underscores ('_')."
)


def asking(reference: str, soql: str, *, resource: str = "query", **more: Any) -> dict[str, Any]:
    url = f"{ROOT}/{resource}?q={quote(soql)}"
    return {"method": "GET", "url": url, "referenceId": reference, **more}


def calling(reference: str, path: str, **body: Any) -> dict[str, Any]:
    return {"method": "POST", "url": f"{ROOT}{path}", "referenceId": reference, "body": body}


async def composite(
    desk: Desk, *parts: dict[str, Any], together: bool | None = None, version: str = "60.0"
) -> dict[str, dict[str, Any]]:
    """The subresponses by referenceId, which come in the order of the request."""
    body: dict[str, Any] = {"compositeRequest": list(parts)}
    if together is not None:
        body["allOrNone"] = together
    answer = await ask(desk, "POST", "/composite", body, version=version)
    assert answer.status_code == 200, answer.text
    assert list(answer.json()) == ["compositeResponse"]
    found: list[dict[str, Any]] = answer.json()["compositeResponse"]
    assert [one["referenceId"] for one in found] == [part["referenceId"] for part in parts]
    for one in found:
        assert set(one) == {"body", "httpHeaders", "httpStatusCode", "referenceId"}
    return {one["referenceId"]: one for one in found}


def codes(found: dict[str, dict[str, Any]]) -> dict[str, int]:
    return {name: one["httpStatusCode"] for name, one in found.items()}


def all_halted_but(found: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """The one with an error of its own; the others were rolled back."""
    for other, one in found.items():
        if other != name:
            assert (one["httpStatusCode"], one["httpHeaders"], one["body"]) == (400, {}, [HALTED])
    assert found[name]["httpHeaders"] == {}
    return found[name]


@pytest.mark.parametrize("together", [True, False, None])
async def test_every_kind_of_subrequest(desk: Desk, together: bool | None) -> None:
    """Create, upsert, read, query, change, delete, with references between them in URL, query and body."""
    before = await census(desk)
    found = await composite(
        desk,
        node("POST", "Account", "made", Name="Jo", Type="Shop"),
        node("PATCH", "Account/Name/Li", "upserted", Type="@{read.Type}"),
        node("GET", "Account/@{made.id}?fields=Name,Type", "read"),
        node("POST", "Contact", "contact", LastName="of @{read.Name}", AccountId="@{made.id}"),
        asking("rows", "SELECT Id, AccountId, LastName FROM Contact WHERE AccountId = '@{made.id}'"),
        node("PATCH", "Contact/@{rows.records[0].Id}", "changed", FirstName="@{rows.records[0].LastName}"),
        node("POST", "Contact", "second", LastName="x", Account={"Name": "@{read.Name}"}),
        asking("count", "SELECT COUNT() FROM Contact WHERE Account.Name = '@{read.Name}'"),
        node("DELETE", "Contact/@{second.id}", "deleted"),
        asking("all", "SELECT Id FROM Contact WHERE IsDeleted = true", resource="queryAll"),
        together=together,
    )
    assert codes(found) == {
        "made": 201, "upserted": 201, "read": 200, "contact": 201, "rows": 200, "changed": 204, "second": 201,
        "count": 200, "deleted": 204, "all": 200,
    }  # fmt: skip
    made, contact = found["made"]["body"]["id"], found["contact"]["body"]["id"]
    assert found["made"] == {
        "body": {"id": made, "success": True, "errors": []},
        "httpHeaders": {"Location": f"{URL}/{made}"},
        "httpStatusCode": 201,
        "referenceId": "made",
    }
    upserted = found["upserted"]["body"]["id"]
    assert found["upserted"]["body"] == {"id": upserted, "success": True, "errors": [], "created": True}
    assert found["upserted"]["httpHeaders"] == {"Location": f"{URL}/{upserted}"}
    assert found["changed"]["body"] is None
    assert found["rows"]["httpHeaders"] == {}
    assert found["rows"]["body"] == {
        "totalSize": 1, "done": True,
        "records": [{
            "attributes": {"type": "Contact", "url": f"{ROOT}/sobjects/Contact/{contact}"},
            "Id": contact, "AccountId": made, "LastName": "of Jo",
        }],
    }  # fmt: skip
    assert found["count"]["body"] == {"totalSize": 2, "done": True, "records": []}
    assert [row["Id"] for row in found["all"]["body"]["records"]] == [found["second"]["body"]["id"]]
    assert (await desk.get("Account", upserted))["Type"] == "Shop"
    assert (await desk.get("Contact", contact))["FirstName"] == "of Jo"
    assert growth(before, await census(desk)) == {"account": 2, "contact": 2}


async def test_what_fails_alone_stops_nobody_but_who_refers_to_it(desk: Desk) -> None:
    """allOrNone false: independent ones go on, dependants of the failed one are not run."""
    before = await census(desk)
    found = await composite(
        desk,
        node("POST", "Contact", "bad", FirstName="no last name"),
        node("PATCH", "Contact/@{bad.id}", "child", FirstName="x"),
        node("POST", "Account", "grandchild", Name="@{child.id}"),
        asking("asked", "SELECT Id FROM Contact WHERE Id = '@{bad.id}'"),
        node("POST", "Account", "good", Name="good"),
        asking("wrong", "SELECT Nome FROM Account"),
    )
    assert codes(found) == {
        "bad": 400, "child": 400, "grandchild": 400, "asked": 400, "good": 201, "wrong": 400,
    }  # fmt: skip
    assert_error(
        found["bad"]["body"], "REQUIRED_FIELD_MISSING", "Required fields are missing: [LastName]", "LastName"
    )
    for name, told in (("child", "bad"), ("grandchild", "child"), ("asked", "bad")):
        message = (NO_VALUE + AND_HOW).format(f"{told}.id", told)
        assert found[name]["body"] == [{"message": message, "errorCode": "PROCESSING_HALTED"}]
    assert_error(found["wrong"]["body"], "INVALID_FIELD")
    assert growth(before, await census(desk)) == {"account": 1}


@pytest.mark.parametrize("place", ["first", "between", "last"])
@pytest.mark.parametrize(
    ("faulty", "status", "code"),
    [
        (node("POST", "Contact", "bad", FirstName="x"), 400, "REQUIRED_FIELD_MISSING"),
        (node("PATCH", "Account/001000000000001AAA", "bad", Name="x"), 404, "NOT_FOUND"),
        (node("POST", "Nonsense", "bad", Name="x"), 404, "NOT_FOUND"),
        (node("PATCH", "Account/Nome/x", "bad"), 404, "NOT_FOUND"),
        (node("POST", "Account", "bad", Name="@{nobody.id}"), 400, "PROCESSING_HALTED"),
        (asking("bad", "SELECT Nome FROM Account"), 400, "INVALID_FIELD"),
        (asking("bad", ""), 400, "MALFORMED_QUERY"),
        ({"method": "GET", "url": f"{ROOT}/query/01g000000000001AAA-5", "referenceId": "bad"}, 400,
         "INVALID_QUERY_LOCATOR"),
        ({"method": "GET", "url": f"{ROOT}/sobjects/Nonsense/describe", "referenceId": "bad"}, 404, "NOT_FOUND"),
        ({"method": "POST", "url": f"{ROOT}/sobjects/Account/describe", "referenceId": "bad"}, 405,
         "METHOD_NOT_ALLOWED"),
        ({"method": "GET", "url": f"{ROOT}/nonsense", "referenceId": "bad"}, 404, "NOT_FOUND"),
        ({"method": "GET", "url": "/services/data/v47.0/sobjects/Account/x", "referenceId": "bad"}, 404,
         "NOT_FOUND"),
        ({"method": "PUT", "url": URL, "referenceId": "bad"}, 405, "METHOD_NOT_ALLOWED"),
        ({"method": "POST", "url": f"{ROOT}/query?q=x", "referenceId": "bad"}, 405, "METHOD_NOT_ALLOWED"),
        ({"method": "GET", "url": f"{ROOT}/commerce/order-management/order-summaries", "referenceId": "bad"}, 405,
         "METHOD_NOT_ALLOWED"),
        (calling("bad", "/commerce/order-management/order-summaries", nonsense=1), 400, "JSON_PARSER_ERROR"),
    ],
)  # fmt: skip
async def test_all_or_none(desk: Desk, faulty: dict[str, Any], status: int, code: str, place: str) -> None:
    """Any error takes everything back, what a query had flushed too; the others say so."""
    before = await census(desk)
    parts = [
        node("POST", "Account", "a", Name="a"),
        asking("q", "SELECT Id FROM Account"),
        node("PATCH", "Account/Name/b", "b"),
        asking("r", "SELECT Id FROM Account"),
        node("POST", "Account", "c", Name="c"),
    ]
    parts.insert({"first": 0, "between": 3, "last": 5}[place], faulty)
    own = all_halted_but(await composite(desk, *parts, together=True), "bad")
    assert own["httpStatusCode"] == status, own
    assert own["body"][0]["errorCode"] == code, own
    assert await census(desk) == before

    found = await composite(desk, *parts, together=False)
    assert codes(found) == {
        part["referenceId"]: status if part is faulty else 200 if part["referenceId"] in "qr" else 201
        for part in parts
    }
    assert found["bad"] == own
    assert growth(before, await census(desk)) == {"account": 3}


async def test_without_a_query_it_is_one_transaction_too(desk: Desk) -> None:
    before = await census(desk)
    parts = [node("POST", "Account", "a", Name="a"), node("POST", "Contact", "c", FirstName="x")]
    all_halted_but(await composite(desk, *parts, together=True), "c")
    assert await census(desk) == before


async def test_the_database_refuses(desk: Desk) -> None:
    """A constraint met by what is written before a query, and by what is written at the end; told at the last."""
    entry = {"Pricebook2Id": desk.ids["book"], "Product2Id": desk.ids["hat"], "UnitPrice": 7}
    parts = [node("POST", "Account", "a", Name="a"), node("POST", "PricebookEntry", "e", **entry)]
    asked = asking("q", "SELECT Id FROM Account")
    before = await census(desk)
    for order in ([*parts, asked], [asked, *parts], [parts[0], asked, parts[1]], parts):
        found = await composite(desk, *order, together=True)
        own = all_halted_but(found, order[-1]["referenceId"])
        assert_error(own["body"], "DUPLICATE_VALUE")
    assert await census(desk) == before
    assert codes(await composite(desk, *parts)) == {"a": 201, "e": 400}


async def test_a_query_sees_what_was_written_before_it_and_no_more(desk: Desk) -> None:
    """All or none: with sums, inside the transaction; nobody else sees it before the end."""
    nodes = desk.order_nodes([("shirt", 2, "20.00")], activate=False)
    total = "SELECT TotalAmount FROM Order WHERE Id = '@{order.id}'"
    found = await composite(
        desk,
        *nodes,
        asking("total", total),
        node("POST", "OrderItem", "more", **desk.item(2, "hat", 1, "5.50")["body"]),
        asking("more_total", total),
        node("PATCH", "Order/@{order.id}", "activated", Status="Activated"),
        asking("summary", "SELECT Id, GrandTotalAmount FROM OrderSummary WHERE OriginalOrderId = '@{order.id}'"),
        node("GET", "OrderSummary/@{summary.records[0].Id}?fields=Status", "read"),
        together=True,
    )
    assert {one["httpStatusCode"] for one in found.values()} == {200, 201, 204}, found
    assert found["total"]["body"]["records"][0]["TotalAmount"] == 20.0
    assert found["more_total"]["body"]["records"][0]["TotalAmount"] == 25.5
    assert found["summary"]["body"]["records"][0]["GrandTotalAmount"] == 25.5
    assert found["read"]["body"]["Id"] == found["summary"]["body"]["records"][0]["Id"]
    facts = await desk.rows("SELECT root, number FROM fact ORDER BY 1, 2")
    assert [fact["number"] for fact in facts] == list(range(1, len(facts) + 1))


@pytest.mark.parametrize("together", [True, False])
async def test_a_description(desk: Desk, together: bool) -> None:
    """As the resource answers it, and what it says can be referred to."""
    described = {"method": "GET", "url": f"{ROOT}/sobjects/account/describe", "referenceId": "d"}
    named = node("POST", "Contact", "c", LastName="@{d.fields[0].name} of @{d.name}")
    found = await composite(desk, described, named, together=together)
    assert codes(found) == {"d": 200, "c": 201}
    assert found["d"]["body"] == (await ask(desk, "GET", "/sobjects/Account/describe")).json()
    assert (await desk.get("Contact", found["c"]["body"]["id"]))["LastName"] == "Id of Account"


@pytest.mark.parametrize("together", [True, False])
async def test_connect_resources(desk: Desk, together: bool) -> None:
    """Verbs on what was made before; their answers can be referred to; a refusal carries its output."""
    await desk.stock("DC1", shirt=5)
    await order_of(desk, ("shirt", 2, "20.00"), activate=True)
    item = only(
        await desk.query("SELECT Id, OrderSummaryId, OrderDeliveryGroupSummaryId FROM OrderItemSummary LIMIT 1")
    )
    group = {
        "fulfilledFromLocationId": desk.ids["DC1"], "fulfillmentType": "Warehouse", "referenceId": "g",
        "orderItemSummaries": [{"orderItemSummaryId": item["Id"], "quantity": 1}],
    }  # fmt: skip
    told = {
        "orderSummaryId": item["OrderSummaryId"], "fulfillmentGroups": [group],
        "orderDeliveryGroupSummaryId": item["OrderDeliveryGroupSummaryId"],
    }  # fmt: skip
    path = "/commerce/fulfillment/fulfillment-orders"
    found = await composite(
        desk,
        calling("sent", path, **told),
        node("GET", "FulfillmentOrder/@{sent.fulfillmentOrderIds[0]}?fields=Status", "read"),
        calling("invoice", path + "/@{sent.fulfillmentOrderIds[0]}/actions/create-invoice"),
        together=together,
    )
    assert codes(found) == {"sent": 201, "read": 200, "invoice": 201}
    (sent,) = found["sent"]["body"]["fulfillmentOrderIds"]
    assert found["sent"]["body"] == {"success": True, "errors": [], "fulfillmentOrderIds": [sent]}
    row = only(await desk.query("SELECT Id, InvoiceId FROM FulfillmentOrder"))
    assert row == {"Id": sent, "InvoiceId": found["invoice"]["body"]["invoiceId"]}

    before = await census(desk)
    found = await composite(
        desk,
        asking("asked", "SELECT Id FROM Invoice"),
        calling("again", path + f"/{sent}/actions/create-invoice"),
        calling("several", "/commerce/fulfillment/actions/create-multiple", fulfillmentOrders=[told, told]),
        together=together,
    )
    error = found["again"]["body"][0]
    assert set(error) == {"errorCode", "message", "enhancedErrorType", "output"}
    assert error["output"] == {
        "success": False, "invoiceId": None,
        "errors": [{"errorCode": error["errorCode"], "message": error["message"]}],
    }  # fmt: skip
    if together:
        all_halted_but(found, "again")
        assert await census(desk) == before
    else:  # the second group finds nothing left: it fails within a call that succeeds
        assert codes(found) == {"asked": 200, "again": 400, "several": 201}
        groups = found["several"]["body"]["fulfillmentOrders"]
        assert [group["success"] for group in groups] == [True, False]


async def test_a_group_that_fails_fails_all_or_none(desk: Desk) -> None:
    """`create-multiple` answers 201 with an error per group; in one transaction none may fail."""
    await desk.stock("DC1", shirt=5)
    await order_of(desk, ("shirt", 1, "20.00"), activate=True)
    item = only(await desk.query("SELECT Id, OrderSummaryId, OrderDeliveryGroupSummaryId FROM OrderItemSummary"))
    told = {
        "orderSummaryId": item["OrderSummaryId"],
        "orderDeliveryGroupSummaryId": item["OrderDeliveryGroupSummaryId"],
        "fulfillmentGroups": [{
            "fulfilledFromLocationId": desk.ids["DC1"], "fulfillmentType": "Warehouse",
            "orderItemSummaries": [{"orderItemSummaryId": item["Id"], "quantity": 1}],
        }],
    }  # fmt: skip
    before = await census(desk)
    found = await composite(
        desk,
        node("POST", "Account", "a", Name="a"),
        calling("several", "/commerce/fulfillment/actions/create-multiple", fulfillmentOrders=[told, told]),
        together=True,
    )
    own = all_halted_but(found, "several")
    assert own["httpStatusCode"] == 400
    assert own["body"][0]["output"]["success"] is False
    assert await census(desk) == before


async def test_locators_and_page_sizes(desk: Desk) -> None:
    """A page of 200 by a header of the subrequest, and the next by its locator."""
    nodes = [node("POST", "Account", f"a{number}", Name="many") for number in range(450)]
    assert (await desk.graph(*nodes))["isSuccessful"] is True
    for together in (True, False):
        headers = {"Sforce-Query-Options": "batchSize=200", "If-Modified-Since": "x"}
        many = asking("many", "SELECT Id FROM Account WHERE Name = 'many'", httpHeaders=headers)
        found = (await composite(desk, many, together=together))["many"]["body"]
        assert (found["totalSize"], found["done"], len(found["records"])) == (450, False, 200)
        for resource in ("query", "queryAll"):
            url = found["nextRecordsUrl"].replace("/query/", f"/{resource}/")
            last = {"method": "GET", "url": url, "referenceId": "last"}
            page = (await composite(desk, last, together=together))["last"]["body"]
            assert (page["totalSize"], page["done"], len(page["records"])) == (450, True, 250)


async def test_several_records_have_the_key(desk: Desk) -> None:
    """300 with the URLs is an error of its subrequest."""
    ids = sorted([await desk.make("Account", Name="twin"), await desk.make("Account", Name="twin")])
    parts = [node("POST", "Account", "a", Name="a"), node("PATCH", "Account/Name/twin", "twin", Type="x")]
    before = await census(desk)
    own = all_halted_but(await composite(desk, *parts, together=True), "twin")
    assert (own["httpStatusCode"], own["body"]) == (300, [f"{URL}/{one}" for one in ids])
    assert await census(desk) == before


# -- references ---------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("made.Id", "made"), ("read.id", "read"), ("read.Type.x", "read"), ("read.Site", "read"), ("read", "read"),
        ("rows.records", "rows"), ("rows.records[9].Id", "rows"), ("rows.records[0]", "rows"),
        ("rows.records[0].id", "rows"), ("rows.records[x].Id", "rows"), ("rows[0].Id", "rows"),
        ("rows.records[0", "rows"), ("nobody.id", "nobody"), ("made.errors[0]", "made"), (".id", ""),
    ],
)  # fmt: skip
async def test_references_without_a_value(desk: Desk, name: str, told: str, together: bool) -> None:
    """A create answers `id`, a read `Id`; what was not selected is not there; lists and records are no values."""
    found = await composite(
        desk,
        node("POST", "Account", "made", Name="x"),
        node("GET", "Account/@{made.id}?fields=Name,Type", "read"),
        asking("rows", "SELECT Id FROM Account WHERE Name = 'x'"),
        node("POST", "Account", "bad", Name=f"@{{{name}}}"),
        together=together,
    )
    message = (NO_VALUE + AND_HOW).format(name, told)
    assert found["bad"]["body"] == [{"message": message, "errorCode": "PROCESSING_HALTED"}]
    assert codes(found)["made"] == (400 if together else 201)


@pytest.mark.parametrize("together", [True, False])
async def test_a_null_that_was_read(desk: Desk, together: bool) -> None:
    """From 52.0 on null is used; before, who refers to it fails."""
    parts = [
        node("GET", f"Account/{desk.ids['account']}?fields=Type", "read"),
        node("POST", "Contact", "c", LastName="x", Department="@{read.Type}"),
    ]
    found = await composite(desk, *parts, together=together, version="52.0")
    assert (await desk.get("Contact", found["c"]["body"]["id"]))["Department"] is None
    found = await composite(desk, *parts, together=together, version="51.0")
    message = NO_VALUE.format("read.Type", "read")
    assert found["c"]["body"] == [{"message": message, "errorCode": "PROCESSING_HALTED"}]


@pytest.mark.parametrize("together", [True, False])
async def test_references_within_a_text(desk: Desk, together: bool) -> None:
    """Spelled as JSON spells them; a null is no text, never the word None, and no id."""
    parts = [
        node("GET", f"Account/{desk.ids['account']}?fields=Phone,IsDeleted,Name", "read"),
        node("POST", "Account", "made", Name="<@{read.Phone}@{read.Phone}|@{read.IsDeleted}|@{read.Name}>"),
        asking("none", "SELECT Id FROM Account WHERE Name = '@{read.Phone}x'"),
        node("GET", "Account/@{read.Phone}", "nobody"),
    ]
    found = await composite(desk, *parts[: 3 if together else 4], together=together)
    assert (await desk.get("Account", found["made"]["body"]["id"]))["Name"] == "<|false|Jo Example>"
    assert found["none"]["body"]["totalSize"] == 0
    if not together:
        assert found["nobody"]["body"] == [
            {"message": "The requested resource does not exist", "errorCode": "NOT_FOUND"}
        ]


async def test_a_reference_id_that_none_can_refer_to(desk: Desk) -> None:
    """From 52.0 on it makes the whole call fail; before, only who refers to it."""
    parts = [
        node("POST", "Account", "a-b", Name="x"),
        node("POST", "Account", "c", Name="y"),
        node("POST", "Contact", "d", LastName="z", AccountId="@{a-b.id}"),
    ]
    before = await census(desk)
    answer = await ask(desk, "POST", "/composite", {"compositeRequest": parts}, version="52.0")
    refused(answer, 400, "INVALID_INPUT", "Invalid referenceId: a-b", "referenceId")
    assert await census(desk) == before
    found = await composite(desk, *parts, version="51.0")
    assert codes(found) == {"a-b": 201, "c": 201, "d": 400}
    message = NO_VALUE.format("a-b.id", "a-b")
    assert found["d"]["body"] == [{"message": message, "errorCode": "PROCESSING_HALTED"}]
    assert growth(before, await census(desk)) == {"account": 2}


async def test_a_reference_into_the_value_of_a_key(desk: Desk) -> None:
    """Its blanks and signs are those of the value, not of a URL."""
    await desk.make("Account", Name="a+b %20/c")
    found = await composite(
        desk,
        asking("rows", "SELECT Name FROM Account WHERE Name LIKE 'a+b%'"),
        node("PATCH", "Account/Name/@{rows.records[0].Name}", "known", Type="x"),
        node("PATCH", "Account/Name/%40%7Brows.records%5B0%5D.Name%7D", "coded", Type="y"),
        node("PATCH", "Account/Name/@{rows.totalSize}", "number", Type="z"),
    )
    assert codes(found) == {"rows": 200, "known": 200, "coded": 200, "number": 201}
    assert await desk.query("SELECT Name FROM Account WHERE Type = 'z'") == [{"Name": "1"}]


# -- what may be sent ---------------------------------------------------------------------------

GOOD = {"method": "POST", "url": URL, "referenceId": "a", "body": {"Name": "x"}}


def _asks(count: int) -> list[dict[str, Any]]:
    return [asking(f"q{number}", "SELECT Id FROM Account") for number in range(count)]


_UNUSABLE: dict[str, tuple[Any, str, str, tuple[str, ...]]] = {
    "26 subrequests": (
        [{**GOOD, "referenceId": f"a{number}"} for number in range(26)],
        "INVALID_INPUT", "The maximum number of subrequests per payload is 25: 26", (),
    ),
    "6 queries": (_asks(6), "INVALID_INPUT", "The maximum number of queries per payload is 5: 6", ()),
    "6 queries and locators": (
        [*_asks(5), {"method": "GET", "url": f"{ROOT}/query/01g000000000001AAA-200", "referenceId": "l"}],
        "INVALID_INPUT", "The maximum number of queries per payload is 5: 6", (),
    ),
    "a doubled referenceId": ([GOOD, GOOD], "INVALID_INPUT", "Duplicate referenceId: a", ("referenceId",)),
    "no referenceId": (
        [{**GOOD, "referenceId": None}], "INVALID_INPUT", "Invalid referenceId: None", ("referenceId",),
    ),
    "a circle": (
        [{**GOOD, "body": {"Name": "@{b.id}"}}, {**GOOD, "referenceId": "b", "body": {"Name": "@{a.id}"}}],
        "INVALID_INPUT", "Circular reference: a -> b -> a", (),
    ),
    "a method in lower case": ([{**GOOD, "method": "post"}], "INVALID_INPUT", "Invalid method: post", ("method",)),
    "no method": ([{**GOOD, "method": None}], "INVALID_INPUT", "Invalid method: None", ("method",)),
    "HEAD": ([{**GOOD, "method": "HEAD"}], "INVALID_INPUT", "Invalid method: HEAD", ("method",)),
    "another host": (
        [{**GOOD, "url": "http://x.example" + URL}],
        "INVALID_INPUT", f"Invalid url for a composite: http://x.example{URL}", ("url",),
    ),
    "a url without version": (
        [{**GOOD, "url": "/services/data/sobjects/Account"}],
        "INVALID_INPUT", "Invalid url for a composite: /services/data/sobjects/Account", ("url",),
    ),
    "no url": ([{**GOOD, "url": None}], "INVALID_INPUT", "Invalid url for a composite: None", ("url",)),
    "a body that is a list": (
        [{**GOOD, "body": [1]}], "JSON_PARSER_ERROR", "The body of a subrequest must be an object", ("body",),
    ),
    "a body nested too deep": (
        [{**GOOD, "body": {"Name": json.loads("[" * 40 + "]" * 40)}}],
        "JSON_PARSER_ERROR", "The body of a subrequest is nested too deep", ("body",),
    ),
    "a subrequest that is a text": (
        ["x"], "JSON_PARSER_ERROR", "A subrequest must be an object", ("compositeRequest",),
    ),
    "headers that are a list": (
        [{**GOOD, "httpHeaders": ["x"]}],
        "JSON_PARSER_ERROR", "httpHeaders must be an object of texts", ("httpHeaders",),
    ),
    "a header that is a number": (
        [{**GOOD, "httpHeaders": {"x": 1}}],
        "JSON_PARSER_ERROR", "httpHeaders must be an object of texts", ("httpHeaders",),
    ),
    **{
        f"the header {name}": (
            [{**GOOD, "httpHeaders": {name: "x"}}],
            "INVALID_INPUT", f"A subrequest cannot have the header {name.lower()}", ("httpHeaders",),
        )
        for name in ("Accept", "authorization", "CONTENT-TYPE")
    },
}  # fmt: skip


@pytest.mark.parametrize("case", _UNUSABLE)
@pytest.mark.parametrize("together", [True, False])
async def test_a_payload_that_is_unusable_as_a_whole(desk: Desk, case: str, together: bool) -> None:
    """400 for the request, and nothing runs."""
    parts, code, message, fields = _UNUSABLE[case]
    before = await census(desk)
    answer = await desk.post("/composite", {"allOrNone": together, "compositeRequest": parts})
    refused(answer, 400, code, message, *fields)
    assert await census(desk) == before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "The request body must hold an array named compositeRequest"),
        ([], "The request body must hold an array named compositeRequest"),
        ({"compositeRequest": {}}, "The request body must hold an array named compositeRequest"),
        ({"compositeRequest": [GOOD], "allOrNone": "true"}, "allOrNone must be true or false"),
        ({"compositeRequest": [GOOD], "collateSubrequests": 1}, "collateSubrequests must be true or false"),
    ],
)
async def test_a_body_of_another_shape(desk: Desk, body: Any, message: str) -> None:
    before = await census(desk)
    refused(await desk.post("/composite", body), 400, "JSON_PARSER_ERROR", message)
    assert await census(desk) == before


async def test_the_limits_themselves_are_allowed(desk: Desk) -> None:
    """25 subrequests that refer to each other in a row, five queries among them, in any order of the array."""
    parts = [node("POST", "Account", "a0", Name="0")]
    parts += [node("PATCH", f"Account/Name/@{{a{n}.id}}", f"a{n + 1}", Type="x") for n in range(19)]
    parts += [asking(f"q{number}", "SELECT COUNT() FROM Account") for number in range(5)]
    assert len(parts) == 25
    for together in (True, False):
        before = await census(desk)
        found = await composite(desk, *parts[::-1], together=together)
        assert [one["httpStatusCode"] for one in found.values()] == [200] * 5 + [201] * 20
        assert growth(before, await census(desk)) == {"account": 20}


@pytest.mark.parametrize("together", [True, False])
async def test_an_empty_payload_does_nothing(desk: Desk, together: bool) -> None:
    assert await composite(desk, together=together) == {}


async def test_it_is_a_post_only_with_a_session(desk: Desk) -> None:
    refused(await ask(desk, "PUT", "/composite"), 405, "METHOD_NOT_ALLOWED")
    answer = await ask(desk, "POST", "/composite", {"compositeRequest": []}, Authorization="Bearer x")
    refused(answer, 401, "INVALID_SESSION_ID")
    refused(await ask(desk, "POST", "/composite", {}, version="47.0"), 404, "NOT_FOUND")


# -- rights and keys ----------------------------------------------------------------------------


async def test_rights_are_asked_subrequest_by_subrequest(desk: Desk, acting_as: As) -> None:
    agent, associate = await acting_as(Role.SERVICE_AGENT), await acting_as(Role.STORE_ASSOCIATE, "DC1")
    parts = [
        node("POST", "Account", "a", Name="a"),
        node("POST", "Product2", "p", Name="p"),
        node("PATCH", "Product2/Name/Hat", "u", Description="x"),
        node("GET", f"Product2/{desk.ids['hat']}", "r"),
        asking("q", "SELECT Id FROM Account"),
    ]
    before = await census(desk)
    assert codes(await composite(agent, *parts)) == {"a": 201, "p": 403, "u": 403, "r": 200, "q": 200}
    assert growth(before, await census(desk)) == {"account": 1}
    before = await census(desk)
    own = all_halted_but(await composite(agent, *parts, together=True), "p")
    assert own["httpStatusCode"] == 403
    assert_error(own["body"], "INSUFFICIENT_ACCESS")
    found = await composite(
        associate, parts[0], parts[3], parts[4], calling("i", "/commerce/fulfillment/fulfillment-orders")
    )
    assert codes(found) == {"a": 403, "r": 200, "q": 403, "i": 403}
    assert await census(desk) == before


@pytest.mark.parametrize("asks", [True, False])
async def test_a_key_makes_all_or_none_once(desk: Desk, asks: bool) -> None:
    """The repeat gets the first answer to the byte, whatever a query would answer now."""
    parts = [
        node("POST", "Account", "a", Name="a"),
        *([asking("q", "SELECT COUNT() FROM Account")] if asks else []),
    ]
    body = {"allOrNone": True, "compositeRequest": parts}
    before = await census(desk)
    first = await ask(desk, "POST", "/composite", body, Idempotency_Key="k")
    await desk.make("Account", Name="b")
    again = await ask(desk, "POST", "/composite", body, Idempotency_Key="k")
    assert (first.status_code, first.content) == (again.status_code, again.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert growth(before, await census(desk)) == {"account": 2, "idempotency": 1}
    other = {"allOrNone": True, "compositeRequest": [*parts, node("POST", "Account", "c", Name="c")]}
    refused(await ask(desk, "POST", "/composite", other, Idempotency_Key="k"), 422, "UNPROCESSABLE_REQUEST")


async def test_a_key_needs_all_or_none(desk: Desk) -> None:
    """Subrequests that commit one by one cannot be stored with their answer; reads ignore the key."""
    writing = {"compositeRequest": [node("POST", "Account", "a", Name="a")]}
    before = await census(desk)
    answer = await ask(desk, "POST", "/composite", writing, Idempotency_Key="k")
    refused(answer, 400, "IDEMPOTENCY_NOT_SUPPORTED")
    assert await census(desk) == before
    reading = {"compositeRequest": [asking("q", "SELECT Id FROM Account")]}
    assert (await ask(desk, "POST", "/composite", reading, Idempotency_Key="k")).status_code == 200
    failing = {"allOrNone": True, "compositeRequest": [node("POST", "Contact", "c")]}
    for _ in range(2):
        answer = await ask(desk, "POST", "/composite", failing, Idempotency_Key="k")
        assert answer.json()["compositeResponse"][0]["httpStatusCode"] == 400
        assert "idempotency-replayed" not in answer.headers
    assert await census(desk) == before
