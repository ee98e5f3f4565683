"""The answer to `columns=true`: what each column of a query is, for clients that lay out tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ordo.platform.fields import TEXT_KINDS, Field, Kind
from ordo.platform.records import Noun
from ordo.soql.groups import Groups, Result
from ordo.soql.selection import Shown, ShownChildren, ShownObject

_NUMBERS = frozenset({Kind.INT, Kind.DOUBLE, Kind.CURRENCY, Kind.PERCENT})
_APEX_TYPES = {
    Kind.ID: "Id",
    Kind.REFERENCE: "Id",
    Kind.BOOLEAN: "Boolean",
    Kind.INT: "Integer",
    Kind.DOUBLE: "Double",
    Kind.CURRENCY: "Decimal",
    Kind.PERCENT: "Double",
    Kind.DATE: "Date",
    Kind.DATETIME: "Datetime",
    Kind.TIME: "Time",
    Kind.ADDRESS: "Address",
    Kind.LOCATION: "Location",
}


def selected_columns(shown: ShownObject) -> dict[str, Any]:
    return _answer(shown.spot.noun, _columns(shown), "Id" in shown.members)


def grouped_columns(of: Noun, groups: Groups) -> dict[str, Any]:
    columns = [_result(result) for result in groups.results.values()]
    return {**_answer(of, columns, False), "groupBy": bool(groups.by())}


def no_columns(of: Noun) -> dict[str, Any]:
    """SELECT COUNT()."""
    return _answer(of, [], False)


def _answer(of: Noun, columns: list[dict[str, Any]], has_id: bool) -> dict[str, Any]:
    return {
        "columnMetadata": columns,
        "entityName": of.api,
        "groupBy": False,
        "idSelected": has_id,
        "keyPrefix": of.prefix,
    }


def _columns(shown: ShownObject) -> list[dict[str, Any]]:
    return [_member(name, member) for name, member in shown.members.items()]


def _member(name: str, member: Shown | ShownObject | ShownChildren) -> dict[str, Any]:
    if isinstance(member, Shown):
        return _field(name, member.column.field)
    if isinstance(member, ShownChildren):  # the client tells children from parents by `aggregate`
        return _column(name, apexType=name, aggregate=True, joinColumns=_columns(member.rows))
    reference = member.spot.reference_field
    return _column(
        name,
        apexType=member.spot.noun.api,
        foreignKeyName=reference.api if reference else None,
        joinColumns=_columns(member),
    )


def _result(result: Result) -> dict[str, Any]:
    aggregate = {"aggregate": result.function, "displayName": result.told if result.function else result.name}
    return {**_field(result.name, result.column.field), **aggregate}


def _field(name: str, field: Field) -> dict[str, Any]:
    return _column(
        name,
        apexType=_APEX_TYPES.get(field.kind, "String"),
        booleanType=field.kind is Kind.BOOLEAN,
        custom=name.endswith("__c"),
        insertable=field.createable,
        numberType=field.kind in _NUMBERS,
        textType=field.kind in TEXT_KINDS,
        updatable=field.updateable,
    )


def _column(name: str, **told: object) -> dict[str, Any]:
    column: Mapping[str, object] = {
        "aggregate": False,
        "apexType": "String",
        "booleanType": False,
        "columnName": name,
        "custom": False,
        "displayName": name,
        "foreignKeyName": None,
        "insertable": False,
        "joinColumns": [],
        "numberType": False,
        "textType": False,
        "updatable": False,
    }
    return {**column, **told}
