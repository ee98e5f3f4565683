"""The lease of a process number: two processes that make ids never hold the same one."""

from __future__ import annotations

import time
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import Column, DateTime, Integer, Table, Text

from ordo.kernel.ids import PROCESS_NUMBERS
from ordo.kernel.problems import Unavailable
from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Database

LEASE_SECONDS = 300
RENEW_SECONDS = 60

process_table = Table(
    "process",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("holder", Text, nullable=False),
    Column("heldto", DateTime(timezone=True), nullable=False),
    Column("workedat", DateTime(timezone=True), comment="when its holder last said that it works off facts"),
)

_TAKE = f"""
WITH free AS (
  SELECT n FROM generate_series(0, {PROCESS_NUMBERS - 1}) n
  LEFT JOIN process p ON p.number = n
  WHERE p.number IS NULL OR p.heldto < now()
  ORDER BY p.heldto NULLS FIRST, n LIMIT 1 OFFSET $3
)
INSERT INTO process AS p (number, holder, heldto)
SELECT n, $1, now() + make_interval(secs => $2) FROM free
ON CONFLICT (number) DO UPDATE SET holder = excluded.holder, heldto = excluded.heldto WHERE p.heldto < now()
RETURNING number
"""
_RENEW = "UPDATE process SET heldto = now() + make_interval(secs => $3) WHERE number = $1 AND holder = $2"
_WORKS = "UPDATE process SET workedat = now() WHERE number = $1 AND holder = $2"
_GIVE_BACK = "UPDATE process SET heldto = now() WHERE number = $1 AND holder = $2"


class ProcessLease:
    """A number this process holds until it gives it back, or stops renewing it."""

    def __init__(self, number: int, holder: str) -> None:
        self.number = number
        self._holder = holder
        self._safe_until = time.monotonic() + LEASE_SECONDS / 2

    @classmethod
    async def take(cls, database: Database) -> ProcessLease:
        """The lowest free number; several that start at once step aside for each other."""
        holder = uuid.uuid4().hex
        for step in range(50):
            row = await database.fetchrow(_TAKE, holder, float(LEASE_SECONDS), step)
            if row is not None:
                return cls(row["number"], holder)
        raise Unavailable("no process number is free")

    async def renew(self, database: Database) -> bool:
        """False when another process holds the number by now: it must not be used again."""
        status = await database.execute(_RENEW, self.number, self._holder, float(LEASE_SECONDS))
        is_held = status.endswith("1")
        if is_held:
            self._safe_until = time.monotonic() + LEASE_SECONDS / 2
        return is_held

    async def works(self, database: Database) -> None:
        """Says that this process works off facts: a worker's heartbeat."""
        await database.execute(_WORKS, self.number, self._holder)

    async def give_back(self, database: Database) -> None:
        await database.execute(_GIVE_BACK, self.number, self._holder)

    @property
    def safe(self) -> bool:
        """False when renewing failed for so long that another process may take the number soon."""
        return time.monotonic() < self._safe_until
