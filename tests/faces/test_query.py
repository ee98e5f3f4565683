"""`query` and `queryAll`: shapes, pages, locators and refusals as clients see them."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest
from tests.desk import Desk
from tests.faces.asserted import accounts, ask, only, order_of, refused

QUERY = "/services/data/v60.0/query"
SIZE = {"Sforce-Query-Options": "batchSize=200"}


async def _ask(desk: Desk, soql: str, resource: str = "query", **headers: str) -> httpx.Response:
    return await ask(desk, "GET", f"/{resource}?q={quote(soql)}", **headers)


async def _answer(desk: Desk, soql: str, resource: str = "query", **headers: str) -> dict[str, Any]:
    answer = await _ask(desk, soql, resource, **headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    body: dict[str, Any] = answer.json()
    return body


def _url(noun: str, record_id: str) -> dict[str, str]:
    return {"type": noun, "url": f"/services/data/v60.0/sobjects/{noun}/{record_id}"}


async def test_rows_parents_and_children(desk: Desk) -> None:
    """Attributes first, fields in the order of the SELECT, a missing parent or no children null."""
    account = desk.ids["account"]
    contact = await desk.make("Contact", LastName="Li", AccountId=account)
    alone = await desk.make("Contact", LastName="Mo")
    body = await _answer(desk, "select LASTNAME, Id, account.name from contact order by LastName")
    assert body == {
        "totalSize": 2,
        "done": True,
        "records": [
            {
                "attributes": _url("Contact", contact), "LastName": "Li", "Id": contact,
                "Account": {"attributes": _url("Account", account), "Name": "Jo Example"},
            },
            {"attributes": _url("Contact", alone), "LastName": "Mo", "Id": alone, "Account": None},
        ],
    }  # fmt: skip
    assert list(body) == ["totalSize", "done", "records"]
    assert list(body["records"][0]) == ["attributes", "LastName", "Id", "Account"]
    body = await _answer(
        desk, "SELECT Name, (SELECT LastName FROM Contacts), (SELECT Id FROM Orders) FROM Account"
    )
    assert body["records"] == [
        {
            "attributes": _url("Account", account),
            "Name": "Jo Example",
            "Contacts": {
                "totalSize": 1, "done": True,
                "records": [{"attributes": _url("Contact", contact), "LastName": "Li"}],
            },
            "Orders": None,
        }
    ]  # fmt: skip


async def test_nothing_found_is_an_answer(desk: Desk) -> None:
    """S0-87: what the till goes by when a customer is unknown."""
    body = await _answer(desk, "SELECT Id FROM Account WHERE Name = 'nobody'")
    assert body == {"totalSize": 0, "done": True, "records": []}


async def test_count_and_aggregates(desk: Desk) -> None:
    await desk.graph(*accounts("a", "b", "b"))
    assert await _answer(desk, "SELECT COUNT() FROM Account WHERE Name IN ('a', 'b')") == {
        "totalSize": 3, "done": True, "records": [],
    }  # fmt: skip
    assert await _answer(
        desk,
        "SELECT Name, COUNT(Id), COUNT_DISTINCT(Name) n FROM Account WHERE Name < 'c' GROUP BY Name ORDER BY Name",
    ) == {
        "totalSize": 2,
        "done": True,
        "records": [
            {"attributes": {"type": "AggregateResult"}, "Name": "a", "expr0": 1, "n": 1},
            {"attributes": {"type": "AggregateResult"}, "Name": "b", "expr0": 2, "n": 1},
        ],
    }


async def _many(desk: Desk, count: int) -> set[str]:
    graph = await desk.graph(*accounts(*(f"many {number % 7}" for number in range(count))))
    assert graph["isSuccessful"] is True
    return {one["body"]["id"] for one in graph["graphResponse"]["compositeResponse"]}


async def _pages(desk: Desk, soql: str, resource: str = "query") -> list[dict[str, Any]]:
    pages = [await _answer(desk, soql, resource, **SIZE)]
    while "nextRecordsUrl" in pages[-1]:
        answer = await desk.client.get(pages[-1]["nextRecordsUrl"], headers=SIZE)
        assert answer.status_code == 200, answer.text
        pages.append(answer.json())
    return pages


async def test_pages_follow_each_other(desk: Desk) -> None:
    """Every row once, whether anything orders them or not; the locator names the version asked."""
    ids = await _many(desk, 450)
    for order in ("", " ORDER BY Name", " ORDER BY Name DESC NULLS LAST"):
        pages = await _pages(desk, f"SELECT Id FROM Account WHERE Name LIKE 'many%'{order}")
        assert [len(page["records"]) for page in pages] == [200, 200, 50]
        assert [(page["totalSize"], page["done"]) for page in pages] == [(450, False), (450, False), (450, True)]
        locator = pages[0]["nextRecordsUrl"].removesuffix("-200")
        assert locator.startswith(f"{QUERY}/01g")
        assert len(locator) == len(f"{QUERY}/") + 18
        assert pages[1]["nextRecordsUrl"] == f"{locator}-400"
        assert "nextRecordsUrl" not in pages[2]
        found = [row["Id"] for page in pages for row in page["records"]]
        assert (len(found), set(found)) == (450, ids)


async def test_pages_keep_within_limit_and_offset(desk: Desk) -> None:
    await _many(desk, 450)
    pages = await _pages(desk, "SELECT Id FROM Account WHERE Name LIKE 'many%' LIMIT 250 OFFSET 100")
    assert [len(page["records"]) for page in pages] == [200, 50]
    assert [page["totalSize"] for page in pages] == [250, 250]
    pages = await _pages(desk, "SELECT Id FROM Account WHERE Name LIKE 'many%' LIMIT 200")
    assert [(len(page["records"]), page["done"], page["totalSize"]) for page in pages] == [(200, True, 200)]


async def test_page_sizes_have_bounds(desk: Desk) -> None:
    """At least 200, at most 2,000, whatever is asked; nonsense is the default."""
    await _many(desk, 205)
    soql = "SELECT Id FROM Account WHERE Name LIKE 'many%'"
    for options, size in (("batchSize=1", 200), ("batchsize = 201", 201), ("batchSize=99999", 205), ("x", 205)):
        body = await _answer(desk, soql, Sforce_Query_Options=options)
        assert len(body["records"]) == size, options
        assert body["totalSize"] == 205


async def test_a_locator_serves_both_resources(desk: Desk) -> None:
    """queryAll's next page says `query` and still holds the deleted; either resource takes it."""
    ids = await _many(desk, 210)
    gone = sorted(ids)[:5]
    for record_id in gone:
        assert (await ask(desk, "DELETE", f"/sobjects/Account/{record_id}")).status_code == 204
    soql = "SELECT Id, IsDeleted FROM Account WHERE Name LIKE 'many%'"
    assert (await _answer(desk, soql))["totalSize"] == 205
    pages = await _pages(desk, soql, "queryAll")
    assert [len(page["records"]) for page in pages] == [200, 10]
    assert pages[0]["nextRecordsUrl"].startswith(f"{QUERY}/01g")
    found = {row["Id"]: row["IsDeleted"] for page in pages for row in page["records"]}
    assert found == {record_id: record_id in gone for record_id in ids}
    other = pages[0]["nextRecordsUrl"].replace("/query/", "/queryAll/")
    assert (await desk.client.get(other, headers=SIZE)).json()["records"] == pages[1]["records"]


