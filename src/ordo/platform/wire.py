"""How a record looks on the wire: API names, the platform's formats."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import msgspec

from ordo.platform.fields import Field, Kind
from ordo.platform.records import Record

_TENTH = Decimal("0.1")
_encoder = msgspec.json.Encoder(decimal_format="number")
encode = _encoder.encode
decode_exactly = msgspec.json.Decoder(float_hook=Decimal).decode


def shown(field: Field, value: Any) -> Any:
    """A typed value as JSON shows it: times in UTC with milliseconds, decimals with a fraction."""
    if value is None:
        return None
    match field.kind:
        case Kind.DATETIME:
            return moment(value)
        case Kind.DOUBLE | Kind.CURRENCY | Kind.PERCENT if isinstance(value, Decimal):
            return fraction(value)
        case Kind.DATE:
            return date.isoformat(value)
        case Kind.TIME:
            return time.isoformat(value, "milliseconds") + "Z"
    return value


def moment(value: datetime) -> str:
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{value.microsecond // 1000:03d}+0000"


def fraction(value: Decimal) -> Decimal:
    """10 is shown as 10.0, 20.00 as it is."""
    exponent = value.as_tuple().exponent
    return value.quantize(_TENTH) if isinstance(exponent, int) and exponent >= 0 else value


def location(version: str, noun: str, record_id: str) -> str:
    """The relative URL of a record, in the version of the request."""
    return f"/services/data/v{version}/sobjects/{noun}/{record_id}"


def document(record: Record, version: str, fields: Iterable[Field] | None = None) -> dict[str, Any]:
    """The body of a read: attributes, the fields, Id last when fields were named."""
    shape = record.__noun__
    body: dict[str, Any] = {"attributes": {"type": shape.api, "url": location(version, shape.api, record.id)}}
    wanted = list(fields) if fields is not None else [f for f in shape.fields.values() if not f.hidden]
    for field in wanted:
        if not field.stored:
            body[field.api] = address(record, field)
        elif field.kind is not Kind.ID or fields is None:
            body[field.api] = shown(field, getattr(record, field.attribute))
    body["Id"] = record.id
    return body


_ADDRESS_PARTS = {
    "city": "city",
    "country": "country",
    "countryCode": "country_code",
    "geocodeAccuracy": "geocode_accuracy",
    "latitude": "latitude",
    "longitude": "longitude",
    "postalCode": "postal_code",
    "state": "state",
    "stateCode": "state_code",
    "street": "street",
}


def parts_of(fields: Mapping[str, Field], compound: Field) -> dict[str, str]:
    """The attributes a compound address or geolocation is made of, by their keys in its document."""
    prefix = "".join("_" + c.lower() if c.isupper() else c for c in compound.values[0]).lstrip("_")
    prefix += "_" if prefix else ""
    return {key: prefix + attribute for key, attribute in _ADDRESS_PARTS.items() if prefix + attribute in fields}


def address(record: Record, field: Field) -> dict[str, Any] | None:
    """A compound address or geolocation from its parts; null when all of them are empty."""
    parts = {key: getattr(record, attribute) for key, attribute in parts_of(record.__fields__, field).items()}
    return parts if any(value is not None for value in parts.values()) else None
