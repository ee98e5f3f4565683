"""What those who watch over it are told: ready or what is in the way, the queue, the gauges."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
import httpx
import pytest
from prometheus_client import REGISTRY
from tests.desk import Desk
from tests.rooms.atoms import facts, work

from ordo.api.app import application
from ordo.bootstrap import Machine
from ordo.platform import readiness
from ordo.platform.database import Database
from ordo.platform.readiness import Readiness


@asynccontextmanager
async def at_revision(machine: Machine, revision: str) -> AsyncIterator[None]:
    """The database as one of another version; put back at the end."""
    row = await machine.database.fetchrow("SELECT version_num FROM alembic_version")
    change = "UPDATE alembic_version SET version_num = $1"
    await machine.database.execute(change, revision)
    try:
        yield
    finally:
        await machine.database.execute(change, row["version_num"])


async def test_ready_tells_the_worker_and_the_queue(desk: Desk) -> None:
    await desk.settle()
    await desk.face.machine.report()
    answer = await desk.client.get("/readyz")
    assert answer.status_code == 200
    body = answer.json()
    seen = body["worker"].pop("seconds_since_seen")
    assert 0 <= seen < 30
    assert body == {
        "status": "ready", "database": "ok", "migrations": "ok", "worker": {},
        "queue": {"inbox": 0, "lag_seconds": 0, "parked": 0, "jobs": 0, "parked_jobs": 0},
    }  # fmt: skip


async def test_orders_are_taken_without_a_worker(desk: Desk) -> None:
    """It was never seen, and facts wait: told, but no reason to send nobody here."""
    database = desk.face.machine.database
    await database.execute("UPDATE process SET workedat = NULL")
    await work(desk, facts("r1", "r1", "r1"))
    answer = await desk.client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["worker"] == {"seconds_since_seen": None}
    queue = answer.json()["queue"]
    assert (queue["inbox"], queue["parked"]) == (3, 0)
    assert 0 <= queue["lag_seconds"] < 30


async def test_missing_migrations_are_named(desk: Desk) -> None:
    async with at_revision(desk.face.machine, "0001"):
        answer = await desk.client.get("/readyz")
        alive = await desk.client.get("/healthz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json() == [
        {"errorCode": "SERVER_UNAVAILABLE", "message": "not ready: migrations are missing"}
    ]  # fmt: skip
    assert (alive.status_code, alive.json()) == (200, {"status": "ok"})


async def test_a_newer_database_is_served(desk: Desk) -> None:
    """While a new version is rolled out, servers of the old one go on."""
    async with at_revision(desk.face.machine, "from_the_future"):
        answer = await desk.client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


async def test_a_database_that_is_away_is_named(desk: Desk, database_url: str) -> None:
    away = await Database.connect(database_url, readers=1, writers=1)
    await away.close()
    app = application(dataclasses.replace(desk.face.machine.parts(), readiness=Readiness(away)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ordo.test") as client:
        answer = await client.get("/readyz")
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")
    assert answer.json() == [
        {"errorCode": "SERVER_UNAVAILABLE", "message": "not ready: the database is away"}
    ]  # fmt: skip


async def test_a_database_that_does_not_answer_is_named(
    desk: Desk, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if it were frozen: told in time, by one connection however many ask, and over once it answers."""
    assert readiness.READY_SECONDS_MAX < 5
    monkeypatch.setattr(readiness, "READY_SECONDS_MAX", 0.2)
    holder = await asyncpg.connect(database_url)
    try:
        async with holder.transaction():
            await holder.execute("LOCK TABLE alembic_version IN ACCESS EXCLUSIVE MODE")
            answers = await asyncio.gather(*(desk.client.get("/readyz") for _ in range(6)))
            answers.append(await desk.client.get("/readyz"))
            waiting = await holder.fetchval(
                "SELECT count(*) FROM pg_locks WHERE relation = 'alembic_version'::regclass AND NOT granted"
            )
            alive = await desk.client.get("/healthz")
    finally:
        await holder.close()
    assert {(one.status_code, one.text) for one in answers} == {
        (503, '[{"message":"not ready: the database does not answer","errorCode":"SERVER_UNAVAILABLE"}]')
    }
    assert waiting == 1
    assert alive.status_code == 200
    monkeypatch.undo()
    assert (await desk.client.get("/readyz")).status_code == 200


@pytest.mark.parametrize(
    ("gauge", "value"), [("ordo_inbox_facts", 2.0), ("ordo_parked_facts", 1.0), ("ordo_feed_lag_seconds", None)]
)
async def test_the_worker_shows_what_waits(desk: Desk, gauge: str, value: float | None) -> None:
    machine = desk.face.machine
    await work(desk, facts("r1", "r1"))
    await machine.database.execute("INSERT INTO parkedfact VALUES ('c', 'r9', 1, 'Tested', 'why', now(), 1)")
    await machine.report()
    shown = REGISTRY.get_sample_value(gauge)
    assert shown is not None
    assert 0 < shown < 30 if value is None else shown == value
    assert f"\n{gauge} " in (await desk.client.get("/metrics")).text
