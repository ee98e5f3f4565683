"""Jobs listed, and parked ones released: a worker takes them again, as jobs that may have been done already."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from ordo.kernel.problems import Problem

if TYPE_CHECKING:
    from ordo.platform.database import Database

_JOBS = """
SELECT * FROM (
  SELECT id, kind, attempts, reason, body,
         CASE WHEN due = 'infinity' THEN 'parked' WHEN due <= now() THEN 'due' ELSE 'later' END AS state,
         CASE WHEN isfinite(due) THEN due END AS due
  FROM job
) j WHERE state = coalesce($1, state) ORDER BY id LIMIT $2
"""
# Whoever parked it had tried. One attempt stays counted, so that the next one asks the other side what happened
# before it asks for anything; the others are given anew.
_RELEASE = "UPDATE job SET due = now(), attempts = 1 WHERE due = 'infinity' AND id = coalesce($1, id)"


class JobState(StrEnum):
    """`later`: put off, or being done."""

    PARKED = "parked"
    DUE = "due"
    LATER = "later"


class ListedJob(msgspec.Struct, frozen=True):
    """`reason` is why the last attempt ended without an outcome; `due` is None for a parked job."""

    id: str
    kind: str
    state: JobState
    attempts: int
    due: datetime | None
    reason: str | None
    body: Mapping[str, Any]


class JobIsNotParked(Problem):
    code = "NOT_FOUND"

    def __init__(self, job_id: str) -> None:
        super().__init__(f"there is no parked job {job_id}")


async def listed(database: Database, state: JobState | None, most: int) -> list[ListedJob]:
    """The oldest first."""
    return [
        ListedJob(**{**row, "state": JobState(row["state"]), "body": msgspec.json.decode(row["body"])})
        for row in await database.fetch(_JOBS, state, most)
    ]


async def release(database: Database, job_id: str) -> None:
    """JobIsNotParked if a worker does it anyway, or nobody knows it."""
    if await _released(database, job_id) == 0:
        raise JobIsNotParked(job_id)


async def release_all(database: Database) -> int:
    """How many there were."""
    return await _released(database, None)


async def _released(database: Database, job_id: str | None) -> int:
    status = await database.execute(_RELEASE, job_id)
    return int(status.rsplit(" ", 1)[1])
