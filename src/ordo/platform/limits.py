"""A caller that is bound to one location: rows of other locations are not there for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache, partial
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from ordo.kernel.ids import normalize
from ordo.kernel.problems import InvalidIdentifier
from ordo.platform.fields import Field
from ordo.platform.reading import Arm, Path, Reading
from ordo.platform.records import Noun, Record, noun, noun_of_id, property_name
from ordo.platform.roles import InsufficientAccess, Permission, Right

if TYPE_CHECKING:
    from ordo.platform.loaded import Loaded


class Step(NamedTuple):
    """From a row to the one its reference names."""

    field: Field
    target: Noun


class Way(NamedTuple):
    """From a row by its parents to the reference that names its location."""

    steps: tuple[Step, ...]
    end: Field


@cache
def way_of(start: Noun, path: str) -> Way:
    """`Shipment.FulfillmentOrder.FulfilledFromLocationId` as a way. LookupError if there is none."""
    *names, last = path.split(".")
    steps, here = [], start
    for name in names:
        field = next((one for one in here.fields.values() if one.relationship == name), None)
        target = noun(field.targets[0]) if field else None
        if field is None or target is None:
            raise LookupError(f"{start.api}: {path}")
        steps.append(Step(field, target))
        here = target
    end = here.field(last)
    if end is None:
        raise LookupError(f"{start.api}: {path}")
    return Way(tuple(steps), end)


class Limit(msgspec.Struct, frozen=True):
    """`located` gives by lower-case noun the path to a row's location, which must be `location_id`; `permission`
    says whose records the caller may read at all."""

    located: Mapping[str, str]
    location_id: str
    permission: Permission | None = None

    def may_name(self, shape: Noun) -> bool:
        """Whether a key may be tried on a noun: an id cannot be guessed, a number can."""
        return self.permission is None or self.permission.allows(Right.READ, shape.api)

    def way(self, shape: Noun) -> Way | None:
        """None: rows of this noun are not of a location."""
        path = self.located.get(shape.table)
        return None if path is None else way_of(shape, path)

    def admits(self, loaded: Loaded, row: Record) -> bool:
        """Whether the row is of the location; one that leads to no location is of none. Raises NotLoaded."""
        way = self.way(row.__noun__)
        if way is None:
            return True
        for field, target in way.steps:
            record_id = getattr(row, field.attribute)
            parent = loaded.get(target.record, record_id) if record_id else None
            if parent is None:
                return False
            row = parent
        return bool(getattr(row, way.end.attribute) == self.location_id)

    def widened(self, asked: Reading) -> Reading:
        """The same, with all that leads from rows asked for by id to their locations: read with them."""
        for (kind, path), keys in list(asked.arms.items()):
            shape = noun(path.table)
            way = self.way(shape) if shape and kind != "positions" and path.column == "id" else None
            if shape is not None and way is not None and not path.via:
                asked.rows(shape.record, "id", keys)  # it may have been asked only whether they exist
                for parents in _parents(shape, way):
                    asked.arms[parents].update(keys)
        return asked

    def check_named(self, loaded: Loaded, command: object) -> None:
        """A command is about rows of this location and about no other location. InvalidIdentifier, as of an id
        of nothing; InsufficientAccess. Raises NotLoaded."""
        loaded.together(partial(self._check, loaded, *named) for named in _ids_in(command, ""))

    def _check(self, loaded: Loaded, attribute: str, record_id: str) -> None:
        shape = noun_of_id(record_id)
        if shape is None:
            return
        if shape.api in _ends(tuple(self.located.items())) and record_id != self.location_id:
            raise InsufficientAccess
        if self.way(shape) is not None:
            row = loaded.get(shape.record, record_id)
            if row is None or not self.admits(loaded, row):
                raise InvalidIdentifier(property_name(attribute), record_id)


def _parents(shape: Noun, way: Way) -> Iterator[Arm]:
    """For each step the rows it leads to, from ids of `shape`."""
    via: tuple[Path, ...] = ()
    table = shape.table
    for field, target in way.steps:
        via = (Path(table, field.column, via),)
        table = target.table
        yield Arm("rows", Path(table, "id", via))


@cache
def _ends(located: tuple[tuple[str, str], ...]) -> frozenset[str]:
    """The nouns that the ways end at: what a location is."""
    shapes = ((noun(name), path) for name, path in located)
    return frozenset(target for shape, path in shapes if shape for target in way_of(shape, path).end.targets)


def _ids_in(value: object, attribute: str) -> Iterator[tuple[str, str]]:
    """The ids that a command holds, each with the attribute it stands in."""
    if isinstance(value, msgspec.Struct):
        for name in value.__struct_fields__:
            yield from _ids_in(getattr(value, name), name)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _ids_in(one, attribute)
    elif isinstance(value, Mapping):
        for name, one in value.items():
            yield from _ids_in(one, str(name))
    elif isinstance(value, str) and (record_id := normalize(value)) is not None:
        yield attribute, record_id
