"""The last orders with their timelines: three statements, however many orders there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ordo.console.formats import amount, lasting
from ordo.console.sentences import ids_told, sentence
from ordo.kernel.quantities import plain
from ordo.platform import timeline

if TYPE_CHECKING:
    from ordo.platform.database import Database
    from ordo.platform.timeline import TimedFact

ORDERS_SHOWN = 10
FACTS_SHOWN = 60

NEED_SOMEBODY = frozenset({"PaymentCaptureFailed", "ProcessExceptionRaised"})

# Ids rise with the time they were made at.
_ORDERS = f"""
SELECT s.id, s.ordernumber, s.originalorderid, s.createddate, s.status, s.grandtotalamount, s.currencyisocode,
  u.fulfilled, u.ordered,
  s.activeprocessexceptioncount, a.name AS account, c.saleschannelname AS channel,
  (SELECT coalesce(sum(p.capturedamount), 0) FROM orderpaymentsummary p
   WHERE p.ordersummaryid = s.id AND NOT p.isdeleted) AS captured
FROM (SELECT * FROM ordersummary WHERE NOT isdeleted ORDER BY id DESC LIMIT {ORDERS_SHOWN}) s
LEFT JOIN account a ON a.id = s.accountid LEFT JOIN saleschannel c ON c.id = s.saleschannelid
CROSS JOIN LATERAL (
  SELECT coalesce(sum(i.quantityfulfilled), 0) AS fulfilled, coalesce(sum(i.quantitynetordered), 0) AS ordered
  FROM orderitemsummary i WHERE i.ordersummaryid = s.id AND i.typecode = 'Product' AND NOT i.isdeleted
) u
ORDER BY s.id DESC
"""
_NAMES = """
SELECT id, name FROM location WHERE id = ANY($1)
UNION ALL SELECT id, fulfillmentordernumber FROM fulfillmentorder WHERE id = ANY($1)
UNION ALL SELECT id, documentnumber FROM invoice WHERE id = ANY($1)
"""


@dataclass(frozen=True)
class Happening:
    """A line of a timeline: `after` is the time since the order's first fact."""

    at: datetime
    after: str
    said: str
    needs_somebody: bool


@dataclass(frozen=True)
class ShownOrder:
    """An order as its line shows it: `fulfilled` of so many units of goods; `has_more` if its timeline goes on."""

    id: str
    number: str
    at: datetime
    account: str | None
    channel: str | None
    status: str
    fulfilled: str
    total: str
    captured: str
    needs_somebody: bool
    timeline: Sequence[Happening]
    has_more: bool


async def last_orders(database: Database) -> list[ShownOrder]:
    """The newest first, ORDERS_SHOWN at most."""
    rows = await database.fetch(_ORDERS)
    if not rows:
        return []
    facts = await timeline.of_roots(database, [row["originalorderid"] for row in rows], FACTS_SHOWN + 1)
    ids = ids_told([fact for some in facts.values() for fact in some])
    named = await database.fetch(_NAMES, sorted(ids))
    names: dict[str, str] = {row["id"]: row["name"] for row in named if row["name"] is not None}
    return [_shown(row, facts[row["originalorderid"]], names) for row in rows]


def _shown(row: Mapping[str, Any], facts: Sequence[TimedFact], names: Mapping[str, str]) -> ShownOrder:
    currency: str | None = row["currencyisocode"]
    return ShownOrder(
        id=row["id"],
        number=row["ordernumber"],
        at=row["createddate"],
        account=row["account"],
        channel=row["channel"],
        status=row["status"],
        fulfilled=f"{plain(row['fulfilled'])} of {plain(row['ordered'])}",
        total=amount(row["grandtotalamount"], currency),
        captured=amount(row["captured"], currency),
        needs_somebody=row["activeprocessexceptioncount"] > 0,
        timeline=[_happening(fact, facts[0].at, names, currency) for fact in facts[:FACTS_SHOWN]],
        has_more=len(facts) > FACTS_SHOWN,
    )


def _happening(fact: TimedFact, since: datetime, names: Mapping[str, str], currency: str | None) -> Happening:
    after = lasting((fact.at - since).total_seconds())
    return Happening(fact.at, after, sentence(fact, names, currency), fact.kind in NEED_SOMEBODY)
