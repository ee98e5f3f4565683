"""Create, update and delete of any noun: through its guard where it has one, by its declarations otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache, partial
from typing import Any

from ordo.kernel.problems import (
    EntityIsDeleted,
    FieldIntegrity,
    InvalidCrossReference,
    NotFound,
    OperationNotAllowed,
    Problem,
    RequiredFieldMissing,
)
from ordo.platform.fields import Field
from ordo.platform.keys import Key, NothingNamed, SeveralNamed
from ordo.platform.loaded import NotLoaded
from ordo.platform.reading import Reading
from ordo.platform.records import Noun, Record, children_of, noun_of_id
from ordo.platform.roles import InsufficientAccess
from ordo.platform.unit import Unit
from ordo.platform.verbs import (
    OnlyByVerbs,
    RefusedOutside,
    Values,
    check_held,
    guard_of,
    update_rule,
    verb_of_update,
)

__all__ = [
    "check_createable", "create", "delete", "need_change", "need_family", "need_references", "need_row", "read",
    "row_for_change", "update",
]  # fmt: skip


def need_references(reading: Reading, shape: Noun, values: Values) -> None:
    """Every id among the values must exist (or be read whole, where the rule wants the row); keys are sought."""
    guard = guard_of(shape.record)
    whole = guard.reads
    if guard.needs is not None:
        guard.needs(reading, {name: told for name, told in values.items() if not isinstance(told, Key)})
    for attribute, told in _referred(shape, values):
        if isinstance(told, Key):
            reading.named(told)
        elif (target := noun_of_id(told)) is None:
            continue
        elif attribute in whole:
            reading.rows(target.record, "id", [told])
        else:
            reading.exist(target, [told])


def _referred(shape: Noun, values: Values) -> Iterator[tuple[str, str | Key]]:
    """The attributes among the values that name rows, in the order in which the caller told them."""
    references = shape.references
    for attribute, told in values.items():
        if told and attribute in references:
            yield attribute, told


def need_row(reading: Reading, shape: Noun, record_id: str) -> None:
    """A row about to be changed: its root is locked, itself too, and it is read."""
    reading.lock_root(shape, record_id)
    if shape.root is not None:
        reading.lock(shape.record, [record_id])
    reading.rows(shape.record, "id", [record_id])


def need_change(reading: Reading, shape: Noun, record_id: str, values: Values) -> None:
    """A row about to get these values."""
    need_row(reading, shape, record_id)
    need_references(reading, shape, values)
    verb = verb_of_update(shape.record, values)
    if verb is not None and verb.needs is not None:
        verb.needs(reading, record_id)


def check_references(unit: Unit, shape: Noun, values: Values) -> None:
    """Refuses ids that name nothing, or something deleted (a foreign key lets those pass). A key becomes the id of
    the one row it names."""
    missing = Reading()
    for attribute, told in _referred(shape, values):
        try:
            record_id = _the_one(unit, told, shape.fields[attribute].api) if isinstance(told, Key) else told
            target = noun_of_id(record_id)
            if target is not None and not _is_there(unit, target, record_id):
                raise InvalidCrossReference(shape.fields[attribute].api, record_id)
            values[attribute] = record_id
        except NotLoaded as need:
            missing.merge(need.reading)
    if not missing.empty:
        raise NotLoaded(missing)


def _the_one(unit: Unit, key: Key, reference: str) -> str:
    """Among the rows that are there for whoever acts."""
    if unit.limit is not None and not unit.limit.may_name(key.shape):
        raise NothingNamed(key, reference)
    named = unit.named(key)
    there = unit.together(partial(_is_there, unit, key.shape, one) for one in named)
    ids = [one for one, is_there in zip(named, there, strict=True) if is_there]
    if not ids:
        raise NothingNamed(key, reference)
    if len(ids) > 1:
        raise SeveralNamed(key, ids, reference)
    return ids[0]


def _is_there(unit: Unit, target: Noun, record_id: str) -> bool:
    """Whether a row exists, and for whoever acts; only what is of a location is read for it."""
    if not unit.exists(target, record_id):
        return False
    if unit.limit is None or unit.limit.way(target) is None:
        return True
    row = unit.get(target.record, record_id)
    return row is not None and unit.admits(row)


def _check_stays(unit: Unit, row: Record | None) -> None:
    """What was written is there for whoever wrote it; else it would be of another location, or of none."""
    if row is None or not unit.admits(row):
        raise InsufficientAccess


def check_required(shape: Noun, values: Values) -> None:
    lacking = [field.api for field in shape.required if values.get(field.attribute) is None]
    if lacking:
        raise RequiredFieldMissing(*lacking)


class CurrencyDiffers(FieldIntegrity):
    """A part that is told in another currency than its whole: no amount is ever read in another currency."""

    def __init__(self, told: str, whole: str) -> None:
        super().__init__(f"the currency is {whole}, not {told}", fields=("CurrencyIsoCode",))


def adopt_currency(values: Values, currency: str | None) -> None:
    """A part is in the currency of its whole."""
    told = values.get("currency_iso_code")
    if told and currency and told != currency:
        raise CurrencyDiffers(told, currency)
    values["currency_iso_code"] = currency


def check_createable(shape: Noun) -> None:
    if "create" not in shape.calls:
        raise OperationNotAllowed(f"{shape.api} is created by its own actions only", status=400)
    if isinstance(guard_of(shape.record).create, RefusedOutside):
        raise OnlyByVerbs(shape.api)


def create(unit: Unit, shape: Noun, values: Values) -> Record:
    """A new row from typed values. Raises the platform's Problem."""
    check_createable(shape)
    rule = guard_of(shape.record).create
    check_references(unit, shape, values)
    if "owner_id" in shape.fields and values.get("owner_id") is None:
        values["owner_id"] = unit.actor
    if rule is None:
        check_required(shape, values)
    made = rule(unit, values) if rule else unit.add(shape.record, **values)
    if unit.limit is not None:
        _check_stays(unit, made)
    return made


