"""How often the API was called in the last day: counted in memory, kept in the database by the hour.

Every process adds what it counted to the hours of all, every few seconds and never within a call, and reads
them back: the processes agree within seconds. A database that is away disturbs no call and loses no count; what
was sent to it without an answer is sent again, and so counted twice rather than never.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import BigInteger, Column, DateTime, Table

from ordo.kernel.clock import Clock
from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Database

FLUSH_SECONDS = 5.0
DAY = timedelta(hours=24)
_KEPT = 2 * DAY

usage_table = Table(
    "apiusage",
    metadata,
    Column("hour", DateTime(timezone=True), primary_key=True),
    Column("calls", BigInteger, nullable=False),
)

# The rows that were added are not yet there for the rest of their own statement.
_ADD_AND_SUM = """
WITH added AS (
  INSERT INTO apiusage AS u (hour, calls)
  SELECT * FROM unnest($1::timestamptz[], $2::bigint[]) AS n (hour, calls) ORDER BY hour
  ON CONFLICT (hour) DO UPDATE SET calls = u.calls + excluded.calls RETURNING hour, calls
), known AS (
  SELECT hour, calls FROM added UNION ALL
  SELECT hour, calls FROM apiusage WHERE hour NOT IN (SELECT hour FROM added)
)
SELECT coalesce(sum(calls), 0)::bigint AS calls FROM known WHERE hour > $3
"""
_PRUNE = "DELETE FROM apiusage WHERE hour < $1"


class Usage:
    """This process's count, and what all of them had when it was last flushed. By the real clock: a limit is no
    business of the sandbox's."""

    def __init__(self, database: Database, clock: Clock | None = None) -> None:
        self._database = database
        self._clock = clock or Clock()
        self._counted: Counter[datetime] = Counter()
        self._sent: Counter[datetime] = Counter()
        self._stored = 0
        self._flushing = asyncio.Lock()

    def count(self) -> None:
        """One more call."""
        self._counted[self._hour()] += 1

    @property
    def calls(self) -> int:
        """Calls of the running hour and the 23 before it, other processes' as of the last flush."""
        return self._stored + self._sent.total() + self._counted.total()

    async def flush(self) -> None:
        """Adds what was counted to what is kept, and takes notice of what others counted."""
        async with self._flushing:
            self._sent, self._counted = self._sent + self._counted, Counter()
            row = await self._database.fetchrow(
                _ADD_AND_SUM, list(self._sent), list(self._sent.values()), self._clock.now() - DAY
            )
            self._stored, self._sent = row["calls"], Counter()

    async def close(self) -> None:
        """The last flush, where there is something to keep."""
        if self._sent or self._counted:
            await self.flush()

    async def prune(self) -> None:
        """Drops hours that no sum needs."""
        await self._database.execute(_PRUNE, self._clock.now() - _KEPT)

    def _hour(self) -> datetime:
        return self._clock.now().replace(minute=0, second=0, microsecond=0)
