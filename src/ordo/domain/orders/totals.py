"""What lines, taxes and adjustments add up to. Pure: values in, values out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple, Protocol

from ordo.platform.records import ZERO

PRODUCT = "Order Product"
DELIVERY = "Delivery Charge"
FEE = "Fee"


class Line(Protocol):
    """An OrderItem or an OrderItemSummary, with its own totals up to date."""

    type: str | None
    adjusted_line_amount: Decimal
    total_adjusted_line_tax_amount: Decimal
    total_adjustment_dist_amount: Decimal
    total_adjustment_dist_tax_amount: Decimal
    total_line_tax_amount: Decimal
    total_price: Decimal
    total_tax_amount: Decimal


class Tax(NamedTuple):
    """A tax row: of a line, or of an adjustment on it."""

    line: str
    adjustment: str | None
    amount: Decimal


class Adjustment(NamedTuple):
    """A price change of a line; `is_header` when its group spreads over the whole order."""

    id: str
    line: str
    group: str | None
    is_header: bool
    amount: Decimal


class LineTotals(NamedTuple):
    """The five sums a line keeps besides its own amount."""

    total_line_tax_amount: Decimal = ZERO
    total_line_adjustment_amount: Decimal = ZERO
    total_line_adjustment_tax_amount: Decimal = ZERO
    total_adjustment_dist_amount: Decimal = ZERO
    total_adjustment_dist_tax_amount: Decimal = ZERO


def tax_by_adjustment(taxes: Iterable[Tax]) -> dict[str, Decimal]:
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for tax in taxes:
        if tax.adjustment is not None:
            sums[tax.adjustment] += tax.amount
    return dict(sums)


def line_totals(taxes: Iterable[Tax], adjustments: Iterable[Adjustment]) -> dict[str, LineTotals]:
    """Per line: tax of the line, and amount and tax of its own and of the order's adjustments."""
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [ZERO] * 5)
    known = {adjustment.id: adjustment for adjustment in adjustments}
    for adjustment in known.values():
        sums[adjustment.line][3 if adjustment.is_header else 1] += adjustment.amount
    for tax in taxes:
        adjusted = known.get(tax.adjustment or "")
        if adjusted is None:
            sums[tax.line][0] += tax.amount
        else:
            sums[tax.line][4 if adjusted.is_header else 2] += tax.amount
    return {line: LineTotals(*values) for line, values in sums.items()}


_PARTS = {PRODUCT: "product", DELIVERY: "delivery", FEE: "fee"}
_OF_PARTS = {
    part: (
        f"total_adjusted_{part}_amount",
        f"total_adjusted_{part}_tax_amount",
        f"total_{part}_adj_dist_amount",
        f"total_{part}_adj_dist_tax_amount",
    )
    for part in _PARTS.values()
}


def order_totals(lines: Iterable[Line], parts: Iterable[str] = ("product", "delivery")) -> dict[str, Decimal]:
    """The sums an Order keeps, by attribute; `parts` adds "fee" for an OrderSummary."""
    totals = {"total_amount": ZERO, "total_tax_amount": ZERO}
    totals.update((name, ZERO) for part in parts for name in _OF_PARTS[part])
    for line in lines:
        totals["total_amount"] += line.total_price
        totals["total_tax_amount"] += line.total_tax_amount
        names = _OF_PARTS.get(_PARTS.get(line.type or "", ""), ())
        if names and names[0] in totals:
            totals[names[0]] += line.adjusted_line_amount
            totals[names[1]] += line.total_adjusted_line_tax_amount
            totals[names[2]] += line.total_adjustment_dist_amount
            totals[names[3]] += line.total_adjustment_dist_tax_amount
    return totals


def delivery_totals(charges: Iterable[tuple[Decimal, LineTotals]]) -> dict[str, Decimal]:
    """The sums of a delivery group over its charges: (line amount, line totals) each."""
    rows = list(charges)
    return {
        "total_line_amount": sum((amount for amount, _ in rows), ZERO),
        "total_line_tax_amount": sum((t.total_line_tax_amount for _, t in rows), ZERO),
        "total_adjustment_amount": sum(
            (t.total_line_adjustment_amount + t.total_adjustment_dist_amount for _, t in rows), ZERO
        ),
        "total_adjustment_tax_amount": sum(
            (t.total_line_adjustment_tax_amount + t.total_adjustment_dist_tax_amount for _, t in rows), ZERO
        ),
    }


def group_totals(
    adjustments: Iterable[Adjustment], tax: Mapping[str, Decimal]
) -> dict[str, tuple[Decimal, Decimal]]:
    """Per adjustment group: amount and tax of its adjustments."""
    sums: defaultdict[str, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO])
    for adjustment in adjustments:
        if adjustment.group is not None:
            sums[adjustment.group][0] += adjustment.amount
            sums[adjustment.group][1] += tax.get(adjustment.id, ZERO)
    return {group: (amount, of_tax) for group, (amount, of_tax) in sums.items()}
