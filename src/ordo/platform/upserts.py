"""Records by a key of their own: found, made if there is none, changed if there is one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from ordo.kernel.ids import normalize
from ordo.kernel.problems import InvalidField, MalformedId, NotFound
from ordo.platform import generic, wire
from ordo.platform.fields import Kind
from ordo.platform.keys import Key, SeveralRecords
from ordo.platform.loaded import NotLoaded
from ordo.platform.reading import Reading
from ordo.platform.records import Noun, Record, noun_of_id
from ordo.platform.roles import InsufficientAccess
from ordo.platform.unit import Unit
from ordo.platform.values import typed
from ordo.platform.verbs import Values

Body = Mapping[str, object]


def need_named(reading: Reading, key: Key) -> None:
    """The first look for a key; a row that it names is asked for when it is known."""
    if key.field.kind is not Kind.ID:
        reading.named(key)


def found(unit: Unit, key: Key, version: str) -> str | None:
    """The id of the one row with this key; SeveralRecords (300) with their URLs in this version."""
    if key.field.kind is Kind.ID:
        return record_id_of(key.shape, key.value)
    ids = unit.named(key)
    if len(ids) > 1:
        ids = _readable(unit, key.shape, ids)
    if len(ids) > 1:
        raise SeveralRecords(key, [wire.location(version, key.shape.api, one) for one in ids])
    return ids[0] if ids else None


def _readable(unit: Unit, shape: Noun, ids: list[str]) -> list[str]:
    """Those of them that a read answers."""

    def is_readable(record_id: str) -> bool:
        try:
            generic.read(unit, shape, record_id)
        except NotFound:
            return False
        return True

    answers = unit.together(partial(is_readable, one) for one in ids)
    return [one for one, is_there in zip(ids, answers, strict=True) if is_there]


def record_id_of(shape: Noun, text: str) -> str:
    """An id of this noun: 404 for what is none, MALFORMED_ID for another noun's."""
    record_id = normalize(text)
    if record_id is None:
        raise NotFound(f"Provided external ID field does not exist or is not accessible: {text}")
    if noun_of_id(record_id) is not shape:
        raise MalformedId(f"{shape.api} ID: id value of incorrect type: {record_id}", fields=("Id",))
    return record_id


def one(unit: Unit, key: Key, version: str) -> str:
    """The id of the row with this key; NotFound without one."""
    record_id = found(unit, key, version)
    if record_id is None:
        raise NotFound
    return record_id


def check_body(key: Key, body: Body) -> None:
    """The key is told by the URL, and there only (recalled)."""
    for name in body:
        if key.shape.field(name) is key.field:
            raise InvalidField(
                f"The {key.field.api} field should not be specified in the sobject data.", fields=(key.field.api,)
            )


def create(unit: Unit, key: Key, body: Body) -> Record:
    """A new row with this key."""
    return generic.create(unit, key.shape, _values_of_new(key, body))


def _values_of_new(key: Key, body: Body) -> Values:
    """A noun that is not made from outside says so first."""
    generic.check_createable(key.shape)
    check_body(key, body)
    return typed(key.shape, {**body, key.field.api: key.value}, creating=True)


def upsert(unit: Unit, key: Key, body: Body, version: str, *, makes: bool, may_make: bool) -> tuple[str, bool]:
    """The row's id, and whether it was made. Without `makes`, a row that is not there is not made (404);
    `may_make` is the caller's right to.

    Of several at once for one key, one makes the row and the others change it: a key that is unique in the
    database is decided again when its constraint was met, any other is locked before its row is made.
    """
    check_body(key, body)
    record_id = found(unit, key, version)
    if record_id is not None:
        _change(unit, key.shape, record_id, body)
        return record_id, False
    if not makes:
        raise NotFound
    if not may_make:  # a key of another location must not show by its answer
        raise InsufficientAccess if unit.limit is None else NotFound
    return _make(unit, key, body), True


def _make(unit: Unit, key: Key, body: Body) -> str:
    values = _values_of_new(key, body)
    if not key.field.unique and not unit.holds_key(key):
        reading = Reading()
        reading.lock_key(key)
        generic.need_references(reading, key.shape, values)
        raise NotLoaded(reading)
    made = generic.create(unit, key.shape, values)
    if key.field.unique:
        unit.sought[made.id] = key.field.column
    return made.id


def _change(unit: Unit, shape: Noun, record_id: str, body: Body) -> None:
    values = typed(shape, body, creating=False)
    if not unit.holds(shape.record, record_id):
        reading = Reading()
        generic.need_change(reading, shape, record_id, values)
        raise NotLoaded(reading)
    generic.update(unit, shape, record_id, values)
