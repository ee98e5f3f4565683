"""Jobs: what must be asked outside, retried or timed. A row in the write that wants it, done in the write
that holds its outcome.

A job is claimed for a while, performed outside any transaction, and its outcome is an atom of a Work that
also takes the job away. A process that dies leaves the job to whoever claims it next, so a job may be
performed twice; its outcome is written once.

A job that nobody tried yet may be held: the claim that meets it looks again a few seconds later, and counts no
attempt.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

import msgspec
import structlog
from prometheus_client import Counter as Metric
from sqlalchemy import Column, DateTime, Index, Integer, PrimaryKeyConstraint, SmallInteger, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from ordo.kernel.problems import Unavailable
from ordo.platform.lookup import is_any_of
from ordo.platform.schema import metadata
from ordo.platform.unit import Unit
from ordo.platform.work import Atom, Entry, Worker

log = structlog.get_logger()

job_table = Table(
    "job",
    metadata,
    Column("id", Text(collation="C"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("due", DateTime(timezone=True), nullable=False),
    Column("attempts", Integer, nullable=False, comment="how often it was claimed"),
    Column("cause", Text(collation="C"), nullable=False, comment="the fact that led to it, or empty"),
    Column("depth", SmallInteger, nullable=False),
    Column("body", JSON, nullable=False),
    Column("reason", Text, comment="why the last attempt ended without an outcome"),
    PrimaryKeyConstraint("id", name="job_pkey"),
    Index("job_due", "due"),
    # a queue: rows live for milliseconds, so it is vacuumed by count, not by share
    postgresql_with={
        "autovacuum_vacuum_threshold": "2000",
        "autovacuum_vacuum_scale_factor": "0",
        "autovacuum_vacuum_cost_delay": "0",
    },
)

CLAIM_SECONDS = 60
"""A claimed job is nobody else's for so long; every handler must end well before."""
HELD_SECONDS = 5.0
"""A held job is looked at again after so long: that late, at most, is a release seen."""
JOBS_PER_STEP = 64
ATTEMPTS_MAX = 12
REASON_MAX = 2000
BACKOFF_SECONDS, BACKOFF_SECONDS_MAX = 1.0, 3600.0

_IS_HELD = is_any_of("j.id", "SELECT id FROM mine WHERE held")
# Whether a job is held is read in the statement that claims it: between the two nobody can fail.
_CLAIM = f"""
WITH mine AS MATERIALIZED (
  SELECT j.id, j.attempts = 0 AND (%s) IS TRUE AS held
  FROM job j WHERE j.due <= $1 ORDER BY j.due LIMIT {JOBS_PER_STEP} FOR UPDATE SKIP LOCKED
)
UPDATE job j SET
  due = CASE WHEN {_IS_HELD} THEN $3::timestamptz ELSE $2 END,
  attempts = attempts + CASE WHEN {_IS_HELD} THEN 0 ELSE 1 END,
  reason = CASE WHEN {_IS_HELD} THEN 'It waits until what it is for is released.' ELSE reason END
WHERE {is_any_of("j.id", "SELECT id FROM mine")}
RETURNING j.id, j.kind, j.attempts, j.cause, j.depth, j.body
"""
_PUT_OFF = "UPDATE job SET due = $3, reason = $2 WHERE id = $1"
_PARK = "UPDATE job SET due = 'infinity', reason = $2 WHERE id = $1"
_FAILED = Metric("ordo_jobs_failed_total", "Attempts at a job that ended without an outcome", ["kind"])


@dataclass(frozen=True)
class Job:
    """A claimed job. `attempts` counts this claim too: above 1, an earlier one may have reached the outside."""

    id: str
    kind: str
    attempts: int
    cause: str
    depth: int
    body: bytes

    @property
    def is_last(self) -> bool:
        return self.attempts >= ATTEMPTS_MAX

    def begin(self, unit: Unit) -> None:
        """What the outcome leads to is caused by what led to the job."""
        unit.cause, unit.depth = self.cause, self.depth

    def finish(self, unit: Unit) -> None:
        """Takes the job away, in the write that holds its outcome."""
        unit.remove("job", self.id)


LATER = object()
"""What an outcome's atom answers when the job is not done with it: it is due again, later each time."""


class KindIsUnknown(Exception):  # noqa: N818
    """A job that nobody here does: a worker of another version may."""


class Handler(Protocol):
    """Whoever does the jobs of one kind."""

    @property
    def held_while(self) -> str:
        """SQL for whether a row `j` of `job` must wait as long as nobody has tried it."""
        ...

    async def __call__(self, job: Job) -> Atom:
        """Does what is outside and answers the atom that writes the outcome. Raises what nobody expected."""
        ...

    def give_up(self, job: Job) -> Atom:
        """The atom that tells a person of a job that ended without an outcome for the last time."""
        ...


