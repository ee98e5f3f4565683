"""Laws: what holds in the data whatever happened. Each is a statement that answers the ids that break it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ordo.objects.summaries import OrderItemSummary, OrderPaymentSummary
from ordo.platform.records import Noun


class Law(NamedTuple):
    """`sql` answers one text column: who breaks it. No row means that it holds."""

    name: str
    sql: str


_UNITS = """
SELECT i.id FROM orderitemsummary i WHERE i.quantity <> i.quantityordered - i.quantitycanceled - i.quantityreturned
   OR i.quantitynetordered <> i.quantityordered - i.quantitycanceled
   OR i.quantityavailabletofulfill <> i.quantitynetordered - i.quantityallocated
   OR i.quantityavailabletocancel <> i.quantityavailabletofulfill
   OR i.quantityavailabletoreturn <> i.quantityfulfilled - i.quantityreturninitiated
   OR least(i.quantity, i.quantityallocated, i.quantityavailabletofulfill, i.quantityavailabletoreturn) < 0
   OR i.quantityfulfilled > i.quantityallocated
"""
_ALLOCATED = """
SELECT i.id FROM orderitemsummary i
JOIN ordersummary s ON s.id = i.ordersummaryid AND s.orderlifecycletype = 'MANAGED'
LEFT JOIN LATERAL (
  SELECT coalesce(sum(l.quantity), 0) AS sent,
         coalesce(sum(l.quantity) FILTER (WHERE o.statuscategory = 'CLOSED'), 0) AS gone
  FROM fulfillmentorderlineitem l JOIN fulfillmentorder o ON o.id = l.fulfillmentorderid
  WHERE l.orderitemsummaryid = i.id AND o.statuscategory IN ('ACTIVATED', 'FULFILLING', 'CLOSED')
) f ON true WHERE i.quantityallocated <> f.sent OR i.quantityfulfilled <> f.gone
"""
_POSITION = """
SELECT p.sku || '@' || p.location FROM position p
WHERE least(p.onhand, p.reserved) < 0 OR p.reserved > p.onhand + p.future + p.short
   OR p.short > greatest(p.reserved - p.onhand - p.future, 0)
   OR p.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM reservation r
                     WHERE r.sku = p.sku AND r.location = p.location)
   OR p.reserved <> (SELECT coalesce(sum(CASE l.debit WHEN 'Reserved' THEN l.amount ELSE -l.amount END), 0)
                     FROM ledger l
                     WHERE l.subject = p.sku || '@' || p.location AND 'Reserved' IN (l.debit, l.credit))
"""
_RESERVED = """
SELECT coalesce(w.id, r.id) FROM (
  SELECT l.id, l.quantity, o.fulfilledfromlocationid AS location, i.stockkeepingunit AS sku
  FROM fulfillmentorderlineitem l JOIN fulfillmentorder o ON o.id = l.fulfillmentorderid
  JOIN ordersummary s ON s.id = o.ordersummaryid AND s.orderlifecycletype = 'MANAGED'
  JOIN orderitemsummary i ON i.id = l.orderitemsummaryid
  WHERE o.statuscategory IN ('ACTIVATED', 'FULFILLING') AND l.quantity > 0 AND l.type = 'Order Product'
    AND i.stockkeepingunit IS NOT NULL AND o.fulfilledfromlocationid IS NOT NULL
) w FULL JOIN reservation r ON r.id = w.id
WHERE (w.quantity, w.sku, w.location) IS DISTINCT FROM (r.quantity, r.sku, r.location)
"""
_FULFILLMENT_TOTALS = """
SELECT o.id FROM fulfillmentorder o JOIN fulfillmentorderlineitem l ON l.fulfillmentorderid = o.id GROUP BY o.id
HAVING o.totalamount <> sum(l.totalprice) OR o.totaltaxamount <> sum(l.totaltaxamount)
    OR o.grandtotalamount <> sum(l.totalamount) OR o.itemcount <> sum(l.quantity)
"""
_SHARES = """
SELECT i.id FROM orderitemsummary i JOIN fulfillmentorderlineitem l ON l.orderitemsummaryid = i.id
JOIN fulfillmentorder o ON o.id = l.fulfillmentorderid
 AND o.statuscategory IN ('ACTIVATED', 'FULFILLING', 'CLOSED')
JOIN ordersummary s ON s.id = i.ordersummaryid AND s.orderlifecycletype = 'MANAGED'
WHERE i.quantityallocated = i.quantityordered GROUP BY i.id
HAVING sum(l.totallineamount) <> i.totallineamount OR sum(l.totallinetaxamount) <> i.totallinetaxamount
    OR sum(l.totaladjustmentamount) <> i.totaladjustmentamount
    OR sum(l.totaladjustmenttaxamount) <> i.totaladjustmenttaxamount OR sum(l.totalamount) <> i.totalamtwithtax
