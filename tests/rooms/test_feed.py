"""The feed's partitions: a new one each day, dropped after 72 hours, never one that somebody has to read yet."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest
from tests.desk import Desk
from tests.rooms.atoms import facts, work

from ordo.platform import backlog, feed
from ordo.platform.database import Connection
from ordo.platform.events import _READ, sequence
from ordo.platform.facts import PARTITION_IDS, SEQUENCER_LOCK, SHARDS

NAME = "reader"
LONG_AGO = timedelta(hours=feed.KEPT_HOURS, minutes=1)
YESTERDAY = timedelta(hours=25)


@pytest.fixture
async def shop(desk: Desk) -> AsyncIterator[Desk]:
    """Partitions as after a start of a worker; one reader, who has passed everything there is."""
    await settled(desk)
    yield desk
    await desk.face.machine.database.execute("DELETE FROM consumercursor WHERE consumer = $1", NAME)


async def settled(desk: Desk) -> None:
    await feed.tend(desk.face.machine.database)
    await desk.settle()
    await passed(desk, NAME)


async def passed(desk: Desk, *consumers: str) -> None:
    """These consumers have read all of the feed."""
    for consumer in consumers:
        await desk.face.machine.database.execute(
            "INSERT INTO consumercursor SELECT $1, s, last_value - (NOT is_called)::int "
            f"FROM feed_replayid, generate_series(0, {SHARDS - 1}) s "
            "ON CONFLICT (consumer, shard) DO UPDATE SET replayid = excluded.replayid",
            consumer,
        )


async def happened(desk: Desk, *roots: str, ago: timedelta = timedelta()) -> list[int]:
    """A fact of each root, numbered as the sequencer does, as if it had happened that long ago; its replay ids."""
    await work(desk, facts(*roots))
    assert await sequence(desk.face.machine.database) == len(roots)
    newest = "SELECT replayid FROM feed ORDER BY replayid DESC LIMIT $1"
    ids = [row["replayid"] for row in await desk.rows(newest, len(roots))]
    await desk.rows("UPDATE feed SET at = now() - $2::interval WHERE replayid = ANY($1)", ids, ago)
    return sorted(ids)


async def numbers(desk: Desk) -> list[int]:
    async with desk.face.machine.database.reader() as connection:
        return await feed.partitions(connection)


async def tend(desk: Desk) -> None:
    await feed.tend(desk.face.machine.database)


async def a_day_ends(desk: Desk) -> int:
    """Tends twice: the day that ended, and the partition after the new one. The number of the one that ended."""
    (row,) = await desk.rows("SELECT last_value / $1::bigint AS number FROM feed_replayid", PARTITION_IDS)
    await tend(desk)
    await tend(desk)
    number: int = row["number"]
    return number


async def test_a_day_begins_in_the_next_partition(shop: Desk) -> None:
    before = await happened(shop, "r1", "r2", ago=YESTERDAY)
    old = await a_day_ends(shop)
    after = await happened(shop, "r1")

    assert [replay // PARTITION_IDS for replay in before] == [old, old]
    assert [replay // PARTITION_IDS for replay in after] == [old + 1]
    assert (await numbers(shop))[-3:] == [old, old + 1, old + 2]  # a day old: none is dropped
    rows = await shop.rows("SELECT replayid, number FROM feed WHERE root = 'r1' ORDER BY replayid")
    assert [(row["replayid"], row["number"]) for row in rows] == [(before[0], 1), (after[0], 2)]


async def test_a_day_that_goes_on_stays_in_its_partition(shop: Desk) -> None:
    first = await happened(shop, "r1")
    await tend(shop)
    second = await happened(shop, "r1")
    assert second == [first[0] + 1]


async def test_a_day_without_facts_begins_none(shop: Desk) -> None:
    before = await numbers(shop)
    await a_day_ends(shop)
    await a_day_ends(shop)
    assert await numbers(shop) == before


async def test_what_is_old_and_passed_is_dropped(shop: Desk) -> None:
    await happened(shop, "r1", "r2", ago=LONG_AGO)
    old = await a_day_ends(shop)
    kept = await happened(shop, "r3")
    await passed(shop, NAME, "flows")

    await tend(shop)

    assert old not in await numbers(shop)
    assert [row["replayid"] for row in await shop.rows("SELECT replayid FROM feed")] == kept


async def test_what_is_not_old_enough_is_kept(shop: Desk) -> None:
    """The newest fact of the partition counts: all of them stay for 72 hours."""
    await happened(shop, "r1", ago=LONG_AGO)
    await happened(shop, "r2", ago=timedelta(hours=feed.KEPT_HOURS - 1))
    old = await a_day_ends(shop)
    await passed(shop, NAME, "flows")

    await tend(shop)

    assert old in await numbers(shop)
    assert len(await shop.rows("SELECT 1 FROM feed")) == 2


async def test_what_one_consumer_has_not_passed_is_kept_for_it(shop: Desk) -> None:
    """One shard of one consumer is enough, however old the facts are; it is dropped once that has read on."""
    (unread,) = await happened(shop, "r1", ago=LONG_AGO)
    old = await a_day_ends(shop)
    await passed(shop, NAME, "flows")
    database = shop.face.machine.database
    behind = (
        "UPDATE consumercursor c SET replayid = $1 FROM feed f "
        "WHERE f.shard = c.shard AND c.consumer = $2 AND f.root = 'r1'"
    )
    await database.execute(behind, unread - 1, NAME)
    await tend(shop)
    assert old in await numbers(shop)

    await database.execute(behind, unread, NAME)
    await tend(shop)
    assert old not in await numbers(shop)


async def test_the_partition_in_use_is_never_dropped(shop: Desk) -> None:
    """Nothing happened for four days: the sequencer goes on all the same."""
    (before,) = await happened(shop, "r1", ago=timedelta(days=4))
    async with shop.face.machine.database.reader() as connection:
        await feed.drop_old(connection)
    (after,) = await happened(shop, "r1")
    assert after == before + 1


async def test_a_reader_keeps_nobody_waiting(shop: Desk) -> None:
    """Dropping needs the feed for itself; while somebody reads it, it gives way and comes again."""
    await happened(shop, "r1", ago=LONG_AGO)
    old = await a_day_ends(shop)
    await passed(shop, NAME, "flows")
    database = shop.face.machine.database
    async with database.reader() as connection, connection.transaction():
        await connection.fetch("SELECT count(*) FROM feed")
        await asyncio.wait_for(feed.tend(database), 10)
        assert old in await numbers(shop)
        assert await happened(shop, "r2") != []  # the sequencer was let in again

    await tend(shop)
    assert old not in await numbers(shop)


async def test_orders_come_in_while_the_feed_is_locked(shop: Desk) -> None:
    """What writes orders never touches the feed."""
    async with shop.face.machine.database.reader() as connection, connection.transaction():
        await connection.execute("LOCK TABLE feed IN ACCESS EXCLUSIVE MODE")
        graph = await asyncio.wait_for(shop.order(("shirt", 1, "10.00")), 10)
    assert graph["isSuccessful"] is True


async def test_a_sequencer_at_work_is_not_disturbed(shop: Desk) -> None:
    """Whoever moves facts holds the lock: tending gives way, and no id is given twice."""
    (before,) = await happened(shop, "r1", ago=YESTERDAY)
    database = shop.face.machine.database
    async with database.reader() as connection, connection.transaction():
        await connection.execute("SELECT pg_advisory_xact_lock($1)", SEQUENCER_LOCK)
        await asyncio.wait_for(feed.tend(database), 10)
    (after,) = await happened(shop, "r1")
    assert after == before + 1


async def test_several_workers_tend_at_once(shop: Desk) -> None:
    await happened(shop, "r1", ago=YESTERDAY)
    before = await numbers(shop)
    database = shop.face.machine.database
    await asyncio.gather(*(feed.tend(database) for _ in range(4)))
    await tend(shop)
    assert await numbers(shop) == [*before, before[-1] + 1]


async def test_a_full_partition_is_followed_by_the_next(shop: Desk) -> None:
    """Nobody tended: ids run on into the partition that was made ahead."""
    number = (await numbers(shop))[-1]
    database = shop.face.machine.database
    await database.execute("SELECT setval('feed_replayid', $1)", number * PARTITION_IDS - 2)
    ids = await happened(shop, "r1", "r2", "r3")
    assert [replay - number * PARTITION_IDS for replay in ids] == [-1, 0, 1]
    await tend(shop)
    assert (await numbers(shop))[-1] == number + 1


async def test_a_claim_reads_no_partition_before_its_cursor_and_no_other_shard(shop: Desk) -> None:
    """What the write pool's plan touched: three days, and a shard that was quiet for all of them."""
    for _ in range(3):
        await filled(shop)
        await shop.face.machine.database.execute("UPDATE feed SET at = now() - interval '25 hours'")
        await a_day_ends(shop)
    await shop.face.machine.database.execute("ANALYZE feed")
    async with shop.face.machine.database.write.acquire() as connection, prepared(connection):
        newest = await connection.fetchval("SELECT max(replayid) FROM feed")
        assert await pages(connection, 7, 0) < PAGES_MAX
        assert await pages(connection, 3, newest - 200) < PAGES_MAX


