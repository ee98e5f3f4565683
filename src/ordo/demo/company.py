"""Harbour & Hill, the demo company: its lists, and what is no list. The names are those tills look for."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from ordo.bootstrap import Machine
from ordo.journeys.import_product import ImportProduct, ImportRecord, Price
from ordo.journeys.option_values import set_option
from ordo.objects.accounts import Account
from ordo.objects.catalog import SalesChannel
from ordo.objects.orders import OrderDeliveryMethod
from ordo.objects.payments import PaymentGateway, PaymentGatewayProvider
from ordo.platform.calls import Atom, Entry
from ordo.platform.database import Database
from ordo.platform.keys import Key
from ordo.platform.records import Record

NAME = "Harbour & Hill"
MERCHANT = "harbour"
PROVIDER = "Simulated"
CARD_GATEWAY = "Harbour Card"
CASH_GATEWAY = "CashPOS"
DELIVERY_SKU = "HH-DELIVERY"
TILL = "POS"
TILL_STORE = "New York"
SENT = "ONLINE-DEFAULT"

_DATA = Path(__file__).parent / "data"
_LOCATIONS = _DATA / "locations.csv"
STOCK = ("inventory", _DATA / "inventory.csv")
LISTS: Sequence[tuple[str, Path]] = (
    ("locations", _LOCATIONS),
    ("products", _DATA / "products.csv"),
    ("products", _DATA / "prices.csv"),
    STOCK,
)
"""What goes in, in this order: the kind of `ordo import`, and the file."""


class Region(NamedTuple):
    """Where the company sells in one language and currency, and what a delivery costs there."""

    locale: str
    country: str
    currency: str
    delivery: str

    @property
    def account(self) -> str:
        """Of sales to nobody known (S0-88)."""
        return f"{MERCHANT}-{self.locale}"

    @property
    def book(self) -> str:
        """MerchantID-Locale-Region (S0-90)."""
        return f"{MERCHANT}-{self.locale}-{self.country}"


REGIONS = (
    Region("en_US", "US", "USD", "5.95"),
    Region("en_GB", "GB", "GBP", "3.95"),
    Region("de_DE", "DE", "EUR", "4.90"),
    Region("ja_JP", "JP", "JPY", "600"),
)


class Shopper(NamedTuple):
    """A person the tills know by e-mail (S0-87)."""

    first_name: str
    last_name: str
    email: str
    street: str
    city: str
    postal_code: str
    country: str


SHOPPERS = (
    Shopper("Maya", "Chen", "maya.chen@example.com", "214 Prospect Place", "New York", "11238", "US"),
    Shopper("Daniel", "Ortiz", "daniel.ortiz@example.com", "1830 North Halsted Street", "Chicago", "60614", "US"),
    Shopper("Amelia", "Hart", "amelia.hart@example.com", "27 Colebrooke Row", "London", "N1 8DB", "GB"),
    Shopper("Owen", "Clarke", "owen.clarke@example.com", "5 Beech Road", "Manchester", "M21 8BX", "GB"),
    Shopper("Lena", "Vogt", "lena.vogt@example.com", "Oderberger Straße 18", "Berlin", "10435", "DE"),
    Shopper("Claire", "Martin", "claire.martin@example.com", "9 rue des Martyrs", "Paris", "75009", "FR"),
    Shopper("Haruto", "Sato", "haruto.sato@example.com", "4-12-6 Kichijoji Honcho", "Tokyo", "180-0004", "JP"),
    Shopper("Yui", "Nakamura", "yui.nakamura@example.com", "1-8-3 Tenjinbashi", "Osaka", "530-0041", "JP"),
)


class State(Enum):
    """Whether a database may be, is being or is the demo company's."""

    NOTHING = "nothing"
    BEGUN = "begun"
    THERE = "there"
    OTHER = "other"


# The company's own account is the mark: made first, active when everything is in. Deleted rows are somebody's too.
_STATE = """
SELECT (SELECT bool_or(isactive) FROM account WHERE name = $1 AND NOT isdeleted) AS is_open,
  EXISTS (SELECT FROM product2) OR EXISTS (SELECT FROM location) OR EXISTS (SELECT FROM "order") AS is_used
"""
_PROVIDER = "SELECT id FROM paymentgatewayprovider WHERE developername = $1 AND NOT isdeleted"
_PRODUCT = "SELECT id FROM product2 WHERE stockkeepingunit = $1 AND NOT isdeleted"


