"""The feed's partitions: a new one begins each day, old ones are dropped when everybody has passed them.

A partition holds PARTITION_IDS replay ids, not the hours of a day: consumers ask by replay id, so the database
knows which partitions it need not look into, and no clock decides where a fact is found. A day begins by moving
the sequence on to the next partition. The one in use and the next are always there, so the sequencer never
lacks one, even when nobody tends the feed for days: today's partition is longer then.
"""

from __future__ import annotations

import asyncpg
import structlog

from ordo.platform.database import Connection, Database
from ordo.platform.facts import PARTITION_IDS, SEQUENCER_LOCK

log = structlog.get_logger()

TEND_SECONDS = 60.0
KEPT_HOURS = 72
LOCK_MILLISECONDS = 200
"""How long tending waits for a lock, and so whoever comes after it; then it gives way until the next time."""

_PARTITIONS = """
SELECT substr(c.relname, 6)::bigint AS number FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = 'feed'::regclass ORDER BY 1
"""
_NEXT_ID = "SELECT last_value + is_called::int FROM feed_replayid"
_HAS_OLD_DAY = """
SELECT (SELECT at FROM feed WHERE replayid >= $1 ORDER BY replayid LIMIT 1) < date_trunc('day', now(), 'UTC')
"""


async def tend(database: Database) -> None:
    """Makes the next partition, begins a day and drops what is old; each alone, under the sequencer's lock."""
    for step in (make_ahead, begin_day, drop_old):
        try:
            async with database.reader() as connection, connection.transaction():
                await connection.execute(f"SET LOCAL lock_timeout = {LOCK_MILLISECONDS}")
                await connection.execute("SELECT pg_advisory_xact_lock($1)", SEQUENCER_LOCK)
                await step(connection)
        except asyncpg.LockNotAvailableError:
            log.info("the feed is tended later", step=step.__name__)


async def partitions(connection: Connection) -> list[int]:
    """The numbers of the partitions there are; number n holds ids from n * PARTITION_IDS on."""
    return [row["number"] for row in await connection.fetch(_PARTITIONS)]


async def _current(connection: Connection) -> int:
    next_id: int = await connection.fetchval(_NEXT_ID)
    return next_id // PARTITION_IDS


async def make_ahead(connection: Connection) -> None:
    """The partition in use and the next one. Attaching excludes neither readers nor the sequencer's inserts."""
    current, there = await _current(connection), await partitions(connection)
    for number in {current, current + 1} - set(there):
        ids = f"FROM ({number * PARTITION_IDS}) TO ({(number + 1) * PARTITION_IDS})"
        await connection.execute(f"CREATE TABLE feed_{number} (LIKE feed INCLUDING ALL)")
        await connection.execute(f"ALTER TABLE feed ATTACH PARTITION feed_{number} FOR VALUES {ids}")


async def begin_day(connection: Connection) -> None:
    """Moves on to the next partition if the one in use began on an earlier day (UTC, the database's clock)."""
    current = await _current(connection)
    is_old = await connection.fetchval(_HAS_OLD_DAY, current * PARTITION_IDS)
    # The sequence does not roll back: it moves only to what is committed.
    if is_old and current + 1 in await partitions(connection):
        await connection.execute("SELECT setval('feed_replayid', $1, false)", (current + 1) * PARTITION_IDS)


async def drop_old(connection: Connection) -> None:
    """Drops partitions whose newest fact is older than KEPT_HOURS and which no consumer still has to read."""
    current = await _current(connection)
    for number in await partitions(connection):
        if number < current and await _is_done(connection, number):
            await connection.execute(f"DROP TABLE feed_{number}")
            log.info("feed partition dropped", number=number)


async def _is_done(connection: Connection, number: int) -> bool:
    is_done: bool = await connection.fetchval(
        f"""
        SELECT coalesce((SELECT at FROM feed_{number} ORDER BY replayid DESC LIMIT 1), '-infinity')
               < now() - make_interval(hours => {KEPT_HOURS})
           AND NOT EXISTS (
             SELECT 1 FROM consumercursor c
             WHERE c.replayid < (SELECT max(f.replayid) FROM feed_{number} f WHERE f.shard = c.shard)
           )
        """
    )
    return is_done