def read(unit: Unit, shape: Noun, record_id: str) -> Record:
    """The row as it stands in this work; NotFound where there is none for whoever acts."""
    found: Record | None = unit.get(shape.record, record_id)
    if found is None or not unit.admits(found):
        raise NotFound
    return found


def row_for_change(unit: Unit, shape: Noun, record_id: str) -> Any:
    """The row, locked through its root; 404 where there is none for whoever acts."""
    if not unit.holds(shape.record, record_id):
        reading = Reading()
        need_row(reading, shape, record_id)
        raise NotLoaded(reading)
    row = unit.get(shape.record, record_id)
    known = row or unit.deleted(record_id)
    if known is None or not unit.admits(known):
        raise NotFound
    if row is None:
        raise EntityIsDeleted
    return row


def update(unit: Unit, shape: Noun, record_id: str, values: Values) -> None:
    """Changes the named fields of a row; null clears. Raises the platform's Problem."""
    if "update" not in shape.calls:
        raise OperationNotAllowed(f"{shape.api} is changed by its own actions only")
    row = row_for_change(unit, shape, record_id)
    check_references(unit, shape, values)
    check_held(shape.record, values)
    rule = update_rule(shape.record, values)
    if rule is not None:
        rule(unit, row, values)
    else:
        check_cleared(shape, values)
        unit.change(row, **values)
    if unit.limit is not None:
        _check_stays(unit, unit.get(shape.record, record_id))


def check_cleared(shape: Noun, values: Values) -> None:
    """A field that is never null cannot be set to null afterwards."""
    lacking = [
        shape.fields[attribute].api
        for attribute, value in values.items()
        if value is None and not shape.fields[attribute].nillable
    ]
    if lacking:
        raise RequiredFieldMissing(*lacking)


def need_family(reading: Reading, shape: Noun, record_id: str) -> None:
    """A row about to be deleted, with the rows that go with it."""
    need_row(reading, shape, record_id)
    for child, field in cascading(shape):
        reading.rows(child.record, field.attribute, [record_id])


@cache
def cascading(shape: Noun) -> tuple[tuple[Noun, Field], ...]:
    """The children that go with a row of this noun."""
    return tuple((child, field) for child, field in children_of(shape) if field.cascade and not child.view)


def delete(unit: Unit, shape: Noun, record_id: str) -> None:
    """Into the recycle bin, with its children, each by its own rule: one that must stay keeps them all."""
    _bin(unit, row_for_change(unit, shape, record_id))


def _bin(unit: Unit, row: Record) -> None:
    shape = row.__noun__
    if "delete" not in shape.calls:
        raise Problem(f"{shape.api} cannot be deleted", code="DELETE_FAILED")
    rule = guard_of(shape.record).delete
    if rule is not None:
        rule(unit, row)
    missing = Reading()
    for child, field in cascading(shape):
        try:
            for part in unit.children(child.record, field.attribute, row.id):
                _bin(unit, part)
        except NotLoaded as need:
            missing.merge(need.reading)
    if not missing.empty:
        raise NotLoaded(missing)
    unit.delete(row)
