"""Product2: what can be sold, delivery charges included."""

from __future__ import annotations

from collections.abc import Mapping

from ordo.platform.records import (
    DateTime,
    Id,
    Record,
    boolean,
    integer,
    moment,
    picklist,
    reference,
    string,
    textarea,
    url,
)

_CLASSES = {"Base": "VariationParent", "Bundle": "Bundle", "Set": "Set"}


class Product2(Record, prefix="01t", label="Product", room="catalog"):
    name: str = string(255, "CUL", label="Product Name", indexed=True)
    based_on_id: Id | None = reference("ProductClassification", "CUN", label="Product Classification ID")
    billing_policy_id: Id | None = reference("BillingPolicy", "CUN", since=55)
    connection_received_id: Id | None = reference("PartnerNetworkConnection", "N")
    connection_sent_id: Id | None = reference("PartnerNetworkConnection", "N")
    external_data_source_id: Id | None = reference("ExternalDataSource", "CUN")
    tax_policy_id: Id | None = reference("TaxPolicy", "CUN", since=55)
    unit_of_measure_id: Id | None = reference("UnitOfMeasure", "CUN", since=63)
    record_type_id: Id | None = reference("RecordType", "CUN")

    type: str | None = picklist("CNR", "Base", "Bundle", "Set", length=40, label="Product Type", since=50)
    product_code: str | None = string(255, "CUN", indexed=True)
    stock_keeping_unit: str | None = string(180, "CUN", label="Product SKU", indexed=True)
    is_active: bool = boolean("CUD", label="Active")
    product_class: str = picklist("DR", "Simple", "VariationParent", "Variation", "Bundle", "Set", length=40, default="Simple", since=50)
    can_use_quantity_schedule: bool = boolean("CUD")
    can_use_revenue_schedule: bool = boolean("CUD")
    configure_during_sale: str | None = picklist("CUNR", "Allowed", "NotAllowed", length=40, since=58)
    description: str | None = textarea(4000, "CUN", label="Product Description")
    display_url: str | None = url("CUN", length=1000, label="Display URL")
    external_id: str | None = string(255, "CUN")
    family: str | None = picklist("CUN", label="Product Family")
    help_text: str | None = textarea(32768, "CUN")
    is_archived: bool = boolean("D", label="Archived")
    is_assetizable: bool = boolean("CUN")
    is_serialized: bool = boolean("CU", label="Serialized")
    is_sold_only_with_other_prods: bool = boolean("CUD", label="Sell only with other products", since=58)
    quantity_installment_period: str | None = picklist("CUNR", "Daily", "Weekly", "Monthly", "Quarterly", "Yearly", length=40)
    quantity_schedule_type: str | None = picklist("CUNR", "Divide", "Repeat", length=40)
    quantity_unit_of_measure: str | None = picklist("CUN", "Each")
    recalculate_total_price: bool = boolean("D")
    revenue_installment_period: str | None = picklist("CUNR", "Daily", "Weekly", "Monthly", "Quarterly", "Yearly", length=40)
    revenue_schedule_type: str | None = picklist("CUNR", "Divide", "Repeat", length=40)
    specification_type: str | None = string(255, "CUN")
    stock_check_method: str | None = picklist("CUNR", "DoNotCheck", "ParentProduct", "ChildProducts")
    transfer_record_mode: str | None = picklist("CUN", "SendAndReceive", "ReceiveOnly")
    number_of_quantity_installments: int | None = integer("CUN")
    number_of_revenue_installments: int | None = integer("CUN")

    availability_date: DateTime | None = moment("CUN")
    discontinued_date: DateTime | None = moment("CUN")
    end_of_life_date: DateTime | None = moment("CUN")

    currency_iso_code: str | None = picklist("CUN", length=3, label="Currency ISO Code")

    def derived(self) -> Mapping[str, object]:
        """A variation cannot be told by its type, so an untyped product keeps the class it has."""
        return {"product_class": _CLASSES[self.type]} if self.type in _CLASSES else {}
