"""The functions of SOQL: aggregates, parts of dates, and those that only dress a value."""

from __future__ import annotations

from ordo.platform.fields import Field, Kind
from ordo.soql.errors import malformed
from ordo.soql.sources import Column, Source
from ordo.soql.tree import Call, Path

AGGREGATES = frozenset({"COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX", "GROUPING"})
_NUMBERS = frozenset({Kind.INT, Kind.DOUBLE, Kind.CURRENCY, Kind.PERCENT})
_DRESS = frozenset({"TOLABEL", "CONVERTCURRENCY", "CONVERTTIMEZONE"})
_PARTS = {
    "CALENDAR_YEAR": "extract(year FROM {})::int",
    "CALENDAR_QUARTER": "extract(quarter FROM {})::int",
    "CALENDAR_MONTH": "extract(month FROM {})::int",
    "FISCAL_YEAR": "extract(year FROM {})::int",
    "FISCAL_QUARTER": "extract(quarter FROM {})::int",
    "FISCAL_MONTH": "extract(month FROM {})::int",
    "DAY_IN_WEEK": "(extract(dow FROM {})::int + 1)",
    "DAY_IN_MONTH": "extract(day FROM {})::int",
    "DAY_IN_YEAR": "extract(doy FROM {})::int",
    "WEEK_IN_MONTH": "((extract(day FROM {})::int - 1) / 7 + 1)",
    "WEEK_IN_YEAR": "((extract(doy FROM {})::int - 1) / 7 + 1)",
    "HOUR_IN_DAY": "extract(hour FROM {})::int",
    "DAY_ONLY": "({})::date",
}


def is_aggregate(what: object) -> bool:
    return isinstance(what, Call) and (
        what.name in AGGREGATES or any(is_aggregate(argument) for argument in what.arguments)
    )


def operand(source: Source, what: Path | Call) -> Column:
    """What a field or a function of one is in SQL."""
    if isinstance(what, Path):
        return source.column(what)
    if what.name == "COUNT" and not what.arguments:
        return _result("count(*)", Kind.INT)
    if len(what.arguments) != 1:
        raise malformed(f"unknown function {what.name} or wrong number of arguments", what.at)
    inner = operand(source, what.arguments[0])
    if not inner.field.stored:
        raise malformed(f"field {inner.field.api} does not support function {what.name}", what.at)
    if what.name in AGGREGATES:
        return _aggregate(what, inner)
    if what.name in _PARTS:
        return _part(what, inner)
    if what.name in _DRESS:
        return inner
    if what.name == "FORMAT":
        return Column(f"({inner.sql})::text", Field(kind=Kind.STRING, api=inner.field.api, flags="N"), inner.far)
    raise malformed(f"unknown function {what.name}", what.at)


def where_operand(source: Source, what: Path | Call) -> Column:
    if is_aggregate(what):
        raise malformed("aggregate functions are not allowed in WHERE; use HAVING", what.at)
    return operand(source, what)


def _result(sql: str, kind: Kind) -> Column:
    return Column(sql, Field(kind=kind, flags="N"))


def _aggregate(call: Call, inner: Column) -> Column:
    field = inner.field
    numeric = field.kind in _NUMBERS
    ordered = field.aggregatable
    fits = {"SUM": numeric, "AVG": numeric, "MIN": ordered, "MAX": ordered, "COUNT_DISTINCT": ordered}
    if not fits.get(call.name, True):
        raise malformed(f"field {field.api} does not support aggregate operator {call.name}", call.at)
    sql = f"{inner.sql}::numeric" if field.approximate else inner.sql
    if call.name == "COUNT_DISTINCT":
        return _result(f"count(DISTINCT {sql})", Kind.INT)
    if call.name in {"COUNT", "GROUPING"}:
        return _result(f"{call.name.lower()}({sql})", Kind.INT)
    if call.name == "AVG":
        return _result(f"trim_scale(avg({sql}))", Kind.DOUBLE)
    return _result(f"{call.name.lower()}({sql})", field.kind)


def _part(call: Call, inner: Column) -> Column:
    if inner.field.kind not in {Kind.DATE, Kind.DATETIME}:
        raise malformed(f"field {inner.field.api} does not support function {call.name}", call.at)
    moment = f"{inner.sql} AT TIME ZONE 'UTC'" if inner.field.kind is Kind.DATETIME else inner.sql
    kind = Kind.DATE if call.name == "DAY_ONLY" else Kind.INT
    return _result(_PARTS[call.name].format(moment), kind)
