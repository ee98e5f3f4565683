"""The worker's rounds: facts are numbered and consumed, jobs are done, each in a loop until told to stop."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

import structlog

from ordo.platform.database import AWAY
from ordo.platform.events import Consumer, sequence

if TYPE_CHECKING:
    from ordo.platform.database import Database
    from ordo.platform.jobs import Runner
    from ordo.platform.work import Worker

log = structlog.get_logger()

ROUND_SECONDS = 0.02
"""A round starts at most this often: under load each one takes more, and costs the same."""
IDLE_SECONDS = 0.05
AWAY_SECONDS = 0.5
VACUUM_AFTER = 4000
"""Rows after which a queue is swept: its dead rows would be read by every round."""


class Rounds:
    """The rounds of one worker process."""

    def __init__(self, database: Database, worker: Worker, consumers: Sequence[Consumer], jobs: Runner) -> None:
        self._database = database
        self._worker = worker
        self._consumers = consumers
        self._jobs = jobs
        self._moved: defaultdict[str, int] = defaultdict(int)
        self._is_rung = asyncio.Event()

    async def go(self, stop: asyncio.Event) -> None:
        """Until `stop`. A job is looked for as soon as facts were worked off: that is where most come from."""
        await asyncio.gather(
            self._repeat(self._facts, stop, asyncio.Event()), self._repeat(self._done, stop, self._is_rung)
        )

    async def _facts(self) -> int:
        moved = await sequence(self._database)
        await self._sweep("factinbox", moved)
        passed = sum([await consumer.step(self._worker) for consumer in self._consumers])
        if passed:
            self._is_rung.set()
        return moved + passed

    async def _done(self) -> int:
        done = await self._jobs.step()
        await self._sweep("job", done)
        return done

    async def _sweep(self, table: str, rows: int) -> None:
        """A queue is vacuumed by its reader, in time, however autovacuum is set."""
        self._moved[table] += rows
        if self._moved[table] >= VACUUM_AFTER:
            self._moved[table] = 0
            await self._database.execute(f"VACUUM (TRUNCATE false) {table}")

    async def _repeat(self, act: Callable[[], Awaitable[int]], stop: asyncio.Event, bell: asyncio.Event) -> None:
        """Round after round; `bell` ends the pause of an idle one."""
        clock = asyncio.get_running_loop()
        while not stop.is_set():
            started = clock.time()
            bell.clear()
            seconds = await self._round(act)
            pause = max(0.0, started + (seconds or IDLE_SECONDS) - clock.time())
            if seconds:
                await asyncio.sleep(pause)
            else:
                await _either(bell, pause)

    async def _round(self, act: Callable[[], Awaitable[int]]) -> float:
        """How long the next one waits; 0 when there was nothing to do."""
        try:
            return ROUND_SECONDS if await act() else 0.0
        except AWAY as away:
            log.warning("database away", error=type(away).__name__)
        except Exception:  # the next round may find its way; a worker that ended would find none
            log.exception("a round failed")
        return AWAY_SECONDS


async def _either(bell: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await bell.wait()
    except TimeoutError:
        return
