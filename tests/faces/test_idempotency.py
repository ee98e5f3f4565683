"""Idempotency-Key: a repeat is given the first answer and writes nothing, however many ask at once."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
from tests.desk import Desk, bodies, node
from tests.faces.asserted import GRAPH, accounts, ask, census, growth, payload, refused
from tests.faces.conftest import As

from ordo.api.app import application
from ordo.bootstrap import Machine, opened
from ordo.platform.database import Database
from ordo.platform.idempotency import Key
from ordo.platform.roles import Role

REPLAYED = "Idempotency-Replayed"
ACCOUNT = "/sobjects/Account"
TWINS = 40


async def keyed(desk: Desk, key: str, method: str, path: str, body: Any = None, **more: str) -> httpx.Response:
    return await ask(desk, method, path, body, Idempotency_Key=key, **more)


def order(desk: Desk, reference: str | None = None, *, activate: bool = True) -> dict[str, Any]:
    return payload({"sale": desk.order_nodes([("shirt", 2, "20.00")], reference=reference, activate=activate)})


def is_replay_of(first: httpx.Response, again: httpx.Response) -> bool:
    """Status, body to the byte and every header of the first answer, and the mark of a replay. How often the
    API was called by then is each answer's own."""
    was, is_now = dict(first.headers), dict(again.headers)
    counted = was.pop("sforce-limit-info") != is_now.pop("sforce-limit-info")
    return (
        counted
        and REPLAYED not in was
        and (again.status_code, again.content, is_now)
        == (
            first.status_code,
            first.content,
            was | {REPLAYED.lower(): "true"},
        )
    )


@asynccontextmanager
async def elsewhere(desk: Desk, machine: Machine) -> AsyncIterator[Desk]:
    """The same client at the application of another process."""
    transport = httpx.ASGITransport(application(machine.parts()))
    async with httpx.AsyncClient(transport=transport, base_url="http://ordo.test") as client:
        client.headers["Authorization"] = desk.client.headers["Authorization"]
        yield Desk(desk.face, client, desk.ids)


@asynccontextmanager
async def other_process(desk: Desk, database_url: str) -> AsyncIterator[Desk]:
    async with opened(desk.face.machine.settings, database_url) as machine, elsewhere(desk, machine) as other:
        yield other


@pytest.fixture
async def others(desk: Desk, database_url: str) -> AsyncIterator[list[Desk]]:
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(other_process(desk, database_url)) for _ in range(2)]


# -- a repeat -------------------------------------------------------------------------------------


async def test_a_repeated_order_is_one_order(desk: Desk) -> None:
    """S0-84, S0-85: the answer is that of the first call to the byte, and nothing is written."""
    first = await keyed(desk, "sale-1", "POST", GRAPH, order(desk))
    after = await census(desk)
    again = [await keyed(desk, "sale-1", "POST", GRAPH, order(desk)) for _ in range(3)]

    assert first.json()["graphs"][0]["isSuccessful"] is True
    assert [is_replay_of(first, one) for one in again] == [True] * 3
    assert await census(desk) == after
    rows = await desk.rows('SELECT (SELECT id FROM "order") AS id, (SELECT count(*) FROM ordersummary) AS sold')
    assert rows == [{"id": bodies(first.json()["graphs"][0])["order"]["id"], "sold": 1}]


async def test_every_writing_door_answers_a_repeat_as_before(desk: Desk) -> None:
    """Location too; deleting twice is no error."""
    calls: list[tuple[str, str, Any, int]] = [
        ("POST", ACCOUNT, {"Name": "Twice"}, 201),
        ("PATCH", f"{ACCOUNT}/{desk.ids['account']}", {"Name": "Changed"}, 204),
        ("PATCH", f"{ACCOUNT}/{desk.ids['account']}", {"Name": "Changed"}, 204),  # of which nothing is written
        ("DELETE", f"{ACCOUNT}/{await desk.make('Account', Name='Gone')}", None, 204),
        ("POST", GRAPH, payload({"g": accounts("x", "y")}), 200),
    ]
    for number, (method, path, body, status) in enumerate(calls):
        first = await keyed(desk, f"door-{number}", method, path, body)
        after = await census(desk)
        again = await keyed(desk, f"door-{number}", method, path, body)
        assert (first.status_code, is_replay_of(first, again)) == (status, True), (method, path, again.text)
        if status == 201:
            assert again.headers["Location"] == f"/services/data/v60.0{ACCOUNT}/{first.json()['id']}"
        assert await census(desk) == after
    names = await desk.rows("SELECT name, isdeleted FROM account ORDER BY id")
    assert [row["name"] for row in names if not row["isdeleted"]] == ["Changed", "Twice", "x", "y"]
    assert [row["name"] for row in names if row["isdeleted"]] == ["Gone"]


