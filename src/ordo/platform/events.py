"""The way of a fact after its commit: the sequencer numbers it, consumers work it off exactly once."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from ordo.kernel.problems import Unavailable
from ordo.platform.database import AWAY, Connection, Database
from ordo.platform.facts import SHARDS
from ordo.platform.jobs import Runner
from ordo.platform.statement import STOCK_REFUSED
from ordo.platform.unit import Unit
from ordo.platform.work import CONTENTION, Atom, Attempt, Contended, Entry, Worker

log = structlog.get_logger()

_SEQUENCER_LOCK = 0x0FEED
_MOVE = f"""
WITH leader AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock({_SEQUENCER_LOCK}) AS is_mine
),
taken AS (DELETE FROM factinbox USING leader WHERE is_mine RETURNING factinbox.*),
ordered AS (
  SELECT t.*, min(t.id) OVER (PARTITION BY t.root) AS first FROM taken t ORDER BY first, t.root, t.number
)
INSERT INTO feed (replayid, shard, root, number, kind, at)
SELECT nextval('feed_replayid'), (('x' || right(md5(o.root), 7))::bit(28)::int) % {SHARDS},
       o.root, o.number, o.kind, clock_timestamp()
FROM ordered o
"""
_CLAIM = """
WITH mine AS MATERIALIZED (
  SELECT shard, replayid FROM consumercursor WHERE consumer = $1 ORDER BY shard FOR UPDATE SKIP LOCKED
)
SELECT m.shard, f.replayid, f.root, f.number, f.kind, a.id, a.depth, a.body,
       EXISTS (SELECT 1 FROM parkedfact p WHERE p.consumer = $1 AND p.root = f.root) AS is_behind
FROM mine m CROSS JOIN LATERAL (
  SELECT * FROM feed x WHERE x.shard = m.shard AND x.replayid > m.replayid ORDER BY x.replayid LIMIT $2
) f CROSS JOIN LATERAL (
  -- LIMIT keeps the planner from starting at the facts, which it does when it believes there are none
  SELECT id, depth, body FROM fact WHERE root = f.root AND number = f.number LIMIT 1
) a
ORDER BY f.replayid
"""
_REGISTER = """
INSERT INTO consumercursor (consumer, shard, replayid)
SELECT $1, s, $3 FROM generate_series(0, $2 - 1) s ON CONFLICT DO NOTHING
"""
FACTS_PER_SHARD = 8
BEHIND = "an earlier fact of this order is parked"


VACUUM_AFTER = 4000
"""Moved rows after which a queue is swept: its dead rows would be read by every round."""


class Sweeper:
    """Counts what left the queues; each is vacuumed by its reader, in time, however autovacuum is set."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._moved: defaultdict[str, int] = defaultdict(int)

    async def moved(self, table: str, rows: int) -> None:
        self._moved[table] += rows
        if self._moved[table] >= VACUUM_AFTER:
            self._moved[table] = 0
            await self._database.execute(f"VACUUM (TRUNCATE false) {table}")


async def sequence(database: Database) -> int:
    """Moves what was committed from the inbox to the feed; answers how many. One mover at a time."""
    async with database.write.acquire() as connection:
        status: str = await connection.execute(_MOVE)
    return int(status.rsplit(" ", 1)[1])


@dataclass(frozen=True)
class FeedFact:
    """A fact as a consumer meets it."""

    replay_id: int
    shard: int
    root: str
    number: int
    kind: str
    id: str
    depth: int
    body: bytes


Handler = Callable[[FeedFact], Sequence[Atom]]
Admit = Callable[[Connection, Sequence[Atom], datetime], Awaitable[Sequence[bool]]]


class Consumer:
    """Works off the feed under one name; several processes share its shards.

    The cursor advances in the statement that writes the effects, so each fact takes effect once.
    A fact takes effect whole: if one of its atoms is refused, it is parked with the reason, and later facts of
    its root behind it. `admit` looks up, in the consumer's transaction, which atoms of a batch are to run.
    """

    def __init__(self, name: str, handler: Handler, actor: str, admit: Admit | None = None) -> None:
        self.name = name
        self._handler = handler
        self._actor = actor
        self._admit = admit

    async def register(self, database: Database, *, after: int = 0) -> None:
        await database.execute(_REGISTER, self.name, SHARDS, after)

    async def step(self, worker: Worker) -> int:
        """One batch; answers how many facts were passed. Raises what the database raises when it is away,
        and Unavailable while this process may not make ids."""
        if not worker.may_make_ids():
            raise Unavailable
        parked: dict[tuple[str, int], str] = {}
        limit = SHARDS * FACTS_PER_SHARD
        for attempt in range(2 * limit):
            batch = _Batch(self, worker, parked, limit, locking=attempt > 0)
            try:
                return await batch.run()
            except Contended:
                continue
            except AWAY:
                raise
            except asyncpg.PostgresError as error:
                limit = await batch.blame(error, attempt)
            except Exception as fault:
                limit = batch.halve(fault)
        raise RuntimeError(f"consumer {self.name} found no way through a batch")


