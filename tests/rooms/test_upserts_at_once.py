"""Upserts of one key at once: in one Work, in several machine rooms, and against somebody who was faster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import asyncpg
import pytest
from tests.desk import Desk, Face, node
from tests.faces.asserted import ask

from ordo.api.nodes import Place, node_of
from ordo.api.references import NoReferences
from ordo.api.transaction import Transaction
from ordo.bootstrap import Machine, opened
from ordo.kernel.problems import DuplicateValue
from ordo.objects.payments import PaymentGateway
from ordo.platform.records import noun
from ordo.platform.values import key_of
from ordo.platform.work import Entry

GATEWAY_BY = (
    "INSERT INTO paymentgateway SELECT * FROM json_populate_record((SELECT g FROM paymentgateway g LIMIT 1), "
    "json_build_object('id', $1::text, 'externalreference', $2::text, 'status', 'Inactive'))"
)

FIELDS = {"Account": "Name", "PaymentGateway": "ExternalReference"}


@pytest.fixture(scope="module")
async def others(database_url: str, face: Face) -> AsyncIterator[list[Machine]]:
    """Two more machine rooms on the same database."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(opened(face.machine.settings, database_url)) for _ in range(2)]


def upsert(desk: Desk, shape: str, value: str, **body: Any) -> Entry:
    told = {"PaymentGatewayName": "Sim", "PaymentGatewayProviderId": desk.ids["provider"], "Status": "Active"}
    place = Place("60.0", shape, FIELDS[shape], value)
    one = node_of("PATCH", place, "it", (told if shape == "PaymentGateway" else {}) | body)
    atom = Transaction([one], [one], NoReferences())
    return Entry(atom, desk.face.machine.organization.administrator_id)


def outcome(entry: Entry) -> tuple[int, str]:
    """Status and id."""
    found: Any = entry.result()
    return found["it"]["httpStatusCode"], found["it"]["body"]["id"]


@pytest.mark.parametrize("shape", FIELDS)
async def test_in_several_machine_rooms(desk: Desk, others: list[Machine], shape: str) -> None:
    """Exactly one 201 and one row each time, never a DUPLICATE_VALUE."""
    machines = [desk.face.machine, *others]
    for turn in range(10):
        entries = [upsert(desk, shape, f"k{turn}") for _ in range(6)]
        await asyncio.gather(*(machines[n % 3].worker.run([entry]) for n, entry in enumerate(entries)))
        outcomes = [outcome(entry) for entry in entries]
        assert sorted(status for status, _ in outcomes) == [200] * 5 + [201]
        assert len({record_id for _, record_id in outcomes}) == 1
    (row,) = await desk.rows(f"SELECT count(*) AS n FROM {shape} WHERE {FIELDS[shape]} LIKE 'k%'")
    assert row == {"n": 10}


@pytest.mark.parametrize("shape", FIELDS)
async def test_crosswise(desk: Desk, others: list[Machine], shape: str) -> None:
    """Two Works want the same two keys in either order: nobody is refused."""
    for turn in range(10):
        keys = [f"a{turn}", f"b{turn}"]
        works = [[upsert(desk, shape, key) for key in keys[:: 1 if n % 2 else -1]] for n in range(2)]
        await asyncio.gather(*(other.worker.run(work) for other, work in zip(others, works, strict=True)))
        statuses = sorted(outcome(entry)[0] for work in works for entry in work)
        assert statuses == [200, 200, 201, 201]


@pytest.mark.parametrize("shape", FIELDS)
async def test_in_one_work(desk: Desk, shape: str) -> None:
    """The second finds what the first made, and so does a third after one that failed."""
    entries = [upsert(desk, shape, "k", **bad) for bad in ({"Nome": "x"}, {}, {}, {"Nome": "x"}, {})]
    await desk.face.machine.worker.run(entries)
    assert [entry.error is None for entry in entries] == [False, True, True, False, True]
    outcomes = [outcome(entries[number]) for number in (1, 2, 4)]
    assert [status for status, _ in outcomes] == [201, 200, 200]
    assert len({record_id for _, record_id in outcomes}) == 1


