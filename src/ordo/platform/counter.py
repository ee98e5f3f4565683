"""The counter where requests queue: what has arrived while the last Work ran goes into the next, together."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from ordo.kernel.problems import Problem
from ordo.platform.calls import Atom, Call, Entry, Once
from ordo.platform.work import Worker

log = structlog.get_logger()


class Counter:
    """Where requests queue: what has arrived while the last Work ran goes into the next, together.

    No timer: an idle counter serves at once. `workers` Works run at a time, each with at most `calls_max`
    calls; a call is never divided over two Works. Beside a running Work another one begins only for
    `calls_min` calls: fewer wait for it to end, since calls in one Work cost half of what they cost alone.
    """

    def __init__(self, worker: Worker, *, workers: int = 2, calls_min: int = 3, calls_max: int = 32) -> None:
        self._worker = worker
        self._workers = workers
        self._calls_min = calls_min
        self._calls_max = calls_max
        self._running = 0
        self._waiting: list[Call] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._apart = asyncio.Lock()

    async def submit(
        self,
        atoms: Sequence[Atom],
        actor: str,
        failures_max: int | None = None,
        once: Once | None = None,
        *,
        apart: bool = False,
    ) -> list[Entry]:
        """Runs the atoms of one call; each entry holds its outcome. Raises Unavailable.

        With `once` it runs them only if `once.found` stays None. `apart` is for what may take long inside its
        transaction: it shares its Work with nobody, and such calls go one after the other.
        """
        call = Call([], asyncio.get_running_loop().create_future(), failures_max, once)
        call.entries = [Entry(atom, actor, call) for atom in atoms]
        if apart:
            async with self._apart:
                await self._serve_together([call])
        else:
            self._queue(call)
        await call.done
        for entry in call.entries:
            entry.call = None  # a circle would wait for the collector
        return call.entries

    def _queue(self, call: Call) -> None:
        self._waiting.append(call)
        if self._running < self._workers and self._is_worth_a_work(self._running):
            self._running += 1
            task = asyncio.create_task(self._serve())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _is_worth_a_work(self, others: int) -> bool:
        return len(self._waiting) >= (self._calls_min if others else 1)

    async def _serve(self) -> None:
        try:
            while self._is_worth_a_work(self._running - 1):
                calls, self._waiting = self._waiting[: self._calls_max], self._waiting[self._calls_max :]
                await self._serve_together(calls)
        finally:
            self._running -= 1

    async def _serve_together(self, calls: Sequence[Call]) -> None:
        try:
            await self._worker.run([entry for call in calls for entry in call.entries])
        except Exception as error:
            for call in calls:
                if not call.done.done():
                    call.done.set_exception(error if isinstance(error, Problem) else _failed(error))
            return
        for call in calls:
            if not call.done.done():  # the caller may have gone
                call.done.set_result(None)


def _failed(error: Exception) -> Exception:
    log.error("work failed", exc_info=error)
    return RuntimeError("work failed")