async def test_a_repeat_finds_the_answer_although_the_record_changed_since(desk: Desk) -> None:
    account = desk.ids["account"]
    await keyed(desk, "first", "PATCH", f"{ACCOUNT}/{account}", {"Name": "First"})
    await desk.patch("Account", account, Name="Second")
    again = await keyed(desk, "first", "PATCH", f"{ACCOUNT}/{account}", {"Name": "First"})
    assert (again.status_code, again.headers[REPLAYED]) == (204, "true")
    assert (await desk.get("Account", account))["Name"] == "Second"


async def test_letters_beyond_ascii_come_back_as_they_went(desk: Desk) -> None:
    graph = payload({"größe ✓ \\u0041 \"'": accounts("Jo")})
    first = await keyed(desk, "letters", "POST", GRAPH, graph)
    again = await keyed(desk, "letters", "POST", GRAPH, graph)
    assert first.json()["graphs"][0]["graphId"] == "größe ✓ \\u0041 \"'"
    assert is_replay_of(first, again)


async def test_another_process_gives_the_stored_answer(desk: Desk, database_url: str) -> None:
    """The application was started anew: what it is asked again was committed before."""
    first = await keyed(desk, "before", "POST", GRAPH, order(desk))
    async with other_process(desk, database_url) as other:
        again = await keyed(other, "before", "POST", GRAPH, order(desk))
    assert is_replay_of(first, again)
    assert await desk.rows('SELECT count(*) FROM "order"') == [{"count": 1}]


async def test_a_client_that_hung_up_finds_its_order(desk: Desk) -> None:
    """The reply was never read. Its order was written or not; the repeat makes it one in either case."""
    for tick in range(12):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(tick / 1000):
                await keyed(desk, f"lost-{tick}", "POST", GRAPH, order(desk, f"web-{tick}"))
    answers = [await _until_answered(desk, f"lost-{tick}", order(desk, f"web-{tick}")) for tick in range(12)]
    assert [answer.json()["graphs"][0]["isSuccessful"] for answer in answers] == [True] * 12
    (counts,) = await desk.rows(
        'SELECT count(*) AS n, count(DISTINCT ordermanagementreferenceidentifier) AS d FROM "order"'
    )
    assert counts == {"n": 12, "d": 12}


async def _until_answered(desk: Desk, key: str, body: Any) -> httpx.Response:
    """As a client does that is told to come again."""
    for _ in range(200):
        answer = await keyed(desk, key, "POST", GRAPH, body)
        if answer.status_code != 409:
            return answer
    raise AssertionError("the key stays in use")


async def test_a_call_without_a_key_is_never_a_repeat(desk: Desk) -> None:
    made = [await desk.make("Account", Name="Same") for _ in range(2)]
    assert made[0] != made[1]
    assert await desk.rows("SELECT * FROM idempotency") == []


async def test_reading_knows_no_key(desk: Desk) -> None:
    """A read changes nothing: it is answered afresh, whatever the header says."""
    path = f"{ACCOUNT}/{desk.ids['account']}"
    first = await keyed(desk, "read", "GET", path)
    await desk.patch("Account", desk.ids["account"], Name="Changed")
    again = await keyed(desk, "read", "GET", path)
    assert [first.json()["Name"], again.json()["Name"]] == ["Jo Example", "Changed"]
    assert REPLAYED not in again.headers
    assert await desk.rows("SELECT * FROM idempotency") == []


# -- what a key is --------------------------------------------------------------------------------


