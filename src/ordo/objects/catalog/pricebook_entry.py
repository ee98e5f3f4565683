"""PricebookEntry: the price of one product in one price book and currency."""

from __future__ import annotations

from decimal import Decimal

from ordo.platform.records import Id, Record, boolean, currency, integer, picklist, reference, string


class PricebookEntry(
    Record,
    prefix="01u",
    label="Price Book Entry",
    plural="Price Book Entries",
    room="catalog",
    unique=(("pricebook2_id", "product2_id", "currency_iso_code"),),
):
    name: str | None = string(255, "NL", label="Product Name")
    pricebook2_id: Id = reference("Pricebook2", "C", label="Price Book ID", children="PricebookEntries", cascade=True)
    product2_id: Id = reference("Product2", "C", label="Product ID", children="PricebookEntries", cascade=True)
    product_selling_model_id: Id | None = reference("ProductSellingModel", "CN", since=55)

    is_active: bool = boolean("CUD", label="Active")
    is_archived: bool = boolean("D", label="Archived")
    product_code: str | None = string(255, "N")
    use_standard_price: bool = boolean("CUD")
    active_price_adjustment_quantity: int | None = integer("N", since=49)

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
    unit_price: Decimal = currency("CU", label="List Price")
