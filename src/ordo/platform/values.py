"""Wire values to typed values: every field that comes in is checked here, with the platform's own errors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, NamedTuple

from ordo.kernel.ids import normalize
from ordo.kernel.problems import (
    FieldNotWriteable,
    InvalidField,
    MalformedId,
    NoSuchColumn,
    NotFound,
    ParserError,
    Problem,
)
from ordo.platform.fields import TEXT_KINDS, Field, Kind
from ordo.platform.keys import Key, NoSuchKey, NotAKey
from ordo.platform.records import Noun, noun, noun_of_id

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")
_DATETIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:?\d\d)")
_TIME = re.compile(r"(\d\d:\d\d(?::\d\d)?)(\.\d{1,9})?Z?")


class StringTooLong(Problem):
    code = "STRING_TOO_LONG"


class BadPicklistValue(Problem):
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"

    def __init__(self, field: str) -> None:
        super().__init__(f"bad value for restricted picklist field: {field}", fields=(field,))


class NumberOutsideRange(Problem):
    code = "NUMBER_OUTSIDE_VALID_RANGE"

    def __init__(self, field: str) -> None:
        super().__init__(f"{field}: value outside of valid range", fields=(field,))


class InvalidEmailAddress(Problem):
    code = "INVALID_EMAIL_ADDRESS"


def _cannot_read(field: Field, kind: str, value: object) -> ParserError:
    match value:
        case dict():
            read = "START_OBJECT"
        case list():
            read = "START_ARRAY"
        case None:
            read = "VALUE_NULL value null"
        case bool():
            read = "VALUE_TRUE value true" if value else "VALUE_FALSE value false"
        case int():
            read = f"VALUE_NUMBER_INT value {value}"
        case Decimal():
            read = f"VALUE_NUMBER_FLOAT value {value}"
        case _:
            read = f"VALUE_STRING value {value}"
    return ParserError(
        f"Cannot deserialize instance of {kind} from {read} or request may be missing a required field",
        fields=(field.api,),
    )


def _text(field: Field, value: object) -> str | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _cannot_read(field, "string", value)
    text = str(value)
    if "\0" in text:
        raise ParserError("Illegal character ((CTRL-CHAR, code 0)) in a string value", fields=(field.api,))
    if not text:
        return None
    if field.length and len(text) > field.length:
        raise StringTooLong(
            f"{field.label}: data value too large: {text[:255]} (max length={field.length})", fields=(field.api,)
        )
    return text


def _email(field: Field, value: object) -> str | None:
    text = _text(field, value)
    if text is not None and not _EMAIL.fullmatch(text):
        raise InvalidEmailAddress(f"{field.label}: invalid email address: {text}", fields=(field.api,))
    return text


def _picklist(field: Field, value: object) -> str | None:
    text = _text(field, value)
    if text is None or text in field.values:
        return text
    for known in field.values:
        if known.lower() == text.lower():
            return known
    if field.restricted and field.values:
        raise BadPicklistValue(field.api)
    return text


@cache
def _all_declared(targets: tuple[str, ...]) -> bool:
    """Whether an id of no known noun can be none of these."""
    return all(noun(target) is not None for target in targets)


def _reference(field: Field, value: object) -> str | None:
    if not isinstance(value, str):
        raise MalformedId(f"{field.label}: id value of incorrect type: {value}", fields=(field.api,))
    if not value:
        return None
    found = normalize(value)
    if found is None:
        raise MalformedId(f"malformed id {value[:255]}", fields=(field.api,))
    target = noun_of_id(found)
    if field.targets and (target.api not in field.targets if target else _all_declared(field.targets)):
        raise MalformedId(f"{field.label}: id value of incorrect type: {found}", fields=(field.api,))
    return found


def _boolean(field: Field, value: object) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise _cannot_read(field, "boolean", value)


def _decimal(field: Field, value: object) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        raise _cannot_read(field, "double", value)
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise _cannot_read(field, "double", value)
    try:
        number = Decimal(value)
    except InvalidOperation:  # an exponent beyond all reason
        raise NumberOutsideRange(field.api) from None
    if number and number.adjusted() >= field.digits - field.scale:
        raise NumberOutsideRange(field.api)
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and not -20 <= exponent <= field.digits:
        raise NumberOutsideRange(field.api)
    return number


def _coordinate(field: Field, value: object) -> float:
    return float(_decimal(field, value))


def _integer(field: Field, value: object) -> int:
    number = _decimal(field, value)
    if number != number.to_integral_value():
        raise _cannot_read(field, "int", value)
    return int(number)


def _date(field: Field, value: object) -> date:
    match = _DATE.match(value) if isinstance(value, str) else None
    rest = value[match.end() :] if match and isinstance(value, str) else ""
    if match is None or (rest and not rest.startswith("T")):
        raise _cannot_read(field, "date", value)
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise _cannot_read(field, "date", value) from None


def _datetime(field: Field, value: object) -> datetime:
    match = _DATETIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise _cannot_read(field, "datetime", value)
    zone = match[4] if match[4] == "Z" or ":" in match[4] else f"{match[4][:3]}:{match[4][3:]}"
    fraction = (match[3] or ".0")[:4]
    try:
        moment = datetime.fromisoformat(f"{match[1]}T{match[2]}{fraction:0<4}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        raise _cannot_read(field, "datetime", value) from None
    if not 1700 <= moment.year <= 4000:
        raise _cannot_read(field, "datetime", value)
    return moment


def _time(field: Field, value: object) -> time:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    try:
        if match is None:
            raise ValueError(value)
        return time.fromisoformat(f"{match[1]}{(match[2] or '')[:7]}")
    except ValueError:
        raise _cannot_read(field, "time", value) from None


_CONVERTERS: dict[Kind, Callable[[Field, object], object]] = {
    **dict.fromkeys(TEXT_KINDS, _text),
    Kind.EMAIL: _email,
    Kind.PICKLIST: _picklist,
    Kind.REFERENCE: _reference,
    Kind.ID: _reference,
    Kind.BOOLEAN: _boolean,
    Kind.INT: _integer,
    Kind.DOUBLE: _decimal,
    Kind.CURRENCY: _decimal,
    Kind.PERCENT: _decimal,
    Kind.DATE: _date,
    Kind.DATETIME: _datetime,
    Kind.TIME: _time,
}


def convert(field: Field, value: object) -> Any:
    """The typed value of a field; None stays None, an empty text becomes None. Raises Problem."""
    return _null(field) if value is None else _converter(field)(field, value)


def _null(field: Field) -> Any:
    """Null clears, or puts a field that has one back to its default; a boolean must be told."""
    if field.kind is Kind.BOOLEAN:
        raise _cannot_read(field, "boolean", None)
    return field.default


def _converter(field: Field) -> Callable[[Field, object], object]:
    return _coordinate if field.approximate else _CONVERTERS[field.kind]


class _Known(NamedTuple):
    """What a body may say of a field."""

    attribute: str
    field: Field
    convert: Callable[[Field, object], object]


@cache
def _writeable(shape: Noun, creating: bool) -> dict[str, _Known]:
    """By the exact API name: how nearly every client spells it."""
    return {
        field.api: _Known(field.attribute, field, _converter(field))
        for field in shape.stored
        if field.attribute != "custom" and (field.createable if creating else field.updateable)
    }


def typed(shape: Noun, body: Mapping[str, object], *, creating: bool) -> dict[str, Any]:
    """A body as attributes and typed values. Unknown, read-only and doubled fields are refused by name.

    A reference told by its relationship, `"Account": {"Name": "…"}`, becomes a Key in the place of the id.
    """
    values: dict[str, Any] = {}
    known = _writeable(shape, creating)
    for name, value in body.items():
        found = known.get(name)
        if found is None:
            if name == "attributes":
                continue
            found = _otherwise_spelled(shape, name, known)
        if found.attribute in values:
            raise InvalidField(f"duplicate field: {found.field.api}", fields=(found.field.api,))
        told = None if value is None else found.convert(found.field, value)
        values[found.attribute] = _null(found.field) if told is None else told
    return values


def _otherwise_spelled(shape: Noun, name: str, known: Mapping[str, _Known]) -> _Known:
    """Names are case-insensitive, and some fields have aliases; what may not be written is refused."""
    field = shape.field(name)
    if field is None and (reference := shape.relationships.get(name.lower())):
        if reference.api not in known:
            raise FieldNotWriteable(reference.api)
        return known[reference.api]._replace(convert=_named)
    if field is None or (field.hidden and not field.createable):
        raise NoSuchColumn(name, shape.api)
    if field.kind is Kind.ID:
        raise InvalidField("The Id field should not be specified in the sobject data.", fields=(field.api,))
    found = known.get(field.api)
    if found is None:
        raise FieldNotWriteable(field.api)
    return found


def _named(field: Field, value: object) -> Key | str | None:
    """What a reference told as an object with one lookup field names; an id told so is the id."""
    told = {name: one for name, one in value.items() if name != "attributes"} if isinstance(value, dict) else {}
    if not isinstance(value, dict) or len(told) != 1:
        raise _cannot_read(field, f"{field.relationship} with one field", value)
    shape = _named_noun(field, value.get("attributes"))
    ((name, text),) = told.items()
    by = shape.field(name)
    if by is None or by.hidden:
        raise NoSuchColumn(name, shape.api)
    if not by.id_lookup:
        raise NotAKey(by.api, shape.api)
    if by.kind is Kind.ID:
        return _reference(field, text)
    found = convert(by, text)
    if found is None:
        raise InvalidField(f"{by.api} of {field.relationship} names no record", fields=(field.api,))
    return Key(shape, by, found)


def _named_noun(field: Field, attributes: object) -> Noun:
    """The noun that is meant: of several, `attributes` must say which."""
    targets = [shape for shape in map(noun, field.targets) if shape is not None]
    kind = attributes.get("type") if isinstance(attributes, dict) else None
    if isinstance(kind, str):
        targets = [shape for shape in targets if shape.api.lower() == kind.lower()]
    if len(targets) != 1:
        raise InvalidField(f"{field.relationship} needs the type of its record in attributes", fields=(field.api,))
    return targets[0]


def key_of(shape: Noun, name: str, text: str) -> Key:
    """The key that a URL tells; NoSuchKey (404) for a field that is none, NotFound without a value."""
    by = shape.field(name)
    if by is None and normalize(name):
        raise NotFound  # a record's relationship, which is not served
    if by is None or not by.id_lookup:
        raise NoSuchKey(name)
    found = text if by.kind is Kind.ID else convert(by, text)
    if not found:
        raise NotFound
    return Key(shape, by, found)
