"""Order: what was bought, or one later change to it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ordo.objects.picklists import GEOCODE_ACCURACY, TAX_LOCALES
from ordo.platform.records import (
    Date,
    DateTime,
    Id,
    Record,
    address,
    boolean,
    coordinate,
    day,
    email,
    moment,
    phone,
    picklist,
    reference,
    string,
    textarea,
    total,
)

# A status the organisation adds belongs to no category until it is listed here.
STATUS_CODES = {"Draft": "Draft", "Activated": "Activated"}


class Order(Record, prefix="801", room="orders"):
    order_number: str | None = string(30, "DAL", number_format="{:08d}", indexed=True)
    account_id: Id | None = reference("Account", "CUN", children="Orders", cascade=True)
    bill_to_contact_id: Id | None = reference("Contact", "CUN")
    ship_to_contact_id: Id | None = reference("Contact", "CUN")
    pricebook2_id: Id | None = reference("Pricebook2", "CUND", label="Price Book ID", children="Orders", indexed=False)
    sales_channel_id: Id | None = reference("SalesChannel", "CUN")
    activated_by_id: Id | None = reference("User", "UN")
    company_authorized_by_id: Id | None = reference("User", "CUN")
    contract_id: Id | None = reference("Contract", "CUN")
    customer_authorized_by_id: Id | None = reference("Contact", "CUN")
    opportunity_id: Id | None = reference("Opportunity", "CUN")
    original_order_id: Id | None = reference("Order", "CND", label="Order ID", children="Orders")
    payment_term_id: Id | None = reference("PaymentTerm", "CND", since=55)
    quote_id: Id | None = reference("Quote", "CUN")
    related_order_id: Id | None = reference("Order", "N", label="Order ID", children="RelatedOrders")
    sales_store_id: Id | None = reference("WebStore", "CUN")
    record_type_id: Id | None = reference("RecordType", "CUN")
    owner_id: Id | None = reference("Group User", "CUD")

    status: str = picklist("CUR", "Draft", "Activated", length=100)
    status_code: str | None = picklist("UR", "Draft", "Activated", "Superseded", "Canceled", "Expired", length=40, label="Status Category")
    type: str | None = picklist("CUN", label="Order Type")
    order_reference_number: str | None = string(80, "CUN", indexed=True)
    order_management_reference_identifier: str | None = string(255, "CUN", since=56)
    name: str | None = string(80, "CUN", label="Order Name")
    description: str | None = textarea(32000, "CUN")
    external_customer_reference: str | None = string(255, "CUN", since=66)
    is_reduction_order: bool = boolean("CD", label="Reduction Order")
    po_number: str | None = string(80, "CUN", label="PO Number")
    related_order_type: str | None = picklist("NR", "ChangeOrder", "SupplementalOrder", "TransferOrder", length=40)
    tax_locale_type: str | None = picklist("CUNR", *TAX_LOCALES)

    activated_date: DateTime | None = moment("UN")
    company_authorized_date: Date | None = day("CUN")
    customer_authorized_date: Date | None = day("CUN")
    effective_date: Date = day("CU", label="Order Start Date")
    end_date: Date | None = day("CUN", label="Order End Date")
    ordered_date: DateTime | None = moment("CUN")
    po_date: Date | None = day("CUN", label="PO Date")

    billing_email_address: str | None = email("CUN")
    billing_phone_number: str | None = phone("CUN")
    billing_address = address("Billing")
    billing_street: str | None = textarea(255, "CUN")
    billing_city: str | None = string(40, "CUN")
    billing_state: str | None = string(80, "CUN", label="Billing State/Province")
    billing_state_code: str | None = picklist("CUN", length=10)
    billing_postal_code: str | None = string(20, "CUN", label="Billing Zip/Postal Code")
    billing_country: str | None = string(80, "CUN")
    billing_country_code: str | None = picklist("CUN", length=10)
    billing_latitude: float | None = coordinate("CUN")
    billing_longitude: float | None = coordinate("CUN")
    billing_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    shipping_address = address("Shipping")
    shipping_street: str | None = textarea(255, "CUN")
    shipping_city: str | None = string(40, "CUN")
    shipping_state: str | None = string(80, "CUN", label="Shipping State/Province")
    shipping_state_code: str | None = picklist("CUN", length=10)
    shipping_postal_code: str | None = string(20, "CUN", label="Shipping Zip/Postal Code")
    shipping_country: str | None = string(80, "CUN")
    shipping_country_code: str | None = picklist("CUN", length=10)
    shipping_latitude: float | None = coordinate("CUN")
    shipping_longitude: float | None = coordinate("CUN")
    shipping_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    currency_iso_code: str | None = picklist("CUN", length=3, label="Currency ISO Code")

    grand_total_amount: Decimal = total("NK")
    total_adj_delivery_amt_with_tax: Decimal = total("NK")
    total_adj_product_amt_with_tax: Decimal = total("NK")
    total_adjusted_delivery_amount: Decimal = total("NK")
    total_adjusted_delivery_tax_amount: Decimal = total("NK")
    total_adjusted_product_amount: Decimal = total("NK")
    total_adjusted_product_tax_amount: Decimal = total("NK")
    total_amount: Decimal = total("K", label="Order Amount")
    total_delivery_adj_dist_amount: Decimal = total("NK")
    total_delivery_adj_dist_amt_with_tax: Decimal = total("NK")
    total_delivery_adj_dist_tax_amount: Decimal = total("NK")
    total_product_adj_dist_amount: Decimal = total("NK")
    total_product_adj_dist_amt_with_tax: Decimal = total("NK")
    total_product_adj_dist_tax_amount: Decimal = total("NK")
    total_tax_amount: Decimal = total("NK")

    def derived(self) -> Mapping[str, object]:
        return {
            "status_code": STATUS_CODES.get(self.status),
            "grand_total_amount": self.total_amount + self.total_tax_amount,
            "total_adj_product_amt_with_tax": self.total_adjusted_product_amount + self.total_adjusted_product_tax_amount,
            "total_adj_delivery_amt_with_tax": self.total_adjusted_delivery_amount + self.total_adjusted_delivery_tax_amount,
            "total_product_adj_dist_amt_with_tax": self.total_product_adj_dist_amount + self.total_product_adj_dist_tax_amount,
            "total_delivery_adj_dist_amt_with_tax": self.total_delivery_adj_dist_amount + self.total_delivery_adj_dist_tax_amount,
        }
