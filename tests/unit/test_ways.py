"""Which way a fulfillment order may go: the whole table."""

from __future__ import annotations

import pytest

from ordo.domain.fulfillment.ways import StatusIsUnknown, TransitionIsNotAllowed, category_of, check_way
from ordo.objects.fulfillment.fulfillment_order import STATUS_CATEGORIES

CATEGORIES = ("DRAFT", "ACTIVATED", "FULFILLING", "CLOSED", "CANCELLED", "REJECTED")
ALLOWED = {
    ("DRAFT", "ACTIVATED"), ("DRAFT", "CANCELLED"),
    ("ACTIVATED", "FULFILLING"), ("ACTIVATED", "CLOSED"), ("ACTIVATED", "CANCELLED"), ("ACTIVATED", "REJECTED"),
    ("FULFILLING", "ACTIVATED"), ("FULFILLING", "CLOSED"), ("FULFILLING", "CANCELLED"), ("FULFILLING", "REJECTED"),
}  # fmt: skip


@pytest.mark.parametrize("before", CATEGORIES)
@pytest.mark.parametrize("after", CATEGORIES)
def test_every_way(before: str, after: str) -> None:
    """S0-128, C10: an end is final, nothing becomes a draft again, and within a category all is allowed."""
    if before == after or (before, after) in ALLOWED:
        check_way(before, after)
        return
    with pytest.raises(TransitionIsNotAllowed) as refused:
        check_way(before, after)
    assert (refused.value.code, refused.value.status) == ("STATE_TRANSITION_NOT_ALLOWED", 400)
    assert refused.value.fields == ("Status",)


def test_categories_of_statuses() -> None:
    """C10, C11: the default list, both spellings, and the merchant's own before the default."""
    assert {category_of(status, {}) for status in STATUS_CATEGORIES} == set(CATEGORIES)
    assert category_of("Cancelled", {}) == category_of("Canceled", {}) == "CANCELLED"
    own = {"delivered": "CLOSED", "Printed": "ACTIVATED"}
    assert category_of("delivered", own) == "CLOSED"
    assert category_of("Printed", own) == "ACTIVATED"
    for unknown in ("delivered", "", None, "CLOSED"):
        with pytest.raises(StatusIsUnknown):
            category_of(unknown, {})
