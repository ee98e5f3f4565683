"""FROM: a noun under a short name, the parents its paths reach, and what a path means there."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache

from ordo.platform.fields import Field, Kind
from ordo.platform.records import Noun, noun
from ordo.soql.binds import Bound
from ordo.soql.errors import Mistake, invalid_field, no_such_column, unknown_parent, unknown_type
from ordo.soql.plans import Binder, Scope
from ordo.soql.tree import Path

LEVELS = 5
PARENTS = 55
_TYPE = Field(kind=Kind.STRING, api="Type", attribute="type", flags="N")


@dataclass(slots=True)
class Writing:
    """A statement being written: its arguments so far, and fresh names for its tables."""

    scope: Scope
    binders: list[Binder] = field(default_factory=list)
    binds: list[Bound] = field(default_factory=list)
    checks: list[Binder] = field(default_factory=list)
    tables: int = 0
    url: str = ""
    nouns: set[Noun] = field(default_factory=set)
    semi_joins: int = 0
    child_queries: int = 0

    def argument(self, sql_type: str, binder: Binder) -> str:
        self.binders.append(binder)
        return f"${len(self.binders)}::{sql_type}"

    def bind(self, bound: Bound) -> str:
        """A column of `asked`, which has a row for each asker."""
        if bound not in self.binds:
            self.binds.append(bound)
        return f"asked.b{self.binds.index(bound)}"

    def root_url(self) -> str:
        """The argument before every record's `Noun/id`; an argument, as it differs between versions."""
        if not self.url:
            self.url = self.argument("text", lambda bound: f"/services/data/v{bound.scope.version}/sobjects/")
        return self.url

    def table(self, of: Noun) -> str:
        self.nouns.add(of)
        self.tables += 1
        return f"t{self.tables - 1}"


@dataclass(frozen=True, slots=True)
class Column:
    """A field in reach: its SQL, what declares it, and whether a missing parent may make it null."""

    sql: str
    field: Field
    far: bool = False

    @property
    def nullable(self) -> bool:
        return self.far or self.field.nillable


@dataclass(eq=False, slots=True)
class Spot:
    """The source itself or a parent of it: its nouns (several behind a polymorphic reference), each joined
    under a name when first needed."""

    nouns: tuple[Noun, ...]
    names: dict[str, str]
    level: int = 0
    path: tuple[str, ...] = ()
    reference: str = ""
    reference_field: Field | None = None
    polymorphic: bool = False
    parents: dict[str, Spot] = field(default_factory=dict)

    @property
    def noun(self) -> Noun:
        return self.nouns[0]

    @property
    def name(self) -> str:
        return self.names[self.noun.api]


def custom_field(of: Noun, name: str) -> Field | None:  # noqa: ARG001
    """The seam for fields declared at run time (`x__c`): a Field without attribute, in column `custom`."""
    return None


def visible(of: Noun, found: Field, scope: Scope) -> bool:
    """Whether the field is there for this version and this organisation."""
    return of.shows(found, scope.version, scope.person_accounts)


@cache
def _relationships(of: Noun) -> dict[str, Field]:
    return {f.relationship.lower(): f for f in of.fields.values() if f.relationship}


def quoted(text: str) -> str:
    """A declared name or value as an SQL string. Never for what a caller wrote."""
    return "'" + text.replace("'", "''") + "'"


_SQL_TYPES = {
    Kind.BOOLEAN: "boolean",
    Kind.INT: "bigint",
    Kind.DOUBLE: "numeric",
    Kind.CURRENCY: "numeric",
    Kind.PERCENT: "numeric",
    Kind.DATE: "date",
    Kind.DATETIME: "timestamptz",
    Kind.TIME: "time",
}


def column_sql(table: str, of: Field) -> str:
    if of.attribute:
        return f"{table}.{of.column}"
    text = f"({table}.custom ->> {quoted(of.api)})"
    return f"{text}::{_SQL_TYPES[of.kind]}" if of.kind in _SQL_TYPES else text