async def test_deleted_rows_are_asked_for_by_name(desk: Desk) -> None:
    record_id = await desk.make("Account", Name="gone")
    assert (await ask(desk, "DELETE", f"/sobjects/Account/{record_id}")).status_code == 204
    soql = "SELECT Id, IsDeleted FROM Account WHERE Name = 'gone'"
    assert (await _answer(desk, soql))["records"] == []
    body = await _answer(desk, soql, "queryAll")
    assert body["records"] == [{"attributes": _url("Account", record_id), "Id": record_id, "IsDeleted": True}]
    assert (await _answer(desk, "SELECT COUNT() FROM Account WHERE Name = 'gone'", "queryAll"))["totalSize"] == 1


@pytest.mark.parametrize(
    "locator", ["01g000000000001AAA-200", "01g000000000001AAA", "nonsense", "01g000000000001AAA--1", "-200"]
)
async def test_a_locator_nobody_gave(desk: Desk, locator: str) -> None:
    refused(await ask(desk, "GET", f"/query/{locator}"), 400, "INVALID_QUERY_LOCATOR", "invalid query locator")


async def test_a_locator_beyond_the_end(desk: Desk) -> None:
    await _many(desk, 205)
    page = await _answer(desk, "SELECT Id FROM Account WHERE Name LIKE 'many%'", **SIZE)
    beyond = page["nextRecordsUrl"].replace("-200", "-999999999")
    answer = await desk.client.get(beyond)
    assert (answer.status_code, answer.json()) == (200, {"totalSize": 205, "done": True, "records": []})


async def test_columns_of_a_query(desk: Desk) -> None:
    """What command line clients ask beside the rows, for the heads of their tables."""
    answer = await ask(desk, "GET", f"/query?q={quote('SELECT Id, Name, Account.Name FROM Contact')}&columns=true")
    assert answer.status_code == 200
    body = answer.json()
    told = {name: body[name] for name in ("entityName", "keyPrefix", "groupBy", "idSelected")}
    assert told == {"entityName": "Contact", "keyPrefix": "003", "groupBy": False, "idSelected": True}
    assert [column["columnName"] for column in body["columnMetadata"]] == ["Id", "Name", "Account"]
    assert set(body["columnMetadata"][0]) == {
        "aggregate", "apexType", "booleanType", "columnName", "custom", "displayName", "foreignKeyName",
        "insertable", "joinColumns", "numberType", "textType", "updatable",
    }  # fmt: skip
    assert [column["columnName"] for column in body["columnMetadata"][2]["joinColumns"]] == ["Name"]


