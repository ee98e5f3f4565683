"""SalesChannel: where orders come from."""

from __future__ import annotations

from collections.abc import Mapping

from ordo.platform.records import Id, Record, picklist, reference, string, textarea

_CATEGORIES = {"B2B": "B2B", "B2C": "B2C"}


class SalesChannel(Record, prefix="0bI", room="catalog", shared=True):
    # Tills ask for it as SalesChannel (S0-91, C4).
    sales_channel_name: str = string(255, "CUL", indexed=True, aliases=("SalesChannel",))
    owner_id: Id | None = reference("Group User", "CUD")

    type: str | None = picklist("CUN", "B2B", "B2C", "Other", length=40, since=53)
    type_category: str | None = picklist("NR", "B2B", "B2C", "Other", since=53)
    description: str | None = textarea(2000, "CUN")
    external_channel_number: str | None = string(255, "CUN")

    currency_iso_code: str | None = picklist("CUN", length=3, label="Currency ISO Code")

    def derived(self) -> Mapping[str, object]:
        return {"type_category": None if self.type is None else _CATEGORIES.get(self.type, "Other")}
