"""OrderSummary: an order as it stands now, all change orders counted."""

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
    integer,
    moment,
    phone,
    picklist,
    reference,
    string,
    textarea,
    total,
)


class OrderSummary(
    Record,
    prefix="1Os",
    plural="Order Summaries",
    room="orders",
    root=("original_order_id", "Order"),
    busy=True,
):
    order_number: str = string(255, "CUL", label="Order Summary Number", indexed=True)
    original_order_id: Id = reference("Order", children="OrderSummaries", cascade=True)
    account_id: Id | None = reference("Account", "N", children="OrderSummaries", unmanaged=True)
    bill_to_contact_id: Id | None = reference("Contact", "CN", label="Contact ID", children="OrderSummaries", unmanaged=True, since=49)
    change_order_id: Id | None = reference("Order", "N", children="ChangeOrderSummaries")
    pricebook2_id: Id | None = reference("Pricebook2", "N", label="Price Book ID", since=54)
    sales_channel_id: Id | None = reference("SalesChannel", "N", children="OrderSummaries", indexed=False, unmanaged=True)
    sales_store_id: Id | None = reference("WebStore", "N", unmanaged=True)
    source_order_summary_id: Id | None = reference("OrderSummary", "N", label="Order Summary ID")
    owner_id: Id | None = reference("Group User", "CUD")

    status: str = picklist("CUND", "Created", "Approved", "Activated", "Waiting to Fulfill", "Fulfilled", "Returned", "Canceled", length=40, default="Created")
    # The identity an order keeps across repeated posts.
    external_reference_identifier: str | None = string(80, "UNL", unique=True, case_sensitive=True, since=56)
    order_life_cycle_type: str = picklist("R", "MANAGED", "UNMANAGED", default="MANAGED", since=49)
    # Activation makes a summary unasked; the first create call gets it, the next one is a duplicate.
    is_claimed: bool = boolean("D", hidden=True)
    source_process: str = picklist("NR", "Standard", "OrderOnBehalf", "Exchange", default="Standard", since=57)
    business_model: str | None = picklist("CUNR", "B2B", "B2C", since=53)
    description: str | None = textarea(1175, "CUN")
    is_suspended: bool = boolean("CUD", label="Suspended", since=50)
    operation_in_progress: str = picklist("NR", "None", "Cancellation", default="None")
    po_number: str | None = string(80, "CUN", label="PO Number", unmanaged=True)
    tax_locale_type: str | None = picklist("NR", *TAX_LOCALES, unmanaged=True, since=49)
    active_process_exception_count: int = integer("N", default=0, since=50)
    order_product_line_count: int | None = integer("N", since=52)
    routing_attempts: int = integer("CUND", default=0, since=51)

    effective_date: Date | None = day("CUN", since=64)
    ordered_date: DateTime | None = moment("N", unmanaged=True)
    po_date: DateTime | None = moment("CUN", label="PO Date", unmanaged=True, since=52)

    billing_email_address: str | None = email("CUN")
    billing_phone_number: str | None = phone("CUN")
    billing_address = address("Billing", unmanaged=True)
    billing_street: str | None = textarea(255, "CUN", label="Address")
    billing_city: str | None = string(40, "CUN", label="City")
    billing_state: str | None = string(80, "CUN", label="State/Province")
    billing_state_code: str | None = picklist("CUNDR", length=10)
    billing_postal_code: str | None = string(20, "CUN", label="Zip")
    billing_country: str | None = string(80, "CUN", label="Country")
    billing_country_code: str | None = picklist("CUNDR", length=10)
    billing_latitude: float | None = coordinate("CUN", label="Latitude")
    billing_longitude: float | None = coordinate("CUN", label="Longitude")
    billing_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, label="Geocode Accuracy")

    currency_iso_code: str | None = picklist("N", length=3, label="Currency ISO Code")

    grand_total_amount: Decimal = total("NK", label="Total")
    total_adj_delivery_amt_with_tax: Decimal = total("NK", label="Shipping with Tax", since=49)
    total_adj_dist_amount: Decimal = total("NK", label="Order Adjustments")
    total_adj_dist_amount_with_tax: Decimal = total("NK", label="Order Adjustments with Tax", since=49)
    total_adj_dist_tax_amount: Decimal = total("NK", label="Order Adjustments Tax")
    total_adj_fee_amt_with_tax: Decimal = total("NK", label="Fees with Tax", since=56)
    total_adj_product_amt_with_tax: Decimal = total("NK", label="Subtotal with Tax", since=49)
    total_adjusted_delivery_amount: Decimal = total("NK", label="Shipping")
    total_adjusted_delivery_tax_amount: Decimal = total("NK", label="Shipping Tax")
    total_adjusted_fee_amount: Decimal = total("NK", label="Fees", since=56)
    total_adjusted_fee_tax_amount: Decimal = total("NK", label="Fees Tax", since=56)
    total_adjusted_product_amount: Decimal = total("NK", label="Subtotal")
    total_adjusted_product_tax_amount: Decimal = total("NK", label="Subtotal Tax")
    total_amount: Decimal = total("N", label="Pretax Subtotal")
    total_delivery_adj_dist_amount: Decimal = total("NK", label="Order Shipping Adjustments")
    total_delivery_adj_dist_amt_with_tax: Decimal = total("NK", label="Order Shipping Adjustments with Tax", since=49)
    total_delivery_adj_dist_tax_amount: Decimal = total("NK", label="Order Shipping Adjustments Tax")
    total_delivery_amount: Decimal = total("NK", label="Shipping Subtotal", since=54)
    total_delivery_amount_with_tax: Decimal = total("NK", label="Shipping Subtotal With Tax", since=54)
    total_delivery_tax_amount: Decimal = total("NK", label="Shipping Subtotal Tax", since=54)
    total_fee_adj_dist_amount: Decimal = total("NK", label="Order Fee Adjustments", since=56)
    total_fee_adj_dist_amt_with_tax: Decimal = total("NK", label="Order Fee Adjustments with Tax", since=56)
    total_fee_adj_dist_tax_amount: Decimal = total("NK", label="Order Fee Adjustments Tax", since=56)
    total_fee_amount: Decimal = total("NK", label="Fee Subtotal", since=56)
    total_fee_amount_with_tax: Decimal = total("NK", label="Fee Subtotal With Tax", since=56)
    total_fee_tax_amount: Decimal = total("NK", label="Fee Subtotal Tax", since=56)
    total_product_adj_dist_amount: Decimal = total("NK", label="Order Product Adjustments")
    total_product_adj_dist_amt_with_tax: Decimal = total("NK", label="Order Product Adjustments with Tax", since=49)
    total_product_adj_dist_tax_amount: Decimal = total("NK", label="Order Product Adjustments Tax")
    total_product_amount: Decimal = total("NK", label="Product Subtotal", since=54)
    total_product_amount_with_tax: Decimal = total("NK", label="Product Subtotal With Tax", since=54)
    total_product_tax_amount: Decimal = total("NK", label="Product Subtotal Tax", since=54)
    total_tax_amount: Decimal = total("N", label="Tax")

    def derived(self) -> Mapping[str, object]:
        return self._adjusted() | self._before_adjustments() | self._distributed()

    def _adjusted(self) -> dict[str, object]:
        return {
            "grand_total_amount": self.total_amount + self.total_tax_amount,
            "total_adj_product_amt_with_tax": self.total_adjusted_product_amount + self.total_adjusted_product_tax_amount,
            "total_adj_delivery_amt_with_tax": self.total_adjusted_delivery_amount + self.total_adjusted_delivery_tax_amount,
            "total_adj_fee_amt_with_tax": self.total_adjusted_fee_amount + self.total_adjusted_fee_tax_amount,
        }

    def _before_adjustments(self) -> dict[str, object]:
        return {
            "total_product_amount_with_tax": self.total_product_amount + self.total_product_tax_amount,
            "total_delivery_amount_with_tax": self.total_delivery_amount + self.total_delivery_tax_amount,
            "total_fee_amount_with_tax": self.total_fee_amount + self.total_fee_tax_amount,
        }

    def _distributed(self) -> dict[str, object]:
        """Order-wide adjustments; the reference leaves fees out of their total, and so does this."""
        product, product_tax = self.total_product_adj_dist_amount, self.total_product_adj_dist_tax_amount
        delivery, delivery_tax = self.total_delivery_adj_dist_amount, self.total_delivery_adj_dist_tax_amount
        return {
            "total_product_adj_dist_amt_with_tax": product + product_tax,
            "total_delivery_adj_dist_amt_with_tax": delivery + delivery_tax,
            "total_fee_adj_dist_amt_with_tax": self.total_fee_adj_dist_amount + self.total_fee_adj_dist_tax_amount,
            "total_adj_dist_amount": product + delivery,
            "total_adj_dist_tax_amount": product_tax + delivery_tax,
            "total_adj_dist_amount_with_tax": product + delivery + product_tax + delivery_tax,
        }
