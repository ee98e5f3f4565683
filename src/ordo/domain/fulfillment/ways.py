"""Which way a fulfillment order may go: decided by category alone, statuses are the merchant's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ordo.kernel.problems import FieldIntegrity
from ordo.objects.fulfillment.fulfillment_order import STATUS_CATEGORIES, TYPE_CATEGORIES

ENDS = frozenset({"CLOSED", "CANCELLED", "REJECTED"})
_WAYS: Mapping[str, frozenset[str]] = {
    "DRAFT": frozenset({"ACTIVATED", "CANCELLED"}),
    "ACTIVATED": frozenset({"FULFILLING", "CLOSED", "CANCELLED", "REJECTED"}),
    "FULFILLING": frozenset({"ACTIVATED", "CLOSED", "CANCELLED", "REJECTED"}),
}


class StatusIsUnknown(FieldIntegrity):
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"

    def __init__(self, status: object) -> None:
        super().__init__(f"Status: {status} belongs to no status category", fields=("Status",))


class TypeIsUnknown(FieldIntegrity):
    code = "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST"

    def __init__(self, kind: object) -> None:
        super().__init__(f"Type: {kind} belongs to no type category", fields=("Type",))


class TransitionIsNotAllowed(FieldIntegrity):
    code = "STATE_TRANSITION_NOT_ALLOWED"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"a fulfillment order cannot go from {before} to {after}", fields=("Status",))


class InvoicedOrderStands(FieldIntegrity):
    """Units that were invoiced here are not set free, to be sent and invoiced elsewhere."""

    code = "STATE_TRANSITION_NOT_ALLOWED"

    def __init__(self, invoice_id: str, after: str) -> None:
        super().__init__(
            f"a fulfillment order with an invoice ({invoice_id}) cannot go to {after}", fields=("Status",)
        )


def category_of(status: str | None, own: Mapping[str, str]) -> str:
    """The category of a status, the merchant's own ones included. StatusIsUnknown."""
    category = own.get(status or "") or STATUS_CATEGORIES.get(status or "")
    if category is None:
        raise StatusIsUnknown(status)
    return category


def check_way(before: str | None, after: str) -> None:
    """Within a category a status is only a word; an end is final. TransitionIsNotAllowed."""
    if before != after and after not in _WAYS.get(before or "", frozenset()):
        raise TransitionIsNotAllowed(before or "no status", after)


def check_type(kind: str | None) -> None:
    """A type without a category could not be told from goods that are sent. TypeIsUnknown."""
    if kind is not None and kind not in TYPE_CATEGORIES:
        raise TypeIsUnknown(kind)
