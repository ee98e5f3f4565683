"""How Ordo is, in plain words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ordo.console.formats import lasting
from ordo.platform.backlog import COUNTED_MAX, REPORT_SECONDS, Backlog
from ordo.platform.readiness import READY_SECONDS_MAX, Obstacle

WORKER_SECONDS_MAX = 4 * REPORT_SECONDS  # it may be busy for a while; then it is told
LAG_SECONDS_MAX = 30.0


class State(StrEnum):
    """From best to worst; the page has a sign, a word and a colour for each."""

    GOOD = "good"
    WAITS = "waits"
    BAD = "bad"


@dataclass(frozen=True)
class Line:
    """`what` is looked at, `says` is how it is; `command` is what tells more, or mends it."""

    state: State
    what: str
    says: str
    command: str | None = None


@dataclass(frozen=True)
class Health:
    """The whole in a sentence, and line by line."""

    state: State
    sentence: str
    lines: tuple[Line, ...]

    def for_anybody(self) -> Health:
        """Whether it serves, and nothing of what waits."""
        return self if self.state is State.BAD else Health(State.GOOD, "Orders are taken.", ())


_SERVES = Line(State.GOOD, "Process", "serves")
_ANSWERS = Line(State.GOOD, "Database", "answers")
_UP_TO_DATE = Line(State.GOOD, "Migrations", "up to date")
_LACKING = {
    Obstacle.SILENT: (_SERVES, Line(State.BAD, "Database", f"no answer for {READY_SECONDS_MAX:g} s")),
    Obstacle.AWAY: (_SERVES, Line(State.BAD, "Database", "away")),
    Obstacle.BEHIND: (_SERVES, _ANSWERS, Line(State.BAD, "Migrations", "missing", "ordo db upgrade")),
}


def of_backlog(waiting: Backlog) -> Health:
    """Of a process that can serve."""
    lines = (_SERVES, _ANSWERS, _UP_TO_DATE, _worker(waiting), _facts(waiting), _jobs(waiting))
    if all(line.state is State.GOOD for line in lines):
        return Health(State.GOOD, "Everything works.", lines)
    return Health(State.WAITS, "Orders are taken, but something waits.", lines)


def of_obstacle(obstacle: Obstacle) -> Health:
    """Of a process that cannot serve."""
    return Health(State.BAD, f"Orders cannot be taken: {obstacle}.", _LACKING[obstacle])


def _worker(waiting: Backlog) -> Line:
    seconds = waiting.worker_seconds
    if seconds is None:
        return Line(State.WAITS, "Worker", "never seen", "ordo worker")
    if seconds > WORKER_SECONDS_MAX:
        return Line(State.WAITS, "Worker", f"not seen for {lasting(seconds)}", "ordo worker")
    return Line(State.GOOD, "Worker", f"seen {lasting(seconds)} ago")


def _facts(waiting: Backlog) -> Line:
    told = [_counted(waiting.inbox, "waiting")]
    if waiting.lag_seconds:
        told.append(f"the oldest for {lasting(waiting.lag_seconds)}")
    if waiting.parked:
        return Line(State.WAITS, "Facts", _all([*told, _counted(waiting.parked, "parked")]), "ordo flow parked")
    state = State.WAITS if waiting.lag_seconds > LAG_SECONDS_MAX else State.GOOD
    return Line(state, "Facts", _all(told))


def _jobs(waiting: Backlog) -> Line:
    told = _counted(waiting.jobs, "waiting")
    if waiting.parked_jobs:
        return Line(State.WAITS, "Jobs", _all([told, _counted(waiting.parked_jobs, "given up")]), "ordo job list")
    return Line(State.GOOD, "Jobs", told)


def _all(told: Iterable[str]) -> str:
    return ", ".join(told)


def _counted(count: int, how: str) -> str:
    return f"{'none' if not count else f'{count:,}'}{'' if count < COUNTED_MAX else ' or more'} {how}"
