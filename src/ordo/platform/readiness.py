"""Whether this process can serve: its database answers, and has the migrations of this version."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import asyncpg

from ordo.kernel.problems import Unavailable
from ordo.platform import backlog, migrations
from ordo.platform.database import AWAY

if TYPE_CHECKING:
    from ordo.platform.backlog import Backlog
    from ordo.platform.database import Database

T = TypeVar("T")
READY_SECONDS_MAX = 4.0  # those who ask wait five


class Obstacle(StrEnum):
    """What is in the way."""

    SILENT = "the database does not answer"
    AWAY = "the database is away"
    BEHIND = "migrations are missing"


class NotReady(Unavailable):
    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(f"not ready: {obstacle}")
        self.obstacle = obstacle


class TakesTooLong(Exception):  # noqa: N818
    """The look goes on; whoever waited for it need not."""


class SharedLook(Generic[T]):
    """One look at a time: however many ask a database that does not answer, they hold one connection. It is
    not broken off, which would wait for the database too."""

    def __init__(self, look: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._look = look
        self._running: asyncio.Task[T] | None = None

    async def within(self, seconds: float) -> T:
        """What the look finds; TakesTooLong when it needs more time, and what it raises."""
        running = self._begun()
        done, _ = await asyncio.wait({running}, timeout=seconds)
        if not done:
            raise TakesTooLong
        return running.result()

    def _begun(self) -> asyncio.Task[T]:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._look())
            self._running.add_done_callback(_retrieve)
        return self._running


def _retrieve(ended: asyncio.Task[T]) -> None:
    """Whoever asked may be gone."""
    if not ended.cancelled():
        ended.exception()


class Readiness:
    """The question, for everybody in this process who asks it."""

    def __init__(self, database: Database) -> None:
        self._look = SharedLook(partial(_found, database))

    async def backlog(self) -> Backlog:
        """What waits, if requests can be served; NotReady, within READY_SECONDS_MAX, if they cannot."""
        try:
            return await self._look.within(READY_SECONDS_MAX)
        except TakesTooLong:
            raise NotReady(Obstacle.SILENT) from None
        except AWAY as away:
            raise NotReady(Obstacle.AWAY) from away


async def _found(database: Database) -> Backlog:
    if await asyncio.to_thread(migrations.lacks, await _revision(database)):
        raise NotReady(Obstacle.BEHIND)
    return await backlog.measured(database)


async def _revision(database: Database) -> str | None:
    try:
        row = await database.fetchrow("SELECT version_num FROM alembic_version")
    except asyncpg.UndefinedTableError:
        return None
    return row["version_num"] if row else None
