"""The record maker: one class is the Python value, the table row, the wire names and the describe entry."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from operator import attrgetter
from typing import Any, ClassVar, dataclass_transform

import msgspec
from msgspec import StructMeta

from ordo.platform.fields import TEXT_KINDS, Field, Kind

Id = str
Date = date
DateTime = datetime
Time = time

ZERO = Decimal()


def reference(target: str, flags: str = "", **more: Any) -> Any:
    """A lookup to one noun, or to several separated by blanks; `children` names the child relationship."""
    return Field(kind=Kind.REFERENCE, flags=flags, targets=tuple(target.split()), length=18, **more)


def string(length: int, flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.STRING, flags=flags, length=length, **more)


def textarea(length: int, flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.TEXTAREA, flags=flags, length=length, **more)


def email(flags: str = "", *, length: int = 80, **more: Any) -> Any:
    return Field(kind=Kind.EMAIL, flags=flags, length=length, **more)


def phone(flags: str = "", *, length: int = 40, **more: Any) -> Any:
    return Field(kind=Kind.PHONE, flags=flags, length=length, **more)


def url(flags: str = "", *, length: int = 255, **more: Any) -> Any:
    return Field(kind=Kind.URL, flags=flags, length=length, **more)


def encrypted(length: int, flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.ENCRYPTED, flags=flags, length=length, **more)


def picklist(flags: str, *values: str, length: int = 255, **more: Any) -> Any:
    """Open unless the flags hold R; no values means the organisation lists them."""
    return Field(kind=Kind.PICKLIST, flags=flags, values=values, length=length, **more)


def multipicklist(flags: str, *values: str, **more: Any) -> Any:
    return Field(kind=Kind.MULTIPICKLIST, flags=flags, values=values, length=4099, **more)


def boolean(flags: str = "", *, default: bool = False, **more: Any) -> Any:
    return Field(kind=Kind.BOOLEAN, flags=flags, default=default, **more)


def integer(flags: str = "", *, digits: int = 9, **more: Any) -> Any:
    return Field(kind=Kind.INT, flags=flags, digits=digits, scale=0, **more)


def number(flags: str = "", *, digits: int = 18, scale: int = 2, **more: Any) -> Any:
    """A quantity: an exact decimal."""
    return Field(kind=Kind.DOUBLE, flags=flags, digits=digits, scale=scale, **more)


def coordinate(flags: str = "", **more: Any) -> Any:
    """A latitude or longitude: the only doubles that are stored as floats."""
    return Field(kind=Kind.DOUBLE, flags=flags, digits=18, scale=15, approximate=True, **more)


def currency(flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.CURRENCY, flags=flags, **more)


def total(flags: str = "", **more: Any) -> Any:
    """An amount the platform keeps: 0 until something is added to it."""
    return Field(kind=Kind.CURRENCY, flags=flags, default=ZERO, **more)


def percent(flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.PERCENT, flags=flags, digits=more.pop("digits", 5), **more)


def day(flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.DATE, flags=flags, **more)


def moment(flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.DATETIME, flags=flags, **more)


def time_of_day(flags: str = "", **more: Any) -> Any:
    return Field(kind=Kind.TIME, flags=flags, **more)


def address(prefix: str, **more: Any) -> Any:
    """A compound, read-only field assembled from `<prefix>Street`, `<prefix>City` and so on; not stored."""
    return Field(kind=Kind.ADDRESS, flags="N", values=(prefix,), **more)


def geolocation(prefix: str = "", **more: Any) -> Any:
    """A compound, read-only field assembled from `<prefix>Latitude` and `<prefix>Longitude`; not stored."""
    return Field(kind=Kind.LOCATION, flags="N", values=(prefix,), **more)


class Noun:
    """What the declarations say of one record class: names, fields, relationships, who may write it."""

    def __init__(self, record: type[Record], api: str, fields: Iterable[Field], **told: Any) -> None:
        self.record = record
        self.api = api
        self.table = api.lower()
        self.prefix: str = told.pop("prefix")
        self.label: str = told.pop("label")
        self.plural: str = told.pop("plural")
        self.room: str = told.pop("room")
        self.calls = frozenset(told.pop("calls").split())
        self.root: tuple[str, str] | None = told.pop("root")
        self.unique: tuple[tuple[str, ...], ...] = told.pop("unique")
        self.view = tuple(told.pop("view").split())
        self.busy: bool = told.pop("busy")
        self.shared: bool = told.pop("shared")
        self.ledger = tuple(told.pop("ledger").split())
        if told:
            raise TypeError(f"{api}: unknown declarations {sorted(told)}")
        self.fields = {field.attribute: field for field in fields}
        self.by_name = {field.column: field for field in self.fields.values()}
        self.aliases = {alias.lower(): field for field in self.fields.values() for alias in field.aliases}
        self.references = frozenset(f.attribute for f in self.fields.values() if f.kind is Kind.REFERENCE)
        self.relationships = {f.relationship.lower(): f for f in self.fields.values() if f.relationship}
        self.required = tuple(field for field in self.fields.values() if field.required)
        names = [f for f in self.fields.values() if "L" in f.flags and f.kind in TEXT_KINDS]
        self.name_field = names[0] if names else None

    def field(self, name: str) -> Field | None:
        """By API name or alias, whatever its case; None if there is none."""
        return self.by_name.get(name.lower()) or self.aliases.get(name.lower())

    def shows(self, field: Field, version: str, person_accounts: bool) -> bool:
        """Whether the field is there for this version (`60.0`) and an organisation with that option."""
        if field.hidden or field.since > float(version):
            return False
        of_person = field.api.startswith("Person") or field.api == "IsPersonAccount"
        return not of_person or person_accounts or self.api != "Account"

    @property
    def stored(self) -> Iterator[Field]:
        return (field for field in self.fields.values() if field.stored)

    def __repr__(self) -> str:
        return f"<noun {self.api}>"


_NOUNS: dict[str, Noun] = {}
_BY_PREFIX: dict[str, Noun] = {}
_DEFAULT_CALLS = "create retrieve update delete query"


def camel(attribute: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in attribute.split("_"))


def column_of(attribute: str) -> str:
    return attribute.replace("_", "")


def _words(api: str) -> str:
    return re.sub(r" Id$", " ID", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", api))


def _finished(attribute: str, spec: Field) -> Field:
    api = spec.api or camel(attribute)
    if api.lower() != column_of(attribute):
        raise TypeError(f"{attribute} must be {api} in snake case")
    relationship = spec.relationship
    if spec.kind is Kind.REFERENCE and relationship is None and api.endswith("Id"):
        relationship = api[:-2]
    return msgspec.structs.replace(
        spec, api=api, attribute=attribute, label=spec.label or _words(api), relationship=relationship
    )


@dataclass_transform(kw_only_default=True, frozen_default=True, eq_default=True)
class _RecordMeta(StructMeta):
    """Turns `name = string(255, "CUL")` into a struct field with its real default, and keeps the Field."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **told: Any) -> Any:
        specs = {key: value for key, value in namespace.items() if isinstance(value, Field)}
        fields = {key: _finished(key, spec) for key, spec in specs.items()}
        for key, field in fields.items():
            if field.stored:
                namespace[key] = field.default
            else:  # a compound field is read, never held
                del namespace[key]
                namespace.get("__annotations__", {}).pop(key, None)
        inherited: dict[str, Field] = {}
        for base in bases:
            inherited |= getattr(base, "__fields__", {})
        cls: Any = super().__new__(
            mcls, name, bases, namespace,
            frozen=True, kw_only=True, omit_defaults=True, gc=False, rename=column_of,
        )  # fmt: skip
        cls.__fields__ = inherited | fields
        if "prefix" in told:
            _declare(cls, name, told)
        return cls

    def __init__(cls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **_: Any) -> None:
        super().__init__(name, bases, namespace)


