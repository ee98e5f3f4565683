"""Whether what a run left in the database adds up: if not, the run is void."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import NamedTuple

import asyncpg

from bench.lives import Until

_TOTALS = """
SELECT (SELECT count(*) FROM ordersummary) AS summaries,
       (SELECT coalesce(sum(grandtotalamount), 0) FROM ordersummary) AS ordered,
       (SELECT coalesce(sum(quantity), 0) FROM fulfillmentorderlineitem) AS allocated,
       (SELECT coalesce(sum(quantity), 0) FROM reservation) AS reservations,
       p.reserved, p.on_hand,
       (SELECT coalesce(sum(amount), 0) FROM payment WHERE status = 'Processed') AS paid,
       (SELECT coalesce(sum(capturedamount), 0) FROM orderpaymentsummary) AS captured,
       (SELECT coalesce(sum(balance), 0) FROM paymentauthorization WHERE status = 'Processed') AS authorized
FROM (SELECT coalesce(sum(reserved), 0) AS reserved, coalesce(sum(onhand), 0) AS on_hand FROM position) p
"""


class Totals(NamedTuple):
    """Sums over the whole database; amounts in the currency, quantities in units."""

    summaries: int
    ordered: Decimal
    allocated: Decimal
    reservations: Decimal
    reserved: Decimal
    on_hand: Decimal
    paid: Decimal
    captured: Decimal
    authorized: Decimal


class Work(NamedTuple):
    """What the load generator says it had done."""

    lives: int
    units: int
    cents: int
    until: Until


# Facts that no consumer has passed: left by whoever used the database before, without a worker.
_WAITING = """
SELECT (SELECT count(*) FROM factinbox) + (SELECT count(*) FROM job)
     + (SELECT count(*) FROM feed f LEFT JOIN consumercursor c ON c.shard = f.shard AND c.consumer = 'flows'
        WHERE f.replayid > coalesce(c.replayid, 0))
"""
WORK_OFF_SECONDS_MAX = 120


async def worked_off(dsn: str) -> None:
    """Waits until the worker has nothing left from before; TimeoutError when it never gets there."""
    connection = await asyncpg.connect(dsn)
    try:
        async with asyncio.timeout(WORK_OFF_SECONDS_MAX):
            while await connection.fetchval(_WAITING):  # noqa: ASYNC110  another process works it off
                await asyncio.sleep(0.5)
    finally:
        await connection.close()


async def totals(dsn: str) -> Totals:
    connection = await asyncpg.connect(dsn)
    try:
        return Totals(*await connection.fetchrow(_TOTALS, timeout=300))
    finally:
        await connection.close()


def expected(before: Totals, work: Work) -> Totals:
    """What the sums must be after the work: shipped stock is gone, unshipped stock is reserved."""
    amount = Decimal(work.cents).scaleb(-2)
    shipped = work.until is Until.CAPTURE
    held, gone = (0, work.units) if shipped else (work.units, 0)
    taken, waiting = (amount, Decimal(0)) if shipped else (Decimal(0), amount)
    return Totals(
        summaries=before.summaries + work.lives,
        ordered=before.ordered + amount,
        allocated=before.allocated + work.units,
        reservations=before.reservations + held,
        reserved=before.reserved + held,
        on_hand=before.on_hand - gone,
        paid=before.paid + taken,
        captured=before.captured + taken,
        authorized=before.authorized + waiting,
    )


def disagreements(before: Totals, after: Totals, work: Work) -> list[str]:
    """Every sum that is not what the work makes it, and sums that must agree and do not; empty = all well."""
    wanted = expected(before, work)
    wrong = [
        f"{name} is {found}, not {want}"
        for name, found, want in zip(Totals._fields, after, wanted, strict=True)
        if found != want
    ]
    if after.reservations != after.reserved:
        wrong.append(f"reservations hold {after.reservations}, positions {after.reserved}")
    if after.paid != after.captured:
        wrong.append(f"payments are {after.paid}, captures {after.captured}")
    return wrong
