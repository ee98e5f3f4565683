"""Pricebook2: a list of prices."""

from __future__ import annotations

from ordo.platform.records import DateTime, Id, Record, boolean, moment, picklist, reference, string


class Pricebook2(Record, prefix="01s", label="Price Book", room="catalog", shared=True):
    name: str = string(255, "CUL", label="Price Book Name")
    cost_book_id: Id | None = reference("CostBook", "CUN", label="CostBook ID")

    description: str | None = string(255, "CUN")
    is_active: bool = boolean("CUD", label="Active")
    is_archived: bool = boolean("D", label="Archived")
    is_standard: bool = boolean("D", label="Is Standard Price Book")

    valid_from: DateTime | None = moment("CUN")
    valid_to: DateTime | None = moment("CUN")

    currency_iso_code: str | None = picklist("CUN", length=3, label="Currency ISO Code")
