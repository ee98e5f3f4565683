"""Work: one transaction that resolves, runs and writes what several atoms ask for.

Resolve locks the roots and reads what the atoms need, run decides in memory, write is one
statement. When the database refuses the write, the constraint names the atom: that atom gets
its error and the rest is locked, read and decided again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import asyncpg
import msgspec
import structlog

from ordo.kernel.clock import Clock
from ordo.kernel.ids import IdMaker
from ordo.kernel.problems import Problem, RowIsLocked, Unavailable
from ordo.platform import keyed_calls, refusals
from ordo.platform.calls import Atom, Call, Entry, Flush, Once, TooManyFailures, halted, keyed, undecided
from ordo.platform.database import AWAY, Connection, Database
from ordo.platform.loaded import NotLoaded
from ordo.platform.numbers import Numbers, NumbersExhausted
from ordo.platform.options import Options
from ordo.platform.positions import Position, Reservation
from ordo.platform.reading import (
    LOCK_KEYS,
    LOCK_POSITIONS,
    OPEN_POSITIONS,
    Arm,
    Reading,
    lock_statement,
    position_arguments,
    read_arguments,
    read_statement,
)
from ordo.platform.records import Record, noun
from ordo.platform.statement import STOCK_REFUSED, write_of
from ordo.platform.unit import Unit

__all__ = ["Atom", "Attempt", "Call", "Contended", "Entry", "RowsMissingError", "TooManyFailures", "Worker"]

log = structlog.get_logger()

ATTEMPTS = 3
READS_PER_ATTEMPT = 100  # a chain of 25 subrequests, each named by what the one before answers, takes 75

CONTENTION = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError)


class Contended(Exception):  # noqa: N818
    """Somebody else was faster: decide again on fresh rows."""


class RowsMissingError(RuntimeError):
    """A rule asked for other rows again and again: a fault of the rule."""


@dataclass
class Worker:
    """Runs Works on the write pool of one process."""

    database: Database
    ids: IdMaker
    clock: Clock
    options: Options = field(default_factory=Options)
    may_make_ids: Callable[[], bool] = lambda: True
    numbers: Numbers = field(default_factory=Numbers)

    async def run(self, entries: Sequence[Entry]) -> None:
        """Runs atoms together; each entry ends with its own outcome. Unavailable is raised for all."""
        if not self.may_make_ids():
            raise Unavailable
        try:
            await self._run(entries)
        except AWAY as away:
            log.warning("database away", error=type(away).__name__)
            raise Unavailable from away

    async def _run(self, entries: Sequence[Entry]) -> None:
        attempt = 0
        while attempt <= ATTEMPTS + len(entries):  # the last one finds all of them decided
            todo, met = undecided(entries), _keys_met(entries)
            if not todo:
                return
            try:
                async with self.database.write.acquire() as connection:
                    await self._attempt(connection, todo, locking=attempt + met > 0)
            except Contended:
                attempt += 1
            except asyncpg.PostgresError as error:
                tried = undecided(todo)  # not those that their key left out
                if not await self.blame(error, tried, attempt):
                    await self._refuse_culprits(tried, error)
                attempt += _keys_met(entries) == met  # a key that is met is found from now on: that got on
            else:
                return
        raise RowIsLocked(f"{len(entries)} commands")

    async def _attempt(self, connection: Connection, todo: Sequence[Entry], *, locking: bool) -> None:
        """One try. Calls with a key claim it first, in the transaction that stores their answers."""
        calls = keyed(todo)
        if not calls:
            await Attempt(self, connection, todo, locking=locking).perform()
            return
        async with connection.transaction():
            await keyed_calls.claim(connection, calls)
            free = undecided(todo)
            if free:
                attempt = Attempt(self, connection, free, locking=locking)
                await attempt.perform(partial(_store_answers, calls), opened=True)

    async def blame(self, error: asyncpg.PostgresError, todo: Sequence[Entry], attempt: int) -> bool:
        """Whether to decide the rest again, after the atom that the error names was refused."""
        if isinstance(error, AWAY):
            raise error
        if isinstance(error, CONTENTION):
            return attempt < ATTEMPTS
        if error.sqlstate == STOCK_REFUSED:
            return attempt == 0  # from then on positions are read under lock, and refused for what they are
        unit: Unit | None = getattr(error, "unit", None)
        blamed = refusals.atoms_named(error, unit) if unit else set()
        if not blamed:
            return False
        if unit is not None:  # what was in the way of a seeker it finds now; if it does not, it is refused
            met = error.table_name or "", error.detail or ""
            blamed -= {index for index in refusals.atoms_seeking(error, unit) if todo[index].may_find(met)}
        if blamed:
            problem = await refusals.problem_for(error, self.database)
            for index in blamed:
                todo[index].refuse(problem, is_final=True)
        return True

    async def _refuse_culprits(
        self, todo: Sequence[Entry], error: asyncpg.PostgresError, before: Sequence[Entry] = ()
    ) -> None:
        """Nothing names the culprit: halves are tried and rolled back until it stands alone, with those `before`
        it that it may fail by.

        Nothing is committed by this, so that the atoms of one call still commit together.
        """
        if len(todo) == 1:
            if before and await self._trial(undecided(before)) is not None:
                return  # somebody else took what those had: all is decided again
            if error.sqlstate != STOCK_REFUSED:  # that is no fault of Ordo's
                log.error("write refused", sqlstate=error.sqlstate, constraint=error.constraint_name)
            todo[0].refuse(refusals.fallback(error), is_final=True)
            return
        middle = len(todo) // 2
        for half in (todo[:middle], todo[middle:]):
            refused = await self._trial(undecided([*before, *half]))
            if refused is not None:
                await self._refuse_culprits(half, refused, before)
            before = [*before, *half]

    async def _trial(self, todo: Sequence[Entry]) -> asyncpg.PostgresError | None:
        """The error of these atoms alone; whatever they wrote is rolled back."""
        async with self.database.write.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            try:
                await Attempt(self, connection, todo, locking=True).perform(opened=True)
            except Contended:
                return None
            except asyncpg.PostgresError as error:
                if isinstance(error, AWAY):
                    raise
                return error
            finally:
                if not connection.is_closed():
                    await transaction.rollback()
        return None

    async def refill(self, name: str) -> None:
        async with self.database.reader() as connection:
            await self.numbers.refill(connection, name)


class Attempt:
    """One try at a Work on one connection."""

    def __init__(self, worker: Worker, connection: Connection, entries: Sequence[Entry], *, locking: bool) -> None:
        self._worker = worker
        self._connection = connection
        self._entries = entries
        self._locking = locking
        self._opened = False
        self._flushed = False
        self._transaction: asyncpg.transaction.Transaction | None = None
        self._begin_unit()

    def _begin_unit(self) -> None:
        worker = self._worker
        self._readings: list[Reading] = []
        self._unit = Unit(worker.ids, worker.numbers, worker.clock.now(), worker.options)

    async def perform(self, before_write: Callable[[Unit], None] | None = None, *, opened: bool = False) -> None:
        """Resolve, run, write, commit; with `opened`, inside a transaction that the caller holds."""
        self._opened = opened
        try:
            await self._resolve_and_run()
            if halted(self._entries):
                raise Contended  # what they did is in the unit: without them, from the start
            if before_write is not None:
                before_write(self._unit)
            await self._write()
            await self._finish(commit=True)
            self._unit.forget()
        except BaseException as error:
            await self._finish(commit=False)
            if isinstance(error, asyncpg.PostgresError):
                error.unit = self._unit  # who wrote what: needed to name the atom
            raise

    async def _finish(self, *, commit: bool) -> None:
        transaction, self._transaction = self._transaction, None
        if transaction is None:
            return
        if commit:
            await transaction.commit()
        elif not self._connection.is_closed():
            await transaction.rollback()

    async def _resolve_and_run(self) -> None:
        reading = Reading()
        todo = []
        for index, entry in enumerate(self._entries):
            entry.begin()
            if _asked(entry, reading):
                todo.append((index, entry))
        for _ in range(READS_PER_ATTEMPT):
            if not todo:
                return
            await self._read(reading)
            reading = Reading()
            todo = [(index, entry) for index, entry in todo if not await self._decided(index, entry, reading)]
        for _, entry in todo:  # a rule that reads row by row: its fault, and nobody else's
            log.error("an atom still misses rows", atom=type(entry.atom).__name__, reads=READS_PER_ATTEMPT)
            entry.refuse(RowsMissingError(f"rows are missing after {READS_PER_ATTEMPT} reads"))

    async def _decided(self, index: int, entry: Entry, reading: Reading) -> bool:
        """Runs one atom; False when it must run again after another read."""
        while True:
            unit, mark = self._unit, self._unit.mark()
            unit.owner, unit.actor, unit.limit, unit.cause, unit.depth = index, entry.actor, entry.limit, "", 0
            unit.step = ""
            try:
                entry.answer = entry.atom.run(unit)
                unit.settle()
            except NumbersExhausted as exhausted:
                unit.undo(mark)
                await self._worker.refill(exhausted.name)
                continue
            except NotLoaded as missing:
                unit.undo(mark)
                reading.merge(entry.seen(missing.reading))
                return False
            except Flush as flush:
                await self._flush(flush)
                continue
            except Problem as problem:
                unit.undo(mark)
                entry.refuse(problem, is_final=self._flushed)
            except Exception as fault:
                unit.undo(mark)
                log.exception("an atom failed", atom=type(entry.atom).__name__)
                entry.refuse(fault, is_final=self._flushed)
            if self._flushed and entry.error is not None:
                raise Contended  # what it wrote cannot be taken back alone: without it, from the start
            return True

    async def _flush(self, flush: Flush) -> None:
        """Writes what was decided so far, asks the database, and goes on with a unit that knows nothing."""
        await self._begin()
        await self._write()
        self._unit.forget()
        self._flushed = True
        self._begin_unit()
        await flush.ask(self._connection)

    async def _read(self, reading: Reading) -> None:
        if reading.locking:
            await self._begin()
            await self._lock(reading)
            self._unit.forget_read()
            for before in self._readings:  # again, and together: a rule would ask for them row by row
                reading.merge(before)
        if not reading.arms:
            return
        self._readings.append(reading)
        arms = sorted(reading.arms.items(), key=lambda item: item[0])
        sql = read_statement(tuple(arm for arm, _ in arms), self._locking)
        if self._locking:
            await self._begin()
        rows = await self._connection.fetch(sql, *read_arguments(arms))
        found: list[list[tuple[str, Any]]] = [[] for _ in arms]
        decoders = [_decoder(arm) for arm, _ in arms]
        for number, record_id, document in rows:
            found[number].append((record_id, document and decoders[number].decode(document)))
        loads = sorted(zip(arms, found, strict=True), key=lambda load: bool(load[0][0].path.via))
        for (arm, keys), loaded in loads:  # parents before children that were read by way of them
            self._unit.load(arm, keys, loaded)

    async def _begin(self) -> None:
        if self._transaction is None and not self._opened:
            transaction = self._connection.transaction()
            await transaction.start()
            self._transaction = transaction

    async def _lock(self, reading: Reading) -> None:
        """Keys before rows: who waits for a key holds no row of this read."""
        if reading.key_locks:
            await self._connection.execute(LOCK_KEYS, list(reading.key_locks))
            for number in reading.key_locks:
                self._unit.locked("", str(number))
        if reading.locks:
            await self._lock_rows(reading)
        if reading.position_locks:  # last, as in the write
            pairs = position_arguments(reading.position_locks)
            opened = await self._connection.fetch(OPEN_POSITIONS, *pairs)
            await self._connection.execute(LOCK_POSITIONS, *pairs)
            self._unit.positions_locked(reading.position_locks, [tuple(row) for row in opened])

    async def _lock_rows(self, reading: Reading) -> None:
        paths = sorted(reading.locks.items(), key=lambda item: item[0])
        sql = lock_statement(tuple(path for path, _ in paths))
        for table, record_id in await self._connection.fetch(sql, *[list(ids) for _, ids in paths]):
            self._unit.locked(table, record_id)
        for path, ids in paths:  # what does not exist needs no lock
            if not path.via:
                for record_id in ids:
                    self._unit.locked(path.table, record_id)

    async def _write(self) -> None:
        write = write_of(self._unit)
        if write is None:
            return
        if write.expected:
            await self._begin()
        touched = await self._connection.fetchrow(write.sql, *write.arguments)
        if tuple(touched)[: len(write.expected)] != write.expected and write.expected:
            raise Contended  # a row was removed between read and write


def _keys_met(entries: Iterable[Entry]) -> int:
    return sum([len(entry.met) for entry in entries])


def _store_answers(calls: Mapping[Call, Once], unit: Unit) -> None:
    if not keyed_calls.store_answers(calls, unit):
        raise Contended


def _asked(entry: Entry, reading: Reading) -> bool:
    """Collects an atom's needs; one that fails at this is refused alone."""
    try:
        if entry.limit is None:
            entry.atom.prefetch(reading)
        else:
            own = Reading()
            entry.atom.prefetch(own)
            reading.merge(entry.seen(own))
    except Exception as fault:
        if not isinstance(fault, Problem):
            log.exception("an atom failed", atom=type(entry.atom).__name__)
        entry.refuse(fault)
        return False
    return True


_DECODERS: dict[Arm, msgspec.json.Decoder[Any]] = {}


def _decoder(arm: Arm) -> msgspec.json.Decoder[Any]:
    decoder = _DECODERS.get(arm)
    if decoder is None:
        wanted: type[Record] | type[Position] | type[Reservation] | None = None
        if arm.kind == "positions":
            wanted = Position
        elif arm.kind == "promises":
            wanted = Reservation
        elif arm.kind != "keys":
            shape = noun(arm.path.table)
            wanted = shape.record if shape else None
        decoder = _DECODERS[arm] = msgspec.json.Decoder(wanted) if wanted else msgspec.json.Decoder()
    return decoder
