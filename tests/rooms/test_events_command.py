"""`ordo events`: the feed as it comes, and one order's story."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from tests.desk import Desk
from tests.life import moved, parcels, sold
from tests.processes import SOURCES, Process, eventually
from tests.rooms.atoms import facts, work
from tests.rooms.conftest import Ordo

from ordo.cli import events
from ordo.platform import timeline
from ordo.platform.events import sequence


async def test_the_feed_is_printed(desk: Desk, ordo: Ordo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each fact once, in the order of replay ids, however many steps that takes; `--since` goes on."""
    summary = await sold(desk, ("shirt", 2, "20.00"))
    [order] = await desk.query("SELECT Id, OrderNumber FROM Order")
    feed = await desk.rows("SELECT replayid, kind FROM feed ORDER BY replayid")
    monkeypatch.setattr(timeline, "FACTS_PER_STEP", 2)
    answer = await ordo("events")
    assert (answer.exit_code, answer.stderr) == (0, "")
    lines = [line.split("  ") for line in answer.stdout.splitlines()]
    assert [(int(line[0]), line[2], line[3]) for line in lines] == [
        (row["replayid"], order["OrderNumber"], row["kind"]) for row in feed
    ]
    [created] = [line for line in lines if line[3] == "OrderSummaryCreated"]
    assert f"OrderSummaryId={summary['Id']}" in created
    assert f"OrderId={order['Id']}" not in created
    told = await ordo("events", "--since", str(feed[0]["replayid"]), "--json")
    documents = [json.loads(line) for line in told.stdout.splitlines()]
    assert [one["replayId"] for one in documents] == [row["replayid"] for row in feed[1:]]
    assert {one["orderNumber"] for one in documents} == {order["OrderNumber"]}
    assert documents[0].keys() == {"replayId", "root", "orderNumber", "number", "kind", "at", "body"}


async def test_what_comes_late_is_not_missed(desk: Desk, database_url: str) -> None:
    """A fact that was written first and committed last has the later replay id."""
    start = await timeline.end_of_feed(desk.face.machine.database)
    write = (
        "WITH f AS (INSERT INTO fact (root, number, id, kind, at, actor, cause, depth, body) "
        "VALUES ('late', 1, 'late', 'Late', now(), '', '', 0, '{}') RETURNING id, root, number, kind) "
        "INSERT INTO factinbox (id, root, number, kind) SELECT * FROM f"
    )
    async with await psycopg.AsyncConnection.connect(database_url) as late:
        await late.execute(write)
        await work(desk, facts("early"))
        await sequence(desk.face.machine.database)
        first = await timeline.since(desk.face.machine.database, start)
        await late.commit()
    await sequence(desk.face.machine.database)
    assert [fact.root for fact in first] == ["early"]
    assert first[0].replay_id is not None
    second = await timeline.since(desk.face.machine.database, first[0].replay_id)
    assert [fact.root for fact in second] == ["late"]


async def test_the_story_of_one_order(desk: Desk, ordo: Ordo) -> None:
    """By any name of it; facts of others are not in it."""
    await sold(desk, ("hat", 1, "5.50"))
    summary = await sold(desk, ("shirt", 2, "20.00"), reference="web-7")
    [parcel] = await parcels(desk, summary)
    await moved(desk, parcel["Id"], "Fulfilled")
    await desk.settle()
    order_id = summary["OriginalOrderId"]
    kinds = await desk.rows("SELECT kind FROM fact WHERE root = $1 ORDER BY number", order_id)
    [row] = await desk.query(f"SELECT OrderNumber FROM Order WHERE Id = '{order_id}'")
    for name in (order_id, order_id[:15], summary["Id"], row["OrderNumber"], "web-7"):
        answer = await ordo("events", "--order", name)
        assert (answer.exit_code, answer.stderr) == (0, "")
        lines = [line.split("  ") for line in answer.stdout.splitlines()]
        assert [line[2] for line in lines] == [row["kind"] for row in kinds]
        assert {line[1] for line in lines} == {row["OrderNumber"]}
    assert "FulfillmentOrderStatusChanged" in answer.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("--order", "nothing"), 1, "there is no order nothing"),
        (("--order", "a\0b"), 1, "there is no order a"),
        (("--order", "x", "--since", "1"), 2, "Say either --order or --since."),
    ],
)
async def test_what_is_no_order_is_told(
    desk: Desk, ordo: Ordo, arguments: tuple[str, ...], code: int, sentence: str
) -> None:
    answer = await ordo("events", *arguments)
    assert (answer.exit_code, answer.stdout, sentence in answer.stderr) == (code, "", True)


