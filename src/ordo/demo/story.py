"""The story: sales of the demo company, each from the till to the money, told step by step as it happens."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

from ordo.demo import sales
from ordo.demo.client import VERSION, Client, Refused
from ordo.demo.sales import Sale
from ordo.kernel.money import digits
from ordo.platform.database import Database

T = TypeVar("T")
SALES = ("in-store", "endless-aisle", "mixed-cart")  # S0-07, S0-08, S0-09
TILL_VERSION = "49.0"  # tills were written against it
WAIT_SECONDS_MAX = 30.0
POLL_SECONDS = 0.05

_REFERENCE = "demo-"  # what the tills' own numbers begin with
_IS_OVER = """
SELECT EXISTS (SELECT FROM "order" o WHERE NOT starts_with(coalesce(o.ordermanagementreferenceidentifier, ''), $1))
  OR EXISTS (
    SELECT FROM "order" o JOIN ordersummary s ON s.originalorderid = o.id
    WHERE starts_with(o.ordermanagementreferenceidentifier, $2) AND s.grandtotalamount = (
      SELECT sum(p.capturedamount) FROM orderpaymentsummary p WHERE p.ordersummaryid = s.id
    )
  ) AS is_over
"""

_ORDER = (
    "SELECT Id, OriginalOrderId, OrderNumber, GrandTotalAmount, CurrencyIsoCode, SalesChannel.SalesChannelName, "
    "(SELECT Quantity FROM OrderItemSummaries) FROM OrderSummary "
    "WHERE OriginalOrder.OrderManagementReferenceIdentifier = '{}'"
)
_OPEN = "SELECT Id FROM OrderItemSummary WHERE OrderSummaryId = '{}' AND QuantityAvailableToFulfill > 0"
_GOODS = "SELECT Quantity, OrderItemSummary.Name FROM FulfillmentOrderLineItems WHERE Type = 'Order Product'"
_FULFILLMENT_ORDERS = (
    "SELECT Id, FulfillmentOrderNumber, Status, StatusCategory, FulfilledFromLocation.Name, FulfilledToName, "
    f"InvoiceId, ({_GOODS}) FROM FulfillmentOrder WHERE OrderSummaryId = '{{}}' ORDER BY FulfillmentOrderNumber"
)
_INVOICES = "SELECT Id, DocumentNumber, TotalAmountWithTax, Balance FROM Invoice WHERE ReferenceEntityId = '{}'"
_PAYMENTS = (
    "SELECT Method, CapturedAmount, PendingCaptureAmount FROM OrderPaymentSummary "
    "WHERE OrderSummaryId = '{}' ORDER BY Method"
)
_EXCEPTIONS = "SELECT Message FROM ProcessException WHERE OrderSummaryId = '{}' ORDER BY ProcessExceptionNumber"


class Step(msgspec.Struct, frozen=True):
    """What happened, in a sentence, so many seconds after the sale was posted."""

    seconds: float
    said: str


class Played(msgspec.Struct, kw_only=True):
    """One sale and what became of it; `problem` says why it did not succeed."""

    sale: str
    order_number: str | None = None
    order_id: str | None = None
    order_summary_id: str | None = None
    currency: str | None = None
    total: Decimal | None = None
    captured: Decimal | None = None
    fulfillment_orders: list[str] = []
    invoices: list[str] = []
    steps: list[Step] = []
    seconds: float = 0.0
    succeeded: bool = False
    problem: str | None = None


class Story(msgspec.Struct, frozen=True):
    """All sales, or why there are none. `seconds`, and `first_paid_seconds` until the first order was sent and
    paid, count from the start of the command."""

    succeeded: bool
    seconds: float
    first_paid_seconds: float | None = None
    orders: list[Played] = []
    problem: str | None = None


class Teller:
    """Whom the story is told to; this one keeps it to itself."""

    def begins(self, sale: Sale) -> None:
        """A sale, before it is posted."""

    def step(self, step: Step) -> None:
        """Something happened."""

    def ends(self, played: Played) -> None:
        """Nothing more will happen to that sale."""


async def is_over(database: Database) -> bool:
    """Whether it was played to its end, or other orders than its own came in: then it need not begin by itself."""
    row = await database.fetchrow(_IS_OVER, _REFERENCE, f"{_REFERENCE}{SALES[-1]}-")
    return bool(row["is_over"])


async def play(client: Client, teller: Teller, began: float) -> Story:
    """Plays every sale, one after the other; `began` is the time.monotonic() of the command's start."""
    played: list[Played] = []
    first_paid = None
    for name in SALES:
        played.append(await _Playing(client, teller, name).played())
        if first_paid is None and played[-1].succeeded:
            first_paid = _since(began)
    return Story(all(one.succeeded for one in played), _since(began), first_paid, played)