"""


def _parts_of_shares(mine: str, part: str, reference: str) -> str:
    return f"""
SELECT s.id FROM {mine} s
JOIN orderitemsummary i ON i.id = s.orderitemsummaryid AND i.quantityallocated = i.quantityordered
JOIN ordersummary m ON m.id = i.ordersummaryid AND m.orderlifecycletype = 'MANAGED'
LEFT JOIN (
  {part} p JOIN fulfillmentorder o ON o.id = p.fulfillmentorderid
  AND o.statuscategory IN ('ACTIVATED', 'FULFILLING', 'CLOSED')
) ON p.{reference} = s.id
GROUP BY s.id HAVING coalesce(sum(p.amount), 0) <> s.amount
"""


_SHARED_TAXES = _parts_of_shares(
    "orderitemtaxlineitemsummary", "fulfillmentorderitemtax", "orderitemtaxlineitemsummaryid"
)
_SHARED_ADJUSTMENTS = _parts_of_shares(
    "orderitemadjustmentlinesummary", "fulfillmentorderitemadjustment", "orderitemadjustlinesummaryid"
)


def _summary_sums() -> str:
    """Each total of an order summary, and the column of its lines that it sums: of all, or of one type."""
    sums = {"totalamount": ("totalprice", ""), "totaltaxamount": ("totaltaxamount", "")}
    for part, type_ in (("product", "Order Product"), ("delivery", "Delivery Charge"), ("fee", "Fee")):
        sums[f"totaladjusted{part}amount"] = ("adjustedlineamount", type_)
        sums[f"totaladjusted{part}taxamount"] = ("totaladjustedlinetaxamount", type_)
        sums[f"total{part}adjdistamount"] = ("totaladjustmentdistamount", type_)
        sums[f"total{part}adjdisttaxamount"] = ("totaladjustmentdisttaxamount", type_)
        sums[f"total{part}amount"] = ("totallineamount", type_)
        sums[f"total{part}taxamount"] = ("totallinetaxamount", type_)
    differ = " OR ".join(
        f"s.{total} <> coalesce(sum(i.{column})" + (f" FILTER (WHERE i.type = '{type_}'), 0)" if type_ else ", 0)")
        for total, (column, type_) in sums.items()
    )
    return (
        "SELECT s.id FROM ordersummary s LEFT JOIN orderitemsummary i ON i.ordersummaryid = s.id "
        f"GROUP BY s.id HAVING s.grandtotalamount <> s.totalamount + s.totaltaxamount OR {differ}"
    )


_INVOICE_LINES = """
SELECT v.id FROM invoice v JOIN invoiceline l ON l.invoiceid = v.id GROUP BY v.id
HAVING v.totalchargeamount <> coalesce(sum(l.chargeamount), 0)
    OR v.totaladjustmentamount <> coalesce(sum(l.adjustmentamount), 0)
    OR v.totaltaxamount <> coalesce(sum(l.taxamount), 0)
    OR v.totalamountwithtax <> sum(l.lineamount)
"""
_INVOICE_ORDER = """
SELECT o.id FROM fulfillmentorder o JOIN invoice v ON v.id = o.invoiceid
WHERE v.totalamountwithtax <> o.grandtotalamount OR v.currencyisocode IS DISTINCT FROM o.currencyisocode
UNION ALL
SELECT invoiceid FROM fulfillmentorder WHERE invoiceid IS NOT NULL GROUP BY invoiceid HAVING count(*) > 1
"""
_INVOICE_BALANCE = """
SELECT v.id FROM invoice v LEFT JOIN LATERAL (
  SELECT coalesce(sum(CASE p.type WHEN 'Applied' THEN p.amount ELSE -p.amount END), 0) AS paid
  FROM paymentlineinvoice p WHERE p.invoiceid = v.id
) a ON true
WHERE v.netpaymentsapplied <> a.paid OR v.balance <> v.totalamountwithtax - a.paid - v.netcreditsapplied
   OR v.balance < least(0, v.totalamountwithtax)
"""
_PAYMENT_BALANCE = """
SELECT p.id FROM payment p LEFT JOIN LATERAL (
  SELECT coalesce(sum(CASE a.type WHEN 'Applied' THEN a.amount ELSE -a.amount END), 0) AS used
  FROM paymentlineinvoice a WHERE a.paymentid = p.id
) a ON true
WHERE p.netapplied <> a.used OR p.balance <> p.amount - a.used OR p.balance < 0
   OR (p.status <> 'Processed' AND a.used <> 0)