async def test_two_orders_of_one_reference(desk: Desk, ordo: Ordo) -> None:
    for _ in range(2):
        answer = await desk.post(
            "/sobjects/Order",
            {"AccountId": desk.ids["account"], "EffectiveDate": "2026-01-31", "Status": "Draft",
             "OrderReferenceNumber": "twice"},
        )  # fmt: skip
        assert answer.status_code == 201
    refused = await ordo("events", "--order", "twice")
    assert (refused.exit_code, "several orders are called twice" in refused.stderr) == (1, True)


def test_what_a_shopper_wrote_cannot_move_the_cursor() -> None:
    """A line is a line, and a long text is cropped."""
    fact = timeline.TimedFact(
        7, "r", None, 1, "Said", datetime(2026, 1, 31, 12, tzinfo=UTC), {"Text": "a\n\x1b[2J", "Long": "x" * 500}
    )
    line = events._line(fact)
    assert line.startswith("7  2026-01-31 12:00:00.000Z  r  Said  Text=a\\n\\x1b[2J  Long=xxx")
    assert line.endswith("x…")
    assert len(line) < 250


async def test_following_begins_now(desk: Desk) -> None:
    """Without `--since`, what happened before is not told."""
    await work(desk, facts("before"))
    await sequence(desk.face.machine.database)
    story = await events._story(desk.face.machine.database, None, None, follow=True)
    assert await story.next() == []
    await work(desk, facts("after"))
    await sequence(desk.face.machine.database)
    assert [fact.root for fact in await story.next()] == ["after"]
    assert await story.next() == []


@pytest.fixture
def follower(desk: Desk, database_url: str, tmp_path: Path) -> Iterator[Process]:
    """`ordo events --follow` as a process, reading."""
    own = {**os.environ, "PYTHONPATH": SOURCES, "ORDO_DATABASE_URL": database_url}
    process = Process("events", ["events", "--follow", "--since", "0"], own, tmp_path)
    process.start()
    yield process
    process.stop()


def seen(process: Process, root: str) -> bool:
    process.check()
    return f"  {root}  Tested" in process.log.read_text()


async def test_following(desk: Desk, follower: Process) -> None:
    """What happens is printed when it happens, over a connection that ends, until Ctrl-C: a good end."""
    await work(desk, facts("start"))
    await sequence(desk.face.machine.database)
    eventually(lambda: seen(follower, "start"), "the follower reads", seconds=15)
    await desk.rows(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND query LIKE '%FROM feed WHERE replayid > $1%' "
        "AND pid <> pg_backend_pid()"
    )
    await work(desk, facts("after"))
    await sequence(desk.face.machine.database)
    eventually(lambda: seen(follower, "after"), "the follower goes on", seconds=15)
    os.kill(follower.pid, signal.SIGINT)
    assert follower.end_code(seconds=15) == 0
    assert follower.log.read_text().count("  after  Tested") == 1
    assert "Traceback" not in follower.log.read_text()


async def test_a_closed_pipe_ends_it_quietly(desk: Desk, database_url: str) -> None:
    await work(desk, *(facts(f"r{number}") for number in range(3000)))
    await sequence(desk.face.machine.database)
    assert await asyncio.to_thread(one_line, database_url) == (0, b"")


def one_line(database_url: str) -> tuple[int, bytes]:
    """How the command ends when its reader leaves after a line."""
    own = {**os.environ, "PYTHONPATH": SOURCES, "ORDO_DATABASE_URL": database_url}
    command = Process("events", ["events"], own, Path()).command
    with subprocess.Popen(command, env=own, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().endswith(b"Tested\n")
        process.stdout.close()
        return process.wait(15), process.stderr.read()
