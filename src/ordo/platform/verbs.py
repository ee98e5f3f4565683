"""Verbs by name, and the guards through which generic writes of a noun go.

A verb reads and writes in bulk: `needs` is asked for all commands of a Work before the one read,
`run` decides one command on what is loaded and leaves rows in the unit, and the unit is written
in one statement. So 1 command and 500 cost the same number of statements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, NoReturn, TypeVar

from ordo.kernel.problems import OperationNotAllowed
from ordo.platform.reading import Reading
from ordo.platform.records import Record
from ordo.platform.unit import Unit

C = TypeVar("C")
A = TypeVar("A")


@dataclass(frozen=True)
class Verb(Generic[C, A]):
    """A business action: its public name, the command it takes, what it needs, how it decides."""

    name: str
    command: type[C]
    run: Callable[[Unit, C], A]
    needs: Callable[[Reading, Sequence[C]], None]

    def __call__(self, unit: Unit, command: C) -> A:
        return self.run(unit, command)


_VERBS: dict[str, Verb[Any, Any]] = {}


def no_needs(_: Reading, __: Sequence[object]) -> None:
    """For verbs whose rows are only found while they decide."""


def verb(
    command: type[C], needs: Callable[[Reading, Sequence[C]], None] = no_needs
) -> Callable[[Callable[[Unit, C], A]], Verb[C, A]]:
    """Registers a function under its name with hyphens: `submit_cancel` is `submit-cancel`."""

    def register(run: Callable[[Unit, C], A]) -> Verb[C, A]:
        made = Verb(run.__name__.replace("_", "-"), command, run, needs)
        if made.name in _VERBS:
            raise TypeError(f"verb {made.name} is declared twice")
        _VERBS[made.name] = made
        return made

    return register


def verb_named(name: str) -> Verb[Any, Any]:
    """KeyError if no such verb is declared."""
    return _VERBS[name]


def verbs() -> Mapping[str, Verb[Any, Any]]:
    return _VERBS


@dataclass(frozen=True)
class VerbAtom(Generic[C]):
    """One command of a verb as an atom of a Work."""

    verb: Verb[C, Any]
    command: C

    def prefetch(self, reading: Reading) -> None:
        self.verb.needs(reading, [self.command])

    def run(self, unit: Unit) -> object:
        return self.verb.run(unit, self.command)


Values = dict[str, Any]
CreateRule = Callable[[Unit, Values], Record]
UpdateRule = Callable[[Unit, Any, Values], None]
DeleteRule = Callable[[Unit, Any], None]
RowNeeds = Callable[[Reading, str], None]
ValueNeeds = Callable[[Reading, Values], None]


@dataclass
class Guard:
    """How a noun is written from outside. Absent rules mean: as any record.

    `reads` are reference attributes whose whole rows the create rule looks at, `needs` names what else it does.
    """

    create: CreateRule | None = None
    reads: frozenset[str] = frozenset()
    needs: ValueNeeds | None = None
    update: UpdateRule | None = None
    delete: DeleteRule | None = None

    @property
    def only_verbs(self) -> bool:
        """Whether nothing is created from outside."""
        return isinstance(self.create, RefusedOutside)


@dataclass(frozen=True)
class Through:
    """The verb that one field's update goes through, and what it needs of the row's family."""

    rule: UpdateRule
    needs: RowNeeds | None


_GUARDS: dict[type[Record], Guard] = {}
_THROUGH: dict[tuple[type[Record], str], Through] = {}
_HELD: dict[type[Record], frozenset[str]] = {}


def guard_of(record: type[Record]) -> Guard:
    return _GUARDS.setdefault(record, Guard())


def creates(
    record: type[Record], *, reads: Sequence[str] = (), needs: ValueNeeds | None = None
) -> Callable[[CreateRule], CreateRule]:
    """The rule that makes a row of this noun from typed values, for every door."""

    def register(rule: CreateRule) -> CreateRule:
        guard = guard_of(record)
        guard.create, guard.reads, guard.needs = rule, frozenset(reads), needs
        return rule

    return register


def updates(record: type[Record]) -> Callable[[UpdateRule], UpdateRule]:
    """The rule that changes a row of this noun, for every door."""

    def register(rule: UpdateRule) -> UpdateRule:
        guard_of(record).update = rule
        return rule

    return register


def deletes(record: type[Record]) -> Callable[[DeleteRule], DeleteRule]:
    """What a row must meet to go into the recycle bin, and what follows from it; the door deletes it then."""

    def register(rule: DeleteRule) -> DeleteRule:
        guard_of(record).delete = rule
        return rule

    return register


def only_by_verbs(record: type[Record], *attributes: str) -> None:
    """Outside creates and deletes of the noun are refused; with `attributes`, changes of those fields."""

    if attributes:
        _HELD[record] = _HELD.get(record, frozenset()) | set(attributes)
    else:
        guard = guard_of(record)
        guard.create = guard.delete = RefusedOutside(record)


def is_held(record: type[Record], attribute: str) -> bool:
    """Whether updates that name the field are refused whatever they say."""
    return attribute in _HELD.get(record, frozenset())


def check_held(record: type[Record], values: Values) -> None:
    """Refuses an update that names a field only verbs write."""
    held = _HELD.get(record, frozenset()) & values.keys()
    if held:
        raise OnlyByVerbs(record.__noun__.api, record.__fields__[min(held)].api)


class RefusedOutside:
    """The rule of what only verbs do: it refuses everybody, which `describe` tells beforehand."""

    def __init__(self, record: type[Record]) -> None:
        self._record = record

    def __call__(self, *_: object) -> NoReturn:
        raise OnlyByVerbs(self._record.__noun__.api)


class OnlyByVerbs(OperationNotAllowed):
    """A record, or a field of it, that only its own actions write."""

    def __init__(self, noun: str, field: str | None = None) -> None:
        what = f"{noun}.{field} is changed" if field else f"{noun} is created and deleted"
        super().__init__(f"{what} by its own actions only", fields=(field,) if field else ())


def through(
    record: type[Record], attribute: str, needs: RowNeeds | None = None
) -> Callable[[UpdateRule], UpdateRule]:
    """The verb an update of this one field goes through: `PATCH Order {Status}` is an action."""

    def register(rule: UpdateRule) -> UpdateRule:
        _THROUGH[record, attribute] = Through(rule, needs)
        return rule

    return register


def verb_of_update(record: type[Record], attributes: Iterable[str]) -> Through | None:
    """The verb of the first guarded field among the attributes, if any."""
    for attribute in attributes:
        found = _THROUGH.get((record, attribute))
        if found is not None:
            return found
    return None


def update_rule(record: type[Record], values: Values) -> UpdateRule | None:
    """The verb of the first guarded field among `values`, else the noun's own rule."""
    found = verb_of_update(record, values)
    return found.rule if found is not None else guard_of(record).update
