"""Facts as sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Any

from ordo.console.formats import amount
from ordo.platform.timeline import TimedFact

_WORDS = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
UNKNOWN = "–"


class Told:
    """What a fact says of its fields, ids by the names they have; UNKNOWN for what it does not say."""

    def __init__(self, fact: TimedFact, names: Mapping[str, str], currency: str | None) -> None:
        self._body = fact.body
        self._names = names
        self._currency = currency

    def __getitem__(self, field: str) -> str:
        value = self._body.get(field)
        return UNKNOWN if value is None else self._names.get(str(value), str(value))

    def says(self, field: str) -> bool:
        return self._body.get(field) is not None

    def money(self, field: str) -> str:
        try:
            value = Decimal(self[field])
        except InvalidOperation:
            return UNKNOWN
        return amount(value, str(self._body.get("CurrencyIsoCode") or self._currency))

    def passed_over(self) -> Iterator[str]:
        """Each location that was looked at, and why not: `DC1 lacks 40 hat, 1 shirt`, `DC2 rejected it`."""
        for candidate in _candidates(self._body):
            place = str(candidate.get("LocationId"))
            lacks = ", ".join(f"{quantity} {sku}" for sku, quantity in (candidate.get("Lacking") or {}).items())
            why = "rejected it" if candidate.get("HasRejected") else f"lacks {lacks}"
            yield f"{self._names.get(place, place)} {why}"

    def ending(self, field: str) -> str:
        """`: …` with what the field says, or nothing."""
        return f": {self[field].rstrip('.')}" if self.says(field) else ""


def sentence(fact: TimedFact, names: Mapping[str, str], currency: str | None) -> str:
    """What happened, in words; of a kind that is not known here, its name in words.

    `names` are those of the ids that facts tell, `currency` is the order's.
    """
    said = SENTENCES.get(fact.kind)
    if said is None:
        return _WORDS.sub(" ", fact.kind).capitalize()
    return said(Told(fact, names, currency))


def ids_told(facts: Iterable[TimedFact]) -> set[str]:
    """The ids that sentences tell the names of."""
    bodies = [body for fact in facts for body in (fact.body, *_candidates(fact.body))]
    return {str(body[field]) for body in bodies for field in _NAMED if body.get(field) is not None}


def _candidates(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The locations that were looked at, each with what it lacks by SKU."""
    found: list[dict[str, Any]] = body.get("Candidates") or []
    return found


def _status_of_parcel(told: Told) -> str:
    order, place = told["FulfillmentOrderId"], told["LocationId"]
    if not told.says("OldStatus"):
        return f"{place} has fulfillment order {order}: {told['NewStatus']}"
    return f"Fulfillment order {order} at {place}: {told['OldStatus']} → {told['NewStatus']}"


def _not_routed(told: Told) -> str:
    passed_over = "; ".join(told.passed_over())
    return f"No location was found: {passed_over}" if passed_over else f"Not routed{told.ending('Reason')}"


_NAMED = ("FulfillmentOrderId", "LocationId", "InvoiceId")
SENTENCES: Mapping[str, Callable[[Told], str]] = MappingProxyType(
    {
        "OrderActivated": lambda _: "The order was activated",
        "OrderSummaryCreated": lambda told: f"Order summary {told['OrderNumber']} was made",
        "OrderSummaryStatusChanged": lambda told: f"The order: {told['OldStatus']} → {told['NewStatus']}",
        "OrderSummarySuspended": lambda _: "The order was suspended",
        "OrderSummaryReleased": lambda _: "The order was released",
        "FulfillmentOrderStatusChanged": _status_of_parcel,
        "FulfillmentOrderSuspended": lambda told: f"Fulfillment order {told['FulfillmentOrderId']} was suspended",
        "FulfillmentOrderReleased": lambda told: f"Fulfillment order {told['FulfillmentOrderId']} was released",
        "RoutingParked": _not_routed,
        "InvoiceCreated": lambda told: f"Invoice {told['InvoiceId']} over {told.money('TotalAmountWithTax')}",
        "PaymentCaptured": lambda told: f"{told.money('Amount')} captured",
        "PaymentCaptureFailed": lambda told: f"{told.money('Amount')} not captured{told.ending('Decline')}",
        "ProcessExceptionRaised": lambda told: f"Somebody must look at it{told.ending('Message')}",
    }
)