async def state(database: Database) -> State:
    """NOTHING: no product, location or order, so it may be loaded; BEGUN: a load that did not finish; THERE: all
    of it; OTHER: somebody's own data, never to be touched."""
    row = await database.fetchrow(_STATE, NAME)
    if row["is_open"] is not None:
        return State.THERE if row["is_open"] else State.BEGUN
    return State.OTHER if row["is_used"] else State.NOTHING


async def begin(machine: Machine) -> None:
    """Marks the database as the demo company's; LISTS and `open_for_business` follow, as often as it takes."""
    await _write(machine, [_record(Account, "name", NAME, AccountNumber=MERCHANT)])


async def open_for_business(machine: Machine) -> None:
    """Everything that is no list and, last, the mark of the end. Again, it changes nothing."""
    await _write(machine, [*_channels(), *_methods(), *_accounts(), _provider(), *map(_delivery, REGIONS)])
    await _write(machine, await _resting_on_others(machine.database))
    await _set_options(machine)
    await _write(machine, [_record(Account, "name", NAME, IsActive=True)])


async def _write(machine: Machine, atoms: Sequence[Atom]) -> None:
    """One Work; raises the first refusal."""
    entries = [Entry(atom, machine.organization.administrator_id) for atom in atoms]
    await machine.worker.run(entries)
    for entry in entries:
        entry.result()


def _record(record: type[Record], attribute: str, value: str, **body: object) -> ImportRecord:
    return ImportRecord(Key.by(record, attribute, value), body)


def _channels() -> list[ImportRecord]:
    channels = {TILL: "Tills that do not say their store", "Web": "The web shop", "Marketplace": "Sold by others"}
    channels |= {till_of(store): f"Tills of the store {store}" for store in stores()}
    return [
        _record(SalesChannel, "sales_channel_name", name, Type="B2C", Description=about)
        for name, about in channels.items()
    ]


def _methods() -> list[ImportRecord]:
    """S0-92, S0-107."""
    names = ("IN_STORE-DEFAULT", "IN_STORE-PICKUP_LATER", SENT)
    return [_record(OrderDeliveryMethod, "name", name, IsActive=True) for name in names]


def _accounts() -> list[ImportRecord]:
    nobody = [_record(Account, "name", one.account, CurrencyIsoCode=one.currency) for one in REGIONS]
    return [*nobody, *map(_shopper, SHOPPERS)]


def _shopper(one: Shopper) -> ImportRecord:
    address = {"Street": one.street, "City": one.city, "PostalCode": one.postal_code, "Country": one.country}
    lines = {f"{kind}{part}": told for kind in ("Billing", "PersonMailing") for part, told in address.items()}
    return _record(Account, "person_email", one.email, FirstName=one.first_name, LastName=one.last_name, **lines)


def _provider() -> ImportRecord:
    return _record(PaymentGatewayProvider, "developer_name", PROVIDER, MasterLabel="Takes no money")


def _delivery(region: Region) -> ImportProduct:
    """The product a delivery charge is booked on, with its entry in one book (S0-61)."""
    price = Price(region.delivery, region.book, region.currency)
    return ImportProduct(DELIVERY_SKU, {"Name": "Delivery", "Family": "Services"}, price)


async def _resting_on_others(database: Database) -> list[ImportRecord]:
    provider, product = (
        await database.fetchrow(_PROVIDER, PROVIDER),
        await database.fetchrow(_PRODUCT, DELIVERY_SKU),
    )
    gateway = {"PaymentGatewayProviderId": provider["id"], "Status": "Active"}
    names = (CARD_GATEWAY, CASH_GATEWAY)
    return [
        _record(OrderDeliveryMethod, "name", SENT, ProductId=product["id"]),
        *(_record(PaymentGateway, "payment_gateway_name", name, **gateway) for name in names),
    ]


async def _set_options(machine: Machine) -> None:
    """Distribution centres are tried before stores, in the order of the list."""
    await set_option(machine.database, "routing_locations", [row["Name"] for row in _locations()])
    tills = {TILL: TILL_STORE, **{till_of(store): store for store in stores()}}
    await set_option(machine.database, "till_locations", tills)
    await machine.refresh_options()


def till_of(store: str) -> str:
    """The sales channel of a store's tills."""
    return f"{TILL} {store}"


def stores() -> list[str]:
    """Names of the locations that sell to people who walk in."""
    return [row["Name"] for row in _locations() if row["LocationType"] == "Retail Store"]


def _locations() -> list[Mapping[str, str]]:
    with _LOCATIONS.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))