def enqueue(unit: Unit, kind: str, body: msgspec.Struct) -> None:
    """A job that is due at once."""
    unit.row(
        "job", id=unit.make_id("2Pj"), kind=kind, due=unit.now, attempts=0,
        cause=unit.cause, depth=unit.depth, body=body,
    )  # fmt: skip


def _claim(handlers: Mapping[str, Handler]) -> str:
    cases = " ".join(f"WHEN '{kind}' THEN {handler.held_while}" for kind, handler in handlers.items())
    return _CLAIM % f"CASE j.kind {cases} END"


def backoff_seconds(attempts: int) -> float:
    """Doubles with every attempt, with half of it left to chance, so that many do not come back together."""
    whole = min(BACKOFF_SECONDS_MAX, BACKOFF_SECONDS * 2.0 ** (attempts - 1))
    return whole * (0.5 + random.random() / 2)  # noqa: S311  no secret


def _storable(reason: str) -> str:
    """As PostgreSQL holds texts, and not without end: others may have written it."""
    return reason[:REASON_MAX].replace("\0", "").encode(errors="replace").decode()


class Runner:
    """Claims due jobs, performs them together and writes their outcomes in one Work."""

    def __init__(self, worker: Worker, handlers: Mapping[str, Handler], actor: str) -> None:
        self._worker = worker
        self._handlers = handlers
        self._actor = actor
        self._claim = _claim(handlers)

    async def step(self) -> int:
        """One batch; answers how many jobs were due."""
        if not self._worker.may_make_ids():
            raise Unavailable
        now = self._worker.clock.now()
        async with self._worker.database.write.acquire() as connection:
            waits = (now + timedelta(seconds=seconds) for seconds in (CLAIM_SECONDS, HELD_SECONDS))
            rows = await connection.fetch(self._claim, now, *waits)
        jobs = [Job(*row) for row in rows if row["attempts"]]
        if jobs:
            outcomes = await asyncio.gather(*(self._performed(job) for job in jobs))
            await self._conclude(jobs, outcomes)
        return len(rows)

    async def _performed(self, job: Job) -> Atom | Exception:
        handler = self._handlers.get(job.kind)
        if handler is None:
            return KindIsUnknown(f"no worker of this version does jobs of the kind {job.kind}")
        try:
            return await handler(job)
        except Exception as error:  # unknown: it is asked again
            log.exception("a job failed", kind=job.kind, job=job.id, attempts=job.attempts)
            return error

    async def _conclude(self, jobs: Sequence[Job], outcomes: Sequence[Atom | Exception]) -> None:
        entries = {
            job.id: Entry(atom, self._actor)
            for job, atom in zip(jobs, outcomes, strict=True)
            if not isinstance(atom, Exception)
        }
        if entries:
            await self._worker.run(list(entries.values()))
        for job, outcome in zip(jobs, outcomes, strict=True):
            entry = entries.get(job.id)
            error = entry.error if entry is not None else outcome
            if isinstance(error, Exception):
                await self._failed(job, error, was_performed=entry is not None)
            elif entry is not None and entry.answer is LATER:
                await self._put_off(job, "There is no outcome yet.")

    async def _failed(self, job: Job, error: Exception, *, was_performed: bool) -> None:
        if was_performed:
            log.warning("a job's outcome was refused", kind=job.kind, job=job.id, error=repr(error))
        if job.is_last:
            await self._give_up(job)
        await self._put_off(job, f"{type(error).__name__}: {error}")

    async def _give_up(self, job: Job) -> None:
        """A person is told, if that can be written; the job is parked in any case."""
        try:
            entry = Entry(self._handlers[job.kind].give_up(job), self._actor)
            await self._worker.run([entry])
            entry.result()
        except Unavailable:
            raise
        except Exception:
            log.exception("nobody could be told of a job", kind=job.kind, job=job.id)

    async def _put_off(self, job: Job, reason: str) -> None:
        """The job stays: it is due again later, or parked for a person when it was tried often enough."""
        _FAILED.labels(job.kind).inc()
        if job.is_last:
            log.error("job parked", kind=job.kind, job=job.id, attempts=job.attempts)
            await self._worker.database.execute(_PARK, job.id, _storable(reason))
            return
        due = self._worker.clock.now() + timedelta(seconds=backoff_seconds(job.attempts))
        await self._worker.database.execute(_PUT_OFF, job.id, _storable(reason), due)
