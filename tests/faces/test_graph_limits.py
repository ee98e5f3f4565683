"""`POST composite/graph`: what a payload may hold, and what makes it unusable as a whole."""

from __future__ import annotations

from typing import Any

import pytest
from tests.desk import Desk, node
from tests.faces.asserted import (
    GRAPH,
    accounts,
    ask,
    assert_error,
    census,
    faulty,
    graphs,
    growth,
    halted,
    payload,
    refused,
)

URL = "/services/data/v60.0/sobjects/Account"


@pytest.mark.parametrize("version", [48, 49, 60, 67])
async def test_versions_that_are_served(desk: Desk, version: int) -> None:
    """S0-84: the till posts to v49, before the graph existed on the platform; Location has the node's version."""
    url = f"/services/data/v{version}.0/sobjects/Account"
    nodes = [{"method": "POST", "url": url, "referenceId": "a", "body": {"Name": "Jo"}}]
    answer = await ask(desk, "POST", GRAPH, payload({"g": nodes}), version=f"{version}.0")
    assert answer.status_code == 200
    response = answer.json()["graphs"][0]["graphResponse"]["compositeResponse"][0]
    assert response["httpHeaders"] == {"Location": f"{url}/{response['body']['id']}"}


@pytest.mark.parametrize("version", ["47.0", "68.0", "60.1", "060.0", "60"])
async def test_versions_that_are_not(desk: Desk, version: str) -> None:
    before = await census(desk)
    answer = await ask(desk, "POST", GRAPH, payload({"g": accounts("x")}), version=version)
    refused(answer, 404, "NOT_FOUND", "The requested resource does not exist")
    assert await census(desk) == before


@pytest.mark.parametrize("version", ["47.0", "68.0"])
async def test_a_node_of_a_version_that_is_not_served(desk: Desk, version: str) -> None:
    """It fails its own graph only."""
    url = f"/services/data/v{version}/sobjects/Account"
    nodes = [*accounts("x"), {"method": "POST", "url": url, "referenceId": "n", "body": {"Name": "Jo"}}]
    found = await graphs(desk, bad=nodes, good=accounts("good"))
    own = faulty(found["bad"])
    assert (own["referenceId"], own["httpStatusCode"]) == ("n", 404)
    assert_error(own["body"], "NOT_FOUND", "The requested resource does not exist")
    assert found["good"]["isSuccessful"] is True


async def test_an_unknown_object_fails_its_graph_only(desk: Desk) -> None:
    """The reply is 200 as long as the payload can be read."""
    before = await census(desk)
    found = await graphs(
        desk, bad=[*accounts("x"), node("POST", "Nonsense", "n", Name="x")], good=accounts("good")
    )
    own = faulty(found["bad"])
    assert (own["referenceId"], own["httpStatusCode"]) == ("n", 404)
    assert_error(own["body"], "NOT_FOUND", "The requested resource does not exist")
    assert growth(before, await census(desk)) == {"account": 1}


async def test_an_unknown_field_fails_its_graph_only(desk: Desk) -> None:
    before = await census(desk)
    found = await graphs(desk, bad=[*accounts("x"), node("POST", "Account", "n", Nome="x")], good=accounts("good"))
    own = faulty(found["bad"])
    assert (own["referenceId"], own["httpStatusCode"]) == ("n", 400)
    assert_error(own["body"], "INVALID_FIELD", "No such column 'Nome' on sobject of type Account")
    assert growth(before, await census(desk)) == {"account": 1}


def _one(**told: Any) -> dict[str, Any]:
    good = {"method": "POST", "url": URL, "referenceId": "a", "body": {"Name": "x"}}
    return payload({"g": [good | told]})


def _named(*graph_ids: object) -> dict[str, Any]:
    return {"graphs": [{"graphId": name, "compositeRequest": accounts("x")} for name in graph_ids]}


def _chain(length: int) -> dict[str, Any]:
    nodes = accounts("a")
    for number in range(1, length):
        parent = f"@{{a{number - 1}.id}}"
        nodes.append(node("POST", "Account", f"a{number}", Name="x", ParentId=parent))
    return payload({"g": nodes[::-1]})


