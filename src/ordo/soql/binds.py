"""Bind variables: `:Name` in a query stands for a value of its asker, who may ask for many at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, NamedTuple

import msgspec

from ordo.kernel.ids import normalize
from ordo.kernel.problems import Problem
from ordo.platform.fields import TEXT_KINDS, Field, Kind
from ordo.soql.plans import Binder, Bindings, Scope
from ordo.soql.tokens import Token

_BIGINT = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_EXACT = ("numeric", Decimal)
_ID = ("text", str)
_TYPES: dict[Kind, tuple[str, Any]] = {
    **dict.fromkeys(TEXT_KINDS, ("text", str)),
    Kind.ID: _ID,
    Kind.REFERENCE: _ID,
    Kind.BOOLEAN: ("boolean", bool),
    Kind.INT: ("bigint", _BIGINT),
    Kind.DOUBLE: _EXACT,
    Kind.CURRENCY: _EXACT,
    Kind.PERCENT: _EXACT,
    Kind.DATE: ("date", date),
    Kind.DATETIME: ("timestamptz", Annotated[datetime, msgspec.Meta(tz=True)]),
    Kind.TIME: ("time", Annotated[time, msgspec.Meta(tz=False)]),
}


class UnfitBind(Problem):
    """A value that cannot be compared with the field it is bound to."""

    code = "INVALID_QUERY_FILTER_OPERATOR"


class Bound(NamedTuple):
    """A bind variable where it is compared with a field: its name and the types of its values."""

    name: str
    sql_type: str
    kind: Any
    is_id: bool

    @classmethod
    def to(cls, name: str, field: Field) -> Bound:
        sql_type, kind = ("double precision", float) if field.approximate else _TYPES[field.kind]
        return cls(name, sql_type, kind, field.kind in {Kind.ID, Kind.REFERENCE})

    def read(self, value: object) -> object:
        """The value as an argument; UnfitBind if it is of another type."""
        try:
            found = msgspec.convert(value, self.kind)
        except msgspec.ValidationError as error:
            raise UnfitBind(f":{self.name}: {error}") from error
        if self.is_id and normalize(found) is None:
            raise UnfitBind(f":{self.name}: invalid ID field: {found}")
        return normalize(found) if self.is_id else found


@dataclass(frozen=True, slots=True)
class Lookup:
    """Whether a query finds a row, for any number of askers: `sql` answers one row for each whose query does,
    with the asker's place in the column `n`."""

    sql: str
    binders: tuple[Binder, ...]
    slots: list[list[Token]]
    binds: tuple[Bound, ...]

    @property
    def names(self) -> frozenset[str]:
        """Of its bind variables."""
        return frozenset(bound.name for bound in self.binds)

    def values(self, told: Mapping[str, object]) -> tuple[object, ...] | None:
        """One asker's values; None if one of them is null or empty: it finds nothing. Raises UnfitBind."""
        found = [told[bound.name] for bound in self.binds]
        if any(value is None or value == "" for value in found):
            return None
        return tuple(bound.read(value) for bound, value in zip(self.binds, found, strict=True))

    def arguments(self, askers: Sequence[tuple[object, ...]], scope: Scope) -> list[object]:
        """The arguments of `sql`."""
        bindings = Bindings(self.slots, scope)
        columns = [[values[place] for values in askers] for place in range(len(self.binds))]
        return [*(binder(bindings) for binder in self.binders), list(range(len(askers))), *columns]
