"""What each role may do, read from the table."""

from __future__ import annotations

import pytest

from ordo.platform.roles import PERMISSIONS, Right, Role

C, R, U, D = Right.CREATE, Right.READ, Right.UPDATE, Right.DELETE


@pytest.mark.parametrize(
    ("role", "noun", "rights"),
    [
        (Role.ADMINISTRATOR, "User", {C, R, U, D}),
        (Role.ADMINISTRATOR, "Warehouse__c", {C, R, U, D}),
        (Role.INTEGRATION, "Order", {C, R, U, D}),
        (Role.INTEGRATION, "user", {R}),
        (Role.SERVICE_AGENT, "Case", {C, R, U}),
        (Role.SERVICE_AGENT, "OrderSummary", {R, U}),
        (Role.SERVICE_AGENT, "PaymentGateway", {R}),
        (Role.STORE_ASSOCIATE, "FULFILLMENTORDER", {R, U}),
        (Role.STORE_ASSOCIATE, "Shipment", {C, R, U}),
        (Role.STORE_ASSOCIATE, "OrderSummary", set()),
        (Role.STORE_ASSOCIATE, "Payment", set()),
    ],
)
def test_rights_on_nouns(role: Role, noun: str, rights: set[Right]) -> None:
    assert {right for right in Right if PERMISSIONS[role].allows(right, noun)} == rights


def test_verbs() -> None:
    allowed = {role: PERMISSIONS[role].allows_verb("submit-cancel") for role in Role}
    assert allowed == {
        Role.ADMINISTRATOR: True,
        Role.INTEGRATION: True,
        Role.SERVICE_AGENT: True,
        Role.STORE_ASSOCIATE: False,
    }


def test_every_noun_a_store_associate_may_write_is_bound_to_its_location() -> None:
    permission = PERMISSIONS[Role.STORE_ASSOCIATE]
    writable = {noun for noun, rights in permission.nouns.items() if set(rights) - {"R"}}
    assert writable <= set(permission.located)