_SEE = "Please reference your WSDL or the describe call for the appropriate names."
_REFUSED = {
    "no verb": ("SELEKT Id FROM Account", "MALFORMED_QUERY", "unexpected token: 'SELEKT'"),
    "no FROM": ("SELECT Id FRM Account", "MALFORMED_QUERY", "unexpected token: 'FRM'"),
    "unknown column": (
        "SELECT Id, Foo__c FROM Account", "INVALID_FIELD",
        "\nSELECT Id, Foo__c FROM Account\n           ^\nERROR at Row:1:Column:12\nNo such column 'Foo__c' on "
        "entity 'Account'. If you are attempting to use a custom field, be sure to append the '__c' after the "
        f"custom field name. {_SEE}",
    ),
    "unknown object": (
        "SELECT Id FROM Foo", "INVALID_TYPE",
        "\nSELECT Id FROM Foo\n               ^\nERROR at Row:1:Column:16\nsObject type 'Foo' is not supported. "
        "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "
        f"{_SEE}",
    ),
    "unknown parent": (
        "SELECT Foo.Name FROM Account", "INVALID_FIELD", "Didn't understand relationship 'Foo' in field path.",
    ),
    "unknown child": (
        "SELECT Id, (SELECT Id FROM Foos) FROM Account", "INVALID_FIELD",
        "Didn't understand relationship 'Foos' in FROM part of query call.",
    ),
    "doubled field": ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
    "a bad id": (
        "SELECT Id FROM Account WHERE Id = 'xyz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz",
    ),
    "no query": ("", "MALFORMED_QUERY", "A query string has to be specified"),
    "a machine-room table": (
        "SELECT id FROM factinbox", "INVALID_TYPE", "sObject type 'factinbox' is not supported.",
    ),
    "a hidden column": (
        "SELECT Custom FROM Account", "INVALID_FIELD", "No such column 'Custom' on entity 'Account'.",
    ),
    "an injection": ("SELECT Id FROM Account; DROP TABLE account", "MALFORMED_QUERY", "unexpected"),
    "too deep": ("SELECT Id FROM Account WHERE " + "(" * 3000, "MALFORMED_QUERY", ""),
    "offset too large": ("SELECT Id FROM Account OFFSET 2001", "NUMBER_OUTSIDE_VALID_RANGE", ""),
}  # fmt: skip


@pytest.mark.parametrize("case", _REFUSED)
async def test_a_query_that_cannot_be_answered(desk: Desk, case: str) -> None:
    """The platform's code and text; never a 5xx."""
    soql, code, message = _REFUSED[case]
    answer = await _ask(desk, soql)
    refused(answer, 400, code)
    told = answer.json()[0]["message"]
    assert told == message if message.startswith("\n") else message in told


async def test_signs_in_a_literal(desk: Desk) -> None:
    """Quotes and backslashes escaped, U+0000 never a fault of the server, other scripts as they are."""
    name = 'O\'Hara \\ "x" 50%_ Köln 東京 🙂'
    record_id = await desk.make("Account", Name=name)
    escaped = name.replace("\\", "\\\\").replace("'", "\\'").replace('"', '\\"')
    body = await _answer(desk, f"SELECT Name FROM Account WHERE Name = '{escaped}'")
    assert only(body["records"])["attributes"]["url"].endswith(record_id)
    assert only(body["records"])["Name"] == name
    answer = await _ask(desk, "SELECT Id FROM Account WHERE Name = 'a\0b'")
    assert answer.status_code in (200, 400), answer.text
    answer = await _ask(desk, "SELECT Id\0 FROM Account")
    refused(answer, 400, "MALFORMED_QUERY")


async def test_a_query_of_an_orders_family(desk: Desk) -> None:
    """S0-49, S0-51: from the summary down to its items, and up again."""
    ids = await order_of(desk, activate=True)
    body = await _answer(
        desk,
        "SELECT OriginalOrder.Id, (SELECT OrderSummary.OriginalOrderId, QuantityOrdered FROM OrderItemSummaries) "
        f"FROM OrderSummary WHERE OriginalOrderId = '{ids['order']}'",
    )  # fmt: skip
    summary = only(body["records"])
    assert summary["OriginalOrder"]["Id"] == ids["order"]
    item = only(summary["OrderItemSummaries"]["records"])
    assert (item["OrderSummary"]["OriginalOrderId"], item["QuantityOrdered"]) == (ids["order"], 2.0)
