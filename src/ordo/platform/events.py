"""The way of a fact after its commit: the sequencer numbers it, consumers work it off exactly once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import asyncpg
import structlog

from ordo.kernel.problems import Unavailable
from ordo.platform import refusals
from ordo.platform.database import AWAY, Connection, Database
from ordo.platform.facts import SEQUENCER_LOCK, SHARDS, shard_sql
from ordo.platform.statement import STOCK_REFUSED
from ordo.platform.unit import Unit
from ordo.platform.work import CONTENTION, Atom, Attempt, Contended, Entry, Worker

log = structlog.get_logger()

_MOVE = f"""
WITH leader AS MATERIALIZED (
  SELECT pg_try_advisory_xact_lock({SEQUENCER_LOCK}) AS is_mine
),
taken AS (DELETE FROM factinbox USING leader WHERE is_mine RETURNING factinbox.*),
ordered AS (
  SELECT t.*, min(t.id) OVER (PARTITION BY t.root) AS first FROM taken t ORDER BY first, t.root, t.number
)
INSERT INTO feed (replayid, shard, root, number, kind, at)
SELECT nextval('feed_replayid'), {shard_sql("o.root")}, o.root, o.number, o.kind, clock_timestamp()
FROM ordered o
"""
# What others wrote under the lock is seen only by a statement that began after it was taken.
_LOCK = "SELECT shard, replayid FROM consumercursor WHERE consumer = $1 ORDER BY shard FOR UPDATE SKIP LOCKED"
# The row comparison leaves one way to read the feed: each shard's own index from its cursor on, and no partition
# before it. With `shard = …` the planner reads all shards by replay id: a day's facts for a shard that was quiet.
# LIMIT keeps it from starting at the facts or at what is parked, as it does when it believes there is none.
_READ = """
WITH mine AS (SELECT shard, replayid FROM unnest($2::smallint[], $3::bigint[]) c(shard, replayid))
SELECT m.shard, p.replayid, p.root, p.number, p.kind, a.id, a.depth, a.body,
       true AS is_released, false AS is_behind
FROM mine m CROSS JOIN LATERAL (
  SELECT r.root, k.number, k.kind, k.replayid
  FROM releasedroot r LEFT JOIN LATERAL (
    SELECT number, kind, replayid FROM parkedfact WHERE consumer = $1 AND root = r.root ORDER BY number LIMIT $5
  ) k ON true
  WHERE r.consumer = $1 AND r.shard = m.shard ORDER BY r.root, k.number LIMIT $5
) p LEFT JOIN LATERAL (
  SELECT id, depth, body FROM fact WHERE root = p.root AND number = p.number LIMIT 1
) a ON true
UNION ALL
SELECT m.shard, f.replayid, f.root, f.number, f.kind, a.id, a.depth, a.body, false,
       (SELECT true FROM parkedfact k WHERE k.consumer = $1 AND k.root = f.root LIMIT 1) IS NOT NULL