async def test_a_key_stands_for_one_request(desk: Desk) -> None:
    """Another body, address, query or method: 422, and nothing is written."""
    record = await desk.make("Account", Name="Other")
    made = await keyed(desk, "k", "POST", ACCOUNT, {"Name": "One"})
    before = await census(desk)
    others: list[tuple[str, str, Any, str]] = [
        ("POST", ACCOUNT, {"Name": "Two"}, "60.0"),
        ("POST", ACCOUNT, b'{"Name":"One"}', "60.0"),  # as JSON the same, as a request not
        ("POST", ACCOUNT, {"Name": "One"}, "61.0"),
        ("POST", f"{ACCOUNT}?a=b", {"Name": "One"}, "60.0"),
        ("POST", "/sobjects/Pricebook2", {"Name": "One"}, "60.0"),
        ("PATCH", f"{ACCOUNT}/{record}", {"Name": "One"}, "60.0"),
        ("DELETE", f"{ACCOUNT}/{record}", None, "60.0"),
        ("POST", GRAPH, payload({"g": accounts("One")}), "60.0"),
    ]
    for method, path, body, version in others:
        answer = await keyed(desk, "k", method, path, body, version=version)
        refused(
            answer, 422, "UNPROCESSABLE_REQUEST",
            "Idempotency-Key was used before with another method, address or body",
        )  # fmt: skip
        assert REPLAYED not in answer.headers
    assert await census(desk) == before
    assert is_replay_of(made, await keyed(desk, "k", "POST", ACCOUNT, {"Name": "One"}))


@pytest.mark.parametrize(
    "given", [[""], ["x" * 256], ["größe"], ["a\x7fb"], ["a\tb"], ["one", "two"], ["same", "same"]]
)
async def test_a_bad_key_is_refused_at_every_door(desk: Desk, given: list[str]) -> None:
    before = await census(desk)
    account = f"/services/data/v60.0{ACCOUNT}/{desk.ids['account']}"
    calls: list[tuple[str, str, Any]] = [
        ("POST", f"/services/data/v60.0{ACCOUNT}", {"Name": "x"}),
        ("PATCH", account, {"Name": "x"}),
        ("DELETE", account, None),
        ("POST", f"/services/data/v60.0{GRAPH}", payload({"g": accounts("x")})),
    ]
    for method, path, body in calls:
        headers = [(b"idempotency-key", value.encode()) for value in given]
        answer = await desk.client.request(method, path, json=body, headers=headers)
        refused(
            answer, 400, "INVALID_IDEMPOTENCY_KEY",
            "Idempotency-Key must be one header of 1 to 255 printable ASCII characters",
        )  # fmt: skip
    assert await census(desk) == before
    assert (await desk.get("Account", desk.ids["account"]))["Name"] == "Jo Example"


@pytest.mark.parametrize("key", ["1", "x" * 255, "a b ~!\"'{}\\", "; DROP TABLE idempotency"])
async def test_every_printable_key_serves(desk: Desk, key: str) -> None:
    first = await keyed(desk, key, "POST", ACCOUNT, {"Name": "x"})
    assert first.status_code == 201, first.text
    assert is_replay_of(first, await keyed(desk, key, "POST", ACCOUNT, {"Name": "x"}))
    assert await desk.rows("SELECT key FROM idempotency") == [{"key": key}]


async def test_two_users_may_have_the_same_key(desk: Desk, acting_as: As) -> None:
    """Nobody is given what another was answered."""
    agent = await acting_as(Role.SERVICE_AGENT)
    both = ((desk, "mine"), (agent, "hers"))
    answers = [await keyed(one, "same", "POST", ACCOUNT, {"Name": name}) for one, name in both]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert (await desk.get("Account", answers[1].json()["id"]))["CreatedById"] == agent.ids["user"]
    assert is_replay_of(answers[1], await keyed(agent, "same", "POST", ACCOUNT, {"Name": "hers"}))
    assert is_replay_of(answers[0], await keyed(desk, "same", "POST", ACCOUNT, {"Name": "mine"}))


async def test_a_key_opens_no_door(desk: Desk, acting_as: As) -> None:
    """Who asks, and with what right, is asked before the key is looked at."""
    await keyed(desk, "k", "POST", ACCOUNT, {"Name": "x"})
    agent = await acting_as(Role.SERVICE_AGENT)
    desk.client.headers["Authorization"] = "Bearer nobody"
    refused(await keyed(desk, "k", "POST", ACCOUNT, {"Name": "x"}), 401, "INVALID_SESSION_ID")
    refused(await keyed(agent, "k", "POST", "/sobjects/Product2", {}), 403, "INSUFFICIENT_ACCESS")