class Source:
    """One FROM. Paths are resolved against it; `sql` is its final text, joins included."""

    def __init__(self, writing: Writing, of: Noun, alias: str | None = None, level: int = 0) -> None:
        self.writing = writing
        self.noun = of
        self.level = level  # how many queries are around this one
        self.table = writing.table(of)
        self.root = Spot(nouns=(of,), names={of.api: self.table})
        self.prefixes: dict[str, tuple[str, ...]] = {alias.lower(): ()} if alias else {}
        self._joins: list[str] = []

    @property
    def sql(self) -> str:
        return f'"{self.noun.table}" {self.table}' + "".join(self._joins)

    def also(self, path: Path, alias: str | None) -> None:
        """A further FROM entry, `Contact c, c.Account a`: a name for a path."""
        names = self.from_root(path.names)
        if not names:
            raise unknown_type(path.names[0], path.at)
        self.spot(names, path.at)
        self.prefixes[(alias or names[-1]).lower()] = names

    def column(self, path: Path) -> Column:
        spot, name = self.place(path)
        return self.field_at(spot, name, path.at)

    def place(self, path: Path) -> tuple[Spot, str]:
        """Where a path ends and the name it ends with."""
        names = self.from_root(path.names)
        if not names:
            raise no_such_column(path.names[-1], self.noun.api, path.at)
        return self.spot(names[:-1], path.at), names[-1]

    def from_root(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The path without the alias or noun it may begin with."""
        first = names[0].lower()
        if first in self.prefixes:
            return self.prefixes[first] + names[1:]
        if len(names) > 1 and first == self.noun.table and first not in _relationships(self.noun):
            return names[1:]
        return names

    def spot(self, names: tuple[str, ...], at: int) -> Spot:
        spot = self.root
        for name in names:
            spot = spot.parents.get(name.lower()) or self._parent(spot, name, at)
        return spot

    def _parent(self, spot: Spot, name: str, at: int) -> Spot:
        of = _relationships(spot.noun).get(name.lower())
        if of is None or spot.polymorphic or not visible(spot.noun, of, self.writing.scope):
            raise unknown_parent(name, at)
        targets = tuple(found for found in map(noun, of.targets) if found is not None)
        if not targets:
            raise unknown_parent(name, at)
        if spot.level == LEVELS:
            raise _too_deep(at)
        parent = Spot(
            nouns=targets,
            names={},
            level=spot.level + 1,
            path=(*spot.path, of.relationship or name),
            reference=column_sql(spot.name, of),
            reference_field=of,
            polymorphic=len(of.targets) > 1,
        )
        if not parent.polymorphic:
            self.join(parent, parent.noun)
        spot.parents[name.lower()] = parent
        return parent

    def join(self, spot: Spot, target: Noun) -> str:
        """The name under which a parent is joined."""
        if target.api not in spot.names:
            if len(self._joins) == PARENTS:
                raise invalid_field(f"No more than {PARENTS} relationships are allowed in a query")
            name = spot.names[target.api] = self.writing.table(target)
            self._joins.append(f' LEFT JOIN "{target.table}" {name} ON {name}.id = {spot.reference}')
        return spot.names[target.api]

    def field_at(self, spot: Spot, name: str, at: int) -> Column:
        if spot.polymorphic:
            return self._shared(spot, name, at)
        found = find_field(spot.noun, name, self.writing.scope)
        if found is None:
            raise no_such_column(name, spot.noun.api, at)
        if not found.stored:
            return Column("", found, far=spot.level > 0)
        return Column(column_sql(spot.name, found), found, far=spot.level > 0)

    def _shared(self, spot: Spot, name: str, at: int) -> Column:
        """What every noun behind a polymorphic reference has; Id and Type need no join."""
        if name.lower() == "type":
            return Column(type_of(spot), _TYPE, far=True)
        found = [find_field(of, name, self.writing.scope) for of in spot.nouns]
        fields = [one for one in found if one is not None and one.stored]
        if len(fields) < len(found) or len({one.kind for one in fields}) > 1:
            raise no_such_column(name, "Name", at)
        if fields[0].kind is Kind.ID:
            return Column(spot.reference, fields[0], far=True)
        each = [column_sql(self.join(spot, of), one) for of, one in zip(spot.nouns, fields, strict=True)]
        return Column(f"coalesce({', '.join(each)})", fields[0], far=True)


def type_of(spot: Spot) -> str:
    """The noun behind a polymorphic reference, told by the key prefix."""
    whens = "".join(f" WHEN {quoted(of.prefix)} THEN {quoted(of.api)}" for of in spot.nouns)
    return f"CASE left({spot.reference}, 3){whens} END"


def find_field(of: Noun, name: str, scope: Scope) -> Field | None:
    found = of.field(name)
    if found is None:
        return custom_field(of, name)
    return found if visible(of, found, scope) else None


def _too_deep(at: int) -> Mistake:
    return invalid_field(f"The field path has more than {LEVELS} levels of relationships", at)