@asynccontextmanager
async def faster(database_url: str, *statements: tuple[Any, ...]) -> AsyncIterator[asyncpg.Connection]:
    """Somebody else's transaction that is not committed yet."""
    connection = await asyncpg.connect(database_url)
    try:
        transaction = connection.transaction()
        await transaction.start()
        for sql, *args in statements:
            await connection.execute(sql, *args)
        yield connection
        await transaction.commit()
    finally:
        await connection.close()


async def waits(connection: asyncpg.Connection) -> None:
    """Asks until somebody waits for a lock of this database; bounded."""
    for _ in range(20_000):
        if await connection.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ):
            return
    raise AssertionError("nobody waits")


async def test_a_row_that_came_between_is_changed(desk: Desk, database_url: str) -> None:
    """It was not there when it was looked for, and its constraint was met: decided again, it is found. A graph is
    decided again as a whole."""
    made = PaymentGateway.__noun__.prefix + "000000000001AAA"
    body = {"PaymentGatewayName": "Sim", "PaymentGatewayProviderId": desk.ids["provider"], "Status": "Active"}
    async with faster(database_url, (GATEWAY_BY, made, "K")) as connection:
        asked = asyncio.create_task(
            desk.graph(
                node("POST", "Account", "a", Name="with it"),
                node("PATCH", "PaymentGateway/ExternalReference/k", "it", **body),
            )
        )
        await waits(connection)
    graph = await asked
    responses = graph["graphResponse"]["compositeResponse"]
    assert [one["httpStatusCode"] for one in responses] == [201, 200]
    assert responses[1]["body"] == {"id": made, "success": True, "errors": [], "created": False}
    assert await desk.rows("SELECT externalreference, status FROM paymentgateway WHERE id = $1", made) == [
        {"externalreference": "K", "status": "Active"}
    ]
    assert len(await desk.rows("SELECT 1 FROM account WHERE name = 'with it'")) == 1


def create(desk: Desk, value: str) -> Entry:
    """A plain POST of a gateway with this key."""
    told = {"PaymentGatewayName": "Sim", "PaymentGatewayProviderId": desk.ids["provider"], "Status": "Active"}
    one = node_of("POST", Place("60.0", "PaymentGateway"), "it", told | {"ExternalReference": value})
    return Entry(Transaction([one], [one], NoReferences()), desk.face.machine.organization.administrator_id)


async def test_a_create_of_the_same_work_is_refused_and_not_the_upsert(desk: Desk, database_url: str) -> None:
    """Both have written the row when somebody else's key is met: only who gave it its key stands in the way."""
    made = PaymentGateway.__noun__.prefix + "000000000001AAA"
    entries = [create(desk, "K"), upsert(desk, "PaymentGateway", "K"), upsert(desk, "PaymentGateway", "k")]
    async with faster(database_url, (GATEWAY_BY, made, "K")) as connection:
        asked = asyncio.create_task(desk.face.machine.worker.run(entries))
        await waits(connection)
    await asked
    assert isinstance(entries[0].error, DuplicateValue)
    assert [outcome(entry) for entry in entries[1:]] == [(200, made), (200, made)]
    assert await desk.rows("SELECT id, status FROM paymentgateway WHERE lower(externalreference) = 'k'") == [
        {"id": made, "status": "Active"}
    ]


async def test_a_create_of_a_key_that_is_there_refuses_no_upsert_of_it(desk: Desk) -> None:
    """The upsert changes the row that is there, the create would make another: that one alone is refused."""
    first = upsert(desk, "PaymentGateway", "K", Status="Inactive")
    await desk.face.machine.worker.run([first])
    entries = [upsert(desk, "PaymentGateway", "K"), create(desk, "K"), upsert(desk, "PaymentGateway", "K")]
    await desk.face.machine.worker.run(entries)
    assert isinstance(entries[1].error, DuplicateValue)
    made = outcome(first)[1]
    assert made in entries[1].error.message
    assert [outcome(entries[number]) for number in (0, 2)] == [(200, made), (200, made)]
    assert await desk.rows("SELECT status FROM paymentgateway WHERE externalreference = 'K'") == [
        {"status": "Active"}
    ]


