"""PaymentGroup: all payment transactions of one order."""

from __future__ import annotations

from ordo.platform.records import Id, Record, picklist, reference, string


class PaymentGroup(Record, prefix="9zx", room="payments", root=("source_object_id", "Order")):
    payment_group_number: str | None = string(255, "DAL", number_format="PG-{:09d}")
    source_object_id: Id | None = reference("Order", "CUN", label="Order ID", children="PaymentGroups")

    currency_iso_code: str | None = picklist("CN", length=3, label="Currency ISO Code")