class _Batch:
    """One claim and the Work on it, in one transaction."""

    def __init__(
        self, consumer: Consumer, worker: Worker, parked: dict[tuple[str, int], str], limit: int, *, locking: bool
    ) -> None:
        self._consumer = consumer
        self._worker = worker
        self._parked = parked
        self._limit = limit
        self._locking = locking
        self._facts: list[FeedFact] = []
        self._entries: list[tuple[FeedFact, Entry]] = []

    async def run(self) -> int:
        async with self._worker.database.write.acquire() as connection, connection.transaction():
            rows = await connection.fetch(_CLAIM, self._consumer.name, FACTS_PER_SHARD)
            if not rows:
                return 0
            self._take(rows[: self._limit])
            await self._sift(connection)
            entries = [entry for _, entry in self._entries]
            attempt = Attempt(self._worker, connection, entries, locking=self._locking)
            await attempt.perform(self._conclude, opened=True)
        return len(self._facts)

    def _take(self, rows: Sequence[Mapping[str, Any]]) -> None:
        for row in rows:
            fact = FeedFact(
                row["replayid"], row["shard"], row["root"], row["number"], row["kind"],
                row["id"], row["depth"], row["body"],
            )  # fmt: skip
            self._facts.append(fact)
            if row["is_behind"]:
                self._parked.setdefault((fact.root, fact.number), BEHIND)
            if (fact.root, fact.number) not in self._parked:
                self._ask(fact)

    def _ask(self, fact: FeedFact) -> None:
        """The atoms of a fact; one that its consumer cannot even read is parked."""
        try:
            atoms = self._consumer._handler(fact)
        except Exception as fault:
            self._park(fact, fault)
            return
        self._entries += [(fact, Entry(atom, self._consumer._actor)) for atom in atoms]

    async def _sift(self, connection: Connection) -> None:
        """Leaves the atoms that the consumer admits."""
        admit = self._consumer._admit
        if admit is None or not self._entries:
            return
        atoms = [entry.atom for _, entry in self._entries]
        admitted = await admit(connection, atoms, self._worker.clock.now())
        self._entries = [pair for pair, is_in in zip(self._entries, admitted, strict=True) if is_in]

    def _conclude(self, unit: Unit) -> None:
        """Cursors and parked facts, into the same write."""
        parked = dict(self._parked)
        for fact, entry in self._entries:
            if entry.error is not None:
                parked[fact.root, fact.number] = _reason(self._consumer, fact, entry.error)
        self._queue_behind(parked)
        last: dict[int, int] = {}
        for fact in self._facts:
            last[fact.shard] = max(fact.replay_id, last.get(fact.shard, 0))
            reason = parked.get((fact.root, fact.number))
            if reason is not None:
                unit.row(
                    "parkedfact", consumer=self._consumer.name, root=fact.root, number=fact.number,
                    kind=fact.kind, reason=reason[:2000], at=unit.now,
                )  # fmt: skip
        unit.cursors = [
            {"consumer": self._consumer.name, "shard": shard, "replayid": replay}
            for shard, replay in sorted(last.items())
        ]

    def _queue_behind(self, parked: dict[tuple[str, int], str]) -> None:
        """Facts that follow a parked one of their root are parked too. What they decided, or another atom of the
        parked one, is decided again without them."""
        first: dict[str, int] = {}
        for root, number in parked:
            first[root] = min(number, first.get(root, number))
        behind = {
            (fact.root, fact.number): BEHIND
            for fact in self._facts
            if fact.number > first.get(fact.root, fact.number) and (fact.root, fact.number) not in parked
        }
        parked.update(behind)
        if any(entry.error is None and (fact.root, fact.number) in parked for fact, entry in self._entries):
            self._parked.update(parked)
            raise Contended

    async def blame(self, error: asyncpg.PostgresError, attempt: int) -> int:
        """Parks what the error names. If it names nothing, the next round takes half as many facts,
        until the poison fact stands alone and is parked. Answers how many to take."""
        entries = [entry for _, entry in self._entries]
        if await self._worker.blame(error, entries, attempt):
            for fact, entry in self._entries:
                if entry.error is not None and entry.is_final:
                    self._park(fact, entry.error)
            return self._limit
        if isinstance(error, CONTENTION) or error.sqlstate == STOCK_REFUSED:
            return max(1, len(self._facts) // 2)  # somebody else was faster: no reason to park anything
        return self.halve(error)

    def halve(self, error: Exception) -> int:
        """How many facts to take after an error that names none of them; one that stands alone is parked."""
        if len(self._facts) == 1:
            self._park(self._facts[0], error)
        elif not self._facts:
            raise error
        return max(1, len(self._facts) // 2)

    def _park(self, fact: FeedFact, error: Exception) -> None:
        self._parked[fact.root, fact.number] = _reason(self._consumer, fact, error)


def _reason(consumer: Consumer, fact: FeedFact, error: Exception) -> str:
    log.warning("fact parked", consumer=consumer.name, kind=fact.kind, error=repr(error))
    return f"{type(error).__name__}: {error}"


ROUND_SECONDS = 0.02
"""A round starts at most this often: under load each one takes more facts, and costs the same."""
IDLE_SECONDS = 0.05


async def pump(
    database: Database, worker: Worker, consumers: Sequence[Consumer], jobs: Runner, stop: asyncio.Event
) -> None:
    """Sequences, consumes and does jobs until `stop`; a database that is away is asked again after half a
    second."""
    clock, sweeper = asyncio.get_running_loop(), Sweeper(database)
    while not stop.is_set():
        started = clock.time()
        try:
            moved = await sequence(database)
            await sweeper.moved("factinbox", moved)
            passed = sum([await consumer.step(worker) for consumer in consumers])
            done = await jobs.step()
            await sweeper.moved("job", done)
            wait = ROUND_SECONDS if moved or passed or done else IDLE_SECONDS
        except AWAY as away:
            log.warning("database away", error=type(away).__name__)
            wait = 0.5
        except Exception:  # the next round may find its way; a worker that ended would find none
            log.exception("a round failed")
            wait = 0.5
        await asyncio.sleep(max(0.0, started + wait - clock.time()))
