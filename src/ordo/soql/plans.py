"""Plans: one SQL text per shape of query, and its arguments from each query's own literals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from ordo.platform.limits import Limit
from ordo.platform.records import Noun
from ordo.soql.literals import read_count
from ordo.soql.tokens import Token
from ordo.soql.tree import Query

OFFSET_MOST = 2000


@dataclass(frozen=True, slots=True)
class Scope:
    """Who asks, when and of which version ("60.0"), and what of the rows is there; `now` is UTC."""

    version: str
    now: datetime
    user_id: str
    include_deleted: bool = False
    person_accounts: bool = False
    limit: Limit | None = None


@dataclass(frozen=True, slots=True)
class Bindings:
    """One query's own values: its literals by slot, and its scope."""

    slots: list[list[Token]]
    scope: Scope

    def token(self, slot: int) -> Token:
        return self.slots[slot][0]


Binder: TypeAlias = Callable[[Bindings], object]


@dataclass(frozen=True, slots=True)
class Plan:
    """What queries of one shape share. The first `counted_binders` make the arguments of `count_sql`."""

    noun: Noun
    nouns: frozenset[Noun]
    query: Query
    sql: str
    count_sql: str
    binders: tuple[Binder, ...]
    counted_binders: int
    counted: bool
    grouped: bool
    columns: Callable[[], dict[str, Any]]
    checks: tuple[Binder, ...]

    def bind(self, bindings: Bindings) -> Compiled:
        for check in self.checks:
            check(bindings)
        limit, offset = self.query.limit, self.query.offset
        return Compiled(
            plan=self,
            args=[binder(bindings) for binder in self.binders],
            limit=None if limit is None else int(bindings.token(limit.slot).text),
            offset=0 if offset is None else read_count(bindings.token(offset.slot), OFFSET_MOST, "SOQL offset"),
        )


@dataclass(frozen=True, slots=True)
class Compiled:
    """A query ready to run. `sql` answers one column `j` (json, a finished record) per row, `count_sql` one
    row with the column `n`: how many rows the query has, its own LIMIT and OFFSET honoured.

    Both take LIMIT and OFFSET as their last two arguments: `page()` and `count()` are the whole lists.
    `counted`: SELECT COUNT(), of which only `count_sql` is of interest.
    """

    plan: Plan
    args: list[object]
    limit: int | None
    offset: int

    @property
    def noun(self) -> Noun:
        return self.plan.noun

    @property
    def nouns(self) -> frozenset[Noun]:
        """All whose rows the query reads: its own, those of parents, children and semi-joins."""
        return self.plan.nouns

    @property
    def sql(self) -> str:
        return self.plan.sql

    @property
    def count_sql(self) -> str:
        return self.plan.count_sql

    @property
    def counted(self) -> bool:
        return self.plan.counted

    @property
    def grouped(self) -> bool:
        """Rows are AggregateResults: all on one page, without a locator."""
        return self.plan.grouped

    @property
    def columns(self) -> dict[str, Any]:
        """What `columns=true` answers."""
        return self.plan.columns()

    def page(self, after: int, size: int) -> list[object]:
        """All arguments of `sql` for at most `size` of the query's rows, the first `after` left out."""
        left = size if self.limit is None else min(size, self.limit - after)
        return [*self.args, max(left, 0), self.offset + after]

    def count(self) -> list[object]:
        """All arguments of `count_sql`."""
        return [*self.args[: self.plan.counted_binders], self.limit, self.offset]
