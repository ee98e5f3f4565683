"""A JSON body as the command it stands for: camelCase properties, each checked with the platform's errors.

A command says what a property is by its type. A text whose name ends in `_id` or `_ids` after a noun
(`invoice_id`) is an id of that noun; where the name is another, `Meta(extra={"noun": …})` says which.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, TypeVar, Union, get_args, get_origin, get_type_hints

import msgspec

from ordo.kernel.problems import InvalidIdentifier, MalformedId, ParserError, RequiredFieldMissing
from ordo.platform.fields import Field
from ordo.platform.records import boolean, camel, noun, number, property_name, reference, string
from ordo.platform.values import convert

T = TypeVar("T", bound=msgspec.Struct)
Reader = Callable[[object], Any]


class Property(NamedTuple):
    """One property of a body: where it goes, and how it is read. None is read as absent."""

    attribute: str
    is_required: bool
    read: Reader


def read(kind: type[T], body: object) -> T:
    """The body as a struct. ParserError, RequiredFieldMissing, InvalidIdentifier, or a value's own Problem."""
    if not isinstance(body, Mapping):
        raise ParserError("Cannot deserialize an object from something else")
    properties = _properties(kind)
    unknown = [name for name in body if name not in properties]
    if unknown:
        raise ParserError(f'Unrecognized field "{unknown[0]}"', fields=(str(unknown[0]),))
    told = {
        property_.attribute: value
        for name, property_ in properties.items()
        if body.get(name) is not None and (value := property_.read(body[name])) is not None
    }
    lacking = [name for name, one in properties.items() if one.is_required and one.attribute not in told]
    if lacking:
        raise RequiredFieldMissing(*lacking)
    return kind(**told)


@cache
def _properties(kind: type[msgspec.Struct]) -> dict[str, Property]:
    """By their names on the wire."""
    hints = get_type_hints(kind, include_extras=True)
    return {
        property_name(field.name): Property(
            field.name, field.required, _reader(hints[field.name], field.name, property_name(field.name))
        )
        for field in msgspec.structs.fields(kind)
    }


def _reader(type_: Any, attribute: str, name: str) -> Reader:
    origin, arguments = get_origin(type_), get_args(type_)
    if origin is Annotated:
        (meta,) = arguments[1:]
        return partial(_value, _named(reference(meta.extra["noun"]), name))
    if origin in (UnionType, Union):
        (inner,) = (one for one in arguments if one is not NoneType)
        return _reader(inner, attribute, name)
    if origin is list:
        return partial(_list, _reader(arguments[0], attribute.removesuffix("s"), name), name)
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        return partial(read, type_)
    return partial(_value, _named(_field(type_, attribute), name))


def _field(type_: Any, attribute: str) -> Field:
    """How a single value is checked; KeyError for a type that no property has yet."""
    if type_ is str and attribute.endswith("_id"):
        target = noun(camel(attribute.removesuffix("_id")))
        if target is not None:
            return reference(target.api)  # type: ignore[no-any-return]
    makers: dict[Any, Callable[[], Any]] = {str: lambda: string(0), Decimal: number, bool: boolean}
    return makers[type_]()  # type: ignore[no-any-return]


def _named(field: Field, name: str) -> Field:
    return msgspec.structs.replace(field, api=name, label=name)


def _value(field: Field, value: object) -> Any:
    try:
        return convert(field, value)
    except MalformedId:
        raise InvalidIdentifier(field.api, value) from None


def _list(reader: Reader, name: str, value: object) -> list[Any]:
    if not isinstance(value, list):
        raise ParserError(f"Cannot deserialize an array for {name} from something else", fields=(name,))
    found = [reader(item) if item is not None else None for item in value]
    if any(item is None for item in found):
        raise ParserError(f"{name} must not hold null", fields=(name,))
    return found