async def test_a_claim_planned_for_empty_tables_stays_cheap(shop: Desk) -> None:
    """The plan is kept while 20,000 facts come, and 20,000 others are parked."""
    (fact,) = await happened(shop, "r1")
    async with shop.face.machine.database.write.acquire() as connection, prepared(connection):
        await pages(connection, 3, 0)
        await filled(shop)
        await shop.face.machine.database.execute(
            "INSERT INTO parkedfact SELECT $1, 'p' || n, 1, 'Filler', '', now(), 0 "
            "FROM generate_series(1, 20000) n",
            NAME,
        )
        await shop.face.machine.database.execute(
            "INSERT INTO releasedroot SELECT $1, s, 'p' || s FROM generate_series(1, 15) s", NAME
        )
        assert await pages(connection, 3, fact) < PAGES_MAX
        assert await pages(connection, 7, 0) < PAGES_MAX


PAGES_MAX = 100


async def filled(desk: Desk) -> None:
    """20,000 facts of all shards but 7."""
    await desk.face.machine.database.execute(
        "INSERT INTO feed SELECT nextval('feed_replayid'), CASE n % 16 WHEN 7 THEN 6 ELSE n % 16 END, "
        "'f' || n, 1, 'Filler', now() FROM generate_series(1, 20000) n"
    )
    await desk.face.machine.database.execute(
        "INSERT INTO fact SELECT 'f' || n, 1, '2Pqf' || n, 'Filler', now(), '', '', 0, '{}' "
        "FROM generate_series(1, 20000) n ON CONFLICT DO NOTHING"
    )


