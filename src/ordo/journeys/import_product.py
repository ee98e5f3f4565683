"""A product of a merchant's list, with a price: made where it is not there, changed where it differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from ordo.kernel.money import is_currency
from ordo.kernel.problems import InvalidCurrency
from ordo.objects.catalog import Pricebook2, PricebookEntry, Product2
from ordo.platform import generic
from ordo.platform.keys import Key, SeveralNamed
from ordo.platform.loaded import NotLoaded
from ordo.platform.reading import Reading
from ordo.platform.records import Noun, Record
from ordo.platform.unit import Unit
from ordo.platform.values import typed
from ordo.platform.verbs import Values

STANDARD_BOOK = "Standard Price Book"
MADE, CHANGED, UNCHANGED = "made", "changed", "unchanged"


class Price(NamedTuple):
    """As it is told; without a currency in that of the organisation."""

    unit_price: str
    book: str = STANDARD_BOOK
    currency: str | None = None


@dataclass(frozen=True)
class ImportProduct:
    """An atom: one product by its SKU, `body` by API names, and at most one price of it.

    Writes through the rules of the records API. New products, books and entries are active unless the body says
    otherwise. Answers what became of it: made, changed or unchanged.
    """

    sku: str
    body: Mapping[str, object]
    price: Price | None = None

    def prefetch(self, reading: Reading) -> None:
        """Of several at once for one key, one makes the row and the others find it."""
        for key in self._keys():
            reading.lock_key(key)
            reading.named(key)

    def _keys(self) -> list[Key]:
        keys = [Key.by(Product2, "stock_keeping_unit", self.sku)]
        return keys if self.price is None else [*keys, Key.by(Pricebook2, "name", self.price.book)]

    def run(self, unit: Unit) -> str:
        if self.price is None:
            return self._product(unit)[1]
        currency = self.price.currency or unit.options.currency
        if not is_currency(currency):
            raise InvalidCurrency(currency)
        product_id, outcome = self._product(unit)
        is_same = _priced(unit, product_id, _book(unit, self.price.book), currency, self.price.unit_price)
        return CHANGED if outcome == UNCHANGED and not is_same else outcome

    def _product(self, unit: Unit) -> tuple[str, str]:
        return _imported(unit, self._keys()[0], self.body, {"IsActive": True})


@dataclass(frozen=True)
class ImportRecord:
    """An atom: one record by its key, `body` by API names. Answers made, changed or unchanged."""

    key: Key
    body: Mapping[str, object]

    def prefetch(self, reading: Reading) -> None:
        reading.lock_key(self.key)
        reading.named(self.key)

    def run(self, unit: Unit) -> str:
        return _imported(unit, self.key, self.body, {})[1]


def _imported(unit: Unit, key: Key, body: Mapping[str, object], of_new: Mapping[str, object]) -> tuple[str, str]:
    """The row with this key and what became of it; `of_new` is what a new one has unless the body tells it."""
    shape = key.shape
    found = _named(unit, key, key.field.api)
    if found is None:
        whole = {**of_new, **body, key.field.api: key.value}
        return generic.create(unit, shape, typed(shape, whole, creating=True)).id, MADE
    row = unit.get(shape.record, found)
    is_same = row is not None and _updated(unit, row, typed(shape, body, creating=False))
    return found, UNCHANGED if is_same else CHANGED


def _named(unit: Unit, key: Key, column: str) -> str | None:
    ids = unit.named(key)
    if len(ids) > 1:
        raise SeveralNamed(key, ids, column)
    return ids[0] if ids else None


def _updated(unit: Unit, row: Record, told: Values) -> bool:
    """Writes what differs; whether nothing did."""
    shape: Noun = row.__noun__
    differing = {name: value for name, value in told.items() if getattr(row, name) != value}
    if differing:
        if not unit.holds(shape.record, row.id):
            reading = Reading()
            generic.need_change(reading, shape, row.id, differing)
            raise NotLoaded(reading)
        generic.update(unit, shape, row.id, differing)
    return not differing


def _book(unit: Unit, name: str) -> str:
    found = _named(unit, Key.by(Pricebook2, "name", name), "Pricebook")
    return found or generic.create(unit, Pricebook2.__noun__, {"name": name, "is_active": True}).id


def _priced(unit: Unit, product_id: str, book_id: str, currency: str, told: str) -> bool:
    """Whether the entry was there, with that price."""
    shape = PricebookEntry.__noun__
    price = typed(shape, {"UnitPrice": told}, creating=False)
    for entry in unit.children(PricebookEntry, "product2_id", product_id):
        if (entry.pricebook2_id, entry.currency_iso_code) == (book_id, currency):
            return _updated(unit, entry, price)
    generic.create(
        unit, shape,
        {**price, "pricebook2_id": book_id, "product2_id": product_id, "currency_iso_code": currency,
         "is_active": True},
    )  # fmt: skip
    return False