def _declare(cls: Any, name: str, told: dict[str, Any]) -> None:
    told.setdefault("label", _words(name))
    told.setdefault("plural", told["label"] + "s")
    told.setdefault("calls", _DEFAULT_CALLS)
    told.setdefault("root", None)
    told.setdefault("unique", ())
    told.setdefault("view", "")
    told.setdefault("busy", False)
    told.setdefault("shared", False)
    told.setdefault("ledger", "")
    noun = Noun(cls, name, cls.__fields__.values(), **told)
    if noun.table in _NOUNS:
        raise TypeError(f"{name} is declared twice")
    if noun.prefix in _BY_PREFIX:
        raise TypeError(f"prefix {noun.prefix} is taken by {_BY_PREFIX[noun.prefix].api}")
    cls.__noun__ = noun
    _NOUNS[noun.table] = noun
    _BY_PREFIX[noun.prefix] = noun


class Record(msgspec.Struct, metaclass=_RecordMeta):
    """A whole, frozen row. None is null; it changes only through `Unit.change`.

    Class arguments of a noun: `prefix` (key prefix), `room` (the domain room that may write it),
    and optionally `label`, `plural`, `calls` (of create retrieve update delete query), `root`
    ("reference_attribute", "RootNoun": what is locked before it is changed), `unique` (tuples of attributes),
    `view` (the nouns whose rows it shows: it has no table of its own), `busy` (rows change many times),
    `shared` (very many rows of others refer to each row) and `ledger` (attributes whose every change is a
    ledger row, so that the field is the sum of its rows).

    A field whose type is not optional is never null: it is required, or has a default, or its verb fills it.
    """

    __fields__: ClassVar[Mapping[str, Field]]
    __noun__: ClassVar[Noun]

    id: Id = Field(kind=Kind.ID, flags="D", length=18, label="Record ID")  # type: ignore[assignment]
    is_deleted: bool = boolean("D", label="Deleted")
    created_date: DateTime | None = moment("D")
    created_by_id: Id | None = reference("User", "D")
    last_modified_date: DateTime | None = moment("D")
    last_modified_by_id: Id | None = reference("User", "D")
    system_modstamp: DateTime | None = moment("D", api="SystemModstamp")
    custom: dict[str, Any] | None = Field(kind=Kind.TEXTAREA, api="Custom", hidden=True)  # type: ignore[assignment]

    def derived(self) -> Mapping[str, object]:
        """Fields that follow from the others of the same row; pure."""
        return {}