# -- what is not stored ---------------------------------------------------------------------------


async def test_a_failure_is_not_stored(desk: Desk) -> None:
    """The very same call may succeed later, when its cause is gone; then that is the answer."""
    before = await census(desk)
    body, hidden = order(desk), "UPDATE pricebookentry SET isdeleted = $1"
    await desk.face.machine.database.execute(hidden, True)
    failed = await keyed(desk, "try", "POST", GRAPH, body)
    assert failed.json()["graphs"][0]["isSuccessful"] is False
    assert await census(desk) == before

    await desk.face.machine.database.execute(hidden, False)
    done = await keyed(desk, "try", "POST", GRAPH, body)
    assert done.json()["graphs"][0]["isSuccessful"] is True
    assert REPLAYED not in done.headers
    assert is_replay_of(done, await keyed(desk, "try", "POST", GRAPH, body))


async def test_a_refused_record_leaves_its_key_unused(desk: Desk) -> None:
    """Refused by the edge, by a rule and by the database; the mended request may use the key."""
    await desk.make("PaymentGateway", **_gateway(desk, "Taken"))
    before = await census(desk)
    for body in ({"Nme": "x"}, {}, {**_gateway(desk, "Taken"), "MerchantCredentialId": "0XA000000000009"}):
        answer = await keyed(desk, "mend", "POST", "/sobjects/PaymentGateway", body)
        assert answer.status_code == 400, answer.text
    assert await census(desk) == before
    answer = await keyed(desk, "mend", "POST", "/sobjects/PaymentGateway", _gateway(desk, "Free"))
    assert answer.status_code == 201, answer.text
    assert growth(before, await census(desk)) == {"paymentgateway": 1, "idempotency": 1}


def _gateway(desk: Desk, reference: str) -> dict[str, Any]:
    return {
        "PaymentGatewayName": reference, "PaymentGatewayProviderId": desk.ids["provider"], "Status": "Active",
        "MerchantCredentialId": "0XA000000000002", "ExternalReference": reference,
    }  # fmt: skip


async def test_what_succeeded_in_part_is_not_done_twice(desk: Desk) -> None:
    """One graph was written, one refused: the repeat answers both as before, and writes neither."""
    graphs = payload({"good": accounts("good"), "bad": [node("POST", "Account", "a", Nme="bad")]})
    before = await census(desk)
    first = await keyed(desk, "part", "POST", GRAPH, graphs)
    again = await keyed(desk, "part", "POST", GRAPH, graphs)
    assert [graph["isSuccessful"] for graph in first.json()["graphs"]] == [True, False]
    assert is_replay_of(first, again)
    assert growth(before, await census(desk)) == {"account": 1, "idempotency": 1}


async def test_what_the_database_refused_in_part_is_answered_so_again(desk: Desk) -> None:
    """The refusal came from a key of the database, after the other graph was decided: both are told again."""
    graphs = payload(
        {"one": desk.order_nodes([("shirt", 1, "10.00")], reference="web-1"),
         "two": desk.order_nodes([("hat", 1, "5.50")], reference="web-1")}
    )  # fmt: skip
    first = await keyed(desk, "twice", "POST", GRAPH, graphs)
    again = await keyed(desk, "twice", "POST", GRAPH, graphs)
    assert [graph["isSuccessful"] for graph in first.json()["graphs"]] == [True, False]
    assert bodies(first.json()["graphs"][1])["activated"][0]["errorCode"] == "DUPLICATE_VALUE"
    assert is_replay_of(first, again)
    assert await desk.rows('SELECT count(*) FROM "order"') == [{"count": 1}]


async def test_a_key_is_forgotten_after_a_day(desk: Desk) -> None:
    """Not before; then it may be used anew."""
    machine = desk.face.machine
    old, young = [await keyed(desk, key, "POST", ACCOUNT, {"Name": "x"}) for key in ("old", "young")]
    for key, age in (("old", timedelta(hours=24, seconds=1)), ("young", timedelta(hours=23, minutes=59))):
        await machine.database.execute("UPDATE idempotency SET at = now() - $2::interval WHERE key = $1", key, age)
    await machine.prune_idempotency()
    anew = await keyed(desk, "old", "POST", ACCOUNT, {"Name": "x"})
    assert (anew.status_code, anew.json()["id"] != old.json()["id"]) == (201, True)
    assert is_replay_of(young, await keyed(desk, "young", "POST", ACCOUNT, {"Name": "x"}))


