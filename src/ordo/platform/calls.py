"""What a Work is asked for: atoms, the entries that hold their outcomes, and the calls they belong to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ordo.kernel.problems import Problem
from ordo.platform.idempotency import Answer, Key
from ordo.platform.limits import Limit
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit

if TYPE_CHECKING:
    from ordo.platform.database import Connection


class Flush(Exception):  # noqa: N818  asks the Work to go on elsewhere, it is no fault
    """Raised by an atom that must ask the database what its own changes amount to.

    What the Work decided so far is written in its open transaction, `ask` gets the connection, and the atom is
    run again on a new unit: it must know itself how far it came, and begin anew when `prefetch` is asked again. It
    settles the unit first.
    Once that happened, whatever refuses the atom takes the whole Work back; so it should be in one of its own.
    """

    def __init__(self, ask: Callable[[Connection], Awaitable[None]]) -> None:
        super().__init__("flush")
        self.ask = ask


class Atom(Protocol):
    """What commits or fails as a whole. `run` is pure of I/O and may be called more than once."""

    def prefetch(self, reading: Reading) -> None:
        """Names what is known to be needed, so that one read serves all atoms."""

    def run(self, unit: Unit) -> object:
        """Decides and changes the unit; raises Problem to refuse. The answer is the atom's outcome."""


@dataclass
class Entry:
    """An atom within a Work, with its outcome: an answer, or the exception that refused it.

    A refusal by a rule holds for one attempt: what it was about may be gone in the next. A refusal by the
    database is final. `actor` is the user who acts, `limit` what of the rows is there for that user. `met` are the
    unique keys, by table and words, that were somebody else's when the atom made rows with them.
    """

    atom: Atom
    actor: str
    call: Call | None = None
    answer: object = None
    error: Exception | None = None
    is_final: bool = False
    limit: Limit | None = None
    met: set[tuple[str, str]] = field(default_factory=set)

    def seen(self, asked: Reading) -> Reading:
        """What is to be read for these needs: for a limited actor also what tells rows of its location."""
        return asked if self.limit is None else self.limit.widened(asked)

    def may_find(self, met: tuple[str, str]) -> bool:
        """Whether this key is met for the first time: the row that has it is found by the next attempt."""
        found = met not in self.met
        self.met.add(met)
        return found

    def begin(self) -> None:
        self.answer, self.error = None, None

    def refuse(self, error: Exception, *, is_final: bool = False) -> None:
        self.answer, self.error, self.is_final = None, error, is_final

    def result(self) -> object:
        if self.error is not None:
            raise self.error
        return self.answer


Reply = Callable[[Sequence[Entry]], Answer]


@dataclass
class Once:
    """The idempotency key of a call, and how its answer is made from the outcomes of its atoms.

    `reply` is pure, and is asked only when something of the call succeeded. `found` is what came of the key
    when the call itself is not done: the answer it was given before, or the refusal of its use.
    """

    key: Key
    reply: Reply
    found: Answer | Problem | None = None


@dataclass(eq=False)
class Call:
    """The atoms of one request; they commit together or, after a refusal, are decided again together.

    After more than `failures_max` refused atoms the later ones are not done at all.
    """

    entries: list[Entry]
    done: asyncio.Future[None]
    failures_max: int | None = None
    once: Once | None = None

    def halt(self) -> bool:
        """Refuses for good what comes after too many failures; whether anything was."""
        failed, halted = 0, False
        for entry in self.entries:
            if self.failures_max is not None and failed > self.failures_max and not entry.is_final:
                entry.refuse(TooManyFailures(), is_final=True)
                halted = True
            failed += entry.error is not None
        return halted

    def leave(self) -> None:
        """Nothing of it is done any more: its key has its answer."""
        for entry in self.entries:
            entry.begin()
            entry.is_final = True

    def refuse(self, error: Exception) -> None:
        for entry in self.entries:
            entry.refuse(error, is_final=True)


class TooManyFailures(Problem):
    """An atom that was not done because too many before it in its request were refused."""

    code = "PROCESSING_HALTED"

    def __init__(self) -> None:
        super().__init__("too many operations of the request failed")


def undecided(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.is_final]


def halted(entries: Iterable[Entry]) -> int:
    """How many calls had atoms refused for coming after too many failures."""
    return sum([call.halt() for call in {entry.call for entry in entries} if call is not None])


def keyed(entries: Iterable[Entry]) -> dict[Call, Once]:
    """The calls among the entries that carry an idempotency key."""
    calls = [entry.call for entry in entries if entry.call is not None]
    return {call: call.once for call in calls if call.once is not None}
