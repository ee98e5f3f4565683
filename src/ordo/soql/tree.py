"""The syntax tree. `at` is the offset in the text; a literal is the slot its value was lifted to."""

from __future__ import annotations

from typing import TypeAlias

from msgspec import Struct


class Path(Struct, frozen=True):
    names: tuple[str, ...]
    at: int


class Call(Struct, frozen=True):
    """A function; `name` in capitals."""

    name: str
    arguments: tuple[Path | Call, ...]
    at: int


class Literal(Struct, frozen=True):
    kind: str
    slot: int
    at: int


class Money(Struct, frozen=True):
    """An amount with a currency before it, USD5000.50: `slot` holds .50, the rest is in the shape."""

    whole: str
    slot: int | None
    at: int


class Null(Struct, frozen=True):
    at: int


class Period(Struct, frozen=True):
    """A date literal, TODAY or LAST_N_DAYS:n; `name` in capitals, `slot` that of n."""

    name: str
    slot: int | None
    at: int


class Bind(Struct, frozen=True):
    """A bind variable, `:name`."""

    name: str
    at: int


Value: TypeAlias = "Literal | Money | Null | Period | Bind"


class Compare(Struct, frozen=True):
    """`left operator value`; the operator in capitals, `<>` as `!=`; of IN a tuple or a Query."""

    left: Path | Call
    operator: str
    value: Value | tuple[Value, ...] | Query
    at: int


class And(Struct, frozen=True):
    terms: tuple[Condition, ...]


class Or(Struct, frozen=True):
    terms: tuple[Condition, ...]


class Not(Struct, frozen=True):
    term: Condition


Condition: TypeAlias = "Compare | And | Or | Not"


class Branch(Struct, frozen=True):
    """WHEN noun THEN paths; no noun is ELSE."""

    noun: str | None
    paths: tuple[Path, ...]
    at: int


class Typeof(Struct, frozen=True):
    path: Path
    branches: tuple[Branch, ...]
    at: int


class Entry(Struct, frozen=True):
    what: Path | Call | Query | Typeof
    alias: str | None
    at: int


class Order(Struct, frozen=True):
    what: Path | Call
    descending: bool
    nulls_last: bool


class Query(Struct, frozen=True, kw_only=True):
    entries: tuple[Entry, ...]
    source: Path
    alias: str | None = None
    also: tuple[tuple[Path, str | None], ...] = ()
    scope: str | None = None
    where: Condition | None = None
    group: tuple[Path | Call, ...] = ()
    group_as: str = ""
    having: Condition | None = None
    order: tuple[Order, ...] = ()
    limit: Literal | None = None
    offset: Literal | None = None
    all_rows: bool = False
    at: int = 0
