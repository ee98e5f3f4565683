"""The SELECT list of an aggregate query: AggregateResult rows, GROUP BY, and the rule that all is grouped."""

from __future__ import annotations

from dataclasses import dataclass

from ordo.soql.errors import invalid_field, malformed
from ordo.soql.functions import is_aggregate, operand
from ordo.soql.render import json_object, json_of
from ordo.soql.sources import Column, Source
from ordo.soql.tree import Call, Entry, Path, Query

_PLAIN = frozenset({"TOLABEL", "CONVERTCURRENCY", "FORMAT"})
_ALIAS_LENGTH = 60


@dataclass(frozen=True, slots=True)
class Result:
    """One column of the result; `told` as in the query, `function`: it was called, not only named."""

    name: str
    told: str
    column: Column
    function: bool


def is_grouped(query: Query) -> bool:
    return bool(query.group) or any(is_aggregate(entry.what) for entry in query.entries)


class Groups:
    def __init__(self, source: Source, query: Query) -> None:
        self._source = source
        self._keys = [_key(source, what) for what in query.group]
        self._known = {column.sql for column in self._keys}
        self._as = query.group_as
        self._unnamed = 0
        self.results: dict[str, Result] = {}
        for entry in query.entries:
            self._add(entry)

    def _add(self, entry: Entry) -> None:
        what = entry.what
        if not isinstance(what, Path | Call) or (isinstance(what, Call) and what.name == "FIELDS"):
            raise malformed("Sub-queries, TYPEOF and FIELDS must be grouped or aggregated", entry.at)
        column = self.operand(what)
        name = entry.alias or self._name(what, column)
        if name in self.results or len(name) > _ALIAS_LENGTH:
            raise invalid_field(f"duplicate alias: {name}", entry.at)
        self.results[name] = Result(name, told(what), column, isinstance(what, Call))

    def _name(self, what: Path | Call, column: Column) -> str:
        if isinstance(what, Path) or what.name in _PLAIN:
            return column.field.api
        self._unnamed += 1
        return f"expr{self._unnamed - 1}"

    def operand(self, what: Path | Call) -> Column:
        """A grouped field, an aggregate, or (in ORDER BY) the alias of one."""
        if isinstance(what, Path) and len(what.names) == 1 and what.names[0] in self.results:
            return self.results[what.names[0]].column
        column = operand(self._source, what)
        if not is_aggregate(what) and column.sql not in self._known and not self._dressed(what):
            raise malformed(f"Field must be grouped or aggregated: {told(what)}", what.at)
        return column

    def _dressed(self, what: Path | Call) -> bool:
        return (
            isinstance(what, Call)
            and what.name == "FORMAT"
            and (is_aggregate(what) or operand(self._source, what.arguments[0]).sql in self._known)
        )

    def sql(self) -> str:
        pairs = [("attributes", json_object([("type", "'AggregateResult'")]))]
        pairs += [(name, json_of(result.column)) for name, result in self.results.items()]
        return json_object(pairs)

    def by(self) -> str:
        """The GROUP BY clause, empty without keys."""
        keys = ", ".join(column.sql for column in self._keys)
        if not keys:
            return ""
        return f" GROUP BY {self._as}({keys})" if self._as else f" GROUP BY {keys}"


def _key(source: Source, what: Path | Call) -> Column:
    column = operand(source, what)
    if is_aggregate(what) or not column.field.groupable:
        raise invalid_field(f"field '{told(what)}' can not be grouped in a query call", what.at)
    return column


def told(what: Path | Call) -> str:
    if isinstance(what, Path):
        return ".".join(what.names)
    return f"{what.name}({', '.join(map(told, what.arguments))})"
