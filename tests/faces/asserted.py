"""What the face tests ask and assert with: raw requests, refusals to the letter, and a count of every table."""

from __future__ import annotations

import json
from typing import Any

import httpx
from tests.desk import KEPT, Desk, node

HALTED = {
    "message": "The transaction was rolled back since another operation in the same transaction failed.",
    "errorCode": "PROCESSING_HALTED",
}
GRAPH = "/composite/graph"
_TABLES = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"
_UNTOLD = KEPT | {"querylocator"}


async def ask(
    desk: Desk, method: str, path: str, body: Any = None, *, version: str = "60.0", **headers: str
) -> httpx.Response:
    """A request below one version's root; a body that is no text or bytes goes as JSON."""
    content = body if body is None or isinstance(body, bytes) else json.dumps(body, default=float).encode()
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    if content is not None:
        told.setdefault("content-type", "application/json")
    return await desk.client.request(method, f"/services/data/v{version}{path}", content=content, headers=told)


def refused(answer: httpx.Response, status: int, code: str, message: str | None = None, *fields: str) -> None:
    """The platform's error body, an array of one; without a message any will do."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/json;charset=UTF-8"
    assert_error(answer.json(), code, message, *fields)


def assert_error(body: Any, code: str, message: str | None = None, *fields: str) -> None:
    assert isinstance(body, list)
    assert len(body) == 1, body
    assert body[0]["errorCode"] == code, body
    if message is not None:
        assert body[0]["message"] == message
    if fields:
        assert body[0]["fields"] == list(fields), body


async def census(desk: Desk) -> dict[str, int]:
    """How many rows every table has, facts and ledger included."""
    names = [row["name"] for row in await desk.rows(_TABLES) if row["name"] not in _UNTOLD]
    counts = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*)::int AS n FROM \"{name}\"" for name in names)
    return {row["name"]: row["n"] for row in await desk.rows(counts) if row["n"]}


def growth(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """By how many rows each table grew; what did not is left out."""
    return {name: n - before.get(name, 0) for name, n in after.items() if n != before.get(name, 0)}


async def graphs(desk: Desk, **nodes: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Several graphs in one payload; their answers by graphId."""
    answer = await desk.post(GRAPH, payload(nodes))
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["graphs"]
    assert [one["graphId"] for one in found] == list(nodes)
    return {one["graphId"]: one for one in found}


def payload(nodes: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    return {"graphs": [{"graphId": name, "compositeRequest": some} for name, some in nodes.items()]}


def faulty(graph: dict[str, Any]) -> dict[str, Any]:
    """The one subresponse of a failed graph that has an error of its own; all others were rolled back."""
    assert graph["isSuccessful"] is False
    responses = graph["graphResponse"]["compositeResponse"]
    own = [one for one in responses if one["body"] != [HALTED]]
    assert len(own) == 1, responses
    for one in responses:
        assert one["httpHeaders"] == {}
        assert one is own[0] or one["httpStatusCode"] == 400
    found: dict[str, Any] = own[0]
    return found


def halted(graph: dict[str, Any]) -> bool:
    """Whether every node of the graph answers that it was rolled back."""
    return graph["isSuccessful"] is False and all(
        (one["httpStatusCode"], one["httpHeaders"], one["body"]) == (400, {}, [HALTED])
        for one in graph["graphResponse"]["compositeResponse"]
    )


async def order_of(
    desk: Desk, *lines: tuple[str, int, str], activate: bool = False, **more: Any
) -> dict[str, str]:
    """Posts an order; the ids by referenceId."""
    graph = await desk.order(*(lines or (("shirt", 2, "20.00"),)), activate=activate, **more)
    assert graph["isSuccessful"] is True, graph
    responses = graph["graphResponse"]["compositeResponse"]
    return {one["referenceId"]: one["body"]["id"] for one in responses if one["body"]}


def accounts(*names: str) -> list[dict[str, Any]]:
    return [node("POST", "Account", f"a{number}", Name=name) for number, name in enumerate(names)]


def only(records: list[dict[str, Any]]) -> dict[str, Any]:
    (record,) = records
    return record
