"""WHERE and HAVING: conditions to SQL, true or false but never null where they are negated."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple, TypeAlias

from ordo.platform.fields import TEXT_KINDS, Field, Kind
from ordo.soql.binds import Bound
from ordo.soql.errors import invalid_field, invalid_operator, malformed
from ordo.soql.literals import Reading, read_pattern, reading
from ordo.soql.periods import period_days, period_moments
from ordo.soql.plans import Bindings
from ordo.soql.sources import Column, Source
from ordo.soql.tokens import Token
from ordo.soql.tree import (
    And,
    Bind,
    Call,
    Compare,
    Condition,
    Literal,
    Money,
    Not,
    Null,
    Path,
    Period,
    Query,
    Value,
)

Operand: TypeAlias = "Callable[[Path | Call], Column]"
_ORDERED = frozenset({"<", "<=", ">", ">="})
_NEGATIVE = {"!=": "=", "NOT IN": "IN", "EXCLUDES": "INCLUDES"}
_IDS = frozenset({Kind.ID, Kind.REFERENCE})


class Leaf(NamedTuple):
    """`sure`: never null, so that plain NOT is right."""

    sql: str
    sure: bool = False


class Conditions:
    """Writes the conditions of one source; `operand` says what the left side of a comparison is, `semi_join`
    writes EXISTS for a reference and the query it is looked up in."""

    def __init__(
        self, source: Source, operand: Operand, semi_join: Callable[[Compare, Column, Query], str]
    ) -> None:
        self._source = source
        self._operand = operand
        self._semi_join = semi_join

    def sql(self, condition: Condition, *, negated: bool = False, plain: bool = True) -> str:
        """`plain`: neither OR nor NOT is around, so that a semi-join may stand here."""
        if isinstance(condition, Not):
            return self.sql(condition.term, negated=not negated, plain=False)
        if isinstance(condition, Compare):
            return self._compare(condition, negated, plain)
        is_and = isinstance(condition, And)
        terms = [self.sql(term, negated=negated, plain=plain and is_and) for term in condition.terms]
        return f"({(' AND ' if is_and is not negated else ' OR ').join(terms)})"

    def _compare(self, compare: Compare, negated: bool, plain: bool) -> str:
        if compare.operator in _NEGATIVE:
            negated = not negated
        column = self._operand(compare.left)
        if not column.field.filterable:
            raise invalid_field(f"field '{column.field.api}' can not be filtered in a query call", compare.at)
        if isinstance(compare.value, Query):
            if not plain:
                raise malformed(
                    "Semi join sub-selects are not allowed with the 'OR' or 'NOT' operator", compare.at
                )
            leaf = Leaf(self._semi_join(compare, column, compare.value), sure=True)
        else:
            leaf = self._leaf(compare, column)
        if not negated:
            return leaf.sql
        return f"NOT {leaf.sql}" if leaf.sure else f"({leaf.sql}) IS NOT TRUE"

    def _leaf(self, compare: Compare, column: Column) -> Leaf:
        operator, value = _NEGATIVE.get(compare.operator, compare.operator), compare.value
        _check_operator(operator, column.field, compare.at)
        if isinstance(value, tuple):
            return self._includes(column, value, compare.at) if operator == "INCLUDES" else self._in(column, value)
        if isinstance(value, Query):
            raise malformed("a sub-query needs IN or NOT IN", compare.at)
        return self._single(column, operator, value, compare.at)

    def _single(self, column: Column, operator: str, value: Value, at: int) -> Leaf:
        if isinstance(value, Null):
            return _null(column, operator, at)
        if isinstance(value, Period):
            return self._period(column, operator, value)
        argument, field = self._argument(column.field, value, operator), column.field
        if operator == "LIKE":
            return Leaf(f"{_fold(column.sql, field)} LIKE {_fold(argument, field)}")
        if field.kind is Kind.MULTIPICKLIST and operator == "=":
            mine, told = _members(column.sql), _members(argument)
            return Leaf(f"({mine} @> {told} AND {mine} <@ {told})")
        if field.kind is Kind.BOOLEAN:
            return Leaf(f"{_truth(column)} = {argument}", sure=True)
        return Leaf(f"{_fold(column.sql, field)} {operator} {_fold(argument, field)}")

    def _argument(self, field: Field, value: Literal | Money | Bind, operator: str) -> str:
        if isinstance(value, Bind):
            if operator == "LIKE":  # what the value holds would be read as a pattern
                raise malformed("a bind variable cannot be compared with LIKE", value.at)
            return self._source.writing.bind(Bound.to(value.name, field))
        if isinstance(value, Money):
            found = reading(field, {"decimal"}, value.at)
            return self._source.writing.argument(found.sql_type, partial(_money, found, value))
        found = reading(field, {value.kind}, value.at)
        if operator == "LIKE":
            found = found._replace(read=read_pattern)
        return self._source.writing.argument(found.sql_type, partial(_one, found, value.slot))

    def _period(self, column: Column, operator: str, period: Period) -> Leaf:
        kind = column.field.kind
        if kind not in {Kind.DATE, Kind.DATETIME}:
            reading(column.field, {"date"}, period.at)  # says what the type should be
        sql_type = "date" if kind is Kind.DATE else "timestamptz"

        def edge(which: int) -> str:
            binder = partial(_edge, period, kind is Kind.DATE, which)
            return self._source.writing.argument(sql_type, binder)

        if operator == "=":
            return Leaf(f"({column.sql} >= {edge(0)} AND {column.sql} < {edge(1)})")
        after_end = operator in {">", "<="}
        symbol = ">=" if operator in {">", ">="} else "<"
        return Leaf(f"{column.sql} {symbol} {edge(1 if after_end else 0)}")

    def _in(self, column: Column, values: tuple[Value, ...]) -> Leaf:
        """One array whatever the number of literals; nulls and date literals stand beside it."""
        literals = [value for value in values if isinstance(value, Literal)]
        terms = []
        if literals:
            terms.append(self._any(column, literals))
        terms += [
            self._single(column, "=", value, value.at).sql for value in values if not isinstance(value, Literal)
        ]
        return Leaf(terms[0] if len(terms) == 1 else f"({' OR '.join(terms)})")

    def _any(self, column: Column, literals: list[Literal]) -> str:
        array = self._array(column.field, literals)
        if column.field.kind is Kind.BOOLEAN:
            return f"{_truth(column)} = ANY({array})"
        if not _folded(column.field):
            return f"{column.sql} = ANY({array})"
        # lower() of the array's own text, once per statement: as PostgreSQL folds the column, and indexable
        return f"lower({column.sql}) = ANY((SELECT lower({array}::text)::text[])::text[])"

    def _array(self, field: Field, literals: list[Literal]) -> str:
        found = reading(field, {one.kind for one in literals}, literals[0].at)
        binder = partial(_many, found, tuple(one.slot for one in literals))
        return self._source.writing.argument(f"{found.sql_type}[]", binder)

    def _includes(self, column: Column, values: tuple[Value, ...], at: int) -> Leaf:
        literals = [value for value in values if isinstance(value, Literal)]
        if len(literals) < len(values):
            raise malformed("INCLUDES and EXCLUDES take strings", at)
        array = self._array(column.field, literals)
        found = f"{_members(column.sql)} @> {_members('told')}"
        return Leaf(f"EXISTS (SELECT FROM unnest({array}) told WHERE {found})", sure=True)


def _check_operator(operator: str, field: Field, at: int) -> None:
    kind = field.kind
    wrong = (
        (operator == "LIKE" and kind not in TEXT_KINDS)
        or (operator == "INCLUDES" and kind is not Kind.MULTIPICKLIST)
        or (kind is Kind.MULTIPICKLIST and operator in _ORDERED | {"LIKE"})
        or (kind is Kind.BOOLEAN and operator in _ORDERED)
    )
    if wrong:
        raise invalid_operator(f"invalid operator on {'id' if kind in _IDS else kind.value} field", at)


def _null(column: Column, operator: str, at: int) -> Leaf:
    if operator not in {"=", "LIKE"}:
        raise invalid_operator(f"invalid operator '{operator}' for null", at)
    if column.field.kind is Kind.BOOLEAN:  # never null: what is missing is false
        return Leaf(f"{_truth(column)} = false", sure=True)
    return Leaf(f"({column.sql} IS NULL)", sure=True)


def _truth(column: Column) -> str:
    return f"coalesce({column.sql}, false)" if column.nullable else column.sql


def _folded(field: Field) -> bool:
    return field.kind in TEXT_KINDS and not field.case_sensitive


def _fold(sql: str, field: Field) -> str:
    return f"lower({sql})" if _folded(field) else sql


def _members(sql: str) -> str:
    return f"string_to_array(lower({sql}), ';')"


def _one(found: Reading, slot: int, bindings: Bindings) -> object:
    return found.read(bindings.token(slot))


def _many(found: Reading, slots: tuple[int, ...], bindings: Bindings) -> object:
    return [found.read(token) for slot in slots for token in bindings.slots[slot]]


def _money(found: Reading, money: Money, bindings: Bindings) -> object:
    token = bindings.token(money.slot) if money.slot is not None else None
    amount = money.whole + (token.text if token else "")
    return found.read(Token("decimal", amount, money.at, 0))


def _edge(period: Period, as_date: bool, which: int, bindings: Bindings) -> object:
    token = None if period.slot is None else bindings.token(period.slot)
    count = int(token.text) if token else 0
    now = bindings.scope.now
    return (period_days(period.name, count, now.date()) if as_date else period_moments(period.name, count, now))[
        which
    ]