"""
_AUTHORIZATION = """
SELECT a.id FROM paymentauthorization a LEFT JOIN LATERAL (
  SELECT coalesce(sum(p.amount) FILTER (WHERE p.status = 'Processed'), 0) AS taken,
         coalesce(sum(p.amount) FILTER (WHERE p.status = 'Pending'), 0) AS asked
  FROM payment p WHERE p.paymentauthorizationid = a.id
) p ON true
WHERE a.totalpaymentcaptureamount <> p.taken OR a.balance <> a.amount - p.taken - a.totalauthreversalamount
   OR a.balance < p.asked
"""
_PAYMENT_SUMMARY = """
SELECT s.id FROM orderpaymentsummary s LEFT JOIN LATERAL (
  SELECT coalesce(sum(p.amount) FILTER (WHERE p.status = 'Processed'), 0) AS captured,
         coalesce(sum(p.amount) FILTER (WHERE p.status = 'Pending'), 0) AS pending,
         coalesce(sum(p.balance) FILTER (WHERE p.status = 'Processed'), 0) AS balance
  FROM payment p WHERE p.orderpaymentsummaryid = s.id
) p ON true LEFT JOIN LATERAL (
  SELECT coalesce(sum(a.amount) FILTER (WHERE a.status = 'Processed'), 0) AS authorized,
         coalesce(sum(a.amount) FILTER (WHERE a.status = 'Pending'), 0) AS pending
  FROM paymentauthorization a WHERE a.orderpaymentsummaryid = s.id
) a ON true
WHERE (s.capturedamount, s.pendingcaptureamount, s.balanceamount) <> (p.captured, p.pending, p.balance)
   OR (s.authorizationamount, s.pendingauthorizationamount) <> (a.authorized, a.pending)
   OR s.availabletocaptureamount <> greatest(0, a.authorized - p.captured - p.pending
                                             - s.authorizationreversalamount - s.pendingreverseauthamount)
"""
_EXCEPTIONS = """
SELECT s.id FROM ordersummary s WHERE s.activeprocessexceptioncount <> (
  SELECT count(*) FROM processexception e
  WHERE e.ordersummaryid = s.id AND e.statuscategory = 'ACTIVE' AND NOT e.isdeleted)
"""
_ENTRIES = "SELECT l.id FROM ledger l WHERE l.amount <= 0 OR l.debit = l.credit"


def _ledgers(shape: Noun) -> Iterator[Law]:
    """Every field that keeps a ledger is the sum of its entries."""
    for attribute in shape.ledger:
        field = shape.fields[attribute]
        yield Law(
            f"{shape.api}.{field.api} is the sum of its ledger entries",
            f"SELECT r.id FROM {shape.table} r LEFT JOIN ledger l "
            f"ON l.subject = r.id AND '{field.api}' IN (l.debit, l.credit) GROUP BY r.id "
            f"HAVING r.{field.column} <> "
            f"coalesce(sum(CASE l.debit WHEN '{field.api}' THEN l.amount ELSE -l.amount END), 0)",
        )


LAWS: tuple[Law, ...] = (
    Law("an order summary is the sum of its lines", _summary_sums()),
    Law("the quantities of an order line add up", _UNITS),
    Law("what is allocated and fulfilled of an order line is on its fulfillment orders", _ALLOCATED),
    Law("nothing is oversold, and what is reserved is the sum of reservations and of entries", _POSITION),
    Law("a line under way has its stock reserved, no other has", _RESERVED),
    Law("a fulfillment order is the sum of its lines", _FULFILLMENT_TOTALS),
    Law("an order line that is allocated whole is worth what its fulfillment order lines are", _SHARES),
    Law("the taxes of such a line are those of its fulfillment order lines", _SHARED_TAXES),
    Law("the adjustments of such a line are those of its fulfillment order lines", _SHARED_ADJUSTMENTS),
    Law("an invoice is the sum of its lines", _INVOICE_LINES),
    Law("an invoice is what its one fulfillment order is worth", _INVOICE_ORDER),
    Law("an invoice's balance is what is not paid, and never below zero", _INVOICE_BALANCE),
    Law("a payment's balance is what is not applied, and never below zero", _PAYMENT_BALANCE),
    Law("an authorization is never captured beyond its amount", _AUTHORIZATION),
    Law("a payment summary is the sum of its payments and authorizations", _PAYMENT_SUMMARY),
    Law("active process exceptions are counted", _EXCEPTIONS),
    Law("a ledger entry moves something from one account to another", _ENTRIES),
    *_ledgers(OrderItemSummary.__noun__),
    *_ledgers(OrderPaymentSummary.__noun__),
)