async def test_every_key_of_a_graph_may_be_met(desk: Desk, database_url: str) -> None:
    """Somebody else is faster with one key after the other: as often as there are keys, and still not refused."""
    keys = [f"g{number}" for number in range(8)]
    ids = {key: f"{PaymentGateway.__noun__.prefix}00000000{number:04}AAA" for number, key in enumerate(keys)}
    body = {"PaymentGatewayName": "Sim", "PaymentGatewayProviderId": desk.ids["provider"], "Status": "Active"}
    nodes = [node("PATCH", f"PaymentGateway/ExternalReference/{key}", key, **body) for key in keys]
    held = [faster(database_url, (GATEWAY_BY, ids[key], key)) for key in keys]
    connections = [await one.__aenter__() for one in held]
    asked = asyncio.create_task(desk.graph(*nodes))
    for one, connection in zip(held, connections, strict=True):
        await waits(connection)
        await one.__aexit__(None, None, None)
    graph = await asked
    assert {one["httpStatusCode"] for one in graph["graphResponse"]["compositeResponse"]} == {200}


async def test_creates_and_upserts_at_once(desk: Desk, others: list[Machine]) -> None:
    """Whoever comes first makes the row; a create may be too late, an upsert never."""
    machines = [desk.face.machine, *others]
    for turn in range(10):
        creates = [create(desk, f"c{turn}") for _ in range(3)]
        upserts = [upsert(desk, "PaymentGateway", f"c{turn}") for _ in range(6)]
        works = [[creates[n], *upserts[n * 2 : n * 2 + 2]] for n in range(3)]
        await asyncio.gather(*(machine.worker.run(work) for machine, work in zip(machines, works, strict=True)))
        assert len({outcome(entry)[1] for entry in upserts}) == 1
        assert all(entry.error is None or isinstance(entry.error, DuplicateValue) for entry in creates)
    (row,) = await desk.rows("SELECT count(*) AS n FROM paymentgateway WHERE externalreference LIKE 'c%'")
    assert row == {"n": 10}


async def test_a_name_is_held_while_its_row_is_made(desk: Desk, database_url: str) -> None:
    """No index keeps names apart: who makes one holds the key until it is committed."""
    shape = noun("Account")
    assert shape is not None
    lock = ("SELECT pg_advisory_xact_lock($1)", key_of(shape, "name", "JO").lock)
    insert = ("INSERT INTO account (id, name) VALUES ('001000000000001AAA', 'Jo')",)
    async with faster(database_url, lock, insert) as connection:
        asked = asyncio.create_task(ask(desk, "PATCH", "/sobjects/Account/Name/jo", {"Type": "x"}))
        await waits(connection)
    answer = await asked
    assert (answer.status_code, answer.json()["id"]) == (200, "001000000000001AAA")
    assert await desk.rows("SELECT type FROM account WHERE lower(name) = 'jo'") == [{"type": "x"}]


async def test_a_row_that_loses_its_key_is_not_changed(desk: Desk, database_url: str) -> None:
    """It had the key when it was looked for, and not any more once it was locked."""
    account = desk.ids["account"]
    async with faster(database_url, ("UPDATE account SET name = 'renamed' WHERE id = $1", account)) as connection:
        asked = asyncio.create_task(ask(desk, "PATCH", "/sobjects/Account/Name/Jo%20Example", {"Type": "x"}))
        await waits(connection)
    answer = await asked
    assert answer.status_code == 201
    assert answer.json()["id"] != account
    assert await desk.rows("SELECT name, type FROM account WHERE id = $1", account) == [
        {"name": "renamed", "type": None}
    ]


async def test_a_row_in_the_bin_keeps_its_unique_key(desk: Desk) -> None:
    """It is not found, and stays in the way: told, not tried for ever."""
    entry = upsert(desk, "PaymentGateway", "k")
    await desk.face.machine.worker.run([entry])
    _, made = outcome(entry)
    await desk.face.machine.database.execute("UPDATE paymentgateway SET isdeleted = true WHERE id = $1", made)
    again, other = upsert(desk, "PaymentGateway", "k"), upsert(desk, "PaymentGateway", "other")
    await desk.face.machine.worker.run([again, other])
    assert isinstance(again.error, DuplicateValue)
    assert outcome(other)[0] == 201
