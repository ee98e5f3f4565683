"""What an order line and its summary compute alike: type codes and totals. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from ordo.kernel.money import is_currency, rounded

TYPE_CODES = {"Order Product": "Product", "Delivery Charge": "Charge", "Fee": "Charge"}
_CENT = Decimal("0.01")


def line_amount(quantity: Decimal, unit_price: Decimal, currency: str | None) -> Decimal:
    """Quantity × unit price, half up to the currency's digits, two when the currency is not known."""
    amount = quantity * unit_price
    if currency is not None and is_currency(currency):
        return rounded(amount, currency)
    return amount.quantize(_CENT, rounding=ROUND_HALF_UP)


def line_totals(
    line: Decimal,
    line_tax: Decimal,
    *,
    adjustment: Decimal,
    adjustment_tax: Decimal,
    distributed: Decimal,
    distributed_tax: Decimal,
) -> dict[str, object]:
    """`adjustment` is what hangs on the line itself, `distributed` its share of order-wide adjustments.

    Adjusted amounts leave the distributed part out, the total price holds both.
    """
    adjusted, adjusted_tax = line + adjustment, line_tax + adjustment_tax
    all_adjustments, all_adjustments_tax = adjustment + distributed, adjustment_tax + distributed_tax
    price, tax = adjusted + distributed, adjusted_tax + distributed_tax
    return {
        "adjusted_line_amount": adjusted,
        "total_adjusted_line_tax_amount": adjusted_tax,
        "adjusted_line_amt_with_tax": adjusted + adjusted_tax,
        "total_line_adjustment_amt_with_tax": adjustment + adjustment_tax,
        "total_adjustment_dist_amt_with_tax": distributed + distributed_tax,
        "total_adjustment_amount": all_adjustments,
        "total_adjustment_tax_amount": all_adjustments_tax,
        "total_adjustment_amt_with_tax": all_adjustments + all_adjustments_tax,
        "total_price": price,
        "total_tax_amount": tax,
        "total_amt_with_tax": price + tax,
    }


def delivery_totals(
    line: Decimal, line_tax: Decimal, adjustment: Decimal, adjustment_tax: Decimal
) -> dict[str, object]:
    """The charges of a delivery group: lines plus their adjustments."""
    amount, tax = line + adjustment, line_tax + adjustment_tax
    return {
        "total_line_amt_with_tax": line + line_tax,
        "total_adjustment_amt_with_tax": adjustment + adjustment_tax,
        "total_amount": amount,
        "total_tax_amount": tax,
        "grand_total_amount": amount + tax,
    }


def document_totals(
    charge: Decimal, charge_tax: Decimal, adjustment: Decimal, adjustment_tax: Decimal, tax: Decimal
) -> dict[str, object]:
    """An invoice or credit memo: charges plus adjustments, then tax."""
    amount = charge + adjustment
    return {
        "total_charge_amount_with_tax": charge + charge_tax,
        "total_adjustment_amount_with_tax": adjustment + adjustment_tax,
        "total_amount": amount,
        "total_amount_with_tax": amount + tax,
    }
