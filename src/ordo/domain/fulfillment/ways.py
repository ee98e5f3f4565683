"""Which way a fulfillment order may go: decided by category alone, statuses are the merchant's own. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from ordo.kernel.problems import FieldIntegrity
from ordo.objects.fulfillment.fulfillment_order import STATUS_CATEGORIES

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


class TransitionIsNotAllowed(FieldIntegrity):
    code = "STATE_TRANSITION_NOT_ALLOWED"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"a fulfillment order cannot go from {before} to {after}", fields=("Status",))


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
