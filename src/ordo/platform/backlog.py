"""What waits: how many facts and jobs, for how long, and whether a worker is there to take them."""

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from prometheus_client import Gauge

from ordo.kernel.ids import made_at

if TYPE_CHECKING:
    from ordo.platform.database import Database

REPORT_SECONDS = 5.0
COUNTED_MAX = 100_000

_MEASURE = f"""
SELECT i.inbox, i.first,
  (SELECT extract(epoch FROM now() - min(f.at))::float8 FROM consumercursor c CROSS JOIN LATERAL (
     SELECT at FROM feed x
     WHERE x.replayid > c.replayid AND (x.shard, x.replayid) > (c.shard, c.replayid) AND x.shard <= c.shard
     ORDER BY x.shard, x.replayid LIMIT 1
   ) f) AS lag,
  (SELECT count(*) FROM (SELECT 1 FROM parkedfact LIMIT {COUNTED_MAX}) k) AS parked,
  (SELECT count(*) FROM (SELECT 1 FROM job WHERE due < 'infinity' LIMIT {COUNTED_MAX}) w) AS jobs,
  (SELECT count(*) FROM (SELECT 1 FROM job WHERE due = 'infinity' LIMIT {COUNTED_MAX}) g) AS parkedjobs,
  (SELECT extract(epoch FROM now() - max(workedat))::float8 FROM process) AS worker
FROM (SELECT count(*) AS inbox, min(id) AS first FROM (SELECT id FROM factinbox LIMIT {COUNTED_MAX}) q) i
"""


class Backlog(NamedTuple):
    """Facts and jobs are counted up to COUNTED_MAX.

    `inbox` are facts without a replay id; `lag_seconds` is the age of the oldest fact that is in the inbox or
    that some consumer has not passed, 0 if there is none; `jobs` are due or put off, `parked_jobs` were tried
    often enough and wait for a person; `worker_seconds` since a worker was last seen, None
    if none ever was.
    """

    inbox: int
    lag_seconds: float
    parked: int
    jobs: int
    parked_jobs: int
    worker_seconds: float | None


async def measured(database: Database) -> Backlog:
    """One statement: a few index probes per consumer, and a look at two tables that are short on good days."""
    row = await database.fetchrow(_MEASURE)
    waiting = time.time() - made_at(row["first"]) if row["first"] else 0.0
    worker = row["worker"]
    return Backlog(
        row["inbox"],
        round(max(0.0, waiting, row["lag"] or 0.0), 3),
        row["parked"],
        row["jobs"],
        row["parkedjobs"],
        None if worker is None else round(max(0.0, worker), 3),
    )


@cache
def _gauges() -> tuple[Gauge, ...]:
    """Made by the first report: a process that never reports, such as a server, shows no zeros."""
    return (
        Gauge("ordo_inbox_facts", f"Facts without a replay id yet, counted up to {COUNTED_MAX}"),
        Gauge("ordo_feed_lag_seconds", "Age of the oldest fact that some consumer has not passed"),
        Gauge("ordo_parked_facts", f"Facts parked by their consumers, counted up to {COUNTED_MAX}"),
        Gauge("ordo_jobs", f"Jobs that are due or put off, counted up to {COUNTED_MAX}"),
        Gauge("ordo_parked_jobs", f"Jobs that nobody tries any more, counted up to {COUNTED_MAX}"),
    )


async def report(database: Database) -> None:
    """Measures, and sets the gauges of /metrics."""
    backlog = await measured(database)
    told = (backlog.inbox, backlog.lag_seconds, backlog.parked, backlog.jobs, backlog.parked_jobs)
    for gauge, value in zip(_gauges(), told, strict=True):
        gauge.set(value)
