"""Options of the organisation: what the merchant decides, stored in the database, the same for every process."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
from sqlalchemy import Column, Table, Text
from sqlalchemy.dialects.postgresql import JSON

from ordo.platform.schema import metadata

if TYPE_CHECKING:
    from ordo.platform.database import Database

option_table = Table(
    "option",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSON, nullable=False),
)

_SET = "INSERT INTO option (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Each field is one option; the default is what an organisation starts with."""

    currency: str = "USD"
    """The currency of orders that name none."""

    summary_on_activation: bool = True
    """Whether activating an order makes its managed summary in the same transaction."""

    person_accounts: bool = True
    """Whether an account can be one shopper (S0-03)."""

    optional_price_books: bool = False
    """Whether order products need no price book entry (S0-55)."""

    fulfillment_statuses: dict[str, str] = {}
    """FulfillmentOrder statuses of the merchant's own, each with its category (C10)."""

    daily_api_requests: Annotated[int, msgspec.Meta(ge=1)] = 1_000_000
    """Calls of the API in 24 hours that `limits` and the header Sforce-Limit-Info tell as the maximum; nobody is
    refused for more."""

    data_storage_megabytes: Annotated[int, msgspec.Meta(ge=1)] = 100_000
    """What `limits` tells as the room for the database; only told, too."""

    gateway_settings: dict[str, dict[str, Any]] = {}
    """Settings of a PaymentGateway's adapter, by the record's id. They are stored as they are: no secrets."""

    routing_locations: tuple[str, ...] = ()
    """Ids of the locations the default flow tries, in this order."""


async def load(database: Database) -> Options:
    """The stored options over the defaults. ValueError names an option that cannot be read."""
    rows = await database.fetch("SELECT name, value FROM option")
    known = {field.name for field in msgspec.structs.fields(Options)}
    stored = {row["name"]: msgspec.json.decode(row["value"]) for row in rows if row["name"] in known}
    try:
        return msgspec.convert(stored, Options)
    except msgspec.ValidationError as error:
        raise ValueError(f"stored options: {error}") from error


async def store(database: Database, name: str, value: object) -> None:
    """Sets one option for the whole organisation."""
    msgspec.convert({name: value}, Options)
    await database.execute(_SET, name, msgspec.json.encode(value))