# -- at once --------------------------------------------------------------------------------------


async def test_a_key_in_use_is_told_so(desk: Desk, database_url: str) -> None:
    """Its lock is held by a transaction of another process: 409 at once, nothing waits and nothing is written."""
    before = await census(desk)
    key = Key(desk.face.machine.organization.administrator_id, "busy", "")
    other = await Database.connect(database_url)
    async with other.write.acquire() as connection, connection.transaction():
        await connection.fetch("SELECT pg_advisory_xact_lock($1)", key.lock)
        answer = await asyncio.wait_for(keyed(desk, "busy", "POST", ACCOUNT, {"Name": "x"}), 5)
        unkeyed = await ask(desk, "POST", ACCOUNT, {"Name": "free"})
    await other.close()
    refused(answer, 409, "CONFLICT", "A request with this Idempotency-Key is being processed")
    assert answer.headers["Retry-After"] == "1"
    assert unkeyed.status_code == 201
    assert growth(before, await census(desk)) == {"account": 1}
    assert (await keyed(desk, "busy", "POST", ACCOUNT, {"Name": "x"})).status_code == 201


async def test_a_stored_answer_is_given_although_the_key_is_in_use(desk: Desk, database_url: str) -> None:
    """Repeats do not stand in each other's way."""
    first = await keyed(desk, "done", "POST", ACCOUNT, {"Name": "x"})
    key = Key(desk.face.machine.organization.administrator_id, "done", "")
    other = await Database.connect(database_url)
    async with other.write.acquire() as connection, connection.transaction():
        await connection.fetch("SELECT pg_advisory_xact_lock($1)", key.lock)
        again = await keyed(desk, "done", "POST", ACCOUNT, {"Name": "x"})
    await other.close()
    assert is_replay_of(first, again)


@pytest.mark.parametrize("reference", ["web-1", None])
async def test_forty_twins_place_one_order(desk: Desk, others: list[Desk], reference: str | None) -> None:
    """S0-85, S1-30: at three processes at once. Each twin is told the one order, or to come again; none is
    told that its order is a duplicate."""
    doors, body = [desk, *others], order(desk, reference)
    before = await census(desk)
    answers = await asyncio.gather(
        *(keyed(doors[number % 3], "twin", "POST", GRAPH, body) for number in range(TWINS))
    )
    kinds = Counter((answer.status_code, REPLAYED in answer.headers) for answer in answers)
    assert kinds[200, False] == 1, kinds
    assert set(kinds) <= {(200, False), (200, True), (409, False)}
    assert len({answer.content for answer in answers if answer.status_code == 200}) == 1
    for answer in answers:
        if answer.status_code == 409:
            refused(answer, 409, "CONFLICT")
            assert answer.headers["Retry-After"] == "1"
    grown = growth(before, await census(desk))
    assert (grown["order"], grown["ordersummary"], grown["idempotency"]) == (1, 1, 1)
    (first,) = [answer for answer in answers if answer.status_code == 200 and REPLAYED not in answer.headers]
    assert is_replay_of(first, await keyed(desk, "twin", "POST", GRAPH, body))


async def test_forty_keys_at_once_are_forty_orders(desk: Desk, others: list[Desk]) -> None:
    """Keys share Works and stand in nobody's way; each is answered with its own order."""
    doors = [desk, *others]
    calls = [(doors[number % 3], f"own-{number}", order(desk, f"web-{number}")) for number in range(TWINS)]
    first = await asyncio.gather(*(keyed(door, key, "POST", GRAPH, body) for door, key, body in calls))
    again = await asyncio.gather(*(keyed(desk, key, "POST", GRAPH, body) for _, key, body in calls))
    assert [is_replay_of(*both) for both in zip(first, again, strict=True)] == [True] * TWINS
    stored = await desk.rows('SELECT id, ordermanagementreferenceidentifier AS reference FROM "order"')
    told = [bodies(answer.json()["graphs"][0])["order"]["id"] for answer in first]
    assert {row["reference"]: row["id"] for row in stored} == {f"web-{n}": one for n, one in enumerate(told)}
    assert len(stored) == TWINS