@asynccontextmanager
async def prepared(connection: Connection) -> AsyncIterator[None]:
    """The claim's statement as `claim`, with one plan from its first use on."""
    await connection.execute(f"PREPARE claim AS {_READ}")
    try:
        yield
    finally:
        await connection.execute("DEALLOCATE claim")


async def pages(connection: Connection, shard: int, cursor: int) -> int:
    """How many pages a claim of that shard looks at."""
    claim = f"EXECUTE claim ('{NAME}', '{{{shard}}}', '{{{cursor}}}', 8, 16)"
    explained: Any = await connection.fetch(f"EXPLAIN (ANALYZE, BUFFERS) {claim}")
    total = next(row[0] for row in explained if "Buffers:" in row[0])
    return sum(int(part.partition("=")[2]) for part in total.split() if part.startswith(("hit=", "read=")))


async def test_the_backlog_counts_what_waits_and_for_how_long(shop: Desk) -> None:
    database = shop.face.machine.database
    await passed(shop, NAME, "flows")
    assert (await backlog.measured(database))[:3] == (0, 0.0, 0)

    await happened(shop, "r1", ago=timedelta(hours=2))
    await work(shop, facts("r1"))
    waiting = await backlog.measured(database)
    assert waiting.inbox == 1
    assert 7200 <= waiting.lag_seconds < 7260

    await sequence(database)
    await passed(shop, NAME, "flows")
    assert (await backlog.measured(database))[:2] == (0, 0.0)


async def test_the_backlog_tells_jobs_from_parked_ones(shop: Desk) -> None:
    """A capture that waits for its next attempt, and one that waits for a person."""
    database = shop.face.machine.database
    job = "INSERT INTO job VALUES ($1, 'capture-payments', $2::text::timestamptz, 1, '', 0, '{}')"
    await database.execute(job, "j1", "2999-01-01")
    await database.execute(job, "j2", "infinity")
    waiting = await backlog.measured(database)
    assert (waiting.jobs, waiting.parked_jobs) == (1, 1)


async def test_a_fact_in_the_inbox_has_its_age(shop: Desk) -> None:
    """Without a worker nothing comes into the feed: the lag grows all the same."""
    await passed(shop, NAME, "flows")
    await shop.face.machine.database.execute(
        "INSERT INTO factinbox (id, root, number, kind) VALUES ('2Pq0KXEzEg0000aAAA', 'r1', 1, 'Tested')"
    )
    waiting = await backlog.measured(shop.face.machine.database)
    assert waiting.inbox == 1
    assert waiting.lag_seconds > 1_000_000


async def test_a_worker_is_seen(shop: Desk) -> None:
    machine = shop.face.machine
    await machine.database.execute("UPDATE process SET workedat = now() - interval '90 seconds'")
    asleep = (await backlog.measured(machine.database)).worker_seconds
    assert asleep is not None
    assert 90 <= asleep < 120

    await machine.report()

    awake = (await backlog.measured(machine.database)).worker_seconds
    assert awake is not None
    assert awake < 30
