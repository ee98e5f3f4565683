"""The page on roles is up to date, and says what is meant."""

from __future__ import annotations

from tests.house.role_table import PAGE, page


def test_the_committed_page_is_the_generated_one() -> None:
    assert PAGE.read_text() == page()


def test_a_row_says_what_each_role_may() -> None:
    lines = page().splitlines()
    for row in (
        "| object | administrator | integration | service agent | store associate |",
        "| Account | CRUD | CRUD | CRU | – |",
        "| Product2 | CRUD | CRUD | R | R |",
        "| ShipmentItem | CRUD | CRUD | R | CRU own |",
        "| ShipmentItem | `Shipment.FulfillmentOrder.FulfilledFromLocationId` |",
        "| User | CRUD | R | R | R |",
        "| create-invoice | yes | yes | yes | yes |",
        "| route-order | yes | yes | – | – |",
    ):
        assert lines.count(row) == 1, row
