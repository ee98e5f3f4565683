"""The SELECT list of an ordinary query: fields, parents, TYPEOF and child sub-queries as one JSON object."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from ordo.platform.fields import Field, Kind
from ordo.platform.records import Noun
from ordo.soql.errors import Mistake, invalid_field, malformed, unknown_type
from ordo.soql.functions import operand
from ordo.soql.plans import Bindings
from ordo.soql.render import compound, json_object, json_of
from ordo.soql.sources import Column, Source, Spot, quoted, type_of, visible
from ordo.soql.tree import And, Call, Compare, Condition, Entry, Literal, Path, Query, Typeof

FIELDS_MOST = 200
_FIELDS_NEED_LIMIT = f"The SOQL FIELDS function must have a LIMIT of at most {FIELDS_MOST}"


@dataclass(frozen=True, slots=True)
class Shown:
    """A field of the object."""

    column: Column
    sql: str


@dataclass(frozen=True, slots=True)
class ShownChildren:
    """A child sub-query."""

    relationship: str
    rows: ShownObject
    sql: str


@dataclass(slots=True)
class ShownObject:
    """A record, or a parent in it, with its members by name in the order they were first selected."""

    spot: Spot
    members: dict[str, Shown | ShownObject | ShownChildren] = field(default_factory=dict)

    def add(self, name: str, member: Shown | ShownChildren) -> None:
        if name in self.members:
            raise invalid_field(f"duplicate field selected: {'.'.join((*self.spot.path, name))}")
        self.members[name] = member


WriteChildren: TypeAlias = Callable[[Source, Query], ShownChildren]


class Selection:
    """Collects the entries of one SELECT list over one source."""

    def __init__(self, source: Source, query: Query, children: WriteChildren) -> None:
        self._source = source
        self._query = query
        self._children = children
        self.shown = ShownObject(source.root)
        for entry in query.entries:
            self._add(entry)

    def sql(self) -> str:
        return _object(self._source, self.shown)

    def _add(self, entry: Entry) -> None:
        what = entry.what
        if isinstance(what, Query):
            child = self._children(self._source, what)
            self.shown.add(child.relationship, child)
        elif isinstance(what, Typeof):
            self._typeof(what)
        elif isinstance(what, Call) and what.name == "FIELDS":
            self._fields(what)
        elif entry.alias:
            raise malformed("only aggregate expressions use field aliasing", entry.at)
        elif isinstance(what, Call):
            column = operand(self._source, what)
            self.shown.add(column.field.api or what.name, Shown(column, json_of(column)))
        else:
            self._path(what)

    def _path(self, path: Path) -> None:
        spot, name = self._source.place(path)
        self._show(self._within(spot), self._source.field_at(spot, name, path.at))

    def _within(self, spot: Spot) -> ShownObject:
        """The object of a parent, made at its first field."""
        shown, here = self.shown, self._source.root
        for name in spot.path:
            here = here.parents[name.lower()]
            inner = shown.members.setdefault(name, ShownObject(here))
            if not isinstance(inner, ShownObject):
                raise invalid_field(f"duplicate field selected: {name}")
            shown = inner
        return shown

    def _show(self, shown: ShownObject, column: Column) -> None:
        of = column.field
        sql = json_of(column) if of.stored else compound(shown.spot.noun, of, shown.spot.name)
        shown.add(of.api, Shown(column, sql))

    def _fields(self, call: Call) -> None:
        if len(call.arguments) != 1 or not isinstance(call.arguments[0], Path):
            raise malformed("FIELDS takes ALL, STANDARD or CUSTOM", call.at)
        which = call.arguments[0].names[0].upper()
        if which not in {"ALL", "STANDARD", "CUSTOM"}:
            raise malformed("FIELDS takes ALL, STANDARD or CUSTOM", call.at)
        if which != "STANDARD":
            self._bound_fields()
        of, scope = self._source.noun, self._source.writing.scope
        found = [one for one in of.fields.values() if visible(of, one, scope)] if which != "CUSTOM" else []
        if not found:
            raise malformed(f"The SOQL FIELDS function found no custom fields on {of.api}", call.at)
        for one in found:
            self._show(self.shown, self._source.field_at(self._source.root, one.api, call.at))

    def _bound_fields(self) -> None:
        limit, slots = self._query.limit, _id_slots(self._query.where)
        if limit is None and not slots:
            raise malformed(_FIELDS_NEED_LIMIT)

        def check(bindings: Bindings) -> None:
            most = int(bindings.token(limit.slot).text) if limit else sum(len(bindings.slots[s]) for s in slots)
            if most > FIELDS_MOST:
                raise malformed(_FIELDS_NEED_LIMIT)

        self._source.writing.checks.append(check)

    def _typeof(self, what: Typeof) -> None:
        spot = self._source.spot(self._source.from_root(what.path.names), what.at)
        if not spot.polymorphic or spot.level != 1:
            raise malformed("TYPEOF needs a polymorphic relationship of the queried object", what.at)
        whens, rest = "", ""
        for branch in what.branches:
            if branch.noun is None:
                rest = f" ELSE {self._branch_at(spot, branch.paths)}"
                continue
            of = next((one for one in spot.nouns if one.table == branch.noun.lower()), None)
            if of is None:
                raise unknown_type(branch.noun, branch.at)
            whens += f" WHEN {quoted(of.prefix)} THEN {self._branch(spot, of, branch.paths)}"
        sql = f"CASE left({spot.reference}, 3){whens}{rest} END"
        shown = Column(spot.reference, spot.reference_field or Field(kind=Kind.ID))
        self.shown.add(spot.path[-1], Shown(shown, sql))

    def _branch(self, spot: Spot, of: Noun, paths: tuple[Path, ...]) -> str:
        name = self._source.join(spot, of)
        here = Spot((of,), {of.api: name}, 1, spot.path, spot.reference, spot.reference_field)
        return self._branch_at(here, paths)

    def _branch_at(self, spot: Spot, paths: tuple[Path, ...]) -> str:
        shown = ShownObject(spot)
        for path in paths:
            if len(path.names) != 1:
                raise _no_paths(path)
            self._show(shown, self._source.field_at(spot, path.names[0], path.at))
        return _object(self._source, shown)


def _no_paths(path: Path) -> Mistake:
    return malformed("TYPEOF branches take fields of the object itself", path.at)


def _id_slots(where: Condition | None) -> tuple[int, ...]:
    """The literals of a condition on Id that all rows must meet."""
    if isinstance(where, And):
        return next((slots for slots in map(_id_slots, where.terms) if slots), ())
    if not isinstance(where, Compare) or where.operator not in {"=", "IN"}:
        return ()
    if not isinstance(where.left, Path) or where.left.names[-1].lower() != "id" or len(where.left.names) > 2:
        return ()
    values = where.value if isinstance(where.value, tuple) else (where.value,)
    return tuple(value.slot for value in values if isinstance(value, Literal))


def _object(source: Source, shown: ShownObject) -> str:
    spot = shown.spot
    key = spot.reference if spot.polymorphic else f"{spot.name}.id"
    pairs = [("attributes", _attributes(source, spot, key))]
    for name, member in shown.members.items():
        pairs.append((name, _object(source, member) if isinstance(member, ShownObject) else member.sql))
    found = json_object(pairs)
    return f"CASE WHEN {key} IS NOT NULL THEN {found} END" if spot.level else found


def _attributes(source: Source, spot: Spot, key: str) -> str:
    root = source.writing.root_url()
    if spot.polymorphic:
        url = f"{root} || {type_of(spot)} || '/' || {key}"
        return json_object([("type", "'Name'"), ("url", url)])
    api = spot.noun.api
    return json_object([("type", quoted(api)), ("url", f"{root} || {quoted(api + '/')} || {key}")])