def _circle(*names: str) -> dict[str, Any]:
    pairs = zip(names, (*names[1:], names[0]), strict=True)
    return payload(
        {"g": [node("POST", "Account", one, Name="x", ParentId=f"@{{{other}.id}}") for one, other in pairs]}
    )


_UNUSABLE: dict[str, tuple[Any, str, str, tuple[str, ...]]] = {
    "76 graphs": (
        _named(*(f"g{n}" for n in range(76))),
        "INVALID_INPUT", "The maximum number of graphs per payload is 75: 76", (),
    ),
    "501 nodes in one graph": (
        payload({"g": accounts(*"x" * 501)}),
        "INVALID_INPUT", "The maximum number of nodes per payload is 500: 501", (),
    ),
    "501 nodes in two graphs": (
        payload({"g": accounts(*"x" * 250), "h": accounts(*"x" * 251)}),
        "INVALID_INPUT", "The maximum number of nodes per payload is 500: 501", (),
    ),
    "depth 16": (_chain(16), "INVALID_INPUT", "The maximum depth of a graph is 15", ()),
    "depth 400": (_chain(400), "INVALID_INPUT", "The maximum depth of a graph is 15", ()),
    "doubled graphId": (_named("g", "h", "g"), "INVALID_INPUT", "Duplicate graphId: g", ("graphId",)),
    "doubled referenceId": (
        payload({"g": accounts("x") * 2}), "INVALID_INPUT", "Duplicate referenceId: a0", ("referenceId",),
    ),
    "graphId with a dot": (_named("g.1"), "INVALID_INPUT", "Invalid graphId: g.1", ("graphId",)),
    "graphId that starts with a sign": (_named("-g"), "INVALID_INPUT", "Invalid graphId: -g", ("graphId",)),
    "graphId of 40": (_named("g" * 40), "INVALID_INPUT", f"Invalid graphId: {'g' * 40}", ("graphId",)),
    "no graphId": (
        {"graphs": [{"compositeRequest": accounts("x")}]}, "INVALID_INPUT", "Invalid graphId: None", ("graphId",),
    ),
    "circle": (_circle("a", "b", "c"), "INVALID_INPUT", "Circular reference: a -> b -> c -> a", ()),
    "circle of itself": (_circle("a"), "INVALID_INPUT", "Circular reference: a -> a", ()),
    "referenceId with a dash": (
        _one(referenceId="a-b"), "INVALID_INPUT", "Invalid referenceId: a-b", ("referenceId",),
    ),
    "referenceId that starts with a line": (
        _one(referenceId="_a"), "INVALID_INPUT", "Invalid referenceId: _a", ("referenceId",),
    ),
    "method PUT": (_one(method="PUT"), "INVALID_INPUT", "Invalid method: PUT", ("method",)),
    "method in lower case": (_one(method="post"), "INVALID_INPUT", "Invalid method: post", ("method",)),
    "a list for a method": (_one(method=["POST"]), "INVALID_INPUT", "Invalid method: ['POST']", ("method",)),
    "url of a query": (
        _one(method="GET", url="/services/data/v60.0/query?q=SELECT+Id+FROM+Account"),
        "INVALID_INPUT",
        "Invalid url for a graph: /services/data/v60.0/query?q=SELECT+Id+FROM+Account",
        ("url",),
    ),
    "url of another host": (
        _one(url="http://elsewhere.example" + URL),
        "INVALID_INPUT", f"Invalid url for a graph: http://elsewhere.example{URL}", ("url",),
    ),
    "no url": (_one(url=None), "INVALID_INPUT", "Invalid url for a graph: None", ("url",)),
    "POST to a record": (
        _one(url=URL + "/001000000000001"),
        "INVALID_INPUT", f"Invalid url for POST in a graph: {URL}/001000000000001", ("url",),
    ),
    "PATCH of no record": (
        _one(method="PATCH"), "INVALID_INPUT", f"Invalid url for PATCH in a graph: {URL}", ("url",),
    ),
    "body is a list": (
        _one(body=["x"]), "JSON_PARSER_ERROR", "The body of a subrequest must be an object", ("body",),
    ),
    "node is a text": (
        payload({"g": ["x"]}),  # type: ignore[list-item]
        "JSON_PARSER_ERROR", "A subrequest must be an object", ("compositeRequest",),
    ),
    "graph without nodes": (
        {"graphs": [{"graphId": "g"}]},
        "JSON_PARSER_ERROR", "A graph must hold an array named compositeRequest", ("compositeRequest",),
    ),
    "no graphs": ({}, "JSON_PARSER_ERROR", "The request body must hold an array named graphs", ("graphs",)),
    "a list": ([], "JSON_PARSER_ERROR", "The request body must hold an array named graphs", ("graphs",)),
}  # fmt: skip


