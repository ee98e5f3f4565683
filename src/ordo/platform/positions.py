"""Stock positions, reservations and the ledger: the tables whose sums must always agree."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Numeric,
    PrimaryKeyConstraint,
    Table,
    Text,
)

from ordo.platform.schema import metadata

_key = Text(collation="C")

position_table = Table(
    "position",
    metadata,
    Column("sku", _key, nullable=False),
    Column("location", _key, nullable=False),
    Column("onhand", Numeric, nullable=False, server_default="0"),
    Column("reserved", Numeric, nullable=False, server_default="0"),
    Column("future", Numeric, nullable=False, server_default="0"),
    Column("short", Numeric, nullable=False, server_default="0"),
    PrimaryKeyConstraint("sku", "location", name="position_pkey"),
    CheckConstraint("onhand >= 0", name="position_onhand_check"),
    CheckConstraint("reserved >= 0", name="position_reserved_check"),
    CheckConstraint("future >= 0 AND short >= 0", name="position_future_check"),
    CheckConstraint("reserved <= onhand + future + short", name="position_promise_check"),
    postgresql_with={"fillfactor": "80"},
)

reservation_table = Table(
    "reservation",
    metadata,
    Column("id", _key, nullable=False, comment="the FulfillmentOrderLineItem it is for"),
    Column("sku", _key, nullable=False),
    Column("location", _key, nullable=False),
    Column("quantity", Numeric, nullable=False),
    Column("createddate", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("id", name="reservation_pkey"),
    CheckConstraint("quantity > 0", name="reservation_quantity_check"),
)

ledger_table = Table(
    "ledger",
    metadata,
    Column("subject", _key, nullable=False, comment="a record id, or sku@location"),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    Column("debit", Text, nullable=False, comment="the account that gains"),
    Column("credit", Text, nullable=False, comment="the account that gives"),
    Column("amount", Numeric, nullable=False),
    Column("because", _key, nullable=False, comment="the record a stock movement was for; empty for a field"),
    Column("at", DateTime(timezone=True), nullable=False),
    PrimaryKeyConstraint("subject", "id", name="ledger_pkey"),
)


class Position(msgspec.Struct, frozen=True, rename=lambda name: name.replace("_", "")):
    """Units of one SKU at one location. Promised stock never exceeds on hand + future + short."""

    sku: str
    location: str
    on_hand: Decimal
    reserved: Decimal
    future: Decimal
    short: Decimal

    @property
    def available(self) -> Decimal:
        """Units that may still be promised from what lies on the shelf."""
        return self.on_hand - self.reserved

    def moved(self, demand: Demand) -> Position:
        """As the write will leave it."""
        on_hand, reserved = self.on_hand + demand.on_hand, self.reserved + demand.reserved
        short = lacking(on_hand, reserved, self.future)
        return msgspec.structs.replace(self, on_hand=on_hand, reserved=reserved, short=short)


def lacking(on_hand: Decimal, reserved: Decimal, future: Decimal) -> Decimal:
    """Units promised beyond what is there or on its way."""
    return max(reserved - on_hand - future, Decimal())


class Demand(NamedTuple):
    """What one Work adds to a position, summed over all its atoms. `short` is by how much more may be promised
    than is there: only who finds fewer units than were promised adds to it."""

    on_hand: Decimal
    reserved: Decimal
    short: Decimal


class Movement(NamedTuple):
    """One ledger row: `amount` (> 0) leaves the account `credit` of `subject` and enters `debit`."""

    subject: str
    debit: str
    credit: str
    amount: Decimal
    because: str


def movement(subject_id: str, debit: str, credit: str, amount: Decimal, because: str) -> Movement:
    """A ledger row; a negative amount goes the other way."""
    if amount < 0:
        debit, credit, amount = credit, debit, -amount
    return Movement(subject_id, debit, credit, amount, because)


class Reservation(NamedTuple):
    id: str
    sku: str
    location: str
    quantity: Decimal


def subject(sku: str, location: str) -> str:
    """The ledger's name of a position."""
    return f"{sku}@{location}"
