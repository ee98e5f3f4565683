"""What the columns of a merchant's lists mean, and what a row of them does."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

import msgspec

from ordo.journeys import naming
from ordo.journeys.import_product import STANDARD_BOOK, ImportProduct, ImportRecord, Price
from ordo.journeys.set_stock import SetStock, StockSet, set_stock
from ordo.kernel.problems import FieldNotWriteable, NoSuchColumn, Problem, RequiredFieldMissing
from ordo.objects.catalog import Product2
from ordo.objects.inventory import Location
from ordo.platform.calls import Atom
from ordo.platform.database import Database
from ordo.platform.keys import Key
from ordo.platform.records import Noun, number
from ordo.platform.values import convert
from ordo.platform.verbs import VerbAtom

SKU = "StockKeepingUnit"
LOCATIONS_KNOWN_MAX = 10_000
Cells = Mapping[str, str]


class Source(Protocol):
    """A kind of list."""

    @property
    def needs(self) -> Sequence[str]:
        """The columns it cannot do without."""

    def column(self, told: str) -> str:
        """What a column is called here; Problem for one that means nothing."""

    def column_of(self, field: str) -> str:
        """The column that a refusal's field came from."""

    def key(self, cells: Cells) -> Hashable:
        """Rows with one key are done one after the other."""

    async def atom(self, database: Database, cells: Cells) -> Atom:
        """What the row does. Raises Problem."""

    def outcome(self, answer: object) -> str:
        """made, changed or unchanged"""


class Products:
    """Any field of Product2 that may be written, and one price per row."""

    needs = (SKU,)

    def column(self, told: str) -> str:
        return _OF_PRODUCTS.get(told.lower()) or _field_of(Product2.__noun__, told)

    def column_of(self, field: str) -> str:
        return "Price" if field == "UnitPrice" else field

    def key(self, cells: Cells) -> Hashable:
        return cells[SKU].lower()

    async def atom(self, _: Database, cells: Cells) -> Atom:
        sku = _needed(cells, SKU)
        body = {name: cell for name, cell in cells.items() if name not in _PRICE_COLUMNS | {SKU}}
        if "Price" in cells:
            currency = cells.get("CurrencyIsoCode")
            book = cells.get("Pricebook", STANDARD_BOOK)
            return ImportProduct(sku, body, Price(cells["Price"], book, currency and currency.upper()))
        if _PRICE_COLUMNS & cells.keys():
            raise RequiredFieldMissing("Price")
        return ImportProduct(sku, body)

    def outcome(self, answer: object) -> str:
        return str(answer)


_PRICE_COLUMNS = {"Price", "Pricebook", "CurrencyIsoCode"}
_OF_PRODUCTS = {"sku": SKU, **{name.lower(): name for name in _PRICE_COLUMNS}}


class Locations:
    """Any field of Location that may be written; its Name is who it is."""

    needs = ("Name",)

    def column(self, told: str) -> str:
        return _field_of(Location.__noun__, told)

    def column_of(self, field: str) -> str:
        return field

    def key(self, cells: Cells) -> Hashable:
        return cells["Name"].lower()

    async def atom(self, _: Database, cells: Cells) -> Atom:
        body = {name: cell for name, cell in cells.items() if name != "Name"}
        return ImportRecord(Key.by(Location, "name", _needed(cells, "Name")), body)

    def outcome(self, answer: object) -> str:
        return str(answer)


class Inventory:
    """What was counted of a SKU at a location."""

    needs = (SKU, "Location", "OnHand")

    def __init__(self) -> None:
        self._locations: dict[str, str | Problem] = {}

    def column(self, told: str) -> str:
        found = _OF_INVENTORY.get(told.lower())
        if found is None:
            raise NoSuchColumn(told, "an inventory list")
        return found

    def column_of(self, field: str) -> str:
        return "Location" if field == "LocationId" else field

    def key(self, cells: Cells) -> Hashable:
        return cells[SKU].lower(), self._locations.get(cells["Location"])

    async def atom(self, database: Database, cells: Cells) -> Atom:
        sku, on_hand = _needed(cells, SKU), _quantity(_needed(cells, "OnHand"))
        location_id = await self._location_id(database, _needed(cells, "Location"))
        return VerbAtom(set_stock, SetStock(sku, location_id, on_hand, cells.get("Reason", "Count")))

    async def _location_id(self, database: Database, said: str) -> str:
        """Asked once for each name."""
        if said not in self._locations:
            if len(self._locations) >= LOCATIONS_KNOWN_MAX:
                self._locations.clear()
            try:
                self._locations[said] = await naming.location_id(database, said)
            except Problem as problem:
                self._locations[said] = Problem(problem.message, code=problem.code, fields=("Location",))
        found = self._locations[said]
        if isinstance(found, Problem):
            raise found
        return found

    def outcome(self, answer: object) -> str:
        assert isinstance(answer, StockSet)
        return answer.outcome


_OF_INVENTORY = {"sku": SKU, **{name.lower(): name for name in (SKU, "Location", "OnHand", "Reason")}}
_ON_HAND = msgspec.structs.replace(number(), api="OnHand", label="OnHand")


def _field_of(shape: Noun, told: str) -> str:
    """The API name of a field that a list may tell."""
    field = shape.field(told)
    if field is None or field.hidden:
        raise NoSuchColumn(told, shape.api)
    if not (field.createable and field.updateable):
        raise FieldNotWriteable(field.api)
    return field.api


def _needed(cells: Cells, name: str) -> str:
    if name not in cells:
        raise RequiredFieldMissing(name)
    return cells[name]


def _quantity(told: str) -> Decimal:
    found: Decimal = convert(_ON_HAND, told)
    return found