FROM mine m CROSS JOIN LATERAL (
  SELECT * FROM feed x
  WHERE x.replayid > m.replayid AND (x.shard, x.replayid) > (m.shard, m.replayid) AND x.shard <= m.shard
  ORDER BY x.shard, x.replayid LIMIT $4
) f CROSS JOIN LATERAL (
  SELECT id, depth, body FROM fact WHERE root = f.root AND number = f.number LIMIT 1
) a
ORDER BY replayid
"""
_REGISTER = """
INSERT INTO consumercursor (consumer, shard, replayid)
SELECT $1, s, $3 FROM generate_series(0, $2 - 1) s ON CONFLICT DO NOTHING
"""
FACTS_PER_SHARD = 8
RELEASED_PER_SHARD = 16
"""More than the feed can add in the same batch, so the queue of a released root gets shorter all the same."""
BEHIND = "an earlier fact of this order is parked"


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
    is_released: bool = False
    """Whether it was parked before, and is met again."""

    @property
    def key(self) -> tuple[str, int]:
        return self.root, self.number


Handler = Callable[[FeedFact], Sequence[Atom]]
Admit = Callable[[Connection, Sequence[Atom], datetime], Awaitable[Sequence[bool]]]
Tell = Callable[[FeedFact, Exception | None], Atom | None]


class Consumer:
    """Works off the feed under one name; several processes share its shards.

    The cursor advances in the statement that writes the effects, so each fact takes effect once and as a
    whole. A fact that is refused is parked with its reason, and later facts of its root behind it. Facts of a
    released root (platform.parked) are taken like those of the feed: what leaves is then not a cursor's step
    but their parked rows. `admit` looks up, in the consumer's transaction, which atoms of a batch are to run.
    `tell` answers the atom that tells a person of a fact parked for an error, or, without one, that a fact that
    was parked took effect; it is written with the parking, or left out where it fails.
    """

    def __init__(
        self, name: str, handler: Handler, actor: str, admit: Admit | None = None, tell: Tell | None = None
    ) -> None:
        self.name = name
        self._handler = handler
        self._actor = actor
        self._admit = admit
        self._tell = tell

    async def register(self, database: Database, *, after: int = 0) -> None:
        await database.execute(_REGISTER, self.name, SHARDS, after)

    async def step(self, worker: Worker) -> int:
        """One batch; answers how many facts were passed. Raises what the database raises when it is away,
        and Unavailable while this process may not make ids."""
        if not worker.may_make_ids():
            raise Unavailable
        refused: dict[tuple[str, int], Exception] = {}
        untold: set[tuple[str, int]] = set()
        limit = SHARDS * (FACTS_PER_SHARD + RELEASED_PER_SHARD)
        for attempt in range(2 * limit):
            batch = _Batch(self, worker, refused, untold, limit, locking=attempt > 0)
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
    """One claim and the Work on it, in one transaction.

    `refused`, and `untold` (what nobody can be told of), hold what earlier tries of the same step found out; who
    waits behind whom is decided anew by each.
    """

    def __init__(
        self,
        consumer: Consumer,
        worker: Worker,
        refused: dict[tuple[str, int], Exception],
        untold: set[tuple[str, int]],
        limit: int,
        *,
        locking: bool,
    ) -> None:
        self._consumer = consumer
        self._worker = worker
        self._refused = refused
        self._untold = untold
        self._limit = limit
        self._locking = locking
        self._facts: list[FeedFact] = []
        self._entries: list[tuple[FeedFact, Entry]] = []
        self._told: list[tuple[FeedFact, Entry]] = []
        self._parked: dict[tuple[str, int], str] = {}
        self._empty: set[tuple[int, str]] = set()

    async def run(self) -> int:
        async with self._worker.database.write.acquire() as connection, connection.transaction():
            rows = await self._claimed(connection)
            if not rows:
                return 0
            self._take(rows[: self._limit])
            await self._sift(connection)
            attempt = Attempt(self._worker, connection, self._all_entries(), locking=self._locking)
            await attempt.perform(self._conclude, opened=True)
        return len(self._facts)

    def _all_entries(self) -> list[Entry]:
        return [entry for _, entry in (*self._entries, *self._told)]

    async def _claimed(self, connection: Connection) -> Sequence[Mapping[str, Any]]:
        cursors = await connection.fetch(_LOCK, self._consumer.name)
        if not cursors:
            return []
        shards, passed = [row["shard"] for row in cursors], [row["replayid"] for row in cursors]
        limits = FACTS_PER_SHARD, RELEASED_PER_SHARD
        rows: Sequence[Mapping[str, Any]] = await connection.fetch(
            _READ, self._consumer.name, shards, passed, *limits
        )
        return rows

    def _take(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Asks for the atoms of every fact, up to the first of each root that is refused."""
        stopped: set[str] = set()
        for row in rows:
            if row["id"] is None:  # nothing of this root is parked any more
                self._empty.add((row["shard"], row["root"]))
                continue
            fact = FeedFact(
                row["replayid"], row["shard"], row["root"], row["number"], row["kind"],
                row["id"], row["depth"], row["body"], row["is_released"],
            )  # fmt: skip
            self._facts.append(fact)
            if row["is_behind"] or fact.root in stopped:
                self._parked[fact.key] = BEHIND
            elif fact.key in self._refused or not self._asked(fact):
                error = self._refused[fact.key]
                self._parked[fact.key] = f"{type(error).__name__}: {error}"
                stopped.add(fact.root)
                self._tell(fact, error)
            elif fact.is_released:
                self._tell(fact, None)

    def _asked(self, fact: FeedFact) -> bool:
        """Collects the atoms of a fact; one that its consumer cannot even read is refused."""
        try:
            atoms = self._consumer._handler(fact)
        except Exception as fault:
            self._refuse(fact, fault)
            return False
        self._entries += [(fact, Entry(atom, self._consumer._actor)) for atom in atoms]
        return True

    def _tell(self, fact: FeedFact, error: Exception | None) -> None:
        """Collects what tells a person; that nobody can be told keeps nothing from being parked."""
        tell = self._consumer._tell
        if tell is None or fact.key in self._untold:
            return
        try:
            atom = tell(fact, error)
        except Exception:
            log.exception("nobody was told of a parked fact", kind=fact.kind)
            return
        if atom is not None:
            self._told.append((fact, Entry(atom, self._consumer._actor)))

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
        self._judge()
        done = [fact for fact in self._facts if fact.is_released and fact.key not in self._parked]
        unit.progress = {
            ("consumercursor", "cursor"): self._cursors(),
            ("parkedfact", "park"): self._to_park(unit),
            ("parkedfact", "unpark"): [self._named(root=fact.root, number=fact.number) for fact in done],
            ("releasedroot", "end"): self._ended_releases(),
        }

    def _named(self, **columns: object) -> dict[str, object]:
        return {"consumer": self._consumer.name, **columns}

    def _cursors(self) -> list[dict[str, object]]:
        last = {fact.shard: fact.replay_id for fact in self._facts if not fact.is_released}  # they rise
        return [self._named(shard=shard, replayid=replay) for shard, replay in sorted(last.items())]

    def _to_park(self, unit: Unit) -> list[dict[str, object]]:
        """What is refused now, and what of the feed has to wait behind it; who waited already goes on waiting."""
        return [
            self._named(
                root=fact.root, number=fact.number, kind=fact.kind, reason=reason[:2000], at=unit.now,
                replayid=fact.replay_id,
            )
            for fact in self._facts
            if (reason := self._parked.get(fact.key)) and not (fact.is_released and reason == BEHIND)
        ]  # fmt: skip

    def _ended_releases(self) -> list[dict[str, object]]:
        """A release ends when nothing of its root is left, or something is refused again."""
        again = {(fact.shard, fact.root) for fact in self._facts if fact.is_released and fact.key in self._parked}
        return [self._named(shard=shard, root=root) for shard, root in sorted(self._empty | again)]

    def _judge(self) -> None:
        """What was refused is parked, and what follows it of its root: all is decided again without their effects,
        the other atoms of a refused fact included."""
        for fact, entry in self._told:
            if entry.error is not None:
                log.error("nobody was told of a parked fact", kind=fact.kind, error=repr(entry.error))
        refused: set[str] = set()
        for fact, entry in self._entries:
            if entry.error is not None and fact.root not in refused:
                refused.add(fact.root)
                self._refuse(fact, entry.error)
        if refused:
            raise Contended

    async def blame(self, error: asyncpg.PostgresError, attempt: int) -> int:
        """Parks what the error names. If it names nothing, the next round takes half as many facts,
        until the poison fact stands alone and is parked. Answers how many to take."""
        if await self._worker.blame(error, self._all_entries(), attempt):
            for fact, entry in self._entries:
                if entry.error is not None and entry.is_final:
                    self._refuse(fact, entry.error)
            self._untold |= {fact.key for fact, entry in self._told if entry.is_final}
            return self._limit
        if isinstance(error, CONTENTION):
            return max(1, len(self._facts) // 2)  # somebody else was faster: no reason to park anything
        return self.halve(refusals.fallback(error) if error.sqlstate == STOCK_REFUSED else error)

    def halve(self, error: Exception) -> int:
        """How many facts to take after an error that names none of them; one that stands alone is parked, in
        silence if it may be the telling that fails."""
        if len(self._facts) == 1 and self._told:
            self._untold.add(self._facts[0].key)
        elif len(self._facts) == 1:
            self._refuse(self._facts[0], error)
        elif not self._facts:
            raise error
        return max(1, len(self._facts) // 2)

    def _refuse(self, fact: FeedFact, error: Exception) -> None:
        log.warning("fact parked", consumer=self._consumer.name, kind=fact.kind, error=repr(error))
        self._refused[fact.key] = error