class _Playing:
    """One sale on its way. Raises Refused inside; `played` answers what became of it either way."""

    def __init__(self, client: Client, teller: Teller, name: str) -> None:
        self._client = client
        self._teller = teller
        self._sale = sales.load(name)
        self._told = Played(sale=name)
        self._began = time.monotonic()

    async def played(self) -> Played:
        self._teller.begins(self._sale)
        try:
            await self._play()
            self._told.succeeded = True
        except Refused as refused:
            self._told.problem = f"{refused}{await self._exceptions()}"
        self._told.seconds = _since(self._began)
        self._teller.ends(self._told)
        return self._told

    async def _play(self) -> None:
        summary_id = await self._sell()
        for parcel in await self._until("everything is with a location", lambda: self._routed(summary_id)):
            await self._fulfill(summary_id, parcel)
        await self._until("everything is paid", lambda: self._paid(summary_id))

    async def _sell(self) -> str:
        """Posts the sale as a till does: what it needs is looked up by name, then one graph says it all."""
        reference = f"{_REFERENCE}{self._told.sale}-{uuid.uuid4().hex[:12]}"
        ids = {name: await self._found(name, soql) for name, soql in self._sale.lookups.items()}
        self._began = time.monotonic()
        await self._client.graph(self._sale.filled(ids, reference), TILL_VERSION)
        [summary] = await self._client.query(_ORDER.format(reference))
        told = self._told
        told.order_summary_id, told.order_id = summary["Id"], summary["OriginalOrderId"]
        told.order_number, told.currency = summary["OrderNumber"], summary["CurrencyIsoCode"]
        told.total = total = summary["GrandTotalAmount"]
        lines = len(summary["OrderItemSummaries"]["records"])
        channel = summary["SalesChannel"]["SalesChannelName"]
        self._tell(f"{channel} posts order {told.order_number}: {lines} lines, {self._money(total)}.")
        return str(summary["Id"])

    async def _found(self, name: str, soql: str) -> str:
        rows = await self._client.query(soql)
        if not rows:
            raise Refused(f"the demo company has no {name} any more: {soql}")
        return str(rows[0]["Id"])

    async def _routed(self, summary_id: str) -> list[dict[str, Any]] | None:
        """Its fulfillment orders, once no unit is without one."""
        if await self._client.query(_OPEN.format(summary_id)):
            return None
        parcels = await self._client.query(_FULFILLMENT_ORDERS.format(summary_id))
        return sorted(parcels, key=lambda one: not _is_done(one))

    async def _fulfill(self, summary_id: str, parcel: dict[str, Any]) -> None:
        """Picks and sends it as a warehouse does, unless the customer took it along."""
        number, where = parcel["FulfillmentOrderNumber"], _location(parcel)
        self._told.fulfillment_orders.append(number)
        if _is_done(parcel):
            self._tell(f"{where} handed over {_goods(parcel)} ({number}).")
            return
        self._tell(f"{where} gets {number} and keeps {_goods(parcel)}.")
        path = f"FulfillmentOrder/{parcel['Id']}"
        await self._client.graph(_graph(_node("PATCH", path, "picked", {"Status": "Pickpack"})))
        tracking = f"DEMO{number.removeprefix('FO-')}"
        shipment = {
            "OrderSummaryId": summary_id, "FulfillmentOrderId": parcel["Id"], "TrackingNumber": tracking,
            "ShipToName": parcel["FulfilledToName"], "Status": "Shipped",
        }  # fmt: skip
        sent = _node("PATCH", path, "sent", {"Status": "Fulfilled"})
        await self._client.graph(_graph(_node("POST", "Shipment", "shipment", shipment), sent))
        self._tell(f"{where} sends it to {parcel['FulfilledToName']}, tracking number {tracking}.")

    async def _paid(self, summary_id: str) -> bool | None:
        """Whether every fulfillment order is invoiced, every invoice paid, and all the money there."""
        parcels = await self._client.query(_FULFILLMENT_ORDERS.format(summary_id))
        invoices = await self._client.query(_INVOICES.format(summary_id))
        for invoice in invoices:
            number = invoice["DocumentNumber"]
            if invoice["Balance"] == 0 and number not in self._told.invoices:
                self._told.invoices.append(number)
                self._tell(f"Invoice {number} over {self._money(invoice['TotalAmountWithTax'])} is paid.")
        payments = await self._client.query(_PAYMENTS.format(summary_id))
        self._told.captured = sum((one["CapturedAmount"] for one in payments), Decimal())
        is_invoiced = all(one["InvoiceId"] for one in parcels) and len(self._told.invoices) == len(invoices)
        if not is_invoiced or self._told.captured != self._told.total:
            return None
        money = ", ".join(f"{one['Method']} {self._money(one['CapturedAmount'])}" for one in payments)
        self._tell(f"All of it is paid: {money}.")
        return True

    async def _until(self, what: str, ask: Callable[[], Awaitable[T | None]]) -> T:
        deadline = time.monotonic() + WAIT_SECONDS_MAX
        while (found := await ask()) is None:
            if time.monotonic() > deadline:
                raise Refused(f"waited {WAIT_SECONDS_MAX:g} s until {what}")
            await asyncio.sleep(POLL_SECONDS)
        return found

    async def _exceptions(self) -> str:
        """What Ordo itself has to say about it."""
        if self._told.order_summary_id is None:
            return ""
        try:
            rows = await self._client.query(_EXCEPTIONS.format(self._told.order_summary_id))
        except Refused:
            return ""
        return "".join(f"; {one['Message']}" for one in rows)

    def _tell(self, said: str) -> None:
        step = Step(_since(self._began), said)
        self._told.steps.append(step)
        self._teller.step(step)

    def _money(self, amount: Decimal) -> str:
        """As many digits as the currency has."""
        currency = self._told.currency or ""
        return f"{currency} {amount:.{digits(currency)}f}"


def _is_done(parcel: dict[str, Any]) -> bool:
    return bool(parcel["StatusCategory"] == "CLOSED")


def _location(parcel: dict[str, Any]) -> str:
    location = parcel["FulfilledFromLocation"]
    return "The till" if location is None else str(location["Name"])


def _goods(parcel: dict[str, Any]) -> str:
    lines = parcel["FulfillmentOrderLineItems"]["records"]
    return " and ".join(f"{one['Quantity']:.0f} × {one['OrderItemSummary']['Name']}" for one in lines)


def _node(method: str, path: str, reference: str, body: dict[str, Any]) -> dict[str, Any]:
    url = f"/services/data/v{VERSION}/sobjects/{path}"
    return {"method": method, "url": url, "referenceId": reference, "body": body}


def _graph(*nodes: dict[str, Any]) -> dict[str, Any]:
    return {"graphs": [{"graphId": "parcel", "compositeRequest": list(nodes)}]}


def _since(moment: float) -> float:
    return round(time.monotonic() - moment, 3)