def noun(name: str) -> Noun | None:
    """By API name, whatever its case."""
    return _NOUNS.get(name.lower())


def noun_of_id(record_id: str) -> Noun | None:
    return _BY_PREFIX.get(record_id[:3])


def nouns() -> list[Noun]:
    """Every declared noun, by name."""
    return [_NOUNS[key] for key in sorted(_NOUNS)]


def children_of(parent: Noun) -> list[tuple[Noun, Field]]:
    """The child relationships of a noun: (child noun, the reference field on it)."""
    return [
        (child, field)
        for child in nouns()
        for field in child.fields.values()
        if field.children and parent.api in field.targets
    ]


def changed(record: Record, fields: Mapping[str, object]) -> tuple[Record, set[str]]:
    """A copy with `fields` set and its derived fields up to date, and the attributes that differ now."""
    replace: Callable[..., Record] = msgspec.structs.replace
    after = replace(record, **fields)
    derived = after.derived()
    if derived:
        after = replace(after, **derived)
    touched = tuple({**fields, **derived})
    values = values_of(touched)
    return after, {
        name for name, was, is_now in zip(touched, values(record), values(after), strict=True) if was != is_now
    }


@lru_cache(maxsize=4096)
def values_of(attributes: tuple[str, ...]) -> Callable[[object], tuple[Any, ...]]:
    """The values of several attributes in one call: rows are wide, and are copied and compared all the time."""
    if len(attributes) > 1:
        return attrgetter(*attributes)
    return lambda record: tuple(getattr(record, name) for name in attributes)


def zero(value: Decimal | None) -> Decimal:
    """Absent amounts count as nothing."""
    return ZERO if value is None else value