@pytest.mark.parametrize("case", _UNUSABLE)
async def test_a_payload_that_is_unusable_as_a_whole(desk: Desk, case: str) -> None:
    """S0-84: 400 for the request, no graph runs, not even the good ones beside."""
    body, code, message, fields = _UNUSABLE[case]
    before = await census(desk)
    if isinstance(body, dict) and len(body.get("graphs", ())) == 1:
        body = {"graphs": [*payload({"good": accounts("good")})["graphs"], *body["graphs"]]}
        message = message.replace(": 501", ": 502")
    refused(await desk.post(GRAPH, body), 400, code, message, *fields)
    assert await census(desk) == before


async def test_the_limits_themselves_are_allowed(desk: Desk) -> None:
    before = await census(desk)
    assert (await desk.post(GRAPH, _named(*(f"g{n}" for n in range(75))))).status_code == 200
    answer = await desk.post(GRAPH, payload({"g" * 39: accounts(*"x" * 500)}))
    assert answer.json()["graphs"][0]["isSuccessful"] is True
    answer = await desk.post(GRAPH, _chain(15))
    assert answer.json()["graphs"][0]["isSuccessful"] is True
    assert growth(before, await census(desk)) == {"account": 75 + 500 + 15}


_NO_LAST_NAME = [node("POST", "Contact", "c", FirstName="Jo")]


async def test_fourteen_failed_graphs_halt_nothing(desk: Desk) -> None:
    found = await graphs(desk, **{f"bad{n}": _NO_LAST_NAME for n in range(14)}, good=accounts("x"))
    assert found["good"]["isSuccessful"] is True
    assert len(await desk.rows("SELECT 1 FROM account WHERE name = 'x'")) == 1


def _bad(desk: Desk, kind: str, order_id: str) -> list[dict[str, Any]]:
    """A graph that fails at once, after a lock, or only when it is written."""
    if kind == "at once":
        return _NO_LAST_NAME
    if kind == "after a lock":
        item = desk.item(1, "shirt", 1, "10.00")
        return [
            item | {"body": item["body"] | {"OrderId": order_id, "OrderDeliveryGroupId": None, "Quantity": -1}}
        ]
    entry = {"Pricebook2Id": desk.ids["book"], "Product2Id": desk.ids["hat"], "UnitPrice": 1}
    return [node("POST", "PricebookEntry", "e", **entry)]


@pytest.mark.parametrize("kind", ["at once", "after a lock", "when written"])
async def test_after_more_than_fourteen_failed_graphs_the_rest_is_halted(desk: Desk, kind: str) -> None:
    """S0-84: whatever made the first fifteen fail."""
    order_id = (await desk.graph(desk.order_nodes([])[0]))["graphResponse"]["compositeResponse"][0]["body"]["id"]
    before = await census(desk)
    bad = _bad(desk, kind, order_id)
    found = await graphs(
        desk,
        early=accounts("early"),
        **{f"bad{n}": bad for n in range(15)},
        late=accounts("x", "y"),
        later=accounts("z"),
    )
    assert found["early"]["isSuccessful"] is True
    assert [faulty(found[f"bad{n}"])["httpStatusCode"] for n in range(15)] == [400] * 15
    assert halted(found["late"])
    assert halted(found["later"])
    assert growth(before, await census(desk)) == {"account": 1}


async def test_an_empty_payload_does_nothing(desk: Desk) -> None:
    before = await census(desk)
    answer = await desk.post(GRAPH, {"graphs": []})
    assert (answer.status_code, answer.json()) == (200, {"graphs": []})
    assert await census(desk) == before
